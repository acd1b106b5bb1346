"""Gears as they come out of a machine: every flank a little off, the teeth off the bore; and what is true of them.

A flank that is off is turned about the gear's centre, whole. What is true is read off dense polylines of the flanks,
without anything the station measures with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from station.order.geometry import ArcSegment, GearFeature, LineSegment, Outline, Point, Segment, Silhouette
from station.twin.outlines import moved, turned
from station.twin.part import MadePart

Floats = NDArray[np.float64]

_SAME_MM = 1e-9
_DENSE = 400  # points of each piece of a flank


@dataclass(frozen=True, slots=True)
class GearErrors:
    """How far (rad) the left (counter-clockwise) and the right flank (z,) of each tooth are turned out of their place,
    and where the teeth have their centre (mm) against where the drawing has it."""

    left_rad: Floats
    right_rad: Floats
    off_center_mm: Point = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class TrueGear:
    """Of a made gear about an axis: per flank the largest pitch deviation and the range of the places at the measuring
    circle (arcs, mm, left and right), range of a ball's centre distance, mean thickness (arc) at the reference
    circle."""

    pitch_deviation_mm: tuple[float, float]
    cumulative_pitch_mm: tuple[float, float]
    runout_mm: float
    tooth_thickness_mm: float


def made_gear(part: MadePart, gear: GearFeature, errors: GearErrors) -> MadePart:
    """The part with the outline of its gear as made."""
    nominal = gear.outlines[0]
    outline = Outline(tuple(_spread(_pieces(gear), gear, errors)), True, nominal.name)
    outer = tuple(outline if one.segments == nominal.segments else one for one in part.silhouette.outer)
    return replace(part, silhouette=Silhouette(outer, part.silhouette.openings))


def true_gear(gear: GearFeature, errors: GearErrors, axis_mm: Point, ball_mm: float | None = None) -> TrueGear:
    """What is true of it about an axis (part frame)."""
    flanks = [[_polyline(gear, errors, tooth, left) for left in (True, False)] for tooth in range(gear.teeth)]
    axis = np.asarray(axis_mm)
    places = np.array([[_angle(one, axis, gear.measuring_radius_mm) for one in both] for both in flanks])
    drawn = 2.0 * math.pi * np.arange(gear.teeth) / gear.teeth
    index = gear.measuring_radius_mm * _wrapped(places - drawn[:, None] - places[0])
    single = index - np.roll(index, 1, axis=0)
    at_reference = np.array([[_angle(one, axis, gear.reference_radius_mm) for one in both] for both in flanks])
    thickness = gear.reference_radius_mm * _wrapped(at_reference[:, 0] - at_reference[:, 1])
    ball = gear.ball_mm if ball_mm is None else ball_mm
    behind = [flanks[(tooth + 1) % gear.teeth][1] for tooth in range(gear.teeth)]
    balls = np.array([_ball(both[0], after, ball / 2.0) for both, after in zip(flanks, behind, strict=True)])
    distance = np.hypot(*(balls - axis).T)
    left, right = np.abs(single).max(axis=0).tolist()
    low, high = np.ptp(index, axis=0).tolist()
    return TrueGear((left, right), (low, high), float(np.ptp(distance)), float(thickness.mean()))


def _pieces(gear: GearFeature) -> list[list[Segment]]:
    """The drawn outline about (0, 0), tooth by tooth."""
    x, y = gear.center_mm
    segments = [moved(segment, (-x, -y)) for segment in gear.outlines[0].segments]
    each = len(segments) // gear.teeth
    return [segments[tooth * each : (tooth + 1) * each] for tooth in range(gear.teeth)]


def _spread(teeth: Sequence[Sequence[Segment]], gear: GearFeature, errors: GearErrors) -> list[Segment]:
    """Every flank turned by its error; lands of tips and roots reach from one to the next, or a line does."""
    found: list[Segment] = []
    center = (gear.center_mm[0] + errors.off_center_mm[0], gear.center_mm[1] + errors.off_center_mm[1])
    for tooth, pieces in enumerate(teeth):
        for piece in pieces:
            if _is_land(piece):
                continue
            by = errors.left_rad[tooth] if _is_left(piece, gear, tooth) else errors.right_rad[tooth]
            found.append(moved(turned(piece, math.degrees(float(by))), center))
    joined: list[Segment] = []
    for one, after in zip(found, [*found[1:], found[0]], strict=True):
        joined.append(one)
        if math.dist(one.end_mm, after.start_mm) > _SAME_MM:
            joined.append(_land(one.end_mm, after.start_mm, center))
    return joined


def _is_land(piece: Segment) -> bool:
    return isinstance(piece, ArcSegment) and math.hypot(*piece.center_mm) < _SAME_MM


def _is_left(piece: Segment, gear: GearFeature, tooth: int) -> bool:
    (x0, y0), (x1, y1) = piece.start_mm, piece.end_mm
    middle = math.radians(gear.phase_deg + 360.0 * tooth / gear.teeth)
    return math.cos(middle) * (y0 + y1) - math.sin(middle) * (x0 + x1) > 0.0


def _land(start: Point, end: Point, center: Point) -> Segment:
    """From flank to flank along a circle about the centre, where both lie on one."""
    radii = math.dist(start, center), math.dist(end, center)
    if abs(radii[0] - radii[1]) > 1e-6:
        return LineSegment(start, end)
    begin, stop = (math.degrees(math.atan2(p[1] - center[1], p[0] - center[0])) for p in (start, end))
    return ArcSegment(center, radii[0], begin, (stop - begin + 180.0) % 360.0 - 180.0)


def _polyline(gear: GearFeature, errors: GearErrors, tooth: int, left: bool) -> Floats:
    """Points (n, 2) up a flank as made, in the part's frame."""
    share = np.linspace(0.0, 1.0, _DENSE)
    points = np.concatenate([_along(segment, share) for segment in gear.flank])[::-1]
    if not left:
        points = points * np.array([1.0, -1.0])
    by = errors.left_rad[tooth] if left else errors.right_rad[tooth]
    turn = math.radians(gear.phase_deg) + 2.0 * math.pi * tooth / gear.teeth + float(by)
    c, s = math.cos(turn), math.sin(turn)
    center = np.add(gear.center_mm, errors.off_center_mm)
    return np.asarray(points @ np.array([[c, s], [-s, c]]) + center)


def _along(segment: Segment, share: Floats) -> Floats:
    if isinstance(segment, LineSegment):
        start, end = np.asarray(segment.start_mm), np.asarray(segment.end_mm)
        return np.asarray(start + share[:, None] * (end - start))
    angle = np.radians(segment.start_deg + share * segment.sweep_deg)
    return np.asarray(segment.center_mm + segment.radius_mm * np.column_stack([np.cos(angle), np.sin(angle)]))


def _angle(flank: Floats, axis: Floats, radius: float) -> float:
    """Angle about the axis at which a flank reaches a radius."""
    seen = flank - axis
    far = np.hypot(seen[:, 0], seen[:, 1])
    point = [np.interp(radius, far, seen[:, k]) for k in (0, 1)]
    return math.atan2(point[1], point[0])


def _wrapped(angle: Floats) -> Floats:
    return (angle + math.pi) % (2.0 * math.pi) - math.pi


def _ball(left: Floats, right: Floats, radius: float) -> Floats:
    """Centre of a ball that touches the flanks on both sides of a space: where the curves at its radius from them
    cross."""
    one, other = _beside(left, radius, 1.0), _beside(right, radius, -1.0)
    middle = 0.5 * (left.mean(axis=0) + right.mean(axis=0))
    out = middle - 0.5 * (left[0] + right[0])
    out = out / np.linalg.norm(out)
    across = np.array([-out[1], out[0]])
    height = np.linspace(*_common(one @ out, other @ out), 4001)
    apart = np.interp(height, *_rising(one @ out, one @ across)) - np.interp(
        height, *_rising(other @ out, other @ across)
    )
    crossing = np.flatnonzero(np.sign(apart[:-1]) != np.sign(apart[1:]))[-1]
    share = apart[crossing] / (apart[crossing] - apart[crossing + 1])
    at = height[crossing] + share * (height[crossing + 1] - height[crossing])
    return np.asarray(at * out + np.interp(at, *_rising(one @ out, one @ across)) * across)


def _beside(points: Floats, by: float, side: float) -> Floats:
    along = np.gradient(points, axis=0)
    keep = np.linalg.norm(along, axis=1) > 1e-12
    along = along[keep] / np.linalg.norm(along[keep], axis=1)[:, None]
    return np.asarray(points[keep] + by * side * np.column_stack([-along[:, 1], along[:, 0]]))


def _rising(height: Floats, across: Floats) -> tuple[Floats, Floats]:
    keep = height >= np.maximum.accumulate(height)
    return height[keep], across[keep]


def _common(one: Floats, other: Floats) -> tuple[float, float]:
    return max(float(one.min()), float(other.min())), min(float(one.max()), float(other.max()))
