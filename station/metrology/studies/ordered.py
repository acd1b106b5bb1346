"""An attribute study whose categories have an order (numbers, such as grades 1 to 5): how far apart judgements lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.metrology.studies.kappa import Kappa, crosstab
from station.metrology.studies.ordinal import (
    Concordance,
    RankCorrelation,
    concordance,
    rank_correlation,
    weighted,
)

LEAST_CATEGORIES = 3


@dataclass(frozen=True, slots=True)
class OrderedAppraiser:
    """One appraiser: concordance of his own trials, rank correlation and weighted kappas with the standard."""

    name: str
    within: Concordance | None
    correlation: RankCorrelation | None
    linear: Kappa | None
    quadratic: Kappa | None


@dataclass(frozen=True, slots=True)
class Ordered:
    """The whole study; what needs a standard, several trials or several appraisers is None without."""

    appraisers: tuple[OrderedAppraiser, ...]
    between: Concordance | None
    correlation: RankCorrelation | None


def ordered(
    ratings: Sequence[Sequence[Sequence[str]]],
    names: Sequence[str],
    standard: Sequence[str] | None,
    categories: Sequence[str],
) -> Ordered | None:
    """The study of `ratings` [part][appraiser][trial]; None where the categories are words, or fewer than three."""
    try:
        values = [float(c) for c in categories]
    except ValueError:
        return None
    if len(values) < LEAST_CATEGORIES or not all(map(math.isfinite, values)):
        return None
    table = np.array([[[float(t) for t in said] for said in part] for part in ratings])
    truth = None if standard is None else np.array([float(s) for s in standard])
    everything = table.reshape(len(table), -1)
    appraisers = []
    for i, name in enumerate(names):
        own = table[:, i]
        judged = [list(part[i]) for part in ratings]
        appraisers.append(
            OrderedAppraiser(
                name,
                concordance(own) if own.shape[1] > 1 else None,
                None if truth is None else rank_correlation(own, truth),
                _weighted(judged, standard, categories, values, 1),
                _weighted(judged, standard, categories, values, 2),
            )
        )
    return Ordered(
        tuple(appraisers),
        concordance(everything) if len(names) > 1 else None,
        None if truth is None else rank_correlation(everything, truth),
    )


def _weighted(
    judged: Sequence[Sequence[str]],
    standard: Sequence[str] | None,
    categories: Sequence[str],
    values: Sequence[float],
    power: int,
) -> Kappa | None:
    """All trials against the standard in one table."""
    if standard is None:
        return None
    said = [t for part in judged for t in part]
    truth = [s for s, part in zip(standard, judged, strict=True) for _ in part]
    table: NDArray[np.int64] = crosstab(truth, said, categories)
    return weighted(table, values, power)
