"""Nelson's eight rules for points on a control chart (L. S. Nelson, J. Quality Technology 16, 1984), numbered as there.

1 one point beyond 3 sigma; 2 nine in a row on one side of the centre; 3 six in a row rising or falling; 4 fourteen in
a row alternating; 5 two of three beyond 2 sigma on one side; 6 four of five beyond 1 sigma on one side; 7 fifteen in a
row within 1 sigma; 8 eight in a row beyond 1 sigma on either side.

Two conventions differ between books: here, as in Minitab and JASP, trend and alternation of k need k *differences*, and
rules 5 and 6 flag a point only if that point itself lies in the zone. A run is flagged from the point that completes
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
ALL_RULES = (1, 2, 3, 4, 5, 6, 7, 8)


@dataclass(frozen=True, slots=True)
class Rules:
    """Which rules are looked at, and how many points (differences, for trend and alternation) complete each."""

    chosen: tuple[int, ...] = ALL_RULES
    beyond: float = 3.0
    side: int = 9
    trend: int = 6
    alternating: int = 14
    within: int = 15
    outside: int = 8


@dataclass(frozen=True, slots=True)
class Signal:
    """The points (indices from 0) that complete one rule."""

    rule: int
    points: tuple[int, ...]


def in_words(rule: int, rules: Rules) -> str:
    """What a rule looks for."""
    return {
        1: f"beyond {rules.beyond:g} sigma",
        2: f"{rules.side} in a row on one side of the centre",
        3: f"{rules.trend} differences in a row of one sign",
        4: f"{rules.alternating} differences in a row alternating",
        5: "2 of 3 beyond 2 sigma on one side",
        6: "4 of 5 beyond 1 sigma on one side",
        7: f"{rules.within} in a row within 1 sigma",
        8: f"{rules.outside} in a row beyond 1 sigma",
    }[rule]


def signals(standardised: Sequence[float], rules: Rules | None = None) -> tuple[Signal, ...]:
    """The chosen rules that some point of `standardised` (distance from the centre in sigma) completes, in order."""
    asked = rules or Rules()
    if not len(standardised):
        return ()
    z = np.asarray(standardised, dtype=float)
    steps = np.sign(np.diff(z))
    turns = np.concatenate([[0.0], steps[1:] * steps[:-1]])[: len(steps)]
    flags = {
        1: np.abs(z) > asked.beyond,
        2: _run(z > 0.0, asked.side) | _run(z < 0.0, asked.side),
        3: _after(_run(steps > 0, asked.trend) | _run(steps < 0, asked.trend)),
        4: _after(_run(turns < 0, asked.alternating - 1)),
        5: _some_of(z > 2.0, 2, 3) | _some_of(z < -2.0, 2, 3),
        6: _some_of(z > 1.0, 4, 5) | _some_of(z < -1.0, 4, 5),
        7: _run(np.abs(z) < 1.0, asked.within),
        8: _run(np.abs(z) > 1.0, asked.outside),
    }
    found = [Signal(rule, tuple(int(i) for i in np.flatnonzero(flags[rule]))) for rule in asked.chosen]
    return tuple(signal for signal in found if signal.points)


def _run(flags: Flags, length: int) -> Flags:
    """Where a run of at least `length` true values is complete."""
    counted = np.zeros(len(flags), dtype=int)
    running = 0
    for i, flag in enumerate(flags):
        running = running + 1 if flag else 0
        counted[i] = running
    return np.asarray(counted >= length)


def _some_of(flags: Flags, wanted: int, window: int) -> Flags:
    """Where a true value is the last of at least `wanted` among `window`; the window may not have filled yet."""
    padded = np.concatenate([np.zeros(window - 1, dtype=int), flags.astype(int)])
    sums = np.convolve(padded, np.ones(window, dtype=int), mode="valid")
    return np.asarray(flags & (sums >= wanted))


def _after(flags: Flags) -> Flags:
    """Flags of differences as flags of the points that end them."""
    return np.concatenate([[False], flags])
