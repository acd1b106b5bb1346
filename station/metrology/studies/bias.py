"""Bias: repeated readings of one master against its certified value (AIAG MSA 4th edition, III B 2).

By the independent sample method the repeatability is the readings' own standard deviation. By the control chart method
it is that within subgroups, R̄ / d2*, so a drift between occasions does not hide in it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from station.metrology.studies.range_sd import RangeSd
from station.metrology.studies.summary import Summary, TTest, summarise, t_test


@dataclass(frozen=True, slots=True)
class Bias:
    """Bias with its test, in the unit of the readings. Percentages are None without what they are shares of. `sd` is
    the repeatability that the test rests on; `ranges` says how it came from ranges."""

    summary: Summary
    sd: float
    ranges: RangeSd | None
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
    ranges: RangeSd | None = None,
) -> Bias:
    """Bias of the mean against `reference`; %EV is the repeatability's share of the process deviation. With `ranges`
    the repeatability and its degrees of freedom are theirs.

    Raises:
        ValueError: fewer than two readings.
    """
    if len(readings) < 2:
        raise ValueError("a bias study needs at least 2 readings of a master (10 or more are usual)")
    found = summarise(readings)
    offset = found.mean - reference
    sd, df = (found.sd, float(found.n - 1)) if ranges is None else (ranges.sd, ranges.df)
    return Bias(
        summary=found,
        sd=sd,
        ranges=ranges,
        reference=reference,
        bias=offset,
        test=t_test(offset, sd / math.sqrt(found.n), df, confidence),
        confidence=confidence,
        percent_repeatability=None if process_sd is None else 100.0 * sd / process_sd,
        percent_bias_of_process=None if process_sd is None else 100.0 * abs(offset) / (multiplier * process_sd),
        percent_bias_of_tolerance=None if tolerance is None else 100.0 * abs(offset) / tolerance,
    )
