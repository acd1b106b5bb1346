"""Small builders of outlines from points and arcs, for the parts that the twin draws itself."""

from __future__ import annotations

import itertools
import math

from station.order.geometry import ArcSegment, LineSegment, Outline, Point, Segment


def circle_outline(center_mm: Point, diameter_mm: float, opening: bool, name: str = "") -> Outline:
    """A full circle; an opening runs clockwise."""
    return Outline((ArcSegment(center_mm, diameter_mm / 2, 0.0, -360.0 if opening else 360.0),), True, name)


def polar(radius_mm: float, angle_deg: float, center_mm: Point = (0.0, 0.0)) -> Point:
    """The point at this distance and direction from the centre."""
    angle = math.radians(angle_deg)
    return (center_mm[0] + radius_mm * math.cos(angle), center_mm[1] + radius_mm * math.sin(angle))


def arc(center_mm: Point, start_mm: Point, end_mm: Point, counter_clockwise: bool) -> ArcSegment:
    """The arc about `center_mm` from start to end in the given sense; the radius is the start's."""
    start = math.degrees(math.atan2(start_mm[1] - center_mm[1], start_mm[0] - center_mm[0]))
    end = math.degrees(math.atan2(end_mm[1] - center_mm[1], end_mm[0] - center_mm[0]))
    sweep = (end - start) % 360.0 if counter_clockwise else -((start - end) % 360.0)
    return ArcSegment(center_mm, math.dist(center_mm, start_mm), start, sweep)


def arc_of_radius(start_mm: Point, end_mm: Point, radius_mm: float) -> ArcSegment:
    """The shorter counter-clockwise arc of this radius from start to end (convex when the material is on the left)."""
    chord = math.dist(start_mm, end_mm)
    height = math.sqrt(max(radius_mm**2 - chord**2 / 4, 0.0))
    middle = ((start_mm[0] + end_mm[0]) / 2, (start_mm[1] + end_mm[1]) / 2)
    left = (-(end_mm[1] - start_mm[1]) / chord, (end_mm[0] - start_mm[0]) / chord)
    return arc((middle[0] + height * left[0], middle[1] + height * left[1]), start_mm, end_mm, True)


def lines_through(points_mm: list[Point]) -> list[Segment]:
    """Straight segments from point to point."""
    return [LineSegment(a, b) for a, b in itertools.pairwise(points_mm)]


def turned(segment: Segment, angle_deg: float) -> Segment:
    """The segment turned about the origin."""
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))

    def at(point: Point) -> Point:
        return (cos * point[0] - sin * point[1], sin * point[0] + cos * point[1])

    if isinstance(segment, LineSegment):
        return LineSegment(at(segment.start_mm), at(segment.end_mm))
    return ArcSegment(at(segment.center_mm), segment.radius_mm, segment.start_deg + angle_deg, segment.sweep_deg)


def moved(segment: Segment, by_mm: Point) -> Segment:
    """The segment moved."""

    def at(point: Point) -> Point:
        return (point[0] + by_mm[0], point[1] + by_mm[1])

    if isinstance(segment, LineSegment):
        return LineSegment(at(segment.start_mm), at(segment.end_mm))
    return ArcSegment(at(segment.center_mm), segment.radius_mm, segment.start_deg, segment.sweep_deg)
