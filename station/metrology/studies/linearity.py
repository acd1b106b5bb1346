"""Linearity: how the bias changes over the range; bias of every reading against the certified value, one straight line
(AIAG MSA 4th edition, III B 3; Minitab's linearity and bias study).

The p-value of the mean bias uses the regression's S with its degrees of freedom; those of single masters use their own
standard deviation. `by_range` takes ranges instead, R / d2* of each master and R̄ / d2* of all, as Minitab's sample
range option does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from station.metrology.studies.bias import Bias, bias
from station.metrology.studies.range_sd import range_sd
from station.metrology.studies.summary import Interval, t_quantile, two_sided_t


@dataclass(frozen=True, slots=True)
class Coefficient:
    """An estimate of the line with its standard error; t and p are None where nothing scatters."""

    value: float
    standard_error: float
    t: float | None
    p: float | None


@dataclass(frozen=True, slots=True)
class Linearity:
    """The line bias = intercept + slope · reference, what scatters about it, and the masters one by one.

    `band` holds the confidence interval of the line at each of `masters`; `accepted` when it holds zero everywhere.
    """

    slope: Coefficient
    intercept: Coefficient
    s: float
    df: int
    r_squared: float
    masters: tuple[Bias, ...]
    band: tuple[Interval, ...]
    mean_bias: float
    p_mean_bias: float | None
    linearity: float | None
    percent_linearity: float
    percent_bias: float | None
    confidence: float
    centre: float
    spread: float

    @property
    def accepted(self) -> bool:
        """Whether the zero line lies within the confidence band of the line at every master."""
        return all(interval.contains(0.0) for interval in self.band)

    def line(self, reference: float) -> tuple[float, float]:
        """The line and half the width of its band at a reference."""
        n = self.df + 2
        u = self.s * math.sqrt(1.0 / n + (reference - self.centre) ** 2 / self.spread)
        half = t_quantile(0.5 + self.confidence / 2.0, self.df) * u
        return self.intercept.value + self.slope.value * reference, half


def linearity(
    masters: Sequence[tuple[float, Sequence[float]]],
    *,
    confidence: float = 0.95,
    process_sd: float | None = None,
    multiplier: float = 6.0,
    by_range: bool = False,
) -> Linearity:
    """The study of `masters`: the certified value and the readings of each.

    Raises:
        ValueError: fewer than two different references, or a master with fewer than two readings; with `by_range`,
            masters with unlike numbers of readings.
    """
    if len({reference for reference, _ in masters}) < 2:
        raise ValueError("a linearity study needs masters of at least 2 different references (5 are usual)")
    if any(len(r) < 2 for _, r in masters):
        raise ValueError("a linearity study needs at least 2 readings of every master (10 or more are usual)")
    pooled = range_sd([r for _, r in masters]) if by_range else None
    singles = tuple(bias(r, ref, confidence=confidence, process_sd=process_sd, multiplier=multiplier,
                         ranges=range_sd([r]) if by_range else None) for ref, r in masters)  # fmt: skip
    x = np.concatenate([np.full(len(readings), reference) for reference, readings in masters])
    y = np.concatenate([np.asarray(readings, dtype=float) - reference for reference, readings in masters])
    n = len(x)
    centre, mean = math.fsum(x) / n, math.fsum(y) / n
    spread = float(((x - centre) ** 2).sum())
    slope = float(((x - centre) * (y - mean)).sum()) / spread
    intercept = mean - slope * centre
    rest = float((((y - mean) - slope * (x - centre)) ** 2).sum())
    s = math.sqrt(rest / (n - 2))
    total = float(((y - mean) ** 2).sum())
    process = None if process_sd is None else multiplier * process_sd
    found = Linearity(
        slope=_coefficient(slope, s / math.sqrt(spread), n - 2),
        intercept=_coefficient(intercept, s * math.sqrt(1.0 / n + centre**2 / spread), n - 2),
        s=s,
        df=n - 2,
        r_squared=1.0 - rest / total if total > 0.0 else 0.0,
        masters=singles,
        band=(),
        mean_bias=mean,
        p_mean_bias=_p_of_mean(mean, n, s, n - 2) if pooled is None else _p_of_mean(mean, n, pooled.sd, pooled.df),
        linearity=None if process is None else abs(slope) * process,
        percent_linearity=100.0 * abs(slope),
        percent_bias=None if process is None else 100.0 * abs(mean) / process,
        confidence=confidence,
        centre=centre,
        spread=spread,
    )
    return _with_band(found)


def _p_of_mean(mean: float, n: int, sd: float, df: float) -> float | None:
    return two_sided_t(mean / (sd / math.sqrt(n)), df) if sd > 0.0 else None


def _coefficient(value: float, standard_error: float, df: int) -> Coefficient:
    if standard_error <= 0.0:
        return Coefficient(value, standard_error, None, None)
    t = value / standard_error
    return Coefficient(value, standard_error, t, two_sided_t(t, df))


def _with_band(found: Linearity) -> Linearity:
    lines = [found.line(m.reference) for m in found.masters]
    return replace(found, band=tuple(Interval(value - half, value + half) for value, half in lines))
