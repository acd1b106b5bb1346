"""Characteristics of threads after ISO 5408: a value and how it answers to small changes.

The pitch is the mean over all turns seen and all four sets of flanks. Every flank, crest and root is off by its own
residual; flanks that scatter by more than that and their noise widen the uncertainty.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.metrology.changes import Changes
from station.metrology.features import MeasuredFeature
from station.metrology.thread import LEAST_POINTS, LEAST_TURNS, ROUNDED_PX, Flanks, Mask, Seen, own_frame, roles_of
from station.order.geometry import ThreadFeature
from station.order.model import CharacteristicType

Floats = NDArray[np.float64]

# What is left of means, where noise averages out (px, of 150 rendered screws): how far a flank's ends are off against
# its middle, the middle itself, and a root between two flanks.
_LEFT_OF_FLANKS_PX, _LEFT_OF_PLACES_PX, _LEFT_OF_ROOTS_PX = 0.01, 0.015, 0.01


@dataclass(frozen=True, slots=True)
class ThreadValues:
    """`values` (m,) under each change, the standard uncertainty of the unchanged one from the `noise` of points, and of
    how many `edges` it has the own residuals (an angle: degrees per mm)."""

    values: Floats
    noise: float
    edges: float


@dataclass(frozen=True, slots=True)
class _Turns:
    """Places of flanks = where their set begins (4,) + pitch · turn: by which `weights` (5, n) of the places each is
    found, and how many times the places scatter more than noise and the flanks' own residuals say."""

    begin_mm: Floats
    pitch_mm: float
    weights: Floats
    more: float


@dataclass(frozen=True, slots=True)
class _One:
    """One value, its noise, and how many edges' own residuals it has."""

    value: float
    noise: float
    edges: float


def thread_values(
    kind: CharacteristicType, feature: MeasuredFeature, thread: ThreadFeature, changes: Changes
) -> ThreadValues:
    """A characteristic of a thread; angles in degrees.

    Raises:
        ValueError: with a sentence, where too little of the thread was found.
    """
    feature = feature.clean()
    roles = roles_of(thread, feature.nominal_mm, feature.normals)
    values, first = np.empty(len(changes)), None
    growth = changes.growth_of(feature)
    for k in range(len(changes)):
        points = feature.points_mm * (1.0 + changes.relative[k]) + growth[k] * feature.normals
        along, out = own_frame(thread, roles, points, feature)
        seen = Seen(thread, roles, along, out, feature.u_mm, feature.local_mm, feature.spacing_mm)
        one = _ANSWERS[kind](seen)
        values[k] = one.value
        first = one if first is None else first
    assert first is not None
    return ThreadValues(values, first.noise, first.edges)


def _turns(seen: Seen, flanks: Flanks) -> _Turns:
    """The pitch and the places of the four sets, by least squares over all flanks."""
    known = np.zeros((len(flanks.set), 5))
    known[np.arange(len(flanks.set)), flanks.set] = 1.0
    known[:, 4] = flanks.turn
    if np.ptp(flanks.turn) < LEAST_TURNS - 1 or np.linalg.matrix_rank(known) < 5:
        raise ValueError(f"fewer than {LEAST_TURNS} turns of {seen.thread.id} are seen: they have no pitch")
    weights = np.linalg.pinv(known)
    found = weights @ flanks.place_mm
    u = np.hypot(flanks.u_place_mm, flanks.place_per_edge * seen.local_mm)
    more = _beyond(flanks.place_mm - known @ found, u, 5)
    return _Turns(found[:4], float(found[4]), np.asarray(weights, np.float64), more)


def _beyond(residuals: Floats, u: Floats, fitted: int) -> float:
    """How many times, at least 1, residuals scatter more than their `u` says (Birge's ratio)."""
    freedom = len(residuals) - fitted
    if freedom < 1 or not u.all():
        return 1.0
    return max(1.0, math.sqrt(float(np.sum((residuals / u) ** 2)) / freedom))


def _of_flanks(value: float, weights: Floats, u: Floats, per_edge: float, more: float, local_mm: float) -> _One:
    """A value that has these `weights` (n,) of its flanks; what they scatter `more` goes to the noise."""
    noise, edges = float(np.linalg.norm(weights * u)), float(np.linalg.norm(weights)) * per_edge
    beyond = (more**2 - 1.0) * (noise**2 + (edges * local_mm) ** 2)
    return _One(value, math.sqrt(noise**2 + beyond), edges)


def _pitch(seen: Seen) -> _One:
    flanks = seen.flanks()
    turns = _turns(seen, flanks)
    return _of_flanks(
        turns.pitch_mm, turns.weights[4], flanks.u_place_mm, flanks.place_per_edge, turns.more, seen.local_mm
    )


def _flank_angle(seen: Seen) -> _One:
    """Included angle: the mean half angles of the flanks that look ahead and of those that look back."""
    flanks = seen.flanks()
    u = np.hypot(flanks.u_slope, flanks.slope_per_edge * seen.local_mm)
    total, weights, more = 0.0, np.zeros(len(u)), 1.0
    for ahead in (0, 1):
        own = flanks.set % 2 == ahead
        slope = float(flanks.slope[own].mean())
        total += math.atan(slope)
        weights[own] = math.degrees(1.0 / (1.0 + slope**2) / np.count_nonzero(own))
        more = max(more, _beyond(flanks.slope[own] - slope, u[own], 1))
    one = _of_flanks(math.degrees(total), weights, flanks.u_slope, flanks.slope_per_edge, more, seen.local_mm)
    height = 0.5 * (seen.thread.major_mm - seen.thread.minor_mm) - 2.0 * ROUNDED_PX * seen.pixel_mm
    bent = math.degrees(2.0 * _LEFT_OF_FLANKS_PX * seen.pixel_mm / height)
    return _One(one.value, math.hypot(one.noise, bent), one.edges)


def _pitch_diameter(seen: Seen) -> _One:
    """Simple pitch diameter: where ridges are half a pitch wide."""
    flanks, thread = seen.flanks(), seen.thread
    turns = _turns(seen, flanks)
    # Both flanks of a ridge carry its number.
    width = np.array([-0.5, 0.5, -0.5, 0.5, -0.5])
    slopes = float(flanks.slope[flanks.set % 2 == 0].mean() + flanks.slope[flanks.set % 2 == 1].mean())
    wider = float(width @ np.append(turns.begin_mm, turns.pitch_mm))
    one = _of_flanks(
        thread.pitch_diameter_mm + 2.0 * wider / slopes, 2.0 / slopes * (width @ turns.weights), flanks.u_place_mm,
        flanks.place_per_edge, turns.more, seen.local_mm,
    )  # fmt: skip
    left = _LEFT_OF_PLACES_PX * seen.pixel_mm * math.hypot(1.0, 0.5 * slopes) / (0.5 * slopes)
    return _One(one.value, math.hypot(one.noise, left), one.edges)


def _major_diameter(seen: Seen) -> _One:
    return _across(seen, seen.roles.crest, "crests", 0.0)


def _minor_diameter(seen: Seen) -> _One:
    return _across(seen, seen.roles.root, "roots", _LEFT_OF_ROOTS_PX)


def _across(seen: Seen, use: Mask, words: str, left_px: float) -> _One:
    """Mean distance of the crests (roots) of both sides."""
    found, variance, edges = 0.0, 0.0, 0.0
    for side in (seen.roles.left, ~seen.roles.left):
        own = use & side
        count = np.count_nonzero(own)
        if count < LEAST_POINTS:
            raise ValueError(
                f"the {words} of {seen.thread.id} are too narrow for this optics: hardly an edge point stands on them"
            )
        found += float(seen.out_mm[own].mean())
        variance += float(np.sum(seen.u_mm[own] ** 2)) / count**2
        # Every crest is an edge of its own.
        each = np.unique(seen.roles.turn[own], return_counts=True)[1] / count
        edges += float(each @ each)
    return _One(found, math.hypot(math.sqrt(variance), left_px * seen.pixel_mm), math.sqrt(edges))


_ANSWERS: Mapping[CharacteristicType, Callable[[Seen], _One]] = {
    CharacteristicType.PITCH: _pitch,
    CharacteristicType.MAJOR_DIAMETER: _major_diameter,
    CharacteristicType.MINOR_DIAMETER: _minor_diameter,
    CharacteristicType.PITCH_DIAMETER: _pitch_diameter,
    CharacteristicType.FLANK_ANGLE: _flank_angle,
}
THREAD_TYPES = frozenset(_ANSWERS)
