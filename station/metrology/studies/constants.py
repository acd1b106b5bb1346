"""Constants of ranges and standard deviations of normal samples, computed rather than typed in.

d2 and d3 are mean and standard deviation of the range of n standard normal values, c4 the mean of their standard
deviation (ASTM MNL 7; Montgomery, appendix VI). d2* of Duncan serves few samples: d2*² = d2² + d3²/g.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import gammaln, ndtr

LARGEST_SAMPLE = 1000


@lru_cache(maxsize=256)
def _range_moments(n: int) -> tuple[float, float]:
    """Mean and standard deviation of the range of n standard normal values.

    The distribution of the range is P(W < w) = n ∫ φ(x) (Φ(x + w) - Φ(x))^(n - 1) dx; both moments follow from its
    tail. The trapezoidal rule converges exponentially for the inner integral, Gauss-Legendre for the outer.
    """
    if not 2 <= n <= LARGEST_SAMPLE:
        raise ValueError(f"ranges are of 2 to {LARGEST_SAMPLE} values, not {n}")
    step = 1.0 / 32.0
    x = np.arange(-9.0, 9.0 + step / 2.0, step)
    nodes, weights = np.polynomial.legendre.leggauss(160)
    w, weights = 9.0 * (nodes + 1.0), 9.0 * weights
    density = np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)
    between = ndtr(x[None, :] + w[:, None]) - ndtr(x)[None, :]
    tail = 1.0 - n * step * (between ** (n - 1)) @ density
    mean = float(weights @ tail)
    return mean, math.sqrt(float(2.0 * weights @ (w * tail)) - mean * mean)


def d2(n: int) -> float:
    """Mean range of n standard normal values."""
    return _range_moments(n)[0]


def d3(n: int) -> float:
    """Standard deviation of the range of n standard normal values."""
    return _range_moments(n)[1]


def d2_star(n: int, samples: int) -> float:
    """Root mean square of the mean range of `samples` samples of n values (Duncan): AIAG's d2*."""
    return math.hypot(d2(n), d3(n) / math.sqrt(samples))


def range_freedom(n: int, samples: int) -> float:
    """Degrees of freedom of a standard deviation from the mean range of `samples` samples (Patnaik's approximation)."""
    return 1.0 / (-2.0 + 2.0 * math.sqrt(1.0 + 2.0 * (d3(n) / d2(n)) ** 2 / samples))


def c4(n: int) -> float:
    """Mean of the standard deviation of n standard normal values."""
    if n < 2:
        raise ValueError(f"a standard deviation is of 2 values or more, not {n}")
    return c4_of_df(n - 1)


def c4_of_df(df: float) -> float:
    """Mean of a standard deviation of standard normal values with `df` degrees of freedom, which need not be whole."""
    if df > 1e6:  # where the difference of logarithms has no digits left
        return 1.0 - 0.25 / df
    return math.sqrt(2.0 / df) * math.exp(float(gammaln((df + 1.0) / 2.0) - gammaln(df / 2.0)))


def k1(trials: int) -> float:
    """AIAG's factor from the mean range of trials to the repeatability's standard deviation: 1/d2."""
    return 1.0 / d2(trials)


def k2(operators: int) -> float:
    """AIAG's factor from the range of the operators' means to their standard deviation: 1/d2* of one sample."""
    return 1.0 / d2_star(operators, 1)


def k3(parts: int) -> float:
    """AIAG's factor from the range of the parts' means to their standard deviation: 1/d2* of one sample."""
    return 1.0 / d2_star(parts, 1)


@dataclass(frozen=True, slots=True)
class ChartConstants:
    """Factors of three-sigma control charts for samples of n: a2, a3 (means), b3, b4 (s), d3, d4 (R), e2 (single)."""

    n: int
    d2: float
    d3: float
    c4: float
    a2: float
    a3: float
    b3: float
    b4: float
    range_low: float
    range_high: float
    e2: float


@lru_cache(maxsize=64)
def chart_constants(n: int) -> ChartConstants:
    """The factors for samples of n; `range_low` and `range_high` are the tables' D3 and D4."""
    mean, spread, unbiased = d2(n), d3(n), c4(n)
    of_s = 3.0 * math.sqrt(1.0 - unbiased * unbiased) / unbiased
    return ChartConstants(
        n=n,
        d2=mean,
        d3=spread,
        c4=unbiased,
        a2=3.0 / (mean * math.sqrt(n)),
        a3=3.0 / (unbiased * math.sqrt(n)),
        b3=max(0.0, 1.0 - of_s),
        b4=1.0 + of_s,
        range_low=max(0.0, 1.0 - 3.0 * spread / mean),
        range_high=1.0 + 3.0 * spread / mean,
        e2=3.0 / mean,
    )
