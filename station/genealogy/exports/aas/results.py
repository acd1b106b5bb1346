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
from station.genealogy.exports.aas.items import ATTRIBUTIVE_LIST, Item, place_of_whole
from station.genealogy.exports.decided import WHOLE
from station.genealogy.exports.marks import flat_evidence, flat_finding
from station.genealogy.exports.uris import content_uri
from station.genealogy.standing import Standing, standing_of
from station.order.model import CharacteristicType

_COUNTS = ("attempt", "points", "width", "height")
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
    """The job and its results, that of the whole part the last. Nothing of an inspection that does not stand is in
    specification."""
    inspection, standing = dossier.inspection, standing_of(dossier)
    data = [_result(item, standing.stands, submodel_id, shell_id) for item in items]
    data.append(_whole(inspection, standing.stands, place_of_whole(items), submodel_id, shell_id))
    return collection(
        "MetrologyJobResults",
        [
            moment("JobStart", inspection["started"]),
            moment("JobEnd", inspection["finished"]),
            *([text("JobName", inspection["operation"])] if "operation" in inspection else []),
            text("JobOrderNumber", inspection["order_id"]),
            flag("JobFinished", True),
            collections("MetrologyResultsList", "MetrologyData", data),
            *own(_context(dossier, standing), whole=_COUNTS),
        ],
    )


def _result(item: Item, stands: bool, submodel_id: str, shell_id: str) -> list[Element]:
    said, value = item.said, item.said["value"]
    return [
        *_references(item.list_name, item.index, submodel_id, shell_id),
        text("ID", item.asked.id),
        text("Description", str(item.asked.type)),
        text("EngineeringUnit", said["unit"]),
        *([number("QualityActualValue", value)] if isinstance(value, (int, float)) else []),
        *_attribute(item),
        flag("QualityInSpec", stands and said["verdict"] == "PASS"),
        *([number("Deviation", said["deviation"])] if said.get("deviation") is not None else []),
        flag("DataAggregatedFromSeries", False),
        *own({name: said.get(name) for name in _OWN}, whole=_COUNTS),
        *own({"evidence": flat_evidence(said.get("evidence"))}),
    ]


def _whole(inspection: Mapping[str, Any], stands: bool, place: int, submodel_id: str, shell_id: str) -> list[Element]:
    """The verdict of the part: by what the picture shows it may be bad though every characteristic is good."""
    return [
        *_references(ATTRIBUTIVE_LIST, place, submodel_id, shell_id),
        text("ID", WHOLE),
        text("Description", "the whole part"),
        text("EngineeringUnit", "1"),
        text("QualityActualAttribute", inspection["verdict"]),
        flag("QualityInSpec", stands and inspection["verdict"] == "PASS"),
        flag("DataAggregatedFromSeries", False),
        *own({name: inspection[name] for name in ("verdict", "reason")}),
    ]


def _references(list_name: str, index: int, submodel_id: str, shell_id: str) -> list[Element]:
    return [
        reference("QualityFeatureReference", _within(submodel_id, "QualityFeatures", list_name, index)),
        reference("TestingDeviceReference", _within(submodel_id, "", "TestingDevicesList", 0)),
        reference("PartReference", _shell(shell_id)),
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


def _context(dossier: Dossier, standing: Standing) -> dict[str, Any]:
    """Of the inspection itself, what the template has no place for."""
    inspection, withdrawn = dossier.inspection, standing.withdrawn
    return {
        **{name: inspection[name] for name in ("id", "serial", "attempt", "verdict", "reason", "operator")},
        "stands": standing.stands,
        "withdrawal": [] if withdrawn is None else [_said(withdrawn.at, withdrawn.payload, "reason", "by")],
        "latest_attempt": dossier.is_latest,
        "decisions": _decisions(standing),
        "decision_rule": inspection.get("decision"),
        "conditions": {name: one for name, one in inspection["conditions"].items() if one is not None},
        "order_content": content_uri(inspection["order_sha256"]),
        "drawing_content": content_uri(inspection["drawing_sha256"]) if "drawing_sha256" in inspection else None,
        "findings": [flat_finding(one) for one in inspection["findings"]],
        "models": [_by_content(one) for one in inspection["models"]],
        "frames": [_by_content(one) for one in inspection["frames"]],
    }


def _decisions(standing: Standing) -> list[dict[str, Any]]:
    return [
        {**_said(one.at, one.payload, "decision", "reason_code", "remark", "by"), "stands": taken_back is None}
        for one, taken_back in standing.dispositions
    ]


def _said(at: str, payload: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {"at": at, **{name: payload.get(name) for name in names}}


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
