"""Which closed outline lies in which: even depth is an outer outline, odd depth an opening."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.errors import OrderError
from station.order.geometry import ArcSegment, Outline, Point, polygon, reverse, signed_area_mm2

_POLYGON_ERROR_MM = 0.0005
_TOUCH_MM = 0.01
_SAMPLES = 8


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
        OrderError: where two outlines cross, or one encloses nothing.
    """
    if not outlines:
        return []
    areas = np.array([signed_area_mm2(outline) for outline in outlines])
    for outline, area in zip(outlines, areas, strict=True):
        if abs(area) <= 1e-6 * outline.length_mm:
            x, y = outline.segments[0].start_mm
            raise OrderError(f"the closed outline that begins at ({x:.3f}, {y:.3f}) mm encloses nothing")
    depths = _depths([_Shape(outline) for outline in outlines], np.abs(areas))
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
    """Even-odd rule: points (n, 2) in the closed polygon (m, 2) -> (n,)."""
    following = np.roll(vertices, -1, axis=0)
    rise = following[:, 1] - vertices[:, 1]
    slope = np.where(rise == 0, 0.0, (following[:, 0] - vertices[:, 0]) / np.where(rise == 0, 1.0, rise))
    answer = np.zeros(len(points), dtype=np.bool_)
    step = max(1, 2_000_000 // max(1, len(vertices)))
    for begin in range(0, len(points), step):
        x, y = points[begin : begin + step, 0, None], points[begin : begin + step, 1, None]
        spans = (vertices[:, 1] > y) != (following[:, 1] > y)
        left = x < vertices[:, 0] + (y - vertices[:, 1]) * slope
        answer[begin : begin + step] = (spans & left).sum(axis=1) % 2 == 1
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


def box_center(outline: Outline) -> Point:
    """The middle of the outline's box, in mm: a place to sort by and to show."""
    vertices = polygon(outline, 0.01)
    x, y = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    return float(x), float(y)
