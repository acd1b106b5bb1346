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
    AWAY,
    BASE,
    BEND,
    BEYOND,
    COLUMNS,
    FAN,
    GAIN,
    GAP_IN,
    GAP_OUT,
    LANES,
    LIT,
    MIDDLE,
    NEXT_COLUMN,
    NEXT_ROW,
    PER_ROW,
    PER_SIGMA,
    PLACES,
    REACH,
    REFLECTED,
    ROWS,
    SHIFT,
    SLANT,
    START,
    SUM,
    SUMS,
    UP_IN,
    UP_OUT,
    Lanes,
    Places,
    add_neighbours,
    add_pixel,
    find_pixel,
    read_pixel,
)
from station.vision.levels import upright
from station.vision.probe import Floats, Index, Mask, Run
from station.vision.step import WINDOW_SIGMAS

_SLOPE = 4  # neighbours on each side
MIN_WINDOW_PX = 2.0  # below this two edges cannot be told apart
CROWDED_SIGMAS = 6.0  # of the blur: nearer edges pull at one another
_LEAST_UPRIGHT = 0.25


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
    offset: Floats,
    slope: Floats,
    sigma: Floats,
    low: Floats,
    high: Floats,
    fall: Floats,
    weighed: tuple[float, float],
    again: Mask,
    sums: Floats,
) -> None:
    """Into `sums` (n, SUMS) for a run's probes that are marked in `again`: B, A, Q, S, X, Σ w r², Σ w.

    They are taken about the edge expected at `offset`, over not more than half the way to the next edge. Zero where the
    strip leaves the picture. `fall` (n,) is the relative change of light per pixel across the edge: on the lit side the
    level is L (1 + fall d), which blurred is L (Φ + fall σ (u Φ + φ)) where the field is lit. `weighed` is that of
    `StepModel`.
    """
    height, width = pixels.shape
    flat = pixels.reshape(height * width)
    part, field = np.float32(weighed[0]), np.float32(weighed[1])
    lanes, places = np.zeros(COLUMNS * LANES, np.float32), np.zeros(PLACES * LANES, np.int32)
    who, own = np.empty(LANES, np.intp), np.empty(LANES)
    k = 0
    while k < len(offset):
        k, count, rows, columns, crowded = _lay_out(
            k, height, width, run, offset, slope, sigma, low, high, fall, again, sums, lanes, places, who, own
        )
        lanes[BEYOND:] = 0.0
        lanes[ROWS + count : ROWS + LANES] = 0.0
        for row in range(rows):
            for column in range(columns):
                find_pixel(lanes, places, row, column)
                read_pixel(flat, lanes, places)
                if crowded:
                    add_neighbours(lanes)
                add_pixel(lanes, part, field)
        for i in range(count):
            for j in range(SUMS):
                sums[who[i], j] = own[i] * lanes[SUM + j * LANES + i]


@compiled
def _lay_out(
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
