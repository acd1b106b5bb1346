"""Type 1 study: one master, one operator, many readings. Cg compares the scatter, Cgk scatter and bias, with a share
of the tolerance (ISO 22514-7; VDA 5; Minitab).

Cg = p·T / (k·s) and Cgk = (p·T/2 - |bias|) / (k·s/2). The same readings give other indices with other p and k, so both
stand in the result.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from station.metrology.studies.summary import Interval, Summary, TTest, sd_interval, summarise, t_test

LEAST = 1.33


@dataclass(frozen=True, slots=True)
class Type1:
    """Indices and what they rest on, in the unit of the readings; cg and cgk are None where nothing scatters.

    `least_tolerance` is the smallest tolerance for which both indices reach `LEAST`.
    """

    summary: Summary
    reference: float
    tolerance: float
    k: float
    share: float
    confidence: float
    bias: float
    test: TTest
    cg: float | None
    cgk: float | None
    zone: Interval
    interval_sd: Interval
    least_tolerance: float
    percent_repeatability: float
    percent_with_bias: float | None
    resolution: float | None
    percent_resolution: float | None


def type1(
    readings: Sequence[float],
    reference: float,
    tolerance: float,
    *,
    k: float = 6.0,
    share: float = 0.2,
    confidence: float = 0.95,
    resolution: float | None = None,
) -> Type1:
    """Cg and Cgk over `share` of the tolerance's width, with `k` standard deviations as the spread.

    Raises:
        ValueError: fewer than two readings, or a tolerance that is not positive.
    """
    if len(readings) < 2:
        raise ValueError("a type 1 study needs at least 2 readings (25 to 50 are usual)")
    if not tolerance > 0.0:
        raise ValueError("the tolerance has to be positive: it is the width between the limits")
    found = summarise(readings)
    bias = found.mean - reference
    half = share * tolerance / 2.0
    spread = k * found.sd
    cg = 2.0 * half / spread if spread > 0.0 else None
    cgk = (half - abs(bias)) / (spread / 2.0) if spread > 0.0 else None
    return Type1(
        summary=found,
        reference=reference,
        tolerance=tolerance,
        k=k,
        share=share,
        confidence=confidence,
        bias=bias,
        test=t_test(bias, found.standard_error, found.n - 1, confidence),
        cg=cg,
        cgk=cgk,
        zone=Interval(reference - half, reference + half),
        interval_sd=sd_interval(found.sd, found.n - 1, confidence),
        least_tolerance=2.0 * (LEAST * spread / 2.0 + abs(bias)) / share,
        percent_repeatability=100.0 * spread / tolerance,
        percent_with_bias=100.0 * share / cgk if cgk is not None and cgk > 0.0 else None,
        resolution=resolution,
        percent_resolution=None if resolution is None else 100.0 * resolution / tolerance,
    )


def capable(study: Type1) -> bool:
    """Both indices reach 1.33, and the resolution, where given, is at most 5 % of the tolerance."""
    fine = study.percent_resolution is None or study.percent_resolution <= 5.0
    return fine and study.cg is not None and study.cgk is not None and min(study.cg, study.cgk) >= LEAST


def expanded_from_resolution(resolution: float) -> float:
    """Standard uncertainty of a rounded display: resolution / √12."""
    return resolution / math.sqrt(12.0)
