"""A stated budget against the Monte Carlo of the same sources: JCGM 101:2008, clause 8.

The GUM's interval is value ± 1.96 u at 95 %; it is validated where both its ends are those of the drawn values within
δ, half a unit of the last of two (or of one) significant digits of u. Ends that are themselves not known to that are
not called equal or unequal.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.special import ndtri

from station.metrology.gum import Floats
from station.metrology.monte_carlo import Sampled, Trials, numerical_tolerance, sampled, settled

COVERAGE = 0.95
FACTOR = float(ndtri(0.5 + COVERAGE / 2.0))
_FINER = 5.0  # than what is compared, the ends of the draws have to be known
_YES, _NO = 1.0, 3.0  # standard uncertainties of the drawn ends that are left for doubt
_BINS, _SHOWN = 25, 0.001  # of the histogram: how many, and the share left out at either side


class Agreement(StrEnum):
    """Whether the GUM's interval is that of the Monte Carlo."""

    YES = "yes"
    NO = "no"
    OPEN = "not known with so many trials"


@dataclass(frozen=True, slots=True)
class Compared:
    """Whether both ends agree to a number of significant digits of u, which allows `delta`."""

    digits: int
    delta: float
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class BudgetCheck:
    """The GUM's `value`, `u` and `interval`, the drawn ones, and how the ends compare, (GUM - drawn) each with its own
    standard uncertainty; `conformance_probability` is the share of draws within the limits. `histogram` counts draws in
    bins of one width between the two `shown` values."""

    value: float
    u: float
    interval: tuple[float, float]
    drawn: Sampled
    off: tuple[float, float]
    u_off: tuple[float, float]
    compared: tuple[Compared, ...]
    conformance_probability: float
    shown: tuple[float, float]
    histogram: tuple[int, ...]

    @property
    def digits(self) -> int:
        """To how many significant digits of u the budget is validated: 2, 1 or 0."""
        return max((c.digits for c in self.compared if c.agreement is Agreement.YES), default=0)


def check_budget(
    value: float,
    u: float,
    limits: tuple[float | None, float | None],
    draw: Callable[[int], Floats],
    *,
    batch: int,
    most_trials: int,
) -> BudgetCheck:
    """`draw(n)` gives n values of what was measured as value with u.

    Raises:
        ValueError: u is zero, or a drawn value is not finite.
    """
    if not u > 0.0:
        raise ValueError("it has no uncertainty: there is nothing to draw")
    trials = settled(draw, coverage=COVERAGE, finer=_FINER, batch=batch, most_trials=most_trials)
    drawn = sampled(trials, COVERAGE)
    low, high = value - FACTOR * u, value + FACTOR * u
    off = (low - drawn.symmetric[0], high - drawn.symmetric[1])
    u_off = tuple(_u_quantile(trials, p) for p in (0.5 - COVERAGE / 2.0, 0.5 + COVERAGE / 2.0))
    least, most = limits
    inside = (trials.ordered >= (-math.inf if least is None else least)) & (
        trials.ordered <= (math.inf if most is None else most)
    )
    first, last = (float(x) for x in np.quantile(trials.ordered, [_SHOWN, 1.0 - _SHOWN]))
    counts, _ = np.histogram(trials.ordered, _BINS, (first, last) if last > first else None)
    return BudgetCheck(
        value=value,
        u=u,
        interval=(low, high),
        drawn=drawn,
        off=off,
        u_off=(u_off[0], u_off[1]),
        compared=tuple(_compared(digits, u, off, u_off) for digits in (2, 1)),
        conformance_probability=float(inside.mean()),
        shown=(first, last),
        histogram=tuple(counts.tolist()),
    )


def _compared(digits: int, u: float, off: tuple[float, ...], u_off: tuple[float, ...]) -> Compared:
    delta = numerical_tolerance(u, digits)
    if all(abs(d) + _YES * own <= delta for d, own in zip(off, u_off, strict=True)):
        return Compared(digits, delta, Agreement.YES)
    if any(abs(d) - _NO * own > delta for d, own in zip(off, u_off, strict=True)):
        return Compared(digits, delta, Agreement.NO)
    return Compared(digits, delta, Agreement.OPEN)


def _u_quantile(trials: Trials, p: float) -> float:
    """Standard uncertainty of a quantile: its rank is binomial, whatever the distribution."""
    count = len(trials.ordered)
    spread = math.sqrt(count * p * (1.0 - p))
    ends = np.clip([count * p - spread, count * p + spread], 0, count - 1).astype(int)
    return 0.5 * float(np.ptp(trials.ordered[ends]))
