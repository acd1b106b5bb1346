"""Ids for what a drawing shows: `CIRCLE-1`, `ARC-1`, `LINE-1`, `CONTOUR-1`, …, by a rule a person can follow.

Each kind is numbered by descending size (diameter, radius, length, enclosed area), then ascending x, then y of its
middle; values that agree within a micrometre count as equal. A full circle is a CIRCLE and a CONTOUR; a chord of a
flattened spline or ellipse gets no id. Edges of open chains have no known material side: it is taken to be left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from station.order.drawing import Contour, Drawing, DrawnSegment
from station.order.geometry import (
    ArcFeature,
    ArcSegment,
    CircleFeature,
    ContourFeature,
    Feature,
    LineFeature,
    Point,
    Side,
    signed_area_mm2,
)
from station.order.pieces import box_center, middle


@dataclass(frozen=True, slots=True)
class DrawnItem:
    """Something of the drawing that an order can refer to. `size` is mm, for a contour mm²."""

    id: str
    feature: Feature
    layers: tuple[str, ...]
    size: float
    middle_mm: Point
    closed: bool


def drawn_items(drawing: Drawing) -> tuple[DrawnItem, ...]:
    """Everything in the drawing that has an id: circles, arcs, lines and contours, in the order of their ids."""
    found: list[DrawnItem] = []
    for word, make in (("CIRCLE", _circles), ("ARC", _arcs), ("LINE", _lines), ("CONTOUR", _contours)):
        found += _numbered(word, make, drawing)
    return tuple(found)


def _numbered(word: str, make: Callable[[Drawing], Iterator[DrawnItem]], drawing: Drawing) -> Iterator[DrawnItem]:
    def rank(item: DrawnItem) -> tuple[float, ...]:
        x, y = item.middle_mm
        return (-round(item.size, 3), round(x, 3), round(y, 3), -item.size, x, y)

    for number, item in enumerate(sorted(make(drawing), key=rank), start=1):
        name = f"{word}-{number}"
        feature = replace(item.feature, id=name)
        yield replace(item, id=name, feature=feature)


def _circles(drawing: Drawing) -> Iterator[DrawnItem]:
    for contour in drawing.closed:
        arc = full_circle(contour)
        if arc is not None:
            side = Side.OUTER if arc.sweep_deg > 0 else Side.INNER
            feature = CircleFeature("", side, arc.center_mm, 2 * arc.radius_mm)
            yield DrawnItem("", feature, _layers(contour, drawing), 2 * arc.radius_mm, arc.center_mm, True)


def full_circle(contour: Contour) -> ArcSegment | None:
    """The contour's one segment where it is a full circle."""
    first = contour.path[0].segment
    return first if isinstance(first, ArcSegment) and abs(first.sweep_deg) >= 360.0 else None


def _arcs(drawing: Drawing) -> Iterator[DrawnItem]:
    for step, closed in _exact(drawing):
        arc = step.segment
        if isinstance(arc, ArcSegment) and abs(arc.sweep_deg) < 360.0:
            begin = arc.start_deg if arc.sweep_deg > 0 else arc.start_deg + arc.sweep_deg
            side = Side.OUTER if arc.sweep_deg > 0 else Side.INNER
            begin %= 360.0
            feature = ArcFeature("", side, arc.center_mm, arc.radius_mm, begin, begin + abs(arc.sweep_deg))
            yield DrawnItem("", feature, _named(step.layers, drawing), arc.radius_mm, middle(arc), closed)


def _lines(drawing: Drawing) -> Iterator[DrawnItem]:
    for step, closed in _exact(drawing):
        line = step.segment
        if not isinstance(line, ArcSegment):
            feature = LineFeature("", line.start_mm, line.end_mm, True)
            yield DrawnItem("", feature, _named(step.layers, drawing), line.length_mm, middle(line), closed)


def _contours(drawing: Drawing) -> Iterator[DrawnItem]:
    for contour in drawing.closed:
        outline = contour.outline()
        feature = ContourFeature("", (outline,))
        area = abs(signed_area_mm2(outline))
        yield DrawnItem("", feature, _layers(contour, drawing), area, box_center(outline.segments), True)


def _exact(drawing: Drawing) -> Iterator[tuple[DrawnSegment, bool]]:
    for contour in (*drawing.closed, *drawing.open):
        for step in contour.path:
            if step.exact:
                yield step, contour.closed


def _layers(contour: Contour, drawing: Drawing) -> tuple[str, ...]:
    return _named(frozenset[str]().union(*(step.layers for step in contour.path)), drawing)


def _named(layers: frozenset[str], drawing: Drawing) -> tuple[str, ...]:
    return tuple(drawing.layers.get(key, key) for key in sorted(layers))


def layer_contours(drawing: Drawing, layer: str) -> tuple[Contour, ...]:
    """The closed contours that lie wholly on a layer; where it has none, its open runs.

    An open run that is part of a closed contour keeps the orientation of that contour.
    """
    key = layer.casefold()
    closed = tuple(c for c in drawing.closed if all(key in step.layers for step in c.path))
    if closed:
        return closed
    return tuple(run for contour in (*drawing.closed, *drawing.open) for run in _runs(contour, key))


def _runs(contour: Contour, key: str) -> Iterator[Contour]:
    path = contour.path
    if contour.closed:  # begin where the layer is not, so that no run is cut in two
        first = next(number for number, step in enumerate(path) if key not in step.layers)
        path = path[first:] + path[:first]
    run: list[DrawnSegment] = []
    for step in path:
        if key in step.layers:
            run.append(step)
        elif run:
            yield Contour(tuple(run), False, contour.outer)
            run = []
    if run:
        yield Contour(tuple(run), False, contour.outer)
