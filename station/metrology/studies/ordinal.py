"""Agreement of ordered ratings: Kendall's coefficient of concordance between several ratings, and his rank correlation
with the standard (Kendall & Babington Smith 1939; Kendall 1945 for ties; as Minitab's attribute agreement analysis).

Kappa counts a disagreement by one step and by four alike; these do not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc, ndtr
from scipy.stats import rankdata

from station.metrology.studies.kappa import Kappa

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Concordance:
    """Kendall's W of k ratings of n parts, 0 to 1, with its chi-squared test; None where nobody told parts apart."""

    w: float | None
    chi2: float | None
    df: int
    p: float | None


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Kendall's tau-b with the standard, the mean over ratings; z with correction for continuity, p one-sided."""

    tau: float | None
    standard_error: float | None
    z: float | None
    p: float | None


def concordance(ratings: Floats) -> Concordance:
    """W of `ratings` (parts, ratings of each), corrected for ties.

    Raises:
        ValueError: fewer than two parts or ratings.
    """
    n, k = ratings.shape
    if min(n, k) < 2:
        raise ValueError("concordance needs at least 2 parts and 2 ratings of each")
    ranks = np.column_stack([rankdata(column) for column in ratings.T])
    ties = sum(float((counts.astype(float) ** 3 - counts).sum())
               for counts in (np.unique(column, return_counts=True)[1] for column in ratings.T))  # fmt: skip
    sums = ranks.sum(axis=1)
    most = k * k * n * (n * n - 1.0) - k * ties
    if most <= 0.0:
        return Concordance(None, None, n - 1, None)
    w = 12.0 * float(((sums - sums.mean()) ** 2).sum()) / most
    chi2 = k * (n - 1) * w
    return Concordance(w, chi2, n - 1, float(gammaincc((n - 1) / 2.0, chi2 / 2.0)))


def rank_correlation(ratings: Floats, standard: Floats) -> RankCorrelation:
    """Tau-b of each column of `ratings` (parts, ratings of each) with `standard` (parts), averaged.

    The variance is Kendall's under no association and no ties, 2(2n + 5) / (9n(n - 1)), over the number of ratings.
    """
    n, k = ratings.shape
    taus = [tau_b(column, standard) for column in ratings.T]
    if any(tau is None for tau in taus) or n < 2:
        return RankCorrelation(None, None, None, None)
    tau = math.fsum(t for t in taus if t is not None) / k
    error = math.sqrt(2.0 * (2.0 * n + 5.0) / (9.0 * n * (n - 1.0)) / k)
    z = (tau - 2.0 / (n * (n - 1.0))) / error
    return RankCorrelation(tau, error, z, float(ndtr(-z)))


def tau_b(first: Floats, second: Floats) -> float | None:
    """Kendall's tau-b; None where one of both is constant."""
    one, other = (np.sign(v[:, None] - v[None, :]) for v in (first, second))
    scale = math.sqrt(float((one * one).sum()) * float((other * other).sum()))
    return float((one * other).sum()) / scale if scale > 0.0 else None


def weighted(table: NDArray[np.int64], values: Sequence[float], power: int) -> Kappa:
    """Cohen's weighted kappa of a square table of counts; disagreements weigh |difference|^power of the categories'
    `values` (1 linear, 2 quadratic; Cohen 1968). The error is that of chance alone (Fleiss, Cohen & Everitt 1969)."""
    v = np.asarray(values, dtype=float)
    n = int(table.sum())
    cost = np.abs(v[:, None] - v[None, :]) ** power
    if cost.max() <= 0.0:
        return Kappa(None, None, None, None, n)
    weights = 1.0 - cost / cost.max()
    shares = table / n
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    by_chance = np.outer(rows, columns)
    observed, expected = float((weights * shares).sum()), float((weights * by_chance).sum())
    if expected >= 1.0:
        return Kappa(None, None, None, None, n)
    kappa = (observed - expected) / (1.0 - expected)
    mean_rows, mean_columns = weights @ columns, rows @ weights
    spread = float((by_chance * (weights - mean_rows[:, None] - mean_columns[None, :]) ** 2).sum()) - expected**2
    error = math.sqrt(max(spread, 0.0) / n) / (1.0 - expected)
    z = kappa / error if error > 0.0 else None
    return Kappa(kappa, error, z, None if z is None else float(ndtr(-z)), n)
