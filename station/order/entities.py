"""One drawn entity as line and arc segments in millimetres. Lines and arcs stay exact; other curves become chords."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from station.order.geometry import ArcSegment, LineSegment, Point, Segment
from station.order.limits import CHORD_ERROR_MM, MAX_COORDINATE_MM

_SHORTEST_MM = 1e-6
_FLAT_BULGE = 1e-9
_LARGEST_RADIUS_MM = 1e7
_SPLINE_FRAME = 16  # vertex flag: a control point of a curve-fitted polyline, not on the curve


class Tilted(Exception):  # noqa: N818
    """The entity does not lie in the x-y plane."""


class TooManySegments(Exception):  # noqa: N818
    """More segments than there is room for."""


def segments_of(entity: Any, scale: float, room: int) -> Iterator[tuple[tuple[Segment, ...], bool]]:
    """Chains of segments of a LINE, ARC, CIRCLE, LWPOLYLINE, POLYLINE, SPLINE or ELLIPSE, and whether they are exact.

    `scale` is mm per drawing unit, `room` the number of segments there is room for.
    Raises `Tilted`, `TooManySegments`, and whatever ezdxf raises on damaged entities.
    """
    kind = entity.dxftype()
    if kind == "LINE":
        yield _lines([_scaled(entity.dxf.start, scale), _scaled(entity.dxf.end, scale)], room), True
    elif kind in ("ARC", "CIRCLE"):
        yield (_arc(entity, scale),), True
    elif kind == "LWPOLYLINE":
        points = [(x, y, bulge) for x, y, bulge in entity.get_points("xyb")]
        yield _bulged(points, bool(entity.closed), _flipped(entity), scale, room), True
    elif kind == "POLYLINE":
        yield from _polyline(entity, scale, room)
    elif kind == "ELLIPSE":
        yield _ellipse(entity, scale, room), False
    elif kind == "SPLINE":
        yield _spline(entity, scale, room), False


def _flipped(entity: Any) -> bool:
    """Whether the entity is drawn seen from below: extrusion (0, 0, -1)."""
    extrusion = entity.dxf.get("extrusion", (0.0, 0.0, 1.0))
    x, y, z = extrusion
    if not math.hypot(x, y) <= 1e-6 * abs(z):
        raise Tilted
    return bool(z < 0)


def _scaled(point: Any, scale: float) -> Point:
    x, y = float(point[0]) * scale, float(point[1]) * scale
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValueError("a coordinate is not finite")
    return x, y


def _lines(points: Iterable[Point], room: int) -> tuple[Segment, ...]:
    """Chords through the points; points on top of each other make none."""
    segments: list[Segment] = []
    last: Point | None = None
    for point in points:
        if last is None:
            last = point
        elif math.dist(last, point) > _SHORTEST_MM:
            segments.append(LineSegment(last, point))
            last = point
            if len(segments) > room:
                raise TooManySegments
    return tuple(segments)


def _arc(entity: Any, scale: float) -> ArcSegment:
    x, y = _scaled(entity.dxf.center, scale)
    radius = float(entity.dxf.radius) * scale
    if not _SHORTEST_MM < radius < _LARGEST_RADIUS_MM:
        raise ValueError("a radius is out of range")
    flipped = _flipped(entity)
    if entity.dxftype() == "CIRCLE":
        return ArcSegment((-x if flipped else x, y), radius, 0.0, 360.0)
    start, end = float(entity.dxf.start_angle), float(entity.dxf.end_angle)
    if not (math.isfinite(start) and math.isfinite(end)):
        raise ValueError("an angle is not finite")
    sweep = (end - start) % 360.0
    if sweep < 1e-9:
        sweep = 360.0
    if flipped:
        return ArcSegment((-x, y), radius, 180.0 - start - sweep, sweep)
    return ArcSegment((x, y), radius, start, sweep)


def _bulged(
    points: Sequence[tuple[float, float, float]], closed: bool, flipped: bool, scale: float, room: int
) -> tuple[Segment, ...]:
    """A polyline; a vertex's bulge is the tangent of a quarter of the sweep to the next one."""
    if len(points) > room:
        raise TooManySegments
    mirror = -1.0 if flipped else 1.0
    path = [(_scaled((mirror * x, y), scale), mirror * float(bulge)) for x, y, bulge in points]
    if closed and len(path) > 1:
        path.append(path[0])
    segments: list[Segment] = []
    for (start, bulge), (end, _) in pairwise(path):
        if math.dist(start, end) > _SHORTEST_MM:
            segments.append(_bulge(start, end, bulge))
    return tuple(segments)


def _bulge(start: Point, end: Point, bulge: float) -> Segment:
    if not math.isfinite(bulge):
        raise ValueError("a bulge is not finite")
    dx, dy = end[0] - start[0], end[1] - start[1]
    if abs(bulge) < _FLAT_BULGE:
        return LineSegment(start, end)
    radius = math.hypot(dx, dy) * (1 + bulge * bulge) / (4 * abs(bulge))
    if radius > _LARGEST_RADIUS_MM:
        return LineSegment(start, end)
    offset = (1 - bulge * bulge) / (4 * bulge)
    center = ((start[0] + end[0]) / 2 - offset * dy, (start[1] + end[1]) / 2 + offset * dx)
    angle = math.degrees(math.atan2(start[1] - center[1], start[0] - center[0]))
    return ArcSegment(center, radius, angle, math.degrees(4 * math.atan(bulge)))


def _polyline(entity: Any, scale: float, room: int) -> Iterator[tuple[tuple[Segment, ...], bool]]:
    if entity.is_2d_polyline:
        vertices = [v for v in entity.vertices if not int(v.dxf.get("flags", 0)) & _SPLINE_FRAME]
        points = [(v.dxf.location[0], v.dxf.location[1], float(v.dxf.get("bulge", 0.0))) for v in vertices]
        yield _bulged(points, bool(entity.is_closed), _flipped(entity), scale, room), True
    elif entity.is_3d_polyline:
        path = [_scaled(v.dxf.location, scale) for v in entity.vertices]
        yield _lines(path + path[:1] if entity.is_closed else path, room), True


def _ellipse(entity: Any, scale: float, room: int) -> tuple[Segment, ...]:
    _flipped(entity)
    axis = entity.dxf.major_axis
    _within(math.hypot(axis[0], axis[1]) * scale)
    return _lines(_bounded(entity.flattening(CHORD_ERROR_MM / scale, 16), scale, room), room)


def _spline(entity: Any, scale: float, room: int) -> tuple[Segment, ...]:
    tool = entity.construction_tool()
    for point in tool.control_points:
        _within(max(abs(point[0]), abs(point[1])) * scale)
    if tool.count * 4 > room:
        raise TooManySegments
    chords = list(_bounded(tool.flattening(CHORD_ERROR_MM / scale, 4), scale, room))
    if entity.closed and math.dist(chords[0], chords[-1]) > _SHORTEST_MM:
        chords.append(chords[0])
    return _lines(chords, room)


def _within(size_mm: float) -> None:
    if not size_mm <= float(MAX_COORDINATE_MM):
        raise ValueError("a curve is out of range")


def _bounded(points: Iterable[Any], scale: float, room: int) -> Iterator[Point]:
    for number, point in enumerate(points):
        if number > room:
            raise TooManySegments
        yield _scaled(point, scale)
