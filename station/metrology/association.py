"""Ideal circles and lines through measured points: least squares (ISO 14405-1 GG), robust, all features in one call.

A feature on which nothing stands is plain least squares, every point with full weight: nothing is more precise.
Contamination (dust, a fibre, a burr) is looked for where a residual exceeds what the points' noise explains, and taken
out by Tukey's biweight with a width of six robust standard deviations, wide enough to leave the part's own form alone.
Whether something stands there is read off the robust fit: least squares is bent towards a long fibre and hides it.
A fit that fails is NaN, not an exception; a point that is no number has no weight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.metrology.smoothing import typical

Floats: TypeAlias = NDArray[np.float64]
Index: TypeAlias = NDArray[np.intp]

TUKEY_WIDTH = 6.0
CLEAN_WIDTH = 4.5  # robust standard deviations; of a thousand Gaussian points one exceeds it in 150 features
_SIGMA = 1.4826  # of a normal distribution, per median of the absolute values
_ROUNDS = 30
_CAUCHY_ROUNDS = 6
_SINGULAR = 1e-12  # of the determinant of the normal equations scaled to unit diagonal
_SETTLED = 1e-10  # step of least squares relative to the radius; the next would be smaller by residual / radius
_SETTLED_CAUCHY = 1e-2  # step of a round with Cauchy's weights relative to the robust scale: near enough for Tukey's
_SETTLED_TUKEY = 1e-7


@dataclass(frozen=True, slots=True)
class Fits:
    """Per feature f: `params` (f, 3): circle (x, y, radius), line (normal angle, offset, position along the line);
    `shape` (f, p, p): (JᵀWJ)⁻¹ for unit point variance; `weights` (n,) of the points as finally used;
    `used` (f,): number of points with weight, `rms` (f,): of their residuals; `residuals` (n,)."""

    params: Floats
    shape: Floats
    weights: Floats
    used: Floats
    rms: Floats
    residuals: Floats


def fit_circles(points: Floats, index: Index, start: Floats, floor: Floats) -> Fits:
    """Geometric least-squares circles. `points` (n, 2), `index` (n,) the feature of each, `start` (f, 3) initial x, y,
    r; `floor` (f,) least scale of the robust weights.

    Gauss–Newton on the orthogonal distances (Gander, Golub & Strebel 1994, section 4).
    """
    order, first = _segments(index, len(start))
    return _fit(points, order, first, np.ascontiguousarray(start, np.float64), floor, 3)


def fit_lines(points: Floats, index: Index, normals: Floats, floor: Floats) -> Fits:
    """Orthogonal least-squares lines; `normals` (f, 2) expected unit normals. Offset = normal · point.

    The third parameter is the mean position along the line, about which angle and offset are independent; it carries
    no uncertainty of its own. `shape` is (f, 2, 2) for (angle, offset at that position). The line is the principal axis
    of the points (Pearson 1901).
    """
    order, first = _segments(index, len(normals))
    return _fit(points, order, first, np.ascontiguousarray(normals, np.float64), floor, 2)


def fit_sorted(points: Floats, first: Index, start: Floats, floor: Floats, *, circles: bool) -> Fits:
    """`fit_circles`, or `fit_lines`, of features whose points stand one after the other: feature f has the rows from
    `first[f]` to `first[f + 1]`."""
    return _fit(points, None, first, np.ascontiguousarray(start, np.float64), floor, 3 if circles else 2)


def segmented_median(values: Floats, first: Index) -> Floats:
    """Median (f,) of the values ≥ 0 of each segment, from `first[f]` to `first[f + 1]`; NaN where it is empty."""
    return np.asarray(_medians(np.ascontiguousarray(values), first))


def _fit(points: Floats, order: Index | None, first: Index, start: Floats, floor: Floats, size: int) -> Fits:
    count = len(start)
    points = np.ascontiguousarray(points, np.float64)
    fits = Fits(
        np.full((count, 3), np.nan),
        np.full((count, size, size), np.nan),
        np.zeros(len(points)),
        np.zeros(count),
        np.full(count, np.nan),
        np.full(len(points), np.nan),
    )
    kernel = _circles if size == 3 else _lines
    kernel(
        points if order is None else points[order],
        first,
        start,
        np.asarray(floor, np.float64),
        fits.params,
        fits.shape,
        fits.weights,
        fits.used,
        fits.rms,
        fits.residuals,
    )
    if order is None:
        return fits
    weights, residuals = np.empty_like(fits.weights), np.empty_like(fits.residuals)
    weights[order], residuals[order] = fits.weights, fits.residuals
    return Fits(fits.params, fits.shape, weights, fits.used, fits.rms, residuals)


def _segments(index: Index, count: int) -> tuple[Index | None, Index]:
    """What sorts the points by feature (None: they are), and (count + 1,) where each feature begins."""
    sizes = np.bincount(index, minlength=count)[:count]
    first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp)
    if bool((index[1:] >= index[:-1]).all()):
        return None, first
    return np.argsort(index, kind="stable"), first


@compiled
def _medians(values: Floats, first: Index) -> Floats:
    found = np.full(len(first) - 1, np.nan)
    scratch, near = np.empty(len(values) + 1), 0.0
    for f in range(len(found)):
        if first[f + 1] > first[f]:
            # One feature's points are much like the next one's.
            found[f] = near = typical(values[first[f] : first[f + 1]], near, scratch)
    return found


@compiled
def _there(points: Floats, begin: int, end: int, x0: float, y0: float, x: Floats, y: Floats, which: Index) -> int:
    """Copies the points that are numbers, seen from (x0, y0); returns how many. Near the origin nothing cancels."""
    n = 0
    for i in range(begin, end):
        px, py = points[i, 0] - x0, points[i, 1] - y0
        if math.isfinite(px) and math.isfinite(py):
            x[n], y[n], which[n] = px, py, i
            n += 1
    return n


@compiled
def _scale_of(r: Floats, n: int, floor: float) -> float:
    """Robust standard deviation of the residuals, never below the floor."""
    return max(_SIGMA * float(np.median(np.abs(r[:n]))), floor)


@compiled
def _largest(r: Floats, n: int) -> float:
    found = 0.0
    for i in range(n):
        found = max(found, abs(r[i]))
    return found


@compiled
def _reweigh(r: Floats, w: Floats, n: int, scale: float, tukey: bool) -> None:
    """Cauchy's weights, which long contamination cannot hold up, or Tukey's, which drop it."""
    if tukey:
        for i in range(n):
            ratio = min(abs(r[i]) / (TUKEY_WIDTH * scale), 1.0)
            w[i] = (1.0 - ratio * ratio) ** 2
    else:
        for i in range(n):
            ratio = r[i] / scale
            w[i] = 1.0 / (1.0 + ratio * ratio)


@compiled
def _circle_step(x: Floats, y: Floats, w: Floats, n: int, at: Floats, step: Floats, h: Floats) -> bool:
    """One Gauss–Newton `step` (3,) from `at` (x, y, r), and `h` (3, 3) the inverse of its normal equations; False
    where they are singular."""
    cx, cy, radius = at[0], at[1], at[2]
    suu = suv = svv = su = sv = sw = ru = rv = rw = 0.0
    for i in range(n):
        dx, dy = x[i] - cx, y[i] - cy
        distance = max(math.sqrt(dx * dx + dy * dy), 1e-12)
        inverse = 1.0 / distance
        u, v = dx * inverse, dy * inverse
        e = distance - radius
        wu, wv = w[i] * u, w[i] * v
        suu += wu * u
        suv += wu * v
        svv += wv * v
        su += wu
        sv += wv
        sw += w[i]
        ru += wu * e
        rv += wv * e
        rw += w[i] * e
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
    return True


@compiled
def _from_circle(x: Floats, y: Floats, n: int, at: Floats, r: Floats) -> None:
    for i in range(n):
        dx, dy = x[i] - at[0], y[i] - at[1]
        r[i] = math.sqrt(dx * dx + dy * dy) - at[2]


@compiled
def _plain_circle(x: Floats, y: Floats, w: Floats, n: int, at: Floats, step: Floats, h: Floats) -> bool:
    """Least squares from `at`, in place, all weights 1; False where there is no such circle."""
    w[:n] = 1.0
    for _ in range(_ROUNDS):
        if not _circle_step(x, y, w, n, at, step, h):
            return False
        at += step
        if max(abs(step[0]), abs(step[1]), abs(step[2])) <= _SETTLED * abs(at[2]):
            break
    return bool(at[2] > 0.0)


@compiled
def _robust_circle(
    x: Floats, y: Floats, w: Floats, r: Floats, n: int, floor: float, at: Floats, step: Floats, h: Floats
) -> float:
    """The robust circle from `at`, in place, with its weights and residuals; its scale, NaN where there is none."""
    w[:n] = 1.0
    scale, tukey = math.inf, False
    for round_ in range(_CAUCHY_ROUNDS + _ROUNDS):
        if not _circle_step(x, y, w, n, at, step, h):
            return math.nan
        at += step
        _from_circle(x, y, n, at, r)
        moved = max(abs(step[0]), abs(step[1]), abs(step[2]))
        if tukey and moved <= _SETTLED_TUKEY * scale:
            break
        tukey = tukey or round_ >= _CAUCHY_ROUNDS or (round_ > 0 and moved <= _SETTLED_CAUCHY * scale)
        scale = _scale_of(r, n, floor)
        _reweigh(r, w, n, scale, tukey)
    return scale if at[2] > 0.0 else math.nan


@compiled
def _circles(
    points: Floats,
    first: Index,
    start: Floats,
    floor: Floats,
    params: Floats,
    shape: Floats,
    weights: Floats,
    used: Floats,
    rms: Floats,
    residuals: Floats,
) -> None:
    most = 0
    for f in range(len(start)):
        most = max(most, first[f + 1] - first[f])
    x, y, w, r, which = np.empty(most), np.empty(most), np.empty(most), np.empty(most), np.empty(most, np.intp)
    at, step, h, plain, plain_h = np.empty(3), np.empty(3), np.empty((3, 3)), np.empty(3), np.empty((3, 3))
    for f in range(len(start)):
        x0, y0 = start[f, 0], start[f, 1]
        n = _there(points, first[f], first[f + 1], x0, y0, x, y, which)
        least = max(floor[f], 1e-12)
        plain[0], plain[1], plain[2] = 0.0, 0.0, start[f, 2]
        fits = n > 0 and _plain_circle(x, y, w, n, plain, step, plain_h)
        if fits:
            _from_circle(x, y, n, plain, r)
        clean = fits and _largest(r, n) <= CLEAN_WIDTH * least
        if n > 0 and not clean:
            at[0], at[1], at[2] = 0.0, 0.0, start[f, 2]
            scale = _robust_circle(x, y, w, r, n, least, at, step, h)
            clean = fits and _largest(r, n) <= CLEAN_WIDTH * scale
            if clean:  # its form is larger than its noise, and nothing stands on it
                w[:n] = 1.0
                _from_circle(x, y, n, plain, r)
            elif math.isnan(scale):
                continue
        elif not clean:
            continue
        fitted, inverse = (plain, plain_h) if clean else (at, h)
        params[f, 0], params[f, 1], params[f, 2] = x0 + fitted[0], y0 + fitted[1], fitted[2]
        shape[f] = inverse
        used[f], rms[f] = _written(w, r, which, n, weights, residuals)


@compiled
def _written(w: Floats, r: Floats, which: Index, n: int, weights: Floats, residuals: Floats) -> tuple[float, float]:
    """Puts weights and residuals where their points stand; their total and the root mean square."""
    total = squares = 0.0
    for k in range(n):
        weights[which[k]], residuals[which[k]] = w[k], r[k]
        total += w[k]
        squares += w[k] * r[k] * r[k]
    return total, math.sqrt(squares / total)


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
def _robust_line(
    x: Floats, y: Floats, w: Floats, r: Floats, n: int, floor: float, expected: float, at: Floats, h: Floats
) -> float:
    """The robust line next to the `expected` angle, with its weights and residuals; its scale, NaN if there is none."""
    w[:n] = 1.0
    scale, tukey = math.inf, False
    for round_ in range(_CAUCHY_ROUNDS + _ROUNDS):
        angle, offset = at[0], at[1]
        if not _axis(x, y, w, r, n, expected, at, h):
            return math.nan
        # How far the line moved, at the distance of a standard deviation along it from its middle.
        moved = max(abs(at[1] - offset), abs(at[0] - angle) * math.sqrt(h[1, 1] / h[0, 0]))
        if tukey and moved <= _SETTLED_TUKEY * scale:
            break
        tukey = tukey or round_ >= _CAUCHY_ROUNDS or (round_ > 0 and moved <= _SETTLED_CAUCHY * scale)
        scale = _scale_of(r, n, floor)
        _reweigh(r, w, n, scale, tukey)
    return scale


@compiled
def _lines(
    points: Floats,
    first: Index,
    normals: Floats,
    floor: Floats,
    params: Floats,
    shape: Floats,
    weights: Floats,
    used: Floats,
    rms: Floats,
    residuals: Floats,
) -> None:
    most = 0
    for f in range(len(normals)):
        most = max(most, first[f + 1] - first[f])
    x, y, w, r, which = np.empty(most), np.empty(most), np.empty(most), np.empty(most), np.empty(most, np.intp)
    at, h = np.zeros(3), np.empty((2, 2))
    for f in range(len(normals)):
        if first[f + 1] == first[f]:
            continue
        # Seen from one of the points, points that are all in one place are so exactly.
        x0, y0 = points[first[f], 0], points[first[f], 1]
        if not (math.isfinite(x0) and math.isfinite(y0)):
            x0 = y0 = 0.0
        n = _there(points, first[f], first[f + 1], x0, y0, x, y, which)
        expected = math.atan2(normals[f, 1], normals[f, 0])
        least = max(floor[f], 1e-12)
        w[:n] = 1.0
        if n == 0 or not _axis(x, y, w, r, n, expected, at, h):
            continue
        if _largest(r, n) > CLEAN_WIDTH * least:
            scale = _robust_line(x, y, w, r, n, least, expected, at, h)
            if math.isnan(scale):
                continue
            if _largest(r, n) <= CLEAN_WIDTH * scale:  # its form is larger than its noise, and nothing stands on it
                w[:n] = 1.0
                _axis(x, y, w, r, n, expected, at, h)
        c, s = math.cos(at[0]), math.sin(at[0])
        params[f, 0], params[f, 1], params[f, 2] = at[0], at[1] + c * x0 + s * y0, at[2] + c * y0 - s * x0
        shape[f] = h
        used[f], rms[f] = _written(w, r, which, n, weights, residuals)
