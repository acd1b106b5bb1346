"""An inspection attempt as an ObjectEvent: the part was observed, with these sensor reports, and this came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from station.genealogy.exports.epcis.frame import PartFrame
from station.genealogy.exports.epcis.words import DISPOSITIONS, EXCEPTIONS, MEASUREMENTS, READ, Json, extension
from station.genealogy.exports.marks import flat_evidence, flat_finding
from station.genealogy.exports.uris import content_uri, private_uri

_OWN = (  # of a characteristic, what a sensor report has no place for
    "verdict",
    "nominal",
    "deviation",
    "lower_limit",
    "upper_limit",
    "standard_uncertainty",
    "expanded_uncertainty",
    "coverage_factor",
    "conformance_probability",
    "guard_band",
    "bonus",
    "points",
    "measured",
    "expected",
    "reason",
)


def attempt_event(inspection: Mapping[str, Any], committed: str, part: PartFrame) -> Json:
    """The event of one `inspection/1` that was recorded at `committed`."""
    place = {"id": private_uri("location", inspection["station"]["id"])}
    elements = [*_measured(inspection), *_surroundings(inspection)]
    return {
        **part.head("ObjectEvent", inspection["id"], inspection["finished"], committed),
        "epcList": [part.uri],
        "action": "OBSERVE",
        "bizStep": "inspecting",
        "disposition": DISPOSITIONS[inspection["verdict"]],
        "readPoint": place,
        "bizLocation": place,
        "bizTransactionList": part.transactions(inspection["id"]),
        **({"sensorElementList": elements} if elements else {}),
        **_context(inspection),
    }


def _context(inspection: Mapping[str, Any]) -> Json:
    names = ("order_id", "serial", "attempt", "operation", "verdict", "reason", "operator")
    calibration = inspection["calibration"]
    return extension(
        {
            **{name: inspection.get(name) for name in names},
            "order_content": content_uri(inspection["order_sha256"]),
            "drawing_content": content_uri(inspection["drawing_sha256"]) if "drawing_sha256" in inspection else None,
            "station": extension(inspection["station"]),
            "decision": extension(inspection.get("decision", {})),
            "calibration": None
            if calibration is None
            else extension({**_without(calibration, "sha256"), "content": content_uri(calibration["sha256"])}),
            "findings": [extension(flat_finding(one)) for one in inspection["findings"]],
            "frames": [
                extension({**_without(one, "sha256"), "content": content_uri(one["sha256"])})
                for one in inspection["frames"]
            ],
            "models": [
                extension({**_without(one, "sha256"), "content": content_uri(one["sha256"])})
                for one in inspection["models"]
            ],
        }
    )


def _measured(inspection: Mapping[str, Any]) -> list[Json]:
    if not inspection["characteristics"]:
        return []
    metadata = _metadata(inspection)
    metadata["dataProcessingMethod"] = private_uri("software", inspection["station"]["software"])
    if inspection["calibration"] is not None:
        metadata["deviceMetadata"] = content_uri(inspection["calibration"]["sha256"])
    if "decision" in inspection:
        metadata["bizRules"] = private_uri("rule", inspection["decision"]["rule"])
    return [{"sensorMetadata": metadata, "sensorReport": [_report(one) for one in inspection["characteristics"]]}]


def _surroundings(inspection: Mapping[str, Any]) -> list[Json]:
    conditions = inspection["conditions"]
    if conditions["temperature_c"] is None:
        return []
    u = conditions.get("temperature_standard_uncertainty_k")
    report = {"type": "Temperature", "value": conditions["temperature_c"], "uom": "CEL"}
    return [
        {
            "sensorMetadata": _metadata(inspection),
            "sensorReport": [{**report, **extension({"standard_uncertainty": u})}],
        }
    ]


def _metadata(inspection: Mapping[str, Any]) -> Json:
    station = private_uri("station", inspection["station"]["id"])
    return {"startTime": inspection["started"], "endTime": inspection["finished"], "deviceID": station}


def _report(characteristic: Mapping[str, Any]) -> Json:
    """The report of one characteristic; one that was not measured has no value."""
    kind, value = characteristic["type"], characteristic["value"]
    measurement, unit = MEASUREMENTS.get(characteristic["unit"], (f"station:{kind}", ""))
    if kind in READ:
        measurement, unit = f"station:{kind}", ""
    report: Json = {"type": measurement}
    if exception := EXCEPTIONS.get(characteristic["verdict"]):
        report["exception"] = exception
    if value is not None:
        report["stringValue" if isinstance(value, str) else "value"] = value
    if unit:
        report["uom"] = unit
    own = {name: characteristic.get(name) for name in _OWN}
    own["evidence"] = extension(flat_evidence(characteristic.get("evidence")))
    return {**report, **extension({"characteristic": characteristic["id"], "characteristic_type": kind, **own})}


def _without(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}
