"""Whether a closed polygon crosses itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from station.order.geometry import Point

_CLEAR_MM = 0.002  # an edge must reach this far beyond another on both sides to cross it
_MOST = 200_000_000  # pairs of edges that are worth the time; beyond, the outline is taken as it is
_BLOCK = 1_000_000  # pairs of edges looked at in one go


def self_crossing(vertices: NDArray[np.float64]) -> Point | None:
    """A point where two edges of the closed polygon (n, 2) cross, or None; touching is not crossing.

    An outline of very many long edges (a comb of tens of thousands of teeth) is not looked at.
    """
    start, end = vertices, np.roll(vertices, -1, axis=0)
    sequence = np.argsort(np.minimum(start[:, 0], end[:, 0]), kind="stable")
    start, end = start[sequence], end[sequence]
    left, right = np.minimum(start[:, 0], end[:, 0]), np.maximum(start[:, 0], end[:, 0])
    reach = np.searchsorted(left, right, side="right")  # edges up to here begin before this one ends
    count = np.maximum(reach - np.arange(len(start)) - 1, 0)
    if count.sum() > _MOST:
        return None
    first = 0
    while first < len(start):
        last = first + max(1, int(np.searchsorted(np.cumsum(count[first:]), _BLOCK)))
        a = np.repeat(np.arange(first, min(last, len(start))), count[first:last])
        if len(a):
            offset = np.arange(len(a)) - np.repeat(np.cumsum(count[first:last]) - count[first:last], count[first:last])
            b = a + 1 + offset
            found = np.flatnonzero(_crosses(start[a], end[a], start[b], end[b]))
            if len(found):
                x, y = (start[b[found[0]]] + end[b[found[0]]]) / 2
                return float(x), float(y)
        first = last
    return None


def _crosses(
    a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64], d: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether each edge a-b (n, 2) clearly crosses its c-d."""
    crosses: NDArray[np.bool_] = _splits(a, b, c, d) & _splits(c, d, a, b)
    return crosses


def _splits(
    a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64], d: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether the line a-b has c and d clearly on different sides."""
    along = b - a
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-300)
    one = (along[:, 0] * (c[:, 1] - a[:, 1]) - along[:, 1] * (c[:, 0] - a[:, 0])) / length
    two = (along[:, 0] * (d[:, 1] - a[:, 1]) - along[:, 1] * (d[:, 0] - a[:, 0])) / length
    split: NDArray[np.bool_] = (np.minimum(one, two) < -_CLEAR_MM) & (np.maximum(one, two) > _CLEAR_MM)
    return split
