"""Dimensions as a drawing has them: arrows across circles, lines between features, the place each balloon points to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.cycle.overlay.canvas import Canvas
from station.cycle.overlay.forms import doubt_of, in_doubt
from station.cycle.overlay.palette import STYLES, WHITE, Colour
from station.cycle.overlay.view import View
from station.cycle.results import ItemResult
from station.metrology.calibration import Calibration
from station.metrology.features import Kind, MeasuredFeature
from station.order.model import CharacteristicType
from station.plan.plan import Plan
from station.vision.pose import Pose

Floats = NDArray[np.float64]

_SIZES = frozenset({CharacteristicType.DIAMETER, CharacteristicType.RADIUS})
_BETWEEN = frozenset({CharacteristicType.DISTANCE, CharacteristicType.WIDTH, CharacteristicType.LENGTH})
_SMALL = 55.0  # display radius below which no arrow fits into a circle
_TURN_DEG = (35.0, 145.0, 62.0, 118.0, 10.0, 170.0, 48.0, 132.0)


@dataclass(frozen=True, slots=True)
class Projection:
    """Part frame to display pixels of one picture."""

    calibration: Calibration
    pose: Pose
    view: View

    def __call__(self, points_mm: Floats) -> Floats:
        """(n, 2) mm to (n, 2) display pixels."""
        plane = self.pose.to_plane(np.asarray(points_mm, np.float64).reshape(-1, 2))
        return self.view.to_display(self.calibration.camera.to_px(plane))


@dataclass(frozen=True, slots=True)
class Dimension:
    """Where the balloon of a characteristic points (2,), and the arrowed line (2, 2) of its size if it has one;
    `cross` (2,) is a centre to be marked, `note` what a label says instead of the value."""

    item: ItemResult
    anchor: Floats
    arrows: Floats | None = None
    cross: Floats | None = None
    note: str = ""


def dimension_of(
    item: ItemResult, number: int, plan: Plan, features: Mapping[str, MeasuredFeature], project: Projection
) -> Dimension | None:
    """The dimension of a characteristic; None if it belongs nowhere in the picture. `number` spreads the angles."""
    c, of = item.item.characteristic, item.item.question
    if c.type is CharacteristicType.COUNT:
        return None
    seen = [features[name] for name in of.features if name in features and len(features[name].points_mm)]
    if c.type in _SIZES and seen and seen[0].kind is Kind.CIRCLE and seen[0].params:
        return _across(item, seen[0], number, c.type is CharacteristicType.RADIUS, project)
    if c.type in _BETWEEN and len(seen) == 2:
        return Dimension(item, *_between(seen[0], seen[1], project, c.type is CharacteristicType.LENGTH))
    if in_doubt(item) and seen and (doubt := doubt_of(seen[0], plan.mm_per_px)) is not None:
        return Dimension(item, project(doubt.where_mm)[0], note=doubt.words)
    if item.where_mm is not None:
        at = project(np.array(item.where_mm))[0]
        middle = seen[0].center_mm if seen and seen[0].kind is Kind.CIRCLE and seen[0].params else None
        central = middle is not None and math.dist(middle, item.where_mm) < 1e-9
        central = central or (c.type is CharacteristicType.POSITION and bool(of.joins))
        return Dimension(item, at, cross=at if central else None)
    target = next((t for t in plan.targets if t.id in of.features and len(t)), None)
    return None if target is None else Dimension(item, project(target.points_mm[len(target) // 3])[0])


def _across(item: ItemResult, feature: MeasuredFeature, number: int, half: bool, project: Projection) -> Dimension:
    center = project(feature.center_mm)[0]
    rim = project(feature.points_mm)
    radius = float(np.median(np.hypot(*(rim - center).T)))
    turn = math.radians(_TURN_DEG[number % len(_TURN_DEG)])
    way = np.array([math.cos(turn), -math.sin(turn)])
    ends = [center + sign * radius * way for sign in (-1.0, 1.0)]
    if not feature.closed:  # an arc: from its centre to where it has points
        middle = rim[len(rim) // 2]
        return Dimension(item, middle, np.stack([center, middle]) if half and radius > _SMALL else None)
    if radius < _SMALL:
        return Dimension(item, ends[1])
    return Dimension(item, ends[1], np.stack([center if half else ends[0], ends[1]]))


def _between(
    a: MeasuredFeature, b: MeasuredFeature, project: Projection, overall: bool = False
) -> tuple[Floats, Floats]:
    """Middle and ends of the line that a distance is measured along; `overall` to the far sides of round ends."""
    first, second = a.center_mm, b.center_mm
    if overall and a.kind is Kind.CIRCLE and b.kind is Kind.CIRCLE:
        along = (second - first) / max(float(np.hypot(*(second - first))), 1e-12)
        first, second = first - a.radius_mm * along, second + b.radius_mm * along
    if a.kind is Kind.LINE and a.params:
        second = first + a.normal * float((second - first) @ a.normal)
    elif b.kind is Kind.LINE and b.params:
        first = second + b.normal * float((first - second) @ b.normal)
    ends = project(np.stack([first, second]))
    return ends[0] + 0.38 * (ends[1] - ends[0]), ends


def draw_dimension(canvas: Canvas, dimension: Dimension) -> None:
    """The arrowed line or the centre's cross, on a light ground."""
    colour = STYLES[dimension.item.verdict].line
    if dimension.arrows is not None:
        canvas.line(dimension.arrows, WHITE, 3)
        canvas.line(dimension.arrows, colour, 1)
        for tip, tail in (dimension.arrows, dimension.arrows[::-1]):
            draw_arrow(canvas, tip, tail, colour)
    if dimension.cross is not None:
        for way in ((13.0, 0.0), (0.0, 13.0)):
            canvas.line(np.stack([dimension.cross - way, dimension.cross + way]), WHITE, 4)
            canvas.line(np.stack([dimension.cross - way, dimension.cross + way]), colour, 2)


def draw_arrow(canvas: Canvas, tip: Floats, tail: Floats, colour: Colour) -> None:
    """A slim filled arrowhead at `tip`, coming from `tail`."""
    way = (tail - tip) / max(float(np.hypot(*(tail - tip))), 1e-9)
    side = np.array([-way[1], way[0]])
    canvas.fill(np.stack([tip, tip + 15.0 * way + 4.5 * side, tip + 15.0 * way - 4.5 * side]), colour)
