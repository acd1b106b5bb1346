"""An order with every type of characteristic, and records of it as a station would commit them; nothing is measured."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from station.genealogy.dossier import Dossier, dossier_of
from station.genealogy.evidence import Evidence, StoredFrame
from station.genealogy.inspection import (
    BudgetLine,
    CalibrationReference,
    CharacteristicRecord,
    Conditions,
    Finding,
    Inspection,
    ModelReference,
)
from station.genealogy.store import Genealogy
from station.order.dxf_text import dxf_text
from station.order.geometry import ArcSegment, LineSegment, Outline
from station.order.model import Characteristic, Order
from station.order.read import parse_order

from ..order.builders import arc, circle, line
from .builders import at, draft

SCHEMAS = Path(__file__).resolve().parents[3] / "shared" / "schemas" / "qif"
needs_schemas = pytest.mark.skipif(
    not SCHEMAS.exists(), reason="QIF's schemas and samples are not beside this checkout"
)
GROUP_SEPARATOR = "\x1d"  # FNC1 in a GS1 code; XML cannot carry it
SQUARE = Outline(
    tuple(LineSegment(a, b) for a, b in [((0, 40), (8, 40)), ((8, 40), (8, 48)), ((8, 48), (0, 40))]), True
)
HOLE = Outline((ArcSegment((6.0, 42.0), 1.0, 0.0, -360.0),), True)
DRAWING = dxf_text({"OUTLINE": [SQUARE, HOLE]}).encode()

EVERYTHING: dict[str, Any] = {
    "schema": "order/1",
    "order_id": "MO-2026-Ü 7",
    "customer_reference": "C-<88121> & Söhne",
    "operation": "20 turning",
    "part": {
        "part_number": "ALL-1", "revision": "B", "serial": "ALL-1-0001 ✓", "material": "1.4310", "cte_ppm_per_k": 16.4,
    },
    "geometry": {
        "partial": True,
        "drawing": "all.dxf",
        "edge": "milled",
        "features": [
            {**circle("OD", "outer", [0, 0], 23.7), "edge": "turned"},
            circle("ID", "inner", [0.1234567890123, -1e-05], 19.0),
            line("E1", [40, 0], [50, 0]),
            line("E2", [50, 0], [50, 10]),
            line("E3", [50, 10], [40, 10]),
            line("E4", [45, 3], [47.5, 5.125], "right"),
            arc("A1", "outer", [60, 0], 2, 10.5, 97.25),
            {"id": "S1", "type": "slot", "side": "inner", "center": [0, 16], "length": 4, "width": 1.5, "angle": 25},
            {"id": "S2", "type": "slot", "side": "outer", "center": [9, 20], "length": 5, "width": 2, "ends": "square"},
            {"id": "W", "type": "gear", "profile": "involute", "center": [80, 0], "teeth": 30, "module": 0.2},
            circle("WB", "inner", [80, 0], 2.0),
            {"id": "T", "type": "thread", "axis": [[100, 0], [102, 0]], "major_diameter": 1.0, "pitch": 0.25},
            {"id": "PL", "type": "contour", "layer": "OUTLINE"},
            circle("PL 1", "inner", [20, 0], 1.0),
        ],
    },
    "datums": {"A": "OD", "B": "E1", "C": ["E2"], "µ²": "S2", "G": "WB"},
    "characteristics": [
        {"id": "1", "type": "diameter", "feature": "OD", "nominal": 23.7, "lower_tol": -0.05, "upper_tol": 0.05},
        {"id": "2", "type": "diameter", "feature": "ID", "nominal": 19.0, "fit": "H9", "modifier": "GX"},
        {"id": "Ø ≥ <ß>", "type": "radius", "feature": "A1", "limits": [1.95, None]},
        {"id": "4", "type": "distance", "features": ["OD", "ID"], "nominal": 0.1, "upper_tol": 0.030000000000000001},
        {"id": "5", "type": "width", "features": ["E1", "E3"], "nominal": 10, "general": "ISO 2768-f"},
        {"id": "5s", "type": "width", "feature": "S1", "nominal": 1.5, "fit": "H9"},
        {"id": "6", "type": "angle", "features": ["E1", "E2"], "nominal": 90, "lower_tol": -0.25, "upper_tol": 0.5},
        {"id": "7", "type": "roundness", "feature": "OD", "tolerance": 0.06, "association": "MC"},
        {"id": "7l", "type": "roundness", "feature": "ID", "tolerance": 0.06, "association": "LS"},
        {"id": "8", "type": "straightness", "feature": "S1.left", "tolerance": 0.02},
        {"id": "9", "type": "parallelism", "feature": "E3", "tolerance": 0.02, "datum": ["B"]},
        {"id": "10", "type": "perpendicularity", "feature": "E2", "tolerance": 0.02, "datum": ["B"]},
        {"id": "11", "type": "angularity", "feature": "E4", "tolerance": 0.02, "datum": ["B"]},
        {"id": "12", "type": "position", "feature": "ID", "tolerance": 0.1, "datum": ["A", "B"], "modifier": "MMC"},
        {"id": "12c", "type": "position", "feature": "S1", "tolerance": 0.1, "datum": ["B-C", "A"]},
        {"id": "13", "type": "concentricity", "feature": "ID", "tolerance": 0.05, "datum": ["A"]},
        {"id": "14", "type": "symmetry", "feature": "S1", "tolerance": 0.1, "datum": ["µ²"]},
        {"id": "15", "type": "line_profile", "feature": "PL", "tolerance": 0.4},
        {"id": "16", "type": "circular_runout", "feature": "ID", "tolerance": 0.05, "datum": ["A"]},
        {"id": "17", "type": "tip_diameter", "feature": "W", "lower_tol": -0.1, "upper_tol": 0.1},
        {"id": "18", "type": "root_diameter", "feature": "W", "lower_tol": -0.1, "upper_tol": 0.1, "datum": "G"},
        {"id": "19", "type": "pitch_deviation", "feature": "W", "tolerance": 0.01, "flank": "left"},
        {"id": "20", "type": "cumulative_pitch", "feature": "W", "tolerance": 0.02, "datum": "G"},
        {"id": "21", "type": "runout", "feature": "W", "tolerance": 0.02, "ball_diameter": 0.35},
        {"id": "22", "type": "tooth_thickness", "feature": "W", "nominal": 0.31, "upper_tol": 0.02, "along": "chord"},
        {"id": "23", "type": "pitch", "feature": "T", "nominal": 0.25, "lower_tol": -0.01, "upper_tol": 0.01},
        {"id": "24", "type": "major_diameter", "feature": "T", "limits": [0.95, 1.0]},
        {"id": "25", "type": "minor_diameter", "feature": "T", "limits": [0.65, 0.75]},
        {"id": "26", "type": "pitch_diameter", "feature": "T", "limits": [0.8, 0.84]},
        {"id": "27", "type": "flank_angle", "feature": "T", "nominal": 60, "lower_tol": -2, "upper_tol": 2},
        {"id": "28", "type": "length", "feature": "S1", "nominal": 4, "lower_tol": -0.1, "upper_tol": 0.1},
        {"id": "29", "type": "count", "of": "openings", "nominal": 3},
        {"id": "29t", "type": "count", "feature": "W", "of": "teeth", "nominal": 30, "limits": [29, None]},
        {"id": "30", "type": "code", "symbology": "datamatrix", "expected": f"0107612345{GROUP_SEPARATOR}21A1",
         "region": [[1, 1], [3, 2.5]], "view": "front"},
        {"id": "30g", "type": "code", "symbology": "GS1 DataMatrix", "expected": "(01)07612345678900(21)A1",
         "identity": True},
        {"id": "31", "type": "text", "expected": "ANNA 22.11.26 ♥"},
        {"id": "31a", "type": "text", "expected": "ANNA", "height": 0.25,
         "arc": {"center": [0, 0], "radius": 2.5, "start_angle": 90, "end_angle": -90.5}},
        {"id": "31b", "type": "text", "expected": "BEA", "region": [[1, 1], [3, 2.5]], "direction": 90},
        {"id": "32", "type": "surface", "region": "PL", "max_defect_mm": 0.05, "view": "dark"},
    ],
    "decision": {"rule": "iso14253-1", "conformance_probability": 0.975},
}  # fmt: skip


def parsed(document: dict[str, Any], drawing: bytes = DRAWING) -> Order:
    return parse_order(json.dumps(document).encode(), None, "order.json", drawing=drawing)


def everything() -> Order:
    return parsed(EVERYTHING)


def row(asked: Characteristic, number: int, verdict: str) -> CharacteristicRecord:
    """What a record says of a characteristic: numbers with all their digits."""
    texts = {"code": f"0107612345{GROUP_SEPARATOR}21A1", "text": "ANNA 22.11.26 ♥"}
    measured = verdict != "ERROR"
    value: float | str = texts.get(asked.type, 1.0 / 3.0 + number)
    return CharacteristicRecord(
        id=asked.id,
        type=str(asked.type),
        verdict=verdict,
        value=value if measured else None,
        unit=asked.unit,
        nominal=None if asked.limits.nominal is None else float(asked.limits.nominal),
        deviation=0.1234567890123456 + number if measured else None,
        lower_limit=None if asked.limits.lower is None else float(asked.limits.lower),
        upper_limit=None if asked.limits.upper is None else float(asked.limits.upper),
        standard_uncertainty=1.23456789e-05 * (number + 1) if measured else None,
        expanded_uncertainty=2.46913578e-05 * (number + 1) if measured else None,
        coverage_factor=2.0 if measured else None,
        conformance_probability=0.987654321 if measured else None,
        guard_band=2.1e-05 if measured else None,
        points=4000 + number if measured else 0,
        reason="" if verdict == "PASS" else f"Characteristic {asked.id} is {verdict}: <so> & so.",
        measured=measured,
        expected=asked.expected or None,
        budget=(
            BudgetLine(source="scale", standard_uncertainty=3e-5, sensitivity=23.7, contribution=7.11e-4, unit="mm"),
        ) if measured else (),
        bonus=0.0123 if asked.modifier == "MMC" and measured else None,
    )  # fmt: skip


def rows(order: Order, *verdicts: str) -> tuple[CharacteristicRecord, ...]:
    """A row of every characteristic, with these verdicts in turn."""
    return tuple(
        row(asked, number, verdicts[number % len(verdicts)]) for number, asked in enumerate(order.characteristics)
    )


def inspection(order: Order, verdict: str, *verdicts: str, **changes: Any) -> Inspection:
    given = draft(
        order_id=order.order_id,
        serial=order.part.serial,
        verdict=verdict,
        reason="" if verdict == "PASS" else f"The part is {verdict}.",
        operator="Zoë  Müller",
        characteristics=rows(order, *verdicts) if verdicts else (),
        conditions=Conditions(temperature_c=20.4, temperature_standard_uncertainty_k=0.05),
        models=(ModelReference(name="surface", sha256="ab" * 32, raw_score=0.04),),
        operation=order.operation,
    )
    return replace(given, **changes)


def committed(genealogy: Genealogy, order: Order, given: Inspection) -> Dossier:
    """The dossier of an inspection of this order."""
    evidence = Evidence(
        order=order.document,
        drawing=order.drawing or None,
        calibration=b'{"created": "2026-11-01T06:00:00+00:00", "made_from": "masters"}' if given.calibration else None,
        frames=(StoredFrame("backlight", b"\x89PNG", ".png", 2048, 1536),),
    )
    record = genealogy.commit(given, evidence, committed=at(2.0))
    return dossier_of(genealogy, record.id)


FINDING = Finding(kind="opening", verdict="FAIL", where_mm=(1.0, 2.5), size_mm=0.1, reason="An opening too many.")
NO_CALIBRATION: dict[str, Any] = {"calibration": None}
UNTIL = CalibrationReference(id="CAL-7", valid_until="2027-01-01T00:00:00+01:00")
