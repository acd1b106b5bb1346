"""Agreement beyond chance: Cohen's kappa of two raters, Fleiss's of any number (Cohen 1960; Fleiss 1971; Fleiss, Nee &
Landis 1979 for the standard errors under no agreement)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from station.metrology.studies.summary import Interval


@dataclass(frozen=True, slots=True)
class Kappa:
    """Kappa with its standard error under chance alone, z and the one-sided p; kappa None where only one category was
    ever named, so that chance alone explains everything. `spread` is the standard error about the value that was found,
    which an interval rests on; None where it is not known."""

    kappa: float | None
    standard_error: float | None
    z: float | None
    p: float | None
    n: int
    spread: float | None = None

    def interval(self, confidence: float) -> Interval | None:
        """Confidence interval of large samples; None where `spread` is not known."""
        if self.kappa is None or self.spread is None:
            return None
        half = float(ndtri(0.5 + confidence / 2.0)) * self.spread
        return Interval(self.kappa - half, min(1.0, self.kappa + half))


@dataclass(frozen=True, slots=True)
class FleissKappa:
    """Fleiss's kappa, overall and by category."""

    overall: Kappa
    by_category: tuple[Kappa, ...]


def crosstab(first: Sequence[str], second: Sequence[str], categories: Sequence[str]) -> NDArray[np.int64]:
    """Counts of pairs: rows as the first rater, columns as the second."""
    place = {c: i for i, c in enumerate(categories)}
    found = np.zeros((len(categories), len(categories)), dtype=np.int64)
    for a, b in zip(first, second, strict=True):
        found[place[a], place[b]] += 1
    return found


def cohen(table: NDArray[np.int64]) -> Kappa:
    """Cohen's kappa of a square table of counts, with both of its errors (Fleiss, Cohen & Everitt 1969)."""
    n = int(table.sum())
    shares = table / n
    rows, columns = table.sum(axis=1) / n, table.sum(axis=0) / n
    observed, expected = float(np.trace(table)) / n, float(rows @ columns)
    if expected >= 1.0:
        return Kappa(None, None, None, None, n)
    kappa = (observed - expected) / (1.0 - expected)
    variance = (expected + expected**2 - float((rows * columns * (rows + columns)).sum())) / (n * (1.0 - expected) ** 2)
    both = columns[:, None] + rows[None, :]  # of cell (i, j): how often j's row and i's column were named
    agreed = float((np.diag(shares) * (1.0 - np.diag(both) * (1.0 - kappa)) ** 2).sum())
    apart = float((shares * both**2).sum() - (np.diag(shares) * np.diag(both) ** 2).sum())
    about = agreed + (1.0 - kappa) ** 2 * apart - (kappa - expected * (1.0 - kappa)) ** 2
    spread = math.sqrt(max(about, 0.0) / n) / (1.0 - expected)
    return _tested(kappa, math.sqrt(max(variance, 0.0)), n, spread)


def fleiss(counts: NDArray[np.int64]) -> FleissKappa:
    """Fleiss's kappa of `counts` (subjects, categories): how many of the m ratings of a subject named each category.

    Raises:
        ValueError: subjects with unlike numbers of ratings, or with a single one.
    """
    n, _ = counts.shape
    raters = counts.sum(axis=1)
    m = int(raters[0])
    if m < 2 or not (raters == m).all():
        raise ValueError("Fleiss's kappa needs the same number of ratings, two at least, of every part")
    p = counts.sum(axis=0) / (n * m)
    q = 1.0 - p
    pairs = n * m * (m - 1)
    disagreements = (counts * (m - counts)).sum(axis=0)
    single = tuple(
        _tested(1.0 - float(d) / (pairs * pj * qj), math.sqrt(2.0 / pairs), n)
        if pj * qj > 0.0
        else Kappa(None, None, None, None, n)
        for d, pj, qj in zip(disagreements, p, q, strict=True)
    )
    chance = float((p * q).sum())
    if chance <= 0.0:
        return FleissKappa(Kappa(None, None, None, None, n), single)
    overall = 1.0 - float(disagreements.sum()) / (pairs * chance)
    inner = max(chance**2 - float((p * q * (q - p)).sum()), 0.0)
    error = math.sqrt(2.0 * inner / pairs) / chance
    return FleissKappa(_tested(overall, error, n, _spread_of_fleiss(counts, m, p, overall)), single)


def _spread_of_fleiss(counts: NDArray[np.int64], m: int, p: NDArray[np.float64], kappa: float) -> float | None:
    """Standard error about the value found, from how subjects differ (Gwet 2008, as R's irrCAC has it)."""
    n = len(counts)
    if n < 2:
        return None
    by_chance = float((p * p).sum())
    own = ((counts * (counts - 1)).sum(axis=1) / (m * (m - 1)) - by_chance) / (1.0 - by_chance)
    own = own - 2.0 * (1.0 - kappa) * (counts @ p / m - by_chance) / (1.0 - by_chance)
    return math.sqrt(float(((own - kappa) ** 2).sum()) / (n * (n - 1.0)))


def mean_of(kappas: Sequence[Kappa]) -> Kappa:
    """The mean of kappas with its standard error: Fleiss against a standard is a mean over trials."""
    if not kappas:
        return Kappa(None, None, None, None, 0)
    values = [k.kappa for k in kappas if k.kappa is not None]
    errors = [k.standard_error for k in kappas if k.standard_error is not None]
    if len(values) < len(kappas):
        return Kappa(None, None, None, None, kappas[0].n)
    return _tested(
        math.fsum(values) / len(values), math.sqrt(math.fsum(e * e for e in errors)) / len(errors), kappas[0].n
    )


def _tested(kappa: float, standard_error: float, n: int, spread: float | None = None) -> Kappa:
    if standard_error <= 0.0:
        return Kappa(kappa, standard_error, None, None, n, spread)
    z = kappa / standard_error
    return Kappa(kappa, standard_error, z, float(ndtr(-z)), n, spread)
