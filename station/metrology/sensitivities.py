"""How sizes, distances, angles and places answer to one step of each source of uncertainty.

A budget asks for one value some twenty times with slightly other rows; here that costs microseconds, and no point of an
edge is touched.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from station.compiled import compiled
from station.metrology.associated import (
    MOST_SLOTS,
    Asked,
    Associated,
    gather,
    value_of,
    where_of,
)
from station.metrology.frames import Flags, Floats, Index

_ALIKE = 1.0 - 1e-6  # slopes: rounding leaves them that different


@dataclass(frozen=True, slots=True)
class Sensitivities:
    """Per question: `value`; `where` (q, 2) it is decided; its slopes against the relative scale and against the growth
    of the material at each kind of edge (q, n); its variance from both; `own` (q, s): that from the scatter of the
    feature in each slot."""

    value: Floats
    where: Floats
    to_scale: Floats
    to_edge: Floats
    systematic: Floats
    own: Floats


def sensitivities(of: Associated, asked: Asked, steps: Floats, covariance: Floats) -> Sensitivities:
    """Values with how they answer to one step of each source.

    `steps` (n + 1,) of the relative scale and of the growth (mm) of each kind of edge, with their `covariance`. A
    scatter's effect is the larger of those up and down: a value at a kink can go either way.
    """
    count = len(asked.what)
    found = Sensitivities(
        np.empty(count),
        np.empty((count, 2)),
        np.empty(count),
        np.zeros((count, len(steps) - 1)),
        np.empty(count),
        np.zeros((count, MOST_SLOTS)),
    )
    _sensitivities(
        of.straight, of.params, of.drawn, of.outward, of.edge, of.scatter, asked.what, asked.slots, asked.levels,
        asked.nominal, steps, covariance, found.value, found.where, found.to_scale, found.to_edge, found.systematic,
        found.own,
    )  # fmt: skip
    return found


@compiled
def steeper(plus: float, value: float, minus: float, step: float) -> float:
    """The steeper of both one-sided differences: a value at a kink (a distance near zero, a zone) can go either way.

    Of slopes alike the one upwards: at the bottom of a kink rounding would choose, and for each motion by itself, but
    those that belong together move the same edges the same way.
    """
    up, down = (plus - value) / step, (value - minus) / step
    return up if abs(up) >= _ALIKE * abs(down) else down


@compiled
def together(to_scale: float, to_edge: Floats, covariance: Floats) -> float:
    """Variance of a value with these slopes against the scale and the growth of each kind of edge (n,)."""
    total = to_scale * to_scale * covariance[0, 0]
    for i in range(len(to_edge)):
        total += 2.0 * to_scale * to_edge[i] * covariance[0, i + 1]
        for j in range(len(to_edge)):
            total += to_edge[i] * to_edge[j] * covariance[i + 1, j + 1]
    return float(total)


@compiled
def _scaled(straight: Flags, p: Floats, relative: float, moved: Floats) -> None:
    """All lengths longer by `relative`."""
    for j in range(len(p)):
        for k in range(3):
            moved[j, k] = p[j, k] * (1.0 + relative)
        if straight[j]:
            moved[j, 0] = p[j, 0]


@compiled
def _grown(
    straight: Flags, outward: Floats, edge: Index, rows: Index, kind: int, p: Floats, growth: float, moved: Floats
) -> bool:
    """Every edge of a kind moved out of the material by `growth`; whether there is any."""
    moved[:] = p
    any_moved = False
    for j in range(len(p)):
        if edge[rows[j]] == kind:
            moved[j, 1 if straight[j] else 2] += growth if straight[j] else outward[rows[j]] * growth
            any_moved = True
    return any_moved


@compiled
def _nudged(straight: Flags, rows: Index, slot: int, p: Floats, change: Floats, sign: float, moved: Floats) -> None:
    """The parameters of the feature in `slot` changed, wherever it stands."""
    moved[:] = p
    for j in range(len(p)):
        if rows[j] == rows[slot]:
            if straight[j]:
                # Angle and offset are independent at the position along the line about which it turns.
                angle = sign * change[0]
                moved[j, 0] = p[j, 0] + angle
                moved[j, 1] = p[j, 1] + sign * change[1] + p[j, 2] * angle
                moved[j, 2] = p[j, 2] - p[j, 1] * angle
            else:
                for k in range(3):
                    moved[j, k] = p[j, k] + sign * change[k]


@compiled
def _sensitivities(
    flags: Flags,
    params: Floats,
    drawn: Floats,
    outward: Floats,
    edge: Index,
    scatter: Floats,
    what: Index,
    slots: Index,
    levels: Index,
    nominal: Floats,
    steps: Floats,
    covariance: Floats,
    value: Floats,
    where: Floats,
    to_scale: Floats,
    to_edge: Floats,
    systematic: Floats,
    own: Floats,
) -> None:
    straight, room, at = np.zeros(MOST_SLOTS, np.bool_), np.zeros((MOST_SLOTS, 3)), np.zeros((MOST_SLOTS, 4))
    above, below = np.zeros((MOST_SLOTS, 3)), np.zeros((MOST_SLOTS, 3))
    for q in range(len(what)):
        rows, kind, meant = slots[q], what[q], nominal[q]
        count = gather(rows, params, flags, at, drawn, straight, room)
        order, p, plus, minus = levels[q, :count], room[:count], above[:count], below[:count]
        here = value_of(kind, order, straight, p, at, meant)
        value[q] = here
        where_of(kind, straight, p, where[q])
        _scaled(straight, p, steps[0], plus)
        _scaled(straight, p, -steps[0], minus)
        up = value_of(kind, order, straight, plus, at, meant)
        down = value_of(kind, order, straight, minus, at, meant)
        to_scale[q] = steeper(up, here, down, steps[0])
        for n in range(len(steps) - 1):
            step = steps[n + 1]
            if _grown(straight, outward, edge, rows, n, p, step, plus):
                _grown(straight, outward, edge, rows, n, p, -step, minus)
                up = value_of(kind, order, straight, plus, at, meant)
                down = value_of(kind, order, straight, minus, at, meant)
                to_edge[q, n] = steeper(up, here, down, step)
        systematic[q] = together(to_scale[q], to_edge[q], covariance)
        for slot in range(count):
            if (rows[:slot] == rows[slot]).any():
                continue  # the same feature again: its scatter is counted once
            for k in range(3):
                change = scatter[rows[slot], k]
                _nudged(straight, rows, slot, p, change, 1.0, plus)
                _nudged(straight, rows, slot, p, change, -1.0, minus)
                up = abs(value_of(kind, order, straight, plus, at, meant) - here)
                down = abs(value_of(kind, order, straight, minus, at, meant) - here)
                own[q, slot] += max(up, down) ** 2
