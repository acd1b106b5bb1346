"""Which outline of the silhouette a feature runs along, and which of its probes are the feature's.

A feature is followed along the outline that passes its beginning, piece by piece and in its own sense, each with the
material on its left: it is carried where all of it coincides with the outline.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.plan.edges import Edges
from station.plan.probed import CORNER_PX, Probed
from station.plan.strokes import Strokes, point_on

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

SAME_PX = 1e-3  # apart at most: one edge written twice
_LOOKS = 9  # places at which an outline must pass a feature


@dataclass(frozen=True, slots=True)
class Carried:
    """For each outline of the features: the number of the silhouette's `outline` that carries it, -1 if none; the
    `first` row of its probes and their `count`, going on at the outline's first row after its last."""

    outline: Index
    first: Index
    count: Index


def carry(features: Strokes, silhouette: Probed, edges: Edges, pixel_mm: float) -> Carried:
    """Follow every outline of the features along the silhouette that `edges` were made of.

    Rows within four pixels of an open feature's ends are left out: its neighbour may begin there at a corner.
    """
    first, dropped, points = silhouette.first, silhouette.dropped, silhouette.points_mm
    limits = (CORNER_PX * pixel_mm, SAME_PX * pixel_mm)
    return Carried(*_carry(features, silhouette.strokes, edges, first, dropped, points, *limits))


def beside(features: Strokes, which: Index, silhouette: Strokes, edges: Edges, within_mm: float) -> Index:
    """The outline (k,) that passes within `within_mm` of all of the features' outlines `which` (k,); -1 if none."""
    return _beside(features, which, silhouette, edges, within_mm)


@compiled
def _share(table: Floats, row: int, x: float, y: float) -> float:
    """The share of a stroke's length after which it passes nearest to (x, y)."""
    a, b, radius = table[row, 2], table[row, 3], table[row, 4]
    if radius == 0.0:
        square = a * a + b * b
        t = ((x - table[row, 0]) * a + (y - table[row, 1]) * b) / square if square > 0.0 else 0.0
        return min(max(t, 0.0), 1.0)
    turn = math.atan2(y - table[row, 1], x - table[row, 0]) - a
    turn = turn if b > 0.0 else -turn
    turn -= 2.0 * math.pi * math.floor(turn / (2.0 * math.pi))
    sweep = abs(b)
    if turn <= sweep:
        return float(turn / sweep)
    return 1.0 if turn - sweep < 2.0 * math.pi - turn else 0.0


@compiled
def _near(edges: Edges, x: float, y: float) -> Index:
    """The pieces in the cell that holds a point."""
    column = math.floor((x - edges.low_mm[0]) / edges.cell_mm)
    row = math.floor((y - edges.low_mm[1]) / edges.cell_mm)
    if column < 0 or row < 0 or column >= edges.shape[0] or row >= edges.shape[1]:
        return edges.members[:0]
    at = row * edges.shape[0] + column
    return edges.members[edges.start[at] : edges.start[at + 1]]


@compiled
def _apart(one: Floats, row: int, t: float, other: Floats, column: int, u: float) -> float:
    x, y = point_on(one, row, t)
    p, q = point_on(other, column, u)
    return math.hypot(x - p, y - q)


@compiled
def _follow(
    table: Floats, begin: int, end: int, other: Floats, first: int, last: int, row: int, tol: float
) -> tuple[float, int, float, bool]:
    """Rows `begin` to `end` of `table` along an outline, rows `first` to `last` of `other`, from its `row` on.

    The share of `row` where it begins (negative: they do not coincide), the row and share where it ends, whether it
    went past the outline's end.
    """
    x, y = point_on(table, begin, 0.0)
    start = t = _share(other, row, x, y)
    slack = 20.0 * tol
    if (1.0 - t) * other[row, 5] <= slack:
        # At the end of a stroke the next one begins, and is tried by itself; but a full circle is its own next.
        start = t = 0.0
        if _apart(table, begin, 0.0, other, row, t) > tol:
            return -1.0, 0, 0.0, False
    past = False
    for here in range(begin, end):
        length, done = table[here, 5], 0.0
        while length - done > slack:
            if (1.0 - t) * other[row, 5] <= slack:
                if past and row + 1 == last:
                    return -1.0, 0, 0.0, False
                past = past or row + 1 == last
                row, t = (row + 1 if row + 1 < last else first), 0.0
                if other[row, 5] <= slack:
                    continue
            if _apart(table, here, done / length, other, row, t) > tol:
                return -1.0, 0, 0.0, False
            step = min(length - done, (1.0 - t) * other[row, 5])
            for k in range(1, 4):
                u = t + k / 3.0 * step / other[row, 5]
                if _apart(table, here, (done + k / 3.0 * step) / length, other, row, u) > tol:
                    return -1.0, 0, 0.0, False
            done += step
            t = min(t + step / other[row, 5], 1.0)
    return start, row, t, past


@compiled
def _carry(
    features: Strokes,
    silhouette: Strokes,
    edges: Edges,
    samples: Index,
    dropped: Index,
    points: Floats,
    corner: float,
    tol: float,
) -> tuple[Index, Index, Index]:
    outlines, found = silhouette.first, len(features.closed)
    carrier, begins, counts = np.full(found, -1, np.intp), np.zeros(found, np.intp), np.zeros(found, np.intp)
    for f in range(found):
        first, behind = features.first[f], features.first[f + 1]
        x, y = point_on(features.table, first, 0.0)
        tried = -1
        for j in _near(edges, x, y):
            row = edges.owner[j]
            if row < 0 or row == tried:
                continue
            tried = row
            outline = np.searchsorted(outlines, row, "right") - 1
            begin, end = outlines[outline], outlines[outline + 1]
            share, last, stop, past = _follow(features.table, first, behind, silhouette.table, begin, end, row, tol)
            if share < 0.0:
                continue
            carrier[f] = outline
            row_begin, row_end = _before(dropped, samples[begin]), _before(dropped, samples[end])
            begins[f], counts[f] = row_begin, row_end - row_begin
            if not features.closed[f]:
                one = samples[row] + math.ceil(share * (samples[row + 1] - samples[row]) - 0.5)
                two = samples[last] + math.floor(stop * (samples[last + 1] - samples[last]) + 0.5)
                begins[f] = _before(dropped, max(one, samples[begin]))
                counts[f] = _before(dropped, min(two, samples[end])) - begins[f] + (row_end - row_begin if past else 0)
                ends = (x, y), point_on(features.table, behind - 1, 1.0)
                begins[f], counts[f] = _without_ends(points, row_begin, row_end, begins[f], counts[f], ends, corner)
            break
    return carrier, begins, counts


@compiled
def _before(dropped: Index, sample: int) -> int:
    """How many rows come before a sample."""
    return int(sample - np.searchsorted(dropped, sample))


@compiled
def _without_ends(
    points: Floats,
    begin: int,
    end: int,
    first: int,
    count: int,
    ends: tuple[tuple[float, float], tuple[float, float]],
    radius: float,
) -> tuple[int, int]:
    """Rows of an open feature, from `first` on, without those near its ends."""
    while count > 0:
        first = begin if first >= end else first
        if math.hypot(points[first, 0] - ends[0][0], points[first, 1] - ends[0][1]) > radius:
            break
        first, count = first + 1, count - 1
    while count > 0:
        at = first + count - 1
        at -= end - begin if at >= end else 0
        if math.hypot(points[at, 0] - ends[1][0], points[at, 1] - ends[1][1]) > radius:
            break
        count -= 1
    return first, max(count, 0)


@compiled
def _beside(features: Strokes, which: Index, silhouette: Strokes, edges: Edges, within: float) -> Index:
    outlines = silhouette.first
    found = np.full(len(which), -1, np.intp)
    for n in range(len(which)):
        begin, end = features.first[which[n]], features.first[which[n] + 1]
        x, y = point_on(features.table, begin, 0.0)
        tried = -1
        for j in _near(edges, x, y):
            outline = np.searchsorted(outlines, edges.owner[j], "right") - 1
            if edges.owner[j] < 0 or outline == tried:
                continue
            tried = outline
            passed = 0
            for k in range(_LOOKS):
                share = k / (_LOOKS - 1.0) * (end - begin)
                row = min(begin + int(share), end - 1)
                x, y = point_on(features.table, row, share - (row - begin))
                passed += _passes(x, y, outlines[outline], outlines[outline + 1], edges, within)
            if passed == _LOOKS:
                found[n] = outline
                break
    return found


@compiled
def _passes(x: float, y: float, first: int, last: int, edges: Edges, within: float) -> int:
    """1 where an outline, strokes `first` to `last`, passes within a distance of a point, else 0."""
    for j in _near(edges, x, y):
        if not first <= edges.owner[j] < last:
            continue
        piece = edges.pieces[j]
        dx, dy, u, v = x - piece[4], y - piece[5], piece[6], piece[7]
        if piece[3] == 0.0:
            t = min(max((dx * u + dy * v) / max(u * u + v * v, 1e-300), 0.0), 1.0)
            gap = math.hypot(dx - t * u, dy - t * v)
        else:
            away = math.hypot(dx, dy)
            if dx * u + dy * v < away * piece[8] - within:
                continue  # beyond its ends: the next piece is nearer
            gap = abs(away - abs(piece[3]))
        if gap <= within:
            return 1
    return 0
