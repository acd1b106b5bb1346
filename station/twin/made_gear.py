"""Gears as they come out of a machine: every flank a little off, the teeth off the bore; and what is true of them.

A flank that is off is turned about the gear's centre, or leans about its own middle, whole. What is true is read off
dense polylines of the flanks, without anything the station measures with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from station.order.geometry import ArcSegment, GearFeature, LineSegment, Outline, Point, Segment, Silhouette
from station.twin.outlines import moved, turned
from station.twin.part import MadePart

Floats = NDArray[np.float64]

_SAME_MM = 1e-9
_ON_LAND_MM = 0.005  # flanks that end so near to the circle of tips or roots are joined along it
_DENSE = 400  # points of each piece of a flank
_COARSE = 10  # every so-manieth of them tells the centre


@dataclass(frozen=True, slots=True)
class GearErrors:
    """How far (rad) the left (counter-clockwise) and the right flank (z,) of each tooth are turned out of their place,
    and where the teeth have their centre (mm) against where the drawing has it. Besides, each flank (z, 2; left, right)
    is moved out of the material by `out_mm` and leans out at its tip by `lean_rad`, and the lands (z,) of tips and of
    the roots behind them are farther out by `tip_mm`, `root_mm`."""

    left_rad: Floats
    right_rad: Floats
    off_center_mm: Point = (0.0, 0.0)
    out_mm: Floats | float = 0.0
    lean_rad: Floats | float = 0.0
    tip_mm: Floats | float = 0.0
    root_mm: Floats | float = 0.0


@dataclass(frozen=True, slots=True)
class TrueGear:
    """Of a made gear about an axis: per flank the largest pitch deviation and the range of the places at the measuring
    circle (arcs, mm, left and right), range of a ball's centre distance, mean thickness (arc) at the reference
    circle, twice the mean distances of the lands of tips and roots (NaN: it has none)."""

    pitch_deviation_mm: tuple[float, float]
    cumulative_pitch_mm: tuple[float, float]
    runout_mm: float
    tooth_thickness_mm: float
    tip_diameter_mm: float
    root_diameter_mm: float


def made_gear(part: MadePart, gear: GearFeature, errors: GearErrors, built: GearFeature | None = None) -> MadePart:
    """The part with the outline of its gear as made: that of the gear `built` to other sizes, or as drawn."""
    nominal = gear.outlines[0]
    outline = Outline(tuple(_spread(built or gear, errors)), True, nominal.name)
    outer = tuple(outline if one.segments == nominal.segments else one for one in part.silhouette.outer)
    return replace(part, silhouette=Silhouette(outer, part.silhouette.openings))


def true_gear(
    gear: GearFeature,
    errors: GearErrors,
    axis_mm: Point,
    ball_mm: float | None = None,
    built: GearFeature | None = None,
) -> TrueGear:
    """What is true of it, at the circles of the drawn `gear`, about an axis (part frame)."""
    made = built or gear
    flanks = polylines(made, errors)
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
    tips, roots = _across(made, errors, axis)
    return TrueGear((left, right), (low, high), float(np.ptp(distance)), float(thickness.mean()), tips, roots)


def own_center(gear: GearFeature, errors: GearErrors, built: GearFeature | None = None) -> Point:
    """Where its flanks alone have their centre: least squares against the drawn ones, free to turn and to grow."""
    still = GearErrors(np.zeros(gear.teeth), np.zeros(gear.teeth))
    rows, off = [], []
    for both in zip(polylines(built or gear, errors), polylines(gear, still), strict=True):
        for left, made, drawn in zip((True, False), *both, strict=True):
            along = np.gradient(drawn, axis=0)
            apart = np.linalg.norm(along, axis=1)
            some = np.flatnonzero(apart > 0.0)[::_COARSE]
            drawn, along, weight = drawn[some], along[some] / apart[some, None], np.sqrt(apart[some])
            out = (1.0 if left else -1.0) * np.column_stack([-along[:, 1], along[:, 0]])
            nearest = np.argmin(np.linalg.norm(made[:, None, :] - drawn, axis=2), axis=0)
            x, y = (drawn - gear.center_mm).T
            basis = np.column_stack([out, x * out[:, 1] - y * out[:, 0], np.ones(len(out))])
            rows.append(weight[:, None] * basis)
            off.append(weight * np.einsum("ij,ij->i", made[nearest] - drawn, out))
    shift_x, shift_y, _, _ = np.linalg.lstsq(np.concatenate(rows), np.concatenate(off), rcond=None)[0].tolist()
    return gear.center_mm[0] + shift_x, gear.center_mm[1] + shift_y


def _pieces(gear: GearFeature) -> list[list[Segment]]:
    """The drawn outline about (0, 0), tooth by tooth."""
    x, y = gear.center_mm
    segments = [moved(segment, (-x, -y)) for segment in gear.outlines[0].segments]
    each = len(segments) // gear.teeth
    return [segments[tooth * each : (tooth + 1) * each] for tooth in range(gear.teeth)]


def _spread(gear: GearFeature, errors: GearErrors) -> list[Segment]:
    """Every flank moved by its error; lands of tips and roots reach from one to the next, or a line does."""
    found: list[tuple[int, Segment]] = []
    center = (gear.center_mm[0] + errors.off_center_mm[0], gear.center_mm[1] + errors.off_center_mm[1])
    own = _own_motions(gear, errors)
    for tooth, pieces in enumerate(_pieces(gear)):
        for piece in pieces:
            if _is_land(piece):
                continue
            left = _is_left(piece, gear, tooth)
            lean, by = own[tooth][0 if left else 1]
            turn = math.degrees(float((errors.left_rad if left else errors.right_rad)[tooth]))
            # The motion is that of a tooth along +x.
            towards = gear.phase_deg + 360.0 * tooth / gear.teeth
            upright = moved(turned(turned(piece, -towards), math.degrees(lean)), by)
            found.append((tooth, moved(turned(upright, towards + turn), center)))
    tips, roots = (np.broadcast_to(off, gear.teeth) for off in (errors.tip_mm, errors.root_mm))
    joined: list[Segment] = []
    for (tooth, one), (_, after) in zip(found, [*found[1:], found[0]], strict=True):
        joined.append(one)
        if math.dist(one.end_mm, after.start_mm) > _SAME_MM:
            radii = (gear.tip_radius_mm, float(tips[tooth])), (gear.root_radius_mm, float(roots[tooth]))
            joined.append(_land(one.end_mm, after.start_mm, center, radii))
    return joined


def _own_motions(gear: GearFeature, errors: GearErrors) -> list[list[tuple[float, Point]]]:
    """By tooth and side: turn (rad) about (0, 0) and then move of a flank of a tooth along +x that leans about its own
    middle."""
    flank = _drawn_flank(gear)
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(flank, axis=0), axis=1))])
    x, y = (float(np.interp(0.5 * run[-1], run, flank[:, k])) for k in (0, 1))
    along = flank[-1] - flank[0]
    out_x, out_y = (np.array([-along[1], along[0]]) / np.linalg.norm(along)).tolist()
    outs, leans = (np.broadcast_to(e, (gear.teeth, 2)).tolist() for e in (errors.out_mm, errors.lean_rad))

    def motion(out: float, lean: float, side: float) -> tuple[float, Point]:
        c, s = math.cos(side * lean), math.sin(side * lean)
        at_y = side * y
        return side * lean, (x - (c * x - s * at_y) + out * out_x, at_y - (s * x + c * at_y) + side * out * out_y)

    return [
        [motion(out, lean, side) for out, lean, side in zip(*both, (1.0, -1.0), strict=True)]
        for both in zip(outs, leans, strict=True)
    ]


def _is_land(piece: Segment) -> bool:
    return isinstance(piece, ArcSegment) and math.hypot(*piece.center_mm) < _SAME_MM


def _is_left(piece: Segment, gear: GearFeature, tooth: int) -> bool:
    (x0, y0), (x1, y1) = piece.start_mm, piece.end_mm
    middle = math.radians(gear.phase_deg + 360.0 * tooth / gear.teeth)
    return math.cos(middle) * (y0 + y1) - math.sin(middle) * (x0 + x1) > 0.0


def _land(start: Point, end: Point, center: Point, radii: tuple[tuple[float, float], ...]) -> Segment:
    """From flank to flank along one of the circles about the centre, farther out by so much, where both end on it."""
    for radius, by in radii:
        if max(abs(math.dist(p, center) - radius) for p in (start, end)) < _ON_LAND_MM:
            begin, stop = (math.degrees(math.atan2(p[1] - center[1], p[0] - center[0])) for p in (start, end))
            return ArcSegment(center, radius + by, begin, (stop - begin + 180.0) % 360.0 - 180.0)
    return LineSegment(start, end)


def _across(gear: GearFeature, errors: GearErrors, axis: Floats) -> tuple[float, float]:
    """Twice the mean distances of the lands of tips and of roots from an axis, every one alike."""
    center = np.add(gear.center_mm, errors.off_center_mm)
    share = np.linspace(0.0, 1.0, 101)
    found: tuple[list[float], list[float]] = ([], [])
    for piece in _spread(gear, errors):
        if isinstance(piece, ArcSegment) and math.dist(piece.center_mm, center) < _SAME_MM:
            is_tip = piece.radius_mm > 0.5 * (gear.tip_radius_mm + gear.root_radius_mm)
            found[0 if is_tip else 1].append(float(np.linalg.norm(_along(piece, share) - axis, axis=1).mean()))
    tips, roots = (2.0 * float(np.mean(distances)) if distances else math.nan for distances in found)
    return tips, roots


def _drawn_flank(gear: GearFeature) -> Floats:
    """Points (n, 2) up the drawn left flank of a tooth along +x about (0, 0)."""
    share = np.linspace(0.0, 1.0, _DENSE)
    return np.concatenate([_along(segment, share) for segment in gear.flank])[::-1]


def polylines(gear: GearFeature, errors: GearErrors) -> list[tuple[Floats, Floats]]:
    """Points (n, 2) up the left and the right flank of each tooth as made, in the part's frame."""
    left, center = _drawn_flank(gear), np.add(gear.center_mm, errors.off_center_mm)
    right = left * np.array([1.0, -1.0])
    found = []
    for tooth, ((lean, by), (other_lean, other_by)) in enumerate(_own_motions(gear, errors)):
        turn = math.radians(gear.phase_deg) + 2.0 * math.pi * tooth / gear.teeth
        one = _turned(_turned(left, lean) + by, turn + float(errors.left_rad[tooth]))
        other = _turned(_turned(right, other_lean) + other_by, turn + float(errors.right_rad[tooth]))
        found.append((one + center, other + center))
    return found


def _turned(points: Floats, by_rad: float) -> Floats:
    c, s = math.cos(by_rad), math.sin(by_rad)
    return np.asarray(points @ np.array([[c, s], [-s, c]]))


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
