"""`station import`: a QIF plan as an order in a file, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from station.order.read import read_order

from ..order.qif_plans import asked, circle, feature, plan, tolerance
from .program import Ran, station

HOLE = circle(1, "HOLE", "1.5 2.25 0", "3")
SIZE = asked(101, "1", "Diameter", tolerance("0.05", "-0.02"), "<TargetValue>3</TargetValue>", (3,))
FLAT = asked(104, "2", "Flatness", "<ToleranceValue>0.1</ToleranceValue>", "", (3,))
POINTS = "".join(
    f'<DefiningPoint id="{50 + n}"><Point>{at}</Point><SequenceNumber>{n}</SequenceNumber></DefiningPoint>'
    for n, at in enumerate(("-9 -9 0", "9 -9 0", "9 9 0", "-9 9 0", "-9 -9 0"), start=1)
)
CURVE = feature(7, "RIM", "PointDefinedCurve", "", f"<DefiningPoints n='5'>{POINTS}</DefiningPoints>")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plan.qif").write_bytes(plan([HOLE, CURVE], [SIZE]))
    (tmp_path / "part.qif").write_bytes(plan([HOLE], [SIZE, FLAT]))
    (tmp_path / "none.qif").write_bytes(plan([HOLE], [FLAT]))
    return tmp_path


def run(folder: Path, name: str, *more: object) -> Ran:
    return station(folder / "home", "import", folder / name, "--out", folder / "order.json", *more)


def test_a_whole_plan_is_status_0_and_its_curves_are_beside_the_order(folder: Path):
    ran = run(folder, "plan.qif", "--serial", "S-1", "--order-id", "MO-7", "--json")
    assert (ran.status, ran.err) == (0, "")
    assert ran.document["not_taken"] == []
    assert (ran.document["order"], ran.document["drawing"]) == (
        str(folder / "order.json"),
        str(folder / "order.dxf"),
    )
    order = read_order(folder / "order.json")
    assert (order.order_id, order.part.serial, order.geometry.drawing) == ("MO-7", "S-1", "order.dxf")
    assert set(order.geometry.features) == {"HOLE", "RIM"}
    assert station(folder / "home", "order", folder / "order.json", "--json").status == 0
    assert not (folder / "home").exists()  # nothing is recorded by importing


def test_what_is_left_out_is_status_1_and_named(folder: Path):
    ran = run(folder, "part.qif", "--serial", "S-1", "--json")
    why = "Flatness is not a characteristic that this station measures"
    assert ran.status == 1
    assert ran.document["not_taken"] == [
        {"element": "FlatnessCharacteristicItem", "id": "106", "name": "2", "why": why}
    ]
    assert ran.document["characteristics"] == ["1"]
    (folder / "order.json").unlink()
    shown = run(folder, "part.qif", "--serial", "S-1")
    assert shown.status == 1
    assert "Not taken from the plan: 1" in shown.out
    assert why in shown.out


def test_a_plan_of_which_nothing_is_left_writes_nothing_and_is_status_2(folder: Path):
    ran = run(folder, "none.qif", "--serial", "S-1", "--json")
    assert ran.status == 2
    assert json.loads(ran.out)["order"] is None
    assert "nothing of this plan can be ordered here" in ran.err
    assert not (folder / "order.json").exists()


@pytest.mark.parametrize("taken", ["order.json", "order.dxf"])
def test_no_file_is_written_over(folder: Path, taken: str):
    (folder / taken).write_text("mine")
    ran = run(folder, "plan.qif", "--serial", "S-1")
    assert ran.sentence == f"station: {folder / taken}: there is a file of this name already"
    assert (folder / taken).read_text() == "mine"
    assert sorted(path.name for path in folder.glob("order.*")) == [taken]


def test_bad_plans_and_serials_are_one_sentence(folder: Path):
    (folder / "bad.qif").write_text("<!DOCTYPE q><q/>")
    assert "document type or entities" in run(folder, "bad.qif", "--serial", "S-1").sentence
    assert "there is no such file" in run(folder, "no.qif", "--serial", "S-1").sentence
    assert "part.serial" in run(folder, "plan.qif", "--serial", " ").sentence
    assert not (folder / "order.json").exists()
