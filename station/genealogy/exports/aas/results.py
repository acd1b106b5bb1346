"""What was found, as the template's `MetrologyJobResults`: one inspection is one job, one characteristic one result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from basyx.aas import model

from station.genealogy.dossier import Dossier
from station.genealogy.exports.aas.elements import (
    Collection,
    Element,
    collection,
    collections,
    flag,
    moment,
    number,
    own,
    reference,
    text,
)
from station.genealogy.exports.aas.features import attributes
from station.genealogy.exports.aas.items import ATTRIBUTIVE_LIST, Item
from station.genealogy.exports.uris import content_uri
from station.genealogy.parts import CORRECTION, DISPOSITION, WITHDRAWN
from station.order.model import CharacteristicType

_WHOLE = ("attempt", "points", "width", "height")
_OWN = (  # of a characteristic, what the template has no place for
    "verdict",
    "measured",
    "standard_uncertainty",
    "expanded_uncertainty",
    "coverage_factor",
    "conformance_probability",
    "guard_band",
    "lower_limit",
    "upper_limit",
    "bonus",
    "points",
    "expected",
    "reason",
)


def job_results(dossier: Dossier, items: list[Item], submodel_id: str, shell_id: str) -> Collection:
    """The job and its results. Nothing of an inspection that was withdrawn is in specification."""
    inspection = dossier.inspection
    stands = not _about(dossier, WITHDRAWN)
    data = [_result(item, stands, submodel_id, shell_id) for item in items]
    return collection(
        "MetrologyJobResults",
        [
            moment("JobStart", inspection["started"]),
            moment("JobEnd", inspection["finished"]),
            *([text("JobName", inspection["operation"])] if "operation" in inspection else []),
            text("JobOrderNumber", inspection["order_id"]),
            flag("JobFinished", True),
            collections("MetrologyResultsList", "MetrologyData", data),
            *own(_context(dossier, stands), whole=_WHOLE),
        ],
    )


def _result(item: Item, stands: bool, submodel_id: str, shell_id: str) -> list[Element]:
    said, value = item.said, item.said["value"]
    return [
        reference("QualityFeatureReference", _within(submodel_id, "QualityFeatures", item.list_name, item.index)),
        reference("TestingDeviceReference", _within(submodel_id, "", "TestingDevicesList", 0)),
        reference("PartReference", _shell(shell_id)),
        text("ID", item.asked.id),
        text("Description", str(item.asked.type)),
        text("EngineeringUnit", said["unit"]),
        *([number("QualityActualValue", value)] if isinstance(value, (int, float)) else []),
        *_attribute(item),
        flag("QualityInSpec", stands and said["verdict"] == "PASS"),
        *([number("Deviation", said["deviation"])] if said.get("deviation") is not None else []),
        flag("DataAggregatedFromSeries", False),
        *own({name: said.get(name) for name in _OWN}, whole=_WHOLE),
    ]


def _attribute(item: Item) -> list[Element]:
    """What was read or found; a surface is one of its two attributes once its verdict is known."""
    if item.list_name != ATTRIBUTIVE_LIST:
        return []
    if item.asked.type is CharacteristicType.SURFACE:
        found = dict(zip(("PASS", "FAIL"), attributes(item), strict=True)).get(item.said["verdict"])
    else:
        found = item.said["value"]
    return [] if found is None else [text("QualityActualAttribute", str(found))]


def _context(dossier: Dossier, stands: bool) -> dict[str, Any]:
    """Of the inspection itself, what the template has no place for."""
    inspection = dossier.inspection
    return {
        **{name: inspection[name] for name in ("id", "serial", "attempt", "verdict", "reason", "operator")},
        "stands": stands,
        "withdrawal": [_said(event.at, event.payload, "reason", "by") for event in _about(dossier, WITHDRAWN)],
        "latest_attempt": dossier.is_latest,
        "decisions": _decisions(dossier),
        "decision_rule": inspection.get("decision"),
        "conditions": {name: one for name, one in inspection["conditions"].items() if one is not None},
        "order_content": content_uri(inspection["order_sha256"]),
        "drawing_content": content_uri(inspection["drawing_sha256"]) if "drawing_sha256" in inspection else None,
        "findings": [_finding(one) for one in inspection["findings"]],
        "models": [_by_content(one) for one in inspection["models"]],
        "frames": [_by_content(one) for one in inspection["frames"]],
    }


def _decisions(dossier: Dossier) -> list[dict[str, Any]]:
    corrected = {event.payload.get("corrects") for event in dossier.events if event.kind == CORRECTION}
    return [
        {**_said(one.at, one.payload, "decision", "reason_code", "remark", "by"), "stands": one.id not in corrected}
        for one in _about(dossier, DISPOSITION)
    ]


def _about(dossier: Dossier, kind: str) -> list[Any]:
    return [one for one in dossier.events if one.kind == kind and one.subject == dossier.inspection["id"]]


def _said(at: str, payload: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {"at": at, **{name: payload.get(name) for name in names}}


def _finding(finding: Mapping[str, Any]) -> dict[str, Any]:
    x, y = finding["where_mm"] or (None, None)
    return {**{name: value for name, value in finding.items() if name != "where_mm"}, "x_mm": x, "y_mm": y}


def _by_content(one: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: value for name, value in one.items() if name != "sha256"}, "content": content_uri(one["sha256"])}


def _within(submodel_id: str, holder: str, list_name: str, index: int) -> model.ModelReference[Collection]:
    keys = [model.Key(model.KeyTypes.SUBMODEL, submodel_id)]
    if holder:
        keys.append(model.Key(model.KeyTypes.SUBMODEL_ELEMENT_COLLECTION, holder))
    keys.append(model.Key(model.KeyTypes.SUBMODEL_ELEMENT_LIST, list_name))
    keys.append(model.Key(model.KeyTypes.SUBMODEL_ELEMENT_COLLECTION, str(index)))
    return model.ModelReference(tuple(keys), Collection)


def _shell(shell_id: str) -> model.ModelReference[model.AssetAdministrationShell]:
    key = model.Key(model.KeyTypes.ASSET_ADMINISTRATION_SHELL, shell_id)
    return model.ModelReference((key,), model.AssetAdministrationShell)
