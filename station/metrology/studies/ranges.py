"""Gauge R&R from ranges: AIAG's average and range method, and its short range method.

EV = R̄·K1, AV² = (X̄diff·K2)² - EV²/(n·r), PV = Rp·K3, with K1 = 1/d2 and K2, K3 = 1/d2* of one sample (AIAG MSA 4th
edition, III B). The factors are rounded to the four decimals that the manual's tables print, so that figures agree with
sheets made from it to the last digit. The average and range method cannot see an interaction of parts and operators.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.metrology.studies.breakdown import Breakdown, Scale, break_down
from station.metrology.studies.constants import chart_constants, d2_star, k1, k2, k3

Floats = NDArray[np.float64]
FACTOR_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class AverageRange:
    """Standard deviations EV (repeatability), AV (operators), GRR, PV (parts), TV and what they are made of."""

    ev: float
    av: float
    grr: float
    pv: float
    tv: float
    mean_range: float
    operator_range: float
    part_range: float
    k1: float
    k2: float
    k3: float
    range_limit: float
    out_of_range: int
    breakdown: Breakdown
    mean: float


@dataclass(frozen=True, slots=True)
class ShortRange:
    """One reading of each part by each operator: GRR only, which is not told apart. %process where that is known."""

    mean_range: float
    d2_star: float
    grr: float
    percent_process: float | None
    percent_tolerance: float | None
    multiplier: float


def average_range(values: Floats, scale: Scale) -> AverageRange:
    """The study of `values` (parts, operators, trials).

    Raises:
        ValueError: fewer than two parts, operators or trials.
    """
    p, o, r = values.shape
    if min(p, o, r) < 2:
        raise ValueError("the average and range method needs at least 2 parts, 2 operators and 2 trials")
    ranges = np.ptp(values, axis=2)
    mean_range = float(ranges.mean())
    by_operator = float(np.ptp(values.mean(axis=(0, 2))))
    by_part = float(np.ptp(values.mean(axis=(1, 2))))
    factor1, factor2, factor3 = (round(k, FACTOR_DECIMALS) for k in (k1(r), k2(o), k3(p)))
    ev = mean_range * factor1
    av = math.sqrt(max(0.0, (by_operator * factor2) ** 2 - ev * ev / (p * r)))
    pv = by_part * factor3
    grr = math.hypot(ev, av)
    limit = chart_constants(r).range_high * mean_range
    variances = {"grr": grr**2, "repeatability": ev**2, "reproducibility": av**2, "part": pv**2}
    variances["total"] = variances["grr"] + variances["part"]
    return AverageRange(
        ev=ev,
        av=av,
        grr=grr,
        pv=pv,
        tv=math.hypot(grr, pv),
        mean_range=mean_range,
        operator_range=by_operator,
        part_range=by_part,
        k1=factor1,
        k2=factor2,
        k3=factor3,
        range_limit=limit,
        out_of_range=int((ranges > limit).sum()),
        breakdown=break_down(variances, scale),
        mean=float(values.mean()),
    )


def short_range(values: Floats, scale: Scale) -> ShortRange:
    """The study of `values` (parts, operators): one reading each.

    Raises:
        ValueError: fewer than two parts or operators.
    """
    p, o = values.shape
    if min(p, o) < 2:
        raise ValueError("the range method needs at least 2 parts and 2 operators")
    mean_range = float(np.ptp(values, axis=1).mean())
    constant = d2_star(o, p)
    grr = mean_range / constant
    return ShortRange(
        mean_range=mean_range,
        d2_star=constant,
        grr=grr,
        percent_process=None if scale.process_sd is None else 100.0 * grr / scale.process_sd,
        percent_tolerance=None if scale.tolerance is None else 100.0 * scale.multiplier * grr / scale.tolerance,
        multiplier=scale.multiplier,
    )
