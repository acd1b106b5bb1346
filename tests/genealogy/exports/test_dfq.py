"""`.dfq` read back by `aqdefreader`, value by value, and field by field where it reads too little."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from station.errors import InputError
from station.genealogy.dossier import dossier_of
from station.genealogy.exports.dfq import make, make_series
from station.genealogy.exports.formats import format_of
from station.genealogy.inspection import Finding, StationRecord
from station.genealogy.parts import Decision, Material, PartKey, add_link, correct, dispose, withdraw
from station.genealogy.store import Genealogy

from ..builders import at, draft
from ..marked import MARKED, with_marks
from .aqdef import fields_of, lines_of, part_of
from .series import CHARACTERISTICS, answers, commit, dossier, one, order_bytes, replaced

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "schemas" / "dfq"
NUMBERED = 7  # of CHARACTERISTICS, the others are marks
WHOLE = len(CHARACTERISTICS) + 1
REAL = StationRecord(id="cell-3", software="0.3.1", rig="bench", simulated=False)
LENGTHS = {
    **{"K1001": 30, "K1002": 80, "K1004": 20, "K1032": 40, "K1041": 30, "K1086": 40, "K1110": 20, "K1201": 24},
    **{"K1202": 40, "K1222": 40, "K1900": 255, "K2001": 40, "K2002": 80, "K2003": 20, "K2142": 20, "K2151": 20},
    **{"K0009": 255, "K0014": 40, "K0053": 20, "K0080": 64, **{f"K00{n}": 30 for n in range(54, 61)}},
}


def measured(part: Any, index: int) -> list[dict[str, Any]]:
    return [one.as_dictionary() for one in part.get_characteristic_by_index(index).get_measurements()]


def test_every_value_of_a_pass(genealogy: Genealogy):
    part = part_of(make(dossier(genealogy)))
    assert part.get_part_no() == "RING-237"
    assert len(part.get_characteristics()) == WHOLE
    for index, row in enumerate(answers(), 1):
        (found,) = measured(part, index)
        assert found["attribute"] == 0
        assert found["datetime"] == datetime(2026, 11, 22, 9, 12, 5)
        if index <= NUMBERED:
            assert found["value"] == row.value  # to the last bit
        else:
            assert (found["subgroup_size"], found["error_count"]) == (1000, 0)
    assert measured(part, WHOLE)[0]["error_count"] == 0


def test_the_fields_of_characteristics(genealogy: Genealogy):
    part = part_of(make(dossier(genealogy)))
    for index, (asked, row) in enumerate(zip(CHARACTERISTICS, answers(), strict=True), 1):
        get = part.get_characteristic_by_index(index).get_data
        assert str(get("K2001")) == asked["id"]
        assert get("K2002").split()[0] == get("K2003") == asked["type"]
        assert get("K2004") == (0 if index <= NUMBERED else 1)
        zone = "tolerance" in asked
        lower = 0.0 if zone else row.lower_limit
        for key, value in {
            "K2101": row.nominal,
            "K2110": lower,
            "K2111": row.upper_limit,
            "K2640": row.expanded_uncertainty,
            "K2641": row.coverage_factor,
            "K2642": row.standard_uncertainty,
        }.items():
            assert (None if get(key) is None else float(get(key))) == value, key
        if index <= NUMBERED:
            assert get("K2120") == (2 if zone else 1 if row.lower_limit is not None else 0)
            assert get("K2121") == (1 if row.upper_limit is not None else 0)
            assert str(get("K2142")) == row.unit


def test_deviations_decimals_and_the_tolerance_in_words(genealogy: Genealogy):
    found = fields_of(make(dossier(genealogy))).characteristics
    assert [found[n].get("K2112") for n in (1, 2, 3, 5)] == ["-0.05", "0", None, None]
    assert [found[n].get("K2113") for n in (1, 2, 3, 5)] == ["0.05", "0.052", None, None]
    assert [found[n]["K2022"] for n in (1, 2, 7)] == ["4", "5", "0"]
    words = ["-0.05 +0.05", "H9", "zone 0.06", "zone 0.05", "min 23.6", "max 19.1", "1"]
    assert [found[n]["K2151"] for n in range(1, 8)] == words
    assert found[4]["K2002"] == "concentricity ID | A"


def test_the_fields_beside_a_value(genealogy: Genealogy):
    this = dossier(genealogy, station=REAL)
    found = fields_of(make(this))
    assert found.part["K1004"] == "A"
    assert found.part["K1032"] == "1.4310"
    assert found.part["K1201"] == "cell-3"
    assert found.part["K1202"] == "bench, software 0.3.1"
    assert found.part["K1900"] == "Times are UTC. Decision rule iso14253-1 at 0.95."
    assert found.values[1] == [
        {
            "K0009": "20.4 degC",
            "K0014": "RING-237-0001",
            "K0053": "MO-2026-000417",
            "K0054": "PASS",
            "K0055": "U=0.0018 mm k=2",
            "K0056": "p=1",
            "K0057": "g=0.0015 mm",
            "K0058": "CAL-7",
            "K0059": "cell-3",
            "K0060": "ann",
            "K0080": this.inspection["id"],
            "K0081": "1",
        }
    ]
    assert found.values[8][0]["K0009"] == "read 'A1 B2'; asked 'A1 B2'; 20.4 degC"
    assert "SIMULATED" in fields_of(make(dossier(genealogy))).values[1][0]["K0009"]


@pytest.mark.parametrize(
    ("id", "changes", "attribute", "value"),
    [
        ("1", {"verdict": "FAIL", "value": 23.76}, 0, 23.76),
        ("1", {"verdict": "FAIL", "value": 23.7}, 129, 23.7),  # reads good and is not: not counted
        ("1", {"verdict": "UNDECIDED", "value": 23.7499}, 129, 23.7499),
        ("1", {"verdict": "ERROR", "value": None, "measured": False}, 255, 999_999_999),
        ("1", {"verdict": "ERROR", "value": 23.7}, 255, 999_999_999),
        ("1", {"verdict": "FAIL", "value": None, "measured": False}, 255, 999_999_999),
        ("5", {"verdict": "ERROR", "value": None, "measured": False}, 255, -999_999_999),  # only a lower limit
        ("4", {"verdict": "ERROR", "value": None, "measured": False}, 255, 999_999_999),
        ("3", {"verdict": "UNDECIDED", "value": 0.0599}, 129, 0.0599),
    ],
)
def test_only_what_was_shown_counts(
    genealogy: Genealogy, id: str, changes: dict[str, Any], attribute: int, value: float
):
    verdict = changes["verdict"]
    data = make(dossier(genealogy, verdict=verdict, characteristics=replaced(id, reason="because", **changes)))
    found = measured(part_of(data), int(id))
    if attribute == 255:
        assert found == []  # an empty place: aqdefreader has no value there
    else:
        assert [(one["attribute"], one["value"]) for one in found] == [(attribute, value)]
    fields = fields_of(data)
    cell = fields.cells[0][int(id) - 1]
    assert (float(cell[0]), int(cell[1])) == (value, attribute)
    told = fields.values[int(id)][0]
    assert told["K0054"] == verdict
    assert f"{verdict}: because" in told["K0009"]


@pytest.mark.parametrize(("verdict", "attribute"), [("FAIL", 0), ("UNDECIDED", 129), ("ERROR", 255)])
@pytest.mark.parametrize("id", ["8", "9", "10"])
def test_marks_that_are_not_right(genealogy: Genealogy, id: str, verdict: str, attribute: int):
    rows = replaced(id, verdict=verdict, value=None, measured=verdict != "ERROR")
    data = make(dossier(genealogy, verdict=verdict, characteristics=rows))
    for index in (int(id), WHOLE):
        size, errors, _, kind, *_ = fields_of(data).cells[0][index - 1]
        assert (size, errors, kind) == ("1000", "1", str(attribute))
        found = measured(part_of(data), index)
        assert [one["error_count"] for one in found] == ([] if attribute == 255 else [1])
        assert all(one["attribute"] == attribute for one in found)


def test_a_finding_makes_the_part_bad_though_every_characteristic_is_good(genealogy: Genealogy):
    hole = Finding(kind="opening", verdict="FAIL", where_mm=(1.0, 2.0), size_mm=0.4, reason="an opening too many")
    data = make(dossier(genealogy, verdict="FAIL", reason="an opening too many", findings=(hole,)))
    assert measured(part_of(data), WHOLE)[0]["error_count"] == 1
    assert "an opening too many" in fields_of(data).values[WHOLE][0]["K0009"]


def test_an_attempt_that_came_to_nothing(genealogy: Genealogy):
    nothing = {"verdict": "ERROR", "reason": "the lamp is dark", "characteristics": (), "calibration": None}
    data = make(dossier(genealogy, **nothing, decision=None))
    part, fields = part_of(data), fields_of(data)
    assert len(part.get_characteristics()) == WHOLE
    assert all(measured(part, index) == [] for index in range(1, WHOLE + 1))
    assert {cell[1] if len(cell) == 10 else cell[3] for cell in fields.cells[0]} == {"255"}
    assert all("the lamp is dark" in rows[0]["K0009"] for rows in fields.values.values())
    assert float(part.get_characteristic_by_index(1).get_data("K2110")) == 23.65


def test_a_series(genealogy: Genealogy):
    rows = [replaced("1", value=23.66 + n / 1000, expanded_uncertainty=0.001 + n / 1e4) for n in range(5)]
    these = [
        dossier(genealogy, order=order_bytes(f"R-{n}", order_id=f"MO-{n}"), characteristics=rows[n]) for n in range(5)
    ]
    data = make_series(these)
    found, fields = measured(part_of(data), 1), fields_of(data)
    assert [one["value"] for one in found] == [row[0].value for row in rows]
    assert [row["K0014"] for row in fields.values[1]] == [f"R-{n}" for n in range(5)]
    assert [row["K0053"] for row in fields.values[1]] == [f"MO-{n}" for n in range(5)]
    assert fields.characteristics[1]["K2640"] == "0.0014"
    assert len(fields.characteristics) == WHOLE
    assert make(these[2]) == make_series([these[2]])


def test_parts_with_other_limits_have_their_own_characteristic(genealogy: Genealogy):
    asked = [{**CHARACTERISTICS[0], "lower_tol": -0.1}]
    other = order_bytes("R-2", order_id="MO-2", characteristics=asked)
    mine = dossier(genealogy, order=order_bytes(characteristics=CHARACTERISTICS[:1]), characteristics=answers()[:1])
    wide = dossier(
        genealogy, order=other, characteristics=(one("1", "diameter", value=23.62, nominal=23.7, lower_limit=23.6),)
    )
    data = make_series([mine, wide])
    fields = fields_of(data)
    assert [fields.characteristics[n]["K2001"] for n in (1, 2, 3)] == ["1", "1", "(part)"]
    assert [fields.characteristics[n]["K2110"] for n in (1, 2)] == ["23.65", "23.6"]
    assert [[cell[1] for cell in row[:2]] for row in fields.cells] == [["0", "255"], ["255", "0"]]
    assert [one["value"] for one in measured(part_of(data), 2)] == [23.62]


def test_what_is_refused(genealogy: Genealogy):
    mine = dossier(genealogy)
    with pytest.raises(InputError, match="no inspection"):
        make_series([])
    for part in ({"revision": "B"}, {"part_number": "OTHER"}):
        with pytest.raises(InputError, match="one part number"):
            make_series([mine, dossier(genealogy, order=order_bytes("R-2", part=part))])
    nameless = [
        dossier(genealogy, order=order_bytes(f"N-{n}", order_id=f"N-{n}", part={"part_number": None})) for n in range(2)
    ]
    assert fields_of(make(nameless[0])).part["K1001"] == "N-0"
    with pytest.raises(InputError, match="needs a part number"):
        make_series(nameless)


def test_what_people_said_afterwards(genealogy: Genealogy):
    first = commit(genealogy)
    second = commit(genealogy, seconds=10, verdict="FAIL", characteristics=replaced("1", verdict="FAIL", value=23.8))
    key = PartKey("MO-2026-000417", "RING-237-0001")
    wrong = add_link(genealogy, key, Material("LOT-1"), by="ben", at=at(20))
    add_link(genealogy, key, Material("LOT-2"), by="ben", at=at(21))
    correct(genealogy, wrong.id, reason="typing error", by="ben", at=at(22))
    dispose(genealogy, second, Decision.USE_AS_IS, reason_code="RC-7", by="cleo", at=at(23))

    superseded = fields_of(make(dossier_of(genealogy, first)))
    assert superseded.cells[0][0][1] == "129"
    assert superseded.cells[0][WHOLE - 1][3] == "129"
    assert superseded.values[1][0]["K0009"].startswith("superseded by attempt 2")

    disposed = fields_of(make(dossier_of(genealogy, second)))
    assert disposed.cells[0][0][1] == "0"  # a disposition changes no verdict
    assert disposed.values[1][0]["K0054"] == "FAIL"
    assert "use-as-is, RC-7 (cleo)" in disposed.values[1][0]["K0009"]
    assert disposed.cells[0][0][4] == "#LOT-2"

    withdraw(genealogy, second, reason="another part lay there", by="cleo", at=at(24))
    gone = fields_of(make(dossier_of(genealogy, second)))
    assert {cell[1] for cell in gone.cells[0][:NUMBERED]} == {"129"}
    assert gone.values[1][0]["K0009"].startswith("WITHDRAWN: another part lay there (cleo)")


def test_an_attempt_counts_again_when_the_later_one_is_withdrawn(genealogy: Genealogy):
    first, second = commit(genealogy), commit(genealogy, seconds=10)
    withdraw(genealogy, second, reason="another part lay there", by="cleo", at=at(24))
    found = fields_of(make(dossier_of(genealogy, first)))
    assert {cell[1] for cell in found.cells[0][:NUMBERED]} == {"0"}
    assert "superseded" not in found.values[1][0].get("K0009", "")


def test_as_many_decimals_as_tell_on_which_side_of_a_limit_a_value_lies(genealogy: Genealogy):
    near = {"verdict": "FAIL", "value": 23.7504, "expanded_uncertainty": 0.018}
    found = fields_of(make(dossier(genealogy, verdict="FAIL", characteristics=replaced("1", **near))))
    assert found.characteristics[1]["K2022"] == "4"  # with 3 it would read 23.750, which is good


def test_names_from_outside_break_nothing(genealogy: Genealogy):
    order = order_bytes(
        "Ring Ø 23,7 – №1 " + "x" * 60,
        order_id="Auftrag-" + "ß" * 40,
        part={"part_number": "K2001/1 Ωmega 指輪"},
    )
    reason = "a\r\nK2111/1 99\x14255\x0f0\x1dß"
    rows = replaced("1", verdict="UNDECIDED", reason=reason)
    data = make(dossier(genealogy, order=order, verdict="UNDECIDED", characteristics=rows, operator="Jürg\nK0002/1 0"))
    assert data.startswith(b"\xef\xbb\xbf")
    part, fields = part_of(data), fields_of(data)
    assert part.get_part_no() == "K2001/1 Ωmega 指輪"
    assert float(part.get_characteristic_by_index(1).get_data("K2111")) == 23.75
    assert measured(part, 1)[0]["attribute"] == 129
    beside = fields.values[1][0]
    assert "UNDECIDED: a K2111/1 99 255 0 ß" in beside["K0009"]
    assert beside["K0060"] == "Jürg K0002/1 0"
    assert beside["K0014"].startswith("Ring Ø 23,7 – №1 x")
    assert beside["K0014"][-7] == "~"
    tables = [fields.part, *fields.characteristics.values(), *(row for rows in fields.values.values() for row in rows)]
    for key, text in (entry for table in tables for entry in table.items()):
        assert len(text) <= LENGTHS.get(key, 22), key


def test_long_names_that_differ_stay_different(genealogy: Genealogy):
    these = [dossier(genealogy, order=order_bytes("S" * 100 + str(n))) for n in range(2)]
    serials = [row["K0014"] for row in fields_of(make_series(these)).values[1]]
    assert len(set(serials)) == 2
    assert {len(serial) for serial in serials} == {40}


def test_ascii_where_ascii_is_enough(genealogy: Genealogy):
    order = order_bytes(characteristics=CHARACTERISTICS[:4])
    data = make(dossier(genealogy, order=order, characteristics=answers()[:4]))
    assert data.isascii()
    assert data.count(b"\n") == data.count(b"\r\n") == len(lines_of(data))


def test_it_is_a_format(genealogy: Genealogy):
    this = dossier(genealogy)
    assert format_of("dfq").suffix == ".dfq"
    assert format_of("dfq").make(this) == make(this)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples (../shared/schemas/dfq) are not here")
def test_the_values_are_laid_out_as_in_q_das_own_file(genealogy: Genealogy):
    sample = (SAMPLES / "testmeasures.dfq").read_bytes().decode("latin-1").split("\r\n")
    theirs = next(line for line in sample if "\x14" in line).split("\x0f")[0].split("\x14")
    data = make(dossier(genealogy))
    ours = fields_of(data).cells[0][0]
    assert [bool(field) for field in ours] == [bool(field) for field in theirs]
    assert [len(field) for field in (ours[2], theirs[2])] == [19, 19]
    keys = [{line[:5] for line in lines if line.startswith("K")} for lines in (sample, lines_of(data))]
    assert {"K2001", "K2101", "K2110", "K2111", "K2120", "K2142", "K0053", "K0080", "K0081"} <= keys[0] & keys[1]


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples (../shared/schemas/dfq) are not here")
def test_a_sample_of_one_is_written_as_in_their_attributive_file(genealogy: Genealogy):
    sample = SAMPLES / "attributiveDfq_attributiveCharacteristic_and_errorLogSheet.dfq"
    assert f"K0020/1 {fields_of(make(dossier(genealogy))).cells[0][WHOLE - 1][0]}\n" in sample.read_text()


@pytest.mark.parametrize("verdict", MARKED)
def test_marks_with_every_verdict_say_what_was_read(genealogy: Genealogy, verdict: str):
    given = with_marks(draft(characteristics=answers()), verdict)
    shape = {"verdict": verdict, "characteristics": given.characteristics, "findings": given.findings}
    data = make(dossier(genealogy, **shape))
    part, fields = part_of(data), fields_of(data)
    attribute = {"PASS": 0, "FAIL": 0, "UNDECIDED": 129, "ERROR": 255}[verdict]
    for index in (8, 9, 10):
        cell = fields.cells[0][index - 1]
        assert (cell[1], int(cell[3])) == ("0" if verdict == "PASS" else "1", attribute)
        if attribute != 255:
            (one_value,) = measured(part, index)
            assert one_value["error_count"] == (0 if verdict == "PASS" else 1)
    words = [fields.values[index][0]["K0009"] for index in (8, 9, 10)]
    if verdict == "PASS":
        assert "read 'A1 B2'; asked 'A1 B2'; GS1 (01)07612345678900(21)A<1>&\u20ac" in words[0]
        assert "score 0, threshold -1, model text" in words[1]
        assert (
            "largest defect 0 mm; asked 'no defect above 0.05 mm'; score -3, threshold 2.5, model surface" in words[2]
        )
    if verdict == "FAIL":
        assert "read 'ANMA 22.11.26 \u2013 <0>'; asked 'ANNA'; score -12.5" in words[1]
        assert "largest defect 0.4321" in words[2]
