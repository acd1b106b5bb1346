"""From dark cells of a raster to areas with exact outlines: markers as closed loops, not as squares side by side."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Loop = tuple[Point, ...]


def cell_areas(dark: NDArray[np.bool_]) -> list[list[Loop]]:
    """Dark cells (rows, columns) joined to areas: for each its outer loop, then its holes, corners in cells, y down.

    Cells that only touch at a corner stay apart. Source of the walk: the boundary keeps the dark on its right.
    """
    padded = np.pad(dark, 1)
    onward: dict[Point, list[Point]] = {}
    for row, column in np.argwhere(dark).tolist():
        x, y = float(column), float(row)
        for (dx, dy), start, end in (
            ((0, -1), (x, y), (x + 1, y)), ((1, 0), (x + 1, y), (x + 1, y + 1)),
            ((0, 1), (x + 1, y + 1), (x, y + 1)), ((-1, 0), (x, y + 1), (x, y)),
        ):  # fmt: skip
            if not padded[row + 1 + dy, column + 1 + dx]:
                onward.setdefault(start, []).append(end)
    loops = []
    while onward:
        start = min(onward)
        here, way, loop = start, (0.0, 0.0), []
        while True:
            ends = onward[here]
            right = here[0] - way[1], here[1] + way[0]
            end = right if right in ends else ends[0]
            ends.remove(end)
            if not ends:
                del onward[here]
            turned = (end[0] - here[0], end[1] - here[1])
            if turned != way:
                loop.append(here)
            here, way = end, turned
            if here == start and (here not in onward or (here[0] - way[1], here[1] + way[0]) not in onward[here]):
                break
        loops.append(tuple(loop))
    outer = [loop for loop in loops if _twice_area(loop) > 0]
    holes = [loop for loop in loops if _twice_area(loop) < 0]
    areas = [[loop] for loop in outer]
    for hole in holes:
        around = [area for area in areas if _inside(hole, area[0])]
        min(around, key=lambda area: _twice_area(area[0])).append(hole)
    return areas


def _twice_area(loop: Loop) -> float:
    return math.fsum(a[0] * b[1] - b[0] * a[1] for a, b in zip(loop, loop[1:] + loop[:1], strict=True))


def _inside(hole: Loop, outer: Loop) -> bool:
    """Whether a hole's first cell lies in the loop: a ray to the left from inside that cell."""
    (x0, y0), (x1, y1) = hole[0], hole[1]
    way = x1 - x0, y1 - y0
    length = math.hypot(*way)
    # the light lies on the left of the walk, half a cell off the middle of the first step
    x = x0 + 0.5 * way[0] / length + 0.5 * way[1] / length
    y = y0 + 0.5 * way[1] / length - 0.5 * way[0] / length
    crossings = 0
    for (ax, ay), (bx, by) in zip(outer, outer[1:] + outer[:1], strict=True):
        if ax == bx and ax < x and min(ay, by) < y < max(ay, by):
            crossings += 1
    return crossings % 2 == 1
