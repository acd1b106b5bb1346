"""What an ideal instrument would say of a made part: least-squares features of its dense outline, in its own frame."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from station.errors import InputError
from station.order.geometry import ArcFeature, CircleFeature, Feature, LineFeature, LineSegment, Outline, Point
from station.twin.made import bent, deviations_on, lies_on, meet, segment_points
from station.twin.part import MadePart

TRUTH_POINTS = 4096


@dataclass(frozen=True, slots=True)
class TrueCircle:
    """Least-squares circle (ISO 14405-1 GG) and its peak-to-valley form."""

    id: str
    center_mm: Point
    diameter_mm: float
    roundness_mm: float


@dataclass(frozen=True, slots=True)
class TrueLine:
    """Least-squares line: the middle of the edge, its direction from start to end, its peak-to-valley form."""

    id: str
    center_mm: Point
    direction_deg: float
    straightness_mm: float


_True = TypeVar("_True", TrueCircle, TrueLine)


@dataclass(frozen=True, slots=True)
class Truth:
    """True features of one part; a feature that was never made (a missing hole) is not among them."""

    circles: tuple[TrueCircle, ...]
    lines: tuple[TrueLine, ...]

    def circle(self, feature: str) -> TrueCircle:
        """The circle or arc with this id.

        Raises:
            InputError: there is none.
        """
        return _with_id(self.circles, feature)

    def line(self, feature: str) -> TrueLine:
        """The line with this id.

        Raises:
            InputError: there is none.
        """
        return _with_id(self.lines, feature)


def part_truth(part: MadePart) -> Truth:
    """True features of a made part; flaws are not form and do not count."""
    circles: list[TrueCircle] = []
    lines: list[TrueLine] = []
    for feature in part.features:
        points = feature_points(part, feature)
        if not len(points):
            continue
        if isinstance(feature, (CircleFeature, ArcFeature)):
            center, radius, residual = fit_circle(points)
            circles.append(TrueCircle(feature.id, center, 2 * radius, float(np.ptp(residual))))
        elif isinstance(feature, LineFeature):
            lines.append(_true_line(feature, points))
    return Truth(tuple(circles), tuple(lines))


def feature_points(part: MadePart, feature: Feature) -> NDArray[np.float64]:
    """Dense points (n, 2) of the made outline that belong to a circle, arc or line; empty when it was not made."""
    by_id = {known.id: known for known in part.features}
    found = []
    for outline in part.silhouette.outlines:
        if outline.name in part.missing or feature.id in part.missing:
            continue
        for index, segment in enumerate(outline.segments):
            if lies_on(segment, feature):
                points = _as_made(outline, index, part, by_id)
                found.append(bent(points[:-1] if isinstance(feature, CircleFeature) else points, part))
    return np.concatenate(found) if found else np.empty((0, 2))


def _as_made(outline: Outline, index: int, part: MadePart, by_id: dict[str, Feature]) -> NDArray[np.float64]:
    """Dense points of one segment; a straight one goes from corner to corner, as these now are."""
    count = len(outline.segments)
    around = [outline.segments[at % count] for at in (index - 1, index, index + 1)]
    before, own, after = (
        segment_points(one, deviations_on(one, part, by_id), one.length_mm / TRUTH_POINTS, part.growth_mm)
        for one in around
    )
    straight = [isinstance(one, LineSegment) for one in around]
    if straight[1] and count > 1:
        if straight[0] and (outline.closed or index > 0):
            own = _dense(meet(before, own)[1])
        if straight[2] and (outline.closed or index < count - 1):
            own = _dense(meet(own, after)[0])
    return own


def _dense(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points along a straight edge at equal steps, also where it was made longer."""
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    even = np.linspace(0.0, run[-1], TRUTH_POINTS + 1)
    return np.column_stack([np.interp(even, run, points[:, 0]), np.interp(even, run, points[:, 1])])


def fit_circle(points: NDArray[np.float64]) -> tuple[Point, float, NDArray[np.float64]]:
    """Geometric least-squares circle of points (n, 2) by Gauss-Newton: centre, radius, radial residuals (n,)."""
    center = points.mean(axis=0)
    system = np.column_stack([2 * (points - center), np.ones(len(points))])
    solution = np.linalg.lstsq(system, np.sum((points - center) ** 2, axis=1), rcond=None)[0]
    radius = math.sqrt(solution[2] + solution[0] ** 2 + solution[1] ** 2)
    center = center + solution[:2]
    for _ in range(20):
        offset = points - center
        distance = np.linalg.norm(offset, axis=1)
        step = np.linalg.lstsq(
            np.column_stack([offset / distance[:, None], np.ones(len(points))]), distance - radius, rcond=None
        )[0]
        center, radius = center + step[:2], radius + float(step[2])
        if float(np.abs(step).max()) < 1e-13:
            break
    residual = np.linalg.norm(points - center, axis=1) - radius
    return (float(center[0]), float(center[1])), radius, residual


def _true_line(feature: LineFeature, points: NDArray[np.float64]) -> TrueLine:
    middle = points.mean(axis=0)
    _, _, axes = np.linalg.svd(points - middle, full_matrices=False)
    nominal = np.subtract(feature.end_mm, feature.start_mm)
    along = axes[0] if axes[0] @ nominal >= 0 else -axes[0]
    across = (points - middle) @ np.array([-along[1], along[0]])
    direction = math.degrees(math.atan2(along[1], along[0]))
    return TrueLine(feature.id, (float(middle[0]), float(middle[1])), direction, float(np.ptp(across)))


def _with_id(known: tuple[_True, ...], feature: str) -> _True:
    for one in known:
        if one.id == feature:
            return one
    raise InputError(f"the made part has no feature {feature!r}", place="truth")
