"""AAS exports: no error under aas-test-engines, the template's fields as the template has them, and the values read
back with the BaSyx SDK as the record has them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from station.documents import canonical
from station.genealogy.dossier import dossier_of
from station.genealogy.evidence import Evidence
from station.genealogy.exports.formats import FORMATS
from station.genealogy.inspection import Inspection
from station.genealogy.parts import Decision, correct, dispose, withdraw
from station.genealogy.store import Genealogy
from station.order.model import CharacteristicType, Order

from ...order.builders import RING
from ..builders import at, draft
from ..marked import MARKED, with_marks
from .every_type import (
    FAIL,
    ODD,
    ORDINARY,
    PASS,
    SCHEMAS,
    VERDICTS,
    committed,
    dossier,
    inspection_of,
    marks_only,
    nothing,
    order_of,
)

engines = pytest.importorskip("aas_test_engines.file")
pytest.importorskip("basyx.aas")

TEMPLATE = SCHEMAS / "aas" / "IDTA_02049_Template_QualityControlForMachining.json"
IDTA = "https://admin-shell.io/idta/QualityControlForMachining/"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def template() -> Json:
    if not TEMPLATE.exists():
        pytest.skip("the IDTA's template is not beside this checkout")
    found: Json = json.loads(TEMPLATE.read_text())
    return found


def made(genealogy: Genealogy, order: Order, record: Inspection) -> bytes:
    return FORMATS["aas"].make(dossier(genealogy, order, record.id))


def check(data: bytes) -> None:
    """aas-test-engines finds no error; it knows no test of this template, and says so."""
    result = engines.check_json_data(json.loads(data))
    lines = "\n".join(result.to_lines())
    assert result.ok(), lines
    warned = [line for line in warnings_of(result.to_dict()) if "Unknown semantic id" not in line]
    assert warned == []


def warnings_of(result: Json) -> Iterator[str]:
    if result["l"] > 0 and not result["s"]:
        yield result["m"]
    for child in result["s"]:
        yield from warnings_of(child)


def children(element: Json) -> list[Json]:
    value = element.get("submodelElements", element.get("value"))
    return value if isinstance(value, list) else []


def meaning(element: Json) -> str:
    keys = element.get("semanticId", {}).get("keys", [{"value": ""}])
    return str(keys[0]["value"])


def against(ours: Json, theirs: Json, place: str) -> Iterator[str]:
    """How an element differs from the template's, and its children from the template's children."""
    for key in ("modelType", "valueType", "typeValueListElement", "valueTypeListElement", "supplementalSemanticIds"):
        if ours.get(key) != theirs.get(key):
            yield f"{place}: {key} is {ours.get(key)}, not {theirs.get(key)}"
    known = {meaning(child): child for child in children(theirs)}
    found = Counter(meaning(child) for child in children(ours))
    for id, child in known.items():
        (cardinality,) = [one["value"] for one in child["qualifiers"] if one["type"] == "SMT/Cardinality"]
        least, most = int(cardinality.startswith("One")), 1 if cardinality.endswith("One") else 10**6
        if not least <= found[id] <= most:
            yield f"{place}: {child.get('idShort')} is there {found[id]} times, not {cardinality}"
    in_list = theirs["modelType"] == "SubmodelElementList"
    for child in children(ours):
        name = child.get("idShort", "")
        if meaning(child) in known:
            expected = known[meaning(child)]
            if name != ("" if in_list else expected["idShort"]):
                yield f"{place}: {name!r} should be {expected['idShort']!r}"
            yield from against(child, expected, f"{place}.{name}")
        elif in_list or not meaning(child).startswith("urn:station:vocabulary:"):
            yield f"{place}: {name!r} ({meaning(child)}) is neither theirs nor ours"


@pytest.mark.parametrize("key", [ORDINARY, ODD])
@pytest.mark.parametrize("verdict", VERDICTS)
def test_sound_and_after_the_template(genealogy: Genealogy, template: Json, verdict: str, key: tuple[str, str]):
    order = order_of(key)
    data = made(genealogy, order, committed(genealogy, order, verdict))
    check(data)
    (submodel,) = json.loads(data)["submodels"]
    assert list(against(submodel, template["submodels"][0], "submodel")) == []
    assert meaning(submodel) == template["submodels"][0]["id"]
    assert {k: submodel["administration"][k] for k in ("version", "revision", "templateId")} == {
        k: template["submodels"][0]["administration"][k] for k in ("version", "revision", "templateId")
    }


def test_the_checklist_notices_what_is_missing_or_added(genealogy: Genealogy, template: Json):
    order = order_of()
    (submodel,) = json.loads(made(genealogy, order, committed(genealogy, order, PASS)))["submodels"]
    part = next(one for one in submodel["submodelElements"] if one["idShort"] == "PartInformation")
    part["value"] = [one for one in part["value"] if one["idShort"] != "PartIdentifier"]
    part["value"][0]["valueType"] = "xs:double"
    part["value"].append({"idShort": "X", "modelType": "Property"})
    assert len(list(against(submodel, template["submodels"][0], "submodel"))) == 3


def words_of(template: Json, part: str) -> str:
    found = [
        line["text"]
        for concept in template["conceptDescriptions"]
        if part in concept["id"]
        for specification in concept["embeddedDataSpecifications"]
        for line in specification["dataSpecificationContent"]["definition"]
        if line["language"] == "en"
    ]
    return " | ".join(found)


def test_words_of_geometric_features_are_those_of_the_template(genealogy: Genealogy, template: Json):
    order = order_of()
    data = made(genealogy, order, committed(genealogy, order, PASS))
    kinds, shapes = words_of(template, "/GPS_Type/"), words_of(template, "/GPS_Shape_")
    values = {
        (e["idShort"], e["value"])
        for e in every(json.loads(data)["submodels"])
        if e.get("idShort") in ("GPS_Type", "Shape")
    }
    listed = kinds[kinds.index("(") + 1 : kinds.index(")")].split(", ")
    assert {value for name, value in values if name == "GPS_Type"} - set(listed) == {"circular runout"}
    for name, value in values:
        assert name == "GPS_Type" or value.removeprefix("two ") in shapes


def every(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from every(child)


def read_back(data: bytes) -> tuple[Any, Any]:
    """Shell and submodel, read by the SDK; nothing is forgiven."""
    from basyx.aas import model
    from basyx.aas.adapter.json import read_aas_json_file

    objects = list(read_aas_json_file(io.BytesIO(data), failsafe=False))
    (shell,) = [one for one in objects if isinstance(one, model.AssetAdministrationShell)]
    (submodel,) = [one for one in objects if isinstance(one, model.Submodel)]
    return shell, submodel


def value_of(holder: Any, name: str) -> Any:
    found = [one for one in holder.value if one.id_short == name]
    return found[0].value if found else None


@pytest.mark.parametrize("key", [ORDINARY, ODD])
@pytest.mark.parametrize("verdict", VERDICTS)
def test_values_read_back(genealogy: Genealogy, verdict: str, key: tuple[str, str]):
    from basyx.aas import model

    order = order_of(key, code="010761234567890021A1")
    record = committed(genealogy, order, verdict)
    shell, submodel = read_back(made(genealogy, order, record))
    assert shell.asset_information.global_asset_id == "https://id.gs1.org/01/07612345678900/21/A1"
    assert {one.name: one.value for one in shell.asset_information.specific_asset_id} == {
        "orderId": key[0],
        "serialNumber": key[1],
    }
    store = model.DictIdentifiableStore([shell, submodel])
    job = submodel.get_referable("MetrologyJobResults")
    assert value_of(job, "JobOrderNumber") == key[0]
    assert value_of(job, "JobStart").isoformat(timespec="milliseconds") == "2026-11-22T09:12:03.512+00:00"
    assert value_of(job, "JobEnd").isoformat(timespec="milliseconds") == "2026-11-22T09:12:05.012+00:00"
    assert value_of(job, "Verdict") == verdict
    assert value_of(job, "Serial") == key[1]
    said = genealogy.inspection(record.id)["characteristics"]
    *results, whole = value_of(job, "MetrologyResultsList")
    assert value_of(whole, "QualityInSpec") is (verdict == "PASS")
    assert value_of(whole, "QualityActualAttribute") == verdict
    assert value_of(value_of(whole, "QualityFeatureReference").resolve(store), "AttributiveFeatureName") == "(part)"
    for one, result in zip(said, results, strict=True):
        assert value_of(result, "ID") == one["id"]
        assert value_of(result, "QualityInSpec") is (one["verdict"] == "PASS")
        assert value_of(result, "Verdict") == one["verdict"]
        assert value_of(result, "Reason") == (one["reason"] or None)
        if isinstance(one["value"], str):
            assert value_of(result, "QualityActualAttribute") == one["value"]
        else:
            assert value_of(result, "QualityActualValue") == one["value"]
        assert value_of(result, "Deviation") == one["deviation"]
        for name, label in {
            "standard_uncertainty": "StandardUncertainty",
            "expanded_uncertainty": "ExpandedUncertainty",
            "coverage_factor": "CoverageFactor",
            "conformance_probability": "ConformanceProbability",
            "guard_band": "GuardBand",
            "lower_limit": "LowerLimit",
            "upper_limit": "UpperLimit",
            "bonus": "Bonus",
            "points": "Points",
            "measured": "Measured",
        }.items():
            assert value_of(result, label) == one.get(name), label
        feature = value_of(result, "QualityFeatureReference").resolve(store)
        names = ("LinearFeatureName", "GPS_FeatureName", "AttributiveFeatureName")
        assert [value_of(feature, name) for name in names if value_of(feature, name)] == [one["id"]]
        if value_of(feature, "LinearFeatureName"):
            assert value_of(feature, "NominalValue") == one["nominal"]
            assert value_of(feature, "UpperTolerance") == one["upper_limit"]
            assert value_of(feature, "LowerTolerance") == one["lower_limit"]
            assert value_of(feature, "OneSided") is (one["lower_limit"] is None)
            assert value_of(feature, "EngineeringUnit") == one["unit"]
        if value_of(feature, "GPS_FeatureName"):
            zone = next(e for e in feature.value if e.id_short == "GPS_ToleranceZone")
            assert value_of(zone, "WidthExtendValue") == one["upper_limit"]
        assert value_of(value_of(result, "TestingDeviceReference").resolve(store), "DeviceName") == "cell 3/ö"
        assert value_of(result, "PartReference").resolve(store) is shell


@pytest.mark.parametrize("kind", ["]d2", "control", "forbidden"])
def test_characters_that_a_shell_may_not_hold(genealogy: Genealogy, kind: str):
    code, shown = {
        "]d2": ("]d2010761234567890021A1", "]d2010761234567890021A1"),
        "control": ("010761234567890021A1\x1d10L\x01", "010761234567890021A1␝10L␁"),
        "forbidden": ("a\ufffeb\U0001f600c\td", "a\ufffdb\U0001f600c\td"),
    }[kind]
    order = order_of(code=code)
    data = made(genealogy, order, committed(genealogy, order, PASS))
    check(data)
    _, submodel = read_back(data)
    results = value_of(submodel.get_referable("MetrologyJobResults"), "MetrologyResultsList")
    assert [value_of(one, "QualityActualAttribute") for one in results if value_of(one, "Description") == "code"] == [
        shown
    ]


def test_an_attempt_that_came_to_nothing(genealogy: Genealogy, template: Json):
    order = order_of()
    data = made(genealogy, order, nothing(genealogy, order))
    check(data)
    assert list(against(json.loads(data)["submodels"][0], template["submodels"][0], "submodel")) == []
    _, submodel = read_back(data)
    results = list(value_of(submodel.get_referable("MetrologyJobResults"), "MetrologyResultsList"))
    assert len(results) == len(CharacteristicType) + 1
    assert {value_of(one, "Verdict") for one in results} == {"ERROR"}
    assert not any(value_of(one, "QualityInSpec") or value_of(one, "Measured") for one in results)
    assert all(value_of(one, "QualityActualValue") is None for one in results)


@pytest.mark.parametrize("verdict", [PASS, FAIL])
def test_marks_need_no_calibration(genealogy: Genealogy, template: Json, verdict: str):
    order = marks_only(order_of())
    data = made(genealogy, order, committed(genealogy, order, verdict, calibration=None))
    check(data)
    assert list(against(json.loads(data)["submodels"][0], template["submodels"][0], "submodel")) == []
    _, submodel = read_back(data)
    (device,) = submodel.get_referable("TestingDevicesList").value
    assert value_of(device, "CalibrationCertificate") is None
    results = value_of(submodel.get_referable("MetrologyJobResults"), "MetrologyResultsList")
    shown = {value_of(one, "Description"): value_of(one, "QualityActualAttribute") for one in results}
    assert shown.pop("the whole part") == verdict
    assert (
        shown
        == {
            PASS: {"code": "no gs1", "text": "ANNA 22.11.26", "surface": "no defect larger than 0.05 mm"},
            FAIL: {"code": None, "text": "ANNA 22.11.26", "surface": "defect larger than 0.05 mm"},
        }[verdict]
    )


def test_nothing_of_a_withdrawn_inspection_is_in_specification(genealogy: Genealogy):
    order = order_of()
    record = committed(genealogy, order, PASS)
    withdraw(genealogy, record.id, reason="another part lay there", by="bea", at=at(9))
    data = made(genealogy, order, record)
    check(data)
    _, submodel = read_back(data)
    job = submodel.get_referable("MetrologyJobResults")
    assert (value_of(job, "Verdict"), value_of(job, "Stands")) == ("PASS", False)
    assert [value_of(one, "Reason") for one in value_of(job, "Withdrawal")] == ["another part lay there"]
    assert not any(value_of(one, "QualityInSpec") for one in value_of(job, "MetrologyResultsList"))


def test_a_superseded_pass_is_not_in_specification(genealogy: Genealogy):
    order = order_of()
    first = committed(genealogy, order, PASS)
    second = committed(genealogy, order, FAIL, 20)

    def in_specification() -> bool:
        _, submodel = read_back(made(genealogy, order, first))
        results = value_of(submodel.get_referable("MetrologyJobResults"), "MetrologyResultsList")
        return any(value_of(one, "QualityInSpec") for one in results)

    assert not in_specification()
    withdraw(genealogy, second.id, reason="another part lay there", by="bea", at=at(30))
    assert in_specification()


def test_a_finding_makes_the_part_bad_though_every_characteristic_is_good(genealogy: Genealogy):
    order = order_of()
    good = inspection_of(order, PASS).characteristics
    record = committed(genealogy, order, FAIL, characteristics=good)
    _, submodel = read_back(made(genealogy, order, record))
    results = list(value_of(submodel.get_referable("MetrologyJobResults"), "MetrologyResultsList"))
    assert [value_of(one, "ID") for one in results if not value_of(one, "QualityInSpec")] == ["(part)"]


def test_decisions_stand_beside_the_verdict(genealogy: Genealogy):
    order = order_of()
    record = committed(genealogy, order, FAIL)
    slip = dispose(genealogy, record.id, Decision.SCRAP, reason_code="R1", by="bea", at=at(9))
    correct(genealogy, slip.id, reason="a slip", by="bea", at=at(10))
    dispose(genealogy, record.id, Decision.USE_AS_IS, reason_code="R2", by="bea", at=at(11))
    committed(genealogy, order, PASS, 20)
    data = made(genealogy, order, record)
    check(data)
    _, submodel = read_back(data)
    job = submodel.get_referable("MetrologyJobResults")
    assert [(value_of(one, "Decision"), value_of(one, "Stands")) for one in value_of(job, "Decisions")] == [
        ("scrap", False),
        ("use-as-is", True),
    ]
    assert (value_of(job, "Verdict"), value_of(job, "LatestAttempt")) == ("FAIL", False)


def test_an_order_as_it_was_received(genealogy: Genealogy, template: Json):
    """Through `dossier_of`, with one characteristic recorded of four: the others were not measured."""
    evidence = Evidence(canonical(RING), None, b'{"schema": "calibration/1"}', ())
    record = genealogy.commit(draft(verdict="ERROR", findings=()), evidence, committed=at(2))
    data = FORMATS["aas"].make(dossier_of(genealogy, record.id))
    check(data)
    assert list(against(json.loads(data)["submodels"][0], template["submodels"][0], "submodel")) == []
    _, submodel = read_back(data)
    results = value_of(submodel.get_referable("MetrologyJobResults"), "MetrologyResultsList")
    assert [(value_of(one, "ID"), value_of(one, "QualityActualValue")) for one in results] == [
        ("1", 23.6684),
        ("2", None),
        ("3", None),
        ("4", None),
        ("(part)", None),
    ]
    assert data == FORMATS["aas"].make(dossier_of(genealogy, record.id))


def test_the_library_is_loaded_when_it_is_needed():
    code = "import sys, station.genealogy.exports.formats; sys.exit('basyx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("only", [False, True])
@pytest.mark.parametrize("verdict", MARKED)
def test_marks_with_every_verdict(genealogy: Genealogy, template: Json, verdict: str, only: bool):
    order = marks_only(order_of()) if only else order_of()
    given = with_marks(inspection_of(order, PASS), verdict)
    record = committed(genealogy, order, verdict, characteristics=given.characteristics, findings=given.findings)
    data = made(genealogy, order, record)
    check(data)
    (submodel,) = json.loads(data)["submodels"]
    assert list(against(submodel, template["submodels"][0], "submodel")) == []
    told = {text_of(one, "Description"): one for one in results_of(submodel)}
    for kind, row in {row.type: row for row in given.characteristics if row.evidence}.items():
        evidence = {one["idShort"]: one["value"] for one in named(told[kind], "Evidence")["value"]}
        assert text_of(told[kind], "QualityInSpec") == str(verdict == PASS).lower()
        if kind == "code":
            assert evidence == {"Symbology": "datamatrix", "Gs1": "(01)07612345678900(21)A<1>&\u20ac"}
        else:
            assert row.evidence is not None
            assert (float(evidence["Score"]), evidence["Model"]) == (row.evidence.score, kind)
        if kind == "surface":
            assert float(text_of(told[kind], "QualityActualValue")) == row.value
    if verdict == FAIL:
        (finding,) = [one for one in walk(submodel) if one.get("idShort") == "Findings"]
        said = {one["idShort"]: one["value"] for one in finding["value"][0]["value"]}
        assert said["OutlineMm"] == "POLYGON ((1 -2.5, 1.5 -2.5, 1.5 -2.25, 1 -2.5))"
        assert (said["Characteristic"], float(said["SizeMm"]), float(said["XMm"])) == ("9", 0.4321, 1.25)


def walk(element: Json) -> Iterator[Json]:
    yield element
    for child in children(element):
        yield from walk(child)


def results_of(submodel: Json) -> list[Json]:
    (found,) = [one for one in walk(submodel) if one.get("idShort") == "MetrologyResultsList"]
    return children(found)


def named(element: Json, name: str) -> Json:
    (found,) = [one for one in children(element) if one.get("idShort") == name]
    return found


def text_of(element: Json, name: str) -> str:
    return str(named(element, name)["value"])
