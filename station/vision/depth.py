"""How far pixels lie from the drawing's outlines: exact distances, looked for only where they can matter.

From one pixel to the next a distance changes by one at most, so that a run is searched in leaps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.vision.ideal import Outlines
from station.vision.runs import FEW, Integers, Runs, room_for_more

Floats = NDArray[np.float64]

_CHUNK = 16  # pieces that share a box: a distance looks into the near boxes only
_CELL = 64  # pixels of a side of the squares that remember which boxes are near
_NEAR = 47  # at most so many boxes: a square with more is far from all, and a distance looks at every box
_UNKNOWN, _ALL = -1, -2


@dataclass(frozen=True, slots=True)
class Segments:
    """Straight pieces of the outlines: `ends` (n, 4) x, y, x, y; `chunk` (c + 1,) where chunks of them begin, `box`
    (c, 4) left, top, right, bottom of each chunk. `near` (rows, columns, 1 + _NEAR) remembers for squares of the view
    which boxes may hold the nearest piece, as they are asked for."""

    ends: Floats
    chunk: NDArray[np.intp]
    box: Floats
    near: Integers


def segments_of(outlines: Outlines, low: tuple[int, int], width: int, height: int) -> Segments:
    """The outlines in pixels of the view of `width` x `height` that begins at `low`; a box holds one polygon only."""
    points = outlines.points_px - np.array(low)
    following = points[outlines.following]
    sizes = np.diff(outlines.first)
    chunks = -(-sizes // _CHUNK)
    before = np.cumsum(chunks) - chunks
    within = np.arange(int(chunks.sum())) - np.repeat(before, chunks)
    chunk = np.repeat(outlines.first[:-1], chunks) + _CHUNK * within
    box = np.column_stack(
        [
            np.minimum.reduceat(np.minimum(points, following), chunk),
            np.maximum.reduceat(np.maximum(points, following), chunk),
        ]
    )
    near = np.full((height // _CELL + 1, width // _CELL + 1, 1 + _NEAR), _UNKNOWN, np.int32)
    return Segments(np.column_stack([points, following]), np.append(chunk, len(points)), box, near)


def deeper(runs: Runs, depth_px: float, segments: Segments) -> tuple[Runs, Integers]:
    """The pixels farther than `depth_px` from the outline, and the number of the run each piece comes from."""
    start, end, number = _deeper(
        runs.start, runs.end, runs.stride, depth_px, segments.ends, segments.chunk, segments.box, segments.near
    )
    return Runs(start, end, runs.stride), number


def deepest(runs: Runs, segments: Segments) -> tuple[tuple[float, float], float]:
    """The pixel (x, y) farthest from the outline, and how far."""
    x, y, depth = _deepest(
        runs.start, runs.end, runs.stride, segments.ends, segments.chunk, segments.box, segments.near
    )
    return (float(x), float(y)), float(depth)


@compiled
def _depth_at(
    column: int, row: int, ends: Floats, chunk: NDArray[np.intp], box: Floats, near: Integers, least: float
) -> float:
    """Distance of a pixel of the view from the nearest outline, if it is less than `least`."""
    known = near[row // _CELL, column // _CELL]
    if known[0] == _UNKNOWN:
        _look_around(row // _CELL, column // _CELL, ends, chunk, box, known)
    best = least * least
    if known[0] == _ALL:
        for c in range(len(box)):
            best = _nearer(float(column), float(row), ends, chunk, box, c, best)
    else:
        for n in range(1, known[0] + 1):
            best = _nearer(float(column), float(row), ends, chunk, box, known[n], best)
    return math.sqrt(best)


@compiled
def _look_around(row: int, column: int, ends: Floats, chunk: NDArray[np.intp], box: Floats, known: Integers) -> None:
    """The boxes that may hold the piece nearest to some pixel of a square: none of its pixels is farther from an
    outline than its middle is, and half its diagonal more."""
    left, top = column * _CELL, row * _CELL
    best = np.inf
    for c in range(len(box)):
        best = _nearer(left + 0.5 * _CELL, top + 0.5 * _CELL, ends, chunk, box, c, best)
    reach = np.sqrt(best) + np.sqrt(0.5) * _CELL
    known[0] = 0
    for c in range(len(box)):
        dx = max(box[c, 0] - left - _CELL, left - box[c, 2], 0.0)
        dy = max(box[c, 1] - top - _CELL, top - box[c, 3], 0.0)
        if dx * dx + dy * dy <= reach * reach:
            if known[0] == _NEAR:
                known[0] = _ALL
                return
            known[0] += 1
            known[known[0]] = c


@compiled
def _nearer(x: float, y: float, ends: Floats, chunk: NDArray[np.intp], box: Floats, c: int, best: float) -> float:
    """Squared distance of a point from the pieces of one box, if it is less than `best`."""
    dx = max(box[c, 0] - x, x - box[c, 2], 0.0)
    dy = max(box[c, 1] - y, y - box[c, 3], 0.0)
    if dx * dx + dy * dy >= best:
        return best
    for i in range(chunk[c], chunk[c + 1]):
        x0, y0 = ends[i, 0], ends[i, 1]
        u, v = ends[i, 2] - x0, ends[i, 3] - y0
        square = u * u + v * v
        share = min(max(((x - x0) * u + (y - y0) * v) / square, 0.0), 1.0) if square > 0.0 else 0.0
        dx, dy = x0 + share * u - x, y0 + share * v - y
        best = min(best, dx * dx + dy * dy)
    return best


@compiled
def _deeper(
    start: Integers,
    end: Integers,
    stride: int,
    depth: float,
    ends: Floats,
    chunk: NDArray[np.intp],
    box: Floats,
    near: Integers,
) -> tuple[Integers, Integers, Integers]:
    found = np.empty((3, FEW), np.int32)
    n = 0
    for i in range(len(start)):
        row = start[i] // stride
        at = start[i]
        bound = np.inf
        while at < end[i]:
            gap = _depth_at(at - row * stride, row, ends, chunk, box, near, bound)
            if gap > depth:
                step = min(int(np.ceil(min(gap - depth, 1e9))), end[i] - at)
                if n > 0 and found[2, n - 1] == i and found[1, n - 1] == at:
                    found[1, n - 1] = at + step
                else:
                    if n == found.shape[1]:
                        found = room_for_more(found)
                    found[0, n], found[1, n], found[2, n] = at, at + step, i
                    n += 1
            else:
                step = int(depth - gap) + 1
            bound = gap + step
            at += step
    return found[0, :n].copy(), found[1, :n].copy(), found[2, :n].copy()


@compiled
def _deepest(
    start: Integers,
    end: Integers,
    stride: int,
    ends: Floats,
    chunk: NDArray[np.intp],
    box: Floats,
    near: Integers,
) -> tuple[int, int, float]:
    """The middle run first: the deeper the best is at the beginning, the more pixels cannot be better."""
    best, best_x, best_y = -1.0, 0, 0
    middle = len(start) // 2
    for step in range(len(start) + 1):
        i = middle if step == 0 else step - 1
        row = start[i] // stride
        at = (start[i] + end[i]) // 2 if step == 0 else start[i]
        last = at + 1 if step == 0 else end[i]
        bound = np.inf
        while at < last:
            x = at - row * stride
            gap = _depth_at(x, row, ends, chunk, box, near, bound)
            if gap > best:
                best, best_x, best_y = gap, x, row
            jump = max(int(np.ceil(best - gap)), 1)
            bound = gap + jump
            at += jump
    return best_x, best_y, best
