"""Bias: repeated readings of one master against its certified value, by the independent sample method (AIAG MSA 4th
edition, III B 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from station.metrology.studies.summary import Summary, TTest, summarise, t_test


@dataclass(frozen=True, slots=True)
class Bias:
    """Bias with its test, in the unit of the readings. Percentages are None without what they are shares of."""

    summary: Summary
    reference: float
    bias: float
    test: TTest
    confidence: float
    percent_repeatability: float | None
    percent_bias_of_process: float | None
    percent_bias_of_tolerance: float | None

    @property
    def shown(self) -> bool:
        """Whether a bias is shown: zero lies outside the confidence interval."""
        return not self.test.interval.contains(0.0)


def bias(
    readings: Sequence[float],
    reference: float,
    *,
    confidence: float = 0.95,
    process_sd: float | None = None,
    tolerance: float | None = None,
    multiplier: float = 6.0,
) -> Bias:
    """Bias of the mean against `reference`; %EV is the repeatability's share of the process deviation.

    Raises:
        ValueError: fewer than two readings.
    """
    if len(readings) < 2:
        raise ValueError("a bias study needs at least 2 readings of a master (10 or more are usual)")
    found = summarise(readings)
    offset = found.mean - reference
    return Bias(
        summary=found,
        reference=reference,
        bias=offset,
        test=t_test(offset, found.standard_error, found.n - 1, confidence),
        confidence=confidence,
        percent_repeatability=None if process_sd is None else 100.0 * found.sd / process_sd,
        percent_bias_of_process=None if process_sd is None else 100.0 * abs(offset) / (multiplier * process_sd),
        percent_bias_of_tolerance=None if tolerance is None else 100.0 * abs(offset) / tolerance,
    )
