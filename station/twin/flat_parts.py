"""Connector pins, bone plates, tags and flattened discs as outlines."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from station.order.geometry import ArcSegment, LineSegment, Outline, Point, Segment
from station.twin.outlines import arc, lines_through, moved, polar


@dataclass(frozen=True, slots=True)
class Pin:
    """A turned or stamped pin lying along x: tail, collar, body, tapered and rounded tip. All in millimetres."""

    tail_mm: float  # from the tail's end to the collar
    tail_width_mm: float
    collar_mm: float
    collar_width_mm: float
    body_mm: float  # from the collar to the taper
    width_mm: float
    taper_deg: float  # between the two flanks of the tip
    tip_radius_mm: float

    @property
    def tip_center_mm(self) -> float:
        """Where on the axis, from the tail's end, the tip's arc has its centre."""
        half = math.radians(self.taper_deg / 2)
        run = (self.width_mm / 2 - self.tip_radius_mm * math.cos(half)) / math.tan(half)
        return self.tail_mm + self.collar_mm + self.body_mm + run - self.tip_radius_mm * math.sin(half)

    @property
    def length_mm(self) -> float:
        """Over all."""
        return self.tip_center_mm + self.tip_radius_mm


def pin_outline(pin: Pin, name: str) -> tuple[Outline, dict[str, tuple[Point, Point]]]:
    """The outline, its middle at the origin, and its straight edges by name (start, end; material on the left).

    Edges: END, TAIL1/TAIL2, SHOULDER1/SHOULDER2 and FACE1/FACE2 (collar, tail side and body side), RIM1/RIM2,
    SIDE1/SIDE2, FLANK1/FLANK2; 1 lies at y < 0, 2 at y > 0.
    """
    x1, x2 = pin.tail_mm, pin.tail_mm + pin.collar_mm
    x3, tail, collar, body = x2 + pin.body_mm, pin.tail_width_mm / 2, pin.collar_width_mm / 2, pin.width_mm / 2
    half = pin.taper_deg / 2
    center = (pin.tip_center_mm, 0.0)
    low, high = polar(pin.tip_radius_mm, half - 90.0, center), polar(pin.tip_radius_mm, 90.0 - half, center)
    corners = [(0.0, -tail), (x1, -tail), (x1, -collar), (x2, -collar), (x2, -body), (x3, -body), low]
    back = [(x, -y) for x, y in reversed(corners[:-1])]
    segments = [*lines_through(corners), arc(center, low, high, True), *lines_through([high, *back, corners[0]])]
    names = ["TAIL1", "SHOULDER1", "RIM1", "FACE1", "SIDE1", "FLANK1", "TIP"]
    names += ["FLANK2", "SIDE2", "FACE2", "RIM2", "SHOULDER2", "TAIL2", "END"]
    segments = [moved(segment, (-pin.length_mm / 2, 0.0)) for segment in segments]
    edges = {
        edge: (segment.start_mm, segment.end_mm)
        for edge, segment in zip(names, segments, strict=True)
        if isinstance(segment, LineSegment)
    }
    return Outline(tuple(segments), True, name), edges


def band_outline(radius_mm: float, half_angle_deg: float, width_mm: float, name: str) -> Outline:
    """A plate bent in its plane: a band of `width_mm` along an arc about (0, -radius), with round ends."""
    center, half = (0.0, -radius_mm), width_mm / 2
    right, left = 90.0 - half_angle_deg, 90.0 + half_angle_deg
    segments: list[Segment] = [
        ArcSegment(center, radius_mm + half, right, 2 * half_angle_deg),
        ArcSegment(polar(radius_mm, left, center), half, left, 180.0),
        ArcSegment(center, radius_mm - half, left, -2 * half_angle_deg),
        ArcSegment(polar(radius_mm, right, center), half, right + 180.0, 180.0),
    ]
    return Outline(tuple(segments), True, name)


def linked_outline(centers_mm: list[Point], eye_radius_mm: float, waist_radius_mm: float, name: str) -> Outline:
    """A reconstruction plate: eyes about the screw holes (left to right), joined by concave arcs."""
    there = list(itertools.pairwise(centers_mm))
    waists = [_waist(a, b, eye_radius_mm, waist_radius_mm) for a, b in there]
    waists += [_waist(b, a, eye_radius_mm, waist_radius_mm) for a, b in reversed(there)]
    stops = [*centers_mm, *reversed(centers_mm[1:-1])]
    segments: list[Segment] = []
    for number, center in enumerate(stops):
        arriving, leaving = waists[number - 1], waists[number]
        segments += [arc(center, arriving.end_mm, leaving.start_mm, True), leaving]
    return Outline(tuple(segments), True, name)


def tag_outline(length_mm: float, width_mm: float, corner_mm: float, name: str) -> Outline:
    """A rectangle along x about the origin with round corners: lower side, corner, right side, corner, and so on."""
    x, y, r = length_mm / 2, width_mm / 2, corner_mm
    segments: list[Segment] = []
    sides = [(r - x, -y), (x - r, -y), (x, r - y), (x, y - r), (x - r, y), (r - x, y), (-x, y - r), (-x, r - y)]
    middles = [(x - r, r - y), (x - r, y - r), (r - x, y - r), (r - x, r - y)]
    for number, middle in enumerate(middles):
        segments += [LineSegment(*sides[2 * number : 2 * number + 2]), ArcSegment(middle, r, 90.0 * (number - 1), 90.0)]
    return Outline(tuple(segments), True, name)


def disc_outline(radius_mm: float, flat_mm: float, name: str) -> Outline:
    """A disc about the origin with a flat below, `flat_mm` from the middle: the flat first, then the arc."""
    half, low = math.sqrt(radius_mm**2 - flat_mm**2), -flat_mm
    return Outline(
        (LineSegment((-half, low), (half, low)), arc((0.0, 0.0), (half, low), (-half, low), True)), True, name
    )


def _waist(a: Point, b: Point, eye_mm: float, waist_mm: float) -> ArcSegment:
    """The concave arc on the right of the way from a to b, tangent to the eyes about both."""
    apart, reach = math.dist(a, b), eye_mm + waist_mm
    right = ((b[1] - a[1]) / apart, -(b[0] - a[0]) / apart)
    height = math.sqrt(reach**2 - apart**2 / 4)
    center = ((a[0] + b[0]) / 2 + height * right[0], (a[1] + b[1]) / 2 + height * right[1])
    share = eye_mm / reach
    start = (a[0] + share * (center[0] - a[0]), a[1] + share * (center[1] - a[1]))
    end = (b[0] + share * (center[0] - b[0]), b[1] + share * (center[1] - b[1]))
    return arc(center, start, end, False)
