"""Attribute agreement: several appraisers judge parts several times, with or without a standard (AIAG MSA 4th edition,
III C; Minitab's attribute agreement analysis)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from station.metrology.studies.kappa import FleissKappa, Kappa, cohen, crosstab, fleiss, mean_of
from station.metrology.studies.summary import Interval, share_interval


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many of n parts were judged alike, with the exact interval of the share in percent."""

    matched: int
    n: int
    percent: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Appraiser:
    """One appraiser: agreement with himself, and with the standard where there is one.

    `effectiveness` counts parts that were judged right every time. The miss rate is the share of judgements that accept
    a bad part, the false alarm rate that reject a good one, both in percent with exact intervals.
    """

    name: str
    within: Agreement | None
    within_fleiss: FleissKappa | None
    effectiveness: Agreement | None
    cohen: Kappa | None
    fleiss: FleissKappa | None
    miss: Agreement | None
    false_alarm: Agreement | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two appraisers against each other, all trials pooled: AIAG's cross-tabulation."""

    first: str
    second: str
    table: tuple[tuple[int, ...], ...]
    cohen: Kappa


@dataclass(frozen=True, slots=True)
class Attribute:
    """The whole study; what needs a standard is None without one."""

    categories: tuple[str, ...]
    accepted: str | None
    appraisers: tuple[Appraiser, ...]
    pairs: tuple[Pair, ...]
    between: Agreement | None
    between_fleiss: FleissKappa | None
    system: Agreement | None
    all_fleiss: FleissKappa | None
    all_cohen: Kappa | None
    confidence: float


def attribute(
    ratings: Sequence[Sequence[Sequence[str]]],
    names: Sequence[str],
    standard: Sequence[str] | None = None,
    *,
    accepted: str | None = None,
    confidence: float = 0.95,
) -> Attribute:
    """The study of `ratings` [part][appraiser][trial] by the appraisers `names`, against `standard` [part].

    `accepted` is the category that lets a part through; it is needed for miss and false alarm rates.

    Raises:
        ValueError: fewer than two parts, or a table that is not complete.
    """
    table = np.array(ratings, dtype=object)
    if table.ndim != 3 or table.shape[0] < 2:
        raise ValueError("an attribute study needs at least 2 parts, each judged equally often by every appraiser")
    said = set(table.ravel()) | set(standard or ())
    categories = tuple(sorted(said, key=_natural))
    study = _Study(table, tuple(categories), standard, accepted, confidence)
    appraisers = tuple(study.appraiser(i, name) for i, name in enumerate(names))
    several = table.shape[1] > 1
    everything = table.reshape(len(table), -1)
    by_trial = [k for i in range(len(names)) for k in study.against_standard(i)]
    return Attribute(
        categories=tuple(categories),
        accepted=accepted,
        appraisers=appraisers,
        pairs=tuple(study.pair(names, i, j) for i, j in combinations(range(len(names)), 2)),
        between=study.agreement(_all_same(everything)) if several else None,
        between_fleiss=fleiss(study.counts(everything)) if several else None,
        system=None if standard is None else study.agreement(study.right(everything)),
        all_fleiss=_mean_fleiss(by_trial),
        all_cohen=None if standard is None else study.pooled_with_standard(everything),
        confidence=confidence,
    )


def _natural(category: str) -> tuple[int, float, str]:
    """Numbers in their order, then words."""
    try:
        return (0, float(category), category)
    except ValueError:
        return (1, 0.0, category)


def _all_same(rows: NDArray[np.object_]) -> NDArray[np.bool_]:
    return np.asarray((rows == rows[:, :1]).all(axis=1), dtype=bool)


def _mean_fleiss(kappas: Sequence[FleissKappa]) -> FleissKappa | None:
    if not kappas:
        return None
    each = zip(*(k.by_category for k in kappas), strict=True)
    return FleissKappa(mean_of([k.overall for k in kappas]), tuple(mean_of(of_one) for of_one in each))


@dataclass(frozen=True, slots=True)
class _Study:
    """The table, and the questions that are put to it."""

    table: NDArray[np.object_]
    categories: tuple[str, ...]
    standard: Sequence[str] | None
    accepted: str | None
    confidence: float

    def agreement(self, hits: NDArray[np.bool_]) -> Agreement:
        """Share of true values, with its interval."""
        matched, n = int(hits.sum()), len(hits)
        interval = share_interval(matched, n, self.confidence)
        return Agreement(matched, n, 100.0 * matched / n, Interval(100.0 * interval.low, 100.0 * interval.high))

    def counts(self, rows: NDArray[np.object_]) -> NDArray[np.int64]:
        """How many of a part's ratings named each category: (parts, categories)."""
        return np.stack([(rows == c).sum(axis=1) for c in self.categories], axis=1).astype(np.int64)

    def right(self, rows: NDArray[np.object_]) -> NDArray[np.bool_]:
        """Which parts were judged as the standard says, every time."""
        truth = np.array(self.standard, dtype=object)[:, None]
        return np.asarray((rows == truth).all(axis=1), dtype=bool)

    def against_standard(self, i: int) -> list[FleissKappa]:
        """Fleiss's kappa of each trial of an appraiser with the standard as the second rater."""
        if self.standard is None:
            return []
        truth = np.array(self.standard, dtype=object)
        trials = range(self.table.shape[2])
        return [fleiss(self.counts(np.stack([self.table[:, i, t], truth], axis=1))) for t in trials]

    def pooled_with_standard(self, rows: NDArray[np.object_]) -> Kappa:
        """Cohen's kappa of all ratings against the standard in one table."""
        truth = np.repeat(np.array(self.standard, dtype=object), rows.shape[1])
        return cohen(crosstab(list(truth), list(rows.ravel()), self.categories))

    def pair(self, names: Sequence[str], i: int, j: int) -> Pair:
        """AIAG's cross-tabulation of two appraisers."""
        table = crosstab(list(self.table[:, i].ravel()), list(self.table[:, j].ravel()), self.categories)
        return Pair(names[i], names[j], tuple(tuple(int(v) for v in row) for row in table), cohen(table))

    def appraiser(self, i: int, name: str) -> Appraiser:
        """Everything about one appraiser."""
        rows = self.table[:, i]
        repeated = rows.shape[1] > 1
        known = self.standard is not None
        return Appraiser(
            name=name,
            within=self.agreement(_all_same(rows)) if repeated else None,
            within_fleiss=fleiss(self.counts(rows)) if repeated else None,
            effectiveness=self.agreement(self.right(rows)) if known else None,
            cohen=self.pooled_with_standard(rows) if known else None,
            fleiss=_mean_fleiss(self.against_standard(i)),
            miss=self._errors(rows, bad=True),
            false_alarm=self._errors(rows, bad=False),
        )

    def _errors(self, rows: NDArray[np.object_], *, bad: bool) -> Agreement | None:
        """Judgements of bad parts that accept, or of good parts that do not; None where there are no such parts."""
        if self.standard is None or self.accepted is None:
            return None
        good = np.array([s == self.accepted for s in self.standard])
        judged = (rows[~good] == self.accepted) if bad else (rows[good] != self.accepted)
        return self.agreement(judged.ravel().astype(bool)) if judged.size else None
