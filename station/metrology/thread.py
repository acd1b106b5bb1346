"""Threads of a measured silhouette: the axial section behind the shadow, and what it says of the screw.

Against the light a screw shows not its axial section but the outermost of all its sections: the ridge climbs while it
turns away. Seen square to the axis the shadow of a flank lies outside the section by about K²/2r, K = lead / (2π tan α)
with α half the flank angle, and is slightly bent; each of its points belongs to one of the section, which is taken
instead (`section_mm`). Crests and the middles of roots are not moved.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from station.metrology.features import MeasuredFeature
from station.order.geometry import ThreadFeature

Floats = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

LEAST_POINTS = 5  # of a flank
LEAST_TURNS = 2
ROUNDED_PX = 6.0  # of a flank's height at both of its ends: there it is not straight in a picture
_OTHERWISE = 4.5  # standard uncertainties by which a flank at an end leans otherwise than the rest
_ROUNDS = 3  # of taking the shadow's correction from the angle it leads to


@dataclass(frozen=True, slots=True)
class Roles:
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
class Flanks:
    """Every flank that has enough points: its `set` and `turn`, where (mm along the axis) it meets the drawn pitch
    cylinder, its slope (along per out, positive where the ridge widens inwards), their standard uncertainties by the
    noise of points, and how much (per mm) both have of the flank's own residual."""

    set: Index
    turn: Index
    place_mm: Floats
    slope: Floats
    u_place_mm: Floats
    u_slope: Floats
    place_per_edge: float
    slope_per_edge: float


@dataclass(frozen=True, slots=True)
class Seen:
    """A thread under one change: points along the axis and out from it (mm)."""

    thread: ThreadFeature
    roles: Roles
    along_mm: Floats
    out_mm: Floats
    u_mm: Floats
    local_mm: float
    pixel_mm: float

    def flanks(self) -> Flanks:
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


def _axis(thread: ThreadFeature) -> tuple[Floats, Floats, Floats]:
    """Middle, direction and left normal of the drawn axis."""
    start, end = np.asarray(thread.start_mm), np.asarray(thread.end_mm)
    along = (end - start) / np.linalg.norm(end - start)
    return 0.5 * (start + end), along, np.array([-along[1], along[0]])


def roles_of(thread: ThreadFeature, nominal_mm: Floats, normals: Floats) -> Roles:
    """What each point of the drawn outline belongs to."""
    middle, along, left = _axis(thread)
    place, out = (nominal_mm - thread.start_mm) @ along, (nominal_mm - middle) @ left
    lean, up = normals @ along, np.abs(normals @ left)
    is_left, half = out > 0.0, math.radians(thread.flank_angle_deg / 2.0)
    first = np.where(is_left, thread.crest_mm, thread.crest_mm + thread.starts * thread.pitch_mm / 2.0)
    from_middle, turns = nominal_mm - middle, (place - first) / thread.pitch_mm
    root = (up > 0.99) & (np.abs(out) < thread.pitch_diameter_mm / 2.0)
    return Roles(
        set=2 * (~is_left).astype(np.intp) + (lean > 0.0),
        turn=np.where(root, np.floor(turns), np.rint(turns)).astype(np.intp),  # a root belongs to the ridge before it
        flank=np.abs(np.abs(lean) - math.cos(half)) < 0.05,
        crest=(up > 0.99) & (np.abs(out) > thread.pitch_diameter_mm / 2.0),
        root=root,
        left=is_left,
        lever_mm=from_middle[:, 0] * normals[:, 1] - from_middle[:, 1] * normals[:, 0],
    )


def own_frame(
    thread: ThreadFeature, roles: Roles, points_mm: Floats, feature: MeasuredFeature
) -> tuple[Floats, Floats]:
    """The points along the thread's own axis and out from it: that which its flanks have in their middle."""
    use = roles.flank
    if np.count_nonzero(use) < 4 * LEAST_POINTS:
        raise ValueError(f"hardly any flank of {thread.id} is seen by this optics")
    deviations = np.einsum("ij,ij->i", points_mm[use] - feature.nominal_mm[use], feature.normals[use])
    basis = np.column_stack([feature.normals[use], roles.lever_mm[use], np.ones(len(deviations))])
    x, y, turn, _ = np.linalg.lstsq(basis, deviations, rcond=None)[0]
    middle, along, left = _axis(thread)
    seen = points_mm - middle - np.array([x, y])
    c, s = math.cos(turn), math.sin(turn)
    seen = seen @ np.array([[c, -s], [s, c]])
    return seen @ along, np.abs(seen @ left)


def _fitted(seen: Seen, slope: float) -> Flanks:
    """Straight lines through the flanks of the section that a `slope` gives."""
    thread, roles = seen.thread, seen.roles
    out, touch = section_mm(seen.out_mm, thread.starts * thread.pitch_mm, slope)
    # Near the crest the shadow is that of the crest's edge; blur rounds both ends of a flank, where this one has them.
    room = ROUNDED_PX * seen.pixel_mm
    crest, root = _mean_of(seen, roles.crest, thread.major_mm), _mean_of(seen, roles.root, thread.minor_mm)
    inside = (touch < crest - room) & (out > root + room)
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
    enough = np.flatnonzero(size >= LEAST_POINTS)
    sets = enough % 4
    if len(np.unique(sets)) < 4:
        raise ValueError(
            f"the flanks of {thread.id} are too short for this optics: {LEAST_POINTS} edge points on each are needed"
        )
    rising = np.where(sets % 2 == 1, -1.0, 1.0)  # a flank that looks ahead runs back as it runs out
    flanks = Flanks(
        set=sets,
        turn=enough // 4,
        place_mm=total(at * place)[enough],
        slope=(rising * total(by * place)[enough]),
        u_place_mm=np.sqrt(total((at * u) ** 2))[enough],
        u_slope=np.sqrt(total((by * u) ** 2))[enough],
        # A flank that is off by itself leans by √12 / length; it is taken near its middle.
        place_per_edge=math.hypot(1.0, slope),
        slope_per_edge=math.sqrt(12.0) * math.hypot(1.0, slope) / (crest - root),
    )
    return _without_ends(flanks, seen.local_mm)


def _without_ends(flanks: Flanks, local_mm: float) -> Flanks:
    """The flanks but for a first or a last one that leans otherwise: there the head begins, or the thread ends."""
    keep = np.ones(len(flanks.set), np.bool_)
    u = np.hypot(flanks.u_slope, flanks.slope_per_edge * local_mm)
    for side in range(4):
        own = np.flatnonzero(flanks.set == side)
        alike = np.median(flanks.slope[flanks.set % 2 == side % 2])
        for end in (own[flanks.turn[own].argmin()], own[flanks.turn[own].argmax()]):
            keep[end] = len(own) <= LEAST_TURNS or abs(flanks.slope[end] - alike) <= _OTHERWISE * u[end]
    own = np.flatnonzero(keep)
    return replace(
        flanks, set=flanks.set[own], turn=flanks.turn[own], place_mm=flanks.place_mm[own], slope=flanks.slope[own],
        u_place_mm=flanks.u_place_mm[own], u_slope=flanks.u_slope[own],
    )  # fmt: skip


def _mean_of(seen: Seen, use: Mask, drawn_mm: float) -> float:
    """Radius of crests or roots: as they are, or as drawn where none is seen."""
    return float(np.median(seen.out_mm[use])) if use.any() else 0.5 * drawn_mm
