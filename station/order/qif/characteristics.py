"""Characteristics of a plan as those of an order. A definition with anything in it that is not understood is refused:
a tolerance read in part would be another tolerance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from station.errors import OrderError
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
)
from station.order.qif.units import Units

_DEFINITION = ("Attributes", "Description", "Name", "CharacteristicDesignator")
_NOMINAL = (
    *("Attributes", "Description", "CharacteristicDefinitionId", "FeatureNominalIds", "FeatureNominalPairs", "Name"),
    *("CharacteristicDesignator", "EntityInternalIds", "EntityExternalIds", "TargetValue"),
)
_MODIFIERS = frozenset({"GG", "GX", "GN", "LP"})
_MATERIAL = {"": None, "NONE": None, "REGARDLESS": None, "MAXIMUM": "MMC", "LEAST": "LMC"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A characteristic of the plan: its elements, the names of its features, and its datums by reference frame."""

    definition: Element
    nominal: Element
    features: tuple[str, ...]
    frames: Mapping[str, tuple[str, ...] | OrderError]
    units: Units


def characteristic(asked: Asked) -> dict[str, Any]:
    """The characteristic as `order/1` writes it, without its id. Raises: OrderError: why an order cannot have it."""
    kind = name_of(asked.definition).removesuffix("CharacteristicDefinition")
    read = _READERS.get(kind)
    if read is None:
        raise OrderError(f"{kind} is not a characteristic that this station measures")
    only(asked.nominal, *_NOMINAL, *_MORE_OF_NOMINALS.get(kind, ()))
    found = read(asked)
    view = attribute(asked.definition, "view")
    return found if view is None else {**found, "view": view}


def _named(asked: Asked) -> dict[str, Any]:
    if len(asked.features) == 1:
        return {"feature": asked.features[0]}
    return {"features": list(asked.features)} if asked.features else {}


def _datum(asked: Asked) -> dict[str, Any]:
    frame = content(asked.definition, "DatumReferenceFrameId")
    if not frame:
        return {}
    found = asked.frames.get(frame, OrderError("its datum reference frame is missing"))
    if isinstance(found, OrderError):
        raise OrderError(found.sentence)
    return {"datum": list(found)} if found else {}


def _size(kind: str, *, angular: bool = False) -> Callable[[Asked], dict[str, Any]]:
    def read(asked: Asked) -> dict[str, Any]:
        only(asked.definition, *_DEFINITION, "DimensionModifiers", "Tolerance", "LimitsAndFitsSpecification")
        value = asked.units.angle if angular else asked.units.length
        target = child(asked.nominal, "TargetValue")
        nominal = {} if target is None else {"nominal": value(target)}
        return {
            "type": kind,
            **_named(asked),
            **nominal,
            **_modifier(asked.definition),
            **_tolerance(asked.definition, value, bool(nominal)),
        }

    return read


def _modifier(definition: Element) -> dict[str, Any]:
    modifiers = child(definition, "DimensionModifiers")
    if modifiers is None:
        return {}
    only(modifiers, "DeterminationModifier")
    how = content(modifiers, "DeterminationModifier")
    if how and how not in _MODIFIERS:
        raise OrderError(f"the size modifier {how[:20]} is not supported; GG, GX, GN and LP are")
    return {"modifier": how} if how else {}


def _tolerance(definition: Element, value: Callable[[Element | None], Decimal], has_nominal: bool) -> dict[str, Any]:
    """Limits, deviations or a fit."""
    fit = child(definition, "LimitsAndFitsSpecification")
    if fit is not None:
        return {"fit": content(fit, "FormVariance") + content(fit, "Grade").removeprefix("IT")}
    tolerance = child(definition, "Tolerance")
    if tolerance is None:
        raise OrderError("it has no tolerance, so there is nothing to decide")
    only(tolerance, "MaxValue", "MinValue", "DefinedAsLimit", "Attributes")
    return _bounds(tolerance, value, has_nominal)


def _bounds(tolerance: Element, value: Callable[[Element | None], Decimal], has_nominal: bool) -> dict[str, Any]:
    high, low = (child(tolerance, key) for key in ("MaxValue", "MinValue"))
    upper, lower = (None if bound is None else value(bound) for bound in (high, low))
    if content(tolerance, "DefinedAsLimit") in ("true", "1"):
        return {"limits": [lower, upper]}
    if not has_nominal:
        raise OrderError("its tolerance is about a nominal that it does not say")
    found = {"lower_tol": lower, "upper_tol": upper}
    return {key: bound for key, bound in found.items() if bound is not None}


def _zone(kind: str, *known: str, shape: str = "", modified: bool = False) -> Callable[[Asked], dict[str, Any]]:
    def read(asked: Asked) -> dict[str, Any]:
        definition = asked.definition
        only(definition, *_DEFINITION, "ToleranceValue", "DatumReferenceFrameId", "MaterialCondition", *known)
        material = content(definition, "MaterialCondition")
        if material not in _MATERIAL or (_MATERIAL[material] and not modified):
            raise OrderError(f"the material condition {material[:20]} is not supported here")
        zone = child(definition, "ZoneShape")
        if shape and zone is not None:
            only(zone, shape)
            for inner in children(zone):
                only(inner, "ZoneOrientationVector", "Dimensionality")
        modifier = {"modifier": _MATERIAL[material]} if _MATERIAL[material] else {}
        tolerance = asked.units.length(child(definition, "ToleranceValue"))
        return {"type": kind, **_named(asked), "tolerance": tolerance, **_datum(asked), **modifier}

    return read


def _form(kind: str, *known: str, shape: str = "") -> Callable[[Asked], dict[str, Any]]:
    """A form; N and X are refused: QIF's schema and ISO 1101 use these letters the other way round."""
    about = "ReferenceFeatureAssociationSpecificationElement"
    zone = _zone(kind, about, *known, shape=shape)

    def read(asked: Asked) -> dict[str, Any]:
        found, reference = zone(asked), child(asked.definition, about)
        if reference is None:
            return found
        ours = attribute(asked.definition, "association")
        only(reference, "Association", "Parameter")
        named = ours or {"C": "MZ", "G": "LS"}.get(content(reference, "Association"))
        if named is None or content(reference, "Parameter") != "T":
            raise OrderError("its reference feature is not supported; C and G with the parameter T are")
        return {**found, "association": named}

    return read


def _profile(asked: Asked) -> dict[str, Any]:
    """A zone that lies evenly about the nominal line."""
    outer = child(asked.definition, "OuterDisposition")
    found = _zone("line_profile", "OuterDisposition")(asked)
    if outer is not None and asked.units.length(outer) * 2 != found["tolerance"]:
        raise OrderError("its zone does not lie evenly about the nominal line")
    if (target := child(asked.nominal, "TargetValue")) is not None and asked.units.length(target) != 0:
        raise OrderError("its zone lies beside the nominal line")
    return found


def _between(kind: str, *, angular: bool = False) -> Callable[[Asked], dict[str, Any]]:
    size = _size(kind, angular=angular)

    def read(asked: Asked) -> dict[str, Any]:
        mode = content(asked.nominal, "AnalysisMode")
        if mode == "ONEDIMENSIONAL":
            raise OrderError("it is taken along one direction; between features it is taken in the plane")
        return size(asked)

    return read


def _user_defined(angular: bool) -> Callable[[Asked], dict[str, Any]]:
    """What our own exports say of gears, threads and surfaces."""

    def read(asked: Asked) -> dict[str, Any]:
        kind = _own_type(asked)
        value = asked.units.angle if angular else asked.units.length
        target = child(asked.nominal, "TargetValue")
        only(asked.definition, *_DEFINITION, "Tolerance", "WhatToMeasure")
        if kind == "surface":
            limit = value(child(asked.definition, "Tolerance", "MaxValue"))
            return {"type": kind, "max_defect_mm": limit, **_region(asked)}
        more: dict[str, Any] = {}
        if datum := json_attribute(asked.definition, "datum"):
            more["datum"] = datum
        of = attribute(asked.definition, "of")
        if kind in ("pitch_deviation", "cumulative_pitch", "runout"):
            ball = attribute(asked.definition, "ball_diameter_mm")
            more |= {"flank": of} if of else {}
            more |= {"ball_diameter": number(ball)} if ball else {}
            limit = value(child(asked.definition, "Tolerance", "MaxValue"))
            return {"type": kind, **_named(asked), "tolerance": limit, **more}
        more |= {"along": of} if kind == "tooth_thickness" and of else {}
        more |= {} if target is None else {"nominal": value(target)}
        tolerance = _tolerance(asked.definition, value, target is not None)
        return {"type": kind, **_named(asked), **more, **tolerance}

    return read


def _count(asked: Asked) -> dict[str, Any]:
    kind, of = _own_type(asked), attribute(asked.definition, "of")
    nominal = number(content(asked.nominal, "TargetValue"))
    found = {"type": kind, **_named(asked), "of": of, "nominal": int(nominal)}
    bounds = _bounds(asked.nominal, lambda element: number(content(element)), True)
    return {**found, **bounds} if nominal == int(nominal) else {**found, "nominal": nominal}


def _mark(asked: Asked) -> dict[str, Any]:
    values = [one.text or "" for one in children(child(asked.nominal, "PassValues"), "StringValue")]
    kind, exact = _own_type(asked), attribute(asked.nominal, "expected")
    if len(values) != 1:
        raise OrderError("one text is expected of a mark, not several")
    found = {"type": kind, "expected": values[0] if exact is None else exact, **_region(asked)}
    return {**found, **_of_code(asked), **_of_text(asked)}


def _of_code(asked: Asked) -> dict[str, Any]:
    found = {"symbology": attribute(asked.definition, "symbology")}
    found |= {key: _yes_or_no(asked, key) for key in ("gs1", "identity")}
    return {key: value for key, value in found.items() if value is not None}


def _of_text(asked: Asked) -> dict[str, Any]:
    words = ((key, attribute(asked.definition, key)) for key in ("direction", "height"))
    found: dict[str, Any] = {key: number(word) for key, word in words if word is not None}
    arc = json_attribute(asked.definition, "arc")
    return found if arc is None else {**found, "arc": arc}


def _yes_or_no(asked: Asked, key: str) -> bool | None:
    word = attribute(asked.definition, key)
    return None if word is None else word in ("true", "1")


def _region(asked: Asked) -> dict[str, Any]:
    """A rectangle, which our exports say in an attribute, or a feature."""
    rectangle = attribute(asked.definition, "region")
    if isinstance(rectangle, str) and rectangle.startswith("[["):
        return {"region": json_attribute(asked.definition, "region")}
    return {"region": asked.features[0]} if asked.features else {}


def _own_type(asked: Asked) -> str:
    """Which of our types a user-defined characteristic is."""
    kind = attribute(asked.definition, "type")
    if kind is None:
        what = content(asked.definition, "WhatToMeasure")[:60]
        raise OrderError(f"a user-defined characteristic{f' ({what})' if what else ''} means nothing to this station")
    return str(kind)


_LINES = ("ZoneShape",)
_MORE_OF_NOMINALS: dict[str, tuple[str, ...]] = {
    "DistanceBetween": ("AnalysisVector", "AnalysisMode"),
    "AngleBetween": ("AnalysisVector", "AnalysisMode", "Vertex"),
    "Angularity": ("Angle",),
    "LineProfile": ("Vector",),
    "UserDefinedUnit": ("MaxValue", "MinValue", "DefinedAsLimit"),
    "UserDefinedAttribute": ("PassValues",),
}
_READERS: dict[str, Callable[[Asked], dict[str, Any]]] = {
    "Diameter": _size("diameter"),
    "Radius": _size("radius"),
    "Width": _size("width"),
    "Length": _size("length"),
    "DistanceBetween": _between("distance"),
    "AngleBetween": _between("angle", angular=True),
    "Circularity": _form("roundness"),
    "Straightness": _form("straightness", *_LINES, shape="NonDiametricalZone"),
    "Parallelism": _zone("parallelism", *_LINES, shape="PlanarZone"),
    "Perpendicularity": _zone("perpendicularity", *_LINES, shape="PlanarZone"),
    "Angularity": _zone("angularity", *_LINES, shape="PlanarZone"),
    "Position": _zone("position", *_LINES, shape="DiametricalZone", modified=True),
    "Concentricity": _zone("concentricity", *_LINES, shape="DiametricalZone"),
    "Coaxiality": _zone("concentricity", *_LINES, shape="DiametricalZone"),
    "Symmetry": _zone("symmetry"),
    "LineProfile": _profile,
    "CircularRunout": _zone("circular_runout"),
    "UserDefinedLinear": _user_defined(angular=False),
    "UserDefinedAngular": _user_defined(angular=True),
    "UserDefinedUnit": _count,
    "UserDefinedAttribute": _mark,
}
