"""Control charts for a check standard: single values with moving ranges, means with ranges, means with standard
deviations (ISO 7870-2; NIST/SEMATECH e-Handbook 6.3.2; Montgomery, chapter 6)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from station.metrology.studies.constants import chart_constants
from station.metrology.studies.nelson import Rules, Signal, signals
from station.metrology.studies.summary import summarise

Kind = Literal["imr", "xbar-r", "xbar-s"]
RANGES_UP_TO = 10  # larger subgroups waste what a range does not see


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: points in order, centre, limits, and what the rules that were looked at flag.

    `first` is the number of the first point.
    """

    name: str
    points: tuple[float, ...]
    centre: float
    sigma: float
    low: float
    high: float
    signals: tuple[Signal, ...]
    looked_at: tuple[int, ...]
    first: int = 1

    @property
    def flagged(self) -> dict[int, tuple[int, ...]]:
        """Rules by the index of the point they flag."""
        found: dict[int, tuple[int, ...]] = {}
        for signal in self.signals:
            for index in signal.points:
                found[index] = (*found.get(index, ()), signal.rule)
        return found


@dataclass(frozen=True, slots=True)
class Stability:
    """A pair of charts, place and spread. `sigma` is that of single readings; `estimated` says what it comes from."""

    kind: Kind
    subgroup_size: int
    place: Chart
    spread: Chart
    sigma: float
    estimated: str
    overall_sd: float
    rules: Rules

    @property
    def stable(self) -> bool:
        """Whether no rule flags a point of either chart."""
        return not self.place.signals and not self.spread.signals


def individuals(
    values: Sequence[float], *, centre: float | None = None, sigma: float | None = None, rules: Rules | None = None
) -> Stability:
    """Single values with moving ranges of two; sigma is the mean moving range over d2 unless it is known.

    Raises:
        ValueError: fewer than two values.
    """
    if len(values) < 2:
        raise ValueError("a control chart needs at least 2 points (25 are usual)")
    asked = rules or Rules()
    found = summarise(values)
    moving = np.abs(np.diff(np.asarray(values, dtype=float)))
    constants = chart_constants(2)
    own = float(moving.mean()) / constants.d2
    spread = own if sigma is None else sigma
    place = chart("individuals", values, found.mean if centre is None else centre, spread, asked)
    moved = spread_chart("moving range", moving, constants.d2 * spread, constants.d3 * spread, asked, first=2)
    estimated = "mean moving range / d2" if sigma is None else "given"
    return Stability("imr", 1, place, moved, spread, estimated, found.sd, asked)


def subgroups(
    values: Sequence[Sequence[float]],
    kind: Literal["xbar-r", "xbar-s"] | None = None,
    *,
    centre: float | None = None,
    sigma: float | None = None,
    rules: Rules | None = None,
) -> Stability:
    """Means of equal subgroups with their ranges or standard deviations; ranges up to ten values by default.

    Raises:
        ValueError: fewer than two subgroups, or subgroups of unlike size or of a single value.
    """
    table = np.asarray(values, dtype=float)
    if table.ndim != 2 or table.shape[0] < 2 or table.shape[1] < 2:
        raise ValueError("a chart of means needs at least 2 subgroups of at least 2 readings, all of one size")
    asked = rules or Rules()
    n = table.shape[1]
    chosen = kind or ("xbar-r" if n <= RANGES_UP_TO else "xbar-s")
    constants = chart_constants(n)
    means = [summarise(list(row)).mean for row in table]
    everything = summarise(list(table.ravel()))
    grand = summarise(means).mean if centre is None else centre
    if chosen == "xbar-r":
        ranges = np.ptp(table, axis=1)
        spread = float(ranges.mean()) / constants.d2 if sigma is None else sigma
        below = spread_chart("range", ranges, constants.d2 * spread, constants.d3 * spread, asked)
        estimated = "mean range / d2"
    else:
        deviations = np.array([summarise(list(row)).sd for row in table])
        spread = float(deviations.mean()) / constants.c4 if sigma is None else sigma
        scatter = math.sqrt(1.0 - constants.c4**2) * spread
        below = spread_chart("standard deviation", deviations, constants.c4 * spread, scatter, asked)
        estimated = "mean standard deviation / c4"
    place = chart("mean", means, grand, spread / math.sqrt(n), asked)
    return Stability(chosen, n, place, below, spread, "given" if sigma is not None else estimated, everything.sd, asked)


def chart(name: str, values: Sequence[float], centre: float, sigma: float, rules: Rules) -> Chart:
    """A chart of values with symmetric limits; nothing is flagged where nothing scatters and all lie on the centre."""
    points = tuple(float(v) for v in values)
    still = sigma <= 0.0 and all(p == centre for p in points)
    found = () if still else signals(_standardised(points, centre, sigma), rules)
    low, high = centre - rules.beyond * sigma, centre + rules.beyond * sigma
    return Chart(name, points, centre, sigma, low, high, found, rules.chosen)


def spread_chart(
    name: str, values: Sequence[float] | np.ndarray, centre: float, sigma: float, rules: Rules, *, first: int = 1
) -> Chart:
    """A chart of ranges or deviations: limits not below zero, and only the rules that need no symmetry (1 and 2)."""
    points = tuple(float(v) for v in values)
    fitting = Rules(tuple(r for r in rules.chosen if r in (1, 2)), rules.beyond, rules.side)
    found = signals(_standardised(points, centre, sigma), fitting)
    low, high = max(0.0, centre - rules.beyond * sigma), centre + rules.beyond * sigma
    return Chart(name, points, centre, sigma, low, high, found, fitting.chosen, first)


def _standardised(points: Sequence[float], centre: float, sigma: float) -> list[float]:
    if sigma > 0.0:
        return [(p - centre) / sigma for p in points]
    return [math.copysign(math.inf, p - centre) if p != centre else 0.0 for p in points]
