from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from station.order.explain import explain_order
from station.order.schema import schema_text

from .builders import circle, order, parse, ring, square

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_rows_of_the_ring() -> None:
    rows = explain_order(parse(ring()))
    assert [row.sentence for row in rows] == [
        "diameter of OD: 23.70 ±0.05 mm",
        "diameter of ID: 19.000 +0.052/0 mm (H9)",
        "roundness of OD: within 0.06 mm",
        "concentricity of ID to A (OD): within 0.05 mm",
    ]
    second = rows[1]
    assert (second.id, second.type, second.features, second.unit, second.source) == ("2", "diameter", "ID", "mm", "H9")
    assert (second.nominal, second.lower, second.upper) == (Decimal(19), Decimal(19), Decimal("19.052"))
    assert rows[3].features == "ID | A"


def test_other_ways_of_asking() -> None:
    size = {"type": "diameter", "feature": "OD"}
    asked = [
        ({**size, "nominal": 25, "upper_tol": 0.1}, "diameter of OD: 25.0 mm, at most 25.1 mm"),
        ({**size, "nominal": 25, "lower_tol": -0.1}, "diameter of OD: 25.0 mm, at least 24.9 mm"),
        ({**size, "limits": [24.9, 25.1]}, "diameter of OD: 24.9 to 25.1 mm"),
        ({**size, "limits": [None, 25.1]}, "diameter of OD: at most 25.1 mm"),
        ({**size, "fit": "g6"}, "diameter of OD: 25.000 -0.007/-0.02 mm (g6)"),
        ({**size, "general": "ISO 2768-f"}, "diameter of OD: 25.0 ±0.1 mm (ISO 2768-f)"),
        ({"type": "count", "nominal": 3}, "number of openings: exactly 3"),
        ({"type": "count", "nominal": 12, "of": "teeth", "lower_tol": -1, "upper_tol": 0}, "number of teeth: 12 0/-1"),
        ({"type": "code", "symbology": "qr", "expected": "A"}, "code in whole picture: qr that reads 'A'"),
        (
            {"type": "code", "symbology": "GS1-128", "expected": "(01)07612345678900", "identity": True},
            "code in whole picture: code128 with GS1 elements that reads '(01)07612345678900'; it identifies the part",
        ),
        (
            {
                "type": "text",
                "expected": "A",
                "height": 1.5,
                "arc": {"center": [0, 1], "radius": 9, "start_angle": 90, "end_angle": 0},
            },
            "text along the arc of radius 9 mm about (0, 1): 1.5 mm high, reads 'A'",
        ),
        ({"type": "text", "expected": "A", "region": [[0, 0], [1, 2]]}, "text in (0, 0) – (1, 2) mm: reads 'A'"),
        ({"type": "surface", "region": "OD", "max_defect_mm": 0.05}, "surface of OD: no defect larger than 0.05 mm"),
    ]
    rows = explain_order(parse(order([circle("OD", "outer", [0, 0], 25)], *(one for one, _ in asked))))
    assert [row.sentence for row in rows] == [sentence for _, sentence in asked]
    angle = {"type": "angle", "features": ["E1", "E2"], "nominal": 90, "general": "ISO 2768-m"}
    (row,) = explain_order(parse(order(square(), angle)))
    assert row.sentence == "angle of E1 – E2: 90 ±1° (ISO 2768-m)"


def test_the_committed_schema_is_up_to_date() -> None:
    """Write it anew with: python -m station.order.schema > docs/schemas/order-1.json."""
    assert (DOCS / "schemas" / "order-1.json").read_text(encoding="utf-8") == schema_text()


def test_the_schema_forbids_unknown_keys() -> None:
    schema = json.loads(schema_text())
    assert schema["required"] == ["schema", "order_id", "part", "geometry", "characteristics"]
    assert schema["additionalProperties"] is False
    assert all(one.get("additionalProperties") is False for one in schema["$defs"].values() if one["type"] == "object")
