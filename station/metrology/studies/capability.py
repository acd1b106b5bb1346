"""Process capability: Cp, Cpk of the scatter within subgroups, Pp, Ppk of the whole, Cpm about the target
(ISO 22514-2; NIST/SEMATECH e-Handbook 6.1.6; intervals: chi-squared for Cp, Bissell 1990 for Cpk)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtri

from station.metrology.studies.summary import Interval, chi2_quantile


@dataclass(frozen=True, slots=True)
class Indices:
    """Indices of one standard deviation; None where a limit they need is missing or nothing scatters.

    `k` is the distance of the mean from the middle of the tolerance in half tolerances.
    """

    sd: float
    cp: float | None
    cpl: float | None
    cpu: float | None
    cpk: float | None
    cpm: float | None
    k: float | None
    interval_cp: Interval | None
    interval_cpk: Interval | None


def indices(
    mean: float,
    sd: float,
    lower: float | None,
    upper: float | None,
    *,
    target: float | None = None,
    n: int | None = None,
    confidence: float = 0.95,
    multiplier: float = 6.0,
) -> Indices:
    """Indices of a process with this mean and deviation; intervals when it is known from how many values.

    Raises:
        ValueError: no limit at all, or limits the wrong way round.
    """
    if lower is None and upper is None:
        raise ValueError("capability needs a lower or an upper limit")
    if lower is not None and upper is not None and lower >= upper:
        raise ValueError("the lower limit has to be below the upper one")
    width = None if lower is None or upper is None else upper - lower
    middle = None if lower is None or upper is None else (lower + upper) / 2.0
    k = None if width is None or middle is None else abs(mean - middle) / (width / 2.0)
    if sd <= 0.0:
        return Indices(sd, None, None, None, None, None, k, None, None)
    half = multiplier / 2.0 * sd
    cpl = None if lower is None else (mean - lower) / half
    cpu = None if upper is None else (upper - mean) / half
    cpk = min(c for c in (cpl, cpu) if c is not None)
    cp = None if width is None else width / (2.0 * half)
    about = None if target is None else math.hypot(sd, mean - target)
    cpm = None if width is None or about is None else width / (multiplier * about)
    of_cp = None if cp is None or n is None else _interval_cp(cp, n, confidence)
    of_cpk = None if n is None else _interval_cpk(cpk, n, confidence, multiplier)
    return Indices(sd, cp, cpl, cpu, cpk, cpm, k, of_cp, of_cpk)


def _interval_cp(cp: float, n: int, confidence: float) -> Interval:
    tail = (1.0 - confidence) / 2.0
    return Interval(
        cp * math.sqrt(chi2_quantile(tail, n - 1) / (n - 1)), cp * math.sqrt(chi2_quantile(1.0 - tail, n - 1) / (n - 1))
    )


def _interval_cpk(cpk: float, n: int, confidence: float, multiplier: float) -> Interval:
    z = float(ndtri(0.5 + confidence / 2.0))
    half = z * math.sqrt((2.0 / multiplier) ** 2 / n + cpk * cpk / (2.0 * (n - 1)))
    return Interval(cpk - half, cpk + half)
