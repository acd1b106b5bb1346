"""What a machine is by its own settings ($$), and how long it takes for a way. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from station.devices.grbl.facts import AXES
from station.devices.grbl.said import Dialect

_SEARCH = 1.5  # homing looks for a switch over so many times the travel (Grbl's limits.c) before it gives up
_POSITIVE = frozenset(("24", "25", *(str(first + axis) for first in (100, 110, 120, 130) for axis in range(6))))
_FORCED_ORIGIN = 8  # the bit of grblHAL's $22 by which the machine's zero is where it homes


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis in the machine's own millimetres; `step_mm` is the smallest way it can go."""

    step_mm: float
    rate_mm_per_s: float
    acceleration_mm_per_s2: float
    travel_mm: float
    lowest_mm: float
    highest_mm: float


@dataclass(frozen=True, slots=True)
class Machine:
    """All axes by letter, and how it homes."""

    axes: tuple[Axis, ...]
    homes: bool
    hard_limits: bool
    soft_limits: bool
    homing_s: float


def machine_of(settings: Mapping[str, str], letters: str, dialect: Dialect, options: str = "") -> Machine:
    """The machine from its settings; `options` are the letters of its [OPT:…].

    Raises:
        KeyError: with the name of a setting that is missing or cannot be.
    """
    axes = tuple(_axis(settings, AXES.index(letter), dialect, options) for letter in letters)
    # FluidNC has no $22: it says error:18 where nothing homes.
    homes = bool(int(_number(settings, "22", 0.0)) & 1) or dialect is Dialect.FLUIDNC
    return Machine(
        axes,
        homes,
        bool(int(_number(settings, "21", 0.0)) & 1),
        bool(int(_number(settings, "20", 0.0)) & 1),
        _homing_s(settings, axes) if homes else 0.0,
    )


def _axis(settings: Mapping[str, str], index: int, dialect: Dialect, options: str) -> Axis:
    travel = _number(settings, str(130 + index))
    low, high = -travel, 0.0  # Grbl's machine lies in the negative, whichever corner it homes to
    homing = int(_number(settings, "22", 0.0))
    forced = "Z" in options or (dialect is Dialect.GRBLHAL and homing & _FORCED_ORIGIN)
    if forced and int(_number(settings, "23", 0.0)) >> index & 1:
        low, high = 0.0, travel  # zero is where it homes, and it homes to the low end
    if not homing & 1:
        low, high = -travel, travel  # zero is where it was switched on
    return Axis(
        1.0 / _number(settings, str(100 + index)),
        _number(settings, str(110 + index)) / 60.0,
        _number(settings, str(120 + index)),
        travel,
        low,
        high,
    )


def _homing_s(settings: Mapping[str, str], axes: Sequence[Axis]) -> float:
    """The longest that homing may take: every axis by itself, to the end of its search, slowly again, with pauses."""
    locate, seek = (_number(settings, name, default) / 60.0 for name, default in (("24", 25.0), ("25", 100.0)))
    pull_off, pause_s = _number(settings, "27", 5.0), _number(settings, "26", 250.0) / 1000.0
    total = 0.0
    for axis in axes:
        speed = min(seek, axis.rate_mm_per_s)
        ramps_s = 4.0 * speed / axis.acceleration_mm_per_s2
        total += _SEARCH * axis.travel_mm / speed + 2.0 * pull_off / speed + 5.0 * pull_off / locate
        total += ramps_s + 4.0 * pause_s
    return total


def way_s(axes: Sequence[Axis], start: Sequence[float], target: Sequence[float], feed_mm_per_min: float) -> float:
    """How long a straight way takes at least: a trapezoid along it, no faster than any axis allows; feed 0: as fast."""
    ways = [to - of for of, to in zip(start, target, strict=True)]
    length = math.hypot(*ways)
    if length == 0.0:
        return 0.0
    shares = [(abs(way) / length, axis) for way, axis in zip(ways, axes, strict=True) if way]
    speed = min(axis.rate_mm_per_s / share for share, axis in shares)
    if feed_mm_per_min:
        speed = min(speed, feed_mm_per_min / 60.0)
    acceleration = min(axis.acceleration_mm_per_s2 / share for share, axis in shares)
    if length < speed**2 / acceleration:
        return 2.0 * math.sqrt(length / acceleration)
    return length / speed + speed / acceleration


def _number(settings: Mapping[str, str], name: str, default: float | None = None) -> float:
    if name not in settings and default is not None:
        return default
    try:
        value = float(settings[name].split(" ")[0])
    except ValueError as error:
        raise KeyError(name) from error
    if not math.isfinite(value) or (name in _POSITIVE and value <= 0.0):
        raise KeyError(name)
    return value
