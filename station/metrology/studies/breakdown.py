"""From variance components to what people judge: shares of variance, study variation and tolerance, and ndc.

%contribution is a share of variances, %study of standard deviations. The multiplier (6, or 5.15 in older tables)
changes study variation and %tolerance, never %study (AIAG MSA 4th edition, chapter III B).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from station.metrology.studies.summary import Interval

NDC_FACTOR = 1.41  # AIAG prints 1.41, not the root of two, and truncates


@dataclass(frozen=True, slots=True)
class Scale:
    """What components are held against: `tolerance` is the width of the zone (two-sided), `one_sided` the distance from
    the mean to the only limit, `process_sd` a historical standard deviation of the process."""

    multiplier: float = 6.0
    tolerance: float | None = None
    one_sided: float | None = None
    process_sd: float | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """One source: its variance (interval None where it is not known) and its shares in percent."""

    source: str
    variance: float
    sd: float
    study_variation: float
    percent_contribution: float
    percent_study: float
    percent_tolerance: float | None
    percent_process: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Components by source (`grr`, `repeatability`, …, `total`) and the number of distinct categories."""

    components: tuple[Component, ...]
    ndc: int
    ndc_exact: float | None
    scale: Scale

    def of(self, source: str) -> Component:
        """The component with this name."""
        return next(c for c in self.components if c.source == source)


def break_down(
    variances: Mapping[str, float], scale: Scale, intervals: Mapping[str, Interval | None] | None = None
) -> Breakdown:
    """Shares of each of `variances`, which name at least grr, part and total.

    With a historical process deviation the total is that of the process, and the parts' is what remains of it beside
    the instrument's (as Minitab and JASP do).
    """
    shown = dict(variances)
    if scale.process_sd is not None:
        shown["total"] = scale.process_sd**2
        shown["part"] = max(0.0, shown["total"] - shown["grr"])
    total = shown["total"]
    known = dict(intervals or {})
    if scale.process_sd is not None:
        known["part"] = known["total"] = None  # they are given now, not estimated
    components = tuple(_component(name, v, total, scale, known.get(name)) for name, v in shown.items())
    if shown["grr"] <= 0.0:
        return Breakdown(components, 1 if shown["part"] <= 0.0 else 2**31, None, scale)
    exact = NDC_FACTOR * math.sqrt(shown["part"] / shown["grr"])
    return Breakdown(components, max(1, math.floor(exact)), exact, scale)


def _component(source: str, variance: float, total: float, scale: Scale, interval: Interval | None) -> Component:
    sd = math.sqrt(variance)
    spread = scale.multiplier * sd
    of_tolerance = None
    if scale.tolerance is not None:
        of_tolerance = 100.0 * spread / scale.tolerance
    elif scale.one_sided is not None:
        of_tolerance = 100.0 * spread / 2.0 / scale.one_sided
    return Component(
        source=source,
        variance=variance,
        sd=sd,
        study_variation=spread,
        percent_contribution=100.0 * variance / total if total > 0.0 else 0.0,
        percent_study=100.0 * math.sqrt(variance / total) if total > 0.0 else 0.0,
        percent_tolerance=of_tolerance,
        percent_process=None if scale.process_sd is None else 100.0 * sd / scale.process_sd,
        interval=interval,
    )
