"""Mean, standard deviation and what follows from them, with sums that do not lose digits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, DecimalTuple
from fractions import Fraction

from scipy.special import betaincinv, gammaincinv, stdtr, stdtrit


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence or coverage interval."""

    low: float
    high: float

    def contains(self, value: float) -> bool:
        """Whether a value lies inside, ends included."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Summary:
    """n values, their mean and standard deviation (n - 1; 0 for one value)."""

    n: int
    mean: float
    sd: float

    @property
    def standard_error(self) -> float:
        """Standard uncertainty of the mean."""
        return self.sd / math.sqrt(self.n)


@dataclass(frozen=True, slots=True)
class TTest:
    """A mean against a value: t and p are None where nothing scatters."""

    t: float | None
    df: float
    p: float | None
    t_critical: float
    interval: Interval


def summarise(values: Sequence[float]) -> Summary:
    """Exact in whole numbers, of the decimals that people write: 10000000.2 is not the nearest binary number to it.

    So all of NIST's univariate sets come out to double precision; the best sums of binary numbers lose eight digits
    of the standard deviation of NumAcc4.

    Raises:
        ValueError: there is no value, or one that is not finite.
    """
    n = len(values)
    if n == 0:
        raise ValueError("there is no value")
    if not all(math.isfinite(v) for v in values):
        raise ValueError("a value is not a finite number")
    decimals = [Decimal(repr(float(v))).as_tuple() for v in values]
    finest = min(int(d.exponent) for d in decimals)
    scale = Fraction(10) ** finest
    whole = [_whole(d) * 10 ** (int(d.exponent) - finest) for d in decimals]
    total = sum(whole)
    mean = float(total * scale / n)
    if n == 1:
        return Summary(n, mean, 0.0)
    squares = n * sum(w * w for w in whole) - total * total
    return Summary(n, mean, _root(Fraction(squares, n * (n - 1)) * scale * scale))


def _whole(digits: DecimalTuple) -> int:
    """The digits of a decimal number as one whole number with its sign."""
    found = int("".join(map(str, digits.digits)))
    return -found if digits.sign else found


def _root(square: Fraction) -> float:
    """The root of a variance, which may be too large or too small for a double."""
    digits = 2 * ((len(str(square.numerator)) - len(str(square.denominator))) // 4)
    return math.sqrt(square / Fraction(10) ** (2 * digits)) * 10.0**digits if square else 0.0


def two_sided_t(t: float, df: float) -> float:
    """Probability of a |t| at least this large."""
    return float(2.0 * stdtr(df, -abs(t)))


def t_quantile(probability: float, df: float) -> float:
    """Quantile of Student's distribution."""
    return float(stdtrit(df, probability))


def t_test(offset: float, standard_error: float, df: float, confidence: float) -> TTest:
    """Whether `offset` differs from zero, with its confidence interval."""
    critical = t_quantile(0.5 + confidence / 2.0, df)
    half = critical * standard_error
    interval = Interval(offset - half, offset + half)
    if standard_error <= 0.0:
        return TTest(None, df, None, critical, interval)
    t = offset / standard_error
    return TTest(t, df, two_sided_t(t, df), critical, interval)


def chi2_quantile(probability: float, df: float) -> float:
    """Quantile of the chi-squared distribution."""
    return float(2.0 * gammaincinv(df / 2.0, probability))


def sd_interval(sd: float, df: float, confidence: float) -> Interval:
    """Confidence interval of a standard deviation with `df` degrees of freedom."""
    tail = (1.0 - confidence) / 2.0
    return Interval(sd * math.sqrt(df / chi2_quantile(1.0 - tail, df)), sd * math.sqrt(df / chi2_quantile(tail, df)))


def share_interval(hits: int, n: int, confidence: float) -> Interval:
    """Exact confidence interval of a share (Clopper & Pearson 1934)."""
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if hits == 0 else float(betaincinv(hits, n - hits + 1, tail))
    high = 1.0 if hits == n else float(betaincinv(hits + 1, n - hits, 1.0 - tail))
    return Interval(low, high)
