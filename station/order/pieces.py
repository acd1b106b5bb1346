"""Pieces of outlines as they were drawn or written, before they are chained."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from station.order.geometry import ArcSegment, LineSegment, Point, Segment

_CELL_MM = 0.002  # pieces that agree within about half of this are the same piece
_OFFSET = 0.365  # of a cell: keeps round millimetres away from the borders of the cells


@dataclass(frozen=True, slots=True)
class Piece:
    """Segments drawn in one go. `exact` is false where a curve became chords; `name` is the feature it came from."""

    segments: tuple[Segment, ...]
    layers: frozenset[str] = frozenset()  # case-folded
    exact: bool = True
    name: str = ""

    @property
    def start_mm(self) -> Point:
        """Where the piece begins."""
        return self.segments[0].start_mm

    @property
    def end_mm(self) -> Point:
        """Where the piece ends."""
        return self.segments[-1].end_mm

    @property
    def length_mm(self) -> float:
        """Length of the path."""
        return sum(segment.length_mm for segment in self.segments)

    def reversed(self) -> Piece:
        """The same piece run the other way."""
        return replace(self, segments=tuple(turned(segment) for segment in self.segments[::-1]))


def turned(segment: Segment) -> Segment:
    """The segment run the other way."""
    if isinstance(segment, LineSegment):
        return LineSegment(segment.end_mm, segment.start_mm)
    return ArcSegment(segment.center_mm, segment.radius_mm, segment.start_deg + segment.sweep_deg, -segment.sweep_deg)


def middle(segment: Segment) -> Point:
    """The point half-way along the segment, in mm."""
    if isinstance(segment, LineSegment):
        (x0, y0), (x1, y1) = segment.start_mm, segment.end_mm
        return (x0 + x1) / 2, (y0 + y1) / 2
    angle = math.radians(segment.start_deg + segment.sweep_deg / 2)
    x, y = segment.center_mm
    return x + segment.radius_mm * math.cos(angle), y + segment.radius_mm * math.sin(angle)


def box_center(segments: Iterable[Segment]) -> Point:
    """The middle of the box around the segments, exact, in mm."""
    points = [point for segment in segments for point in _extremes(segment)]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def _extremes(segment: Segment) -> list[Point]:
    """The segment's ends, and where an arc reaches furthest along x and y."""
    points = [segment.start_mm, segment.end_mm]
    if isinstance(segment, ArcSegment):
        begin = min(segment.start_deg, segment.start_deg + segment.sweep_deg)
        (x, y), radius = segment.center_mm, segment.radius_mm
        quarters = ((x + radius, y), (x, y + radius), (x - radius, y), (x, y - radius))
        points += [quarter for n, quarter in enumerate(quarters) if (90 * n - begin) % 360.0 <= abs(segment.sweep_deg)]
    return points


def without_duplicates(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces with the same path (either way) drawn once, on the layers of all its copies."""
    found: dict[tuple[int, ...], Piece] = {}
    for piece in pieces:
        key = _key(piece)
        twin = found.get(key)
        found[key] = piece if twin is None else replace(twin, layers=twin.layers | piece.layers)
    return list(found.values())


def _key(piece: Piece) -> tuple[int, ...]:
    (x0, y0), (x1, y1) = piece.start_mm, piece.end_mm
    middles = [middle(segment) for segment in piece.segments]
    count = len(middles)
    full = count == 1 and isinstance(piece.segments[0], ArcSegment) and abs(piece.segments[0].sweep_deg) >= 360.0
    if full:
        arc = piece.segments[0]
        assert isinstance(arc, ArcSegment)
        values = [arc.center_mm[0], arc.center_mm[1], arc.radius_mm]
    else:
        values = [
            *(x0 + x1, y0 + y1, min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)),
            *(sum(x for x, _ in middles) / count, sum(y for _, y in middles) / count, piece.length_mm),
        ]
    return (count if not full else 0, *(math.floor(value / _CELL_MM + _OFFSET) for value in values))
