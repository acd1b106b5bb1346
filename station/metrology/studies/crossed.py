"""Gauge R&R, crossed: every operator measures every part several times; two-way analysis of variance, both random
(AIAG MSA 4th edition, appendix A; Minitab's crossed gauge R&R).

An interaction whose p-value exceeds `alpha` is pooled with the repeatability: Minitab takes 0.05 since release 17 and
took 0.25 before, so alpha stands in the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.metrology.studies.anova import AnovaRow, Share, sum_of, tested
from station.metrology.studies.breakdown import Breakdown, Scale, break_down

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Crossed:
    """Both tables of the analysis (`pooled` is None when the interaction stays) and the components that follow."""

    with_interaction: tuple[AnovaRow, ...]
    pooled: tuple[AnovaRow, ...] | None
    alpha: float
    breakdown: Breakdown
    mean: float

    @property
    def table(self) -> tuple[AnovaRow, ...]:
        """The table the components rest on."""
        return self.pooled or self.with_interaction


@dataclass(frozen=True, slots=True)
class OneWay:
    """The study without operators (one fixture, one automat): parts against repeatability."""

    table: tuple[AnovaRow, ...]
    breakdown: Breakdown
    mean: float


def sums_of_squares(values: Floats) -> tuple[AnovaRow, ...]:
    """Part, operator, interaction, repeatability and total of `values` (parts, operators, trials).

    Each sum is taken over deviations from the next coarser means, so nothing cancels.
    """
    p, o, r = values.shape
    mean = values.mean()
    parts, operators, cells = values.mean(axis=(1, 2)), values.mean(axis=(0, 2)), values.mean(axis=2)
    part = o * r * float(((parts - mean) ** 2).sum())
    operator = p * r * float(((operators - mean) ** 2).sum())
    interaction = r * float(((cells - parts[:, None] - operators[None, :] + mean) ** 2).sum())
    error = float(((values - cells[:, :, None]) ** 2).sum())
    total = float(((values - mean) ** 2).sum())
    return (
        AnovaRow("part", part, p - 1),
        AnovaRow("operator", operator, o - 1),
        AnovaRow("interaction", interaction, (p - 1) * (o - 1)),
        AnovaRow("repeatability", error, p * o * (r - 1)),
        AnovaRow("total", total, p * o * r - 1),
    )


def crossed(values: Floats, scale: Scale, *, alpha: float = 0.05, confidence: float = 0.95) -> Crossed:
    """The study of `values` (parts, operators, trials).

    Raises:
        ValueError: fewer than two parts, operators or trials.
    """
    p, o, r = values.shape
    if min(p, o, r) < 2:
        raise ValueError("a crossed study needs at least 2 parts, 2 operators and 2 trials")
    part, operator, both, error, total = sums_of_squares(values)
    both = tested(both, error)
    full = (tested(part, both), tested(operator, both), both, error, total)
    if both.p is None or both.p <= alpha:
        shares = {
            "repeatability": Share((1.0,), (error,)),
            "operator": Share((1.0 / (p * r), -1.0 / (p * r)), (operator, both)),
            "interaction": Share((1.0 / r, -1.0 / r), (both, error)),
            "part": Share((1.0 / (o * r), -1.0 / (o * r)), (part, both)),
        }
        return Crossed(full, None, alpha, _broken_down(shares, scale, confidence), float(values.mean()))
    rest = AnovaRow("repeatability", both.ss + error.ss, both.df + error.df)
    pooled = (tested(part, rest), tested(operator, rest), rest, total)
    shares = {
        "repeatability": Share((1.0,), (rest,)),
        "operator": Share((1.0 / (p * r), -1.0 / (p * r)), (operator, rest)),
        "part": Share((1.0 / (o * r), -1.0 / (o * r)), (part, rest)),
    }
    return Crossed(full, pooled, alpha, _broken_down(shares, scale, confidence), float(values.mean()))


def without_operators(values: Floats, scale: Scale, *, confidence: float = 0.95) -> OneWay:
    """The study of `values` (parts, trials) when nobody's hand takes part (type 3, VDA 5 procedure 3).

    Raises:
        ValueError: fewer than two parts or trials.
    """
    p, r = values.shape
    if min(p, r) < 2:
        raise ValueError("a study without operators needs at least 2 parts and 2 trials")
    means, mean = values.mean(axis=1), float(values.mean())
    error = AnovaRow("repeatability", float(((values - means[:, None]) ** 2).sum()), p * (r - 1))
    part = tested(AnovaRow("part", r * float(((means - mean) ** 2).sum()), p - 1), error)
    total = AnovaRow("total", float(((values - mean) ** 2).sum()), p * r - 1)
    shares = {"repeatability": Share((1.0,), (error,)), "part": Share((1.0 / r, -1.0 / r), (part, error))}
    return OneWay((part, error, total), _broken_down(shares, scale, confidence), mean)


def _broken_down(shares: Mapping[str, Share], scale: Scale, confidence: float) -> Breakdown:
    """Components of the instrument first, then the parts', then the total."""
    own = {name: share.variance for name, share in shares.items()}
    people = sum(own.get(name, 0.0) for name in ("operator", "interaction"))
    variances = {"grr": own["repeatability"] + people, "repeatability": own["repeatability"]}
    if "operator" in own:
        variances["reproducibility"] = people
    variances |= {name: own[name] for name in ("operator", "interaction") if name in own}
    variances |= {"part": own["part"], "total": variances["grr"] + own["part"]}
    intervals = {name: share.interval(confidence) for name, share in shares.items()}
    for name in ("grr", "reproducibility", "total"):
        members = [shares[m] for m in _MEMBERS[name] if m in shares]
        intervals[name] = sum_of(members).interval(confidence) if members else None
    return break_down(variances, scale, intervals)


_MEMBERS = {
    "grr": ("repeatability", "operator", "interaction"),
    "reproducibility": ("operator", "interaction"),
    "total": ("repeatability", "operator", "interaction", "part"),
}
