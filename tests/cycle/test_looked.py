"""A cell that stands goes on when a person says that he has looked, and the record says how he said it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from station.cycle.fault import Way
from station.cycle.state import Fault, Needs
from station.cycle.transitions import State
from station.errors import LostDeviceError, StoppedError
from tests.cycle.test_cell import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, lambda: datetime.now(UTC))
    yield made
    made.genealogy.close()


def stands_at_first(bench: Bench, monkeypatch: pytest.MonkeyPatch, error: Exception) -> list[Fault]:
    """The rig has this trouble twice and is well then; every fault that is shown meanwhile."""
    troubles, seen = [error, error], []

    def recover() -> None:
        if troubles:
            raise troubles.pop()

    def alive() -> None:
        shown = bench.board.latest()
        if shown.state is State.FAULT and shown.fault is not None:
            seen.append(shown.fault)
            bench.cell.acknowledged.give(Way.PAGE)

    monkeypatch.setattr(bench.rig, "recover", recover)
    bench.cell = replace(bench.cell, patient=True, recheck_s=0.001, alive=alive)
    bench.run()
    return seen


def test_a_word_that_was_asked_for_ends_the_fault_and_is_in_the_record(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = stands_at_first(bench, monkeypatch, StoppedError("The stage ran into a limit switch", place="stage"))
    # Given at every turn, it counts only once nothing is wrong any more.
    assert [fault.needs for fault in seen] == [Needs.MENDING, Needs.MENDING, Needs.LOOK]
    assert len({fault.id for fault in seen}) == 1
    stopped, event = bench.bodies()
    assert (stopped["kind"], stopped["payload"]) == ("stopped", {"reason": event["payload"]["reason"]})
    assert (event["kind"], event["subject"]) == ("fault-acknowledged", "cell-test")
    assert event["payload"] == {
        "reason": "stage: The stage ran into a limit switch",
        "way": "page",
        "operator": "Mia",
    }
    assert bench.board.latest().fault is None


def test_a_device_that_came_back_by_itself_asks_nobody(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = stands_at_first(bench, monkeypatch, LostDeviceError("it does not answer", place="camera"))
    assert {fault.needs for fault in seen} == {Needs.DEVICE}
    assert [body["kind"] for body in bench.bodies()] == ["stopped"]
    assert bench.board.latest().fault is None
