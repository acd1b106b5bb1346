"""The ends of an edge that the picture does not show: near a corner the blur rounds it, and no probe looks there.

Where the edge meets its neighbours says how long they are, else the drawing. A form that goes on as it bends so far is
the likeliest, so the parabola through what was seen goes on to the ends; that it may not is in the budget.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.metrology.features import MeasuredFeature
from station.order.geometry import Feature, LineFeature

Floats = NDArray[np.float64]

DOUBT = 0.5  # standard uncertainty of what is not seen, as a share of how far the form goes on there


def unseen_mm(feature: MeasuredFeature, drawn: Feature | None) -> tuple[float, float]:
    """How far an edge goes on before its first point and behind its last one; nothing where it is not a line."""
    if not isinstance(drawn, LineFeature) or not len(feature.nominal_mm):
        return 0.0, 0.0
    (ax, ay), (bx, by) = drawn.ends_mm
    length = math.dist((ax, ay), (bx, by))
    u, v = (bx - ax) / length, (by - ay) / length
    (x0, y0), (x1, y1) = feature.nominal_mm[0].tolist(), feature.nominal_mm[-1].tolist()
    before, after = (x0 - ax) * u + (y0 - ay) * v, (bx - x1) * u + (by - y1) * v
    return max(before + feature.beyond_mm[0], 0.0), max(after + feature.beyond_mm[1], 0.0)


@compiled
def bend_of(values: Floats, run: Floats) -> tuple[float, float, float, float]:
    """The parabola c + b·t + a·t² with t = run - middle, least squares: a, b, c, middle."""
    count = len(values)
    middle = run.mean()
    s1 = s2 = s3 = s4 = y0 = y1 = y2 = 0.0
    size = max(abs(run[0] - middle), abs(run[-1] - middle), 1e-300)
    for i in range(count):
        t = (run[i] - middle) / size
        s1, s2, s3, s4 = s1 + t, s2 + t * t, s3 + t * t * t, s4 + t * t * t * t
        y0, y1, y2 = y0 + values[i], y1 + t * values[i], y2 + t * t * values[i]
    n = float(count)
    # Cramer's rule; s1 is zero but for rounding.
    d = n * (s2 * s4 - s3 * s3) - s2 * s2 * s2
    if count < 4 or not d > 1e-9 * n * n * n:
        return 0.0, 0.0, 0.0, middle
    a = (n * (s2 * y2 - s3 * y1) - s2 * s2 * y0) / d
    b = (n * (s4 * y1 - s3 * y2) + s2 * (s3 * y0 - s2 * y1)) / d
    c = (y0 - a * s2) / n
    return a / (size * size), b / size, c, middle


@compiled
def with_ends(values: Floats, run: Floats, before: float, after: float) -> tuple[Floats, Floats, float]:
    """Smoothed values (n,) along `run`, and two more where the edge ends; how far the form goes on there at most, but
    for its lean."""
    count = len(values)
    a, b, _, middle = bend_of(values, run)
    more, at = np.empty(count + 2), np.empty(count + 2)
    more[:count], at[:count] = values, run
    sense = 1.0 if run[-1] >= run[0] else -1.0
    at[count], at[count + 1] = run[0] - sense * before, run[-1] + sense * after
    t0, t1 = run[0] - middle, run[-1] - middle
    e0, e1 = at[count] - middle, at[count + 1] - middle
    first, last = a * (e0 * e0 - t0 * t0) + b * (e0 - t0), a * (e1 * e1 - t1 * t1) + b * (e1 - t1)
    more[count], more[count + 1] = values[0] + first, values[count - 1] + last
    return more, at, max(abs(a * (e0 * e0 - t0 * t0)), abs(a * (e1 * e1 - t1 * t1)))


@compiled
def whole_line(residuals: Floats, run: Floats, before: float, after: float) -> tuple[float, float]:
    """How the angle (rad) and the offset of a least-squares line would change if it held the unseen ends as well."""
    a, _, _, _ = bend_of(residuals, run)
    half = 0.5 * abs(run[-1] - run[0])
    whole, shift = half + 0.5 * (before + after), 0.5 * (after - before)
    return 2.0 * a * shift, a * ((whole * whole - half * half) / 3.0 - shift * shift)
