"""Where to look on the part: probes along every feature and along the whole silhouette, in the part's frame.

Made from nominal geometry alone, before the part exists. How far a probe may look before it would meet another edge is
read off a raster of the silhouette, so it holds for any shape.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from station.metrology.features import Kind
from station.order.geometry import (
    ArcFeature,
    CircleFeature,
    ContourFeature,
    Feature,
    LineFeature,
    LineSegment,
    Outline,
    Segment,
    Side,
    Silhouette,
    outlines_of,
    polygon,
    sample_outline,
)

Floats = NDArray[np.float64]

MAX_REACH_PX = 40
CORNER_PX = 4.0  # the optics round a corner over about this length: no probes there
_CORNER_RAD = math.radians(12.0)


@dataclass(frozen=True, slots=True)
class Target:
    """Probes of one feature or outline, part frame: `points_mm`, `normals` (n, 2) outward, `curvature_per_mm` (n,),
    `reach_in_mm`, `reach_out_mm` (n,); `start` the nominal parameters of its association (empty for a contour)."""

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

    def __len__(self) -> int:
        return len(self.points_mm)


@dataclass(frozen=True, slots=True)
class Raster:
    """The nominal silhouette as pixels: `material` (h, w) bool, `origin_mm` the centre of pixel (0, 0), y up."""

    material: NDArray[np.bool_]
    origin_mm: tuple[float, float]
    pixel_mm: float

    def at(self, points_mm: Floats) -> NDArray[np.bool_]:
        """Material at (..., 2) points; False outside."""
        column = np.rint((points_mm[..., 0] - self.origin_mm[0]) / self.pixel_mm).astype(np.intp)
        row = np.rint((points_mm[..., 1] - self.origin_mm[1]) / self.pixel_mm).astype(np.intp)
        height, width = self.material.shape
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        return np.asarray(self.material[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)] & inside)


def rasterise(silhouette: Silhouette, pixel_mm: float) -> Raster:
    """The silhouette at a resolution of `pixel_mm`, with a margin of `MAX_REACH_PX`."""
    outer = [polygon(o, 0.1 * pixel_mm) for o in silhouette.outer]
    openings = [polygon(o, 0.1 * pixel_mm) for o in silhouette.openings]
    low = np.min([p.min(axis=0) for p in outer], axis=0) - (MAX_REACH_PX + 2) * pixel_mm
    high = np.max([p.max(axis=0) for p in outer], axis=0) + (MAX_REACH_PX + 2) * pixel_mm
    width, height = (np.ceil((high - low) / pixel_mm).astype(int) + 1).tolist()
    canvas = np.zeros((height, width), np.uint8)
    # Deeper outlines overwrite the ones they lie in: material, opening, material in the opening, …
    nested = [(p, 1) for p in outer] + [(p, 0) for p in openings]
    nested.sort(key=lambda item: -float(np.prod(np.ptp(item[0], axis=0))))
    for points, level in nested:
        fixed = np.rint((points - low) / pixel_mm * 16.0).astype(np.int32)
        cv2.fillPoly(canvas, [fixed.reshape(-1, 1, 2)], level, shift=4)
    return Raster(canvas.astype(bool), (float(low[0]), float(low[1])), pixel_mm)


def target_of(feature: Feature, raster: Raster | None, pixel_mm: float) -> Target:
    """Probes of a feature, one per pixel of its contour.

    Raises:
        ValueError: too small or too short for this optics, with one sentence.
    """
    closed = isinstance(feature, CircleFeature) or (
        isinstance(feature, ContourFeature) and len(feature.outlines) == 1 and feature.outlines[0].closed
    )
    kind, radius, outward = Kind.CONTOUR, math.inf, 1.0
    start: tuple[float, ...] = ()
    match feature:
        case CircleFeature():
            radius = feature.diameter_mm / 2.0
            kind, start = Kind.CIRCLE, (*feature.center_mm, radius)
            outward = 1.0 if feature.side is Side.OUTER else -1.0
        case ArcFeature():
            radius = feature.radius_mm
            kind, start = Kind.CIRCLE, (*feature.center_mm, radius)
            outward = 1.0 if feature.side is Side.OUTER else -1.0
        case LineFeature():
            kind = Kind.LINE
    if radius < 3.0 * pixel_mm:
        raise ValueError(f"{feature.id} has a radius of {radius / pixel_mm:.1f} pixels; this optics needs at least 3")
    return outline_target(feature.id, outlines_of(feature), kind, closed, outward, start, raster, pixel_mm)


def outline_target(
    name: str,
    outlines: tuple[Outline, ...],
    kind: Kind,
    closed: bool,
    outward: float,
    start: tuple[float, ...],
    raster: Raster | None,
    pixel_mm: float,
) -> Target:
    """Probes along outlines, without those that would stand on a corner."""
    points, normals, curvature = [], [], []
    for outline in outlines:
        samples = sample_outline(outline, pixel_mm)
        keep = np.ones(len(samples.points_mm), bool)
        for corner in _corners(outline):
            keep &= ((samples.points_mm - corner) ** 2).sum(axis=1) > (CORNER_PX * pixel_mm) ** 2
        points.append(samples.points_mm[keep])
        normals.append(samples.normals[keep])
        curvature.append(samples.curvature_per_mm[keep])
    place = np.concatenate(points)
    if len(place) < 5:
        raise ValueError(f"{name} is only a few pixels long here; this optics cannot measure it")
    normal = np.concatenate(normals)
    reach_in, reach_out = _reach(place, normal, raster, pixel_mm)
    return Target(
        id=name,
        kind=kind,
        points_mm=place,
        normals=normal,
        curvature_per_mm=np.concatenate(curvature),
        reach_in_mm=reach_in,
        reach_out_mm=reach_out,
        spacing_mm=pixel_mm,
        closed=closed and len(place) == sum(len(p) for p in points),
        outward=outward,
        start=start,
    )


def _corners(outline: Outline) -> list[Floats]:
    """Points where the outline's direction jumps, and the ends of an open one."""
    segments = outline.segments
    if len(segments) == 1 and outline.closed:
        return []
    found: list[Floats] = []
    pairs = (
        list(zip(segments, segments[1:] + segments[:1], strict=True)) if outline.closed else list(pairwise(segments))
    )
    for before, after in pairs:
        turn = _direction(after, 0.0) - _direction(before, 1.0)
        if abs(math.remainder(turn, 2.0 * math.pi)) > _CORNER_RAD:
            found.append(np.asarray(after.start_mm))
    if not outline.closed:
        found += [np.asarray(segments[0].start_mm), np.asarray(segments[-1].end_mm)]
    return found


def _direction(segment: Segment, at: float) -> float:
    """Direction of travel (rad) at the start (0) or the end (1) of a segment."""
    if isinstance(segment, LineSegment):
        return math.atan2(segment.end_mm[1] - segment.start_mm[1], segment.end_mm[0] - segment.start_mm[0])
    return math.radians(segment.start_deg + at * segment.sweep_deg + math.copysign(90.0, segment.sweep_deg))


def _reach(points: Floats, normals: Floats, raster: Raster | None, pixel_mm: float) -> tuple[Floats, Floats]:
    """How far (mm) a profile may go into and out of the material before it meets another edge of the silhouette."""
    limit = MAX_REACH_PX * pixel_mm
    if raster is None:
        return np.full(len(points), limit), np.full(len(points), limit)
    steps = np.arange(1.5, MAX_REACH_PX + 0.25, 0.5) * pixel_mm
    away = steps[None, :, None] * normals[:, None, :]
    ends_in = ~raster.at(points[:, None, :] - away)
    ends_out = raster.at(points[:, None, :] + away)
    reach_in = np.where(ends_in.any(axis=1), steps[ends_in.argmax(axis=1)], limit)
    reach_out = np.where(ends_out.any(axis=1), steps[ends_out.argmax(axis=1)], limit)
    return reach_in, reach_out
