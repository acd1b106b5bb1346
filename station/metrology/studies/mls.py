"""Confidence intervals of variance components by the modified large-sample method (MLS): of any sum and difference of
mean squares.

Graybill & Wang 1980 for sums, Ting, Burdick, Graybill, Jeyaratnam & Lu 1990 where some are subtracted; for gauge R&R as
Burdick, Borror & Montgomery 2003 (J. Quality Technology 35) and 2005 give them. Exact for a single mean square, and for
differences where one of both dominates; unlike Satterthwaite's it holds with two or three operators.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

from scipy.special import fdtri

from station.metrology.studies.summary import Interval, chi2_quantile

Term = tuple[float, float]  # weight times mean square, of either sign, and its degrees of freedom


def mls(terms: Sequence[Term], confidence: float) -> Interval:
    """Two-sided interval of a sum of terms; no end lies below 0."""
    estimate = math.fsum(value for value, _ in terms)
    tail = (1.0 - confidence) / 2.0
    plus = [(value, df) for value, df in terms if value > 0.0 and df > 0]
    minus = [(-value, df) for value, df in terms if value < 0.0 and df > 0]
    low = estimate - math.sqrt(max(0.0, _spread_below(plus, minus, tail)))
    high = estimate + math.sqrt(max(0.0, _spread_above(plus, minus, tail)))
    return Interval(max(0.0, low), max(0.0, high))


def _spread_below(plus: Sequence[Term], minus: Sequence[Term], tail: float) -> float:
    """Square of the distance from the estimate to the lower end."""
    found = math.fsum((_g(df, tail) * v) ** 2 for v, df in plus) + math.fsum((_h(df, tail) * v) ** 2 for v, df in minus)
    for v, n in plus:
        for w, m in minus:
            f = float(fdtri(n, m, 1.0 - tail))
            found += ((f - 1.0) ** 2 - (_g(n, tail) * f) ** 2 - _h(m, tail) ** 2) / f * v * w
    return found + (_pairs(plus, tail) if minus else 0.0)


def _spread_above(plus: Sequence[Term], minus: Sequence[Term], tail: float) -> float:
    """Square of the distance from the estimate to the upper end."""
    found = math.fsum((_h(df, tail) * v) ** 2 for v, df in plus) + math.fsum((_g(df, tail) * v) ** 2 for v, df in minus)
    for v, n in plus:
        for w, m in minus:
            f = float(fdtri(n, m, tail))
            found += ((1.0 - f) ** 2 - (_h(n, tail) * f) ** 2 - _g(m, tail) ** 2) / f * v * w
    return found + (_pairs(minus, tail) if plus else 0.0)


def _pairs(terms: Sequence[Term], tail: float) -> float:
    """What terms of one sign add in pairs where others are subtracted: the stars of Ting et al."""
    found = 0.0
    for (v, n), (w, m) in combinations(terms, 2):
        both = (_g(n + m, tail) * (n + m)) ** 2 / (n * m)
        found += (both - _g(n, tail) ** 2 * n / m - _g(m, tail) ** 2 * m / n) / (len(terms) - 1) * v * w
    return found


def _g(df: float, tail: float) -> float:
    """1 - df / chi², upper tail: how far down a mean square reaches."""
    return 1.0 - df / chi2_quantile(1.0 - tail, df)


def _h(df: float, tail: float) -> float:
    """df / chi² - 1, lower tail: how far up."""
    return df / chi2_quantile(tail, df) - 1.0
