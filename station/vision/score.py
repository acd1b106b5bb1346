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
from station.vision.levels import upright
from station.vision.probe import Floats, Mask, Run
from station.vision.step import PER_UNIT, REACH, WINDOW_SIGMAS

_SLOPE = 4  # neighbours on each side
MIN_WINDOW_PX = 2.0  # below this two edges cannot be told apart
CROWDED_SIGMAS = 6.0  # of the blur: nearer edges pull at one another
_LEAST_UPRIGHT = 0.25
_MIDDLE, _MOST_PIXELS = REACH * PER_UNIT, 1024  # the row of the table of an edge's middle; that a probe may own
SUMS = 7  # B, A, Q, S, X, Σ w r², Σ w


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
def _rise(place: float, table: Floats) -> float:
    """Φ at a place of the table."""
    if place <= 0.0:
        return 0.0
    cell = int(place)
    return float(table[cell, 0] + (place - cell) * table[cell, 1]) if cell < len(table) - 1 else 1.0


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
    table: Floats,
    again: Mask,
    sums: Floats,
) -> None:
    """Into `sums` (n, SUMS) for a run's probes that are marked in `again`: B, A, Q, S, X, Σ w r², Σ w.

    They are taken about the edge expected at `offset`, over not more than half the way to the next edge. Zero where the
    strip leaves the picture. `fall` (n,) is the relative change of light per pixel across the edge: on the lit side the
    level is L (1 + fall d), which blurred is L (Φ + fall σ (u Φ + φ)) where the field is lit.
    """
    height, width = pixels.shape
    flat = pixels.reshape(height * width)
    end_of_table = len(table) - 1.0
    farthest = CROWDED_SIGMAS / _LEAST_UPRIGHT
    where, along = np.empty(_MOST_PIXELS, np.uintp), np.empty(_MOST_PIXELS)
    for k in range(len(offset)):
        if not again[k]:
            continue
        at, spread, bent = offset[k], sigma[k], run.curvature[k]
        nx, ny = run.normals[k, 0], run.normals[k, 1]
        cx, cy = run.points[k, 0] + at * nx, run.points[k, 1] + at * ny
        inside = outside = WINDOW_SIGMAS * spread
        # Half the way to the next edge: beyond, that edge's own spread would bend the plateau.
        gap_in, gap_out = run.reach[0][k] + at, run.reach[1][k] - at
        crowded = min(gap_in, gap_out) < farthest * spread
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
            for i in range(SUMS):
                sums[k, i] = 0.0
            continue
        per_unit = PER_UNIT / spread
        # Which pixels are the probe's: the steeper axis is walked, `row` along it, `column` across.
        if abs(ny) >= abs(nx):
            c_row, c_column, m_row, m_column, row_step, column_step, across = cy, cx, ny, nx, width, 1, 1.0
        else:
            c_row, c_column, m_row, m_column, row_step, column_step, across = cx, cy, nx, ny, 1, width, -1.0
        per_row = 1.0 / m_row
        # A strip narrower than a pixel might own none: it looks at a whole one, which counts for as much as is its own.
        wide = run.spacing * abs(per_row) * (1.0 + bent * at)
        half, own = 0.5 * max(wide, 1.0), min(wide, 1.0)
        fan = half * bent
        bend = 0.5 * bent * m_row * m_row
        slant = m_column + across * slope[k] * m_row
        begin, end = c_row - inside * m_row, c_row + outside * m_row
        if begin > end:
            begin, end = end, begin
        owned = 0
        for row in range(int(begin) + 1, int(end) + 1):
            away = (row - c_row) * per_row
            middle = c_column + away * m_column
            reach = half + fan * away
            first, behind = int(middle - reach + 1.0), int(middle + reach + 1.0)
            for column in range(first, min(behind, first + _MOST_PIXELS - owned)):
                e = column - middle
                where[owned] = row * row_step + column * column_step
                along[owned] = (away + e * (slant + bend * e)) * per_unit
                owned += 1
        # What they say of the edge. Unsigned: a negative index would mean the other end, and cost a test.
        b_sum = a_sum = q_sum = s_sum = x_sum = misfit = weight = 0.0
        base, gain = low[k], 1.0 / (high[k] - low[k])
        # A backlight is the field's, reflected light the part's.
        lit = max(low[k], high[k]) * gain * fall[k] * spread
        reflected = 1.0 if gain < 0.0 else 0.0
        for i in range(owned):
            place = along[i] + _MIDDLE
            cell = np.uintp(min(max(place, 0.0), end_of_table))
            residual = (flat[where[i]] - base) * gain - (table[cell, 0] + (place - cell) * table[cell, 1])
            if lit != 0.0:
                rise = table[cell, 0] - reflected
                residual -= lit * ((place - _MIDDLE) / PER_UNIT * rise + table[cell, 2] / table[cell, 7])
            if crowded:
                # Within the next edge's blur: light falls again beyond the gap, material ends behind the web.
                residual += _rise(_MIDDLE + up_out * (along[i] - gap_out * per_unit), table)
                residual -= _rise(_MIDDLE - up_in * (along[i] + gap_in * per_unit), table)
            b_sum -= table[cell, 2] * residual
            q_sum -= table[cell, 3] * residual
            a_sum += table[cell, 4]
            x_sum += table[cell, 5]
            s_sum += table[cell, 6]
            misfit += table[cell, 7] * residual * residual
            weight += table[cell, 7]
        sums[k, 0], sums[k, 1], sums[k, 2], sums[k, 3] = own * b_sum, own * a_sum, own * q_sum, own * s_sum
        sums[k, 4], sums[k, 5], sums[k, 6] = own * x_sum, own * misfit, own * weight
