"""The machine behind the controller: carriages that move with the steps, and switches at their ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Mechanics:
    """Where each carriage really is, in millimetres from the machine's high end, where the switches are.

    A switch is pressed from 0 on, or from `low_mm` down for axes in `low_switches`. `broken` switches are never
    pressed, `stuck` ones always.
    """

    carriage_mm: list[float] = field(default_factory=lambda: [-40.0, -30.0, -20.0])
    low_mm: tuple[float, ...] = (-200.0, -200.0, -200.0)
    low_switches: frozenset[int] = frozenset()
    broken: set[int] = field(default_factory=set)
    stuck: set[int] = field(default_factory=set)

    def move(self, ways_mm: Sequence[float]) -> None:
        """The carriages go along with the steps."""
        self.carriage_mm = [at + way for at, way in zip(self.carriage_mm, ways_mm, strict=True)]

    def pressed(self) -> set[int]:
        """The axes whose switch is pressed."""
        ends = {
            axis
            for axis, at in enumerate(self.carriage_mm)
            if (at <= self.low_mm[axis] if axis in self.low_switches else at >= 0.0)
        }
        return (ends - self.broken) | self.stuck
