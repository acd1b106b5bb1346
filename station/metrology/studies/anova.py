"""What the analyses of variance share: rows of the table, F tests, and intervals of what mean squares add up to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import fdtrc

from station.metrology.studies.summary import Interval, chi2_quantile


@dataclass(frozen=True, slots=True)
class AnovaRow:
    """One source of variation; f and p are None where it is not tested."""

    source: str
    ss: float
    df: int
    f: float | None = None
    p: float | None = None

    @property
    def ms(self) -> float:
        """Mean square; 0 without degrees of freedom."""
        return self.ss / self.df if self.df else 0.0


@dataclass(frozen=True, slots=True)
class Share:
    """A variance component as a sum of mean squares: `weights` of the rows of `squares`, negative sums are 0."""

    weights: tuple[float, ...]
    rows: tuple[AnovaRow, ...]

    @property
    def variance(self) -> float:
        """The component; never below 0."""
        return max(0.0, sum(w * r.ms for w, r in zip(self.weights, self.rows, strict=True)))

    def interval(self, confidence: float) -> Interval | None:
        """Satterthwaite's approximate interval of the component; exact for a single mean square. None when it is 0."""
        return satterthwaite(self.variance, [(w * r.ms, r.df) for w, r in zip(self.weights, self.rows, strict=True)],
                             confidence)  # fmt: skip


def satterthwaite(variance: float, terms: Sequence[tuple[float, int]], confidence: float) -> Interval | None:
    """Interval of a sum of mean squares `terms` (value, df) by an effective number of degrees of freedom."""
    squares = sum(value * value / df for value, df in terms if df)
    if variance <= 0.0 or squares <= 0.0:
        return None
    freedom = variance * variance / squares
    tail = (1.0 - confidence) / 2.0
    high, low = chi2_quantile(1.0 - tail, freedom), chi2_quantile(tail, freedom)
    if high <= 0.0:  # hardly anything left of a difference: nothing is known of its size
        return Interval(0.0, math.inf)
    return Interval(freedom * variance / high, freedom * variance / low if low > 0.0 else math.inf)


def tested(row: AnovaRow, against: AnovaRow) -> AnovaRow:
    """The row with F and p against another; None where that one does not scatter."""
    if not against.df or not row.df or against.ss <= 0.0:
        return AnovaRow(row.source, row.ss, row.df)
    f = row.ms / against.ms
    return AnovaRow(row.source, row.ss, row.df, f, float(fdtrc(row.df, against.df, f)))
