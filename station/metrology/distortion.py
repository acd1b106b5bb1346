"""Brown-Conrady lens distortion of normalised image coordinates, its derivative and its exact inverse.

Coefficients (k1, k2, p1, p2, k3) in OpenCV's order. Source: D. C. Brown, "Close-range camera calibration" (1971).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

_NEWTON_STEPS = 30
_CONVERGED = 1e-12


def distort(ideal: Floats, distortion: Sequence[float]) -> Floats:
    """(n, 2) undistorted to (n, 2) distorted normalised coordinates."""
    if not any(distortion):
        return ideal
    k1, k2, p1, p2, k3 = distortion
    x, y = ideal[:, 0], ideal[:, 1]
    r2 = x * x + y * y
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    return np.column_stack(
        [x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x), y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y]
    )


def distortion_jacobian(ideal: Floats, distortion: Sequence[float]) -> Floats:
    """(n, 2) undistorted coordinates to (n, 2, 2): the derivative of `distort` there."""
    k1, k2, p1, p2, k3 = distortion
    x, y = ideal[:, 0], ideal[:, 1]
    r2 = x * x + y * y
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    slope = 2 * (k1 + r2 * (2 * k2 + r2 * 3 * k3))
    cross = x * y * slope + 2 * p1 * x + 2 * p2 * y
    xx = radial + x * x * slope + 2 * p1 * y + 6 * p2 * x
    yy = radial + y * y * slope + 6 * p1 * y + 2 * p2 * x
    return np.stack([np.column_stack([xx, cross]), np.column_stack([cross, yy])], axis=1)


def undistort(bent: Floats, distortion: Sequence[float]) -> Floats:
    """(n, 2) distorted to (n, 2) undistorted coordinates, by Newton's method; NaN where there is no inverse."""
    if not any(distortion):
        return bent
    ideal = bent.copy()
    finished = False
    with np.errstate(all="ignore"):
        for _ in range(_NEWTON_STEPS):
            miss = distort(ideal, distortion) - bent
            j = distortion_jacobian(ideal, distortion)
            det = j[:, 0, 0] * j[:, 1, 1] - j[:, 0, 1] * j[:, 1, 0]
            step_x = (j[:, 1, 1] * miss[:, 0] - j[:, 0, 1] * miss[:, 1]) / det
            step_y = (j[:, 0, 0] * miss[:, 1] - j[:, 1, 0] * miss[:, 0]) / det
            ideal[:, 0] -= step_x
            ideal[:, 1] -= step_y
            if finished:
                break
            sizes = np.abs(np.concatenate([step_x, step_y]))
            finished = not bool((sizes > _CONVERGED).any())  # convergence is quadratic: one more step is exact
        miss = np.abs(distort(ideal, distortion) - bent).max(axis=1, initial=0.0)
        ideal[~((miss < _CONVERGED) & (det > 0))] = np.nan
    return ideal
