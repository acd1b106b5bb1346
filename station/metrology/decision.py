"""From a value with its uncertainty to a verdict: ISO 14253-1:2017 by default.

The conformance probability is that of JCGM 106:2012 for a normal distribution N(value, u) and the limits of the
characteristic. ISO 14253-1:2017 asks for 95 %: while u is small against the tolerance that is a guard band of 1.65 u at
each limit; for a two-sided tolerance that is narrow against u both tails count, and the factor grows until no value
can be shown to conform (T < 3.92 u).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from scipy.optimize import brentq
from scipy.special import ndtri

STANDARD_FACTOR = 1.65  # ISO 14253-1:2017 prints 1.65 for the one-sided 95 % quantile 1.6449
_ROOT_2 = math.sqrt(2.0)


class Verdict(StrEnum):
    """What is shown about a characteristic or a part."""

    PASS = "PASS"
    FAIL = "FAIL"
    UNDECIDED = "UNDECIDED"
    ERROR = "ERROR"


SEVERITY = (Verdict.FAIL, Verdict.ERROR, Verdict.UNDECIDED, Verdict.PASS)


def worst(verdicts: list[Verdict]) -> Verdict:
    """The part's verdict: FAIL if any is, else ERROR, else UNDECIDED, else PASS. Nothing decided is no PASS."""
    for verdict in SEVERITY:
        if verdict in verdicts:
            return verdict
    return Verdict.ERROR


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict with what it rests on. `guard_band` is in the unit of the value; inf when no value could PASS."""

    verdict: Verdict
    conformance_probability: float
    guard_band: float


def _normal(x: float) -> float:
    """Probability of a standard normal variable below x."""
    return 0.5 * math.erfc(-x / _ROOT_2)


@lru_cache(maxsize=16)
def _quantile(probability: float) -> float:
    """What a standard normal variable lies below with a probability: the same for all characteristics of an order."""
    return float(ndtri(probability))


def conformance_probability(value: float, u: float, lower: float | None, upper: float | None) -> float:
    """Probability that the true value lies within the limits (JCGM 106:2012, 7.3, normal distribution)."""
    if u <= 0.0:
        return float((lower is None or value >= lower) and (upper is None or value <= upper))
    above = 1.0 if upper is None else _normal((upper - value) / u)
    below = 0.0 if lower is None else _normal((lower - value) / u)
    return max(0.0, above - below)


def guard_band_factor(tolerance_over_u: float, probability: float = 0.95) -> float:
    """Factor k so that a value k·u inside one limit of a two-sided tolerance conforms with `probability`.

    The two-sided interaction is solved exactly; `math.inf` when even the middle of the tolerance does not reach it.
    """
    if 2.0 * _normal(tolerance_over_u / 2.0) - 1.0 < probability:
        return math.inf
    alone = _quantile(probability)
    if tolerance_over_u - alone > 8.5:  # the far limit does not count: its probability is 1 in double precision
        return alone

    def excess(k: float) -> float:
        return _normal(k) + _normal(tolerance_over_u - k) - 1.0 - probability

    if excess(tolerance_over_u / 2.0) <= 0.0:
        return tolerance_over_u / 2.0
    return float(brentq(excess, 0.0, tolerance_over_u / 2.0, xtol=1e-14))


def _guard(u: float, lower: float | None, upper: float | None, rule: str, probability: float) -> float:
    """How far inside a limit a value has to lie to PASS, in its unit."""
    if not u > 0.0 or rule == "simple":
        return 0.0
    if lower is not None and upper is not None:
        factor = guard_band_factor((upper - lower) / u, probability)
    else:
        factor = _quantile(probability)
    if rule == "iso14253-1" and probability == 0.95:
        factor = max(factor, STANDARD_FACTOR)
    return factor * u


def pass_probability(
    value: float, u: float, lower: float | None, upper: float | None, rule: str, probability: float
) -> float:
    """How likely a part whose true value is `value` will PASS when it is measured with `u`: the operating
    characteristic of JCGM 106:2012, 8.4, for a normal distribution."""
    guard = _guard(u, lower, upper, rule, probability)
    if math.isinf(guard):
        return 0.0
    low, high = None if lower is None else lower + guard, None if upper is None else upper - guard
    return conformance_probability(value, u, low, high)


def decide(
    value: float,
    u: float,
    lower: float | None,
    upper: float | None,
    *,
    rule: str = "iso14253-1",
    probability: float = 0.95,
) -> Decision:
    """Verdict on `value` ± u against its limits.

    `iso14253-1`: PASS when conformity is shown with `probability`, FAIL when non-conformity is, else UNDECIDED.
    A value or an uncertainty that is no number is ERROR. `simple`: the limits themselves (ISO 14253-1:2017 annex,
    simple acceptance). `jcgm106`: the same as the default with the order's own probability, without the standard's
    rounding of the factor.
    """
    if not (math.isfinite(value) and math.isfinite(u) and u >= 0.0):
        return Decision(Verdict.ERROR, 0.0, math.inf)
    chance = conformance_probability(value, u, lower, upper)
    inside = (lower is None or value >= lower) and (upper is None or value <= upper)
    if rule == "simple":
        return Decision(Verdict.PASS if inside else Verdict.FAIL, chance, 0.0)
    guard = _guard(u, lower, upper, rule, probability)
    outside_factor = _quantile(probability)
    if rule == "iso14253-1" and probability == 0.95:
        outside_factor = STANDARD_FACTOR
    accepted = (lower is None or value >= lower + guard) and (upper is None or value <= upper - guard)
    rejected = (lower is not None and value <= lower - outside_factor * u) or (
        upper is not None and value >= upper + outside_factor * u
    )
    if inside and accepted:
        return Decision(Verdict.PASS, chance, guard)
    if not inside and rejected:
        return Decision(Verdict.FAIL, chance, guard)
    return Decision(Verdict.UNDECIDED, chance, guard)
