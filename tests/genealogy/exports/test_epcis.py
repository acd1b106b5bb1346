"""EPCIS exports against GS1's own schema and context, and number by number against the record."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import pytest

from station.genealogy.exports.formats import FORMATS
from station.genealogy.parts import (
    Assembly,
    Decision,
    Material,
    Operation,
    PartKey,
    add_link,
    correct,
    dispose,
    withdraw,
)
from station.genealogy.store import Genealogy
from station.order.model import Order

from ..builders import at
from ..marked import MARKED, with_marks
from .every_type import (
    ERROR,
    FAIL,
    ODD,
    ORDINARY,
    PASS,
    SCHEMAS,
    UNDECIDED,
    VERDICTS,
    committed,
    dossier,
    inspection_of,
    marks_only,
    nothing,
    order_of,
)

jsonschema = pytest.importorskip("jsonschema")

FOLDER = SCHEMAS / "epcis"
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="GS1's schemas are not beside this checkout")

Json = dict[str, Any]
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")  # RFC 3986


@pytest.fixture(scope="module")
def schema() -> Json:
    found: Json = json.loads((FOLDER / "EPCIS-JSON-Schema.json").read_text())
    return found


@pytest.fixture(scope="module")
def context() -> Json:
    found: Json = json.loads((FOLDER / "epcis-context.jsonld").read_text())["@context"]
    return found


def exported(genealogy: Genealogy, order: Order, id: str) -> list[Json]:
    return parsed(FORMATS["epcis"].make(dossier(genealogy, order, id)))["epcisBody"]["eventList"]


def parsed(data: bytes) -> Json:
    found: Json = json.loads(data, parse_constant=pytest.fail)
    return found


def check(document: Json, schema: Json, context: Json) -> None:
    """Valid, with its formats checked, and every word taken from GS1's lists where GS1 has one."""
    formats = jsonschema.FormatChecker(formats=())
    formats.checks("uri")(lambda text: not isinstance(text, str) or URI.fullmatch(text) is not None)
    formats.checks("date-time", raises=ValueError)(lambda text: datetime.fromisoformat(text).tzinfo is not None)
    validator = jsonschema.Draft7Validator(schema, format_checker=formats)
    assert [f"{list(error.absolute_path)}: {error.message}" for error in validator.iter_errors(document)] == []
    listed = schema["definitions"]
    sensor = context["sensorElementList"]["@context"]["sensorReport"]["@context"]
    for event in document["epcisBody"]["eventList"]:
        assert event["type"] in context
        if event["type"] != "TransformationEvent":
            assert event["action"] in listed["action"]["enum"]
        assert event["bizStep"] in context["bizStep"]["@context"]
        assert event.get("disposition", "unknown") in context["disposition"]["@context"]
        types = context["bizTransactionList"]["@context"]["type"]["@context"]
        assert all(one["type"] in types for one in event["bizTransactionList"])
        if "errorDeclaration" in event:
            assert event["errorDeclaration"]["reason"] in context["errorDeclaration"]["@context"]["reason"]["@context"]
        for lot in event.get("inputQuantityList", ()):
            assert re.fullmatch(listed["uom"]["pattern"], lot.get("uom", "KGM"))
        for report in reports(event):
            own = {"station:code", "station:text"}
            assert report["type"] in set(sensor["type"]["@context"]) | own
            assert report.get("exception", "ALARM_CONDITION") in sensor["exception"]["@context"]
            assert ("uom" in report) == (report["type"] not in own)
            assert re.fullmatch(listed["uom"]["pattern"], report.get("uom", "MMT"))
    for key in keys(document["epcisBody"]["eventList"]):
        assert ":" in key or key in every_term(context), key


def reports(event: Json) -> list[Json]:
    return [report for element in event.get("sensorElementList", ()) for report in element["sensorReport"]]


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from keys(child)


def every_term(context: Any) -> set[str]:
    return set(keys(context))


@pytest.mark.parametrize("key", [ORDINARY, ODD])
@pytest.mark.parametrize("verdict", VERDICTS)
def test_valid_and_every_number_as_recorded(
    genealogy: Genealogy, schema: Json, context: Json, verdict: str, key: tuple[str, str]
):
    order = order_of(key)
    record = committed(genealogy, order, verdict)
    data = FORMATS["epcis"].make(dossier(genealogy, order, record.id))
    document = parsed(data)
    check(document, schema, context)
    (event,) = document["epcisBody"]["eventList"]
    assert (
        event["disposition"]
        == {
            PASS: "conformant",
            FAIL: "non_conformant",
            UNDECIDED: "non_sellable_other",
            ERROR: "unknown",
        }[verdict]
    )
    assert event["station:verdict"] == verdict
    assert (event["eventTime"], event["recordTime"]) == ("2026-11-22T09:12:05.012Z", "2026-11-22T09:12:05.512Z")
    assert event["eventTimeZoneOffset"] == "+00:00"
    assert event["epcList"] == [f"urn:station:part:{quote(key[0], safe='')}:{quote(key[1], safe='')}"]
    measured, surroundings = event["sensorElementList"]
    for one, report in zip(genealogy.inspection(record.id)["characteristics"], measured["sensorReport"], strict=True):
        assert report["station:characteristic"] == one["id"]
        assert report["station:characteristicType"] == one["type"]
        assert report["station:verdict"] == one["verdict"]
        shown = report.get("stringValue") if isinstance(one["value"], str) else report.get("value")
        assert shown == one["value"]
        assert ("value" in report or "stringValue" in report) == one["measured"]
        units = {"mm": "MMT", "deg": "DD", "1": "C62"}
        assert report.get("uom") == (None if one["type"] in ("code", "text") else units[one["unit"]])
        exceptions = {"FAIL": "ALARM_CONDITION", "ERROR": "ERROR_CONDITION"}
        assert report.get("exception") == exceptions.get(one["verdict"])
        for name, word in {
            "nominal": "nominal",
            "deviation": "deviation",
            "lower_limit": "lowerLimit",
            "upper_limit": "upperLimit",
            "standard_uncertainty": "standardUncertainty",
            "expanded_uncertainty": "expandedUncertainty",
            "coverage_factor": "coverageFactor",
            "conformance_probability": "conformanceProbability",
            "guard_band": "guardBand",
            "bonus": "bonus",
            "points": "points",
        }.items():
            assert report.get(f"station:{word}") == one.get(name)
    assert surroundings["sensorReport"] == [
        {"type": "Temperature", "value": 20.4, "uom": "CEL", "station:standardUncertainty": 0.11}
    ]
    assert event["station:findings"][0] == {
        "station:kind": "opening",
        "station:verdict": PASS,
        "station:xMm": 1.25,
        "station:yMm": -2.5,
        "station:sizeMm": 0.1,
    }
    assert data == FORMATS["epcis"].make(dossier(genealogy, order, record.id))


def test_an_attempt_that_came_to_nothing(genealogy: Genealogy, schema: Json, context: Json):
    order = order_of()
    record = nothing(genealogy, order)
    document = parsed(FORMATS["epcis"].make(dossier(genealogy, order, record.id)))
    check(document, schema, context)
    (event,) = document["epcisBody"]["eventList"]
    assert event["disposition"] == "unknown"
    assert "sensorElementList" not in event
    assert "station:calibration" not in event


def test_marks_need_no_calibration(genealogy: Genealogy, schema: Json, context: Json):
    order = marks_only(order_of())
    record = committed(genealogy, order, PASS, calibration=None)
    document = parsed(FORMATS["epcis"].make(dossier(genealogy, order, record.id)))
    check(document, schema, context)
    (event,) = document["epcisBody"]["eventList"]
    assert "deviceMetadata" not in event["sensorElementList"][0]["sensorMetadata"]
    assert [(one["type"], one.get("stringValue")) for one in reports(event)[:3]] == [
        ("station:code", "no gs1"),
        ("station:text", "ANNA 22.11.26"),
        ("Length", None),
    ]


def test_the_name_of_a_part_is_the_code_that_its_order_asks_for(genealogy: Genealogy, schema: Json, context: Json):
    order = order_of(ODD, code="010761234567890021A/1")
    first = nothing(genealogy, order)
    second = committed(genealogy, order, PASS, 10)
    for id in (first.id, second.id):
        document = parsed(FORMATS["epcis"].make(dossier(genealogy, order, id)))
        check(document, schema, context)
        assert {event["epcList"][0] for event in document["epcisBody"]["eventList"]} == {
            "https://id.gs1.org/01/07612345678900/21/A%2F1"
        }


def test_names_that_are_too_long_become_shorter_ones(genealogy: Genealogy, schema: Json, context: Json):
    key = ("\U0001f600" * 128, "部" * 128)
    order = order_of(key)
    record = committed(genealogy, order, PASS)
    document = parsed(FORMATS["epcis"].make(dossier(genealogy, order, record.id)))
    check(document, schema, context)
    (event,) = document["epcisBody"]["eventList"]
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", event["epcList"][0])
    assert event["station:serial"] == key[1]


def test_a_life_with_corrections(genealogy: Genealogy, schema: Json, context: Json):
    order, parent = order_of(ODD), order_of(("MO-9", "WATCH-1"), code="010950600013435221W1")
    key = PartKey(*ODD)
    committed(genealogy, parent, PASS)
    wrong_lot = add_link(genealogy, key, Material("L/1", "1.4310", 2.5, "kg", "Ütz"), by="ann", at=at(1))
    other_lot = add_link(genealogy, key, Material("P1", "paint", 3.0, "pots"), by="ann", at=at(2))
    done = add_link(genealogy, key, Operation("hardening", "Härterei", at(-9e4), "LS 7"), by="ann", at=at(3))
    first = committed(genealogy, order, PASS, 4)
    withdraw(genealogy, first.id, reason="another part lay there", by="bea", at=at(10))
    second = committed(genealogy, order, UNDECIDED, 11)
    held = dispose(genealogy, second.id, Decision.HOLD, reason_code="Q1", by="bea", at=at(20))
    correct(genealogy, held.id, reason="a slip", by="bea", at=at(21))
    used = dispose(genealogy, second.id, Decision.USE_AS_IS, reason_code="Q2", by="bea", at=at(22))
    correct(genealogy, wrong_lot.id, reason="misread", by="ann", at=at(23))
    add_link(genealogy, key, Material("P2", "paint", None), by="ann", at=at(24))
    right_lot = add_link(genealogy, key, Material("L/2", "1.4310", 2.5, "kg", "Ütz"), by="ann", at=at(25))
    built = add_link(genealogy, key, Assembly("MO-9", "WATCH-1", "bridge"), by="ann", at=at(26))
    correct(genealogy, built.id, reason="came loose", by="ann", at=at(27))
    genealogy.add_overlay(second.id, b"png", at=at(28))

    document = parsed(FORMATS["epcis"].make(dossier(genealogy, order, first.id)))
    check(document, schema, context)
    events = document["epcisBody"]["eventList"]
    assert [(event["type"], event["bizStep"], "errorDeclaration" in event) for event in events] == [
        ("TransformationEvent", "commissioning", False),
        ("TransformationEvent", "commissioning", False),
        ("ObjectEvent", "other", False),
        ("ObjectEvent", "inspecting", False),
        ("ObjectEvent", "inspecting", True),
        ("ObjectEvent", "inspecting", False),
        ("ObjectEvent", "holding", False),
        ("ObjectEvent", "holding", True),
        ("ObjectEvent", "inspecting", False),
        ("TransformationEvent", "commissioning", True),
        ("TransformationEvent", "commissioning", False),
        ("TransformationEvent", "commissioning", False),
        ("AssociationEvent", "installing", False),
        ("AssociationEvent", "installing", True),
    ]
    assert all(before["recordTime"] <= after["recordTime"] for before, after in pairwise(events))
    assert document["creationDate"] == events[-1]["recordTime"]
    declarations = {event["eventID"]: event for event in events if "errorDeclaration" in event}
    assert {id: event["errorDeclaration"].get("correctiveEventIDs") for id, event in declarations.items()} == {
        f"urn:uuid:{first.id}": [f"urn:uuid:{second.id}"],
        f"urn:uuid:{held.id}": [f"urn:uuid:{used.id}"],
        f"urn:uuid:{wrong_lot.id}": [f"urn:uuid:{right_lot.id}"],
        f"urn:uuid:{built.id}": None,
    }
    for event in events:  # a declaration repeats what it declares wrong
        if wrong := declarations.get(event["eventID"]):
            left_out = {"errorDeclaration", "recordTime"}
            assert {k: v for k, v in event.items() if k not in left_out} == {
                k: v for k, v in wrong.items() if k not in left_out
            }
    part = f"urn:station:part:{quote(ODD[0], safe='')}:{quote(ODD[1], safe='')}"
    lot, paint, hardened = events[:3]
    assert lot["inputQuantityList"] == [
        {"epcClass": "urn:station:lot:%C3%9Ctz:1.4310:L%2F1", "quantity": 2.5, "uom": "KGM"}
    ]
    assert paint["inputQuantityList"] == [{"epcClass": "urn:station:lot::paint:P1"}]  # no code for a unit "pots"
    assert (paint["station:quantity"], paint["station:unit"]) == (3.0, "pots")
    assert lot["transformationID"] == paint["transformationID"]
    assert paint["eventID"] == f"urn:uuid:{other_lot.id}"
    assert lot["outputEPCList"] == [part]
    assert hardened["eventID"] == f"urn:uuid:{done.id}"
    assert hardened["eventTime"] == "2026-11-21T08:12:03.512Z"
    assert hardened["station:organisation"] == "Härterei"
    assembled = events[-2]
    assert (assembled["parentID"], assembled["childEPCs"]) == ("https://id.gs1.org/01/09506000134352/21/W1", [part])
    assert [event.get("disposition") for event in events if event["eventID"] == f"urn:uuid:{used.id}"] == ["available"]

    # The assembly sees what was built into it, and that it was not; of the other part's life it sees nothing else.
    (attempt,) = genealogy.attempts_of("MO-9", "WATCH-1")
    seen = exported(genealogy, parent, attempt.id)
    assert [(event["type"], "errorDeclaration" in event) for event in seen] == [
        ("ObjectEvent", False),
        ("AssociationEvent", False),
        ("AssociationEvent", True),
    ]
    assert seen[1:] == events[-2:]


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("decision", Decision)
def test_no_decision_makes_a_part_conformant(
    genealogy: Genealogy, schema: Json, context: Json, verdict: str, decision: Decision
):
    order = order_of()
    record = committed(genealogy, order, verdict)
    dispose(genealogy, record.id, decision, reason_code="R", by="bea", at=at(9))
    document = parsed(FORMATS["epcis"].make(dossier(genealogy, order, record.id)))
    check(document, schema, context)
    attempt, decided = document["epcisBody"]["eventList"]
    assert (attempt["disposition"] == "conformant") == (verdict == PASS)
    assert decided["disposition"] not in ("conformant", "non_conformant")
    assert decided["station:decision"] == decision


def test_what_was_exported_before_is_exported_again_unchanged(genealogy: Genealogy):
    order = order_of()
    first = committed(genealogy, order, UNDECIDED)
    before = exported(genealogy, order, first.id)
    committed(genealogy, order, PASS, 10)
    committed(genealogy, order_of(("MO-other", ORDINARY[1])), FAIL, 20)
    add_link(genealogy, PartKey("MO-other", ORDINARY[1]), Material("L1"), by="ann", at=at(30))
    after = exported(genealogy, order, first.id)
    assert after[:1] == before
    assert [event["station:verdict"] for event in after] == [UNDECIDED, PASS]


def test_a_json_ld_processor_drops_nothing(genealogy: Genealogy, context: Json):
    jsonld = pytest.importorskip("pyld.jsonld")
    order = order_of(ODD)
    record = committed(genealogy, order, FAIL)
    add_link(genealogy, PartKey(*ODD), Material("L/1", "1.4310", 2.5, "kg"), by="ann", at=at(9))
    withdraw(genealogy, record.id, reason="another part", by="bea", at=at(10))
    document = parsed(FORMATS["epcis"].make(dossier(genealogy, order, record.id)))

    def stored(url: str, _: Any) -> Json:
        assert url == document["@context"][0]
        return {"contextUrl": None, "documentUrl": url, "document": {"@context": context}}

    options = {"documentLoader": stored}
    compact = jsonld.compact(jsonld.expand(document, options), document["@context"], options)
    before, after = document["epcisBody"]["eventList"], compact["epcisBody"]["eventList"]
    names_of_ids = {"eventID", "bizTransaction"}  # `id` to the processor, like all others
    assert set(keys(before)) - names_of_ids <= set(keys(after))
    numbers = [sorted(leaves(one, (int, float))) for one in (before, after)]
    assert numbers[0] == numbers[1]
    iris = {leaf for leaf in leaves(jsonld.expand(document, options), str) if leaf.startswith("https://gs1.org/voc/")}
    assert {"https://gs1.org/voc/Length", "https://gs1.org/voc/Angle", "https://gs1.org/voc/ALARM_CONDITION"} <= iris


def leaves(value: Any, kind: Any) -> Iterator[Any]:
    if isinstance(value, kind) and not isinstance(value, bool):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from leaves(child, kind)


@pytest.mark.parametrize("verdict", MARKED)
def test_marks_with_every_verdict(genealogy: Genealogy, schema: Json, context: Json, verdict: str):
    order = marks_only(order_of())
    given = with_marks(inspection_of(order, PASS), verdict)
    record = committed(genealogy, order, verdict, characteristics=given.characteristics, findings=given.findings)
    document = parsed(FORMATS["epcis"].make(dossier(genealogy, order, record.id)))
    check(document, schema, context)
    event = document["epcisBody"]["eventList"][0]
    found = {one["station:characteristicType"]: one for one in reports(event) if "station:characteristic" in one}
    for row in given.characteristics:
        report = found[row.type]
        assert report.get("stringValue" if row.type in ("code", "text") else "value") == row.value
        assert report["station:verdict"] == verdict
        said = report.get("station:evidence", {})
        assert ("station:evidence" in report) == (verdict != ERROR)
        if row.evidence is not None:
            assert said.get("station:score") == row.evidence.score
            assert said.get("station:threshold") == row.evidence.threshold
    if verdict == FAIL:
        (finding,) = event["station:findings"]
        assert finding["station:outlineMm"] == "POLYGON ((1 -2.5, 1.5 -2.5, 1.5 -2.25, 1 -2.5))"
        assert (finding["station:sizeMm"], finding["station:xMm"]) == (0.4321, 1.25)
    assert not any(isinstance(child, list) for child in lists_of(event)), "JSON-LD would flatten a list in a list"


def lists_of(value: Any) -> Iterator[Any]:
    """What stands directly in lists."""
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(value, list):
            yield child
        yield from lists_of(child)
