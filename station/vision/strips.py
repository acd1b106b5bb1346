"""The strip across the edge that each probe of a run owns, laid out for `lanes.py`.

A probe's strip is walked along the steeper of the picture's axes, rows along it, columns across. As many probes as
there are lanes are laid out at once, in loops that do the same work for all of them; only those that stand beside
another edge are looked at one by one.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.vision.lanes import (
    AWAY,
    BASE,
    BEND,
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
    REACH,
    REFLECTED,
    ROWS,
    SHARE,
    SHIFT,
    SLANT,
    START,
    UP_IN,
    UP_OUT,
    Lanes,
    Places,
)
from station.vision.probe import Floats, Mask, Run
from station.vision.step import WINDOW_SIGMAS

MIN_WINDOW_PX = 2.0  # below this two edges cannot be told apart
CROWDED_SIGMAS = 6.0  # of the blur: nearer edges pull at one another
_LEAST_UPRIGHT = 0.25

# Columns of what a layout is made from, in double precision, `LANES` wide: the point that is expected on the edge and
# the normal there (px), how far that is from the probe's point, and σ; how far to both sides pixels are read (px).
X, Y, NX, NY = 0 * LANES, 1 * LANES, 2 * LANES, 3 * LANES
AT, SIGMA, BENT, TILT = 4 * LANES, 5 * LANES, 6 * LANES, 7 * LANES
INSIDE, OUTSIDE = 8 * LANES, 9 * LANES
GROUND = 10
Ground: TypeAlias = NDArray[np.float64]


class Expected(NamedTuple):
    """Where the edges of a run's probes are expected and what they look like, each (n,): `offset` (px), `slope` by
    which it changes along the run, blur `sigma` (px), levels `low` and `high` of material and field, and by how much of
    itself the light changes per pixel across the edge (`fall`)."""

    offset: Floats
    slope: Floats
    sigma: Floats
    low: Floats
    high: Floats
    fall: Floats


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
    first: int,
    height: int,
    width: int,
    run: Run,
    edge: Expected,
    marked: Mask,
    ground: Ground,
    lanes: Lanes,
    places: Places,
) -> tuple[int, int, int, bool]:
    """Lays the probes from `first` on into lanes: how many, the most rows and columns of their strips, and whether
    edges lie so close to some that they are seen.

    Those that are not `marked` are laid out about their own points. A strip that leaves the picture has no rows.
    """
    count = min(len(marked) - first, LANES)
    here = slice(first, first + count)  # loops over what begins at 0 need not look out for negative places
    _gather(run.points[here], run.normals[here], run.curvature[here], edge.offset[here], marked[here], ground)
    _gather_blur(edge.sigma[here], edge.slope[here], ground)
    crowded = _make_room(first, count, run, ground, lanes)
    _gather_levels(edge.low[here], edge.high[here], edge.fall[here], ground, lanes)
    rows, columns = _walk(count, height, width, run.spacing, ground, lanes, places)
    for i in range(count, LANES):
        lanes[ROWS + i] = 0.0
    return count, rows, columns, crowded


@compiled
def _gather(points: Floats, normals: Floats, curvature: Floats, offset: Floats, marked: Mask, ground: Ground) -> None:
    for i in range(len(offset)):
        at = offset[i] if marked[i] else 0.0
        ground[AT + i] = at
        ground[X + i], ground[Y + i] = points[i, 0] + at * normals[i, 0], points[i, 1] + at * normals[i, 1]
        ground[NX + i], ground[NY + i] = normals[i, 0], normals[i, 1]
        ground[BENT + i] = curvature[i]


@compiled
def _gather_blur(sigma: Floats, slope: Floats, ground: Ground) -> None:
    for i in range(len(sigma)):
        ground[SIGMA + i], ground[TILT + i] = sigma[i], slope[i]
        ground[INSIDE + i] = ground[OUTSIDE + i] = WINDOW_SIGMAS * sigma[i]


@compiled
def _gather_levels(low: Floats, high: Floats, fall: Floats, ground: Ground, lanes: Lanes) -> None:
    for i in range(len(low)):
        gain = 1.0 / (high[i] - low[i])
        lanes[BASE + i], lanes[GAIN + i] = low[i], gain
        # A backlight is the field's, reflected light the part's.
        lanes[LIT + i] = max(low[i], high[i]) * gain * fall[i] * ground[SIGMA + i]
        lanes[REFLECTED + i] = 1.0 if gain < 0.0 else 0.0


@compiled
def _make_room(first: int, count: int, run: Run, ground: Ground, lanes: Lanes) -> bool:
    """Narrows strips to half the way to the next edge: beyond, that edge's own spread would bend the plateau.

    Whether some edges are so near that they are seen, as is then known in lanes.
    """
    any_crowded = False
    lanes[GAP_IN : GAP_IN + 2 * LANES], lanes[UP_IN : UP_IN + 2 * LANES] = np.inf, 1.0  # of those that stand alone
    for i in range(count):
        k, spread = first + i, ground[SIGMA + i]
        gap_in, gap_out = run.reach[0][k] + ground[AT + i], run.reach[1][k] - ground[AT + i]
        if min(gap_in, gap_out) >= CROWDED_SIGMAS / _LEAST_UPRIGHT * spread:
            continue
        up_in, up_out = upright(run.reach[0], run.spacing, k), upright(run.reach[1], run.spacing, k)
        # One that leans more is round the corner, or a jump of the reach to another edge.
        gap_in = gap_in if up_in > _LEAST_UPRIGHT else np.inf
        gap_out = gap_out if up_out > _LEAST_UPRIGHT else np.inf
        ground[INSIDE + i] = min(ground[INSIDE + i], max(gap_in * up_in / (1.0 + up_in), MIN_WINDOW_PX))
        ground[OUTSIDE + i] = min(ground[OUTSIDE + i], max(gap_out * up_out / (1.0 + up_out), MIN_WINDOW_PX))
        if min(gap_in * up_in, gap_out * up_out) < CROWDED_SIGMAS * spread:
            any_crowded = True
            lanes[GAP_IN + i], lanes[GAP_OUT + i] = gap_in / spread, gap_out / spread
            lanes[UP_IN + i], lanes[UP_OUT + i] = up_in, up_out
    return any_crowded


@compiled
def _walk(
    count: int, height: int, width: int, spacing: float, ground: Ground, lanes: Lanes, places: Places
) -> tuple[int, int]:
    """Which pixels are each probe's: into lanes and places; the most rows and columns."""
    rows = columns = np.int32(0)
    for i in range(count):
        cx, cy, nx, ny = ground[X + i], ground[Y + i], ground[NX + i], ground[NY + i]
        inside, outside, bent = ground[INSIDE + i], ground[OUTSIDE + i], ground[BENT + i]
        widest = max(inside, outside)
        margin = widest + 2.0
        there = (margin <= cx) & (cx < width - margin) & (margin <= cy) & (cy < height - margin)
        cx, cy = cx if there else 0.0, cy if there else 0.0  # what is nowhere shall not reach the sums as NaN
        upwards = abs(ny) >= abs(nx)
        c_row, c_column = cy if upwards else cx, cx if upwards else cy
        m_row, m_column = ny if upwards else nx, nx if upwards else ny
        next_row, next_column = width if upwards else 1, 1 if upwards else width
        per_row, per_sigma = 1.0 / m_row, 1.0 / ground[SIGMA + i]
        one, other = c_row - inside * m_row, c_row + outside * m_row
        row, column, end = np.floor(min(one, other)) + 1.0, np.floor(c_column), np.floor(max(one, other)) + 1.0
        away = (row - c_row) * per_row
        # A strip narrower than a pixel might own none: it looks at a whole one, which counts for as much as is its own.
        wide = spacing * abs(per_row) * (1.0 + bent * ground[AT + i])
        half, share = (0.5 * wide, 1.0) if wide > 1.0 else (0.5, wide if wide > 0.0 else 0.0)
        places[START + i] = np.int32(row * next_row + column * next_column)
        places[NEXT_ROW + i], places[NEXT_COLUMN + i] = next_row, next_column
        lanes[AWAY + i], lanes[PER_ROW + i] = away, per_row
        lanes[MIDDLE + i], lanes[SHIFT + i] = c_column - column + away * m_column, per_row * m_column
        lanes[REACH + i], lanes[FAN + i] = half * (1.0 + bent * away), half * bent * per_row
        lanes[ROWS + i] = end - row if there else 0.0
        lanes[SLANT + i] = m_column + (ground[TILT + i] if upwards else -ground[TILT + i]) * m_row
        lanes[BEND + i] = 0.5 * bent * m_row * m_row
        lanes[PER_SIGMA + i] = per_sigma
        lanes[SHARE + i] = share
        rows = max(rows, np.int32(end - row if there else 0.0))
        columns = max(columns, np.int32(2.0 * half * (1.0 + abs(bent) * widest) + 1.0 if there else 0.0))
    return int(rows), int(columns)
