"""Propagation of distributions by Monte Carlo, with as many trials as the result's digits need: JCGM 101:2008."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from station.metrology.gum import Floats, Model

MOST_TRIALS = 20_000_000


class Distribution(Protocol):
    """What is known of an input (JCGM 101, clause 6.4)."""

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        """n independent values."""
        ...


@dataclass(frozen=True, slots=True)
class Normal:
    """N(mean, sd²)."""

    mean: float
    sd: float

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        """n values."""
        return rng.normal(self.mean, self.sd, n)


@dataclass(frozen=True, slots=True)
class Rectangular:
    """Anything between low and high alike."""

    low: float
    high: float

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        """n values."""
        return rng.uniform(self.low, self.high, n)


@dataclass(frozen=True, slots=True)
class Triangular:
    """The sum of two rectangular ones of one width."""

    low: float
    high: float

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        """n values."""
        return rng.triangular(self.low, 0.5 * (self.low + self.high), self.high, n)


@dataclass(frozen=True, slots=True)
class StudentT:
    """Scaled and shifted t: its standard deviation is scale · √(df / (df - 2)), not the scale."""

    df: float
    mean: float
    scale: float

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        """n values."""
        return self.mean + self.scale * rng.standard_t(self.df, n)


@dataclass(frozen=True, slots=True)
class Arcsine:
    """U-shaped: a sine between low and high at a random time."""

    low: float
    high: float

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        """n values."""
        swing = np.sin(2.0 * math.pi * rng.random(n))
        return np.asarray(0.5 * (self.low + self.high) + 0.5 * (self.high - self.low) * swing)


@dataclass(frozen=True, slots=True)
class CurvilinearTrapezoid:
    """Rectangular with limits that are themselves only known to ±inexact."""

    low: float
    high: float
    inexact: float

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        """n values."""
        low = self.low - self.inexact + 2.0 * self.inexact * rng.random(n)
        return np.asarray(low + (self.low + self.high - 2.0 * low) * rng.random(n))


@dataclass(frozen=True, slots=True)
class Sampled:
    """The output's distribution in figures: mean, u, the shortest interval with the coverage, and the symmetric one.

    `stable` is False when the most trials allowed did not settle the wanted digits.
    """

    mean: float
    u: float
    coverage: float
    shortest: tuple[float, float]
    symmetric: tuple[float, float]
    trials: int
    tolerance: float
    stable: bool


@dataclass(frozen=True, slots=True)
class Trials:
    """Drawn values of an output, `ordered` (m,); the tolerance that was wanted of their figures, and whether they are
    known to it."""

    ordered: Floats
    tolerance: float
    stable: bool


def numerical_tolerance(u: float, digits: int = 2) -> float:
    """Half a unit of the last of `digits` significant digits of u (JCGM 101, 7.9.2)."""
    if u <= 0.0:
        return 0.0
    exponent = math.floor(math.log10(u)) - (digits - 1)
    if round(u / 10.0**exponent) >= 10**digits:
        exponent += 1
    return 0.5 * 10.0**exponent


def shortest_interval(ordered: Floats, coverage: float) -> tuple[float, float]:
    """The shortest interval that holds the share `coverage` of values in order (JCGM 101, 7.7)."""
    held = min(len(ordered) - 1, math.floor(coverage * len(ordered) + 0.5))
    widths = ordered[held:] - ordered[: len(ordered) - held]
    at = int(np.argmin(widths))
    return float(ordered[at]), float(ordered[at + held])


def settled(
    draw: Callable[[int], Floats],
    *,
    coverage: float = 0.95,
    digits: int = 2,
    finer: float = 1.0,
    batch: int = 0,
    most_trials: int = MOST_TRIALS,
) -> Trials:
    """Values drawn in batches until mean, u and both ends are known to `digits` of u (JCGM 101, 7.9.4), or so many
    times `finer`.

    `draw(n)` gives n values of the output. A `batch` of 0 is that of the standard; a smaller one is for outputs that
    take long.

    Raises:
        ValueError: an output that is not finite.
    """
    size = batch or max(math.ceil(100.0 / (1.0 - coverage)), 10_000)
    values: list[Floats] = []
    figures: list[tuple[float, float, float, float]] = []
    tolerance, stable = math.inf, False
    while not stable and len(values) * size + size <= max(most_trials, 2 * size):
        drawn = draw(size)
        if not np.isfinite(drawn).all():
            raise ValueError("the model has no finite value for some of its inputs' values")
        values.append(drawn)
        figures.append((float(drawn.mean()), float(drawn.std(ddof=1)), *shortest_interval(np.sort(drawn), coverage)))
        if len(figures) > 1:
            table = np.array(figures)
            tolerance = numerical_tolerance(float(np.concatenate(values).std(ddof=1)), digits) / finer
            errors = table.std(axis=0, ddof=1) / math.sqrt(len(table))
            stable = bool((2.0 * errors <= tolerance).all())
    return Trials(np.sort(np.concatenate(values)), tolerance, stable)


def sampled(trials: Trials, coverage: float = 0.95) -> Sampled:
    """The figures of an output's drawn values."""
    tail = 0.5 - coverage / 2.0
    low, high = np.quantile(trials.ordered, [tail, 1.0 - tail])
    return Sampled(
        mean=float(trials.ordered.mean()),
        u=float(trials.ordered.std(ddof=1)),
        coverage=coverage,
        shortest=shortest_interval(trials.ordered, coverage),
        symmetric=(float(low), float(high)),
        trials=len(trials.ordered),
        tolerance=trials.tolerance,
        stable=trials.stable,
    )


def monte_carlo(
    model: Model,
    inputs: Sequence[Distribution],
    rng: np.random.Generator,
    *,
    coverage: float = 0.95,
    digits: int = 2,
    most_trials: int = MOST_TRIALS,
) -> Sampled:
    """Independent inputs through the model, with as many trials as `settled` takes.

    Raises:
        ValueError: no inputs, or an output that is not finite.
    """
    if not inputs:
        raise ValueError("a measurement function needs an input")

    def draw(count: int) -> Floats:
        with np.errstate(all="ignore"):
            return np.asarray(model([d.draw(rng, count) for d in inputs]), dtype=float)

    return sampled(settled(draw, coverage=coverage, digits=digits, most_trials=most_trials), coverage)
