"""The order's geometry: written features and features of the drawing, resolved into one dictionary."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from station.errors import OrderError
from station.order.document import GeometryDocument
from station.order.drawing import Drawing, layer_list
from station.order.drawn import DrawnItem, drawn_items, layer_contours
from station.order.feature_document import (
    AllDrawnDocument,
    ArcDocument,
    CircleDocument,
    ContourDocument,
    GearDocument,
    LineDocument,
    NamedDocument,
    ThreadDocument,
)
from station.order.gears import gear_feature
from station.order.geometry import (
    ArcFeature,
    CircleFeature,
    ContourFeature,
    Feature,
    GearFeature,
    LineFeature,
    Outline,
    Point,
    Side,
    ThreadFeature,
)
from station.order.limits import MAX_FEATURES
from station.order.places import at
from station.order.threads import thread_feature

_KINDS: dict[type, str] = {
    CircleFeature: "circle",
    ArcFeature: "arc",
    LineFeature: "line",
    ContourFeature: "contour",
    GearFeature: "gear",
    ThreadFeature: "thread",
}
_Written: TypeAlias = CircleDocument | LineDocument | ArcDocument | GearDocument | ThreadDocument
_Named: TypeAlias = _Written | ContourDocument | NamedDocument
_SHORTEST_MM = 1e-3


@dataclass(frozen=True, slots=True)
class Features:
    """Features by id. `written` are the ids of those written out; `place` says where each one stands in the order."""

    by_id: dict[str, Feature]
    written: frozenset[str]
    place: dict[str, str]
    sizes: dict[str, Decimal]  # diameter of a circle, radius of an arc: exact, in mm
    edges: dict[str, str]  # of those that say so: the kind of their edge

    def kind(self, name: str) -> str:
        """`circle`, `arc`, `line`, `contour`, `gear` or `thread`."""
        return _KINDS[type(self.by_id[name])]


def resolve_features(geometry: GeometryDocument, drawing: Drawing | None) -> Features:
    """Every feature of the order.

    Raises:
        OrderError: duplicate ids, degenerate features, or features of a drawing that has no such thing.
    """
    resolver = _Resolver(drawing)
    if geometry.source is not None:
        resolver.take_all("geometry.from")
    if isinstance(geometry.features, AllDrawnDocument):
        if geometry.source is None:
            resolver.take_all("geometry.features.from")
    else:
        for number, document in enumerate(geometry.features):
            place = f"geometry.features[{number}]"
            if isinstance(document, AllDrawnDocument):
                if geometry.source is None:
                    resolver.take_all(f"{place}.from")
                continue
            with at(place):
                resolver.take(document, place)
    if len(resolver.by_id) > MAX_FEATURES:
        raise OrderError(f"the geometry has more than the {MAX_FEATURES:,} features allowed", place="geometry")
    return Features(resolver.by_id, frozenset(resolver.written), resolver.place, resolver.sizes, resolver.edges)


class _Resolver:
    def __init__(self, drawing: Drawing | None) -> None:
        self.drawing = drawing
        self.by_id: dict[str, Feature] = {}
        self.written: set[str] = set()
        self.place: dict[str, str] = {}
        self.sizes: dict[str, Decimal] = {}
        self.edges: dict[str, str] = {}
        self._items: dict[str, DrawnItem] | None = None

    def items(self, place: str) -> dict[str, DrawnItem]:
        if self._items is None:
            self._items = {item.id: item for item in drawn_items(self._drawing(place))}
        return self._items

    def _drawing(self, place: str) -> Drawing:
        if self.drawing is None:
            raise OrderError("this comes from a drawing, but the geometry names none", place=place)
        return self.drawing

    def take_all(self, place: str) -> None:
        for item in self.items(place).values():
            if item.id in self.by_id:
                raise OrderError(f"the id {item.id!r} of the drawing is already used", place=place)
            self._add(item.feature, place)

    def take(self, document: _Named, place: str) -> None:
        if document.id in self.by_id:
            raise OrderError(f"the feature id {document.id!r} is used twice", place=f"{place}.id")
        if isinstance(document, _Written):
            self.written.add(document.id)
        if document.edge is not None:
            self.edges[document.id] = document.edge
        self._add(self._feature(document, place), place)
        if isinstance(document, CircleDocument):
            self.sizes[document.id] = document.diameter
        elif isinstance(document, ArcDocument):
            self.sizes[document.id] = document.radius

    def _add(self, feature: Feature, place: str) -> None:
        self.by_id[feature.id] = feature
        self.place[feature.id] = place
        if isinstance(feature, CircleFeature):
            self.sizes[feature.id] = _micrometre(feature.diameter_mm)
        elif isinstance(feature, ArcFeature):
            self.sizes[feature.id] = _micrometre(feature.radius_mm)

    def _feature(self, document: _Named, place: str) -> Feature:
        match document:
            case CircleDocument():
                return CircleFeature(
                    document.id, Side(document.side), _point(document.center), float(document.diameter)
                )
            case LineDocument():
                start, end = _point(document.start), _point(document.end)
                if math.dist(start, end) < _SHORTEST_MM:
                    raise OrderError("the line's start and end are the same point")
                return LineFeature(document.id, start, end, document.material == "left")
            case ArcDocument():
                return _arc(document)
            case GearDocument():
                return gear_feature(document, place)
            case ThreadDocument():
                return thread_feature(document, place)
            case ContourDocument():
                return ContourFeature(document.id, self._outlines(document, place))
            case NamedDocument():
                return self._named(document, place)

    def _named(self, document: NamedDocument, place: str) -> Feature:
        item = self.items(f"{place}.from").get(document.entity)
        if item is None:
            raise OrderError(f"the drawing has no {document.entity!r}", place=f"{place}.entity")
        if _KINDS[type(item.feature)] != document.type:
            raise OrderError(f"{document.entity!r} of the drawing is not a {document.type}", place=f"{place}.type")
        return replace(item.feature, id=document.id)

    def _outlines(self, document: ContourDocument, place: str) -> tuple[Outline, ...]:
        drawing = self._drawing(place)
        if document.layer is None and document.source is None:
            raise OrderError("a contour names its 'layer', or says 'from': 'drawing' for all contours", place=place)
        contours = drawing.closed
        if document.layer is not None:
            if document.layer.casefold() not in drawing.layers:
                sentence = f"the drawing has nothing on layer {document.layer!r}; {layer_list(drawing.layers)}"
                raise OrderError(sentence, place=f"{place}.layer")
            contours = layer_contours(drawing, document.layer)
        if not contours:
            raise OrderError("the drawing has no closed contour", place=place)
        return tuple(contour.outline(document.id) for contour in contours)


def _point(coordinates: tuple[Decimal, Decimal]) -> Point:
    return float(coordinates[0]), float(coordinates[1])


def _micrometre(size_mm: float) -> Decimal:
    """A drawn size as a number of the order: to a nanometre, without trailing zeros."""
    return Decimal(f"{size_mm:.6f}").normalize() + 0


def _arc(document: ArcDocument) -> ArcFeature:
    start, end = float(document.start_angle), float(document.end_angle)
    sweep = (end - start) % 360.0 if abs(end - start) < 360.0 else end - start
    if not 0.0 < sweep < 360.0:
        raise OrderError("the arc's angles must differ by more than 0° and less than 360°; a full one is a circle")
    if math.radians(sweep) * float(document.radius) < _SHORTEST_MM:
        raise OrderError("the arc's start and end are the same point")
    return ArcFeature(
        document.id, Side(document.side), _point(document.center), float(document.radius), start, start + sweep
    )
