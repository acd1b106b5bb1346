"""A stop of the cell from its first fault to its end, and whose word ends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from station.cycle.fault import Acknowledgement, Standstill, Way, kind_of
from station.cycle.state import Board, Fault, FaultKind, Needs, Snapshot
from station.cycle.transitions import Event, State
from station.errors import (
    CaptureError,
    DeviceError,
    InterlockError,
    LineStoppedError,
    LostDeviceError,
    StoppedError,
)

DOOR = InterlockError("The door is open")


@pytest.fixture
def board() -> Board:
    return Board(Snapshot())


@pytest.fixture
def stand(board: Board) -> Standstill:
    return Standstill(board, Acknowledgement())


def shown(board: Board) -> Fault:
    found = board.latest().fault
    assert found is not None
    return found


def test_a_lost_device_that_is_back_is_enough(board: Board, stand: Standstill) -> None:
    stand.caused_by(LostDeviceError("it does not answer", place="camera"))
    assert shown(board).needs is Needs.DEVICE
    assert stand.may_go_on()
    stand.ended()
    assert (board.latest().state, board.latest().fault, board.latest().message) == (State.START, None, "")


def test_once_more_than_a_device_was_lost_a_person_looks(board: Board, stand: Standstill) -> None:
    stand.caused_by(LostDeviceError("it does not answer"))
    stand.caused_by(DOOR)
    stand.caused_by(LostDeviceError("it does not answer"))
    assert shown(board).needs is Needs.MENDING
    assert not stand.may_go_on()
    assert shown(board).needs is Needs.LOOK


def test_a_word_counts_only_once_it_is_asked_for(board: Board, stand: Standstill) -> None:
    word = stand.acknowledged
    word.give(Way.BUTTON)  # before anything stood
    stand.caused_by(DOOR)
    word.give(Way.BUTTON)  # while the door is still open
    assert not stand.may_go_on()
    assert not stand.may_go_on()
    word.give(Way.BUTTON)
    assert stand.may_go_on()
    assert word.way == "start button"


def test_a_word_for_one_fault_is_none_for_the_next(board: Board, stand: Standstill) -> None:
    word = stand.acknowledged
    stand.caused_by(DOOR)
    assert not stand.may_go_on()
    first = shown(board).id
    stand.caused_by(DOOR)  # opened again while it waited
    assert not stand.may_go_on()
    second = shown(board).id
    assert first != second
    word.give(Way.PAGE, first)
    assert not stand.may_go_on()
    word.give(Way.PAGE, second)
    assert stand.may_go_on()
    stand.ended()
    third = Standstill(board, word)
    third.caused_by(DOOR)
    word.give(Way.PAGE, second)
    assert not third.may_go_on()
    word.give(Way.PAGE, second)
    assert not third.may_go_on()


def test_the_same_fault_is_shown_once_and_another_one_anew(board: Board, stand: Standstill) -> None:
    stand.caused_by(DOOR)
    first = board.latest()
    assert first.fault is not None
    stand.caused_by(InterlockError("The door is open"))
    assert board.latest() is first
    stand.caused_by(StoppedError("The gate did not open"))
    assert board.latest().message == "The gate did not open"
    assert shown(board).kind is FaultKind.STOPPED
    assert shown(board).id != first.fault.id


def test_since_is_when_the_cell_came_to_stand() -> None:
    now = datetime(2026, 11, 23, 4, 58, tzinfo=UTC)
    times = iter([now, now + timedelta(minutes=5)])
    board = Board(Snapshot(), lambda: next(times))
    stand = Standstill(board, Acknowledgement())
    stand.caused_by(DOOR)
    stand.caused_by(StoppedError("The gate did not open"))
    assert board.latest().since == "2026-11-23T04:58:00+00:00"
    board.happens(Event.MEND)
    assert board.latest().since == "2026-11-23T05:03:00+00:00"


def test_every_failure_of_a_device_has_a_kind() -> None:
    kinds = {
        InterlockError: FaultKind.INTERLOCK,
        LineStoppedError: FaultKind.LINE,
        StoppedError: FaultKind.STOPPED,
        LostDeviceError: FaultKind.LOST,
        CaptureError: FaultKind.DEVICE,
        DeviceError: FaultKind.DEVICE,
    }
    assert {of: kind_of(of("it failed")) for of in kinds} == kinds
