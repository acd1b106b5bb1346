"""From one side of one tooth to the closed outline of a gear: mirrored, joined by tip and root, turned around."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from station.order.geometry import ArcSegment, LineSegment, Outline, Point, Segment

_NOTHING_RAD = 1e-9  # an arc shorter than this is left out


@dataclass(frozen=True, slots=True)
class ToothSide:
    """The counter-clockwise side of a tooth that points along +x, run down from the tip circle to the root circle.

    `flank` is what meshes, `fillet` what leads over to the root circle (empty: a sharp corner).
    """

    flank: tuple[Segment, ...]
    fillet: tuple[Segment, ...]

    @property
    def tip_rad(self) -> float:
        """Half the angle of the land at the tip."""
        x, y = self.flank[0].start_mm
        return math.atan2(y, x)

    @property
    def root_rad(self) -> float:
        """Angle at which the root circle is reached."""
        x, y = (self.fillet or self.flank)[-1].end_mm
        return math.atan2(y, x)


def polar(radius: float, angle: float) -> Point:
    """The point at this distance from (0, 0), `angle` in rad."""
    return radius * math.cos(angle), radius * math.sin(angle)


def arc_between(center: Point, start: Point, end: Point, *, counter_clockwise: bool) -> ArcSegment:
    """The arc about `center` from start to end; the radius is the start's."""
    begin = math.degrees(math.atan2(start[1] - center[1], start[0] - center[0]))
    stop = math.degrees(math.atan2(end[1] - center[1], end[0] - center[0]))
    sweep = (stop - begin) % 360.0 if counter_clockwise else -((begin - stop) % 360.0)
    return ArcSegment(center, math.dist(center, start), begin, sweep)


def gear_outline(
    side: ToothSide, teeth: int, tip_radius: float, root_radius: float, center: Point, phase_deg: float, name: str
) -> Outline:
    """The closed outline, counter-clockwise."""
    tip, root, pitch_deg = side.tip_rad, side.root_rad, 360.0 / teeth
    down = [*side.flank, *side.fillet]
    one: list[Segment] = [_mirrored(segment) for segment in reversed(down)]
    if tip > _NOTHING_RAD:
        one.append(ArcSegment((0.0, 0.0), tip_radius, -math.degrees(tip), 2.0 * math.degrees(tip)))
    one += down
    if math.pi / teeth - root > _NOTHING_RAD:
        one.append(ArcSegment((0.0, 0.0), root_radius, math.degrees(root), pitch_deg - 2.0 * math.degrees(root)))
    turns = [phase_deg + number * pitch_deg for number in range(teeth)]
    return Outline(tuple(_placed(segment, turn, center) for turn in turns for segment in one), True, name)


def fillet_at(center: Point, start: Point, root_radius: float) -> ArcSegment:
    """The fillet about `center` from where it leaves the flank down to the root circle."""
    ahead = root_radius / math.hypot(*center)
    return arc_between(center, start, (center[0] * ahead, center[1] * ahead), counter_clockwise=False)


def biarcs(points: Sequence[Point], directions: Sequence[float]) -> list[ArcSegment]:
    """Two arcs between any two neighbours of a curve, tangent to each other and to the curve's directions (rad).

    The error of a smooth curve falls with the third power of the distance of the points (Meek & Walton 1995).
    """
    found = []
    for k in range(len(points) - 1):
        (x0, y0), (x1, y1) = points[k], points[k + 1]
        (u0, v0), (u1, v1) = polar(1.0, directions[k]), polar(1.0, directions[k + 1])
        dx, dy = x1 - x0, y1 - y0
        along = dx * (u0 + u1) + dy * (v0 + v1)
        square = dx * dx + dy * dy
        turn = 2.0 * math.sin((directions[k + 1] - directions[k]) / 2.0) ** 2  # 1 - cos
        reach = square / (along + math.sqrt(along * along + 2.0 * turn * square))
        middle = ((x0 + x1 + reach * (u0 - u1)) / 2.0, (y0 + y1 + reach * (v0 - v1)) / 2.0)
        found.append(_tangent_arc((x0, y0), (u0, v0), middle))
        back = _tangent_arc((x1, y1), (-u1, -v1), middle)
        found.append(ArcSegment(back.center_mm, back.radius_mm, back.start_deg + back.sweep_deg, -back.sweep_deg))
    return found


def _tangent_arc(start: Point, direction: Point, end: Point) -> ArcSegment:
    """The arc that leaves `start` in a direction and ends at `end`; a straight one is an arc of a huge radius."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    side = direction[0] * dy - direction[1] * dx
    curvature = 2.0 * side / (dx * dx + dy * dy)
    curvature = math.copysign(max(abs(curvature), 1e-6), curvature)
    radius = 1.0 / abs(curvature)
    center = (start[0] - direction[1] / curvature, start[1] + direction[0] / curvature)
    begin = math.degrees(math.atan2(start[1] - center[1], start[0] - center[0]))
    half = math.atan2(side, direction[0] * dx + direction[1] * dy)
    return ArcSegment(center, radius, begin, math.degrees(2.0 * half))


def _mirrored(segment: Segment) -> Segment:
    """The segment on the other side of the x axis, run the other way: the material is on the left again."""
    if isinstance(segment, LineSegment):
        (x0, y0), (x1, y1) = segment.start_mm, segment.end_mm
        return LineSegment((x1, -y1), (x0, -y0))
    x, y = segment.center_mm
    return ArcSegment((x, -y), segment.radius_mm, -(segment.start_deg + segment.sweep_deg), segment.sweep_deg)


def _placed(segment: Segment, turn_deg: float, center: Point) -> Segment:
    c, s = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))

    def at(point: Point) -> Point:
        return c * point[0] - s * point[1] + center[0], s * point[0] + c * point[1] + center[1]

    if isinstance(segment, LineSegment):
        return LineSegment(at(segment.start_mm), at(segment.end_mm))
    return ArcSegment(at(segment.center_mm), segment.radius_mm, segment.start_deg + turn_deg, segment.sweep_deg)
