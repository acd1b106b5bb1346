"""Signal detection: the width of the zone about a limit in which appraisers do not agree, where the parts' true values
are known (AIAG MSA 4th edition, III C, signal detection approach)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Detection:
    """Widths of the grey zones at the limits (None where one is not bounded), their mean, and its share of the
    tolerance in percent: an estimate of the gauge's R&R."""

    lower_zone: float | None
    upper_zone: float | None
    mean_zone: float | None
    percent_tolerance: float | None


def detection(
    values: Sequence[float],
    unanimous: Sequence[bool | None],
    lower: float | None,
    upper: float | None,
) -> Detection:
    """Zones from the parts' true `values` and the appraisers' common verdict on each (None where they differ).

    A zone reaches from the last part that all rejected to the first that all accepted.
    """
    accepted = [v for v, verdict in zip(values, unanimous, strict=True) if verdict is True]
    rejected = [v for v, verdict in zip(values, unanimous, strict=True) if verdict is False]
    if not accepted:
        return Detection(None, None, None, None)
    below = [v for v in rejected if v < min(accepted)]
    above = [v for v in rejected if v > max(accepted)]
    low = min(accepted) - max(below) if below and lower is not None else None
    high = min(above) - max(accepted) if above and upper is not None else None
    zones = [z for z in (low, high) if z is not None]
    mean = sum(zones) / len(zones) if zones else None
    percent = None if mean is None or lower is None or upper is None else 100.0 * mean / (upper - lower)
    return Detection(low, high, mean, percent)
