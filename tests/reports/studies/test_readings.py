"""Tables as people save them: separators, marks, decimal commas; and what is wrong said with row and column."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.errors import InputError
from station.reports.studies.arrange import crossed_table, masters_of, nested_table, ratings_of
from station.reports.studies.readings import read_readings


def table(tmp_path: Path, data: str | bytes):
    path = tmp_path / "t.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_readings(path)


GOOD = "part,operator,trial,value\n1,A,1,1.5\n1,A,2,1.25\n"


@pytest.mark.parametrize(
    "data",
    [
        GOOD,
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.upper(),
        "sep=;\n" + GOOD.replace(",", ";").replace(".", ","),
        GOOD.replace(",", ";").replace(".", ","),
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t").replace(".", ","),
        "# from the rig\n\n" + GOOD,
        "Value (mm), Trial , OPERATOR,Part\n1.5,1,A,1\n1.25,2,A,1\n",
        "Sample;Appraiser;Replicate;Measurement [mm]\n1;A;1;1,5\n1;A;2;1,25\n",
        'part,operator,trial,value,,\n"1","A","1","1.5",,\n1,A,2,1.25,,\n',
        GOOD.encode("utf-16"),
    ],
)
def test_one_table_in_many_spellings(tmp_path, data):
    found = table(tmp_path, data)
    assert [(r.part, r.operator.upper(), r.trial) for r in found.rows] == [("1", "A", "1"), ("1", "A", "2")]
    assert [found.number(r, "value") for r in found.rows] == [1.5, 1.25]


def test_names_of_the_windows_code_page_are_read(tmp_path):
    assert table(tmp_path, "part,operator,value\n1,Müller,2\n".encode("cp1252")).rows[0].operator == "Müller"


def test_rows_are_those_of_the_file(tmp_path):
    found = table(tmp_path, "# comment\npart,value\n\n1,2\n")
    assert found.rows[0].row == 4


def read_all(tmp_path: Path, data: str | bytes) -> list[float]:
    found = table(tmp_path, data)
    return [found.number(r, "value") for r in found.rows]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "empty"),
        ("part,operator,trial,value\n", "no rows"),
        ("1,A,1,2.5\n1,A,2,2.6\n", "the first row has to name the columns"),
        ("part,part,value\n1,2,3\n", "the column part appears twice"),
        ("part,value\n1,1,5\n", "row 2, column 3.*3 cells"),
        ("part,value\n1,x\n", r"row 2, column value.*'x' is not a number"),
        ("part,value\n1,\n", "row 2, column value.*empty"),
        ("part,value\n1\n", "row 2, column value.*empty"),
        ("part,value\n1,nan\n", "finite"),
        ("part,value\n1,1e999\n", "finite"),
        ("part,value\n1,1e200\n", "sensible size"),
        ("part;value\n1;1.234,5\n", "row 2, column value.*not a number"),
        ('part,value\n"1,2\n', "row 2"),
        (b"PK\x03\x04\x00\x00", "not a text file"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path, data, words):
    with pytest.raises(InputError, match=words):
        read_all(tmp_path, data)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_readings(tmp_path / "no.csv")


def full(parts=3, operators="AB", trials=2):
    return [f"{p},{o},{t},{p + t}" for p in range(parts) for o in operators for t in range(trials)]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (full()[:-1], "row 12, column value: part 2 has 1 reading by operator B, elsewhere there are 2"),
        (full()[:-2], "row 11, column value: part 2 has no reading by operator B"),
        ([*full(), "1,A,1,5"], "row 14, column trial: trial 1 of part 1 by operator A appears twice"),
        ([*full(), "1,A,9,5"], "row 14, column value: part 1 has 3 readings by operator A"),
        (full(operators="A"), "row 2, column operator: all readings are by one operator"),
        (full(parts=1), "row 2, column part: all readings are of one part"),
        ([*full()[:3], "0,B,1,abc", *full()[4:]], "row 5, column value: 'abc' is not a number"),
        ([*full()[:3], ",B,1,5", *full()[4:]], "row 5, column part: the cell is empty"),
        ([*full()[:3], "0,,1,5", *full()[4:]], "row 5, column operator: the cell is empty"),
        ([*full()[:3], "0,B,,5", *full()[4:]], "row 5, column trial: the cell is empty"),
    ],
)
def test_incomplete_tables_are_refused_by_row_and_column(tmp_path, rows, words):
    with pytest.raises(InputError, match=words):
        crossed_table(table(tmp_path, "part,operator,trial,value\n" + "\n".join(rows)))


def test_trials_are_brought_into_order(tmp_path):
    rows = full(trials=11)[::-1]
    found = crossed_table(table(tmp_path, "part,operator,trial,value\n" + "\n".join(rows)))
    assert found.parts == ("2", "1", "0")
    assert found.values[0, 0].tolist() == [2.0 + t for t in range(11)]


def test_two_operators_may_use_one_name_for_their_own_parts(tmp_path):
    found = nested_table(table(tmp_path, "part,operator,trial,value\n" + "\n".join(full())))
    assert found.values.shape == (2, 3, 2)
    with pytest.raises(InputError, match="operator B has 2 parts, the others have 3"):
        nested_table(table(tmp_path, "part,operator,trial,value\n" + "\n".join(full()[:-2])))


def test_a_master_has_one_reference(tmp_path):
    found = table(tmp_path, "part,value,reference\n1,2,5\n1,2,6\n")
    with pytest.raises(InputError, match="row 3, column reference: part 1 has the reference 6 here and 5 before"):
        masters_of(found)
    with pytest.raises(InputError, match="lacks the column reference"):
        masters_of(table(tmp_path, "part,value\n1,2\n"))


def test_categories_are_compared_as_people_mean_them(tmp_path):
    found = ratings_of(table(tmp_path, "part,operator,trial,value,reference\n1,A,1,OK,ok\n2,A,1,1.0,1\n"))
    assert found.said == ((("ok",),), (("1",),))
    assert found.standard == ("ok", "1")


@given(st.binary(max_size=400))
def test_any_bytes_are_a_table_or_a_sentence(tmp_path_factory, data):
    try:
        values = read_all(tmp_path_factory.mktemp("any"), data)
    except InputError as error:
        values, sentence = [], error.sentence
    else:
        sentence = "fine"
    assert "\n" not in sentence
    assert all(math.isfinite(v) for v in values)
