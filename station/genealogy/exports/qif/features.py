"""The order's features in QIF: definition, nominal and item of each, in the plane z = 0 of the part's frame.

A straight edge's `Normal` is that of the surface it lies in: in the plane, away from the material. A contour runs with
its material on the left, as a chain of points that stays within `CHORD_ERROR_MM` of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from station.genealogy.exports.qif import xml
from station.order.geometry import (
    ArcFeature,
    CircleFeature,
    ContourFeature,
    Feature,
    GearFeature,
    LineFeature,
    Outline,
    Side,
    ThreadFeature,
    polygon,
)
from station.order.limits import CHORD_ERROR_MM
from station.order.model import Order
from station.order.slots import SlotFeature

UP = xml.vector(0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Written:
    """Ids of the features' nominals and items, by the order's own."""

    nominals: dict[str, str] = field(default_factory=dict)
    items: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Put:
    """Ids of what was written of one feature."""

    nominal: str
    item: str


class FeatureWriter:
    """Writes the lists of `Features`."""

    def __init__(self, document: xml.Element, ids: xml.Ids, order: Order) -> None:
        self._ids = ids
        self._order = order
        features = xml.add(document, "Features")
        self._definitions = xml.add(features, "FeatureDefinitions")
        self._nominals = xml.add(features, "FeatureNominals")
        self._items = xml.add(features, "FeatureItems")
        self._as_ordered = _as_ordered(order)
        self._threads: dict[str, str] = {}
        self.written = Written()

    def write(self, threads: Mapping[str, str]) -> Written:
        """Every feature of the order; `threads` are the ids of thread specifications by feature."""
        self._threads = dict(threads)
        part_of = {
            part.id: slot.id
            for slot in self._order.geometry.features.values()
            if isinstance(slot, SlotFeature)
            for part in slot.parts
        }
        for name, feature in self._order.geometry.features.items():
            put = self._feature(name, feature, part_of.get(name, ""))
            self.written.nominals[name], self.written.items[name] = put.nominal, put.item
        return self.written

    def mark(self, name: str, content: str, rectangle: tuple[tuple[float, float], tuple[float, float]]) -> Put:
        """The place of a code or text: a feature that the order has no id for."""
        (x0, y0), (x1, y1) = rectangle

        def define(made: xml.Element) -> None:
            xml.add(made, "Text", content)
            method = xml.add(made, "MarkingMethod")
            xml.add(method, "OtherMarkingMethod", "not stated")

        def place(made: xml.Element) -> None:
            at = xml.add(made, "Location")
            xml.add(at, "Length", x1 - x0)
            xml.add(at, "CornerPoint", xml.vector(x0, y0))
            xml.add(at, "Width", y1 - y0)
            xml.add(at, "WidthDirection", xml.vector(0.0, 1.0))
            xml.add(at, "LengthDirection", xml.vector(1.0, 0.0))

        return self._put("Marking", name, {}, define, place, determined=False)

    def close(self) -> None:
        """Count what was written."""
        features = self._definitions.getparent()
        for made in (self._definitions, self._nominals, self._items):
            xml.counted(made)
        if features is not None and not len(features):
            parent = features.getparent()
            assert parent is not None
            parent.remove(features)

    def _put(
        self,
        kind: str,
        name: str,
        ours: Mapping[str, Any],
        define: Callable[[xml.Element], object],
        place: Callable[[xml.Element], object],
        *,
        determined: bool = True,
    ) -> Put:
        """One feature's definition, nominal and item."""
        definition = xml.add(self._definitions, f"{kind}FeatureDefinition", id=self._ids.new())
        define(definition)
        nominal = xml.add(self._nominals, f"{kind}FeatureNominal", id=self._ids.new())
        xml.attributes(nominal, ours)
        xml.add(nominal, "Name", name)
        xml.add(nominal, "UUID", xml.qpid("feature", self._order.sha256, name))
        xml.add(nominal, "FeatureDefinitionId", str(definition.get("id")))
        place(nominal)
        item = xml.add(self._items, f"{kind}FeatureItem", id=self._ids.new())
        xml.add(item, "FeatureNominalId", str(nominal.get("id")))
        xml.add(item, "FeatureName", name)
        if determined:
            checked = xml.add(xml.add(item, "DeterminationMode"), "Checked")
            xml.add(xml.add(checked, "CheckDetails"), "Measured")
        return Put(str(nominal.get("id")), str(item.get("id")))

    def _feature(self, name: str, feature: Feature, part_of: str) -> Put:
        edge = self._order.geometry.edges.get(name, "")
        ours = {"id": name, "part_of": part_of, "edge": edge, "feature": self._as_ordered.get(name)}
        match feature:
            case CircleFeature():
                return self._put(
                    *("Circle", name, ours),
                    lambda made: _define_round(made, feature.side, "Diameter", feature.diameter_mm),
                    lambda made: _place_circle(made, feature),
                )
            case ArcFeature():
                return self._put(
                    *("CircularArc", name, ours),
                    lambda made: _define_round(made, feature.side, "Radius", feature.radius_mm),
                    lambda made: _place_arc(made, feature),
                )
            case LineFeature():
                return self._put("Line", name, ours, lambda _: None, lambda made: _place_line(made, feature))
            case SlotFeature():
                return self._slot(name, feature, ours)
            case ThreadFeature():
                return self._thread(name, feature, ours)
            case ContourFeature():
                return self._contour(name, feature, ours)

    def _slot(self, name: str, slot: SlotFeature, ours: Mapping[str, Any]) -> Put:
        angle = math.radians(slot.angle_deg)

        def place(made: xml.Element) -> None:
            middle = xml.add(made, "CenterLine")
            xml.add(middle, "StartPoint", xml.vector(*slot.center_mm))
            xml.add(middle, "Vector", xml.vector(math.cos(angle), math.sin(angle)))
            xml.add(made, "Normal", UP)

        def define(made: xml.Element) -> None:
            _side(made, slot.side)
            xml.add(made, "Diameter" if is_round else "Width", slot.width_mm)
            xml.add(made, "Length", slot.length_mm)
            if not is_round:
                xml.add(xml.add(made, "EndType"), "SlotEndEnum", "FLAT")

        is_round = isinstance(slot.ends[0], ArcFeature)
        return self._put("ElongatedCircle" if is_round else "OppositeParallelLines", name, ours, define, place)

    def _thread(self, name: str, thread: ThreadFeature, ours: Mapping[str, Any]) -> Put:
        (x0, y0), (x1, y1) = thread.start_mm, thread.end_mm
        length = math.hypot(x1 - x0, y1 - y0)

        def define(made: xml.Element) -> None:
            _side(made, Side.OUTER)
            xml.add(made, "ThreadSpecificationId", self._threads[name])
            xml.add(made, "Length", length)

        def place(made: xml.Element) -> None:
            axis = xml.add(made, "Axis")
            xml.add(axis, "AxisPoint", xml.vector(x0, y0))
            xml.add(axis, "Direction", xml.vector((x1 - x0) / length, (y1 - y0) / length))

        return self._put("Threaded", name, ours, define, place)

    def _contour(self, name: str, contour: ContourFeature, ours: Mapping[str, Any]) -> Put:
        gear = {"teeth": contour.teeth, "module_mm": contour.module_mm} if isinstance(contour, GearFeature) else {}
        if len(contour.outlines) == 1:
            return self._curve(name, contour.outlines[0], {**ours, **gear})
        members = [
            self._curve(f"{name} {number}", outline, {"part_of": name}).nominal
            for number, outline in enumerate(contour.outlines, start=1)
        ]

        def place(made: xml.Element) -> None:
            xml.references(made, "FeatureNominalIds", members)

        def define(made: xml.Element) -> None:
            xml.add(made, "IsProfileGroup", True)

        return self._put("Group", name, {**ours, **gear}, define, place, determined=False)

    def _curve(self, name: str, outline: Outline, ours: Mapping[str, Any]) -> Put:
        def place(made: xml.Element) -> None:
            points = xml.add(made, "DefiningPoints")
            corners = polygon(outline, CHORD_ERROR_MM).tolist()
            for number, (x, y) in enumerate([*corners, corners[0]] if outline.closed else corners, start=1):
                point = xml.add(points, "DefiningPoint", id=self._ids.new())
                xml.add(point, "Point", xml.vector(x, y))
                xml.add(point, "SequenceNumber", number)
            xml.counted(points)
            plane = xml.add(made, "Plane")
            xml.add(plane, "Point", xml.vector())
            xml.add(plane, "Normal", UP)

        return self._put("PointDefinedCurve", name, ours, lambda _: None, place)


def thread_specifications(document: xml.Element, ids: xml.Ids, order: Order) -> dict[str, str]:
    """A specification in words of every thread, and its id by the feature's."""
    made = xml.add(document, "ThreadSpecifications")
    found = {}
    for name, thread in order.geometry.features.items():
        if isinstance(thread, ThreadFeature):
            found[name] = ids.new()
            words = xml.add(xml.add(made, "ThreadSpecification"), "TextThreadSpecification", id=found[name])
            xml.add(
                words,
                "TextSpecification",
                f"external thread {thread.major_mm:g} x {thread.pitch_mm:g} mm, {thread.starts} start(s), flank angle "
                f"{thread.flank_angle_deg:g} degrees, pitch diameter {thread.pitch_diameter_mm:g} mm, minor diameter "
                f"{thread.minor_mm:g} mm",
            )
    xml.counted(made)
    return found


def _as_ordered(order: Order) -> dict[str, Any]:
    """Features that the order describes by more than their outline, in its own words."""
    features = json.loads(order.document)["geometry"].get("features", [])
    return {f["id"]: f for f in features if f.get("type") in ("gear", "thread")} if isinstance(features, list) else {}


def _side(made: xml.Element, side: Side) -> None:
    xml.add(made, "InternalExternal", "EXTERNAL" if side is Side.OUTER else "INTERNAL")


def _define_round(made: xml.Element, side: Side, size: str, size_mm: float) -> None:
    _side(made, side)
    xml.add(made, size, size_mm)


def _place_circle(made: xml.Element, circle: CircleFeature) -> None:
    xml.add(made, "Location", xml.vector(*circle.center_mm))
    xml.add(made, "Normal", UP)


def _place_arc(made: xml.Element, arc: ArcFeature) -> None:
    start = math.radians(arc.start_deg)
    xml.add(made, "Location", xml.vector(*arc.center_mm))
    sweep = xml.add(made, "Sweep")
    xml.add(sweep, "DirBeg", xml.vector(math.cos(start), math.sin(start)))
    xml.add(sweep, "DomainAngle", f"0 {xml.text(arc.end_deg - arc.start_deg)}")
    xml.add(made, "Normal", UP)


def _place_line(made: xml.Element, line: LineFeature) -> None:
    (x0, y0), (x1, y1) = line.ends_mm
    length = math.hypot(x1 - x0, y1 - y0)
    along = (x1 - x0) / length, (y1 - y0) / length
    xml.add(made, "Location", xml.vector(x0, y0))
    xml.add(made, "Direction", xml.vector(*along))
    xml.add(made, "Length", length)
    xml.add(made, "Normal", xml.vector(along[1], -along[0]))  # the material is on the left
