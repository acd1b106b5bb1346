"""Who pressed start before the fault has not looked at it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from station.app.looks import Looks
from station.cycle.state import Board, Snapshot
from station.cycle.transitions import Event
from station.errors import LostDeviceError


@dataclass
class Button:
    """Pressed by tests; a press counts once."""

    pressed: bool = False
    lost: bool = False

    def wait(self, timeout_s: float) -> bool:
        if self.lost:
            raise LostDeviceError("the controller was reset", place="/dev/controller")
        found, self.pressed = self.pressed, False
        return found


class Cell:
    """Turns of a cell, which stands or does not."""

    def __init__(self) -> None:
        self.button, self.board, self.seen = Button(), Board(Snapshot()), threading.Event()
        self.looks = Looks(self.board, lambda: self.button, self.seen)
        self.looks.look()

    def stand(self) -> None:
        self.board.happens(Event.FAIL)
        self.looks.look()


@pytest.fixture
def cell() -> Cell:
    return Cell()


def test_a_press_while_it_stands_says_that_somebody_looked(cell: Cell) -> None:
    cell.stand()
    assert not cell.seen.is_set()
    cell.button.pressed = True
    cell.looks.look()
    assert cell.seen.is_set()


def test_a_press_before_it_stood_does_not(cell: Cell) -> None:
    cell.button.pressed = True
    cell.looks.look()
    assert cell.button.pressed  # it is the feeder's
    cell.stand()
    cell.looks.look()
    assert not cell.seen.is_set()


def test_each_fault_wants_a_look_of_its_own(cell: Cell) -> None:
    cell.stand()
    cell.board.happens(Event.MEND)
    cell.looks.look()
    cell.button.pressed = True
    cell.stand()
    assert not cell.seen.is_set()


def test_a_button_that_is_lost_with_its_controller_ends_nothing(cell: Cell) -> None:
    cell.button.lost = True
    cell.stand()
    cell.looks.look()
    cell.button.lost = False
    cell.button.pressed = True
    cell.looks.look()
    assert cell.seen.is_set()
