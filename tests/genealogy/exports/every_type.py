"""Dossiers of parts whose order asks for every type of characteristic, with numbers that are all different."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from station.documents import parse_json, sha256_hex
from station.genealogy.dossier import Dossier
from station.genealogy.evidence import Evidence, StoredFrame
from station.genealogy.inspection import (
    CharacteristicRecord,
    Conditions,
    Finding,
    Inspection,
    ModelReference,
)
from station.genealogy.store import Genealogy
from station.order.model import MARKS, Characteristic, CharacteristicType, DecisionRule, Geometry, Limits, Order, Part

from ..builders import at, draft

SCHEMAS = Path(__file__).resolve().parents[4] / "shared" / "schemas"
ORDINARY = ("MO-2026-000417", "RING-237-0001")
ODD = ("MO/2026 #ü:%41?", "部品 1/2 <&\"'> \U0001f600")
PASS, FAIL, UNDECIDED, ERROR = "PASS", "FAIL", "UNDECIDED", "ERROR"
VERDICTS: dict[str, dict[CharacteristicType, str]] = {  # of a part: the verdicts that are not PASS
    PASS: {},
    FAIL: {
        CharacteristicType.DIAMETER: FAIL,
        CharacteristicType.ROUNDNESS: UNDECIDED,
        CharacteristicType.ANGLE: ERROR,
        CharacteristicType.CODE: ERROR,
        CharacteristicType.SURFACE: FAIL,
    },
    UNDECIDED: {CharacteristicType.POSITION: UNDECIDED},
    ERROR: {CharacteristicType.COUNT: ERROR, CharacteristicType.SURFACE: ERROR},
}
_ANGLES = (CharacteristicType.ANGLE, CharacteristicType.FLANK_ANGLE)
_ONE_SIDED = {
    CharacteristicType.STRAIGHTNESS,
    CharacteristicType.ROUNDNESS,
    CharacteristicType.PARALLELISM,
    CharacteristicType.PERPENDICULARITY,
    CharacteristicType.ANGULARITY,
    CharacteristicType.POSITION,
    CharacteristicType.CONCENTRICITY,
    CharacteristicType.SYMMETRY,
    CharacteristicType.LINE_PROFILE,
    CharacteristicType.CIRCULAR_RUNOUT,
    CharacteristicType.PITCH_DEVIATION,
    CharacteristicType.CUMULATIVE_PITCH,
    CharacteristicType.RUNOUT,
}


def asked(kind: CharacteristicType, place: int, code: str) -> Characteristic:
    """One characteristic; its id would be no `idShort`."""
    id = f"{place}. ä/b\\{kind}"
    if kind in MARKS:
        largest = Decimal("0.05") if kind is CharacteristicType.SURFACE else None
        limits = Limits(None, None, largest)
        expected = "" if largest else (code if kind is CharacteristicType.CODE else "ANNA 22.11.26")
        return Characteristic(
            id, kind, (), (), limits, "mm" if largest else "1", expected=expected, max_defect_mm=largest
        )
    if kind in _ONE_SIDED:
        datums = ("A", "B-C") if kind is CharacteristicType.POSITION else ()
        zone = Limits(None, None, Decimal(place) / 100, "zone")
        return Characteristic(id, kind, ("F1",), datums, zone, "mm", modifier="MMC" if datums else "")
    unit = "deg" if kind in _ANGLES else "1" if kind is CharacteristicType.COUNT else "mm"
    middle = Decimal(place)
    limits = Limits(middle, middle - Decimal("0.05"), middle + Decimal("0.07"), "ISO 2768-f")
    return Characteristic(id, kind, ("F1", "F2"), (), limits, unit)


def order_of(key: tuple[str, str] = ORDINARY, code: str = "no gs1") -> Order:
    """An order for every type; its document says no more than exports read from it."""
    items = tuple(asked(kind, place, code) for place, kind in enumerate(CharacteristicType, start=1))
    content = {"order_id": key[0], "characteristics": [{"type": "code", "expected": code}, {"type": "count"}]}
    document = json.dumps(content).encode()
    part = Part(key[1], "RING-237", "A", "1.4310", 16.4)
    reference = "C-88121"
    return Order(key[0], part, Geometry({}, None), {}, items, DecisionRule(), reference, sha256_hex(document), document)


def marks_only(order: Order) -> Order:
    """The same without anything to measure in millimetres."""
    return replace(order, characteristics=tuple(item for item in order.characteristics if item.type in MARKS))


def said(item: Characteristic, verdict: str, place: int) -> CharacteristicRecord:
    """What a record says about it; every number is another."""
    measured = verdict != ERROR
    limits = item.limits
    nominal = None if limits.nominal is None else float(limits.nominal)
    value: float | str | None = (float(limits.upper or 0) - 0.013579) + place / 7e7
    if item.type in (CharacteristicType.CODE, CharacteristicType.TEXT):
        value = item.expected
    number = isinstance(value, float) and measured
    return CharacteristicRecord(
        id=item.id,
        type=str(item.type),
        verdict=verdict,
        value=value if measured else None,
        unit=item.unit,
        nominal=nominal,
        deviation=value - nominal if number and nominal is not None else None,
        lower_limit=None if limits.lower is None else float(limits.lower),
        upper_limit=None if limits.upper is None else float(limits.upper),
        standard_uncertainty=place * 1.1e-5 / 3 if number else None,
        expanded_uncertainty=place * 2.2e-5 / 3 if number else None,
        coverage_factor=2.0 if number else None,
        conformance_probability=1 - place / 1000 if number else None,
        guard_band=place * 1.7e-5 if number else None,
        points=1000 + place if number else 0,
        measured=measured,
        expected=item.expected or None,
        reason="" if verdict == PASS else f"Characteristic {item.id} is {verdict} <&>.",
        bonus=0.004 if item.modifier == "MMC" and measured else None,
    )


def inspection_of(order: Order, verdict: str, **changes: Any) -> Inspection:
    """An attempt with this verdict for the part."""
    items = tuple(
        said(item, VERDICTS[verdict].get(item.type, PASS), place)
        for place, item in enumerate(order.characteristics, start=1)
    )
    record = draft(
        order_id=order.order_id,
        serial=order.part.serial,
        verdict=verdict,
        reason="" if verdict == PASS else f"the part is {verdict}",
        characteristics=items,
        findings=(
            Finding(kind="opening", verdict="PASS", where_mm=(1.25, -2.5), size_mm=0.1),
            Finding(kind="x", verdict=verdict),
        ),
        models=(ModelReference(name="surface", sha256="ab" * 32, raw_score=0.04),),
        conditions=Conditions(temperature_c=20.4, temperature_standard_uncertainty_k=0.11),
        operation="milling",
        operator="Zoë",
    )
    return replace(record, station=replace(record.station, id="cell 3/ö"), **changes)


def committed(genealogy: Genealogy, order: Order, verdict: str, seconds: float = 0, **changes: Any) -> Inspection:
    """The attempt, in the record."""
    record = inspection_of(order, verdict, started=at(seconds), finished=at(seconds + 1.5), **changes)
    calibration = None if record.calibration is None else b'{"schema": "calibration/1"}'
    frames = (StoredFrame("backlight", f"{order.part.serial} {seconds}".encode(), ".png", 640, 480),)
    return genealogy.commit(record, Evidence(order.document, None, calibration, frames), committed=at(seconds + 2))


def nothing(genealogy: Genealogy, order: Order, seconds: float = 0) -> Inspection:
    """An attempt that came to nothing: no characteristics, no calibration, no conditions."""
    return committed(
        genealogy,
        order,
        ERROR,
        seconds,
        characteristics=(),
        calibration=None,
        findings=(),
        models=(),
        conditions=Conditions(),
        decision=None,
        operation="",
    )


def dossier(genealogy: Genealogy, order: Order, id: str) -> Dossier:
    """As `dossier_of` makes it, but of an order that was never a whole document."""
    inspection = genealogy.inspection(id)
    calibration = inspection["calibration"]
    return Dossier(
        entry=genealogy.entry(id),
        inspection=inspection,
        order=order,
        calibration=None
        if calibration is None
        else parse_json(genealogy.document(calibration["sha256"]), "calibration"),
        events=genealogy.events_about((id, order.part.serial)),
        attempts=genealogy.attempts_of(order.order_id, order.part.serial),
        reader=genealogy,
    )
