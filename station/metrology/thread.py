"""Threads of a measured silhouette: the axial section behind the shadow, and what it says of the screw.

Against the light a screw shows not its axial section but the outermost of all its sections: the ridge climbs while it
turns away. Seen square to the axis the shadow of a flank lies outside the section by about K²/2r, K = lead / (2π tan α)
with α half the flank angle, and is slightly bent; each of its points belongs to one of the section, which is taken
instead (`section_mm`). Crests and the middles of roots are not moved. The pitch is the mean over all turns seen and all
four sets of flanks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.metrology.changes import Changes
from station.metrology.features import MeasuredFeature
from station.order.geometry import ThreadFeature
from station.order.model import CharacteristicType

Floats = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

_LEAST_POINTS = 5  # of a flank
_LEAST_TURNS = 2
_ROUNDED_PX = 6.0  # of a flank's height at both of its ends: there it is not straight in a picture
_ROUNDS = 3  # of taking the shadow's correction from the angle it leads to
# What is left of means, where noise averages out (px, of a hundred rendered screws): how far a flank's ends are off
# against its middle, and a root between two flanks.
_LEFT_OF_FLANKS_PX, _LEFT_OF_ROOTS_PX = 0.01, 0.015


@dataclass(frozen=True, slots=True)
class ThreadValues:
    """`values` (m,) under each change, and the standard uncertainty of the unchanged one from the `noise` of points."""

    values: Floats
    noise: float


@dataclass(frozen=True, slots=True)
class _Roles:
    """Of each point (n,): its `set` (left or right side, rising or falling flank: 0 to 3), its `turn`, and whether it
    is on a `flank`, a `crest` or a `root`; `left`: on the left side; `lever_mm` of a turn about the axis' middle."""

    set: Index
    turn: Index
    flank: Mask
    crest: Mask
    root: Mask
    left: Mask
    lever_mm: Floats


@dataclass(frozen=True, slots=True)
class _Flanks:
    """Every flank that has enough points: its `set` and `turn`, where (mm along the axis) it meets the drawn pitch
    cylinder, its slope (along per out, positive where the ridge widens inwards), and their standard uncertainties."""

    set: Index
    turn: Index
    place_mm: Floats
    slope: Floats
    u_place_mm: Floats
    u_slope: Floats


@dataclass(frozen=True, slots=True)
class _Seen:
    """A thread under one change: points along the axis and out from it (mm)."""

    thread: ThreadFeature
    roles: _Roles
    along_mm: Floats
    out_mm: Floats
    u_mm: Floats
    pixel_mm: float

    def flanks(self) -> _Flanks:
        """Its flanks in the axial section."""
        slope, found = math.tan(math.radians(self.thread.flank_angle_deg / 2.0)), None
        for _ in range(_ROUNDS):
            found = _fitted(self, slope)
            slope = float(found.slope.mean())
        assert found is not None
        return found


def section_mm(out_mm: Floats, lead_mm: float, slope: float) -> tuple[Floats, Floats]:
    """Radii of the axial section behind points of a flank's shadow, and those at which the shadow touches the flank.

    The shadow at x is the largest r cos θ with r = section + K θ, K = lead / (2π slope): there tan θ = K / r.
    """
    k = lead_mm / (2.0 * math.pi * slope)
    touch = np.sqrt(0.5 * (out_mm**2 + np.sqrt(out_mm**4 + 4.0 * out_mm**2 * k * k)))
    return touch - k * np.arctan(k / touch), touch


def thread_values(
    kind: CharacteristicType, feature: MeasuredFeature, thread: ThreadFeature, changes: Changes
) -> ThreadValues:
    """A characteristic of a thread; angles in degrees.

    Raises:
        ValueError: with a sentence, where too little of the thread was found.
    """
    feature = feature.clean()
    roles = _roles_of(thread, feature.nominal_mm, feature.normals)
    values, noise = np.empty(len(changes)), 0.0
    growth = changes.growth_of(feature)
    for k in range(len(changes)):
        points = feature.points_mm * (1.0 + changes.relative[k]) + growth[k] * feature.normals
        along, out = _own_frame(thread, roles, points, feature)
        values[k], u = _ANSWERS[kind](_Seen(thread, roles, along, out, feature.u_mm, feature.spacing_mm))
        noise = u if k == 0 else noise
    return ThreadValues(values, noise)


def _axis(thread: ThreadFeature) -> tuple[Floats, Floats, Floats]:
    """Middle, direction and left normal of the drawn axis."""
    start, end = np.asarray(thread.start_mm), np.asarray(thread.end_mm)
    along = (end - start) / np.linalg.norm(end - start)
    return 0.5 * (start + end), along, np.array([-along[1], along[0]])


def _roles_of(thread: ThreadFeature, nominal_mm: Floats, normals: Floats) -> _Roles:
    middle, along, left = _axis(thread)
    place, out = (nominal_mm - thread.start_mm) @ along, (nominal_mm - middle) @ left
    lean, up = normals @ along, np.abs(normals @ left)
    is_left, half = out > 0.0, math.radians(thread.flank_angle_deg / 2.0)
    first = np.where(is_left, thread.crest_mm, thread.crest_mm + thread.starts * thread.pitch_mm / 2.0)
    from_middle = nominal_mm - middle
    return _Roles(
        set=2 * (~is_left).astype(np.intp) + (lean > 0.0),
        turn=np.rint((place - first) / thread.pitch_mm).astype(np.intp),
        flank=np.abs(np.abs(lean) - math.cos(half)) < 0.05,
        crest=(up > 0.99) & (np.abs(out) > thread.pitch_diameter_mm / 2.0),
        root=(up > 0.99) & (np.abs(out) < thread.pitch_diameter_mm / 2.0),
        left=is_left,
        lever_mm=from_middle[:, 0] * normals[:, 1] - from_middle[:, 1] * normals[:, 0],
    )


def _own_frame(
    thread: ThreadFeature, roles: _Roles, points_mm: Floats, feature: MeasuredFeature
) -> tuple[Floats, Floats]:
    """The points along the thread's own axis and out from it: that which its flanks have in their middle."""
    use = roles.flank
    if np.count_nonzero(use) < 4 * _LEAST_POINTS:
        raise ValueError(f"hardly any flank of {thread.id} is seen by this optics")
    deviations = np.einsum("ij,ij->i", points_mm[use] - feature.nominal_mm[use], feature.normals[use])
    basis = np.column_stack([feature.normals[use], roles.lever_mm[use], np.ones(len(deviations))])
    x, y, turn, _ = np.linalg.lstsq(basis, deviations, rcond=None)[0]
    middle, along, left = _axis(thread)
    seen = points_mm - middle - np.array([x, y])
    c, s = math.cos(turn), math.sin(turn)
    seen = seen @ np.array([[c, -s], [s, c]])
    return seen @ along, np.abs(seen @ left)


def _fitted(seen: _Seen, slope: float) -> _Flanks:
    """Straight lines through the flanks of the section that a `slope` gives."""
    thread, roles = seen.thread, seen.roles
    out, touch = section_mm(seen.out_mm, thread.starts * thread.pitch_mm, slope)
    # Near the crest the shadow is that of the crest's edge; blur rounds both ends of a flank.
    room = _ROUNDED_PX * seen.pixel_mm
    inside = (touch < thread.major_mm / 2.0 - room) & (out > thread.minor_mm / 2.0 + room)
    use = np.flatnonzero(roles.flank & inside)
    lowest = int(roles.turn[use].min()) if len(use) else 0
    group = 4 * (roles.turn[use] - lowest) + roles.set[use]
    count = int(group.max()) + 1 if len(use) else 0
    height, place = out[use] - thread.pitch_diameter_mm / 2.0, seen.along_mm[use]
    u = seen.u_mm[use] * math.hypot(1.0, slope)  # across the flank -> along the axis

    def total(values: Floats) -> Floats:
        return np.bincount(group, values, count).astype(np.float64)

    size, first, second = total(np.ones(len(use))), total(height), total(height**2)
    scale = np.maximum(size * second - first**2, 1e-300)
    at, by = (
        (second[group] - first[group] * height) / scale[group],
        (size[group] * height - first[group]) / scale[group],
    )
    enough = np.flatnonzero(size >= _LEAST_POINTS)
    sets = enough % 4
    if len(np.unique(sets)) < 4:
        raise ValueError(
            f"the flanks of {thread.id} are too short for this optics: {_LEAST_POINTS} edge points on each are needed"
        )
    rising = np.where(sets % 2 == 1, -1.0, 1.0)  # a flank that looks ahead runs back as it runs out
    return _Flanks(
        set=sets,
        turn=enough // 4,
        place_mm=total(at * place)[enough],
        slope=(rising * total(by * place)[enough]),
        u_place_mm=np.sqrt(total((at * u) ** 2))[enough],
        u_slope=np.sqrt(total((by * u) ** 2))[enough],
    )


def _pitch_of(flanks: _Flanks, thread: ThreadFeature) -> tuple[float, float, float, Floats]:
    """Mean pitch, its standard uncertainty, how many times the flanks scatter more than their noise, and where the four
    sets begin: places = begin + pitch · turn."""
    known = np.zeros((len(flanks.set), 5))
    known[np.arange(len(flanks.set)), flanks.set] = 1.0
    known[:, 4] = flanks.turn
    if np.ptp(flanks.turn) < _LEAST_TURNS - 1 or np.linalg.matrix_rank(known) < 5:
        raise ValueError(f"fewer than {_LEAST_TURNS} turns of {thread.id} are seen: they have no pitch")
    inverse = np.linalg.pinv(known)
    found = inverse @ flanks.place_mm
    more = _beyond_noise(flanks.place_mm - known @ found, flanks.u_place_mm, 5)
    return float(found[4]), more * float(np.linalg.norm(inverse[4] * flanks.u_place_mm)), more, found[:4]


def _beyond_noise(residuals: Floats, u: Floats, fitted: int) -> float:
    """How many times, at least 1, residuals scatter more than their noise `u` says (Birge's ratio)."""
    freedom = len(residuals) - fitted
    if freedom < 1 or not u.all():
        return 1.0
    return max(1.0, math.sqrt(float(np.sum((residuals / u) ** 2)) / freedom))


def _pitch(seen: _Seen) -> tuple[float, float]:
    pitch, u, _, _ = _pitch_of(seen.flanks(), seen.thread)
    return pitch, u


def _flank_angle(seen: _Seen) -> tuple[float, float]:
    """Included angle: the mean half angles of the flanks that look ahead and of those that look back."""
    flanks = seen.flanks()
    total, variance = 0.0, 0.0
    for ahead in (0, 1):
        own = flanks.set % 2 == ahead
        slope = float(flanks.slope[own].mean())
        total += math.atan(slope)
        more = _beyond_noise(flanks.slope[own] - slope, flanks.u_slope[own], 1)
        u = more * float(np.linalg.norm(flanks.u_slope[own])) / np.count_nonzero(own)
        variance += (u / (1.0 + slope**2)) ** 2
    height = 0.5 * (seen.thread.major_mm - seen.thread.minor_mm) - 2.0 * _ROUNDED_PX * seen.pixel_mm
    bent = 2.0 * _LEFT_OF_FLANKS_PX * seen.pixel_mm / height
    return math.degrees(total), math.degrees(math.hypot(math.sqrt(variance), bent))


def _pitch_diameter(seen: _Seen) -> tuple[float, float]:
    """Simple pitch diameter: where ridges are half a pitch wide."""
    flanks, thread = seen.flanks(), seen.thread
    pitch, _, more, begin = _pitch_of(flanks, thread)
    # Both flanks of a ridge carry its number.
    width = 0.5 * ((begin[1] - begin[0]) + (begin[3] - begin[2]))
    slopes = float(flanks.slope[flanks.set % 2 == 0].mean() + flanks.slope[flanks.set % 2 == 1].mean())
    each = [float(np.sum(flanks.u_place_mm[flanks.set == k] ** 2)) / np.sum(flanks.set == k) ** 2 for k in range(4)]
    left = _LEFT_OF_FLANKS_PX * seen.pixel_mm * math.hypot(1.0, 0.5 * slopes) / (0.5 * slopes)
    u = math.hypot(more * math.sqrt(sum(each)) / slopes, left)
    return thread.pitch_diameter_mm + 2.0 * (width - pitch / 2.0) / slopes, u


def _major_diameter(seen: _Seen) -> tuple[float, float]:
    return _across(seen, seen.roles.crest, "crests", 0.0)


def _minor_diameter(seen: _Seen) -> tuple[float, float]:
    return _across(seen, seen.roles.root, "roots", _LEFT_OF_ROOTS_PX)


def _across(seen: _Seen, use: Mask, words: str, left_px: float) -> tuple[float, float]:
    """Mean distance of the crests (roots) of both sides."""
    found, variance = 0.0, 0.0
    for side in (seen.roles.left, ~seen.roles.left):
        own = use & side
        count = np.count_nonzero(own)
        if count < _LEAST_POINTS:
            raise ValueError(
                f"the {words} of {seen.thread.id} are too narrow for this optics: hardly an edge point stands on them"
            )
        found += float(seen.out_mm[own].mean())
        variance += float(np.sum(seen.u_mm[own] ** 2)) / count**2
    return found, math.hypot(math.sqrt(variance), left_px * seen.pixel_mm)


_ANSWERS: Mapping[CharacteristicType, Callable[[_Seen], tuple[float, float]]] = {
    CharacteristicType.PITCH: _pitch,
    CharacteristicType.MAJOR_DIAMETER: _major_diameter,
    CharacteristicType.MINOR_DIAMETER: _minor_diameter,
    CharacteristicType.PITCH_DIAMETER: _pitch_diameter,
    CharacteristicType.FLANK_ANGLE: _flank_angle,
}
THREAD_TYPES = frozenset(_ANSWERS)
