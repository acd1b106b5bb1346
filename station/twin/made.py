"""From the nominal silhouette and its deviations to dense polygons in millimetres. Pure geometry."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from station.order.geometry import (
    ArcFeature,
    ArcSegment,
    CircleFeature,
    Feature,
    LineFeature,
    LineSegment,
    Outline,
    Segment,
)
from station.twin.part import CircleDeviation, Deviation, LineDeviation, MadePart

Points = NDArray[np.float64]

SAME_MM = 1e-5
MITRE_LIMIT = 3.0


def lies_on(segment: Segment, feature: Feature) -> bool:
    """Whether a segment of the silhouette is (a part of) the feature."""
    match feature, segment:
        case ((CircleFeature() | ArcFeature()), ArcSegment()):
            radius = feature.diameter_mm / 2 if isinstance(feature, CircleFeature) else feature.radius_mm
            near = math.dist(segment.center_mm, feature.center_mm) < SAME_MM
            if not near or abs(segment.radius_mm - radius) > SAME_MM:
                return False
            if (segment.sweep_deg > 0) != (feature.side == "outer"):
                return False
            if isinstance(feature, CircleFeature):
                return True
            middle = segment.start_deg + segment.sweep_deg / 2
            return (middle - feature.start_deg) % 360.0 <= feature.end_deg - feature.start_deg
        case LineFeature(), LineSegment():
            start, end = feature.start_mm, feature.end_mm
            length = math.dist(start, end)
            direction = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
            for point in (segment.start_mm, segment.end_mm):
                dx, dy = point[0] - start[0], point[1] - start[1]
                along, across = dx * direction[0] + dy * direction[1], dx * direction[1] - dy * direction[0]
                if abs(across) > SAME_MM or not -SAME_MM <= along <= length + SAME_MM:
                    return False
            return True
        case _:
            return False


def segment_points(
    segment: Segment, deviations: tuple[Deviation, ...], step_mm: float, growth_mm: float = 0.0
) -> Points:
    """Points (n, 2) along the segment as made, both ends included, at most about `step_mm` apart."""
    count = max(2, math.ceil(segment.length_mm / step_mm) + 1)
    t = np.linspace(0.0, 1.0, count)
    if isinstance(segment, LineSegment):
        start, end = np.asarray(segment.start_mm), np.asarray(segment.end_mm)
        direction = (end - start) / max(segment.length_mm, 1e-300)
        outward = np.array([direction[1], -direction[0]])
        along = (t - 0.5) * segment.length_mm
        out = np.full(count, growth_mm)
        for deviation in deviations:
            if isinstance(deviation, LineDeviation):
                out += deviation.offset_mm + math.tan(math.radians(deviation.tilt_deg)) * along
                out += deviation.bow_mm * (1.0 - (2.0 * t - 1.0) ** 2)
        return np.asarray(start + t[:, None] * (end - start) + out[:, None] * outward)
    angle = np.radians(segment.start_deg + t * segment.sweep_deg)
    radius = np.full(count, segment.radius_mm + (growth_mm if segment.sweep_deg > 0 else -growth_mm))
    center = np.asarray(segment.center_mm, dtype=np.float64)
    for deviation in deviations:
        if isinstance(deviation, CircleDeviation):
            radius += deviation.diameter_mm / 2
            center = center + deviation.shift_mm
            for lobes in deviation.lobes:
                radius += lobes.amplitude_mm * np.cos(lobes.count * (angle - math.radians(lobes.phase_deg)))
    return np.asarray(center + radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1))


def made_polygons(
    part: MadePart, chord_error_mm: float, growth_mm: float = 0.0, step_mm: float = math.inf
) -> list[Points]:
    """The silhouette's outlines as made: closed polygons (n, 2), outer counter-clockwise, openings clockwise.

    `growth_mm` moves every edge further out of the material (what diffraction does to the picture, not to the part);
    `step_mm` bounds the length of a polygon's sides, for what bends straight lines later.
    """
    by_id = {feature.id: feature for feature in part.features}
    polygons = []
    for outline in part.silhouette.outlines:
        if outline.name in part.missing or any(_is_on(outline, by_id.get(name)) for name in part.missing):
            continue
        polygons.append(_made_outline(outline, part, by_id, chord_error_mm, part.growth_mm + growth_mm, step_mm))
    return polygons


def deviations_on(segment: Segment, part: MadePart, by_id: dict[str, Feature]) -> tuple[Deviation, ...]:
    """The deviations that move this segment."""
    return tuple(d for d in part.deviations if (f := by_id.get(d.feature)) is not None and lies_on(segment, f))


def bent(points: Points, part: MadePart) -> Points:
    """The part's scale and bend applied to points (n, 2)."""
    points = points * part.scale
    if part.bend is not None:
        beyond = np.maximum(points[:, 0] - part.bend.start_x_mm, 0.0)
        points = points + np.stack([np.zeros_like(beyond), beyond**2 / (2.0 * part.bend.radius_mm)], axis=1)
    return points


def _is_on(outline: Outline, feature: Feature | None) -> bool:
    return feature is not None and all(lies_on(segment, feature) for segment in outline.segments)


def _made_outline(
    outline: Outline, part: MadePart, by_id: dict[str, Feature], chord_error_mm: float, growth_mm: float, step_mm: float
) -> Points:
    chains: list[Points] = []
    for segment in outline.segments:
        deviations = deviations_on(segment, part, by_id)
        fine = min(step_mm, _side_mm(segment, deviations, part, chord_error_mm))
        chains.append(segment_points(segment, deviations, fine))
    for index, segment in enumerate(outline.segments):
        following = (index + 1) % len(chains)
        if isinstance(segment, LineSegment) and isinstance(outline.segments[following], LineSegment):
            chains[index], chains[following] = meet(chains[index], chains[following])
    points = np.concatenate(chains)
    keep = np.linalg.norm(points - np.roll(points, 1, axis=0), axis=1) > 1e-9
    points = points[keep]
    return bent(grown(points, growth_mm) if growth_mm else points, part)


def _side_mm(segment: Segment, deviations: tuple[Deviation, ...], part: MadePart, chord_error_mm: float) -> float:
    """How long a polygon's side may be to stay within the chord error: √(8 · radius · error)."""
    radius = segment.radius_mm if isinstance(segment, ArcSegment) else math.inf
    for deviation in deviations:
        if isinstance(deviation, LineDeviation) and deviation.bow_mm:
            radius = min(radius, segment.length_mm**2 / (8.0 * abs(deviation.bow_mm)))
        elif isinstance(deviation, CircleDeviation):
            for lobes in deviation.lobes:
                curvature = 1.0 / segment.length_mm if not isinstance(segment, ArcSegment) else 1.0 / segment.radius_mm
                radius = min(radius, 1.0 / (curvature + abs(lobes.amplitude_mm) * (lobes.count * curvature) ** 2))
    if part.bend is not None:
        radius = min(radius, abs(part.bend.radius_mm))
    return math.sqrt(8.0 * radius * chord_error_mm)


def meet(before: Points, after: Points) -> tuple[Points, Points]:
    """Two displaced edges as far as the corner where they now meet: longer than drawn, or shorter."""
    if np.linalg.norm(before[-1] - after[0]) < 1e-12:
        return before, after
    first, second = before, after
    d0, d1 = before[-1] - before[-2], after[1] - after[0]
    while len(first) and len(second):
        if len(first) > 1:
            d0 = first[-1] - first[-2]
        if len(second) > 1:
            d1 = second[1] - second[0]
        cross = d0[0] * d1[1] - d0[1] * d1[0]
        if abs(cross) < 0.1 * np.linalg.norm(d0) * np.linalg.norm(d1):
            break
        gap = second[0] - first[-1]
        corner = first[-1] + (gap[0] * d1[1] - gap[1] * d1[0]) / cross * d0
        # Points beyond the corner are off the part; the sides that end there now may lean otherwise.
        short0, short1 = first[(first - corner) @ d0 < 0.0], second[(second - corner) @ d1 > 0.0]
        if len(short0) == len(first) and len(short1) == len(second):
            # The last point lies on the way to the corner.
            return np.vstack([first[: max(len(first) - 1, 1)], corner]), np.vstack(
                [corner, second[min(len(second) - 1, 1) :]]
            )
        first, second = short0, short1
    return before, after


def grown(points: Points, growth_mm: float) -> Points:
    """A closed polygon (n, 2), material on its left, with every side moved out of the material; corners are mitred."""
    side = np.roll(points, -1, axis=0) - points
    normal = np.stack([side[:, 1], -side[:, 0]], axis=1) / np.linalg.norm(side, axis=1)[:, None]
    before = np.roll(normal, 1, axis=0)
    mitre = (normal + before) / np.maximum(1.0 + np.sum(normal * before, axis=1), 2.0 / MITRE_LIMIT**2)[:, None]
    return np.asarray(points + growth_mm * mitre)
