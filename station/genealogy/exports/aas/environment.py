"""The shell of the part, its submodel, and both as JSON."""

from __future__ import annotations

from basyx.aas import model
from basyx.aas.adapter.json import object_store_to_json

from station.genealogy.dossier import Dossier
from station.genealogy.exports.aas.elements import (
    TEMPLATE,
    Collection,
    Element,
    collection,
    collections,
    external,
    own,
    printable,
    reference,
    semantics,
    text,
)
from station.genealogy.exports.aas.features import quality_features
from station.genealogy.exports.aas.items import items_of
from station.genealogy.exports.aas.results import job_results
from station.genealogy.exports.uris import content_uri, part_uri, private_uri

SUBMODEL = "QualityControlForMachining"
_MEASURING_TYPE = "optical, two-dimensional, camera"


def environment(dossier: Dossier) -> bytes:
    """Shell and submodel of one inspection; the same record gives the same bytes."""
    inspection = dossier.inspection
    order_id, serial = inspection["order_id"], inspection["serial"]
    part = part_uri(dossier.reader, order_id, serial)
    shell_id = private_uri("shell", order_id, serial)
    submodel = _submodel(dossier, private_uri("quality-control", inspection["id"]), shell_id)
    shell = model.AssetAdministrationShell(
        model.AssetInformation(
            model.AssetKind.INSTANCE,
            part,
            [
                model.SpecificAssetId("serialNumber", printable(serial)),
                model.SpecificAssetId("orderId", printable(order_id)),
            ],
        ),
        shell_id,
        "Part",
        submodel={model.ModelReference.from_referable(submodel)},
    )
    store: model.DictIdentifiableStore[model.Identifiable] = model.DictIdentifiableStore([shell, submodel])
    return object_store_to_json(store, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n"


def _submodel(dossier: Dossier, submodel_id: str, shell_id: str) -> model.Submodel:
    items = items_of(dossier)
    return model.Submodel(
        submodel_id,
        [
            quality_features(items),
            _part(dossier, shell_id),
            collections("TestingDevicesList", "TestingDeviceProperties", [_device(dossier)]),
            job_results(dossier, items, submodel_id, shell_id),
        ],
        SUBMODEL,
        administration=model.AdministrativeInformation("1", "0", template_id="https://admin-shell.io/idta-02049"),
        semantic_id=external(f"{TEMPLATE}1/0"),
    )


def _part(dossier: Dossier, shell_id: str) -> Collection:
    part = dossier.order.part
    identifier = model.Property(
        "PartIdentifier", model.datatypes.AnyURI, model.datatypes.AnyURI(shell_id), **semantics("PartIdentifier")
    )
    said = {
        "part_number": part.part_number,
        "revision": part.revision,
        "serial": part.serial,
        "material": part.material,
        "customer_reference": dossier.order.customer_reference,
        "drawing": dossier.order.geometry.drawing,
    }
    ours = own({f"order_{name}": value for name, value in said.items()})  # their `PartNumber` counts parts of a batch
    return collection("PartInformation", [identifier, text("OrderNumber", dossier.order.order_id), *ours])


def _device(dossier: Dossier) -> list[Element]:
    """The station. How large a part it sees, its record does not say: the range stays open."""
    station, calibration = dossier.inspection["station"], dossier.inspection["calibration"]
    elements: list[Element] = [
        text("DeviceName", station["id"]),
        text("MeasuringType", _MEASURING_TYPE),
        text("MeasuringUnit", "mm"),
        model.Range("MeasuringRange", model.datatypes.Double, **semantics("MeasuringRange")),
    ]
    if calibration is not None:
        elements.append(reference("CalibrationCertificate", external(content_uri(calibration["sha256"]))))
        said = {"calibration": calibration["id"], "calibration_valid_until": calibration["valid_until"]}
        elements += own(said)
    return [*elements, *own({name: station[name] for name in ("software", "rig", "simulated")})]
