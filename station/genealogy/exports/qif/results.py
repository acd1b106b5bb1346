"""What was found: a measurement of every characteristic, the part with its status, who, when and from what."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from station.genealogy.dossier import Dossier
from station.genealogy.exports.qif import xml
from station.genealogy.exports.qif.characteristics import COUNT_UNIT
from station.genealogy.exports.qif.kinds import KINDS, Family, Kind
from station.genealogy.exports.qif.resources import decision
from station.genealogy.standing import Standing, standing_of
from station.order.model import Characteristic, CharacteristicType

STATUS = {"PASS": "PASS", "FAIL": "FAIL", "UNDECIDED": "INDETERMINATE", "ERROR": "NOT_ANALYZED"}
PART_STATUS = {"PASS": "PASS", "FAIL": "FAIL", "UNDECIDED": "UNKNOWN", "ERROR": "NOT_MEASURED"}
NOT_IN_RECORD = "the record says nothing of this characteristic"
_IN_QIF = frozenset({"id", "type", "value", "standard_uncertainty", "reason", "nominal", "unit", "budget"})


@dataclass(frozen=True, slots=True)
class Found:
    """Ids that results refer to."""

    items: Mapping[str, str]  # characteristic -> item
    device: str
    software: str


def results(document: xml.Element, ids: xml.Ids, dossier: Dossier, found: Found) -> None:
    """The results of one inspection."""
    inspection, standing = dossier.inspection, standing_of(dossier)
    made = xml.add(document, "Results")
    component = ids.new()
    one = xml.add(xml.add(made, "MeasurementResultsSet", n=1), "MeasurementResults", id=ids.new())
    xml.attributes(one, _of_inspection(dossier, standing))
    _traceability(xml.add(one, "InspectionTraceability"), dossier, found)
    xml.add(one, "ThisResultsInstanceQPId", xml.qpid("inspection", inspection["id"]))
    _files(xml.add(one, "ExternalFileReferences"), inspection)
    measured = xml.add(xml.add(one, "MeasuredCharacteristics"), "CharacteristicMeasurements")
    rows = {row["id"]: row for row in inspection["characteristics"]}
    for asked in dossier.order.characteristics:
        _measurement(measured, ids.new(), asked, rows.get(asked.id), dossier, standing, component, found)
    xml.counted(measured)
    _part_status(xml.add(one, "InspectionStatus"), inspection, standing)
    xml.references(one, "ActualComponentIds", [component])
    parts = xml.add(xml.add(made, "ActualComponentSets", n=1), "ActualComponentSet", n=1)
    _part(xml.add(parts, "ActualComponent", id=component), dossier, standing, found)


def _part_status(made: xml.Element, inspection: Mapping[str, Any], standing: Standing) -> None:
    """The verdict of the part; what does not stand has none of QIF's words, least of all PASS."""
    if standing.stands:
        xml.add(made, "InspectionStatusEnum", PART_STATUS[inspection["verdict"]])
    else:
        xml.add(made, "OtherInspectionStatus", _does_not_stand(standing))


def _does_not_stand(standing: Standing) -> str:
    return "WITHDRAWN" if standing.withdrawn is not None else "SUPERSEDED"


def _measurement(
    parent: xml.Element,
    id: str,
    asked: Characteristic,
    row: Mapping[str, Any] | None,
    dossier: Dossier,
    standing: Standing,
    component: str,
    found: Found,
) -> None:
    kind = KINDS[asked.type]
    made = xml.add(parent, f"{kind.name}CharacteristicMeasurement", id=id)
    xml.attributes(made, {"id": asked.id, **({} if row is None else _of_row(row, kind))})
    xml.add_if(made, "Description", NOT_IN_RECORD if row is None else row["reason"])
    status = xml.add(made, "Status")
    if standing.stands:
        xml.add(status, "CharacteristicStatusEnum", "NOT_ANALYZED" if row is None else STATUS[row["verdict"]])
    else:
        xml.add(status, "OtherCharacteristicStatus", _does_not_stand(standing))
    xml.add(made, "CharacteristicItemId", found.items[asked.id])
    xml.add(made, "TimeStamp", dossier.inspection["finished"])
    xml.add(made, "ActualComponentId", component)
    xml.references(made, "MeasurementDeviceIds", [found.device])
    if row is not None and row["value"] is not None and _has_place(row["value"], kind):
        _value(made, asked, row, kind)


def _of_row(row: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """What of a characteristic's row QIF has no place for."""
    ours = {key: _number(key, value) for key, value in row.items() if key not in _IN_QIF}
    ours |= {f"budget[{number}]": line for number, line in enumerate(row.get("budget", ()))}
    value = row["value"]
    if not _has_place(value, kind) or (isinstance(value, str) and xml.text(value) != value):
        ours["value"] = _number("value", value)
    if not _is_measured(value, kind):
        ours["standard_uncertainty"] = _number("standard_uncertainty", row["standard_uncertainty"])
    return ours


def _value(made: xml.Element, asked: Characteristic, row: Mapping[str, Any], kind: Kind) -> None:
    """The value with its combined standard uncertainty; of a position the bonus as well."""
    u = row["standard_uncertainty"] if _is_measured(row["value"], kind) else None
    of: dict[str, xml.Value] = {} if u is None else {"combinedUncertainty": float(u)}
    if kind.family is Family.NUMBER:
        of["unitName"] = COUNT_UNIT
    xml.add(made, "Value", row["value"], **of)
    if asked.type is CharacteristicType.POSITION and row.get("bonus") is not None:
        xml.add(made, "Bonus", float(row["bonus"]))


def _has_place(value: Any, kind: Kind) -> bool:
    """Whether the measurement's own `Value` can hold it."""
    return value is None or kind.family is Family.TEXT or not isinstance(value, str)


def _is_measured(value: Any, kind: Kind) -> bool:
    """Whether its `Value` is a number that can have an uncertainty."""
    return value is not None and kind.family is not Family.TEXT and not isinstance(value, str)


def _number(key: str, value: Any) -> Any:
    """A whole number of the record's JSON as the measured value it is; points are counted."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) and key != "points" else value


def _of_inspection(dossier: Dossier, standing: Standing) -> dict[str, Any]:
    """What of the inspection as a whole QIF has no place for."""
    inspection, entry = dossier.inspection, dossier.entry
    asked = {characteristic.id for characteristic in dossier.order.characteristics}
    strangers = [row for row in inspection["characteristics"] if row["id"] not in asked]
    return {
        "schema": inspection["schema"],
        "id": inspection["id"],
        "verdict": inspection["verdict"],
        "reason": inspection["reason"],
        "attempt": inspection["attempt"],
        "is_latest": dossier.is_latest,
        "stands": standing.stands,
        "operation": inspection.get("operation"),
        "order_sha256": inspection["order_sha256"],
        "drawing_sha256": inspection.get("drawing_sha256"),
        **decision(inspection),
        **_listed("findings", inspection.get("findings", ())),
        **_listed("models", inspection["models"]),
        **_listed("frames", inspection["frames"]),
        **_listed("characteristics", strangers),
        **_listed("events", [_event(event) for event in dossier.events]),
        "chain.cursor": entry.cursor,
        "chain.committed": entry.committed,
        "chain.hash": entry.hash,
        "chain.previous_hash": entry.previous_hash,
    }


def _listed(name: str, values: Any) -> dict[str, Any]:
    return {f"{name}[{number}]": value for number, value in enumerate(values)}


def _event(event: Any) -> dict[str, Any]:
    return {
        "id": event.id,
        "kind": event.kind,
        "subject": event.subject,
        "at": event.at,
        "document_sha256": event.document_sha256,
        "payload": dict(event.payload),
    }


def _traceability(made: xml.Element, dossier: Dossier, found: Found) -> None:
    inspection, order = dossier.inspection, dossier.order
    xml.add_if(made, "PurchaseOrderNumber", order.customer_reference)
    xml.add(made, "OrderNumber", inspection["order_id"])
    xml.add(made, "ReportNumber", inspection["id"])
    xml.add(made, "InspectionScope", "DETAIL")
    xml.add(made, "InspectionMode", "100Percent")
    xml.add(made, "InspectionStart", inspection["started"])
    xml.add(made, "InspectionEnd", inspection["finished"])
    software = xml.add(made, "InspectionSoftwareItems")
    for role in ("InspectionProgramGenerationSoftware", "InspectionProgramExecutionSoftware", "AnalysisSoftware"):
        xml.references(software, role, [found.software])
    if inspection["operator"].strip():
        xml.add(xml.add(made, "InspectionOperator"), "Name", inspection["operator"])
    xml.add(made, "ReportPreparationDate", dossier.entry.committed)
    if inspection["verdict"] == "ERROR" and inspection["reason"]:
        xml.add(xml.add(made, "Errors", n=1), "Error", inspection["reason"])


def _files(made: xml.Element, inspection: Mapping[str, Any]) -> None:
    for sha256, kind, what in _evidence(inspection):
        file = xml.add(made, "ExternalFileReference")
        xml.add(file, "URI", f"ni:///sha-256;{urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip('=')}")
        spec = xml.add(file, "FileSpec")
        xml.add(spec, "OtherFileSpec" if kind == "JSON" else "CommonFileSpecEnum", kind)
        xml.add(file, "Description", f"{what}, SHA-256 {sha256}")
    xml.counted(made)


def _evidence(inspection: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """SHA-256, kind and description of every file that the decision was made from."""
    yield inspection["order_sha256"], "JSON", "the order as received"
    if inspection.get("drawing_sha256"):
        yield inspection["drawing_sha256"], "DXF", "the drawing beside the order"
    if inspection["calibration"] is not None:
        yield inspection["calibration"]["sha256"], "JSON", f"calibration {inspection['calibration']['id']}"
    for frame in inspection["frames"]:
        yield frame["sha256"], "PNG", f"picture {frame['view']}, {frame['width']} x {frame['height']} pixels"


def _part(made: xml.Element, dossier: Dossier, standing: Standing, found: Found) -> None:
    inspection = dossier.inspection
    xml.add(made, "SerialNumber", inspection["serial"])
    _part_status(xml.add(made, "Status"), inspection, standing)
    trace = xml.add(made, "Traceability")
    lots = [event.payload.get("lot") for event in standing.materials]
    if len(lots) == 1 and lots[0]:
        xml.add(trace, "LotNumber", str(lots[0]))
    xml.add(trace, "ReportNumber", inspection["id"])
    xml.add(trace, "InspectionStart", inspection["started"])
    xml.add(trace, "InspectionEnd", inspection["finished"])
    xml.references(trace, "MeasurementDeviceIds", [found.device])
    temperature = inspection["conditions"]["temperature_c"]
    if temperature is not None:
        environment = xml.add(xml.add(trace, "ProductEnvironments", n=1), "Environment")
        u = inspection["conditions"].get("temperature_standard_uncertainty_k")
        of = {} if u is None else {"combinedUncertainty": float(u)}
        xml.add(environment, "ObjectTemperature", float(temperature), **of)
        xml.add(environment, "DateAndTime", inspection["finished"])
