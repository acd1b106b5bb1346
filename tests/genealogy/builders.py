"""Small but complete inspections and evidence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from station.genealogy.evidence import Evidence, StoredFrame
from station.genealogy.inspection import (
    BudgetLine,
    CalibrationReference,
    CharacteristicRecord,
    Conditions,
    DecisionRule,
    Finding,
    Inspection,
    StationRecord,
)

NOW = datetime(2026, 11, 22, 9, 12, 3, 512_000, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def diameter(**changes: Any) -> CharacteristicRecord:
    fields: dict[str, Any] = {
        "id": "1",
        "type": "diameter",
        "verdict": "PASS",
        "value": 23.6684,
        "unit": "mm",
        "nominal": 23.7,
        "deviation": -0.0316,
        "lower_limit": 23.65,
        "upper_limit": 23.75,
        "standard_uncertainty": 0.0009,
        "expanded_uncertainty": 0.0018,
        "coverage_factor": 2.0,
        "conformance_probability": 1.0,
        "guard_band": 0.0015,
        "points": 4271,
        "budget": (
            BudgetLine(source="scale", standard_uncertainty=3e-5, sensitivity=23.7, contribution=7.11e-4, unit="mm"),
        ),
    }
    return CharacteristicRecord(**{**fields, **changes})


def draft(**changes: Any) -> Inspection:
    fields: dict[str, Any] = {
        "order_id": "MO-2026-000417",
        "serial": "RING-237-0001",
        "verdict": "PASS",
        "station": StationRecord(id="cell-3", software="0.3.1", rig="twin", simulated=True),
        "started": NOW,
        "finished": at(1.5),
        "characteristics": (diameter(),),
        "calibration": CalibrationReference(id="CAL-7", valid_until="2027-01-01T00:00:00Z"),
        "conditions": Conditions(temperature_c=20.4),
        "findings": (Finding(kind="opening", verdict="PASS", where_mm=(1.0, 2.0), size_mm=0.1),),
        "decision": DecisionRule(rule="iso14253-1", conformance_probability=0.95),
    }
    return Inspection(**{**fields, **changes})


def evidence(number: int = 0, *, size: int = 300) -> Evidence:
    return Evidence(
        order=b'{"schema": "order/1", "order_id": "MO-2026-000417"}\n',
        drawing=b"0\nEOF\n",
        calibration=b'{"schema": "calibration/1"}',
        frames=(StoredFrame("backlight", b"\x89PNG %08d" % number * (size // 13 + 1), ".png", 2048, 1536),),
    )
