"""What is read back: plan, explain, verify."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from .conftest import World
from .small import ring_order, write_order


def test_a_plan_names_every_characteristic_with_its_predicted_uncertainty(world: World) -> None:
    done = world.run("plan", world.order, "--calibration", world.calibration, "--json")
    assert done.status == 0
    plan = done.document
    assert (plan["order_id"], plan["decidable"]) == ("MO-1", True)
    assert [(c["id"], c["type"], c["features"]) for c in plan["characteristics"]] == [
        ("1", "diameter", ["OD"]),
        ("2", "diameter", ["ID"]),
        ("3", "concentricity", ["ID"]),
    ]
    measured = world.inspect("--json").document["characteristics"]
    for planned, found in zip(plan["characteristics"], measured, strict=True):
        ratio = planned["predicted_expanded_uncertainty"] / found["expanded_uncertainty"]
        assert 0.5 < ratio < 2.0
        assert planned["points"] >= found["points"]
    assert len(world.records()) == 1  # planning recorded nothing


def test_a_plan_names_what_this_station_cannot_decide(world: World) -> None:
    wanted = ring_order()
    wanted["characteristics"][1].update(lower_tol=-0.0002, upper_tol=0.0002)
    done = world.run(
        "plan", write_order(world.folder, wanted, "tight.json"), "--calibration", world.calibration, "--json"
    )
    assert (done.status, done.document["decidable"]) == (1, False)
    first, second, _ = done.document["characteristics"]
    assert (first["decidable"], first["reason"], second["decidable"]) == (True, "", False)
    assert "0.0004 mm" in second["reason"]
    told = world.run("plan", world.folder / "tight.json", "--calibration", world.calibration)
    assert told.status == 1
    assert "Cannot be decided here: 2" in told.out


def test_a_plan_says_that_the_part_is_larger_than_the_field(world: World) -> None:
    wanted = ring_order()
    wanted["geometry"]["features"][0]["diameter"] = 40.0
    wanted["characteristics"][0].update(nominal=40.0)
    done = world.run(
        "plan", write_order(world.folder, wanted, "large.json"), "--calibration", world.calibration, "--json"
    )
    assert (done.status, done.document["decidable"]) == (1, False)
    reasons = " ".join([done.document["reason"], *(c["reason"] for c in done.document["characteristics"])])
    assert "field" in reasons or "picture" in reasons


def test_a_part_larger_than_the_field_is_an_error_when_it_is_inspected(world: World) -> None:
    wanted = ring_order()
    wanted["geometry"]["features"][0]["diameter"] = 40.0
    wanted["characteristics"][0].update(nominal=40.0)
    done = world.inspect("--json", order=write_order(world.folder, wanted, "large.json"))
    assert (done.status, done.document["verdict"]) == (1, "ERROR")
    assert done.document["reason"]


def test_a_plan_needs_a_calibration(world: World) -> None:
    assert "calibration" in world.run("plan", world.order).sentence


def test_explain_shows_budget_and_decision(world: World) -> None:
    document = world.inspect("--json").document
    told = world.run("explain", document["id"], "1")
    assert told.status == 0
    for word in ("edge", "scale", "Guard band", "conformance probability", "PASS", "3.95 … 4.05"):
        assert word in told.out
    row = world.run("explain", document["id"], "1", "--json").document
    assert row == document["characteristics"][0]
    total = sum(line["contribution"] ** 2 for line in row["budget"]) ** 0.5
    assert total == pytest.approx(row["standard_uncertainty"], rel=0.2)  # scale and edge are correlated


def test_explain_refuses_what_is_not_there(world: World) -> None:
    document = world.inspect("--json").document
    assert "1, 2, 3" in world.run("explain", document["id"], "9").sentence
    assert "no-such-id" in world.run("explain", "no-such-id", "1").sentence


def test_verify_of_the_home_and_of_a_copy_elsewhere(world: World, tmp_path: Path) -> None:
    world.inspect()
    world.inspect()
    here = world.run("verify", "--json")
    assert (here.status, here.document["intact"], here.document["inspections"]) == (0, True, 2)
    copy = tmp_path / "copy"
    shutil.copytree(world.home, copy)
    shutil.rmtree(world.home)
    there = world.run("verify", copy, "--json")
    assert (there.status, there.document) == (0, here.document)
    assert not world.home.exists()
    assert world.run("verify", copy).out.startswith("✓")


def test_verify_names_the_frame_that_was_tampered_with(world: World) -> None:
    digest = world.inspect("--json").document["frames"][0]["sha256"]
    (frame,) = (world.home / "frames" / digest[:2]).iterdir()
    frame.chmod(0o644)
    data = bytearray(frame.read_bytes())
    data[-20] ^= 1
    frame.write_bytes(data)
    done = world.run("verify")
    assert done.status == 1
    assert digest in done.out.replace("\n", "")
    found = world.run("verify", "--json")
    assert (found.status, found.document["intact"]) == (1, False)
    assert any(digest in fault["place"] for fault in found.document["faults"])


def test_verify_finds_a_missing_frame_and_an_altered_verdict(world: World) -> None:
    digest = world.inspect("--json").document["frames"][0]["sha256"]
    (frame,) = (world.home / "frames" / digest[:2]).iterdir()
    frame.unlink()
    assert digest in world.run("verify", "--json").out
    with sqlite3.connect(world.home / "station.db") as connection:
        connection.execute("DROP TRIGGER inspections_no_update")
        connection.execute("UPDATE inspections SET verdict = 'FAIL'")
    connection.close()
    faults = world.run("verify", "--json").document["faults"]
    assert any("chain 1" in fault["place"] for fault in faults)


@pytest.mark.parametrize("what", ["nothing", "a file", "an empty folder"])
def test_verify_of_what_is_no_record_is_refused(world: World, what: str) -> None:
    path = world.folder / "other"
    if what == "a file":
        path.write_text("hello")
    elif what == "an empty folder":
        path.mkdir()
    assert str(path) in world.run("verify", path).sentence
    if what == "an empty folder":
        assert list(path.iterdir()) == []


def test_reading_creates_no_record(world: World) -> None:
    done = world.run("records", "--json")
    assert done.status in (0, 2)
    assert not world.home.exists()


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "1; DROP TABLE chain"])
def test_a_cursor_that_nobody_gave_out_is_refused(world: World, cursor: str) -> None:
    world.inspect()
    assert "cursor" in world.run("records", "--after", cursor).sentence
