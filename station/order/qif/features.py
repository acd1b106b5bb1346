"""Features of a plan as features of an order: what lies in the plane and has a nominal shape that an order knows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from station.errors import OrderError
from station.order.geometry import LineSegment, Outline, Point
from station.order.limits import MAX_FEATURES, MAX_SEGMENTS
from station.order.qif.plane import Candidate, Plane, Triple, main_plane, rounded, unit
from station.order.qif.reading import (
    Element,
    attribute,
    child,
    children,
    content,
    json_attribute,
    name_of,
    number,
    only,
    triple,
)
from station.order.qif.units import Units

_NOMINAL = "FeatureNominal"
_COMMON = ("Attributes", "Name", "UUID", "FeatureDefinitionId", "EntityInternalIds", "EntityExternalIds", "Constructed")
MAX_CURVES = 500  # outlines in the drawing: what lies in what costs their square
_AGAIN_MM = 1e-6  # a curve whose end is its start is closed
_TURN = Decimal(360)
_OWN = ("gear", "thread")  # what only an attribute of ours describes; of all else QIF's own shape is taken


@dataclass(frozen=True, slots=True)
class Drawn:
    """A contour that no order can write out: it goes into the drawing beside it, on a layer of its own."""

    layer: str
    outlines: tuple[Outline, ...]


@dataclass(slots=True)
class Taken:
    """What an order's geometry is made of: features as `order/1` writes them, and contours for its drawing."""

    features: list[dict[str, Any]] = field(default_factory=list)
    drawn: list[Drawn] = field(default_factory=list)
    points: int = 0


class FeatureReader:
    """Reads nominals one by one; `plane` is None where nothing has a place."""

    def __init__(self, nominals: dict[str, Element], definitions: dict[str, Element], units: Units) -> None:
        """Raises: OrderError: there are more features than an order may have."""
        if len(nominals) > MAX_FEATURES:
            raise OrderError(f"the plan has more than the {MAX_FEATURES:,} features allowed")
        self._nominals, self._definitions, self._units = nominals, definitions, units
        candidates = [found for nominal in nominals.values() for found in self._candidates(nominal)]
        self.plane = main_plane(candidates) if candidates else None
        self.members = {
            content(member)
            for nominal in nominals.values()
            if name_of(nominal) == "GroupFeatureNominal"
            for member in children(child(nominal, "FeatureNominalIds"), "Id")
        }

    def take(self, nominal: Element, name: str, taken: Taken) -> None:
        """Add the feature under this name. Raises: OrderError: why an order cannot have it."""
        kind = name_of(nominal).removesuffix(_NOMINAL)
        ordered = json_attribute(nominal, "feature")
        if ordered is not None:
            taken.features.append(self._as_ordered(ordered, name))
            return
        read = _READERS.get(kind)
        if read is None:
            raise OrderError(
                f"features of the kind {kind} have no place in a plane picture, or no shape that an order knows"
            )
        feature = read(self, nominal, self._definition(nominal), taken)
        edge = attribute(nominal, "edge")
        taken.features.append({"id": name, **feature, **({} if edge is None else {"edge": edge})})

    def _as_ordered(self, ordered: Any, name: str) -> dict[str, Any]:
        """A gear or a thread of our own export, in the order's words."""
        if not isinstance(ordered, dict) or ordered.get("type") not in _OWN or not self._plane().is_document:
            raise OrderError("its attribute does not describe a feature in this plane")
        return {**ordered, "id": name}

    def _plane(self) -> Plane:
        if self.plane is None:
            raise OrderError("nothing in the plan says in which plane it lies")
        return self.plane

    def _definition(self, nominal: Element) -> Element:
        definition = self._definitions.get(content(nominal, "FeatureDefinitionId"))
        if definition is None:
            raise OrderError("its definition is missing")
        return definition

    def _candidates(self, nominal: Element) -> Iterator[Candidate]:
        """The plane that a feature lies in by itself, if it says one."""
        kind = name_of(nominal).removesuffix(_NOMINAL)
        try:
            match kind:
                case "Circle" | "CircularArc":
                    yield Candidate(_direction(child(nominal, "Normal")), self._point(child(nominal, "Location")))
                case "ElongatedCircle" | "OppositeParallelLines":
                    at = child(nominal, "CenterLine", "StartPoint")
                    yield Candidate(_direction(child(nominal, "Normal")), self._point(at))
                case "PointDefinedCurve" if child(nominal, "Plane") is not None:
                    normal = _direction(child(nominal, "Plane", "Normal"))
                    yield Candidate(normal, self._point(child(nominal, "Plane", "Point")))
                case "Line" if child(nominal, "Normal") is not None:
                    (a, b, c), (d, e, f) = (_direction(child(nominal, key)) for key in ("Direction", "Normal"))
                    across = unit((b * f - c * e, c * d - a * f, a * e - b * d))
                    yield Candidate(across, self._point(child(nominal, "Location")))
        except OrderError:
            return  # it is named when the feature itself is read

    def _point(self, element: Element | None) -> Triple:
        factor = self._units.length_factor(element)
        x, y, z = (value * factor for value in triple(content(element)))
        return x, y, z

    def _circle(self, nominal: Element, definition: Element, _: Taken) -> dict[str, Any]:
        only(nominal, *_COMMON, "Location", "Normal")
        self._plane().check_normal(_direction(child(nominal, "Normal")))
        center = self._plane().at(self._point(child(nominal, "Location")))
        diameter = self._units.length(child(definition, "Diameter"))
        return {"type": "circle", "side": _side(definition), "center": center, "diameter": diameter}

    def _cylinder(self, nominal: Element, definition: Element, _: Taken) -> dict[str, Any]:
        """Seen along its axis a cylinder is a circle, at whatever depth."""
        axis = child(nominal, "Axis")
        self._plane().check_normal(_direction(child(axis, "Direction")))
        center = self._plane().below(self._point(child(axis, "AxisPoint")))
        diameter = self._units.length(child(definition, "Diameter"))
        return {"type": "circle", "side": _side(definition), "center": center, "diameter": diameter}

    def _arc(self, nominal: Element, definition: Element, _: Taken) -> dict[str, Any]:
        only(nominal, *_COMMON, "Location", "Normal", "Sweep")
        plane, domain = self._plane(), child(nominal, "Sweep", "DomainAngle")
        turn = plane.check_normal(_direction(child(nominal, "Normal")))
        center = plane.at(self._point(child(nominal, "Location")))
        x, y = plane.direction(_direction(child(nominal, "Sweep", "DirBeg")))
        limits = [number(value) * self._units.angle_factor(domain) for value in content(domain).split()]
        if len(limits) != 2 or not 0 < limits[1] - limits[0] < _TURN:
            raise OrderError("its sweep is not one of less than a full turn")
        first, last = limits if turn > 0 else (-limits[1], -limits[0])
        start = (rounded(math.degrees(math.atan2(y, x))) + first) % _TURN
        radius = self._units.length(child(definition, "Radius"))
        angles = {"start_angle": start, "end_angle": start + last - first}
        return {"type": "arc", "side": _side(definition), "center": center, "radius": radius, **angles}

    def _line(self, nominal: Element, _: Element, __: Taken) -> dict[str, Any]:
        only(nominal, *_COMMON, "Location", "Direction", "Length", "Normal")
        plane = self._plane()
        x, y = plane.at(self._point(child(nominal, "Location")))
        along = plane.direction(_direction(child(nominal, "Direction")))
        if child(nominal, "Length") is None:
            raise OrderError("it has no length")
        length = float(self._units.length(child(nominal, "Length")))
        end = [rounded(float(start) + length * way) for start, way in zip((x, y), along, strict=True)]
        return {"type": "line", "start": (x, y), "end": tuple(end), "material": self._material(nominal, along)}

    def _material(self, nominal: Element, along: tuple[float, float]) -> str:
        """The side of the material: a line's normal, that of the surface it lies in, points away from it."""
        says = "it does not say where its material is: its Normal must lie in the plane and point away from it"
        normal = child(nominal, "Normal")
        if normal is None:
            raise OrderError(says)
        try:
            x, y = self._plane().direction(_direction(normal))
        except OrderError:
            raise OrderError(says) from None
        across = along[0] * y - along[1] * x
        if abs(across) < 0.5:
            raise OrderError(says)
        return "left" if across < 0 else "right"

    def _slot(self, nominal: Element, definition: Element, _: Taken) -> dict[str, Any]:
        only(nominal, *_COMMON, "CenterLine", "Normal")
        only(definition, "Attributes", "InternalExternal", "Diameter", "Width", "Length", "EndType")
        plane, is_round = self._plane(), name_of(definition).startswith("ElongatedCircle")
        plane.check_normal(_direction(child(nominal, "Normal")))
        center = plane.at(self._point(child(nominal, "CenterLine", "StartPoint")))
        x, y = plane.direction(_direction(child(nominal, "CenterLine", "Vector")))
        ends = "ROUND" if is_round else content(definition, "EndType", "SlotEndEnum")
        if ends not in ("ROUND", "FLAT"):
            raise OrderError("its ends are open or not stated, so it is not a closed slot")
        if child(definition, "Length") is None:
            raise OrderError("it has no length")
        return {
            "type": "slot",
            "side": _side(definition),
            "center": center,
            "length": self._units.length(child(definition, "Length")),
            "width": self._units.length(child(definition, "Diameter" if is_round else "Width")),
            "angle": rounded(math.degrees(math.atan2(y, x))),
            "ends": "round" if ends == "ROUND" else "square",
        }

    def _curve(self, nominal: Element, _: Element, taken: Taken) -> dict[str, Any]:
        return self._draw([self._outline(nominal, taken)], taken)

    def _group(self, nominal: Element, _: Element, taken: Taken) -> dict[str, Any]:
        members = [self._nominals.get(content(one)) for one in children(child(nominal, "FeatureNominalIds"), "Id")]
        curves = [one for one in members if one is not None and name_of(one) == "PointDefinedCurveFeatureNominal"]
        if not curves or len(curves) < len(members):
            raise OrderError("a group is taken where all its members are point-defined curves")
        return self._draw([self._outline(curve, taken) for curve in curves], taken)

    def _draw(self, outlines: list[Outline], taken: Taken) -> dict[str, Any]:
        if sum(len(one.outlines) for one in taken.drawn) + len(outlines) > MAX_CURVES:
            raise OrderError(f"at most {MAX_CURVES} curves are drawn")
        layer = f"CURVE-{len(taken.drawn) + 1}"
        taken.drawn.append(Drawn(layer, tuple(outlines)))
        return {"type": "contour", "layer": layer}

    def _outline(self, curve: Element, taken: Taken) -> Outline:
        listed = list(children(child(curve, "DefiningPoints"), "DefiningPoint"))
        taken.points += len(listed)
        if taken.points > MAX_SEGMENTS:
            raise OrderError(f"the curves of the plan have more than the {MAX_SEGMENTS:,} points allowed")
        listed.sort(key=lambda point: number(content(point, "SequenceNumber")))
        factor = self._units.length_factor(child(curve, "DefiningPoints"))
        points: list[Point] = []
        for one in listed:
            x, y, z = (value * factor for value in triple(content(one, "Point")))
            here = self._plane().at((x, y, z))
            point = (float(here[0]), float(here[1]))
            if not points or math.dist(points[-1], point) > _AGAIN_MM:
                points.append(point)
        closed = len(points) > 3 and math.dist(points[0], points[-1]) <= _AGAIN_MM
        if len(points) < 2:
            raise OrderError("its points do not make a curve")
        steps = [LineSegment(start, end) for start, end in pairwise(points)]
        return Outline(tuple(steps), closed)


_READERS: dict[str, Callable[[FeatureReader, Element, Element, Taken], dict[str, Any]]] = {
    "Circle": FeatureReader._circle,
    "CircularArc": FeatureReader._arc,
    "Cylinder": FeatureReader._cylinder,
    "Line": FeatureReader._line,
    "ElongatedCircle": FeatureReader._slot,
    "OppositeParallelLines": FeatureReader._slot,
    "PointDefinedCurve": FeatureReader._curve,
    "Group": FeatureReader._group,
}


def _direction(element: Element | None) -> tuple[float, float, float]:
    if element is None:
        raise OrderError("a direction is missing")
    x, y, z = triple(content(element))
    return unit((float(x), float(y), float(z)))


def _side(definition: Element) -> str:
    side = {"EXTERNAL": "outer", "INTERNAL": "inner"}.get(content(definition, "InternalExternal"))
    if side is None:
        raise OrderError("it is neither internal nor external")
    return side
