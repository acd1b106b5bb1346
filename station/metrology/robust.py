"""What robust fits share: points seen from near by, the scale of residuals, weights, and when a fit has settled."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

TUKEY_WIDTH = 6.0
CLEAN_WIDTH = 4.5  # robust standard deviations; of a thousand Gaussian points one exceeds it in 150 features
_SIGMA = 1.4826  # of a normal distribution, per median of the absolute values
ROUNDS = 30
CAUCHY_ROUNDS = 6
SETTLED_CAUCHY = 1e-2  # step of a round with Cauchy's weights relative to the robust scale: near enough for Tukey's
SETTLED_TUKEY = 1e-7


@compiled
def there(
    points: Floats, noise: Floats, begin: int, end: int, x0: float, y0: float,
    x: Floats, y: Floats, variance: Floats, which: Index,
) -> int:  # fmt: skip
    """Copies the points that are numbers, seen from (x0, y0), and the squares of their noise; returns how many. Near
    the origin nothing cancels."""
    n = 0
    for i in range(begin, end):
        px, py = points[i, 0] - x0, points[i, 1] - y0
        if math.isfinite(px) and math.isfinite(py):
            x[n], y[n], variance[n], which[n] = px, py, noise[i] * noise[i], i
            n += 1
    return n


@compiled
def scale_of(r: Floats, n: int, floor: float) -> float:
    """Robust standard deviation of the residuals, never below the floor."""
    return max(_SIGMA * float(np.median(np.abs(r[:n]))), floor)


@compiled
def largest(r: Floats, n: int) -> float:
    """The largest absolute value of the first `n`."""
    found = 0.0
    for i in range(n):
        found = max(found, abs(r[i]))
    return found


@compiled
def reweigh(r: Floats, w: Floats, n: int, scale: float, tukey: bool) -> None:
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
def by_noise(r: Floats, variance: Floats, n: int, w: Floats) -> None:
    """Weights of points that have each its own noise and all the same form: 1 / (u² + f²), 1 on average.

    f² is what the residuals scatter more than the noise says (random effects, as DerSimonian & Laird, Controlled
    Clinical Trials 7, 1986, have them): where a part has form all its points count alike.
    """
    squares = noises = 0.0
    for i in range(n):
        squares += r[i] * r[i]
        noises += variance[i]
    if not noises > 0.0:
        w[:n] = 1.0
        return
    form, least = max(squares - noises, 0.0) / n, 1e-6 * noises / n
    total = 0.0
    for i in range(n):
        w[i] = 1.0 / max(variance[i] + form, least)
    for i in range(n):
        total += w[i]
    w[:n] *= n / total


@compiled
def written(w: Floats, r: Floats, which: Index, n: int, weights: Floats, residuals: Floats) -> tuple[float, float]:
    """Puts weights and residuals where their points stand; their total and the root mean square."""
    total = squares = 0.0
    for k in range(n):
        weights[which[k]], residuals[which[k]] = w[k], r[k]
        total += w[k]
        squares += w[k] * r[k] * r[k]
    return total, math.sqrt(squares / total)
