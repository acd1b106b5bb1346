"""Edges that are one thing together: two sides their median line, sides and ends of a slot its middle. Compiled.

Rows of numbers are those of `station.metrology.frames`. What is joined is told by the level of its first row.
"""

from __future__ import annotations

import math

import numpy as np

from station.compiled import compiled
from station.metrology.frames import Flags, Floats, Index, center_of
from station.metrology.medians import median

ALONE = -1  # the level of a feature that is asked about by itself; datums have theirs from 0
MEDIAN = -2  # this edge and the next one are asked about as the line between them
MIDDLE = -3  # these two sides and the two ends after them are asked about as the point in the middle


@compiled
def any_joined(levels: Index) -> bool:
    """Whether any rows stand for one thing together."""
    least = ALONE
    for j in range(len(levels)):
        least = min(least, levels[j])
    return least < ALONE


@compiled
def joined(levels: Index, straight: Flags, p: Floats, drawn: Floats) -> tuple[Index, Flags, Floats, Floats]:
    """The rows with one in the place of those that belong together: a median as a line, as long as the longer of its
    sides, a middle as a circle without a radius."""
    count, kept, j = len(levels), 0, 0
    order, flags = np.full(count, ALONE), np.zeros(count, np.bool_)
    rows, at = np.zeros((count, 3)), np.zeros((count, 4))
    while j < count:
        if levels[j] == MEDIAN:
            flags[kept] = True
            _median_row(p[j : j + 2], rows[kept])
            _drawn_median(drawn[j : j + 2], at[kept])
            j += 2
        elif levels[j] == MIDDLE:
            _middle_row(straight[j : j + 4], p[j : j + 4], rows[kept])
            for k in range(4):
                at[kept, 0] += 0.25 * drawn[j + k, 0]
                at[kept, 1] += 0.25 * drawn[j + k, 1]
            j += 4
        else:
            order[kept], flags[kept], rows[kept], at[kept] = levels[j], straight[j], p[j], drawn[j]
            j += 1
        kept += 1
    return order[:kept], flags[:kept], rows[:kept], at[:kept]


@compiled
def _median_row(sides: Floats, row: Floats) -> None:
    _, x, y, nx, ny = median(np.ones(2, np.bool_), sides, False)
    row[0], row[1], row[2] = math.atan2(ny, nx), nx * x + ny * y, nx * y - ny * x


@compiled
def _drawn_median(sides: Floats, row: Floats) -> None:
    lines = np.zeros((2, 3))
    for k in range(2):
        c, s = math.cos(sides[k, 2]), math.sin(sides[k, 2])
        lines[k, 0], lines[k, 1] = sides[k, 2], c * sides[k, 0] + s * sides[k, 1]
        lines[k, 2] = c * sides[k, 1] - s * sides[k, 0]
    _, x, y, nx, ny = median(np.ones(2, np.bool_), lines, False)
    row[0], row[1], row[2], row[3] = x, y, math.atan2(ny, nx), max(sides[0, 3], sides[1, 3])


@compiled
def _middle_row(straight: Flags, p: Floats, row: Floats) -> None:
    """On the median of the sides: where that of straight ends crosses it, beside the middle of round ones' centres."""
    _, x, y, nx, ny = median(straight[:2], p[:2], False)
    _, ex, ey, mx, my = median(straight[2:], p[2:], False)
    if not straight[2]:
        mx, my = -ny, nx
    along = (mx * (ex - x) + my * (ey - y)) / (nx * my - ny * mx)
    row[0], row[1], row[2] = x - along * ny, y + along * nx, 0.0


@compiled
def overall_length(straight: Flags, p: Floats) -> float:
    """Farthest distance (mm) between two ends: circles reach farther than their centres by their radii."""
    ax, ay = center_of(straight[0], p[0])
    bx, by = center_of(straight[1], p[1])
    if not straight[0]:
        return float(math.hypot(ax - bx, ay - by) + p[0, 2] + p[1, 2])
    to_a = abs(math.cos(p[1, 0]) * ax + math.sin(p[1, 0]) * ay - p[1, 1])
    to_b = abs(math.cos(p[0, 0]) * bx + math.sin(p[0, 0]) * by - p[0, 1])
    return float(0.5 * (to_a + to_b))


@compiled
def lean(p: Floats, drawn: Floats, turn_deg: float) -> float:
    """Width (mm) of the zone at an angle to the second line that holds the first one, as long as it is drawn; the
    drawing's angle where `turn_deg` is NaN."""
    turn = drawn[0, 2] - drawn[1, 2] if math.isnan(turn_deg) else math.radians(turn_deg)
    return float(2.0 * drawn[0, 3] * abs(math.sin(p[0, 0] - p[1, 0] - turn)))
