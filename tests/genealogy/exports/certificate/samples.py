"""Records to certify, without measuring: an order with every kind of requirement, and what was found."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from station.genealogy.evidence import Evidence, StoredFrame
from station.genealogy.inspection import CharacteristicRecord, Conditions, Finding, StationRecord
from station.genealogy.store import Genealogy
from tests.genealogy.builders import NOW, diameter, draft

REAL = StationRecord(id="cell-3", software="0.3.1", rig="bench", simulated=False)
CIRCLES = [
    {"id": "OD", "type": "circle", "side": "outer", "center": [0, 0], "diameter": 23.7},
    {"id": "ID", "type": "circle", "side": "inner", "center": [0, 0], "diameter": 19.0},
]
ASKED: list[dict[str, Any]] = [
    {"id": "1", "type": "diameter", "feature": "OD", "nominal": 23.7, "lower_tol": -0.05, "upper_tol": 0.05},
    {"id": "2", "type": "diameter", "feature": "ID", "nominal": 19.0, "fit": "H9"},
    {"id": "3", "type": "roundness", "feature": "OD", "tolerance": 0.06},
    {"id": "4", "type": "concentricity", "feature": "ID", "datum": ["A"], "tolerance": 0.05},
    {"id": "5", "type": "diameter", "feature": "ID", "limits": [18.9, 19.1]},
    {"id": "6", "type": "count", "of": "openings", "nominal": 1},
    {"id": "7", "type": "code", "symbology": "datamatrix", "expected": "010761234567890021A1"},
    {"id": "8", "type": "surface", "region": "OD", "max_defect_mm": 0.05},
]
CALIBRATION = {
    "schema": "calibration/1",
    "id": "CAL-7",
    "made_from": "masters of PLATE-8",
    "artefact": {
        "name": "PLATE-8",
        "serial": "P8-0007",
        "masters": [
            {
                "master": "PLATE-8",
                "certificate": "METAS-258-12345",
                "issuer": "METAS",
                "date": "2026-01-15",
                "due": "2028-01-15",
            }
        ],
    },
}


def found(id: str, type: str, verdict: str = "PASS", **changes: Any) -> CharacteristicRecord:
    """A characteristic of the table above; numbers as `diameter` of the builders has them unless said."""
    return replace(diameter(id=id, type=type, verdict=verdict), **changes)


def marked(id: str, type: str, value: str, verdict: str = "PASS", reason: str = "") -> CharacteristicRecord:
    """A mark that was read."""
    return CharacteristicRecord(id=id, type=type, verdict=verdict, value=value, reason=reason)


def everything() -> tuple[CharacteristicRecord, ...]:
    """What was found of `ASKED`: all of it conforms."""
    zone = {"nominal": None, "deviation": None, "lower_limit": None}
    counted = {"standard_uncertainty": 0.0, "expanded_uncertainty": 0.0, "unit": "1"}
    return (
        found("1", "diameter"),
        found("2", "diameter", value=19.02834, nominal=19.0, lower_limit=19.0, upper_limit=19.052),
        found("3", "roundness", value=0.01234, expanded_uncertainty=0.00056, upper_limit=0.06, **zone),
        found("4", "concentricity", value=0.0078, expanded_uncertainty=0.011, upper_limit=0.05, **zone),
        found("5", "diameter", value=19.02834, nominal=None, lower_limit=18.9, upper_limit=19.1),
        found("6", "count", value=1.0, nominal=1.0, lower_limit=1.0, upper_limit=1.0, **counted),
        marked("7", "code", "010761234567890021A1"),
        found("8", "surface", value=0.012, expanded_uncertainty=0.004, upper_limit=0.05, **zone),
    )


def picture(width: int = 640, height: int = 480, seed: int = 7) -> bytes:
    """A noisy grey PNG with a disc: it does not compress to nothing."""
    y, x = np.mgrid[:height, :width]
    disc = np.hypot(x - width / 2, y - height / 2) < height / 3
    grey = np.where(disc, 30, 210) + np.random.default_rng(seed).normal(0, 6, (height, width))
    made = io.BytesIO()
    Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).save(made, "PNG")
    return made.getvalue()


def order(asked: list[dict[str, Any]] | None = None, part: dict[str, Any] | None = None, **changes: Any) -> bytes:
    """An order document."""
    document = {
        "schema": "order/1",
        "order_id": "MO-2026-000417",
        "customer_reference": "C-88121",
        "operation": "40 turning",
        "part": {
            "part_number": "RING-237",
            "revision": "A",
            "serial": "RING-237-0001",
            "material": "1.4310",
            **(part or {}),
        },
        "geometry": {"features": CIRCLES},
        "datums": {"A": "OD"},
        "characteristics": ASKED if asked is None else asked,
        **changes,
    }
    return json.dumps(document, ensure_ascii=False).encode()


def commit(
    genealogy: Genealogy,
    *,
    asked: bytes | None = None,
    frames: tuple[bytes, ...] | None = None,
    overlay: bytes | None = None,
    calibration: bytes | None = json.dumps(CALIBRATION).encode(),
    **changes: Any,
) -> str:
    """Commits an inspection, by default a real one where everything conforms; gives its id."""
    fields: dict[str, Any] = {
        "station": REAL,
        "operator": "Anna Müller",
        "operation": "40 turning",
        "characteristics": everything(),
        "findings": (),
        "conditions": Conditions(temperature_c=20.4, temperature_standard_uncertainty_k=0.1),
        **changes,
    }
    if calibration is None:
        fields["calibration"] = None
    pictures = (picture(),) if frames is None else frames
    evidence = Evidence(
        order=order() if asked is None else asked,
        calibration=calibration,
        frames=tuple(StoredFrame(f"view{n}", data, ".png", 640, 480) for n, data in enumerate(pictures)),
    )
    done = genealogy.commit(draft(**fields), evidence, committed=NOW)
    if overlay is not None:
        genealogy.add_overlay(done.id, overlay, at=NOW)
    return done.id


def failed() -> dict[str, Any]:
    """Changes to `commit` for a part with a non-conformity, a characteristic too near its limit, and a finding."""
    first, second, *others = everything()
    said = "Characteristic 1 (diameter of OD) is 23.7681 ± 0.0018 mm, 0.018 mm beyond its upper limit 23.7500 mm."
    near = (
        "Characteristic 2 (diameter of ID) is 19.0517 ± 0.0018 mm, too near its upper limit 19.0520 mm to be decided."
    )
    return {
        "verdict": "FAIL",
        "reason": said,
        "characteristics": (
            replace(first, verdict="FAIL", value=23.7681, reason=said),
            replace(second, verdict="UNDECIDED", value=19.0517, reason=near),
            *others,
        ),
        "findings": (
            Finding(kind="opening too many", verdict="FAIL", where_mm=(1.0, 2.0), size_mm=0.6, reason="There is one."),
        ),
    }


def undecided() -> dict[str, Any]:
    """Changes to `commit` for a part of which one size is too near its limit."""
    near = replace(everything()[1], verdict="UNDECIDED", value=19.0517, reason="It is too near its upper limit.")
    all_found = everything()
    return {"verdict": "UNDECIDED", "reason": near.reason, "characteristics": (all_found[0], near, *all_found[2:])}


def errored() -> dict[str, Any]:
    """Changes to `commit` for an inspection that measured nothing at all."""
    return {"verdict": "ERROR", "reason": "The camera did not answer.", "characteristics": (), "frames": ()}
