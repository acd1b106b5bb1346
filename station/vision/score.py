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
from station.vision.probe import Floats, Mask
from station.vision.step import PER_UNIT, REACH, WINDOW_SIGMAS

_SLOPE = 4  # neighbours on each side
MIN_WINDOW_PX = 2.0  # below this two edges cannot be told apart
CROWDED_SIGMAS = 6.0  # of the blur: nearer edges pull at one another
SUMS = 7  # B, A, Q, S, X, Σ w r², Σ w


@compiled
def spacing_of(points: Floats, first: int, last: int) -> float:
    """Mean distance (px) of neighbours in a run."""
    length = 0.0
    for k in range(first + 1, last):
        dx, dy = points[k, 0] - points[k - 1, 0], points[k, 1] - points[k - 1, 1]
        length += np.sqrt(dx * dx + dy * dy)
    return length / (last - first - 1) if last - first > 1 else 1.0


@compiled
def slopes(
    points: Floats, normals: Floats, offset: Floats, spacing: float, first: int, last: int, closed: bool, slope: Floats
) -> None:
    """Into `slope` how a run's offset changes per pixel along (−n_y, n_x), from neighbours `_SLOPE` away.

    A part that is turned or shifted a little crosses the strips at a slant; without the slope a strip's few pixels,
    which never lie evenly to both sides, would feel it. 0 where a neighbour is missing or no smooth edge.
    """
    count = last - first
    sense = 1.0
    if count > 1:
        dx, dy = points[first + 1, 0] - points[first, 0], points[first + 1, 1] - points[first, 1]
        sense = np.sign(dy * normals[first, 0] - dx * normals[first, 1])
    around = closed and count > 2 * _SLOPE
    for k in range(first, last):
        left, right = k - _SLOPE, k + _SLOPE
        if left < first:
            left = left + count if around else first
        if right >= last:
            right = right - count if around else last - 1
        steps = (right - left) % count if around else right - left
        rise = offset[right] - offset[left]
        slope[k] = sense * rise / (steps * spacing) if steps > 0 and abs(rise) < 0.5 * steps else 0.0


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
    points: Floats,
    normals: Floats,
    curvature: Floats,
    spacing: float,
    offset: Floats,
    slope: Floats,
    sigma: Floats,
    low: Floats,
    high: Floats,
    reach_in: Floats,
    reach_out: Floats,
    table: Floats,
    first: int,
    last: int,
    again: Mask,
    sums: Floats,
) -> None:
    """Into `sums` (n, SUMS) for a run's probes that are marked in `again`: B, A, Q, S, X, Σ w r², Σ w.

    They are taken about the edge expected at `offset`, over not more than half the way to the next edge (`reach_in`,
    `reach_out` from the probe's point). Zero where the strip leaves the picture.
    """
    height, width = pixels.shape
    flat = pixels.reshape(height * width)
    end_of_table = len(table) - 1.0
    for k in range(first, last):
        if not again[k]:
            continue
        b_sum = a_sum = q_sum = s_sum = x_sum = misfit = weight = 0.0
        at = offset[k]
        nx, ny = normals[k, 0], normals[k, 1]
        cx, cy = points[k, 0] + at * nx, points[k, 1] + at * ny
        spread = sigma[k]
        # Half the way to the next edge: beyond, that edge's own spread would bend the plateau.
        inside = min(WINDOW_SIGMAS * spread, max(0.5 * (reach_in[k] + at), MIN_WINDOW_PX))
        outside = min(WINDOW_SIGMAS * spread, max(0.5 * (reach_out[k] - at), MIN_WINDOW_PX))
        margin = max(inside, outside) + 2.0
        if not (margin <= cx < width - margin and margin <= cy < height - margin):
            for i in range(SUMS):
                sums[k, i] = 0.0
            continue
        # The steeper axis is walked: `row` along it, `column` across.
        if abs(ny) >= abs(nx):
            c_row, c_column, m_row, m_column, row_step, column_step, across = cy, cx, ny, nx, width, 1, 1.0
        else:
            c_row, c_column, m_row, m_column, row_step, column_step, across = cx, cy, nx, ny, 1, width, -1.0
        per_row = 1.0 / m_row
        half = 0.5 * spacing * abs(per_row) * (1.0 + curvature[k] * at)
        fan = half * curvature[k]
        bend = 0.5 * curvature[k] * m_row * m_row
        slant = m_column + across * slope[k] * m_row
        begin, end = c_row - inside * m_row, c_row + outside * m_row
        if begin > end:
            begin, end = end, begin
        per_unit = PER_UNIT / spread
        # The next edges within each other's blur: light falls again beyond the gap, material ends behind the web.
        next_out, next_in = (reach_out[k] - at) * per_unit, (reach_in[k] + at) * per_unit
        crowded = min(next_out, next_in) < CROWDED_SIGMAS * PER_UNIT
        base, gain = low[k], 1.0 / (high[k] - low[k])
        for _ in range(2):
            for row in range(int(begin) + 1, int(end) + 1):
                away = (row - c_row) * per_row
                middle = c_column + away * m_column
                reach = half + fan * away
                for column in range(int(middle - reach + 1.0), int(middle + reach + 1.0)):
                    e = column - middle
                    place = (away + e * (slant + bend * e)) * per_unit + REACH * PER_UNIT
                    # Unsigned: a negative index would mean the other end, and cost a test.
                    cell = np.uintp(min(max(place, 0.0), end_of_table))
                    residual = (flat[np.uintp(row * row_step + column * column_step)] - base) * gain
                    residual -= table[cell, 0] + (place - cell) * table[cell, 1]
                    if crowded:
                        residual += _rise(place - next_out, table) - _rise(
                            2.0 * REACH * PER_UNIT - place - next_in, table
                        )
                    b_sum -= table[cell, 2] * residual
                    q_sum -= table[cell, 3] * residual
                    a_sum += table[cell, 4]
                    x_sum += table[cell, 5]
                    s_sum += table[cell, 6]
                    misfit += table[cell, 7] * residual * residual
                    weight += table[cell, 7]
            if weight > 0.0:
                break
            # A strip narrower than a pixel may own none: then it borrows its neighbours'.
            half = max(half, 0.5 * abs(per_row))
        sums[k, 0], sums[k, 1], sums[k, 2], sums[k, 3] = b_sum, a_sum, q_sum, s_sum
        sums[k, 4], sums[k, 5], sums[k, 6] = x_sum, misfit, weight
