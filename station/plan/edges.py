"""The edges of the silhouette sorted by place: short straight and round pieces in a grid of cells.

What lies near a point is found without looking at everything, and met exactly: no raster of the part is drawn.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.plan.strokes import Strokes, point_on

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

_PIECE_PX = 32.0
_MOST_CELLS = 1024  # across
_GAP_MM = 1e-9


class Edges(NamedTuple):
    """A tuple, which compiled loops can read.

    `pieces` (q, 9): centre x, y and radius of a circle around it; curvature radius, positive where the material is
    convex, 0 if straight; start x, y and vector of a line, or centre, unit vector to the middle and cosine of half the
    sweep of an arc. `owner` (q,): row of its stroke, -1 for what bridges a small gap between two.

    Cells have the side `cell_mm` and begin at `low_mm`; cell i = row * columns + column, `shape` (columns, rows), holds
    `members[start[i] : start[i + 1]]`: the pieces whose circle, wider by a margin, reaches into it.
    """

    pieces: Floats
    owner: Index
    low_mm: tuple[float, float]
    cell_mm: float
    shape: tuple[int, int]
    start: Index
    members: Index


def edges_of(strokes: Strokes, pixel_mm: float, margin_mm: float) -> Edges:
    """All strokes cut into pieces of at most 32 pixels; small gaps where two of them join are bridged."""
    pieces, owner = _cut(strokes, _PIECE_PX * pixel_mm)
    if len(pieces) == 0:
        return Edges(pieces, owner, (0.0, 0.0), 1.0, (1, 1), np.zeros(2, np.intp), np.zeros(0, np.intp))
    reach = pieces[:, 2:3] + margin_mm
    low, high = (pieces[:, :2] - reach).min(axis=0), (pieces[:, :2] + reach).max(axis=0)
    cell = max(_PIECE_PX * pixel_mm, float((high - low).max()) / _MOST_CELLS)
    columns, rows = (int(n) + 1 for n in (high - low) / cell)
    start, members = _sorted(pieces, low[0], low[1], cell, columns, rows, margin_mm)
    return Edges(pieces, owner, (float(low[0]), float(low[1])), cell, (columns, rows), start, members)


@compiled
def _cut(strokes: Strokes, longest: float) -> tuple[Floats, Index]:
    table, first, closed = strokes.table, strokes.first, strokes.closed
    count = 2 * len(table)
    for row in range(len(table)):
        count += int(table[row, 5] / longest)
    pieces, owner = np.zeros((count, 9)), np.empty(count, np.intp)
    used = 0
    for outline in range(len(closed)):
        for row in range(first[outline], first[outline + 1]):
            x, y, a, b, radius = table[row, 0], table[row, 1], table[row, 2], table[row, 3], table[row, 4]
            parts = int(table[row, 5] / longest) + 1
            for part in range(parts):
                owner[used] = row
                piece = pieces[used]
                if radius == 0.0:
                    _straight(piece, x + part / parts * a, y + part / parts * b, a / parts, b / parts)
                else:
                    middle, half = a + (part + 0.5) / parts * b, 0.5 * abs(b) / parts
                    c, s = math.cos(middle), math.sin(middle)
                    if half < 0.5 * math.pi:
                        piece[0], piece[1] = x + radius * c, y + radius * s
                        piece[2] = 2.0 * radius * math.sin(0.5 * half)
                    else:
                        piece[0], piece[1], piece[2] = x, y, radius
                    piece[3] = math.copysign(radius, b)
                    piece[4], piece[5], piece[6], piece[7], piece[8] = x, y, c, s, math.cos(half)
                used += 1
            if row + 1 == first[outline + 1] and not closed[outline]:
                continue
            x, y = point_on(table, row, 1.0)
            following = row + 1 if row + 1 < first[outline + 1] else first[outline]
            u, v = point_on(table, following, 0.0)
            if math.hypot(u - x, v - y) > _GAP_MM:
                owner[used] = -1
                _straight(pieces[used], x, y, u - x, v - y)
                used += 1
    return pieces[:used], owner[:used]


@compiled
def _straight(piece: Floats, x: float, y: float, a: float, b: float) -> None:
    piece[0], piece[1], piece[2] = x + 0.5 * a, y + 0.5 * b, 0.5 * math.hypot(a, b)
    piece[4], piece[5], piece[6], piece[7] = x, y, a, b


@compiled
def _sorted(
    pieces: Floats, low_x: float, low_y: float, cell: float, columns: int, rows: int, margin: float
) -> tuple[Index, Index]:
    """Members of each cell, by counting."""
    start = np.zeros(columns * rows + 1, np.intp)
    members = np.empty(0, np.intp)
    for filling in (False, True):
        for i in range(len(pieces)):
            x, y, reach = pieces[i, 0] - low_x, pieces[i, 1] - low_y, pieces[i, 2] + margin
            left, right = max(int((x - reach) / cell), 0), min(int((x + reach) / cell), columns - 1)
            bottom, top = max(int((y - reach) / cell), 0), min(int((y + reach) / cell), rows - 1)
            for row in range(bottom, top + 1):
                for column in range(left, right + 1):
                    at = row * columns + column
                    if filling:
                        start[at] -= 1
                        members[start[at]] = i
                    else:
                        start[at] += 1
        if not filling:
            # Running ends: filling each cell from its end leaves its offset.
            start = np.cumsum(start)
            members = np.empty(start[-1], np.intp)
    return start, members
