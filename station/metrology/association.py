"""Ideal circles and lines through measured points: least squares (ISO 14405-1 GG), robust, all features at once.

Points of all features stand in one array with the feature's number beside each; every iteration solves all the small
normal equations together. Contamination (dust, a fibre) is taken out by Tukey's biweight with a width of six robust
standard deviations, wide enough to leave the part's own form alone. A fit that fails is NaN, not an exception.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Index: TypeAlias = NDArray[np.intp]

TUKEY_WIDTH = 6.0
_ROUNDS = 20
_CAUCHY_ROUNDS = 6


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
    """Geometric least-squares circles. `start` (f, 3) initial x, y, r; `floor` (f,) least scale of the robust weights.

    Gauss–Newton on the orthogonal distances (Gander, Golub & Strebel 1994, section 4), batched.
    """
    params = start.astype(np.float64).copy()
    count = len(params)
    weights = np.ones(len(points))
    shape = np.full((count, 3, 3), np.nan)
    residuals = np.zeros(len(points))
    for round_ in range(_ROUNDS):
        dx, dy = points[:, 0] - params[index, 0], points[:, 1] - params[index, 1]
        distance = np.maximum(np.hypot(dx, dy), 1e-12)
        residuals = distance - params[index, 2]
        if round_ >= 1:
            weights = _weights(round_, residuals, index, count, floor)
        jacobian = np.stack([dx / distance, dy / distance, np.ones_like(dx)], axis=1)
        step, shape = _solve(jacobian, residuals, weights, index, count)
        params = params + step
        if round_ > _CAUCHY_ROUNDS + 2 and np.nanmax(np.abs(step), initial=0.0) < 1e-12:
            break
    return _finished(params, shape, weights, residuals, index, count)


def fit_lines(points: Floats, index: Index, normals: Floats, floor: Floats) -> Fits:
    """Orthogonal least-squares lines; `normals` (f, 2) expected unit normals. Offset = normal · point.

    The third parameter is the mean position along the line, about which angle and offset are independent; it carries
    no uncertainty of its own. `shape` is (f, 2, 2) for (angle, offset at that position).
    """
    count = len(normals)
    angle = np.arctan2(normals[:, 1], normals[:, 0])
    offset = np.zeros(count)
    along = np.zeros(count)
    weights = np.ones(len(points))
    shape = np.full((count, 2, 2), np.nan)
    residuals = np.zeros(len(points))
    for round_ in range(_ROUNDS):
        nx, ny = np.cos(angle), np.sin(angle)
        across = points[:, 0] * nx[index] + points[:, 1] * ny[index]
        run = -points[:, 0] * ny[index] + points[:, 1] * nx[index]
        total = np.maximum(_sum(weights, index, count), 1e-12)
        along = _sum(weights * run, index, count) / total
        if round_ == 0:
            offset = _sum(weights * across, index, count) / total
        residuals = across - offset[index]
        if round_ >= 1:
            weights = _weights(round_, residuals, index, count, floor)
        jacobian = np.stack([-(run - along[index]), np.ones_like(run)], axis=1)
        step, shape = _solve(jacobian, residuals, weights, index, count)
        # Turning the normal by d moves the foot of the mean position by along·d: keep offset at that position.
        angle = angle + step[:, 0]
        offset = offset + step[:, 1] + along * step[:, 0]
        if round_ > _CAUCHY_ROUNDS + 2 and np.nanmax(np.abs(step), initial=0.0) < 1e-13:
            break
    nx, ny = np.cos(angle), np.sin(angle)
    across = points[:, 0] * nx[index] + points[:, 1] * ny[index]
    run = -points[:, 0] * ny[index] + points[:, 1] * nx[index]
    total = np.maximum(_sum(weights, index, count), 1e-12)
    along = _sum(weights * run, index, count) / total
    offset = _sum(weights * across, index, count) / total
    residuals = across - offset[index]
    return _finished(np.stack([angle, offset, along], axis=1), shape, weights, residuals, index, count)


def _sum(values: Floats, index: Index, count: int) -> Floats:
    return np.asarray(np.bincount(index, values, minlength=count)[:count], dtype=np.float64)


def _solve(jacobian: Floats, residuals: Floats, weights: Floats, index: Index, count: int) -> tuple[Floats, Floats]:
    size = jacobian.shape[1]
    normal = np.empty((count, size, size))
    right = np.empty((count, size))
    for a in range(size):
        right[:, a] = _sum(weights * jacobian[:, a] * residuals, index, count)
        for b in range(a, size):
            normal[:, a, b] = normal[:, b, a] = _sum(weights * jacobian[:, a] * jacobian[:, b], index, count)
    # Symmetric scaling keeps the condition number honest whatever the units are.
    scale = np.sqrt(np.maximum(np.einsum("fii->fi", normal), 1e-300))
    scaled = normal / (scale[:, :, None] * scale[:, None, :])
    usable = np.isfinite(scaled).all(axis=(1, 2)) & (np.abs(np.linalg.det(np.nan_to_num(scaled))) > 1e-12)
    safe = np.where(usable[:, None, None], scaled, np.eye(size))
    inverse = np.linalg.inv(safe) / (scale[:, :, None] * scale[:, None, :])
    inverse = np.where(usable[:, None, None], inverse, np.nan)
    return np.einsum("fab,fb->fa", inverse, right), inverse


def _weights(round_: int, residuals: Floats, index: Index, count: int, floor: Floats) -> Floats:
    """Cauchy's weights for a few rounds, which long contamination cannot hold up; then Tukey's, which drop it."""
    if round_ > _CAUCHY_ROUNDS:
        return _biweight(residuals, index, count, floor)
    scale = np.maximum(1.4826 * segmented_median(np.abs(residuals), index, count), np.maximum(floor, 1e-12))
    return np.asarray(1.0 / (1.0 + (residuals / scale[index]) ** 2))


def _biweight(residuals: Floats, index: Index, count: int, floor: Floats) -> Floats:
    scale = np.maximum(1.4826 * segmented_median(np.abs(residuals), index, count), np.maximum(floor, 1e-12))
    ratio = np.abs(residuals) / (TUKEY_WIDTH * scale[index])
    return np.where(ratio < 1.0, (1.0 - np.minimum(ratio, 1.0) ** 2) ** 2, 0.0)


def segmented_median(values: Floats, index: Index, count: int) -> Floats:
    """Median (count,) of the values of each segment; NaN where a segment is empty."""
    order = np.lexsort((values, index))
    sizes = np.bincount(index, minlength=count)[:count]
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    ordered = np.append(values[order], np.nan)
    low, high = first + np.maximum(sizes - 1, 0) // 2, first + sizes // 2
    median = 0.5 * (ordered[np.minimum(low, len(values))] + ordered[np.minimum(high, len(values))])
    return np.where(sizes > 0, median, np.nan)


def _finished(params: Floats, shape: Floats, weights: Floats, residuals: Floats, index: Index, count: int) -> Fits:
    total = _sum(weights, index, count)
    with np.errstate(invalid="ignore", divide="ignore"):
        rms = np.sqrt(_sum(weights * residuals**2, index, count) / total)
    return Fits(params, shape, weights, total, rms, residuals)
