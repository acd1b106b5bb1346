"""The sums of `step.py` over every probe's own pixels: each pixel beside the contour counts once, where it is.

A probe owns the pixels whose foot on the contour is nearer to it than to its neighbours: a strip across the edge as
wide as the probes are apart, fanning out with the curvature. No interpolation: a pixel's level is what the model says
of its centre, so nothing depends on how the contour lies to the pixels, and noise is independent from probe to probe.
Distances are to the curved contour (second order).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.vision.lanes import (
    BEYOND,
    COLUMNS,
    LANES,
    PLACES,
    SHARE,
    SUM,
    SUMS,
    add_neighbours,
    add_pixel,
    find_pixel,
    read_pixel,
)
from station.vision.probe import Floats, Mask, Run
from station.vision.strips import GROUND, Expected, lay_out

_SLOPE = 4  # neighbours on each side


@compiled
def slopes(run: Run, offset: Floats, slope: Floats) -> None:
    """Into `slope` how a run's offset changes per pixel along (−n_y, n_x), from neighbours `_SLOPE` away.

    A part that is turned or shifted a little crosses the strips at a slant; without the slope a strip's few pixels,
    which never lie evenly to both sides, would feel it. 0 where a neighbour is missing or no smooth edge.
    """
    count = len(offset)
    sense = 1.0
    if count > 1:
        dx, dy = run.points[1, 0] - run.points[0, 0], run.points[1, 1] - run.points[0, 1]
        sense = np.sign(dy * run.normals[0, 0] - dx * run.normals[0, 1])
    around = run.closed and count > 2 * _SLOPE
    for k in range(count):
        left, right = k - _SLOPE, k + _SLOPE
        if left < 0:
            left = left + count if around else 0
        if right >= count:
            right = right - count if around else count - 1
        steps = (right - left) % count if around else right - left
        rise = offset[right] - offset[left]
        slope[k] = sense * rise / (steps * run.spacing) if steps > 0 and abs(rise) < 0.5 * steps else 0.0


@compiled
def score(
    pixels: NDArray[np.generic],
    run: Run,
    edge: Expected,
    weighed: tuple[float, float],
    again: Mask,
    sums: Floats,
) -> None:
    """Into `sums` (n, SUMS) for a run's probes that are marked in `again`: B, A, Q, S, X, Σ w r², Σ w.

    They are taken about the edge that is expected, over not more than half the way to the next edge. Zero where the
    strip leaves the picture. Light falls off across an edge on the lit side alone: the level there is L (1 + fall d),
    which blurred is L (Φ + fall σ (u Φ + φ)) where the field is lit. `weighed` is that of `StepModel`.
    """
    height, width = pixels.shape
    flat = pixels.reshape(height * width)
    part, field = np.float32(weighed[0]), np.float32(weighed[1])
    ground = np.zeros(GROUND * LANES)
    lanes, places = np.zeros(COLUMNS * LANES, np.float32), np.zeros(PLACES * LANES, np.int32)
    for first in range(0, len(again), LANES):
        if not again[first : first + LANES].any():
            continue
        count, rows, columns, crowded = lay_out(first, height, width, run, edge, again, ground, lanes, places)
        lanes[BEYOND:] = 0.0
        for row in range(rows):
            for column in range(columns):
                find_pixel(lanes, places, row, column)
                read_pixel(flat, lanes, places)
                if crowded:
                    add_neighbours(lanes)
                add_pixel(lanes, part, field)
        for i in range(count):
            if again[first + i]:
                for j in range(SUMS):
                    sums[first + i, j] = lanes[SHARE + i] * lanes[SUM + j * LANES + i]
