"""Circles through points, plain or robust: Gauss–Newton on orthogonal distances (Gander, Golub & Strebel 1994, 4)."""

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

_SINGULAR = 1e-12  # of the determinant of the normal equations scaled to unit diagonal
# Where a fit has settled, as what its next step would be: of the radius, or of what points scatter. Weights want less.
_SETTLED, _SMALL, _SMALL_FOR_WEIGHTS = 1e-10, 1e-6, 0.1


@compiled
def _circle_step(x: Floats, y: Floats, w: Floats, away: Floats, n: int, at: Floats, step: Floats, h: Floats) -> bool:
    """One Gauss–Newton `step` (4,) from `at` (x, y, r) with the root mean square of the residuals there, and `h` (3, 3)
    the inverse of its normal equations; False where they are singular. `away` (3, n) is room to work in."""
    cx, cy, radius = at[0], at[1], at[2]
    suu = suv = svv = su = sv = sw = ru = rv = rw = squares = 0.0
    # Roots and divisions in a loop of their own, of which compilers make vector instructions.
    for i in range(n):
        dx, dy = x[i] - cx, y[i] - cy
        distance = max(math.sqrt(dx * dx + dy * dy), 1e-12)
        inverse = 1.0 / distance
        away[0, i], away[1, i], away[2, i] = dx * inverse, dy * inverse, distance - radius
    for i in range(n):
        u, v, e = away[0, i], away[1, i], away[2, i]
        wu, wv, we = w[i] * u, w[i] * v, w[i] * e
        suu += wu * u
        suv += wu * v
        svv += wv * v
        su += wu
        sv += wv
        sw += w[i]
        ru += u * we
        rv += v * we
        rw += we
        squares += we * e
    # Symmetric scaling to unit diagonal keeps the condition number honest whatever the units are.
    a, b, c = 1 / math.sqrt(max(suu, 1e-300)), 1 / math.sqrt(max(svv, 1e-300)), 1 / math.sqrt(max(sw, 1e-300))
    p, q, s = suv * a * b, su * a * c, sv * b * c
    determinant = suu * a * a * (1.0 - s * s) - p * (p - q * s) + q * (p * s - q)
    if not (svv > 0.0 and sw > 0.0 and determinant > _SINGULAR):
        return False
    h[0, 0], h[1, 1], h[2, 2] = a * a * (1.0 - s * s), b * b * (1.0 - q * q), c * c * (1.0 - p * p)
    h[0, 1] = h[1, 0] = a * b * (q * s - p)
    h[0, 2] = h[2, 0] = a * c * (p * s - q)
    h[1, 2] = h[2, 1] = b * c * (p * q - s)
    for j in range(3):
        for k in range(3):
            h[j, k] /= determinant
        step[j] = h[j, 0] * ru + h[j, 1] * rv + h[j, 2] * rw
    step[3] = math.sqrt(squares / sw)
    return True


@compiled
def _from_circle(x: Floats, y: Floats, n: int, at: Floats, r: Floats) -> None:
    for i in range(n):
        dx, dy = x[i] - at[0], y[i] - at[1]
        r[i] = math.sqrt(dx * dx + dy * dy) - at[2]


@compiled
def _least_squares(
    x: Floats, y: Floats, w: Floats, away: Floats, n: int, small: float, at: Floats, step: Floats, h: Floats
) -> bool:
    """Weighted least squares from `at`, in place; False where there is no such circle."""
    for _ in range(ROUNDS):
        if not _circle_step(x, y, w, away, n, at, step, h):
            return False
        at += step[:3]
        moved = max(abs(step[0]), abs(step[1]), abs(step[2]))
        # Gauss–Newton's steps shrink by residual / radius, from afar by step / radius.
        if moved * max(moved, step[3]) <= max(small * step[3], _SETTLED * at[2]) * at[2]:
            break
    return bool(at[2] > 0.0)


@compiled
def _robust_circle(
    x: Floats, y: Floats, w: Floats, r: Floats, away: Floats, n: int, floor: float, at: Floats, step: Floats, h: Floats
) -> float:
    """The robust circle from `at`, in place, with its weights and residuals; its scale, NaN where there is none."""
    w[:n] = 1.0
    scale, tukey = math.inf, False
    for round_ in range(CAUCHY_ROUNDS + ROUNDS):
        if not _circle_step(x, y, w, away, n, at, step, h):
            return math.nan
        at += step[:3]
        _from_circle(x, y, n, at, r)
        moved = max(abs(step[0]), abs(step[1]), abs(step[2]))
        if tukey and moved <= SETTLED_TUKEY * scale:
            break
        tukey = tukey or round_ >= CAUCHY_ROUNDS or (round_ > 0 and moved <= SETTLED_CAUCHY * scale)
        scale = scale_of(r, n, floor)
        reweigh(r, w, n, scale, tukey)
    return scale if at[2] > 0.0 else math.nan


@compiled
def circles(
    points: Floats,
    first: Index,
    start: Floats,
    floor: Floats,
    noise: Floats,
    params: Floats,
    shape: Floats,
    weights: Floats,
    used: Floats,
    rms: Floats,
    residuals: Floats,
) -> None:
    """Fills what `association.Fits` holds, for circles that begin at `start` (f, 3); `noise` (n,) of the points."""
    most = 0
    for f in range(len(start)):
        most = max(most, first[f + 1] - first[f])
    x, y, v, w, r = np.empty(most), np.empty(most), np.empty(most), np.empty(most), np.empty(most)
    which = np.empty(most, np.intp)
    away = np.empty((3, most))
    at, step, h, plain, plain_h = np.empty(3), np.empty(4), np.empty((3, 3)), np.empty(3), np.empty((3, 3))
    for f in range(len(start)):
        x0, y0 = start[f, 0], start[f, 1]
        n = there(points, noise, first[f], first[f + 1], x0, y0, x, y, v, which)
        least = max(floor[f], 1e-12)
        plain[0], plain[1], plain[2] = 0.0, 0.0, start[f, 2]
        w[:n] = 1.0
        fits = n > 0 and _least_squares(x, y, w, away, n, _SMALL_FOR_WEIGHTS, plain, step, plain_h)
        if fits:
            _from_circle(x, y, n, plain, r)
            by_noise(r, v, n, w)
            fits = _least_squares(x, y, w, away, n, _SMALL, plain, step, plain_h)
            _from_circle(x, y, n, plain, r)
        clean = fits and largest(r, n) <= CLEAN_WIDTH * least
        if n > 0 and not clean:
            at[0], at[1], at[2] = 0.0, 0.0, start[f, 2]
            scale = _robust_circle(x, y, w, r, away, n, least, at, step, h)
            clean = fits and largest(r, n) <= CLEAN_WIDTH * scale
            if clean:  # its form is larger than its noise, and nothing stands on it
                _from_circle(x, y, n, plain, r)
                by_noise(r, v, n, w)
            elif math.isnan(scale):
                continue
        elif not clean:
            continue
        fitted, inverse = (plain, plain_h) if clean else (at, h)
        params[f, 0], params[f, 1], params[f, 2] = x0 + fitted[0], y0 + fitted[1], fitted[2]
        shape[f] = inverse
        used[f], rms[f] = written(w, r, which, n, weights, residuals)
