"""Where to look on the part: probes of every feature and of the whole silhouette, in the part's frame.

Made from nominal geometry alone, before the part exists. What lies on an outline shares the outline's probes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from station.metrology.features import Kind
from station.order.geometry import ArcFeature, CircleFeature, ContourFeature, Feature, LineFeature, Point, Side
from station.plan.track import Track

Floats = NDArray[np.float64]
Index = NDArray[np.intp]
Rows: TypeAlias = slice | Index

LEAST_PROBES = 5
_LEAST_RADIUS_PX = 3.0
_LEAST_SAGITTA_PX = 0.1


@dataclass(frozen=True, slots=True)
class Target:
    """Probes of one feature or outline, part frame: `points_mm`, `normals` (n, 2) outward, `curvature_per_mm` (n,),
    `reach_in_mm`, `reach_out_mm` (n,); `rows` (n,) are theirs in the track, `span` the same as a slice where they
    follow each other, of which a view costs no copy. `closed`: one closed outline, even if corners leave gaps in it;
    `start` the nominal parameters of its association (empty for a contour); `edge` the number of its kind of edge among
    those of the calibration."""

    id: str
    kind: Kind
    points_mm: Floats
    normals: Floats
    curvature_per_mm: Floats
    reach_in_mm: Floats
    reach_out_mm: Floats
    spacing_mm: float
    closed: bool
    outward: float
    start: tuple[float, ...]
    rows: Index
    span: Rows
    ends_mm: tuple[Point, Point] | None = None  # of a line, its material on the left
    edge: int = 0

    def __len__(self) -> int:
        return len(self.points_mm)


def count_of(rows: Rows) -> int:
    """How many rows."""
    return rows.stop - rows.start if isinstance(rows, slice) else len(rows)


def target_on(
    track: Track,
    numbers: Index,
    rows: Rows,
    name: str,
    spacing_mm: float,
    *,
    kind: Kind = Kind.CONTOUR,
    closed: bool = True,
    outward: float = 1.0,
    start: tuple[float, ...] = (),
    ends_mm: tuple[Point, Point] | None = None,
    edge: int = 0,
) -> Target:
    """The probes `rows` of the track, whose rows have the `numbers` 0, 1, 2, …; views where they follow each other."""
    own = numbers[rows]
    first, behind = int(own[0]), int(own[-1]) + 1
    return Target(
        id=name,
        kind=kind,
        points_mm=track.points_mm[rows],
        normals=track.normals[rows],
        curvature_per_mm=track.curvature_per_mm[rows],
        reach_in_mm=track.reach_in_mm[rows],
        reach_out_mm=track.reach_out_mm[rows],
        spacing_mm=spacing_mm,
        closed=closed,
        outward=outward,
        start=start,
        rows=own,
        span=slice(first, behind) if behind - first == len(own) else own,
        ends_mm=ends_mm,
        edge=edge,
    )


def feature_target(
    feature: Feature, track: Track, numbers: Index, rows: Rows, spacing_mm: float, edge: int = 0
) -> Target:
    """The probes of a feature whose edge is of the kind with that number."""
    kind, closed, outward = Kind.CONTOUR, False, 1.0
    start: tuple[float, ...] = ()
    ends: tuple[Point, Point] | None = None
    match feature:
        case CircleFeature():
            kind, closed, start = Kind.CIRCLE, True, (*feature.center_mm, feature.diameter_mm / 2.0)
            outward = 1.0 if feature.side is Side.OUTER else -1.0
        case ArcFeature():
            kind, start = Kind.CIRCLE, (*feature.center_mm, feature.radius_mm)
            outward = 1.0 if feature.side is Side.OUTER else -1.0
        case LineFeature():
            kind = Kind.LINE
            ends = feature.ends_mm
        case ContourFeature():
            closed = len(feature.outlines) == 1 and feature.outlines[0].closed
    return target_on(
        track,
        numbers,
        rows,
        feature.id,
        spacing_mm,
        kind=kind,
        closed=closed,
        outward=outward,
        start=start,
        ends_mm=ends,
        edge=edge,
    )


def check_size(feature: Feature, pixel_mm: float) -> None:
    """Refuses what is too round for this optics.

    Raises:
        ValueError: with one sentence.
    """
    radius = feature.diameter_mm / 2.0 if isinstance(feature, CircleFeature) else math.inf
    radius = feature.radius_mm if isinstance(feature, ArcFeature) else radius
    if isinstance(feature, ArcFeature):
        half = math.radians(min(feature.end_deg - feature.start_deg, 360.0)) / 2.0
        if radius * (1.0 - math.cos(half)) < _LEAST_SAGITTA_PX * pixel_mm:
            raise ValueError(f"{feature.id} is too short an arc to have a radius: this optics sees a straight line")
    if radius < _LEAST_RADIUS_PX * pixel_mm:
        raise ValueError(f"{feature.id} has a radius of {radius / pixel_mm:.1f} pixels; this optics needs at least 3")


def check_length(name: str, rows: Rows) -> None:
    """Refuses what has hardly any probes.

    Raises:
        ValueError: with one sentence.
    """
    if count_of(rows) < LEAST_PROBES:
        raise ValueError(f"{name} is only a few pixels long here; this optics cannot measure it")
