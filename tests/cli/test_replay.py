"""Stored inspections again: `explain --check` and `scripts/recheck.py`, with frames as stored, changed and gone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from station.metrology.camera import CameraModel

from .conftest import World
from .program import ROOT, Ran, script, station
from .small import calibration, ring_order, write_calibration, write_order


@pytest.fixture
def recheck(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STATION_HOME", str(world.home))
    return lambda *more: script("recheck.py", *more, "--processes", 1)


def stored_frame(world: World, document: dict) -> Path:
    digest = document["frames"][0]["sha256"]
    return world.home / "frames" / digest[:2] / f"{digest}.png"


def test_a_diameter_is_checked_beside_its_budget(world: World) -> None:
    document = world.inspect("--json").document
    row = document["characteristics"][0]
    found = world.run("explain", document["id"], "1", "--check", "--json").document
    assert {key: found[key] for key in row} == row
    assert found["replay"]["exact"] is True
    checked = found["monte_carlo"]
    assert checked["value"] == row["value"]
    assert checked["standard_uncertainty"] == row["standard_uncertainty"]
    assert checked["drawn"]["standard_uncertainty"] == pytest.approx(row["standard_uncertainty"], rel=0.02)
    assert checked["drawn"]["mean"] == pytest.approx(row["value"], abs=0.02 * row["standard_uncertainty"])
    assert checked["compared"][1] == {"digits": 1, "delta": checked["compared"][1]["delta"], "agreement": "yes"}
    again = world.run("explain", document["id"], "1", "--check", "--json").document
    assert again == found


def test_concentricity_near_zero_is_told_not_to_be_as_its_budget(world: World) -> None:
    document = world.inspect("--json").document
    row = document["characteristics"][2]
    assert row["value"] < 1.96 * row["standard_uncertainty"]
    said = world.run("explain", document["id"], "3", "--check", "--trials", 100_000)
    assert said.status == 0
    assert "Monte Carlo, 100,000 trials" in said.out
    assert "The budget is not validated (JCGM 101, clause 8)" in said.out
    assert "So near zero" in " ".join(said.out.split())
    assert "edge of OD" in said.out


def test_a_check_says_what_it_cannot_do(world: World) -> None:
    document = world.inspect("--json").document
    assert "say --check as well" in world.run("explain", document["id"], "1", "--trials", 2000).sentence
    assert "has no characteristic '9'" in world.run("explain", document["id"], "9", "--check").sentence
    assert "no inspection with this id" in world.run("explain", "nothing", "1", "--check").sentence
    few = world.run("explain", document["id"], "1", "--check", "--trials", 10)
    assert few.status == 2
    assert "1000" in few.err


def test_a_changed_frame_is_refused_by_name(world: World, recheck) -> None:
    document = world.inspect("--json").document
    frame = stored_frame(world, document)
    data = bytearray(frame.read_bytes())
    data[-20] ^= 1
    frame.write_bytes(bytes(data))
    refused = world.run("explain", document["id"], "1", "--check").sentence
    assert "is not what was stored under this name" in refused
    assert frame.name in refused
    assert world.run("explain", document["id"], "1").status == 0
    found = recheck("all")
    assert found.status == 2
    assert frame.name in " ".join(found.out.split())


def test_a_frame_that_is_not_kept_is_told(world: World, recheck) -> None:
    gone, kept = (world.inspect("--json").document for _ in range(2))
    assert recheck("all", "--json").status == 0
    frame = stored_frame(world, gone)
    frame.unlink()
    refused = world.run("explain", gone["id"], "1", "--check").sentence
    assert "the picture of the view backlight is not kept any more" in refused
    assert frame.stem in refused
    assert stored_frame(world, kept) == frame  # the same picture twice: neither can be measured again
    assert recheck("all").status == 2


def test_the_same_software_finds_the_same_numbers(world: World, recheck) -> None:
    document = world.inspect("--json", "--temperature", "23.4").document
    found = recheck(document["id"], "--json").document
    assert (found["rechecked"], found["verdicts_changed"], found["left_out"]) == (1, 0, [])
    assert found["inspections"][0]["exact"] is True
    assert found["inspections"][0]["changes"] == []
    said = recheck("all")
    assert said.status == 0
    assert "1 inspections measured again: 1 exactly as recorded" in said.out
    assert len(world.records()) == 1


def test_another_calibration_shows_what_changes(world: World, recheck) -> None:
    document = world.inspect("--json").document
    before = document["characteristics"][0]
    made = calibration(id="CAL-2", camera=CameraModel.similarity(400, 300, 0.0204))
    path = write_calibration(world.folder / "other.json", made)
    found = recheck(document["id"], "--calibration", path, "--json")
    assert found.status == 1
    (one,) = found.document["inspections"]
    assert one["calibration"] == {"before": "CAL-1", "after": "CAL-2"}
    assert one["verdict"] == {"before": "PASS", "after": "FAIL"}
    change = one["changes"][0]
    assert (change["id"], change["before"]["value"]) == ("1", before["value"])
    assert change["after"]["value"] != pytest.approx(before["value"], abs=0.05)
    said = recheck("all", "--calibration", path, "--verdicts")
    assert said.status == 1
    assert "with the calibration CAL-2 instead of CAL-1" in said.out
    assert "verdicts of 1 parts" in said.out


def test_bad_input_is_one_sentence(world: World, recheck, tmp_path: Path) -> None:
    assert "there is no record here" in recheck("all").err
    document = world.inspect("--json").document
    for arguments, words in (
        (["nothing"], "there is no inspection with this id"),
        ([document["id"], "--calibration", tmp_path / "none.json"], "there is no such file"),
        ([document["id"], "--calibration", world.order], "order.json"),
    ):
        ran: Ran = recheck(*arguments)
        assert ran.status == 2
        assert words in ran.err
        assert len(ran.err.splitlines()) == 1


def test_pictures_of_another_camera_are_left_out(world: World, recheck) -> None:
    document = world.inspect("--json").document
    small = calibration(id="CAL-3", camera=CameraModel.similarity(640, 480, 0.02))
    path = write_calibration(world.folder / "small.json", small)
    found = recheck(document["id"], "--calibration", path, "--json")
    assert found.status == 2
    assert "640 × 480" in found.document["left_out"][0]["reason"]


def test_marks_only_are_measured_again_too(world: World, recheck) -> None:
    marks = {**ring_order(), "geometry": {"features": []}, "datums": {}}
    marks["characteristics"] = [{"id": "1", "type": "code", "symbology": "datamatrix", "expected": "X"}]
    order = write_order(world.folder, marks, "marks.json")
    done = station(world.home, "inspect", order, "--image", f"front={world.image}", "--json")
    assert recheck(done.document["id"], "--json").document["inspections"][0]["exact"] is True
    said = world.run("explain", done.document["id"], "1", "--check").sentence
    assert "no Monte Carlo of this code: it was not measured" in said


def test_several_processes_find_the_same(world: World) -> None:
    for _ in range(2):
        world.inspect()
    environment = {**os.environ, "STATION_HOME": str(world.home), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "scripts" / "recheck.py"), "all", "--processes", "2", "--json"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    document = json.loads(ran.stdout)
    assert document["rechecked"] == 2
    assert all(one["exact"] for one in document["inspections"])
