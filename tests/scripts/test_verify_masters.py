"""The shift check over pictures of the twin: it passes, or it locks for the right reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from station import app
from station.genealogy.home import StationHome
from station.genealogy.shift_checks import check_values
from station.genealogy.store import Genealogy
from station.metrology.edge_kinds import EdgeKind, of_no_kind
from station.order.read import parse_order
from station.twin.part import Chamfer, CircleDeviation, part_of_order
from station.twin.render import render
from station.twin.scene import Lamp, Optics, PlacedPart, Scene
from tests.cli.conftest import World, world  # noqa: F401
from tests.cli.program import Ran, script
from tests.cli.small import NOW, OPTICS, POSE, calibration, picture, ring_order, write_calibration, write_picture

GOOD_OD, GOOD_ID, BAD_OD = 4.0121, 1.9953, 4.0830


class Station:
    """A station with an accepted calibration, a good and a bad master, and their certificates."""

    def __init__(self, world: World) -> None:  # noqa: F811
        self.world = world
        assert world.run("accept", world.calibration).status == 0
        self.good = write_picture(world.folder / "good.png", self.take(GOOD_OD))
        self.bad = write_picture(world.folder / "bad.png", self.take(BAD_OD, seed=2))
        rows = [f"good.png,OD,{GOOD_OD},0.0003", f"good.png,ID,{GOOD_ID},0.0003", f"bad.png,OD,{BAD_OD},0.0003"]
        self.table = world.folder / "CERTIFICATES.csv"
        self.table.write_text("image,feature,value_mm,u_mm\n" + "\n".join(rows) + "\n")

    def take(self, outer: float, **more: Any) -> Any:
        deviations = (CircleDeviation("OD", outer - 4.0), CircleDeviation("ID", GOOD_ID - 2.0))
        return picture(deviations=deviations, **more)

    def check(self, *more: object, because: str = "1:too large", good: Path | None = None) -> Ran:
        order = self.world.order
        masters = ("--good", f"{order}={good or self.good}", "--bad", f"{order}={self.bad}", "--because", because)
        return script("verify_masters.py", *masters, "--certificates", self.table, "--by", "Ann", *more)

    def status(self) -> dict[str, Any]:
        (found,) = self.world.run("calibrations", "--json").document["shift_checks"]
        return dict(found)

    def inspect(self) -> Ran:
        return self.world.run("inspect", self.world.order, "--image", f"backlight={self.world.image}", "--json")


@pytest.fixture
def cell(world: World, monkeypatch: pytest.MonkeyPatch) -> Station:  # noqa: F811
    monkeypatch.setenv("STATION_HOME", str(world.home))
    return Station(world)


def test_a_good_master_passes_and_a_bad_one_fails_for_the_right_reason(cell: Station) -> None:
    assert cell.status()["state"] == "missing"
    done = cell.check("--json")
    assert (done.status, done.err) == (0, "")
    good, bad = done.document["masters"]
    assert (good["verdict"], bad["verdict"]) == ("PASS", "FAIL")
    for row, certified in zip(good["characteristics"][:2], (GOOD_OD, GOOD_ID), strict=True):
        both = (row["expanded_uncertainty"] ** 2 + 0.0006**2) ** 0.5
        assert row["e_n"] == pytest.approx(abs(row["value"] - certified) / both)
        assert row["e_n"] < 1.0
    assert good["characteristics"][2]["e_n"] is None
    assert cell.status()["state"] == "passed"
    assert cell.inspect().status == 0
    assert cell.world.run("verify").status == 0
    for master in done.document["masters"]:
        digest = master["frames"][0]["sha256"]
        assert (cell.world.home / "frames" / digest[:2] / f"{digest}.png").exists()


def test_people_see_a_table(cell: Station) -> None:
    done = cell.check()
    assert done.status == 0
    for text in ("good", "bad", "E_n", "1 diameter", "4.01", "FAIL", "counts until"):
        assert text in done.out
    assert "passed and counts until" in cell.world.run("calibrations").out


def test_a_page_to_file(cell: Station) -> None:
    page = cell.world.folder / "check.html"
    done = cell.check("--page", page)
    assert done.status == 0, done.err
    text = page.read_text(encoding="utf-8")
    for word in (
        "passed",
        "E_n",
        "Ann",
        "good: 1 diameter",
        "bad: 1 diameter",
        "CERTIFICATES.csv",
        "counts until",
    ):
        assert word in text
    assert text.count("<svg") == 2
    failed = cell.check("--page", page, "--calibration", cell.world.calibration, because="1:too small")
    assert failed.status == 1
    text = page.read_text(encoding="utf-8")
    assert 'class="verdict bad"' in text
    assert "fails by 1 too large, not too small" in text
    assert "nothing was recorded" in text
    assert "cannot be written" in cell.check("--page", cell.world.folder / "no" / "page.html").sentence


Take = Callable[[Station], Any]


def _scene(optics: Optics = OPTICS, chamfer: Chamfer | None = None, lamp: Lamp | None = None) -> Any:
    order = parse_order(json.dumps(ring_order()).encode(), None, "order")
    part = part_of_order(order, (CircleDeviation("OD", GOOD_OD - 4.0), CircleDeviation("ID", GOOD_ID - 2.0)))
    if chamfer is not None:
        part = type(part)(part.silhouette, part.features, part.deviations, chamfer=chamfer)
    return render(Scene(optics, lamp or Lamp(), (PlacedPart(part, POSE),)), np.random.default_rng(9))


WRONG: dict[str, tuple[Take, tuple[str, ...]]] = {
    "another size": (lambda s: s.take(4.02), ("characteristic 1 is 4.02", "certified 4.01", "E_n")),
    "chamfered": (lambda _: _scene(chamfer=Chamfer(0.02, 0.6)), ("E_n",)),
    "the camera moved": (lambda _: _scene(Optics(width_px=400, height_px=300, mm_per_px=0.02003)), ("E_n",)),
    "no lamp": (lambda s: s.take(GOOD_OD, lamp=Lamp(field_level=0.02)), ("good master good is ERROR",)),
    "it is a bad one": (lambda s: s.take(BAD_OD), ("good master good is FAIL", "Characteristic 1")),
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(WRONG))
def test_a_good_master_that_does_not_come_out_locks_with_the_reason(cell: Station, kind: str) -> None:
    take, words = WRONG[kind]
    write_picture(cell.good, take(cell))
    done = cell.check()
    assert done.status == 1
    assert "LOCKED" in done.out
    status = cell.status()
    assert status["state"] == "failed"
    for word in words:
        assert word in status["reason"], status["reason"]
    locked = cell.inspect().sentence
    assert "locked" in locked
    assert status["reason"] in locked
    assert cell.world.records() == []
    assert "LOCKED" in cell.world.run("calibrations").out


def test_a_lamp_that_is_a_little_dimmer_changes_nothing(cell: Station) -> None:
    write_picture(cell.good, cell.take(GOOD_OD, lamp=Lamp(field_level=0.6)))
    assert cell.check().status == 0


@pytest.mark.parametrize(
    ("because", "words"),
    [
        ("1:too small", "fails by 1 too large, not too small"),
        ("2", "does not fail by 2, but: Characteristic 1"),
        ("2,1", "does not fail by 2"),
        ("extra opening", "does not fail by extra opening"),
    ],
)
def test_a_bad_master_that_fails_for_another_reason_locks(cell: Station, because: str, words: str) -> None:
    done = cell.check(because=because)
    assert done.status == 1
    assert words in cell.status()["reason"]


def test_a_bad_master_that_fails_by_more_than_what_is_wrong_with_it_locks(cell: Station) -> None:
    deviations = (CircleDeviation("OD", BAD_OD - 4.0), CircleDeviation("ID", 0.09))
    write_picture(cell.bad, picture(deviations=deviations))
    assert cell.check().status == 1
    assert "also fails by 2" in cell.status()["reason"]


def test_a_bad_master_that_passes_locks(cell: Station) -> None:
    write_picture(cell.bad, cell.take(4.0))
    assert cell.check().status == 1
    assert "bad master bad is PASS, not FAIL" in cell.status()["reason"]


def test_a_passed_check_or_an_accepted_calibration_unlocks(cell: Station) -> None:
    good = cell.good.read_bytes()
    write_picture(cell.good, cell.take(4.02))
    assert cell.check().status == 1
    cell.good.write_bytes(good)
    assert cell.check().status == 0
    assert cell.inspect().status == 0
    write_picture(cell.good, cell.take(4.02))
    assert cell.check().status == 1
    refused = cell.world.run("accept", cell.world.calibration).sentence
    assert "shift check failed with this very calibration" in refused
    other = write_calibration(cell.world.folder / "B.json", calibration(id="B", u_scale=2e-5))
    assert cell.world.run("accept", other).status == 0
    assert cell.status()["state"] == "missing"
    assert cell.inspect().status == 0


def test_a_check_counts_for_its_time_to_the_second(cell: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "now", lambda: NOW)
    assert cell.check("--valid-hours", "2").status == 0
    for more, state in ((timedelta(0), "passed"), (timedelta(seconds=1), "expired")):
        monkeypatch.setattr(app, "now", lambda more=more: NOW + timedelta(hours=2) + more)
        assert cell.status()["state"] == state


def test_the_values_of_every_check_can_be_charted(cell: Station) -> None:
    for seed in (11, 12, 13):
        write_picture(cell.good, cell.take(GOOD_OD, seed=seed))
        assert cell.check().status == 0
    with Genealogy.open(StationHome(cell.world.home), read_only=True) as genealogy:
        values = [v for v in check_values(genealogy, "main") if (v.master, v.characteristic) == ("good", "1")]
    assert len(values) == 3
    assert [v.at for v in values] == sorted(v.at for v in values)
    assert len({v.value for v in values}) == 3
    for v in values:
        assert abs(v.value - GOOD_OD) < v.expanded_uncertainty
        assert (v.certified, v.unit) == (GOOD_OD, "mm")


def test_a_calibration_can_be_tried_without_recording_anything(cell: Station) -> None:
    moved = write_calibration(cell.world.folder / "B.json", calibration(id="B", edge_offset_px=0.3))
    done = cell.check("--calibration", moved)
    assert done.status == 1
    assert "nothing was recorded" in done.out
    assert cell.status()["state"] == "missing"


def check_file(cell: Station, **changes: Any) -> Path:
    masters = [
        {"master": "RING-7", "order": "order.json", "image": "good.png", "expect": "PASS"},
        {"order": "order.json", "image": "bad.png", "expect": "FAIL", "because": ["1:too large"]},
    ]
    for n, row in changes.pop("rows", {}).items():
        masters[n].update(row)
    path = cell.world.folder / "check.json"
    document = {"schema": "shift-check/1", "certificates": "CERTIFICATES.csv", "masters": masters, **changes}
    path.write_text(json.dumps(document))
    return path


def test_the_masters_of_a_file(cell: Station) -> None:
    done = script("verify_masters.py", check_file(cell), "--json")
    assert done.status == 0, done.err
    assert [m["master"] for m in done.document["masters"]] == ["RING-7", "bad"]


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "schema": ({"schema": "order/1"}, "not a shift-check/1"),
    "a key": ({"extra": 1}, "'extra' is unknown"),
    "no masters": ({"masters": []}, "masters"),
    "a master's key": ({"rows": {0: {"who": "me"}}}, "masters[0]: the key 'who'"),
    "no image": ({"rows": {1: {"image": "none.png"}}}, "none.png"),
    "no order": ({"rows": {1: {"order": "none.json"}}}, "none.json"),
    "expectation": ({"rows": {0: {"expect": "UNDECIDED"}}}, "masters[0].expect"),
    "good with a reason": ({"rows": {0: {"because": ["1"]}}}, "masters[0]"),
    "bad without": ({"rows": {1: {"because": []}}}, "masters[1]"),
    "a reason nobody knows": ({"rows": {1: {"because": ["9:too large"]}}}, "no characteristic '9'"),
    "a way nobody knows": ({"rows": {1: {"because": ["1:too blue"]}}}, "too blue"),
    "view": ({"rows": {1: {"view": "top"}}}, "'top' is none of"),
    "no table": ({"certificates": "none.csv"}, "none.csv"),
    "only good ones": ({"masters": [{"order": "order.json", "image": "good.png", "expect": "PASS"}]}, "one good and"),
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(BAD))
def test_a_file_that_is_no_good_is_one_sentence_and_records_nothing(cell: Station, kind: str) -> None:
    changes, words = BAD[kind]
    sentence = script("verify_masters.py", check_file(cell, **dict(changes))).sentence
    assert sentence.startswith("verify_masters: ")
    assert words in sentence
    assert cell.status()["state"] == "missing"


def test_a_certificate_that_the_order_does_not_ask_for_is_named_with_its_row(cell: Station) -> None:
    cell.table.write_text("image,feature,value_mm,u_mm\ngood.png,OD-ID,0.001,0.001\n")
    sentence = cell.check().sentence
    assert "row 2" in sentence
    assert "OD-ID" in sentence


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "at least one good"),
        (("--good", "a.json"), "ORDER=IMAGE"),
        (("--bad", "a.json=b.png"), "--because"),
    ],
)
def test_wrong_usage_is_one_sentence(cell: Station, arguments: tuple[str, ...], words: str) -> None:
    assert words in script("verify_masters.py", *arguments).sentence


@pytest.mark.parametrize("hours", ["0", "-1", "nan", "999"])
def test_a_time_that_is_none_is_refused(cell: Station, hours: str) -> None:
    assert "7 days" in cell.check("--valid-hours", hours).sentence


def test_without_a_calibration_in_force_there_is_nothing_to_check(cell: Station) -> None:
    assert "camera side" in cell.check("--camera", "side").sentence
    late = write_calibration(cell.world.folder / "B.json", calibration(id="B", valid_until=NOW - timedelta(days=1)))
    assert "expired" in cell.check("--calibration", late).sentence


def test_kinds_of_edges_in_the_certificates_are_those_that_are_measured(cell: Station) -> None:
    """The order says nothing of edges, the calibration knows two kinds: without the column nobody knows which."""
    kinds = (EdgeKind("punched", 0.3, 0.02, (0.0,)), EdgeKind("turned", 0.0, 0.02, (0.0, 0.1)))
    whole = of_no_kind(kinds, 1e-5)
    known = write_calibration(
        cell.world.folder / "K.json",
        calibration(id="K", edges=kinds, edge_offset_px=whole.offset_px, u_edge_px=whole.u_px,
                    correlation=whole.correlation[0]),
    )  # fmt: skip
    assert cell.check("--calibration", known).status == 1
    plain = cell.table.read_text().splitlines()
    cell.table.write_text("\n".join([f"{plain[0]},edge", *(f"{row},turned" for row in plain[1:])]) + "\n")
    # Of the bad master only OD is certified: its hole takes the kind that the order says.
    document = json.loads(cell.world.order.read_text())
    document["geometry"]["edge"] = "turned"
    cell.world.order.write_text(json.dumps(document))
    done = cell.check("--calibration", known, "--json")
    assert (done.status, done.err) == (0, "")
    cell.table.write_text(cell.table.read_text().replace("turned", "punched"))
    assert "'punched' here and 'turned' in the order" in cell.check("--calibration", known).sentence
    del document["geometry"]["edge"]
    document["geometry"]["features"][1]["edge"] = "punched"
    cell.world.order.write_text(json.dumps(document))
    # All edges taken for punched ones, which they are not: far outside every certificate.
    done = cell.check("--calibration", known, "--json")
    assert done.status == 1
    assert done.document["masters"][0]["characteristics"][0]["e_n"] > 3.0
