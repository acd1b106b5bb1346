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
from station.vision.probe import Floats, Index, Mask, Run
from station.vision.step import WINDOW_SIGMAS, bell, rise

MIN_WINDOW_PX = 2.0  # below this two edges cannot be told apart
CROWDED_SIGMAS = 6.0  # of the blur: nearer edges pull at one another
_LEAST_UPRIGHT = 0.25
LANES = 64
Lanes: TypeAlias = NDArray[np.float32]
Places: TypeAlias = NDArray[np.int32]

# Columns of `Lanes`, what is known of a probe: in its first row of pixels the distance from the edge along the normal,
# the strip's middle and half its width (px), and by how much they grow from row to row; how many rows it has; how an
# edge that is slanted and bent recedes from the strip's middle to its side; 1/σ; the material's level and 1/step; the
# slope of the lit side's level per σ, as a share of the step, and 1 where that is the material; the next edges inwards
# and outwards (σ) and the cosines of how much they lean.
AWAY, MIDDLE, REACH = 0 * LANES, 1 * LANES, 2 * LANES
PER_ROW, SHIFT, FAN = 3 * LANES, 4 * LANES, 5 * LANES
ROWS, SLANT, BEND, PER_SIGMA = 6 * LANES, 7 * LANES, 8 * LANES, 9 * LANES
BASE, GAIN, LIT, REFLECTED = 10 * LANES, 11 * LANES, 12 * LANES, 13 * LANES
GAP_IN, GAP_OUT, UP_IN, UP_OUT = 14 * LANES, 15 * LANES, 16 * LANES, 17 * LANES
# Of the pixel in hand: its distance from the edge (σ), whether it is the probe's, its level, what other edges add.
U, OWN, LEVEL, BEYOND = 18 * LANES, 19 * LANES, 20 * LANES, 21 * LANES
SUM = 22 * LANES  # the sums of `score`, one column each
SUMS = 7  # B, A, Q, S, X, Σ w r², Σ w
COLUMNS = 22 + SUMS
# Columns of `Places`: the pixel of the first row at the strip's middle, from there to the next row and to the next
# column, and the pixel in hand.
START, NEXT_ROW, NEXT_COLUMN, HERE = 0 * LANES, 1 * LANES, 2 * LANES, 3 * LANES
PLACES = 4

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_DENSITY = np.float32(1.0 / np.sqrt(2.0 * np.pi))


@compiled
def upright(reach: Floats, spacing: float, k: int) -> float:
    """Cosine of the angle at which the next edge leans to that of probe k: from how the reach changes along the run.

    Where it jumps from one edge to another, one side alone tells.
    """
    change = np.inf
    if k > 0:
        change = abs(reach[k] - reach[k - 1])
    if k + 1 < len(reach):
        change = min(change, abs(reach[k + 1] - reach[k]))
    change /= spacing
    return 1.0 / np.sqrt(1.0 + change * change) if change < np.inf else 1.0


@compiled
def lay_out(
    k: int,
    height: int,
    width: int,
    run: Run,
    offset: Floats,
    slope: Floats,
    sigma: Floats,
    low: Floats,
    high: Floats,
    fall: Floats,
    again: Mask,
    sums: Floats,
    lanes: Lanes,
    places: Places,
    who: Index,
    own: Floats,
) -> tuple[int, int, int, int, bool]:
    """Lays the marked probes from `k` on into lanes: `who` they are, and how much of a pixel is their `own`.

    Returns the first probe that found no lane, how many did, the most rows and columns of their strips, and whether
    edges lie so close to some that they are seen.
    """
    count = rows = columns = 0
    any_crowded = False
    lanes[GAP_IN : GAP_IN + 2 * LANES], lanes[UP_IN : UP_IN + 2 * LANES] = np.inf, 1.0  # of those that stand alone
    while k < len(offset) and count < LANES:
        if not again[k]:
            k += 1
            continue
        at, spread, bent = offset[k], sigma[k], run.curvature[k]
        nx, ny = run.normals[k, 0], run.normals[k, 1]
        cx, cy = run.points[k, 0] + at * nx, run.points[k, 1] + at * ny
        inside = outside = WINDOW_SIGMAS * spread
        # Half the way to the next edge: beyond, that edge's own spread would bend the plateau.
        gap_in, gap_out = run.reach[0][k] + at, run.reach[1][k] - at
        crowded = min(gap_in, gap_out) < CROWDED_SIGMAS / _LEAST_UPRIGHT * spread
        up_in = up_out = 1.0
        if crowded:
            up_in, up_out = upright(run.reach[0], run.spacing, k), upright(run.reach[1], run.spacing, k)
            # One that leans more is round the corner, or a jump of the reach to another edge.
            gap_in = gap_in if up_in > _LEAST_UPRIGHT else np.inf
            gap_out = gap_out if up_out > _LEAST_UPRIGHT else np.inf
            inside = min(inside, max(gap_in * up_in / (1.0 + up_in), MIN_WINDOW_PX))
            outside = min(outside, max(gap_out * up_out / (1.0 + up_out), MIN_WINDOW_PX))
            crowded = min(gap_in * up_in, gap_out * up_out) < CROWDED_SIGMAS * spread
        margin = max(inside, outside) + 2.0
        if not (margin <= cx < width - margin and margin <= cy < height - margin):
            for j in range(SUMS):
                sums[k, j] = 0.0
            k += 1
            continue
        i = count
        # Which pixels are the probe's: the steeper axis is walked, rows along it, columns across.
        if abs(ny) >= abs(nx):
            c_row, c_column, m_row, m_column, across = cy, cx, ny, nx, 1.0
            places[NEXT_ROW + i], places[NEXT_COLUMN + i] = width, 1
        else:
            c_row, c_column, m_row, m_column, across = cx, cy, nx, ny, -1.0
            places[NEXT_ROW + i], places[NEXT_COLUMN + i] = 1, width
        per_row, per_sigma, gain = 1.0 / m_row, 1.0 / spread, 1.0 / (high[k] - low[k])
        begin, end = c_row - inside * m_row, c_row + outside * m_row
        if begin > end:
            begin, end = end, begin
        row, column = int(begin) + 1, int(c_column)
        away = (row - c_row) * per_row
        # A strip narrower than a pixel might own none: it looks at a whole one, which counts for as much as is its own.
        wide = run.spacing * abs(per_row) * (1.0 + bent * at)
        half = 0.5 * max(wide, 1.0)
        places[START + i] = row * places[NEXT_ROW + i] + column * places[NEXT_COLUMN + i]
        lanes[AWAY + i], lanes[PER_ROW + i] = away, per_row
        lanes[MIDDLE + i], lanes[SHIFT + i] = c_column - column + away * m_column, per_row * m_column
        lanes[REACH + i], lanes[FAN + i] = half * (1.0 + bent * away), half * bent * per_row
        lanes[ROWS + i] = int(end) + 1 - row
        lanes[SLANT + i] = m_column + across * slope[k] * m_row
        lanes[BEND + i] = 0.5 * bent * m_row * m_row
        lanes[PER_SIGMA + i] = per_sigma
        lanes[BASE + i], lanes[GAIN + i] = low[k], gain
        # A backlight is the field's, reflected light the part's.
        lanes[LIT + i] = max(low[k], high[k]) * gain * fall[k] * spread
        lanes[REFLECTED + i] = 1.0 if gain < 0.0 else 0.0
        if crowded:
            any_crowded = True
            lanes[GAP_IN + i], lanes[GAP_OUT + i] = gap_in * per_sigma, gap_out * per_sigma
            lanes[UP_IN + i], lanes[UP_OUT + i] = up_in, up_out
        who[i], own[i] = k, min(wide, 1.0)
        rows = max(rows, int(end) + 1 - row)
        columns = max(columns, int(2.0 * half * (1.0 + abs(bent) * max(inside, outside)) + 1.0))
        count += 1
        k += 1
    return k, count, rows, columns, any_crowded


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
