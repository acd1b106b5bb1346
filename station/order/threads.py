"""The thread of an order as a feature: both sides of the silhouette of an external screw, as its axial section."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from station.errors import OrderError
from station.order.feature_document import ThreadDocument
from station.order.geometry import LineSegment, Outline, Point, ThreadFeature

_CREST, _ROOT = 1 / 8, 1 / 4  # flats of the basic profile (ISO 68-1), of the pitch
_LEAST_ANGLE, _MOST_ANGLE = 20, 100
_MOST_TURNS = 500
_NOTHING_MM = 1e-7


def thread_feature(document: ThreadDocument, place: str) -> ThreadFeature:
    """The feature with its two outlines; the left one is that on the left of the axis.

    Raises:
        OrderError: a profile that cannot be.
    """
    start, end = ((float(x), float(y)) for x, y in document.axis)
    length, pitch = math.dist(start, end), float(document.pitch)
    if not _LEAST_ANGLE <= document.flank_angle <= _MOST_ANGLE:
        raise OrderError(
            f"a flank angle is {_LEAST_ANGLE}° to {_MOST_ANGLE}°, not {document.flank_angle}°",
            place=f"{place}.flank_angle",
        )
    if not 2.0 * pitch <= length <= _MOST_TURNS * pitch:
        raise OrderError(
            f"the axis is {length:.4g} mm long, which is not 2 to {_MOST_TURNS} pitches of {pitch:.4g} mm",
            place=f"{place}.axis",
        )
    slope = math.tan(math.radians(float(document.flank_angle) / 2.0))
    major = float(document.major_diameter)
    deepest = major - pitch * (1.0 - _CREST) / slope  # where the flanks of neighbours meet
    basic = major - pitch * (1.0 - _CREST - _ROOT) / slope
    minor = basic if document.minor_diameter is None else float(document.minor_diameter)
    if not max(deepest, 0.0) <= minor < major:
        raise OrderError(
            f"the minor diameter {minor:.4g} mm is not between {max(deepest, 0.0):.4g} mm, where the flanks meet, and "
            f"the major diameter {major:.4g} mm",
            place=f"{place}.minor_diameter",
        )
    if not 1 <= document.starts <= 8:
        raise OrderError(f"a thread has 1 to 8 starts, not {document.starts}", place=f"{place}.starts")
    crest = float(document.phase) % pitch
    half_turn = document.starts * pitch / 2.0
    sides = [_side((crest + off) % pitch, pitch, length, major, minor, slope) for off in (0.0, half_turn)]
    return ThreadFeature(
        id=document.id,
        outlines=(
            _outline([(s, h) for s, h in reversed(sides[0])], start, end, document.id),
            _outline([(s, -h) for s, h in sides[1]], start, end, document.id),
        ),
        start_mm=start,
        end_mm=end,
        pitch_mm=pitch,
        starts=document.starts,
        major_mm=major,
        minor_mm=minor,
        pitch_diameter_mm=major - pitch * (0.5 - _CREST) / slope,
        flank_angle_deg=float(document.flank_angle),
        crest_mm=crest,
    )


def _side(crest: float, pitch: float, length: float, major: float, minor: float, slope: float) -> list[Point]:
    """Corners (along, out) of one side from 0 to `length`; at both ends it goes out to the major diameter."""
    flat, high, low = pitch * _CREST / 2.0, major / 2.0, minor / 2.0
    fall = (high - low) * slope
    corners: list[Point] = []
    for turn in range(-2, math.ceil(length / pitch) + 3):
        middle = crest + turn * pitch
        corners += [
            (middle - flat - fall, low),
            (middle - flat, high),
            (middle + flat, high),
            (middle + flat + fall, low),
        ]
    inside = [point for point in corners if 0.0 < point[0] < length]
    ends = [(at, _height(corners, at)) for at in (0.0, length)]
    return _without_repeats([(0.0, high), ends[0], *inside, ends[1], (length, high)])


def _height(corners: Sequence[Point], at: float) -> float:
    for (s0, h0), (s1, h1) in pairwise(corners):
        if s0 <= at <= s1 and s1 > s0:
            return h0 + (h1 - h0) * (at - s0) / (s1 - s0)
    return corners[0][1]


def _without_repeats(points: Sequence[Point]) -> list[Point]:
    kept = [points[0]]
    for point in points[1:]:
        if math.dist(point, kept[-1]) > _NOTHING_MM:
            kept.append(point)
    return kept


def _outline(points: Sequence[Point], start: Point, end: Point, name: str) -> Outline:
    length = math.dist(start, end)
    ux, uy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    placed = [(start[0] + s * ux - h * uy, start[1] + s * uy + h * ux) for s, h in points]
    return Outline(tuple(LineSegment(a, b) for a, b in pairwise(placed)), False, name)
