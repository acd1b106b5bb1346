"""Where the time of a cycle goes, phase by phase.

`ready` is the look whether the station may measure; `order` includes the plan, as far as the camera did not take
longer; `encode` is what was waited for once the picture was measured, `overlay` what was waited for the one of the part
before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

PHASES = ("ready", "order", "light", "camera", "vision", "encode", "commit", "act", "overlay")
NOT_OURS = ("light", "camera", "vision")  # take their time whoever controls them
ADDED = "the station's own"
ALL = "all"


@dataclass(slots=True)
class Stopwatch:
    """Seconds of one cycle by phase; a phase that comes again adds up."""

    clock: Callable[[], float]
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, phase: str) -> Iterator[None]:
        """Counts what is done inside for `phase`."""
        began = self.clock()
        try:
            yield
        finally:
            self.seconds[phase] = self.seconds.get(phase, 0.0) + self.clock() - began


@dataclass(frozen=True, slots=True)
class PhaseTime:
    """How long a phase took: the median of all cycles, and what one in twenty exceeded, in milliseconds."""

    phase: str
    median_ms: float
    high_ms: float


def budget(cycles: Sequence[dict[str, float]]) -> list[PhaseTime]:
    """A row for each phase that came, in the order of `PHASES`, one for what the station adds, and one for all."""
    names = [phase for phase in PHASES if any(phase in cycle for cycle in cycles)]
    rows = [_row(phase, [1e3 * cycle.get(phase, 0.0) for cycle in cycles]) for phase in names]
    if not cycles:
        return []
    added = [1e3 * sum(s for phase, s in cycle.items() if phase not in NOT_OURS) for cycle in cycles]
    return [*rows, _row(ADDED, added), _row(ALL, [1e3 * sum(cycle.values()) for cycle in cycles])]


def _row(phase: str, taken_ms: list[float]) -> PhaseTime:
    ordered = sorted(taken_ms)
    high = ordered[min(math.ceil(0.95 * len(ordered)), len(ordered)) - 1]
    return PhaseTime(phase, ordered[(len(ordered) - 1) // 2], high)
