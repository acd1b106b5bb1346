"""Statistical process control where no two parts are alike: what is charted is the deviation from each part's own
nominal, brought to one scale per feature class.

DNOM charts deviations of classes that scatter alike. Z-MR divides each deviation by what it is known by (its U, where
the table has one) and by its class's sigma, so classes of unlike scatter share one chart. The standardised mean and
range chart (Montgomery, chapter 10) divides subgroups by the class's mean range. Quesenberry's Q charts (J. Quality
Technology 23, 1991) need no history: every value is judged by those before it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtr

from station.metrology.studies.charts import Chart, Stability, chart, individuals, spread_chart, subgroups
from station.metrology.studies.constants import chart_constants
from station.metrology.studies.nelson import Rules
from station.metrology.studies.summary import summarise


@dataclass(frozen=True, slots=True)
class Deviation:
    """One reading: its feature class, value and nominal in one unit, and U (None where nothing is known of it)."""

    feature_class: str
    value: float
    nominal: float
    u: float | None = None

    @property
    def scaled(self) -> float:
        """(value - nominal) / U, or the deviation itself without a U."""
        return (self.value - self.nominal) / (self.u if self.u is not None else 1.0)


@dataclass(frozen=True, slots=True)
class ClassScale:
    """What a class is standardised by: centre and sigma of its scaled deviations, from n of them."""

    feature_class: str
    n: int
    mean: float
    centre: float
    sigma: float
    own: bool  # False: the class has too few readings, its sigma is that of all classes


@dataclass(frozen=True, slots=True)
class ZChart:
    """Standardised deviations and their moving ranges, in the order of the readings."""

    place: Chart
    spread: Chart
    classes: tuple[ClassScale, ...]
    rules: Rules

    @property
    def stable(self) -> bool:
        """Whether no rule flags a point of either chart."""
        return not self.place.signals and not self.spread.signals


def dnom(readings: Sequence[Deviation], rules: Rules | None = None) -> Stability:
    """Deviations from nominal on one chart of single values: for classes that scatter alike."""
    return individuals([r.value - r.nominal for r in readings], rules=rules)


def dnom_subgroups(groups: Sequence[Sequence[Deviation]], rules: Rules | None = None) -> Stability:
    """Subgroups' mean deviations from nominal with their ranges."""
    return subgroups([[r.value - r.nominal for r in group] for group in groups], "xbar-r", rules=rules)


def z_chart(readings: Sequence[Deviation], *, centre_on_mean: bool = False, rules: Rules | None = None) -> ZChart:
    """Z-MR: (scaled deviation - centre) / sigma of its class. The centre is the nominal, or the class's own mean.

    Sigma is the mean moving range within the class over d2. A class of one reading, or one that does not scatter, takes
    the pooled sigma of all classes.

    Raises:
        ValueError: no class has two readings that differ.
    """
    if len(readings) < 2:
        raise ValueError("a control chart needs at least 2 points (25 are usual)")
    asked = rules or Rules()
    by_class: dict[str, list[float]] = {}
    for reading in readings:
        by_class.setdefault(reading.feature_class, []).append(reading.scaled)
    moving = {name: np.abs(np.diff(values)) for name, values in by_class.items()}
    pooled = np.concatenate(list(moving.values()))
    constants = chart_constants(2)
    if not pooled.size or float(pooled.mean()) <= 0.0:
        raise ValueError("no feature class has two readings that differ, so nothing is known of the process's scatter")
    common = float(pooled.mean()) / constants.d2
    scales = {}
    for name, values in by_class.items():
        own = float(moving[name].mean()) / constants.d2 if moving[name].size else 0.0
        mean = summarise(values).mean
        centre = mean if centre_on_mean else 0.0
        scales[name] = ClassScale(name, len(values), mean, centre, own if own > 0.0 else common, own > 0.0)
    z = [(r.scaled - scales[r.feature_class].centre) / scales[r.feature_class].sigma for r in readings]
    place = chart("standardised deviation", z, 0.0, 1.0, asked)
    spread = spread_chart("moving range", np.abs(np.diff(z)), constants.d2, constants.d3, asked, first=2)
    return ZChart(place, spread, tuple(scales.values()), asked)


@dataclass(frozen=True, slots=True)
class StandardisedGroups:
    """Subgroups' means and ranges over the mean range of their class, with limits ±A2 and D3, D4."""

    place: Chart
    spread: Chart
    mean_ranges: tuple[tuple[str, float], ...]
    subgroup_size: int
    rules: Rules

    @property
    def stable(self) -> bool:
        """Whether no rule flags a point of either chart."""
        return not self.place.signals and not self.spread.signals


def standardised_groups(groups: Sequence[Sequence[Deviation]], rules: Rules | None = None) -> StandardisedGroups:
    """(mean - nominal) / R̄ and R / R̄ of each subgroup, R̄ that of its class.

    Raises:
        ValueError: subgroups of unlike size or of a single reading, or a class that does not scatter.
    """
    sizes = {len(group) for group in groups}
    if len(groups) < 2 or len(sizes) != 1 or min(sizes) < 2:
        raise ValueError("a chart of means needs at least 2 subgroups of at least 2 readings, all of one size")
    asked = rules or Rules()
    n = sizes.pop()
    means = [summarise([r.value - r.nominal for r in group]).mean for group in groups]
    ranges = [float(np.ptp([r.value - r.nominal for r in group])) for group in groups]
    classes = [group[0].feature_class for group in groups]
    of_class = {name: float(np.mean([r for r, c in zip(ranges, classes, strict=True) if c == name]))
                for name in dict.fromkeys(classes)}  # fmt: skip
    for name, mean_range in of_class.items():
        if mean_range <= 0.0:
            raise ValueError(f"the readings of class {name!r} do not scatter, so nothing is known of its range")
    constants = chart_constants(n)

    place = chart(
        "standardised mean",
        [m / of_class[c] for m, c in zip(means, classes, strict=True)],
        0.0,
        constants.a2 / 3.0,
        asked,
    )
    spread = spread_chart(
        "standardised range",
        [r / of_class[c] for r, c in zip(ranges, classes, strict=True)],
        1.0,
        constants.d3 / constants.d2,
        asked,
    )
    return StandardisedGroups(place, spread, tuple(of_class.items()), n, asked)


def q_values(
    values: Sequence[float], *, mean: float | None = None, sigma: float | None = None
) -> tuple[float | None, ...]:
    """Quesenberry's Q statistics: standard normal while nothing changes; None where nothing is known yet.

    The four cases: mean and sigma both known, one of them, none. A value after others that do not scatter has none.
    """
    x = [float(v) for v in values]
    if mean is not None and sigma is not None:
        return tuple((v - mean) / sigma for v in x)
    return tuple(_q_of(x[:r], x[r], mean, sigma) for r in range(len(x)))


def _q_of(before: list[float], value: float, mean: float | None, sigma: float | None) -> float | None:
    n = len(before)
    if n == 0:
        return None
    if sigma is not None:
        return math.sqrt(n / (n + 1)) * (value - summarise(before).mean) / sigma
    if mean is not None:
        scatter = math.sqrt(math.fsum((b - mean) ** 2 for b in before) / n)
        return None if scatter <= 0.0 else _as_normal((value - mean) / scatter, n)
    if n < 2:
        return None
    found = summarise(before)
    return None if found.sd <= 0.0 else _as_normal(math.sqrt(n / (n + 1)) * (value - found.mean) / found.sd, n - 1)


def _as_normal(t: float, df: int) -> float:
    """The standard normal value with the same probability as Student's t; by the nearer tail, so no digit is lost."""
    return float(math.copysign(-ndtri(max(float(stdtr(df, -abs(t))), 1e-300)), t))


@dataclass(frozen=True, slots=True)
class QChart:
    """Q statistics in the order of the readings, each class by itself; `numbers` are the readings that have one."""

    place: Chart
    numbers: tuple[int, ...]
    q: tuple[float | None, ...]
    rules: Rules

    @property
    def stable(self) -> bool:
        """Whether no rule flags a point."""
        return not self.place.signals


def q_chart(
    readings: Sequence[Deviation],
    *,
    mean: float | None = None,
    sigma: float | None = None,
    rules: Rules | None = None,
) -> QChart:
    """Q statistics of scaled deviations, each by the earlier ones of its own class.

    Raises:
        ValueError: too few readings for any Q.
    """
    asked = rules or Rules()
    q: list[float | None] = [None] * len(readings)
    for name in dict.fromkeys(r.feature_class for r in readings):
        at = [i for i, r in enumerate(readings) if r.feature_class == name]
        for i, value in zip(at, q_values([readings[i].scaled for i in at], mean=mean, sigma=sigma), strict=True):
            q[i] = value
    known = [i for i, value in enumerate(q) if value is not None]
    if not known:
        raise ValueError("no feature class has enough readings for a Q chart (three, where nothing is known before)")
    place = chart("Q", [v for v in q if v is not None], 0.0, 1.0, asked)
    return QChart(place, tuple(known), tuple(q), asked)
