"""Characteristics of gears after ISO 1328-1:2013 and ISO 21771: a value and how it answers to small changes.

Deviations are the largest of many flanks: noise alone would show one, and what it adds (about in quadrature) is taken
off, as with zones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.metrology.changes import Changes
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.gear import (
    CCW,
    CW,
    DrawnFlank,
    Flanks,
    Roles,
    angles_at,
    balls,
    drawn_ball,
    flanks_at,
    own_frame,
    roles_of,
    to_own,
)
from station.order.geometry import GearFeature
from station.order.model import CharacteristicType

Floats = NDArray[np.float64]

# What is left of a mean, where noise averages out (px, of a hundred rendered gears each): the blur of near edges, of
# joints of lines and arcs, and in roots of fillets that are hardly wider than it.
_LEFT_OF_THICKNESS_PX, _LEFT_OF_TIPS_PX, _LEFT_OF_ROOTS_PX = 0.002, 0.003, 0.015
_ON_CIRCLE_MM = 1e-6

_SIDES = {"": (CCW, CW), "left": (CCW,), "right": (CW,)}


@dataclass(frozen=True, slots=True)
class GearValues:
    """`values` (m,) under each change; where the unchanged one is decided (part frame, mm), its standard uncertainty
    from the `noise` of points, and the `excess` that noise adds to it."""

    values: Floats
    where_mm: tuple[float, float]
    noise: float
    excess: float


@dataclass(frozen=True, slots=True)
class _One:
    """One value: its noise, what noise adds to it, and where (own frame, mm) it is decided."""

    value: float
    noise: float
    excess: float
    at_mm: Floats


@dataclass(frozen=True, slots=True)
class _Seen:
    """A gear under one change, in its own frame: deviations (n,) of its points, and the axis it turns about."""

    gear: GearFeature
    drawn: DrawnFlank
    roles: Roles
    deviations: Floats
    u_mm: Floats
    axis_mm: Floats
    pixel_mm: float

    def flanks(self, radius_mm: float) -> Flanks:
        """Its flanks about a circle."""
        return flanks_at(self.gear, self.drawn, self.roles, self.deviations, self.u_mm, radius_mm)


def gear_values(
    kind: CharacteristicType,
    feature: MeasuredFeature,
    gear: GearFeature,
    datum: MeasuredFeature | None,
    changes: Changes,
    of: str = "",
    ball_mm: float | None = None,
) -> GearValues:
    """A characteristic of a gear about its own centre or that of a `datum` circle.

    `of`: the flank (`left`, `right`, else both) of a pitch, `chord` for a thickness along the chord; `ball_mm` the
    diameter of the ball of a runout where it is not the feature's own.

    Raises:
        ValueError: with a sentence, where too little of the teeth was found.
    """
    answer = _ANSWERS[kind]
    if kind in _MEANS:
        feature = feature.clean()
    roles, drawn = roles_of(gear, feature.nominal_mm, feature.normals), DrawnFlank(gear.flank)
    axes = None if datum is None else _axes(datum, changes)
    values = np.empty(len(changes))
    first: _One | None = None
    where = feature.points_mm[0]
    growth = changes.growth_of(feature)
    for k in range(len(changes)):
        points = feature.points_mm * (1.0 + changes.relative[k]) + growth[k] * feature.normals
        center, turn = own_frame(gear, roles, points, feature.nominal_mm, feature.normals)
        own = to_own(points, center, turn)
        deviations = np.einsum("ij,ij->i", own - (feature.nominal_mm - gear.center_mm), feature.normals)
        axis = np.zeros(2) if axes is None else to_own(axes[k : k + 1], center, turn)[0]
        one = answer(_Seen(gear, drawn, roles, deviations, feature.u_mm, axis, feature.spacing_mm), of, ball_mm)
        values[k] = one.value
        if first is None:
            c, s = math.cos(turn), math.sin(turn)
            first, where = one, center + np.array([[c, -s], [s, c]]) @ one.at_mm
    assert first is not None
    return GearValues(values, (float(where[0]), float(where[1])), first.noise, first.excess)


def _axes(datum: MeasuredFeature, changes: Changes) -> Floats:
    if datum.kind is not Kind.CIRCLE or not datum.params:
        raise ValueError(f"{datum.id} has no centre that a gear could turn about")
    return changes.of(datum)[:, :2]


def _index(seen: _Seen, side: int) -> tuple[Floats, Floats, Floats]:
    """Places (z,) of the flanks of one side along the measuring circle against their mean, as arcs, their standard
    uncertainties, and the flanks' points (z, 2)."""
    radius = seen.gear.measuring_radius_mm
    flanks = seen.flanks(radius)
    angle = angles_at(flanks, seen.gear, seen.axis_mm, radius)[:, side]
    middle = flanks.points_mm[:, side, flanks.points_mm.shape[2] // 2]
    return radius * (angle - angle.mean()), flanks.u_rad[:, side] * radius, middle


def _pitch_deviation(seen: _Seen, of: str, _: float | None) -> _One:
    """Largest deviation of a pitch from the mean pitch: of one flank from the one before it."""
    found = []
    for side in _SIDES[of]:
        place, u, at = _index(seen, side)
        single = place - np.roll(place, 1)
        worst = int(np.abs(single).argmax())
        noise = np.hypot(u, np.roll(u, 1))
        adds = _usual(noise) * math.sqrt(2.0 * math.log(len(place)))
        found.append(_One(_less(abs(float(single[worst])), adds), float(noise[worst]), adds, at[worst]))
    return max(found, key=lambda one: one.value)


def _cumulative_pitch(seen: _Seen, of: str, _: float | None) -> _One:
    """Range of the places of all flanks of one side."""
    found = []
    for side in _SIDES[of]:
        place, u, at = _index(seen, side)
        low, high = int(place.argmin()), int(place.argmax())
        adds = _range(u)
        noise = math.hypot(float(u[low]), float(u[high]))
        found.append(_One(_less(float(np.ptp(place)), adds), noise, adds, at[high]))
    return max(found, key=lambda one: one.value)


def _runout(seen: _Seen, _: str, ball_mm: float | None) -> _One:
    """Range of the distances of a ball's centre from the axis, laid into each space."""
    ball = seen.gear.ball_mm if ball_mm is None else ball_mm
    start, touch = drawn_ball(seen.gear, seen.drawn, ball)
    centers, u = balls(seen.flanks(touch), seen.gear, ball, start)
    radius = np.hypot(*(centers - seen.axis_mm).T)
    low, high = int(radius.argmin()), int(radius.argmax())
    adds = _range(u)
    return _One(_less(float(np.ptp(radius)), adds), math.hypot(float(u[low]), float(u[high])), adds, centers[high])


def _tooth_thickness(seen: _Seen, of: str, _: float | None) -> _One:
    """Mean thickness of the teeth at the reference circle: an arc, or a chord."""
    gear, radius = seen.gear, seen.gear.reference_radius_mm
    flanks = seen.flanks(radius)
    angle = angles_at(flanks, gear, seen.axis_mm, radius)
    half = 0.5 * float(np.mean(angle[:, CCW] - angle[:, CW]))
    noise = radius * math.sqrt(float(np.sum(flanks.u_rad**2))) / gear.teeth
    noise = math.hypot(noise, _LEFT_OF_THICKNESS_PX * seen.pixel_mm)
    value = 2.0 * radius * (math.sin(half) if of == "chord" else half)
    return _One(value, noise, 0.0, flanks.points_mm[0, 0, 0])


def _tip_diameter(seen: _Seen, _: str, __: float | None) -> _One:
    return _land(seen, seen.roles.tip, seen.gear.tip_radius_mm, "tips", _LEFT_OF_TIPS_PX)


def _root_diameter(seen: _Seen, _: str, __: float | None) -> _One:
    return _land(seen, seen.roles.root, seen.gear.root_radius_mm, "roots", _LEFT_OF_ROOTS_PX)


def _land(seen: _Seen, level: NDArray[np.bool_], radius_mm: float, words: str, left_px: float) -> _One:
    """Twice the mean distance of tips or roots from the axis: every tooth counts alike.

    Those points count that the drawing has on the circle; where some tooth has none, all that lie level.
    """
    gear, roles = seen.gear, seen.roles
    use = level & (np.abs(roles.radius_mm - radius_mm) < _ON_CIRCLE_MM)
    if np.bincount(roles.tooth[use], minlength=gear.teeth).min() == 0:
        use = level
    group = roles.tooth[use]
    size = np.bincount(group, minlength=gear.teeth)
    if size.min() == 0:
        raise ValueError(
            f"the {words} of {gear.id} are too narrow for this optics, or not there: no edge point stands on them"
        )
    out = seen.deviations[use] / roles.level[use]
    mean = float(np.mean(np.bincount(group, out, gear.teeth) / size))
    noise = math.sqrt(float(np.sum((seen.u_mm[use] / roles.level[use] / size[group]) ** 2))) / gear.teeth
    # About another axis the mean distance grows by a quarter of the square of how far that lies off.
    off = float(seen.axis_mm @ seen.axis_mm) / (4.0 * radius_mm)
    u = math.hypot(2.0 * noise, left_px * seen.pixel_mm)
    return _One(2.0 * (radius_mm + mean + off), u, 0.0, np.array([radius_mm, 0.0]))


def _usual(noise: Floats) -> float:
    return float(np.sqrt(np.mean(noise**2)))


def _range(u: Floats) -> float:
    """The range that noise alone would show."""
    return 2.0 * _usual(u) * math.sqrt(2.0 * math.log(len(u)))


def _less(value: float, excess: float) -> float:
    return math.sqrt(max(value * value - excess * excess, 0.0))


_MEANS = frozenset(
    {CharacteristicType.TIP_DIAMETER, CharacteristicType.ROOT_DIAMETER, CharacteristicType.TOOTH_THICKNESS}
)
_ANSWERS: Mapping[CharacteristicType, Callable[[_Seen, str, float | None], _One]] = {
    CharacteristicType.TIP_DIAMETER: _tip_diameter,
    CharacteristicType.ROOT_DIAMETER: _root_diameter,
    CharacteristicType.PITCH_DEVIATION: _pitch_deviation,
    CharacteristicType.CUMULATIVE_PITCH: _cumulative_pitch,
    CharacteristicType.RUNOUT: _runout,
    CharacteristicType.TOOTH_THICKNESS: _tooth_thickness,
}
GEAR_TYPES = frozenset(_ANSWERS)
