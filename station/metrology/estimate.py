"""A figure with its standard uncertainty, and the straight line through some."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and its standard uncertainty `u`, both in the unit that the name of the figure carries."""

    value: float
    u: float

    def times(self, factor: float) -> Estimate:
        """In another unit."""
        return Estimate(self.value * factor, self.u * abs(factor))

    def over(self, other: Estimate) -> Estimate:
        """The quotient of two independent figures."""
        value = self.value / other.value
        return Estimate(value, math.hypot(self.u / other.value, value * other.u / other.value))

    def root(self) -> Estimate:
        """The square root of a variance; 0 where noise left less than nothing, with what it could be at most as u."""
        if self.value <= self.u:
            return Estimate(math.sqrt(max(self.value, 0.0)), math.sqrt(self.u))
        value = math.sqrt(self.value)
        return Estimate(value, self.u / (2.0 * value))


def fitted(design: Floats, observed: Floats, u: Floats) -> tuple[Floats, Floats, float]:
    """Weighted least squares: parameters (p,), their covariance (p, p), and Birge's ratio.

    `design` (n, p), `observed` (n,) with the standard uncertainties `u` (n,). The covariance grows by the square of
    Birge's ratio where the residuals are larger than `u` explains.
    """
    scaled = design / u[:, None]
    covariance = np.linalg.inv(scaled.T @ scaled)
    found = covariance @ (scaled.T @ (observed / u))
    free = max(len(observed) - design.shape[1], 1)
    ratio = math.sqrt(float((((observed - design @ found) / u) ** 2).sum()) / free)
    return found, np.asarray(covariance * max(ratio, 1.0) ** 2, np.float64), ratio
