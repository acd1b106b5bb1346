"""The drawing as a picture would show it: polygons in pixels as runs of material and of openings.

A pixel belongs to the drawing if its middle lies inside, which polygons' edges decide row by row. Material is where
more outer outlines than openings go round, so an island in an opening is material again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.vision.runs import Integers, Runs

Floats = NDArray[np.float64]

_NUMBER_BITS = 24  # for a polygon's number and its direction in a key


@dataclass(frozen=True, slots=True)
class Outlines:
    """Closed polygons one after another: `points_px` (n, 2), `first` (m + 1,) where each begins. The first `outer` of
    them go round material, the others round openings."""

    points_px: Floats
    first: NDArray[np.intp]
    outer: int

    @property
    def following(self) -> NDArray[np.intp]:
        """(n,) number of the point that follows each around its polygon."""
        following = np.arange(1, len(self.points_px) + 1)
        some = np.diff(self.first) > 0
        following[self.first[1:][some] - 1] = self.first[:-1][some]
        return following


@dataclass(frozen=True, slots=True)
class Ideal:
    """What the drawing covers of a view: `material`, and the `holes` in it, each run with the number of its `opening`
    (n,); -1 where outlines cross and it has none."""

    material: Runs
    holes: Runs
    opening: Integers


def outlines_px(outer: tuple[Floats, ...], openings: tuple[Floats, ...]) -> Outlines:
    """Polygons (n, 2) together."""
    polygons = (*outer, *openings)
    first = np.concatenate([[0], np.cumsum([len(p) for p in polygons])]).astype(np.intp)
    return Outlines(np.concatenate([*polygons, np.zeros((0, 2))]), first, len(outer))


def drawn(outlines: Outlines, low: tuple[int, int], width: int, height: int) -> Ideal:
    """The drawing in the view of `width` x `height` pixels whose first pixel is `low` (x, y)."""
    points = outlines.points_px - np.array(low)
    keys = _crossings(points, outlines.first, _turns(points, outlines.first, outlines.outer), width, height)
    keys.sort()
    start, end, hole_start, hole_end, opening = _filled(keys, outlines.outer, len(outlines.first) - 1)
    return Ideal(Runs(start, end, width + 1), Runs(hole_start, hole_end, width + 1), opening)


@compiled
def _turns(points: Floats, first: NDArray[np.intp], outer: int) -> NDArray[np.int64]:
    """(m,) what crossing an edge downwards adds: -1 or 1, by the sense in which a polygon is drawn and what it is."""
    turns = np.empty(len(first) - 1, np.int64)
    for k in range(len(turns)):
        twice = 0.0
        for i in range(first[k], first[k + 1]):
            j = i + 1 if i + 1 < first[k + 1] else first[k]
            twice += points[i, 0] * points[j, 1] - points[j, 0] * points[i, 1]
        turns[k] = (-1 if twice > 0.0 else 1) * (1 if k < outer else -1)
    return turns


@compiled
def _crossings(
    points: Floats, first: NDArray[np.intp], turns: NDArray[np.int64], width: int, height: int
) -> NDArray[np.int64]:
    """Sortable keys: position of the first pixel right of a crossing, number of its polygon, whether it counts up."""
    keys = np.empty(4 * len(points) + 16, np.int64)
    n = 0
    for k in range(len(first) - 1):
        for i in range(first[k], first[k + 1]):
            j = i + 1 if i + 1 < first[k + 1] else first[k]
            x0, y0, x1, y1 = points[i, 0], points[i, 1], points[j, 0], points[j, 1]
            low, high = min(y0, y1), max(y0, y1)
            top, bottom = max(int(np.ceil(low)), 0), min(int(np.ceil(high)), height)
            if top >= bottom:
                continue
            if n + bottom - top > len(keys):
                grown = np.empty(2 * len(keys) + bottom - top, np.int64)
                grown[:n] = keys[:n]
                keys = grown
            slope = (x1 - x0) / (y1 - y0)
            up = turns[k] if y1 > y0 else -turns[k]
            for y in range(top, bottom):
                x = min(max(np.ceil(x0 + (y - y0) * slope), 0.0), float(width))
                keys[n] = ((y * (width + 1) + int(x)) << _NUMBER_BITS) | (k << 1) | (1 if up > 0 else 0)
                n += 1
    return keys[:n].copy()


@compiled
def _filled(keys: NDArray[np.int64], outer: int, count: int) -> tuple[Integers, Integers, Integers, Integers, Integers]:
    """Runs of the drawing's material, and of the openings within it with their numbers."""
    start, end = np.empty(len(keys), np.int32), np.empty(len(keys), np.int32)
    hole_start, hole_end = np.empty(len(keys), np.int32), np.empty(len(keys), np.int32)
    number = np.empty(len(keys), np.int32)
    around = np.full(count, -1, np.int32)  # the opening in which each opening's island lies
    opening = -1
    n = holes = inside = outlined = i = 0
    at = 0
    while i < len(keys):
        place = keys[i] >> _NUMBER_BITS
        if place > at:
            if inside > 0:
                if n > 0 and end[n - 1] == at:
                    end[n - 1] = place
                else:
                    start[n], end[n] = at, place
                    n += 1
            elif outlined > 0:
                hole_start[holes], hole_end[holes] = at, place
                number[holes] = opening - outer if opening >= 0 else -1
                holes += 1
        at = place
        while i < len(keys) and keys[i] >> _NUMBER_BITS == place:
            k = (keys[i] >> 1) & ((1 << (_NUMBER_BITS - 1)) - 1)
            up = 1 if keys[i] & 1 else -1
            inside += up
            if k < outer:
                outlined += up
            elif up < 0:
                around[k] = opening
                opening = k
            elif opening == k:
                opening = around[k]
            i += 1
    return (
        start[:n].copy(),
        end[:n].copy(),
        hole_start[:holes].copy(),
        hole_end[:holes].copy(),
        number[:holes].copy(),
    )
