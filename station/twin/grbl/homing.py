"""Grbl's homing: Z first, then X and Y together; fast to the switch, off it, slowly to it, off it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from station.twin.grbl.blocks import block_to
from station.twin.grbl.chip import Chip
from station.twin.grbl.realtime import execute

_SEARCH, _LOCATE = 1.5, 5.0


def home(chip: Chip) -> Iterator[None]:
    """The whole of it; the state is Home while it runs. A failure is an alarm and a reset."""
    chip.state = "Home"
    for axes in ({2}, {0, 1}):
        yield from _cycle(chip, axes)
        if chip.aborting():
            return
    yield from execute(chip)
    if not chip.aborting():
        chip.state = "Idle"
        chip.go_idle()


def _cycle(chip: Chip, axes: set[int]) -> Iterator[None]:
    values = chip.memory.values
    travel, rate = _SEARCH * max(values[130 + axis] for axis in axes), values[25]
    for leg in range(4):
        approach = leg % 2 == 0
        yield from _leg(chip, axes, approach, travel, rate * math.sqrt(len(axes)))
        if chip.aborting():
            return
        chip.motion.kill()
        chip.flags.discard("cycle end")
        yield from chip.delay(values[26] / 1000.0)
        travel, rate = (values[27] * _LOCATE, values[24]) if not approach else (values[27], values[25])
    steps = list(chip.motion.steps)
    for axis in axes:
        reversed_ = int(values[23]) >> axis & 1
        at = values[27] - values[130 + axis] if reversed_ else -values[27]
        steps[axis] = round(at * values[100 + axis])
    chip.motion.steps = tuple(steps)


def _leg(chip: Chip, axes: set[int], approach: bool, travel: float, rate: float) -> Iterator[None]:
    """One way to the switches, or off them; ends with the steppers still to be stopped."""
    steps, moving = list(chip.motion.steps), set(axes)
    for axis in axes:
        steps[axis] = 0
    chip.motion.steps = tuple(steps)
    target = list(chip.position_mm())
    for axis in axes:
        away = bool(int(chip.memory.values[23]) >> axis & 1) == approach
        target[axis] = -travel if away else travel
    chip.motion.queue.append(block_to(chip, target, rate))
    chip.stepping_home = True
    chip.motion.start(chip.memory.axis(100))
    while moving:
        if approach:
            moving -= chip.limits
            chip.motion.lock_axes(axes - moving)
        if chip.flags & {"door", "reset", "cycle end"}:
            if "reset" in chip.flags:
                chip.alarm = 6
            elif "door" in chip.flags:
                chip.alarm = 7
            if not approach and chip.limits & axes:
                chip.alarm = 8
            if approach and "cycle end" in chip.flags:
                chip.alarm = 9
            if chip.alarm:
                chip.kill()
                yield from execute(chip)
                return
            break
        yield
    chip.stepping_home = False
