"""Every trouble of the twin: what the station does, and that it never lets a part through that it should not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.endurance.faults import line_of, row_of
from station.cycle.transitions import State
from station.twin.troubles import Trouble

ROOT = Path(__file__).parents[2]
DECIDED, FAULT = State.DECIDED, State.FAULT


@dataclass(frozen=True, slots=True)
class Expected:
    """`recorded` of a good part, whether that one left, whether a person is asked, and words of the cause shown."""

    state: State
    recorded: tuple[str, ...]
    left: bool
    asks: bool
    words: str = ""


THRICE = ("ERROR",) * 3
EXPECTED = {
    Trouble.CAMERA_LOST: Expected(FAULT, ("ERROR",), False, False, "the camera does not answer"),
    Trouble.STALE_FRAME: Expected(FAULT, THRICE, False, True, "before it was asked for"),
    Trouble.WRONG_EXPOSURE: Expected(FAULT, THRICE, False, True, "1000 µs instead of 2000 µs"),
    Trouble.HIDDEN_GAIN: Expected(FAULT, THRICE, False, True, "1.5 (digital)"),
    Trouble.LAMP_DEAD: Expected(FAULT, ("ERROR",), False, True, "under-exposed"),
    Trouble.LAMP_AGED: Expected(DECIDED, ("PASS",), True, False),
    Trouble.WRONG_LAMP: Expected(FAULT, THRICE, False, True, "another lamp than the backlight"),
    Trouble.BYTES_LOST: Expected(FAULT, ("ERROR",), False, False, "the controller does not answer"),
    Trouble.BYTES_GARBLED: Expected(FAULT, ("ERROR",), False, False, "garbled"),
    Trouble.LATE_ANSWER: Expected(FAULT, ("ERROR",), False, False, "too late"),
    Trouble.CONTROLLER_RESET: Expected(FAULT, ("ERROR",), False, False, "was reset"),
    Trouble.STAGE_STALLED: Expected(FAULT, ("PASS",), True, True, "does not move"),
    Trouble.LIMIT_ALARM: Expected(FAULT, ("PASS",), True, True, "limit switch"),
    Trouble.DOOR_OPEN: Expected(FAULT, ("ERROR",), False, True, "door is open"),
    Trouble.E_STOP: Expected(FAULT, ("ERROR",), False, True, "emergency stop is pressed"),
    Trouble.PART_MOVED: Expected(DECIDED, ("PASS",), True, False),
    Trouble.TWO_PARTS: Expected(FAULT, ("ERROR",), False, True, "another part"),
    Trouble.GATE_STUCK: Expected(FAULT, ("PASS",), False, True, "did not open"),
    Trouble.PART_STUCK: Expected(FAULT, ("PASS",), False, True, "did not leave"),
    Trouble.DISK_FULL: Expected(FAULT, (), False, True, "disk is full"),
    Trouble.CLOCK_SET: Expected(DECIDED, ("PASS",), True, False),
}


@pytest.mark.parametrize("trouble", list(Trouble))
def test_in_trouble_nothing_bad_leaves_and_the_next_part_passes_when_it_is_mended(
    trouble: Trouble, tmp_path: Path
) -> None:
    expected, row = EXPECTED[trouble], row_of(trouble, tmp_path)
    assert not row.bad_left
    assert row.passes_after
    assert (row.state, row.recorded, row.good_left) == (expected.state, expected.recorded, expected.left)
    assert row.by_itself is not expected.asks
    assert expected.words in row.shown
    assert line_of(row) in (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")


def test_a_clock_that_was_set_and_a_part_that_was_measured_and_held_are_in_the_record(tmp_path: Path) -> None:
    for trouble, kind in (
        (Trouble.CLOCK_SET, "clock-set"),
        (Trouble.GATE_STUCK, "part-held"),
        (Trouble.PART_STUCK, "part-held"),
    ):
        folder = tmp_path / trouble.name
        folder.mkdir()
        assert kind in row_of(trouble, folder).events
