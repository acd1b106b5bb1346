"""Dossiers of small records, committed and read back: every type of characteristic, every verdict."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from station.genealogy.dossier import Dossier, dossier_of
from station.genealogy.evidence import Evidence
from station.genealogy.inspection import CharacteristicRecord
from station.genealogy.store import Genealogy

from ..builders import at, diameter, draft

CHARACTERISTICS: list[dict[str, Any]] = [
    {"id": "1", "type": "diameter", "feature": "OD", "nominal": 23.7, "lower_tol": -0.05, "upper_tol": 0.05},
    {"id": "2", "type": "diameter", "feature": "ID", "nominal": 19.0, "fit": "H9"},
    {"id": "3", "type": "roundness", "feature": "OD", "tolerance": 0.06},
    {"id": "4", "type": "concentricity", "feature": "ID", "datum": ["A"], "tolerance": 0.05},
    {"id": "5", "type": "diameter", "feature": "OD", "limits": [23.6, None]},
    {"id": "6", "type": "diameter", "feature": "ID", "limits": [None, 19.1]},
    {"id": "7", "type": "count", "of": "openings", "nominal": 1},
    {"id": "8", "type": "code", "symbology": "datamatrix", "expected": "A1\x1dB2"},
    {"id": "9", "type": "text", "region": [[1, 1], [3, 2]], "expected": "ANNA"},
    {"id": "10", "type": "surface", "region": "OD", "max_defect_mm": 0.05},
]


def order_bytes(serial: str = "RING-237-0001", **changes: Any) -> bytes:
    """An order for a ring; `part` adds to its part, all else replaces keys."""
    part = {"part_number": "RING-237", "revision": "A", "material": "1.4310", **changes.pop("part", {})}
    part = {key: value for key, value in part.items() if value is not None}
    document = {
        "schema": "order/1",
        "order_id": "MO-2026-000417",
        "part": {**part, "serial": serial},
        "geometry": {
            "features": [
                {"id": "OD", "type": "circle", "side": "outer", "center": [0, 0], "diameter": 23.7},
                {"id": "ID", "type": "circle", "side": "inner", "center": [0, 0], "diameter": 19.0},
            ]
        },
        "datums": {"A": "OD"},
        "characteristics": CHARACTERISTICS,
        **changes,
    }
    return json.dumps(document).encode()


def one(id: str, type: str, verdict: str = "PASS", **changes: Any) -> CharacteristicRecord:
    """A row of the record with nothing but what is given."""
    numbers = ("value", "nominal", "deviation", "lower_limit", "upper_limit", "conformance_probability", "guard_band")
    empty = dict.fromkeys((*numbers, "standard_uncertainty", "expanded_uncertainty", "coverage_factor", "points"))
    return diameter(**{**empty, "id": id, "type": type, "verdict": verdict, "budget": (), **changes})


def answers() -> tuple[CharacteristicRecord, ...]:
    """A row for each of `CHARACTERISTICS`, all PASS."""
    u = {"standard_uncertainty": 0.0004, "expanded_uncertainty": 0.0008, "coverage_factor": 2.0}
    mark = {"unit": "1"}
    return (
        diameter(),
        one("2", "diameter", value=19.02, nominal=19.0, deviation=0.02, lower_limit=19.0, upper_limit=19.052, **u),
        one("3", "roundness", value=0.0123456789012345, upper_limit=0.06, **u),
        one("4", "concentricity", value=1.25e-7, upper_limit=0.05, **u),
        one("5", "diameter", value=23.6684, lower_limit=23.6, **u),
        one("6", "diameter", value=19.02, upper_limit=19.1, **u),
        one("7", "count", value=1.0, nominal=1.0, lower_limit=1.0, upper_limit=1.0, unit="1"),
        one("8", "code", value="A1\x1dB2", expected="A1\x1dB2", **mark),
        one("9", "text", value="ANNA", expected="ANNA", **mark),
        one("10", "surface", **mark),
    )


def replaced(id: str, **changes: Any) -> tuple[CharacteristicRecord, ...]:
    """`answers` with one row changed."""
    return tuple(replace(row, **changes) if row.id == id else row for row in answers())


def commit(genealogy: Genealogy, *, order: bytes | None = None, seconds: float = 0.0, **changes: Any) -> str:
    """The id of a record of this order."""
    order = order_bytes() if order is None else order
    document = json.loads(order)
    fields = {
        "order_id": document["order_id"],
        "serial": document["part"]["serial"],
        "characteristics": answers(),
        "findings": (),
        "operator": "ann",
        **changes,
    }
    calibration = b'{"schema": "calibration/1"}' if fields.get("calibration", "there") is not None else None
    record = genealogy.commit(
        draft(**fields), Evidence(order=order, calibration=calibration), committed=at(2.0 + seconds)
    )
    return record.id


def dossier(genealogy: Genealogy, **changes: Any) -> Dossier:
    """The dossier of a new record."""
    return dossier_of(genealogy, commit(genealogy, **changes))
