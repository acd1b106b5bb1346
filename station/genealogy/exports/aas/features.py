"""What was asked, as the template's `QualityFeatures`: linear, geometric (ISO 1101) and attributive ones.

Sizes, counts and the deviations of gears are linear; a deviation has an upper limit alone.
"""

from __future__ import annotations

from station.genealogy.exports.aas.elements import Collection, Element, collection, collections, flag, number, own, text
from station.genealogy.exports.aas.elements import texts as text_list
from station.genealogy.exports.aas.items import ATTRIBUTIVE_LIST, GEOMETRIC, GEOMETRIC_LIST, LINEAR_LIST, Item
from station.genealogy.exports.decided import WHOLE
from station.order.model import Characteristic, CharacteristicType

_PROCEDURE = "optical, from pictures of the part"
_SHAPES = {  # the template's words for the zone of a plane figure
    CharacteristicType.POSITION: "area within a circle",
    CharacteristicType.CONCENTRICITY: "area within a circle",
    CharacteristicType.ROUNDNESS: "area between two concentric circular boundaries",
    CharacteristicType.CIRCULAR_RUNOUT: "area between two concentric circular boundaries",
}
_LINES = "two equidistant complex lines or two parallel straight lines"


def quality_features(items: list[Item]) -> Collection:
    """The features, in three lists; a list that would be empty is left out. The last attributive one is the part."""
    kinds = (
        (LINEAR_LIST, "LinearFeature", _linear),
        (ATTRIBUTIVE_LIST, "AttributiveFeature", _attributive),
        (GEOMETRIC_LIST, "GeometricFeature", _geometric),
    )
    found = {name: [make(item) for item in items if item.list_name == name] for name, _, make in kinds}
    found[ATTRIBUTIVE_LIST].append(_whole())
    return collection(
        "QualityFeatures", [collections(name, kind, found[name]) for name, kind, _ in kinds if found[name]]
    )


def attributes(item: Item) -> tuple[str, str]:
    """What is in order and what is not, of a feature that has no size; the second is empty where it is all else."""
    if item.asked.type is not CharacteristicType.SURFACE:
        return item.asked.expected, ""
    largest = item.asked.max_defect_mm
    return (
        ("no defect", "defect")
        if largest is None
        else (
            f"no defect larger than {largest} mm",
            f"defect larger than {largest} mm",
        )
    )


def _linear(item: Item) -> list[Element]:
    said = item.said
    lower, upper = said["lower_limit"], said["upper_limit"]
    return [
        text("LinearFeatureName", item.asked.id),
        text("DimensionDescription", _description(item.asked)),
        *_common(item.asked),
        number("NominalValue", said["nominal"]),
        *([number("UpperTolerance", upper)] if upper is not None else []),
        *([number("LowerTolerance", lower)] if lower is not None else []),
        flag("OneSided", (lower is None) != (upper is None)),
        text("EngineeringUnit", said["unit"]),
        *_own(item.asked),
    ]


def _geometric(item: Item) -> list[Element]:
    asked, said = item.asked, item.said
    datums = asked.datums
    width = said["upper_limit"]
    zone = [
        text("Shape", _SHAPES.get(asked.type, _LINES)),
        number("WidthExtendValue", width),
        number("WidthExtendTolerance1", width),
        text("WidthExtendSign1", "p"),
        text("EngineeringUnit", said["unit"]),
    ]
    return [
        text("GPS_FeatureName", asked.id),
        text("GPS_Description", _description(asked)),
        *_common(asked),
        text("GPS_Type", GEOMETRIC[asked.type][bool(datums)]),
        flag("GPS_ReferenceRequired", bool(datums)),
        collection("GPS_ToleranceZone", zone),
        *(text(f"DatumField{place}", datum) for place, datum in enumerate(datums[:3], start=1)),
        *_own(asked),
    ]


def _attributive(item: Item) -> list[Element]:
    in_order, not_in_order = attributes(item)
    return [
        text("AttributiveFeatureName", item.asked.id),
        text("AttibutiveFeatureDescription", _description(item.asked)),  # the template's spelling
        *_common(item.asked),
        text_list("OKAttributesList", "OKAttributName", [in_order]),
        text_list("NOKAttributesList", "NOKAttributName", [not_in_order] if not_in_order else []),
        *_own(item.asked),
    ]


def _whole() -> list[Element]:
    """The part as a whole, which also what the picture shows and the order does not have can make bad."""
    return [
        text("AttributiveFeatureName", WHOLE),
        text("AttibutiveFeatureDescription", "verdict of the whole part"),
        text("MeasurementProcedure", _PROCEDURE),
        flag("InspectionRelevant", True),
        text_list("OKAttributesList", "OKAttributName", ["PASS"]),
        text_list("NOKAttributesList", "NOKAttributName", ["FAIL", "UNDECIDED", "ERROR"]),
    ]


def _common(asked: Characteristic) -> list[Element]:
    source = asked.limits.source
    norm = "ISO 1101" if asked.type in GEOMETRIC else source if source.startswith("ISO") else ""
    return [
        text("MeasurementProcedure", _PROCEDURE),
        *([text("ToleranceNorm", norm)] if norm else []),
        flag("InspectionRelevant", True),
    ]


def _description(asked: Characteristic) -> str:
    features = f" of {', '.join(asked.features)}" if asked.features else ""
    return f"{str(asked.type).replace('_', ' ')}{features}"


def _own(asked: Characteristic) -> list[Element]:
    return own(
        {
            "characteristic_type": str(asked.type),
            "modifier": asked.modifier,
            "association": asked.association,
            "tolerance_source": asked.limits.source,
            "symbology": asked.symbology,
        }
    )
