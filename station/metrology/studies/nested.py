"""Gauge R&R, nested: each operator has parts of his own, as where a measurement destroys the part or parts cannot be
shared; two-stage analysis of variance, both random (Minitab's nested gauge R&R)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.metrology.studies.anova import AnovaRow, Share, sum_of, tested
from station.metrology.studies.breakdown import Breakdown, Scale, break_down

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Nested:
    """The table (operator, part within operator, repeatability, total) and the components."""

    table: tuple[AnovaRow, ...]
    breakdown: Breakdown
    mean: float


def nested(values: Floats, scale: Scale, *, confidence: float = 0.95) -> Nested:
    """The study of `values` (operators, parts of that operator, trials).

    Raises:
        ValueError: fewer than two operators, parts each or trials.
    """
    o, p, r = values.shape
    if min(o, p, r) < 2:
        raise ValueError("a nested study needs at least 2 operators, 2 parts each and 2 trials")
    mean, operators, cells = float(values.mean()), values.mean(axis=(1, 2)), values.mean(axis=2)
    error = AnovaRow("repeatability", float(((values - cells[:, :, None]) ** 2).sum()), o * p * (r - 1))
    part = tested(AnovaRow("part", r * float(((cells - operators[:, None]) ** 2).sum()), o * (p - 1)), error)
    operator = tested(AnovaRow("operator", p * r * float(((operators - mean) ** 2).sum()), o - 1), part)
    total = AnovaRow("total", float(((values - mean) ** 2).sum()), o * p * r - 1)
    repeatability = Share((1.0,), (error,))
    parts = Share((1.0 / r, -1.0 / r), (part, error))
    people = Share((1.0 / (p * r), -1.0 / (p * r)), (operator, part))
    grr = repeatability.variance + people.variance
    variances = {
        "grr": grr,
        "repeatability": repeatability.variance,
        "reproducibility": people.variance,
        "part": parts.variance,
        "total": grr + parts.variance,
    }
    intervals = {
        "grr": sum_of((repeatability, people)).interval(confidence),
        "total": sum_of((repeatability, people, parts)).interval(confidence),
        "repeatability": repeatability.interval(confidence),
        "reproducibility": people.interval(confidence),
        "part": parts.interval(confidence),
    }
    return Nested((operator, part, error, total), break_down(variances, scale, intervals), mean)
