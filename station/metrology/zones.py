"""Minimum zones (Chebyshev): the smallest half width that holds all deviations, after a motion the tolerance leaves
free.

Roundness, straightness and profile are one problem: minimise max |d - B·x|. It is a linear programme in a few unknowns;
an exchange keeps it small: solve on few points, add the worst offenders, until none is left.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

Floats = NDArray[np.float64]

NOTHING = 1e-9  # deviations below are rounding, and a programme over them would not solve


def minimum_zone(deviations: Floats, basis: Floats) -> tuple[float, Floats]:
    """(half width, residuals (n,)) of the Chebyshev fit of `deviations` (n,) by the columns of `basis` (n, p).

    Exact for the linearised motion; method: exchange algorithm over the LP of ISO/TS 12181-1's minimum zone circles.
    Returns the plain half range when the programme cannot be solved.
    """
    count, size = basis.shape
    if count <= size or float(np.abs(deviations).max(initial=0.0)) < NOTHING:
        return 0.0, np.zeros(count)
    scale = np.maximum(np.abs(basis).max(axis=0), 1e-300)
    unit = max(float(np.abs(deviations).max()), 1e-300)
    b, d = basis / scale, deviations / unit
    active = np.unique(
        np.concatenate([np.linspace(0, count - 1, min(count, 16)).astype(int), [int(d.argmax()), int(d.argmin())]])
    )
    x = np.zeros(size)
    for _ in range(60):
        rows = b[active]
        ones = np.ones((len(active), 1))
        solved = linprog(
            np.append(np.zeros(size), 1.0),
            A_ub=np.block([[rows, -ones], [-rows, -ones]]),
            b_ub=np.concatenate([d[active], -d[active]]),
            bounds=[(None, None)] * size + [(0, None)],
            method="highs",
        )
        if solved.x is None:
            break
        x, half = solved.x[:size], float(solved.x[size])
        residuals = d - b @ x
        excess = np.abs(residuals) - half
        if excess.max() <= 1e-9:
            break
        worst = np.argsort(-excess)[:8]
        active = np.union1d(active, worst[excess[worst] > 1e-9])
    residuals = d - b @ x
    return float(np.abs(residuals).max()) * unit, residuals * unit


def smooth(values: Floats, sigma_points: float, closed: bool) -> Floats:
    """Gaussian low-pass (n,) along a contour, in points; open ends are repaired by normalising the weights."""
    count = len(values)
    if sigma_points <= 0.3 or count < 5:
        return values
    reach = min(int(np.ceil(4.0 * sigma_points)), count - 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_points) ** 2)
    if closed:
        padded = np.concatenate([values[-reach:], values, values[:reach]])
        return np.asarray(np.convolve(padded, kernel / kernel.sum(), mode="valid"))
    weight = np.convolve(np.ones(count), kernel, mode="full")[reach : reach + count]
    total = np.convolve(values, kernel, mode="full")[reach : reach + count]
    return np.asarray(total / weight)


def noise_left(sigma_points: float) -> float:
    """Factor by which `smooth` reduces white noise: 1 / sqrt(2 √π σ)."""
    return 1.0 if sigma_points <= 0.3 else min(1.0, float(1.0 / np.sqrt(2.0 * np.sqrt(np.pi) * sigma_points)))


def robust_residuals(deviations: Floats, basis: Floats, floor: float) -> Floats:
    """Residuals (n,) of `deviations` after the motion along the columns of `basis` (n, p) that fits most of them best.

    Iteratively reweighted least squares with Tukey's biweight (width 4.685 robust standard deviations, at least
    `floor`).
    """
    if basis.shape[1] == 0:
        return deviations
    scaled = basis / np.maximum(np.abs(basis).max(axis=0), 1e-300)
    weights = np.ones(len(deviations))
    residuals = deviations
    for _ in range(25):
        root = np.sqrt(weights)
        motion, *_ = np.linalg.lstsq(scaled * root[:, None], deviations * root, rcond=1e-9)
        residuals = deviations - scaled @ motion
        spread = max(1.4826 * float(np.median(np.abs(residuals))), floor, 1e-12)
        ratio = np.minimum(np.abs(residuals) / (4.685 * spread), 1.0)
        updated = (1.0 - ratio**2) ** 2
        if np.abs(updated - weights).max() < 1e-6:
            break
        weights = updated
    return residuals
