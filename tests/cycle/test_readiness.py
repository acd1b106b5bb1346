"""The running cell is locked by what must not be measured with, and goes on as soon as somebody has put it right."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from station.cycle import readiness
from station.cycle.readiness import Watch
from station.cycle.transitions import State
from station.devices.shift_check import ShiftCheck
from station.documents import canonical
from station.errors import StorageError
from station.genealogy.calibrations import accept
from station.genealogy.shift_checks import record_check

from ..cli.small import NOW, calibration
from .test_cell import STATION, Bench


class Clock:
    """Says what it is told."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Iterator[Bench]:
    made = Bench(tmp_path, clock)
    watch(made, clock)
    yield made
    made.genealogy.close()
    assert made.rig.gate.is_holding()


def watch(bench: Bench, clock: Clock, asked: ShiftCheck = ShiftCheck.OFF, patient: bool = False) -> None:
    looked = Watch(bench.genealogy, "main", STATION, clock, asked)
    bench.cell = replace(bench.cell, watch=looked, patient=patient)


def put_in_force(bench: Bench, name: str = "A", **changes: Any) -> None:
    made = calibration(id=name, **changes)
    accept(bench.genealogy, canonical(made.to_document()), at=NOW, by="Ann")


def check(bench: Bench, passed: bool, at: datetime = NOW) -> None:
    payload = {
        "passed": passed,
        "reason": "" if passed else "The good master is FAIL.",
        "by": "Ann",
        "valid_until": "2099-01-01T00:00:00.000Z" if passed else at,
        "masters": [],
    }
    record_check(bench.genealogy, "main", payload, [], at=at)


def test_with_a_calibration_in_force_it_measures_with_that_one(bench: Bench) -> None:
    put_in_force(bench)
    bench.part("P")
    (inspection,) = bench.run()
    assert inspection.calibration is not None
    assert (inspection.verdict, inspection.calibration.id) == ("PASS", "A")
    assert bench.board.latest().warning == ""


def locked(bench: Bench) -> str:
    """Nothing is presented or measured; the sentence on the board."""
    before = len(bench.happened("feeder"))
    bench.part("L")
    assert bench.run() == []
    assert len(bench.happened("feeder")) == before
    assert bench.happened("tower")[-1] == "error"
    assert bench.board.latest().state is State.LOCKED
    return bench.board.latest().message


def test_who_brings_parts_hears_that_the_station_is_locked(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    halted: list[str] = []
    monkeypatch.setattr(type(bench.rig.feeder), "halt", lambda _: halted.append(str(bench.board.latest().state)))
    locked(bench)
    assert halted == ["start"]  # before anybody can read it


def test_without_a_calibration_it_is_locked_and_says_what_to_do(bench: Bench) -> None:
    assert "station accept" in locked(bench)


def test_to_the_second_of_expiry_it_measures_and_then_it_is_locked(bench: Bench, clock: Clock) -> None:
    end = NOW + timedelta(days=30)
    put_in_force(bench, valid_until=end)
    bench.part("P")
    clock.now = end
    assert [i.verdict for i in bench.run()] == ["PASS"]
    assert "expires in a moment" in bench.board.latest().warning
    clock.now = end + timedelta(seconds=1)
    assert "expired on" in locked(bench)


def test_a_tampered_calibration_locks(bench: Bench) -> None:
    put_in_force(bench)
    with bench.genealogy.engine.connect() as connection:
        connection.exec_driver_sql("DROP TRIGGER documents_no_update")
        connection.exec_driver_sql("UPDATE documents SET data = CAST('{}' AS BLOB)")
        connection.commit()
    assert "changed in the record" in locked(bench)


def test_a_record_that_cannot_be_read_locks_until_it_can(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: object) -> None:
        raise StorageError("the disk is full or cannot be written: the record cannot be read")

    put_in_force(bench)
    for name in ("active_calibration", "check_status"):
        with monkeypatch.context() as broken:
            broken.setattr(readiness, name, unreadable)
            assert "the record cannot be read" in locked(bench)
    assert {i.verdict for i in bench.run()} == {"PASS"}


@pytest.mark.parametrize("asked", list(ShiftCheck))
def test_what_a_rig_asks_of_the_shift_check(bench: Bench, clock: Clock, asked: ShiftCheck) -> None:
    put_in_force(bench)
    watch(bench, clock, asked)
    if asked is ShiftCheck.REQUIRED:
        assert "no shift check" in locked(bench)
    else:
        bench.part("P")
        assert [i.verdict for i in bench.run()] == ["PASS"]
        assert ("no shift check" in bench.board.latest().warning) is (asked is ShiftCheck.WARN)
    check(bench, passed=False)
    assert "The good master is FAIL." in locked(bench)  # known to be wrong is known to be wrong
    check(bench, passed=True)
    bench.part("Q")
    assert {i.verdict for i in bench.run()} == {"PASS"}
    assert bench.board.latest().warning == ""


@pytest.mark.parametrize("how", ["calibration", "check"])
def test_a_patient_cell_goes_on_when_it_was_put_right(bench: Bench, clock: Clock, how: str) -> None:
    put_in_force(bench)
    check(bench, passed=False)
    watch(bench, clock, patient=True)
    bench.cell = replace(bench.cell, recheck_s=0.02)
    bench.part("P")
    stop, done = threading.Event(), []
    running = threading.Thread(target=bench.cell.run, args=(stop, done.append))
    running.start()
    version = 0
    while bench.board.latest().state is not State.LOCKED:
        version = bench.board.wait(version, 5.0).version
    assert done == []
    if how == "check":
        check(bench, passed=True)
    else:
        put_in_force(bench, "B", u_scale=2e-5)
    running.join(20.0)
    assert not running.is_alive()
    (inspection,) = done
    assert inspection.calibration.id == ("A" if how == "check" else "B")


def test_a_patient_cell_that_is_locked_stops_when_told(bench: Bench, clock: Clock) -> None:
    watch(bench, clock, patient=True)
    stop = threading.Event()
    running = threading.Thread(target=bench.cell.run, args=(stop,))
    running.start()
    stop.set()
    running.join(5.0)
    assert not running.is_alive()
