"""Straight lines through points: the principal axis, plain or robust (Pearson 1901)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.metrology.robust import (
    CAUCHY_ROUNDS,
    CLEAN_WIDTH,
    ROUNDS,
    SETTLED_CAUCHY,
    SETTLED_TUKEY,
    by_noise,
    largest,
    reweigh,
    scale_of,
    there,
    written,
)

Floats = NDArray[np.float64]
Index = NDArray[np.intp]


@compiled
def _axis(x: Floats, y: Floats, w: Floats, r: Floats, n: int, expected: float, at: Floats, h: Floats) -> bool:
    """The weighted orthogonal line `at` (angle, offset, along) next to the `expected` angle, its residuals, and `h`
    (2, 2); False where the points are all in one place."""
    sw = sx = sy = sxx = sxy = syy = 0.0
    for i in range(n):
        sw += w[i]
        sx += w[i] * x[i]
        sy += w[i] * y[i]
    if not sw > 0.0:
        return False
    mx, my = sx / sw, sy / sw
    for i in range(n):
        dx, dy = x[i] - mx, y[i] - my
        sxx += w[i] * dx * dx
        sxy += w[i] * dx * dy
        syy += w[i] * dy * dy
    angle = 0.5 * math.atan2(2.0 * sxy, sxx - syy) + 0.5 * math.pi
    angle = expected + (angle - expected) - math.pi * np.rint((angle - expected) / math.pi)
    c, s = math.cos(angle), math.sin(angle)
    run = s * s * sxx - 2.0 * s * c * sxy + c * c * syy
    if not run > 1e-24 * sw * (mx * mx + my * my + run / sw):
        return False
    at[0], at[1], at[2] = angle, c * mx + s * my, c * my - s * mx
    h[0, 0], h[1, 1] = 1.0 / run, 1.0 / sw
    h[0, 1] = h[1, 0] = 0.0
    for i in range(n):
        r[i] = c * (x[i] - mx) + s * (y[i] - my)
    return True


@compiled
def _plain_line(
    x: Floats, y: Floats, v: Floats, w: Floats, r: Floats, n: int, expected: float, at: Floats, h: Floats
) -> bool:
    """Least squares next to the `expected` angle, every point as it is known (variances `v`); False where there is no
    such line."""
    w[:n] = 1.0
    if not _axis(x, y, w, r, n, expected, at, h):
        return False
    by_noise(r, v, n, w)
    return _axis(x, y, w, r, n, expected, at, h)


@compiled
def _robust_line(
    x: Floats, y: Floats, w: Floats, r: Floats, n: int, floor: float, expected: float, at: Floats, h: Floats
) -> float:
    """The robust line next to the `expected` angle, with its weights and residuals; its scale, NaN if there is none."""
    w[:n] = 1.0
    scale, tukey = math.inf, False
    for round_ in range(CAUCHY_ROUNDS + ROUNDS):
        angle, offset = at[0], at[1]
        if not _axis(x, y, w, r, n, expected, at, h):
            return math.nan
        # How far the line moved, at the distance of a standard deviation along it from its middle.
        moved = max(abs(at[1] - offset), abs(at[0] - angle) * math.sqrt(h[1, 1] / h[0, 0]))
        if tukey and moved <= SETTLED_TUKEY * scale:
            break
        tukey = tukey or round_ >= CAUCHY_ROUNDS or (round_ > 0 and moved <= SETTLED_CAUCHY * scale)
        scale = scale_of(r, n, floor)
        reweigh(r, w, n, scale, tukey)
    return scale


@compiled
def lines(
    points: Floats,
    first: Index,
    normals: Floats,
    floor: Floats,
    noise: Floats,
    params: Floats,
    shape: Floats,
    weights: Floats,
    used: Floats,
    rms: Floats,
    residuals: Floats,
) -> None:
    """Fills what `association.Fits` holds, for lines whose normals are about `normals` (f, 2);
    `noise` (n,) of the points."""
    most = 0
    for f in range(len(normals)):
        most = max(most, first[f + 1] - first[f])
    x, y, v, w, r = np.empty(most), np.empty(most), np.empty(most), np.empty(most), np.empty(most)
    which = np.empty(most, np.intp)
    at, h = np.zeros(3), np.empty((2, 2))
    for f in range(len(normals)):
        if first[f + 1] == first[f]:
            continue
        # Seen from one of the points, points that are all in one place are so exactly.
        x0, y0 = points[first[f], 0], points[first[f], 1]
        if not (math.isfinite(x0) and math.isfinite(y0)):
            x0 = y0 = 0.0
        n = there(points, noise, first[f], first[f + 1], x0, y0, x, y, v, which)
        expected = math.atan2(normals[f, 1], normals[f, 0])
        least = max(floor[f], 1e-12)
        if n == 0 or not _plain_line(x, y, v, w, r, n, expected, at, h):
            continue
        if largest(r, n) > CLEAN_WIDTH * least:
            scale = _robust_line(x, y, w, r, n, least, expected, at, h)
            if math.isnan(scale):
                continue
            if largest(r, n) <= CLEAN_WIDTH * scale:  # its form is larger than its noise, and nothing stands on it
                _plain_line(x, y, v, w, r, n, expected, at, h)
        c, s = math.cos(at[0]), math.sin(at[0])
        params[f, 0], params[f, 1], params[f, 2] = at[0], at[1] + c * x0 + s * y0, at[2] + c * y0 - s * x0
        shape[f] = h
        used[f], rms[f] = written(w, r, which, n, weights, residuals)
