"""Many probes side by side, one pixel of each at a time: loops that compilers turn into vector instructions.

What a probe needs lies in columns of one block of memory, `LANES` probes wide, in single precision: 1e-7 of a few
pixels. One block, because a compiler that sees several arrays has to fear that they overlap. Pixels are read in a loop
of their own, for they lie anywhere. Every lane does the same work: a pixel that is not the probe's is weighed with 0.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.vision.step import bell, rise

LANES = 64
Lanes: TypeAlias = NDArray[np.float32]
Places: TypeAlias = NDArray[np.int32]

# Columns of `Lanes`, what is known of a probe: in its first row of pixels the distance from the edge along the normal,
# the strip's middle and half its width (px), and by how much they grow from row to row; how many rows it has; how an
# edge that is slanted and bent recedes from the strip's middle to its side; 1/σ; the material's level and 1/step; the
# slope of the lit side's level per σ, as a share of the step, and 1 where that is the material; the next edges inwards
# and outwards (σ) and the cosines of how much they lean; how much of a pixel is the probe's own.
AWAY, MIDDLE, REACH = 0 * LANES, 1 * LANES, 2 * LANES
PER_ROW, SHIFT, FAN = 3 * LANES, 4 * LANES, 5 * LANES
ROWS, SLANT, BEND, PER_SIGMA = 6 * LANES, 7 * LANES, 8 * LANES, 9 * LANES
BASE, GAIN, LIT, REFLECTED = 10 * LANES, 11 * LANES, 12 * LANES, 13 * LANES
GAP_IN, GAP_OUT, UP_IN, UP_OUT = 14 * LANES, 15 * LANES, 16 * LANES, 17 * LANES
SHARE = 18 * LANES
# Of the pixel in hand: its distance from the edge (σ), whether it is the probe's, its level, what other edges add.
U, OWN, LEVEL, BEYOND = 19 * LANES, 20 * LANES, 21 * LANES, 22 * LANES
SUM = 23 * LANES  # the sums of `score`, one column each
SUMS = 7  # B, A, Q, S, X, Σ w r², Σ w
COLUMNS = 23 + SUMS
# Columns of `Places`: the pixel of the first row at the strip's middle, from there to the next row and to the next
# column, and the pixel in hand.
START, NEXT_ROW, NEXT_COLUMN, HERE = 0 * LANES, 1 * LANES, 2 * LANES, 3 * LANES
PLACES = 4

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_DENSITY = np.float32(1.0 / np.sqrt(2.0 * np.pi))


@compiled
def find_pixel(lanes: Lanes, places: Places, row: int, column: int) -> None:
    """Of each probe the pixel in a row and a column of its strip; any, where it has none there."""
    down, across = np.float32(row), np.float32(column)
    for i in range(LANES):
        away = lanes[AWAY + i] + down * lanes[PER_ROW + i]
        middle = lanes[MIDDLE + i] + down * lanes[SHIFT + i]
        reach = lanes[REACH + i] + down * lanes[FAN + i]
        at = np.floor(middle - reach) + _ONE + across
        e = at - middle
        lanes[U + i] = (away + e * (lanes[SLANT + i] + lanes[BEND + i] * e)) * lanes[PER_SIGMA + i]
        lanes[OWN + i] = _ONE if (e <= reach) & (down < lanes[ROWS + i]) else _ZERO
        places[HERE + i] = (
            places[START + i] + np.int32(row) * places[NEXT_ROW + i] + np.int32(at) * places[NEXT_COLUMN + i]
        )


@compiled
def read_pixel(pixels: NDArray[np.generic], lanes: Lanes, places: Places) -> None:
    """The level of each pixel in hand, of `pixels` (h w,)."""
    last = np.uint32(len(pixels) - 1)
    for i in range(LANES):
        lanes[LEVEL + i] = pixels[min(np.uint32(places[HERE + i]), last)]


@compiled
def add_neighbours(lanes: Lanes) -> None:
    """What the next edges take from each pixel's level: light falls beyond the gap, material ends behind the web."""
    for i in range(LANES):
        behind = lanes[UP_OUT + i] * (lanes[U + i] - lanes[GAP_OUT + i])
        before = -lanes[UP_IN + i] * (lanes[U + i] + lanes[GAP_IN + i])
        lanes[BEYOND + i] = rise(behind, bell(behind)) - rise(before, bell(before))


@compiled
def add_pixel(lanes: Lanes, part: np.float32, field: np.float32) -> None:
    """Adds each pixel in hand to the sums; `part`, `field` are `StepModel.weighed`."""
    more = field - part
    for i in range(LANES):
        u = lanes[U + i]
        curve = bell(u)
        step = rise(u, curve)
        density = curve * _DENSITY
        weight = lanes[OWN + i] / (part + more * step)
        residual = (lanes[LEVEL + i] - lanes[BASE + i]) * lanes[GAIN + i] - step + lanes[BEYOND + i]
        residual -= lanes[LIT + i] * (u * (step - lanes[REFLECTED + i]) + density)
        slope = weight * density
        square = slope * density
        lanes[SUM + i] -= slope * residual
        lanes[SUM + LANES + i] += square
        lanes[SUM + 2 * LANES + i] -= slope * u * residual
        lanes[SUM + 3 * LANES + i] += square * u * u
        lanes[SUM + 4 * LANES + i] += square * u
        lanes[SUM + 5 * LANES + i] += weight * residual * residual
        lanes[SUM + 6 * LANES + i] += weight
