"""Where a camera is in focus, and how far a part may lie off: the edge spread along a series of heights.

Out of focus a point becomes a disc whose width grows with the distance from the best position z0, and widths of
independent blurs add in quadrature, so σ²(z) = σ0² + (c (z − z0))². That is a parabola in z, fitted by least squares of
relative deviations. What the fit leaves tells its uncertainty. Depth is where σ stays below what is allowed.

A telecentric lens shows a part equally large at every height: the slope of the size against height, relative per
millimetre, says how far that is true. Half the field times the slope is the tangent of the chief ray's angle there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.errors import CalibrationError
from station.metrology.estimate import Estimate, fitted

Floats = NDArray[np.float64]

LEAST_POSITIONS = 5
SHOWN = 2.0  # standard uncertainties from which a tilt or a slope is taken for real


@dataclass(frozen=True, slots=True)
class FocusCurve:
    """σ² = σ0² + (c (z − z0))²: `best_mm` z0, `sharpest_px` σ0, `growth_px_per_mm` c; `residual_percent` rms of what
    the fit leaves of σ."""

    best_mm: Estimate
    sharpest_px: Estimate
    growth_px_per_mm: Estimate
    residual_percent: float

    def sigma_px(self, z_mm: float) -> float:
        """The edge spread at a height."""
        return math.hypot(self.sharpest_px.value, self.growth_px_per_mm.value * (z_mm - self.best_mm.value))

    def depth_mm(self, allowed_px: float) -> float:
        """How far above and below the best position edges stay as sharp as `allowed_px` (half the depth of field)."""
        room = allowed_px**2 - self.sharpest_px.value**2
        return math.sqrt(max(room, 0.0)) / self.growth_px_per_mm.value


@dataclass(frozen=True, slots=True)
class FocusCell:
    """The best position of one part of the field, whose edges lie around (x, y) px on average."""

    x_px: float
    y_px: float
    best_mm: Estimate


@dataclass(frozen=True, slots=True)
class FocalPlane:
    """How the best position changes over the field: by `per_px_x`, `per_px_y` (mm/px), with what the cells leave."""

    per_px_x: Estimate
    per_px_y: Estimate
    residual_mm: float

    @property
    def shown(self) -> bool:
        """Whether the tilt is more than chance."""
        return any(abs(slope.value) > SHOWN * slope.u for slope in (self.per_px_x, self.per_px_y))


def fit_focus(z_mm: Floats, sigma_px: Floats) -> FocusCurve:
    """The curve through edge spreads `sigma_px` (n,) at heights `z_mm` (n,).

    Raises:
        CalibrationError: too few heights, no best position, or one outside of the series.
    """
    heights = np.unique(z_mm)
    if len(heights) < LEAST_POSITIONS:
        raise CalibrationError(
            f"there are edges to be measured at {len(heights)} heights, at least {LEAST_POSITIONS} are needed"
        )
    middle, span = float(heights.mean()), float(np.ptp(heights)) / 2.0
    t = (z_mm - middle) / span
    rows = np.column_stack([np.ones_like(t), t, t * t])
    # Relative deviations of σ: of σ² twice as large.
    found, covariance, left = fitted(rows, sigma_px**2, 2.0 * sigma_px**2)
    a, b, c = (float(v) for v in found)
    # Scaled to what the residuals really are, also where they are smaller than 1.
    covariance = covariance * min(left, 1.0) ** 2
    if c <= 0.0 or c < SHOWN * math.sqrt(float(covariance[2, 2])):
        raise CalibrationError(
            "the edge spread does not grow away from a best position: take a longer series, on both sides of the focus"
        )
    best = -b / (2.0 * c)
    if not t.min() <= best <= t.max():
        raise CalibrationError(
            f"the best position (about {middle + span * best:.4g} mm) lies outside of the series "
            f"({heights[0]:g} to {heights[-1]:g} mm): take it on both sides of the focus"
        )
    least = a - b * b / (4.0 * c)
    if least <= 0.0:
        raise CalibrationError(
            "the edge spreads are no parabola over height: check that each height belongs to its picture"
        )
    d_best = np.array([0.0, -1.0 / (2.0 * c), b / (2.0 * c * c)])
    d_least = np.array([1.0, -b / (2.0 * c), b * b / (4.0 * c * c)])
    sharpest = math.sqrt(least)
    return FocusCurve(
        best_mm=Estimate(middle + span * best, span * _u(d_best, covariance)),
        sharpest_px=Estimate(sharpest, _u(d_least, covariance) / (2.0 * sharpest)),
        growth_px_per_mm=Estimate(
            math.sqrt(c) / span, math.sqrt(float(covariance[2, 2])) / (2.0 * math.sqrt(c)) / span
        ),
        residual_percent=100.0 * left,
    )


def fit_plane(cells: Sequence[FocusCell]) -> FocalPlane | None:
    """The plane through the best positions over the field; None with fewer than five cells or all in a line."""
    if len(cells) < 5:
        return None
    x, y = np.array([cell.x_px for cell in cells]), np.array([cell.y_px for cell in cells])
    scale = max(float(np.ptp(x)), float(np.ptp(y)))
    rows = np.column_stack([np.ones_like(x), (x - x.mean()) / scale, (y - y.mean()) / scale])
    if np.linalg.cond(rows) > 50.0:
        return None
    observed, u = np.array([cell.best_mm.value for cell in cells]), np.array([cell.best_mm.u for cell in cells])
    found, covariance, _ = fitted(rows, observed, u)
    slopes = [Estimate(float(found[k]) / scale, math.sqrt(float(covariance[k, k])) / scale) for k in (1, 2)]
    left = observed - rows @ found
    return FocalPlane(slopes[0], slopes[1], float(np.sqrt((left**2).sum() / (len(cells) - 3))))


def fit_size(z_mm: Floats, size: Floats, best_mm: float) -> Estimate:
    """Relative change of size per millimetre of height, from sizes (n,) relative to one another."""
    rows = np.column_stack([np.ones_like(z_mm), z_mm - best_mm])
    found, covariance, left = fitted(rows, size, np.ones_like(size))
    covariance = covariance * min(left, 1.0) ** 2
    return Estimate(float(found[1] / found[0]), math.sqrt(float(covariance[1, 1])) / float(found[0]))


def _u(gradient: Floats, covariance: Floats) -> float:
    return math.sqrt(max(float(gradient @ covariance @ gradient), 0.0))
