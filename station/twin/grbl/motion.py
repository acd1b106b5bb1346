"""How Grbl moves: straight blocks with trapezoids of speed, in whole steps, made ready a few hundredths ahead.

Grbl cuts a block into segments of 10 ms and keeps five of them ready; a feed hold can slow down only what is not made
ready yet, and the speed that it reports is that at the end of the last segment made ready. Blocks start and end at rest
here (Grbl joins them at speed where their directions allow): a stage sends one at a time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

SEGMENT_S = 0.01
AHEAD = 5
_EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class _Phase:
    """Constant acceleration from `begin_s` on, until `end_s` after the block's start."""

    begin_s: float
    end_s: float
    way_mm: float
    speed: float
    acceleration: float

    def at(self, time_s: float) -> tuple[float, float]:
        """Way and speed."""
        run = min(max(time_s, self.begin_s), self.end_s) - self.begin_s
        return (
            self.way_mm + self.speed * run + self.acceleration * run * run / 2.0,
            self.speed + self.acceleration * run,
        )


class Block:
    """One straight way between two places in steps; mm and seconds inside."""

    def __init__(self, start: Sequence[int], target: Sequence[int], steps_per_mm: Sequence[float]) -> None:
        self.start, self.target = tuple(start), tuple(target)
        ways = [(to - of) / per for of, to, per in zip(start, target, steps_per_mm, strict=True)]
        self.length_mm = math.hypot(*ways)
        self.shares = tuple(abs(way) / self.length_mm for way in ways) if self.length_mm else ()
        self.speed = self.acceleration = 0.0
        self._phases: list[_Phase] = []

    def rest(self, steps: Sequence[int], steps_per_mm: Sequence[float]) -> Block:
        """What is left of it from there, from rest."""
        left = Block(steps, self.target, steps_per_mm)
        left.plan(self.speed, self.acceleration)
        return left

    def plan(self, speed: float, acceleration: float) -> None:
        """A trapezoid over the whole way, or a triangle where it is too short for that."""
        self.speed, self.acceleration = speed, acceleration
        ramp = speed**2 / (2.0 * acceleration)
        if 2.0 * ramp > self.length_mm:
            speed, ramp = math.sqrt(self.length_mm * acceleration), self.length_mm / 2.0
        up, cruise = speed / acceleration, (self.length_mm - 2.0 * ramp) / speed
        self._phases = [
            _Phase(0.0, up, 0.0, 0.0, acceleration),
            _Phase(up, up + cruise, ramp, speed, 0.0),
            _Phase(up + cruise, 2.0 * up + cruise, self.length_mm - ramp, speed, -acceleration),
        ]

    @property
    def duration_s(self) -> float:
        """How long it takes as planned now."""
        return self._phases[-1].end_s

    def at(self, time_s: float) -> tuple[float, float]:
        """Way and speed so long after its start."""
        return next((one for one in self._phases if time_s < one.end_s), self._phases[-1]).at(time_s)

    def hold(self, time_s: float) -> None:
        """Slows down to rest, from the end of what is made ready at this time."""
        ready = made_ready_s(time_s)
        if ready >= self.duration_s:
            return
        way, speed = self.at(ready)
        kept = [one for one in self._phases if one.begin_s < ready]
        last = kept[-1]
        kept[-1] = _Phase(last.begin_s, min(ready, last.end_s), last.way_mm, last.speed, last.acceleration)
        self._phases = [*kept, _Phase(ready, ready + speed / self.acceleration, way, speed, -self.acceleration)]

    def steps_at(self, time_s: float) -> tuple[int, ...]:
        """The place in steps so long after its start."""
        share = min(self.at(time_s)[0] / self.length_mm, 1.0)
        return tuple(of + round((to - of) * share) for of, to in zip(self.start, self.target, strict=True))


def made_ready_s(time_s: float) -> float:
    """The end of the last segment made ready so long after a block's start."""
    return (math.floor(time_s / SEGMENT_S + _EPSILON) + AHEAD) * SEGMENT_S


class Motion:
    """The steppers: a queue of blocks, and where they are. Time is what `advance` was given."""

    def __init__(self) -> None:
        self.steps: tuple[int, ...] = (0, 0, 0)
        self.queue: list[Block] = []
        self.stalled = False  # trouble: the steps stand still, and the program in the chip does not know
        self._locked: set[int] = set()
        self._since_s: float | None = None
        self._now_s = 0.0

    @property
    def running(self) -> bool:
        """Whether the step timer runs."""
        return self._since_s is not None

    def start(self, steps_per_mm: Sequence[float]) -> None:
        """Runs the blocks in the queue from rest."""
        if self.queue and not self.running:
            if self.queue[0].start != self.steps:  # held on its way
                self.queue[0] = self.queue[0].rest(self.steps, steps_per_mm)
            self._since_s = self._now_s

    def hold(self) -> None:
        """Slows down."""
        if self._since_s is not None:
            self.queue[0].hold(self._now_s - self._since_s)

    def lock_axes(self, axes: set[int]) -> None:
        """These stand still while the block goes on (homing)."""
        self._locked = axes

    def kill(self) -> None:
        """Stands at once; the queue is empty."""
        self.queue.clear()
        self._since_s, self._locked = None, set()

    def speed_mm_per_min(self) -> float:
        """The speed at the end of what is made ready."""
        if self._since_s is None:
            return 0.0
        return max(60.0 * self.queue[0].at(made_ready_s(self._now_s - self._since_s))[1], 0.0)

    def advance(self, now_s: float) -> bool:
        """Steps until then; whether it came to rest: the queue ran out, or a hold has ended."""
        passed, self._now_s = now_s - self._now_s, now_s
        if self._since_s is None:
            return False
        if self.stalled:
            self._since_s += passed
            return False
        block, run_s = self.queue[0], now_s - self._since_s
        steps = block.steps_at(run_s)
        self.steps = tuple(self.steps[axis] if axis in self._locked else step for axis, step in enumerate(steps))
        if run_s < block.duration_s:
            return False
        if block.at(block.duration_s)[0] < block.length_mm - 1e-6:  # held: what is left waits
            self._since_s = None
            return True
        self.queue.pop(0)
        self._since_s = self._since_s + block.duration_s if self.queue else None
        return self._since_s is None
