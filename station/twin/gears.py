"""Watch wheels and pinions: cycloidal teeth in the circular-arc form of BS 978-2 (NIHS 20-02), spokes, rim and hub.

Flanks are radial, the addendum is an arc of radius `addendum_radius · module` from the pitch circle to the tip, cut
short by a land on the tip circle. Factors are those of the standard's tables.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from station.order.geometry import ArcSegment, LineSegment, Outline, Segment
from station.twin.outlines import arc, arc_of_radius, polar, turned


@dataclass(frozen=True, slots=True)
class Teeth:
    """A toothed outline. Factors multiply the module."""

    count: int
    module_mm: float
    thickness: float = math.pi / 2  # of the tooth at the pitch circle
    addendum: float = 1.47  # height of the pointed tip above the pitch circle
    addendum_radius: float = 2.17
    dedendum: float = math.pi / 2
    land: float = 0.10  # how much of the pointed tip is cut off

    @property
    def pitch_radius_mm(self) -> float:
        """Half of module times count."""
        return self.module_mm * self.count / 2

    @property
    def root_radius_mm(self) -> float:
        """Radius of the root circle."""
        return self.pitch_radius_mm - self.dedendum * self.module_mm

    @property
    def tip_radius_mm(self) -> float:
        """Radius of the tip circle."""
        return self.pitch_radius_mm + (self.addendum - self.land) * self.module_mm


def wheel_teeth(count: int, module_mm: float) -> Teeth:
    """A wheel driving an eight-leaf pinion at about 1 : 7.5."""
    return Teeth(count, module_mm)


def pinion_leaves(count: int, module_mm: float) -> Teeth:
    """A pinion with leaves of profile B (up to ten leaves) or its wider form."""
    if count <= 10:
        return Teeth(count, module_mm, 1.05, 0.67, 0.70, 1.35, 0.03)
    return Teeth(count, module_mm, 1.25, 0.805, 0.84, 1.35, 0.03)


def toothed_outline(teeth: Teeth, name: str) -> Outline:
    """The closed outline, counter-clockwise; the first tooth points along +x."""
    pitch, root, tip = teeth.pitch_radius_mm, teeth.root_radius_mm, teeth.tip_radius_mm
    half = math.degrees(teeth.thickness * teeth.module_mm / 2 / pitch)
    apex = polar(pitch + teeth.addendum * teeth.module_mm, 0.0)
    rise = arc_of_radius(polar(pitch, -half), apex, teeth.addendum_radius * teeth.module_mm)
    shoulder = _angle_where_it_crosses(rise, tip)
    low, high = polar(tip, -shoulder), polar(tip, shoulder)
    mirrored = (rise.center_mm[0], -rise.center_mm[1])
    one: list[Segment] = [
        LineSegment(polar(root, -half), polar(pitch, -half)),
        arc(rise.center_mm, polar(pitch, -half), low, True),
        ArcSegment((0.0, 0.0), tip, -shoulder, 2 * shoulder),
        arc(mirrored, high, polar(pitch, half), True),
        LineSegment(polar(pitch, half), polar(root, half)),
        ArcSegment((0.0, 0.0), root, half, 360.0 / teeth.count - 2 * half),
    ]
    segments = [turned(segment, 360.0 * tooth / teeth.count) for tooth in range(teeth.count) for segment in one]
    return Outline(tuple(segments), True, name)


@dataclass(frozen=True, slots=True)
class Spokes:
    """What is cut out of a wheel between hub and rim."""

    count: int
    rim_radius_mm: float
    hub_radius_mm: float
    width_mm: float
    fillet_mm: float


def windows(spokes: Spokes, name: str) -> tuple[Outline, ...]:
    """The openings, clockwise, between spokes of parallel sides; the first spoke points along +x, corners are round."""
    rim, hub, fillet, half = spokes.rim_radius_mm, spokes.hub_radius_mm, spokes.fillet_mm, spokes.width_mm / 2
    across = half + fillet
    outer, inner = math.sqrt((rim - fillet) ** 2 - across**2), math.sqrt((hub + fillet) ** 2 - across**2)
    step = 360.0 / spokes.count

    def corner(x: float, of_rim: bool) -> tuple[ArcSegment, float]:
        """The fillet beside the first spoke, run clockwise about the window, and where it leaves rim or hub."""
        direction = math.degrees(math.atan2(across, x))
        on_round = polar(rim, direction) if of_rim else polar(hub, direction)
        ends = (on_round, (x, half)) if of_rim else ((x, half), on_round)
        return arc((x, across), *ends, False), direction

    rim_corner, rim_deg = corner(outer, True)
    hub_corner, hub_deg = corner(inner, False)
    far_rim, far_hub = (turned(_mirrored(one), step) for one in (rim_corner, hub_corner))
    one: list[Segment] = [
        ArcSegment((0.0, 0.0), rim, step - rim_deg, -(step - 2 * rim_deg)),
        rim_corner,
        LineSegment((outer, half), (inner, half)),
        hub_corner,
        ArcSegment((0.0, 0.0), hub, hub_deg, step - 2 * hub_deg),
        far_hub,
        LineSegment(far_hub.end_mm, far_rim.start_mm),
        far_rim,
    ]
    return tuple(
        Outline(tuple(turned(segment, step * number) for segment in one), True, f"{name}{number + 1}")
        for number in range(spokes.count)
    )


def rim_arc_deg(spokes: Spokes) -> tuple[float, float]:
    """Where the first window's rim arc begins and ends, counter-clockwise, free of the fillets."""
    across = spokes.width_mm / 2 + spokes.fillet_mm
    direction = math.degrees(math.asin(across / (spokes.rim_radius_mm - spokes.fillet_mm)))
    return direction, 360.0 / spokes.count - direction


def _mirrored(segment: ArcSegment) -> ArcSegment:
    """The arc mirrored at the x axis and run backwards: the same sense again."""
    center = (segment.center_mm[0], -segment.center_mm[1])
    return ArcSegment(center, segment.radius_mm, -(segment.start_deg + segment.sweep_deg), segment.sweep_deg)


def _angle_where_it_crosses(rise: ArcSegment, radius_mm: float) -> float:
    """Polar angle (degrees, positive) at which the lower addendum arc reaches the circle about the origin."""
    distance = math.hypot(*rise.center_mm)
    cosine = (distance**2 + radius_mm**2 - rise.radius_mm**2) / (2 * distance * radius_mm)
    center_deg = math.degrees(math.atan2(rise.center_mm[1], rise.center_mm[0]))
    crossings = [center_deg + side * math.degrees(math.acos(cosine)) for side in (-1.0, 1.0)]
    return -min(crossings, key=abs)
