"""QIF documents against QIF's own schema (types, enumerations, keys and references), and read back without our code."""

from __future__ import annotations

import json
import re
import uuid
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from station.genealogy.dossier import Dossier, dossier_of
from station.genealogy.exports.formats import format_of
from station.genealogy.exports.qif import make
from station.genealogy.inspection import Conditions
from station.genealogy.parts import withdraw
from station.genealogy.store import Genealogy
from station.order.model import CharacteristicType

from .builders import at
from .marked import MARKED, with_marks
from .qif_records import (
    EVERYTHING,
    FINDING,
    GROUP_SEPARATOR,
    NO_CALIBRATION,
    SCHEMAS,
    UNTIL,
    committed,
    everything,
    inspection,
    needs_schemas,
    parsed,
)

Q = "{http://qifstandards.org/xsd/qif3}"
IN_QIF = {"PASS": "PASS", "FAIL": "FAIL", "UNDECIDED": "INDETERMINATE", "ERROR": "NOT_ANALYZED"}
PART_IN_QIF = {"PASS": "PASS", "FAIL": "FAIL", "UNDECIDED": "UNKNOWN", "ERROR": "NOT_MEASURED"}


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMAS / "QIFApplications" / "QIFDocument.xsd"))


SHAPES: dict[str, tuple[Any, ...]] = {
    "pass": ("PASS", "PASS"),
    "fail": ("FAIL", "PASS", "FAIL", "UNDECIDED", "ERROR"),
    "undecided": ("UNDECIDED", "PASS", "UNDECIDED"),
    "error": ("ERROR", "ERROR"),
    "nothing in the record": ("ERROR",),
}
CHANGES: dict[str, dict[str, Any]] = {
    "as usual": {},
    "no calibration": NO_CALIBRATION,
    "calibration with its end": {"calibration": UNTIL},
    "calibration until nobody knows when": {"calibration": replace(UNTIL, valid_until="2027-01-01T00:00:00")},
    "bare": {"decision": None, "operator": "", "conditions": Conditions(), "models": (), "operation": ""},
}


@needs_schemas
@pytest.mark.parametrize("changes", CHANGES)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_a_record_is_valid(genealogy: Genealogy, schema: etree.XMLSchema, shape: str, changes: str):
    dossier = committed(genealogy, everything(), inspection(everything(), *SHAPES[shape], **CHANGES[changes]))
    assert_valid(schema, make(dossier))


@needs_schemas
def test_findings_and_events_are_valid_and_told(genealogy: Genealogy, schema: etree.XMLSchema):
    order = everything()
    dossier = committed(genealogy, order, inspection(order, "FAIL", "PASS", findings=(FINDING,)))
    payload = {"order_id": order.order_id, "lot": "L-1", "quantity": 0.25, "by": "x\x07"}
    genealogy.add_event("material-consumed", order.part.serial, payload, at=at(3.0))

    data = make(dossier_of(genealogy, dossier.inspection["id"]))
    assert_valid(schema, data)
    root = ElementTree.fromstring(data)
    assert [lot.text for lot in root.iter(f"{Q}LotNumber")] == ["L-1"]
    told = attributes(root.find(f".//{Q}MeasurementResults"))
    assert json.loads(told["station.events[0]"])["payload"] == payload
    assert json.loads(told["station.findings[0]"])["size_mm"] == 0.1


@needs_schemas
def test_what_does_not_stand_has_no_status_that_reads_like_a_pass(genealogy: Genealogy, schema: etree.XMLSchema):
    order = everything()
    first = committed(genealogy, order, inspection(order, "PASS", "PASS")).inspection["id"]
    second = committed(genealogy, order, inspection(order, "PASS", "PASS")).inspection["id"]
    withdraw(genealogy, second, reason="another part lay there", by="bea", at=at(9))
    assert statuses(genealogy, schema, first) == {"PASS"}
    assert statuses(genealogy, schema, second) == {"WITHDRAWN"}
    committed(genealogy, order, inspection(order, "FAIL", "FAIL"))
    assert statuses(genealogy, schema, first) == {"SUPERSEDED"}


def statuses(genealogy: Genealogy, schema: etree.XMLSchema, id: str) -> set[str]:
    """Every status of the part and of its characteristics."""
    data = make(dossier_of(genealogy, id))
    assert_valid(schema, data)
    names = ("CharacteristicStatusEnum", "OtherCharacteristicStatus", "InspectionStatusEnum", "OtherInspectionStatus")
    return {found.text or "" for name in names for found in ElementTree.fromstring(data).iter(Q + name)}


@needs_schemas
def test_an_order_without_features_is_valid(genealogy: Genealogy, schema: etree.XMLSchema):
    marks = [one for one in EVERYTHING["characteristics"] if one["type"] == "text"]
    order = parsed({**EVERYTHING, "geometry": {}, "datums": {}, "characteristics": marks}, b"")
    assert_valid(schema, make(committed(genealogy, order, inspection(order, "PASS", "PASS"))))


@needs_schemas
def test_the_schema_would_tell_a_reference_to_nothing_and_a_wrong_word(genealogy: Genealogy, schema: etree.XMLSchema):
    data = make(mixed(genealogy))
    for good, bad in (
        (rb"<CharacteristicItemId>\d+<", b"<CharacteristicItemId>1<"),
        (rb"<DatumDefinitionId>\d+<", b"<DatumDefinitionId>1<"),
        (rb"<DatumReferenceFrameId>\d+<", b"<DatumReferenceFrameId>1<"),
        (rb"<FeatureNominalId>\d+<", b"<FeatureNominalId>1<"),
        (rb"<CharacteristicStatusEnum>PASS<", b"<CharacteristicStatusEnum>OK<"),
    ):
        spoiled = re.sub(good, bad, data, count=1)
        assert spoiled != data
        assert not schema.validate(etree.fromstring(spoiled).getroottree()), good


def test_every_value_uncertainty_and_verdict_is_read_back(genealogy: Genealogy):
    dossier = mixed(genealogy)
    root = ElementTree.fromstring(make(dossier))
    found = measurements(root)
    assert {row["id"] for row in dossier.inspection["characteristics"]} == set(found)
    assert {row["type"] for row in dossier.inspection["characteristics"]} == {str(kind) for kind in CharacteristicType}
    for row in dossier.inspection["characteristics"]:
        made = found[row["id"]]
        told, value = attributes(made), made.find(f"{Q}Value")
        assert made.findtext(f"{Q}Status/{Q}CharacteristicStatusEnum") == IN_QIF[row["verdict"]]
        assert told["station.verdict"] == row["verdict"]
        if row["value"] is None:
            assert value is None
            continue
        assert value is not None
        if row["type"] == "code":
            assert json.loads(told["station.value.json"]) == row["value"]
            assert value.text == row["value"].replace(GROUP_SEPARATOR, "\u241d")
        elif row["type"] == "text":
            assert value.text == row["value"]
        else:
            assert Decimal(value.text or "") == Decimal(repr(row["value"]))
            assert "e" not in (value.text or "").lower()
            assert Decimal(value.get("combinedUncertainty", "")) == Decimal(repr(row["standard_uncertainty"]))
        for key in ("expanded_uncertainty", "conformance_probability", "guard_band", "coverage_factor", "deviation"):
            assert float(told[f"station.{key}"]) == row[key]
    assert root.findtext(f".//{Q}InspectionStatus/{Q}InspectionStatusEnum") == "FAIL"
    assert root.findtext(f".//{Q}ActualComponent/{Q}SerialNumber") == dossier.inspection["serial"]
    assert root.findtext(f".//{Q}InspectionTraceability/{Q}OrderNumber") == dossier.inspection["order_id"]


@pytest.mark.parametrize("verdict", PART_IN_QIF)
def test_the_verdict_of_the_part_has_its_word(genealogy: Genealogy, verdict: str):
    order = everything()
    root = ElementTree.fromstring(make(committed(genealogy, order, inspection(order, verdict, verdict))))
    for status in ("InspectionStatus", "ActualComponents", "Status"):
        for made in root.iter(f"{Q}{status}"):
            assert made.findtext(f"{Q}InspectionStatusEnum") in (PART_IN_QIF[verdict], None)
    words = [made.text for made in root.iter(f"{Q}InspectionStatusEnum")]
    assert words == [PART_IN_QIF[verdict]] * 2


def test_a_characteristic_that_the_record_lacks_is_not_analysed(genealogy: Genealogy):
    order = everything()
    root = ElementTree.fromstring(make(committed(genealogy, order, inspection(order, "ERROR"))))
    found = measurements(root)
    assert len(found) == len(order.characteristics)
    for made in found.values():
        assert made.findtext(f"{Q}Status/{Q}CharacteristicStatusEnum") == "NOT_ANALYZED"
        assert made.find(f"{Q}Value") is None
        assert "station.verdict" not in attributes(made)


def test_limits_are_those_of_the_order_digit_by_digit(genealogy: Genealogy):
    root = ElementTree.fromstring(make(mixed(genealogy)))
    lists = {
        name: {made.get("id"): made for made in root.find(f"{Q}Characteristics/{Q}Characteristic{name}") or ()}
        for name in ("Definitions", "Nominals", "Items")
    }
    seen = 0
    for asked in everything().characteristics:
        item = next(i for i in lists["Items"].values() if attributes(i)["station.id"] == asked.id)
        nominal = lists["Nominals"][item.findtext(f"{Q}CharacteristicNominalId")]
        definition = lists["Definitions"][nominal.findtext(f"{Q}CharacteristicDefinitionId")]
        assert (
            item.tag.replace("Item", "")
            == nominal.tag.replace("Nominal", "")
            == definition.tag.replace("Definition", "")
        )
        zone = definition.findtext(f"{Q}ToleranceValue")
        if zone is not None:
            assert Decimal(zone) == asked.limits.upper
            continue
        bounds = definition.find(f"{Q}Tolerance")
        bounds = nominal if bounds is None else bounds
        if bounds.find(f"{Q}DefinedAsLimit") is None:
            assert asked.expected
            continue
        seen += 1
        target = nominal.findtext(f"{Q}TargetValue")
        assert (None if target is None else Decimal(target)) == asked.limits.nominal
        zero = Decimal(0) if bounds.findtext(f"{Q}DefinedAsLimit") == "true" else Decimal(target or "nan")
        for key, limit in (("MinValue", asked.limits.lower), ("MaxValue", asked.limits.upper)):
            written = bounds.findtext(f"{Q}{key}")
            assert (None if written is None else zero + Decimal(written)) == limit, asked.id
    assert seen == 22  # 19 sizes and gear zones, two counts, a surface


def test_nothing_of_the_record_is_left_out(genealogy: Genealogy):
    order = everything()
    given = inspection(order, "FAIL", "PASS", "FAIL", "UNDECIDED", "ERROR", findings=(FINDING,), calibration=UNTIL)
    dossier = committed(genealogy, order, given)
    root = ElementTree.fromstring(make(dossier))
    texts = [text for made in root.iter() for text in ((made.text or "").strip(), *made.attrib.values()) if text]
    told = set(texts)
    for text in texts:
        if text[:1] in '{["':
            told |= {str(leaf) for _, leaf in leaves(json.loads(text))}
    numbers = {number for text in told if (number := as_number(text)) is not None}
    for place, leaf in leaves(dossier.inspection):
        if isinstance(leaf, bool) or leaf in (None, ""):
            continue
        if isinstance(leaf, int | float):
            assert float(leaf) in numbers, place
        else:
            assert leaf in told, place


def test_features_lie_where_the_order_has_them(genealogy: Genealogy):
    root = ElementTree.fromstring(make(mixed(genealogy)))
    nominals = {attributes(made).get("station.id"): made for made in root.find(f"{Q}Features/{Q}FeatureNominals") or ()}
    assert nominals["ID"].findtext(f"{Q}Location") == "0.1234567890123 -0.00001 0.0"
    definitions = {made.get("id"): made for made in root.find(f"{Q}Features/{Q}FeatureDefinitions") or ()}
    assert definitions[nominals["ID"].findtext(f"{Q}FeatureDefinitionId")].findtext(f"{Q}Diameter") == "19.0"
    assert nominals["E4"].findtext(f"{Q}Location") == "47.5 5.125 0.0"  # run so that the material is on the left
    along = [float(v) for v in (nominals["E4"].findtext(f"{Q}Direction") or "").split()]
    away = [float(v) for v in (nominals["E4"].findtext(f"{Q}Normal") or "").split()]
    assert away == [along[1], -along[0], 0.0]
    members = list(nominals["PL"].iter(f"{Q}Id"))
    assert len(members) == 2
    points = list(root.iter(f"{Q}PointDefinedCurveFeatureNominal"))
    assert len(points) == 3  # two outlines of the contour, and the gear


def test_the_same_record_gives_the_same_bytes_and_ids_of_its_own(genealogy: Genealogy):
    dossier = mixed(genealogy)
    data = make(dossier)
    assert make(dossier) == data
    other = make(mixed(genealogy))
    ids = [ElementTree.fromstring(one).findtext(f"{Q}QPId") or "" for one in (data, other)]
    assert ids[0] != ids[1]
    assert all(uuid.UUID(one).version == 5 for one in ids)
    designators = [[made.text for made in ElementTree.fromstring(one).iter(f"{Q}UUID")] for one in (data, other)]
    assert designators[0] == designators[1]  # the same order asks the same
    assert format_of("qif").make(dossier) == data


def mixed(genealogy: Genealogy) -> Dossier:
    order = everything()
    return committed(genealogy, order, inspection(order, "FAIL", "PASS", "FAIL", "UNDECIDED", "PASS", "ERROR"))


def assert_valid(schema: etree.XMLSchema, data: bytes) -> None:
    found = schema.validate(etree.fromstring(data).getroottree())
    assert found, [f"{fault.line}: {fault.message}" for fault in schema.error_log][:5]


def measurements(root: ElementTree.Element) -> dict[str, ElementTree.Element]:
    """Measurements by the name of the item that they are of."""
    items = {
        made.get("id"): attributes(made)["station.id"]
        for made in root.find(f"{Q}Characteristics/{Q}CharacteristicItems") or ()
    }
    made = root.find(f".//{Q}MeasuredCharacteristics/{Q}CharacteristicMeasurements")
    return {items[one.findtext(f"{Q}CharacteristicItemId")]: one for one in made or ()}


def attributes(made: ElementTree.Element | None) -> dict[str, str]:
    assert made is not None
    return {one.get("name", ""): one.get("value", "") for one in made.find(f"{Q}Attributes") or ()}


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from leaves(child, f"{place}.{key}")
    elif isinstance(value, list):
        for number, child in enumerate(value):
            yield from leaves(child, f"{place}[{number}]")
    else:
        yield place, value


def as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


@needs_schemas
@pytest.mark.parametrize("verdict", MARKED)
def test_marks_with_every_verdict(genealogy: Genealogy, schema: etree.XMLSchema, verdict: str):
    order = everything()
    given = with_marks(inspection(order, "PASS", "PASS"), verdict)
    data = make(committed(genealogy, order, given))
    assert_valid(schema, data)
    root = ElementTree.fromstring(data)
    found = measurements(root)
    for row in [row for row in given.characteristics if row.type in ("code", "text", "surface")]:
        told, value = attributes(found[row.id]), found[row.id].find(f"{Q}Value")
        assert found[row.id].findtext(f"{Q}Status/{Q}CharacteristicStatusEnum") == IN_QIF[verdict]
        assert (value is None) == (row.value is None)
        if row.type == "surface" and value is not None:
            assert float(str(value.text)) == row.value
        if row.evidence is not None:
            evidence = json.loads(told["station.evidence"])
            assert evidence.get("score") == row.evidence.score
            assert evidence.get("gs1", []) == [list(pair) for pair in row.evidence.gs1]
    results = attributes(root.find(f".//{Q}MeasurementResults"))
    if verdict == "FAIL":
        assert json.loads(results["station.findings[0]"])["outline_mm"] == [[1, -2.5], [1.5, -2.5], [1.5, -2.25]]
