"""What the order asks in QIF: definition, nominal and item of every characteristic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from station.genealogy.exports.qif import xml
from station.genealogy.exports.qif.features import UP, Put, Written
from station.genealogy.exports.qif.kinds import KINDS, Family, Kind
from station.order.model import Characteristic, CharacteristicType, Limits, Order, TextArc

COUNT_UNIT = "1"
_EXACT = Context(prec=100)
_MATERIAL = {"MMC": "MAXIMUM", "LMC": "LEAST"}
# After the schema's own words; ISO 1101 has N and X the other way round, so `station.association` says it as well.
_ASSOCIATION = {"LS": "G", "MI": "N", "MC": "X"}


@dataclass(frozen=True, slots=True)
class Places:
    """Ids that characteristics refer to."""

    features: Written
    frames: Mapping[tuple[str, ...], str]
    marks: Mapping[str, Put]  # by the characteristic that asks for them
    device: str
    standard: str


def characteristics(document: xml.Element, ids: xml.Ids, order: Order, places: Places) -> dict[str, str]:
    """The characteristics of the order, and the ids of their items by the order's own."""
    made = xml.add(document, "Characteristics")
    xml.add(made, "FormalStandardId", places.standard)
    definitions = xml.add(made, "CharacteristicDefinitions")
    nominals = xml.add(made, "CharacteristicNominals")
    items = xml.add(made, "CharacteristicItems")
    found = {}
    for asked in order.characteristics:
        kind = KINDS[asked.type]
        definition = xml.add(definitions, f"{kind.name}CharacteristicDefinition", id=ids.new())
        _define(definition, asked, kind, places)
        nominal = xml.add(nominals, f"{kind.name}CharacteristicNominal", id=ids.new())
        _place(nominal, str(definition.get("id")), asked, kind, places)
        found[asked.id] = ids.new()
        item = xml.add(items, f"{kind.name}CharacteristicItem", id=found[asked.id])
        xml.attributes(item, {"id": asked.id})
        xml.add(item, "Name", asked.id)
        designator = xml.add(item, "CharacteristicDesignator")
        xml.add(designator, "Designator", asked.id)
        xml.add(designator, "UUID", xml.qpid("characteristic", order.sha256, asked.id))
        xml.references(item, "FeatureItemIds", [put.item for put in _asked_about(asked, places)])
        xml.references(item, "MeasurementDeviceIds", [places.device])
        xml.add(item, "CharacteristicNominalId", str(nominal.get("id")))
    for one in (definitions, nominals, items):
        xml.counted(one)
    return found


def _asked_about(asked: Characteristic, places: Places) -> tuple[Put, ...]:
    """The features, or the mark, or the region that is a feature."""
    if asked.id in places.marks:
        return (places.marks[asked.id],)
    names = (asked.region,) if isinstance(asked.region, str) else asked.features
    return tuple(Put(places.features.nominals[name], places.features.items[name]) for name in names)


def _define(made: xml.Element, asked: Characteristic, kind: Kind, places: Places) -> None:
    frame = places.frames.get(asked.datums)
    xml.attributes(made, _ours(asked, kind))
    if kind.name == "Circularity" or kind.name == "Straightness":
        _association(made, asked.association)
    if kind.size:
        how = xml.add(made, "DimensionModifiers")
        xml.add(how, "DeterminationModifier", asked.modifier or "GG")
    if kind.family in (Family.LINEAR, Family.ANGULAR):
        _tolerance(made, asked.limits)
    if kind.family is Family.ZONE:
        xml.add(made, "ToleranceValue", asked.limits.upper)
        if frame is not None:
            xml.add(made, "DatumReferenceFrameId", frame)
        if kind.material:
            xml.add(made, "MaterialCondition", _MATERIAL.get(asked.modifier, "REGARDLESS"))
        if kind.zone:
            xml.add(xml.add(made, "ZoneShape"), kind.zone)
    if kind.what:
        xml.add(made, "WhatToMeasure", _what(asked, kind))


def _ours(asked: Characteristic, kind: Kind) -> dict[str, Any]:
    """What of the question QIF has no place for."""
    user_defined = kind.name.startswith("UserDefined")
    return {
        "type": str(asked.type),
        "tolerance_source": asked.limits.source,
        "unit": asked.unit,
        "datum": asked.datums if user_defined else (),
        "association": asked.association,
        "view": asked.view,
        "symbology": asked.symbology,
        "region": asked.region,
        "gs1": asked.gs1,
        "identity": asked.identity or None,
        "arc": _arc(asked.arc),
        "direction": asked.direction_deg or None,
        "height": asked.height_mm,
        "of": asked.of,
        "ball_diameter_mm": asked.ball_mm,
    }


def _arc(arc: TextArc | None) -> dict[str, Any]:
    """The line of a text, in the order's words."""
    if arc is None:
        return {}
    ends = {"start_angle": arc.start_deg, "end_angle": arc.end_deg}
    return {"center": arc.center, "radius": arc.radius_mm, **ends}


def _association(made: xml.Element, association: str) -> None:
    if association:
        reference = xml.add(made, "ReferenceFeatureAssociationSpecificationElement")
        xml.add(reference, "Association", _ASSOCIATION[association])
        xml.add(reference, "Parameter", "T")


def _what(asked: Characteristic, kind: Kind) -> str:
    return f"{kind.what} ({asked.symbology})" if asked.symbology else kind.what


def _tolerance(made: xml.Element, limits: Limits) -> None:
    """Deviations from the nominal, or the limits themselves where the order has no nominal or says them so."""
    if limits.lower is None and limits.upper is None:
        xml.add(made, "NonTolerance", "MEASURED")
        return
    tolerance = xml.add(made, "Tolerance")
    _bounds(tolerance, limits, {})


def _bounds(made: xml.Element, limits: Limits, unit: Mapping[str, str]) -> None:
    as_limit = limits.nominal is None or limits.source == "limits"
    zero = Decimal(0) if as_limit or limits.nominal is None else limits.nominal
    for name, limit in (("MaxValue", limits.upper), ("MinValue", limits.lower)):
        if limit is not None:
            xml.add(made, name, _EXACT.subtract(limit, zero), **unit)
    xml.add(made, "DefinedAsLimit", as_limit)


def _place(made: xml.Element, definition: str, asked: Characteristic, kind: Kind, places: Places) -> None:
    nominal_ids = [put.nominal for put in _asked_about(asked, places)]
    xml.add(made, "CharacteristicDefinitionId", definition)
    if not kind.paired:
        xml.references(made, "FeatureNominalIds", nominal_ids)
    xml.add(made, "Name", asked.id)
    nominal = asked.limits.nominal
    if kind.family is Family.NUMBER:
        unit = {"unitName": COUNT_UNIT}
        xml.add(made, "TargetValue", nominal if nominal is not None else Decimal(0), **unit)
        _bounds(made, asked.limits, unit)
    elif kind.family is Family.TEXT:
        xml.add(xml.add(made, "PassValues", n=1), "StringValue", asked.expected)
        if xml.text(asked.expected) != asked.expected:
            _insert_attributes(made, {"expected": asked.expected})
    elif kind.family is not Family.ZONE and nominal is not None:
        xml.add(made, "TargetValue", nominal)
    if kind.paired:
        pairs = xml.add(made, "FeatureNominalPairs", n=1)
        pair = xml.add(pairs, "FeaturePair")
        for name, id in zip(("FirstFeature", "SecondFeature"), nominal_ids, strict=True):
            xml.add(pair, name, id)
        xml.add(made, "AnalysisVector", UP)
        xml.add(made, "AnalysisMode", "TWODIMENSIONAL")
    if asked.type is CharacteristicType.LINE_PROFILE:
        xml.add(made, "Vector", UP)


def _insert_attributes(made: xml.Element, values: Mapping[str, Any]) -> None:
    xml.attributes(made, values)
    made.insert(0, made[-1])
