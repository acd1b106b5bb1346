"""What the analyses of variance share: rows of the table, F tests, and intervals of what mean squares add up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scipy.special import fdtrc

from station.metrology.studies.mls import mls
from station.metrology.studies.summary import Interval


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
        """Its interval by the modified large-sample method; None where nothing scatters at all."""
        terms = [(w * r.ms, float(r.df)) for w, r in zip(self.weights, self.rows, strict=True)]
        return mls(terms, confidence) if any(value for value, _ in terms) else None


def sum_of(shares: Iterable[Share]) -> Share:
    """Components added up as one sum of mean squares, each square once."""
    weights: dict[str, float] = {}
    rows: dict[str, AnovaRow] = {}
    for share in shares:
        for weight, row in zip(share.weights, share.rows, strict=True):
            weights[row.source] = weights.get(row.source, 0.0) + weight
            rows[row.source] = row
    return Share(tuple(weights.values()), tuple(rows.values()))


def tested(row: AnovaRow, against: AnovaRow) -> AnovaRow:
    """The row with F and p against another; None where that one does not scatter."""
    if not against.df or not row.df or against.ss <= 0.0:
        return AnovaRow(row.source, row.ss, row.df)
    f = row.ms / against.ms
    return AnovaRow(row.source, row.ss, row.df, f, float(fdtrc(row.df, against.df, f)))
