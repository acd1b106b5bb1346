"""MASTERS.csv: the kinds of edges it names, and where it contradicts itself or the order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from station.cycle.certificates import kinds_in, read_certificates, with_kinds
from station.errors import CalibrationError, InputError
from station.order.model import Order

from ..order.builders import circle, size
from .scenes_for_measure import order

PLATE = order(
    [circle("OD", "outer", [0, 0], 4.0), circle("H1", "inner", [-1, 0], 1.0), circle("H2", "inner", [1, 0], 0.8)],
    size("diameter", "OD", 4.0, 0.1),
)


def table(folder: Path, *rows: str, head: str = "image,feature,value_mm,u_mm,edge") -> Path:
    path = folder / "MASTERS.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def kinds(
    folder: Path, *rows: str, of: Order = PLATE, head: str = "image,feature,value_mm,u_mm,edge"
) -> dict[str, str]:
    found = kinds_in(read_certificates(table(folder, *rows, head=head)), of)
    return {f"{image.name} {name}": kind for (image, name), kind in found.items()}


def refusal(folder: Path, *rows: str, of: Order = PLATE, head: str = "image,feature,value_mm,u_mm,edge") -> str:
    with pytest.raises(CalibrationError) as refused:
        kinds(folder, *rows, of=of, head=head)
    return str(refused.value)


def test_the_column_names_the_kind_and_an_empty_cell_is_the_default_kind(tmp_path: Path) -> None:
    found = kinds(tmp_path, "a.png,OD,4.0,0.001, turned ", "a.png,H1,1.0,0.001,", "a.png,H1-H2,2.0,0.001,")
    assert found == {"a.png OD": "turned", "a.png H1": ""}
    assert kinds(tmp_path, "a.png,OD,4.0,0.001", head="image,feature,value_mm,u_mm") == {"a.png OD": ""}


def test_a_distance_may_name_the_kind_of_both_its_features(tmp_path: Path) -> None:
    assert kinds(tmp_path, "a.png,H1-H2,2.0,0.001,punched") == {"a.png H1": "punched", "a.png H2": "punched"}


@pytest.mark.parametrize("edge", ["x" * 33, "tur\u200bned", "a\tb"])
def test_a_kind_that_is_no_short_name_is_refused_with_its_row(tmp_path: Path, edge: str) -> None:
    with pytest.raises(InputError, match="row 2: edge is not a name"):
        read_certificates(table(tmp_path, f"a.png,OD,4.0,0.001,{edge}"))


def test_a_feature_of_two_kinds_in_one_picture_is_refused_with_both_rows(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, "a.png,OD,4.0,0.001,turned", "a.png,OD,4.1,0.001,punched")
    assert "row 3: the edge of OD is 'punched' here and 'turned' in row 2: one edge is of one kind" in sentence
    sentence = refusal(tmp_path, "a.png,H1-H2,2.0,0.001,turned", "a.png,H1,1.0,0.001,")
    assert "row 3: the edge of H1 is of no named kind here and 'turned' in row 2" in sentence


def test_the_same_certificate_in_two_pictures_is_of_one_kind(tmp_path: Path) -> None:
    rows = "a.png,OD,4.0,0.001,turned", "b.png,OD,4.0,0.001,punched"
    assert "row 3" in refusal(tmp_path, *rows)
    # Another size is another master, which may have been made otherwise.
    assert kinds(tmp_path, rows[0], "b.png,OD,4.01,0.001,punched") == {"a.png OD": "turned", "b.png OD": "punched"}
    head = "image,feature,value_mm,u_mm,edge,master"
    assert "row 3" in refusal(tmp_path, f"{rows[0]},M-1", "b.png,OD,4.01,0.001,punched,M-1", head=head)


def test_the_order_says_the_kind_where_the_table_does_not_and_may_not_be_contradicted(tmp_path: Path) -> None:
    said = replace(PLATE, geometry=replace(PLATE.geometry, edge="punched", edges={"OD": "turned"}))
    found = kinds(tmp_path, "a.png,OD,4.0,0.001,", "a.png,H1,1.0,0.001,punched", of=said)
    assert found == {"a.png OD": "turned", "a.png H1": "punched"}
    sentence = refusal(tmp_path, "a.png,OD,4.0,0.001,ground", of=said)
    assert "row 2: the edge of OD is 'ground' here and 'turned' in the order" in sentence


def test_what_a_table_says_of_edges_goes_into_the_order(tmp_path: Path) -> None:
    found = with_kinds(PLATE, read_certificates(table(tmp_path, "a.png,OD,4.0,0.001,turned", "a.png,H1,1.0,0.001,")))
    assert found.geometry.edges == {"OD": "turned"}
    assert found.sha256 == PLATE.sha256
    silent = read_certificates(table(tmp_path, "a.png,OD,4.0,0.001,"))
    assert with_kinds(PLATE, silent) is PLATE
