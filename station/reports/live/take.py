"""Taking the readings of a live study one after the other; what is taken is in the table before the next begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from station.cycle.repeat import Answer
from station.errors import DeviceError
from station.reports.live.steps import Step
from station.reports.live.table import LiveTable, Taken

ATTEMPTS = 3  # at one reading, when nobody stands by to see what is wrong


@dataclass(frozen=True, slots=True)
class Hands:
    """Who serves the rig. `place` puts the part of a step into it anew, `measure` says what the station reads; `failed`
    hears why there was no reading. With `patient` a person mends it and there is no end of attempts."""

    place: Callable[[Step, int], None]
    measure: Callable[[Step], Answer]
    failed: Callable[[Step, str], None]
    patient: bool


def take_readings(
    table: LiveTable,
    steps: Sequence[Step],
    references: dict[str, float | None],
    calibration: str,
    hands: Hands,
    clock: Callable[[], datetime],
    shown: Callable[[int, int], None],
) -> int:
    """Take the readings of `steps` that the table has not; how many were taken now.

    Raises:
        InputError: the table cannot be written.
        DeviceError: the station could not measure, and nobody was there to mend it.
    """
    known = {t.step.key for t in table.open()}
    left = [step for step in steps if step.key not in known]
    done = len(steps) - len(left)
    for count, step in enumerate(left):
        shown(done + count, len(steps))
        # Whoever continues a study finds the rig as somebody left it.
        value = _reading(step, step.placed or count == 0, done + count + 1, hands)
        table.append(Taken(step, value, references[step.part], clock().isoformat(timespec="seconds"), calibration))
    shown(len(steps), len(steps))
    return len(left)


def _reading(step: Step, placed: bool, number: int, hands: Hands) -> float:
    attempt = 1
    while True:
        if placed or attempt > 1:
            hands.place(step, number)
        answer = hands.measure(step)
        if answer.value is not None:
            return answer.value
        if not hands.patient and attempt >= ATTEMPTS:
            raise DeviceError(
                f"{answer.reason.rstrip('.')} ({attempt} attempts); the readings so far are kept",
                place=f"reading {number}, part {step.part}",
            )
        hands.failed(step, answer.reason)
        attempt += 1
