"""What happened to a part besides its inspections, as EPCIS events: material, assembly, operations, decisions."""

from __future__ import annotations

from collections.abc import Callable

from station.genealogy.events import Event
from station.genealogy.exports.epcis.frame import PartFrame
from station.genealogy.exports.epcis.words import AMOUNTS, DECISIONS, Json, extension
from station.genealogy.exports.uris import part_uri, private_uri
from station.genealogy.parts import BUILT_INTO, DISPOSITION, MATERIAL_CONSUMED, OPERATION_DONE
from station.genealogy.reading import RecordReader


def happening(event: Event, part: PartFrame, reader: RecordReader) -> Json | None:
    """The EPCIS event of an event about a part; None of a kind that has none."""
    make = _KINDS.get(event.kind)
    return None if make is None else make(event, part, reader)


def _material(event: Event, part: PartFrame, _: RecordReader) -> Json:
    """One lot became (part of) the part. All lots of a part are inputs of one transformation."""
    said = event.payload
    lot: Json = {"epcClass": private_uri("lot", said.get("supplier", ""), said.get("material", ""), said["lot"])}
    unit = AMOUNTS.get(said.get("unit", ""))
    if said.get("quantity") is not None and unit:  # an amount without a known unit would read as a number of pieces
        lot |= {"quantity": said["quantity"], "uom": unit}
    return {
        **part.head("TransformationEvent", event.id, event.at, event.at),
        "inputQuantityList": [lot],
        "outputEPCList": [part.uri],
        "transformationID": private_uri("making", part.order_id, part.serial),
        "bizStep": "commissioning",
        "bizTransactionList": part.transactions(),
        **_said(event, part, "lot", "material", "supplier", "quantity", "unit", "by", "remark"),
    }


def _assembly(event: Event, part: PartFrame, reader: RecordReader) -> Json:
    """The part was put into another that has an order and a serial of its own, for good."""
    said = event.payload
    parent = part_uri(reader, said["parent_order_id"], said["parent_serial"])
    return {
        **part.head("AssociationEvent", event.id, event.at, event.at),
        "parentID": parent,
        "childEPCs": [part.uri],
        "action": "ADD",
        "bizStep": "installing",
        "bizTransactionList": part.transactions()[:1],  # as the parent's export has it, which knows no more
        **_said(event, part, "parent_order_id", "parent_serial", "position", "by", "remark"),
    }


def _operation(event: Event, part: PartFrame, _: RecordReader) -> Json:
    """Somebody did something to the part; where, the record does not say."""
    return {
        **part.head("ObjectEvent", event.id, event.payload.get("done_at") or event.at, event.at),
        "epcList": [part.uri],
        "action": "OBSERVE",
        "bizStep": "other",
        "bizTransactionList": part.transactions(),
        **_said(event, part, "operation", "organisation", "reference", "by", "remark"),
    }


def _decision(event: Event, part: PartFrame, _: RecordReader) -> Json:
    """A person decided what becomes of the part; the verdict of the inspection stays what it was."""
    step, disposition = DECISIONS.get(event.payload["decision"], ("inspecting", "unknown"))
    return {
        **part.head("ObjectEvent", event.id, event.at, event.at),
        "epcList": [part.uri],
        "action": "OBSERVE",
        "bizStep": step,
        "disposition": disposition,
        "bizTransactionList": part.transactions(event.subject),
        **_said(event, part, "decision", "reason_code", "by", "remark"),
    }


def _said(event: Event, part: PartFrame, *names: str) -> Json:
    own = {name: event.payload.get(name) for name in names}
    return extension({"order_id": part.order_id, "serial": part.serial, **own})


_KINDS: dict[str, Callable[[Event, PartFrame, RecordReader], Json]] = {
    MATERIAL_CONSUMED: _material,
    BUILT_INTO: _assembly,
    OPERATION_DONE: _operation,
    DISPOSITION: _decision,
}
