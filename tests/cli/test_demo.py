"""`station run --once`: the demo set to its end, once per session."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from station.twin.demo import demo_cases
from station.twin.demo_case import Expected

from .program import Ran, made_once, script, station


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    with made_once(tmp_path_factory, "demo") as (folder, missing):
        if missing:
            before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
            try:
                done = station(folder / "home", "run", "--once", "--json")
            finally:
                for number, handler in before.items():
                    signal.signal(number, handler)
            (folder / "ran.json").write_text(json.dumps([done.status, done.out, done.err]))
        status, out, err = json.loads((folder / "ran.json").read_text())
    return folder / "home", Ran(status, out, err)


def test_every_case_is_decided_as_it_has_to_be(demo: tuple[Path, Ran]) -> None:
    found = {i["serial"]: i for i in demo[1].document["inspections"]}
    cases = demo_cases()
    assert [i["serial"] for i in demo[1].document["inspections"]] == [case.serial for case in cases]
    wrong = [
        f"{case.serial} ({case.story}) is {found[case.serial]['verdict']}, not {case.expected}: "
        f"{found[case.serial]['reason']}"
        for case in cases
        if not case.expected.allows(found[case.serial]["verdict"])
    ]
    assert not wrong, "\n".join(wrong)
    errors = [case.serial for case in cases if found[case.serial]["verdict"] == "ERROR"]
    assert errors == [case.serial for case in cases if case.expected is Expected.ERROR]


def test_one_bad_part_makes_the_exit_status_1(demo: tuple[Path, Ran]) -> None:
    assert demo[1].status == 1


def test_standard_error_tells_what_goes_on_and_nothing_else(demo: tuple[Path, Ran]) -> None:
    assert "Traceback" not in demo[1].err
    assert "Calibrating the simulated camera" in demo[1].err


def test_everything_is_in_the_record_and_the_record_is_intact(demo: tuple[Path, Ran]) -> None:
    home, done = demo
    documents: list[dict[str, Any]] = done.document["inspections"]
    rows = station(home, "records", "--json").document["records"]
    assert [(r["id"], r["serial"], r["verdict"]) for r in rows] == [
        (d["id"], d["serial"], d["verdict"]) for d in documents
    ]
    report = station(home, "verify", "--json")
    assert (report.status, report.document["inspections"]) == (0, len(documents))
    for document in documents:
        assert document["station"]["simulated"] is True
        measured = any(c["type"] not in ("code", "text", "surface") for c in document["characteristics"])
        assert (document["calibration"] or {}).get("id", "").startswith("twin-") == measured
        assert [f["view"] for f in document["frames"]]
        assert bool(document["reason"]) == (document["verdict"] != "PASS")


def test_every_part_is_measured_again_to_the_last_bit(demo: tuple[Path, Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATION_HOME", str(demo[0]))
    found = script("recheck.py", "all", "--processes", 1, "--json")
    assert found.status == 0
    assert found.document["rechecked"] == len(demo_cases())
    assert all(one["exact"] for one in found.document["inspections"])


def test_every_overlay_is_a_picture_of_the_frames_size_or_more(demo: tuple[Path, Ran]) -> None:
    home, done = demo
    drawn = list((home / "overlays").glob("??/*.png"))
    assert len(drawn) == len(done.document["inspections"])
    for path in drawn:
        width, height = (int.from_bytes(path.read_bytes()[at : at + 4], "big") for at in (16, 20))
        assert width >= 800
        assert height >= 600


def test_every_reason_is_a_sentence_for_people(demo: tuple[Path, Ran]) -> None:
    for document in demo[1].document["inspections"]:
        if document["verdict"] != "PASS":
            assert re.fullmatch(r"[A-Z].*\.", document["reason"], re.DOTALL), document["reason"]
            assert "None" not in document["reason"]
            assert "nan" not in document["reason"].split()
