"""Ideal geometry in the part's frame: millimetres, degrees, x right, y up.

Everything here is nominal. Features keep what the order wrote; outlines are chains of segments with the
material on their left, so an outer outline runs counter-clockwise and an opening clockwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Point: TypeAlias = tuple[float, float]


class Side(StrEnum):
    """Which side of a round feature the material is on."""

    OUTER = "outer"  # material inside the circle: a shaft, a rim
    INNER = "inner"  # material outside the circle: a hole


@dataclass(frozen=True, slots=True)
class LineSegment:
    """A straight piece of an outline."""

    start_mm: Point
    end_mm: Point

    @property
    def length_mm(self) -> float:
        """Length of the path."""
        return math.dist(self.start_mm, self.end_mm)


@dataclass(frozen=True, slots=True)
class ArcSegment:
    """A round piece of an outline; `sweep_deg` > 0 runs counter-clockwise; ±360 is a full circle."""

    center_mm: Point
    radius_mm: float
    start_deg: float
    sweep_deg: float

    @property
    def start_mm(self) -> Point:
        """Where the path begins."""
        return self._at(self.start_deg)

    @property
    def end_mm(self) -> Point:
        """Where the path ends."""
        return self._at(self.start_deg + self.sweep_deg)

    @property
    def length_mm(self) -> float:
        """Length of the path."""
        return abs(math.radians(self.sweep_deg)) * self.radius_mm

    def _at(self, angle_deg: float) -> Point:
        angle = math.radians(angle_deg)
        return (
            self.center_mm[0] + self.radius_mm * math.cos(angle),
            self.center_mm[1] + self.radius_mm * math.sin(angle),
        )


Segment: TypeAlias = LineSegment | ArcSegment


@dataclass(frozen=True, slots=True)
class Outline:
    """A chain of segments, material on the left; `closed` when its end is its start."""

    segments: tuple[Segment, ...]
    closed: bool
    name: str = ""

    @property
    def length_mm(self) -> float:
        """Length of the whole path."""
        return sum(segment.length_mm for segment in self.segments)


def polygon(outline: Outline, chord_error_mm: float) -> NDArray[np.float64]:
    """Vertices (n, 2) of a polygon that stays within `chord_error_mm` of the outline."""
    vertices: list[NDArray[np.float64]] = []
    for segment in outline.segments:
        if isinstance(segment, LineSegment):
            vertices.append(np.asarray([segment.start_mm]))
            continue
        ratio = min(1.0, chord_error_mm / segment.radius_mm)
        step = max(2.0 * math.acos(1.0 - ratio), 1e-4)
        count = max(1, math.ceil(abs(math.radians(segment.sweep_deg)) / step))
        angle = np.radians(segment.start_deg + np.arange(count) / count * segment.sweep_deg)
        vertices.append(np.asarray(segment.center_mm) + segment.radius_mm * np.stack([np.cos(angle), np.sin(angle)], 1))
    if not outline.closed:
        vertices.append(np.asarray([outline.segments[-1].end_mm]))
    return np.concatenate(vertices)


def signed_area_mm2(outline: Outline) -> float:
    """Exact enclosed area of a closed outline; positive when it runs counter-clockwise (Green's theorem)."""
    total = 0.0
    for segment in outline.segments:
        (x0, y0), (x1, y1) = segment.start_mm, segment.end_mm
        total += 0.5 * (x0 * y1 - x1 * y0)
        if isinstance(segment, ArcSegment):
            sweep = math.radians(segment.sweep_deg)
            total += 0.5 * segment.radius_mm**2 * (sweep - math.sin(sweep))
    return total


def reverse(outline: Outline) -> Outline:
    """The same path run the other way: material changes side."""
    flipped: list[Segment] = []
    for segment in reversed(outline.segments):
        if isinstance(segment, LineSegment):
            flipped.append(LineSegment(segment.end_mm, segment.start_mm))
        else:
            end_deg = segment.start_deg + segment.sweep_deg
            flipped.append(ArcSegment(segment.center_mm, segment.radius_mm, end_deg, -segment.sweep_deg))
    return Outline(tuple(flipped), outline.closed, outline.name)


@dataclass(frozen=True, slots=True)
class CircleFeature:
    """A full circle."""

    id: str
    side: Side
    center_mm: Point
    diameter_mm: float


@dataclass(frozen=True, slots=True)
class ArcFeature:
    """A part of a circle, counter-clockwise from `start_deg` to `end_deg` (`end_deg` > `start_deg`)."""

    id: str
    side: Side
    center_mm: Point
    radius_mm: float
    start_deg: float
    end_deg: float


@dataclass(frozen=True, slots=True)
class LineFeature:
    """A straight edge; `material_left` seen from start to end."""

    id: str
    start_mm: Point
    end_mm: Point
    material_left: bool

    @property
    def ends_mm(self) -> tuple[Point, Point]:
        """Start and end with the material on the left."""
        return (self.start_mm, self.end_mm) if self.material_left else (self.end_mm, self.start_mm)


@dataclass(frozen=True, slots=True)
class ContourFeature:
    """Free outlines, each with the material on its left."""

    id: str
    outlines: tuple[Outline, ...]


class ToothForm(StrEnum):
    """How the flanks of a gear run."""

    INVOLUTE = "involute"
    CYCLOIDAL = "cycloidal"


@dataclass(frozen=True, slots=True)
class GearFeature(ContourFeature):
    """An external spur gear: one closed outline that knows its teeth.

    `phase_deg`: where the middle of the first tooth points. `measuring_radius_mm`: the circle on which pitches are
    taken; `thickness_mm`: the arc of a tooth at the reference circle; `ball_mm`: the ball that touches both flanks of
    a space. `flank` runs down the flank of a tooth that points along +x about (0, 0), on its counter-clockwise side,
    from the tip to where the fillet or the root begins.
    """

    form: ToothForm
    center_mm: Point
    teeth: int
    module_mm: float
    phase_deg: float
    reference_radius_mm: float
    measuring_radius_mm: float
    tip_radius_mm: float
    root_radius_mm: float
    thickness_mm: float
    ball_mm: float
    flank: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class ThreadFeature(ContourFeature):
    """An external thread from the side: two open outlines, on the left and on the right of its axis.

    `crest_mm`: where along the axis the middle of a crest of the left side lies; `pitch_diameter_mm`: where ridges are
    as wide as grooves.
    """

    start_mm: Point
    end_mm: Point
    pitch_mm: float
    starts: int
    major_mm: float
    minor_mm: float
    pitch_diameter_mm: float
    flank_angle_deg: float
    crest_mm: float


Feature: TypeAlias = CircleFeature | ArcFeature | LineFeature | ContourFeature


def outlines_of(feature: Feature) -> tuple[Outline, ...]:
    """The feature as outlines with the material on the left."""
    match feature:
        case CircleFeature():
            sweep = 360.0 if feature.side is Side.OUTER else -360.0
            arc = ArcSegment(feature.center_mm, feature.diameter_mm / 2, 0.0, sweep)
            return (Outline((arc,), True, feature.id),)
        case ArcFeature():
            sweep = feature.end_deg - feature.start_deg
            if feature.side is Side.OUTER:
                arc = ArcSegment(feature.center_mm, feature.radius_mm, feature.start_deg, sweep)
            else:
                arc = ArcSegment(feature.center_mm, feature.radius_mm, feature.end_deg, -sweep)
            return (Outline((arc,), False, feature.id),)
        case LineFeature():
            return (Outline((LineSegment(*feature.ends_mm),), False, feature.id),)
        case ContourFeature():
            return feature.outlines


@dataclass(frozen=True, slots=True)
class Silhouette:
    """The whole part against the light: outer outlines (counter-clockwise) and openings (clockwise), all closed."""

    outer: tuple[Outline, ...]
    openings: tuple[Outline, ...]

    @property
    def outlines(self) -> tuple[Outline, ...]:
        """Outer outlines, then openings."""
        return self.outer + self.openings
