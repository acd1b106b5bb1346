"""Which closed outline lies in which: even depth is an outer outline, odd depth an opening."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.errors import OrderError
from station.order.crossing import self_crossing
from station.order.geometry import ArcSegment, Outline, polygon, reverse, signed_area_mm2

_POLYGON_ERROR_MM = 0.0005
_TOUCH_MM = 0.01
_SAMPLES = 8
_BLOCK = 1_000_000  # pairs of an edge and a point looked at in one go


@dataclass(frozen=True, slots=True)
class Nested:
    """An outline turned so that the material is on its left, and how many others it lies in."""

    outline: Outline
    depth: int

    @property
    def outer(self) -> bool:
        """Whether material lies inside."""
        return self.depth % 2 == 0


def nest(outlines: Sequence[Outline]) -> list[Nested]:
    """Each closed outline with its depth, oriented: outer ones counter-clockwise, openings clockwise.

    Raises:
        OrderError: where an outline crosses itself or another, or encloses nothing.
    """
    if not outlines:
        return []
    areas = np.array([signed_area_mm2(outline) for outline in outlines])
    for outline, area in zip(outlines, areas, strict=True):
        if abs(area) <= 1e-6 * outline.length_mm:
            x, y = outline.segments[0].start_mm
            raise OrderError(f"the closed outline that begins at ({x:.3f}, {y:.3f}) mm encloses nothing")
    shapes = [_Shape(outline) for outline in outlines]
    for shape in shapes:
        crossing = None if shape.circle is not None else self_crossing(shape.vertices)
        if crossing is not None:
            raise OrderError(f"a closed outline crosses itself near ({crossing[0]:.3f}, {crossing[1]:.3f}) mm")
    depths = _depths(shapes, np.abs(areas))
    return [
        Nested(outline if (area > 0) == (depth % 2 == 0) else reverse(outline), depth)
        for outline, area, depth in zip(outlines, areas, depths, strict=True)
    ]


class _Shape:
    """An outline as a polygon, its box and some points on it; a full circle stays exact."""

    def __init__(self, outline: Outline) -> None:
        first = outline.segments[0]
        full = isinstance(first, ArcSegment) and abs(first.sweep_deg) >= 360.0
        self.circle = first if full and isinstance(first, ArcSegment) else None
        self.vertices = polygon(outline, _POLYGON_ERROR_MM)
        picks = np.linspace(0, len(self.vertices), _SAMPLES, endpoint=False).astype(int)
        following = np.roll(self.vertices, -1, axis=0)
        self.samples = (0.43 * self.vertices + 0.57 * following)[picks]
        self.low, self.high = self.vertices.min(axis=0), self.vertices.max(axis=0)

    def contains(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(n, 2) points -> (n,)."""
        if self.circle is not None:
            offset = points - np.asarray(self.circle.center_mm)
            inside: NDArray[np.bool_] = np.hypot(offset[:, 0], offset[:, 1]) < self.circle.radius_mm
            return inside
        return inside_polygon(points, self.vertices)


def inside_polygon(points: NDArray[np.float64], vertices: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Even-odd rule: points (n, 2) in the closed polygon (m, 2) -> (n,); an edge meets only points at its height."""
    sequence = np.argsort(points[:, 1], kind="stable")
    x, y = points[sequence].T
    start, end = vertices, np.roll(vertices, -1, axis=0)
    first = np.searchsorted(y, np.minimum(start[:, 1], end[:, 1]), side="left")
    count = np.searchsorted(y, np.maximum(start[:, 1], end[:, 1]), side="left") - first
    crossings = np.zeros(len(points), dtype=np.intp)
    for edges in np.array_split(np.arange(len(vertices)), 1 + int(count.sum()) // _BLOCK):
        edge = np.repeat(edges, count[edges])
        offset = np.arange(len(edge)) - np.repeat(np.cumsum(count[edges]) - count[edges], count[edges])
        point = first[edge] + offset
        (x0, y0), (x1, y1) = start[edge].T, end[edge].T
        left = x[point] < x0 + (y[point] - y0) * (x1 - x0) / (y1 - y0)
        crossings += np.bincount(point[left], minlength=len(points))
    answer = np.empty(len(points), dtype=np.bool_)
    answer[sequence] = crossings % 2 == 1
    return answer


def _depths(shapes: list[_Shape], areas: NDArray[np.float64]) -> NDArray[np.intp]:
    low, high = np.array([shape.low for shape in shapes]), np.array([shape.high for shape in shapes])
    depths = np.zeros(len(shapes), dtype=np.intp)
    number = np.arange(len(shapes))
    for index, shape in enumerate(shapes):
        smaller = (areas < areas[index]) | ((areas == areas[index]) & (number > index))
        overlap = np.all((low <= shape.high) & (high >= shape.low), axis=1)
        inner = np.flatnonzero(smaller & overlap)
        if not len(inner):
            continue
        points = np.concatenate([shapes[other].samples for other in inner])
        inside = shape.contains(points).reshape(len(inner), _SAMPLES)
        for other, row in zip(inner, inside, strict=True):
            depths[other] += _lies_inside(shapes[other], row, shape)
    return depths


def _lies_inside(small: _Shape, inside: NDArray[np.bool_], large: _Shape) -> bool:
    if inside.all() or not inside.any():
        return bool(inside[0])
    clear = _distance(small.samples, large.vertices) > _TOUCH_MM
    votes = inside[clear]
    if len(votes) and votes.any() and not votes.all():
        x, y = small.samples[clear][0]
        raise OrderError(f"two closed outlines cross near ({x:.3f}, {y:.3f}) mm, so it is not clear what is material")
    return bool(votes[0]) if len(votes) else bool(inside.sum() * 2 > len(inside))


def _distance(points: NDArray[np.float64], vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    start, along = vertices, np.roll(vertices, -1, axis=0) - vertices
    length = np.maximum((along**2).sum(axis=1), 1e-300)
    distances = []
    for point in points:
        t = np.clip(((point - start) * along).sum(axis=1) / length, 0.0, 1.0)
        distances.append(np.hypot(*(point - start - t[:, None] * along).T).min())
    return np.array(distances)
