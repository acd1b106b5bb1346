from __future__ import annotations

import json
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from station.errors import OrderError
from station.order.geometry import CircleFeature, Side
from station.order.model import CharacteristicType, DecisionRule, Face, Limits
from station.order.read import parse_order, read_order

from .builders import PLATE, circle, line, needs_plate, order, parse, ring, square


def limits_of(asked: dict[str, Any], features: list[dict[str, Any]] | None = None) -> Limits:
    features = features or [circle("OD", "outer", [0, 0], 25), circle("ID", "inner", [0, 0], 19)]
    return parse(order(features, asked)).characteristics[0].limits


def test_the_ring(tmp_path: Path) -> None:
    path = tmp_path / "ring.json"
    path.write_text(json.dumps(ring()), encoding="utf-8")
    read = read_order(path)
    assert read.document == path.read_bytes()
    assert len(read.sha256) == 64
    assert (read.order_id, read.part.serial) == ("MO-2026-000417", "RING-237-0001")
    assert read.decision == DecisionRule("iso14253-1", 0.95)
    assert read.geometry.face is Face.TOP
    assert read.geometry.features["ID"] == CircleFeature("ID", Side.INNER, (0.0, 0.0), 19.0)
    assert read.geometry.silhouette is not None
    assert [outline.name for outline in read.geometry.silhouette.outer] == ["OD"]
    assert [outline.name for outline in read.geometry.silhouette.openings] == ["ID"]
    first, second, third, fourth = read.characteristics
    assert first.limits == Limits(Decimal("23.7"), Decimal("23.65"), Decimal("23.75"), "±")
    assert second.limits == Limits(Decimal("19.0"), Decimal("19.000"), Decimal("19.052"), "H9")
    assert third.limits == Limits(None, None, Decimal("0.06"), "zone")
    assert (fourth.type, fourth.datums, fourth.unit) == (CharacteristicType.CONCENTRICITY, ("A",), "mm")


@needs_plate
def test_the_order_of_the_contract() -> None:
    """Every kind of feature and characteristic that the contract shows, on a drawing that has the layer."""
    document = {
        "schema": "order/1",
        "order_id": "MO-2026-000417",
        "customer_reference": "C-88121",
        "part": {
            "part_number": "PLATE",
            "revision": "A",
            "serial": "PLATE-1",
            "material": "1.4310",
            "cte_ppm_per_k": 16.4,
        },
        "geometry": {
            "drawing": "plate.dxf",
            "features": [
                circle("H1", "inner", [0, 15], 15),
                circle("H2", "inner", [110, 15], 15.0),
                line("E1", [10, 0], [100, 0]),
                {
                    "id": "A1",
                    "type": "arc",
                    "side": "outer",
                    "center": [0, 15],
                    "radius": 15,
                    "start_angle": 150,
                    "end_angle": 270,
                },
                {"id": "PL", "type": "contour", "layer": "outer_loop"},
            ],
        },
        "datums": {"A": "H1", "B": "E1"},
        "characteristics": [
            {"id": "1", "type": "position", "feature": "H2", "datum": ["A", "B"], "tolerance": 0.1, "modifier": "MMC"},
            {"id": "5", "type": "distance", "features": ["H1", "H2"], "nominal": 110, "general": "ISO 2768-m"},
            {"id": "6", "type": "line_profile", "feature": "PL", "tolerance": 0.4},
            {"id": "7", "type": "code", "symbology": "datamatrix", "expected": "010761234567890021A1"},
            {"id": "8", "type": "text", "region": [[3, 2], [1, 1]], "expected": "ANNA 22.11.26"},
            {"id": "9", "type": "surface", "region": "PL", "max_defect_mm": 0.05, "view": "dark"},
            {"id": "10", "type": "count", "nominal": 3},
        ],
        "decision": {"rule": "jcgm106", "conformance_probability": 0.99},
    }
    read = parse(document, PLATE.parent)
    assert read.drawing == PLATE.read_bytes()
    assert len(read.geometry.drawing_sha256) == 64
    assert read.decision == DecisionRule("jcgm106", 0.99)
    assert read.part.cte_ppm_per_k == 16.4
    assert read.datums == {"A": ("H1",), "B": ("E1",)}
    assert read.datum_features("A-B") == ("H1", "E1")
    asked = {one.id: one for one in read.characteristics}
    assert asked["1"].modifier == "MMC"
    assert asked["5"].limits.upper == Decimal("110.3")
    assert asked["8"].region == ((1.0, 1.0), (3.0, 2.0))
    assert (asked["9"].region, asked["9"].view, asked["9"].max_defect_mm) == ("PL", "dark", Decimal("0.05"))
    assert asked["10"].limits == Limits(Decimal(3), Decimal(3), Decimal(3), "exact")
    again = parse(document, None, drawing=read.drawing)
    assert again == read


def test_ways_of_saying_a_size() -> None:
    size = {"type": "diameter", "feature": "OD"}
    assert limits_of({**size, "nominal": 25, "upper_tol": 0.1}) == Limits(Decimal(25), None, Decimal("25.1"), "±")
    assert limits_of({**size, "nominal": 25, "lower_tol": -0.1}) == Limits(Decimal(25), Decimal("24.9"), None, "±")
    assert limits_of({**size, "limits": [24.9, 25.1]}) == Limits(None, Decimal("24.9"), Decimal("25.1"), "limits")
    assert limits_of({**size, "limits": [None, 25.1]}) == Limits(None, None, Decimal("25.1"), "limits")
    assert limits_of({**size, "fit": "g6"}) == Limits(Decimal(25), Decimal("24.980"), Decimal("24.993"), "g6")
    assert limits_of({**size, "general": "ISO 2768-f"}).upper == Decimal("25.1")
    assert limits_of({"type": "radius", "feature": "OD", "general": "ISO 2768-f"}).upper == Decimal("12.6")
    arc = {"type": "arc", "side": "outer", "center": [0, 0], "radius": 2, "start_angle": 350, "end_angle": 80}
    corner = [{"id": "A", **arc}, circle("OD", "outer", [0, 0], 25)]
    assert limits_of({"type": "radius", "feature": "A", "general": "ISO 2768-m"}, corner).upper == Decimal("2.2")
    assert limits_of({"type": "diameter", "feature": "A", "general": "ISO 2768-m"}, corner).upper == Decimal("4.1")
    angle = {"type": "angle", "features": ["E1", "E2"], "nominal": 90, "general": "ISO 2768-c"}
    assert limits_of(angle, square()).lower == Decimal("88.5")
    count = {"type": "count", "of": "teeth", "nominal": 12, "lower_tol": -1, "upper_tol": 0}
    assert limits_of(count) == Limits(Decimal(12), Decimal(11), Decimal(12), "±")


def test_limits_stay_exact() -> None:
    text = json.dumps(order([circle("OD", "outer", [0, 0], 25)], {"type": "diameter", "feature": "OD", "nominal": "@"}))
    text = text.replace('"@"', '0.3e2, "lower_tol": -0.1, "upper_tol": 0.12345678901234567890')
    limits = parse_order(text.encode(), None, "x").characteristics[0].limits
    assert limits.lower == Decimal("29.9")
    assert limits.upper == Decimal("30.12345678901234567890")


def test_marks_only() -> None:
    for geometry in ({}, {"features": []}):
        document = order(None)
        document["geometry"] = geometry
        read = parse(document)
        assert read.geometry.features == {}
        assert read.geometry.silhouette is None
        assert read.characteristics[0].region is None


def test_bottom_view_is_kept() -> None:
    assert parse(order(square(), view="bottom")).geometry.face is Face.BOTTOM


def test_a_thousand_features_are_quick() -> None:
    holes = [circle(f"H{n}", "inner", [1 + n % 40, 1 + n // 40], 0.5) for n in range(1000)]
    asked = [{"type": "diameter", "feature": f"H{n}", "general": "ISO 2768-f"} for n in range(1000)]
    document = order([*square(50), *holes], *asked)
    begin = time.perf_counter()
    read = parse(document)
    assert time.perf_counter() - begin < 5.0
    assert read.geometry.silhouette is not None
    assert len(read.geometry.silhouette.openings) == 1000


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(OrderError, match="no such file"):
        read_order(tmp_path / "missing.json")
    with pytest.raises(OrderError, match="not a regular file"):
        read_order(tmp_path)
    huge = tmp_path / "huge.json"
    with huge.open("wb") as stream:
        stream.truncate(200 * 1024 * 1024)
    with pytest.raises(OrderError, match="larger than"):
        read_order(huge)
    with pytest.raises(OrderError, match="larger than"):
        parse_order(b" " * (8 * 1024 * 1024 + 1), None, "x")


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not UTF-8"),
        (b"[]", "an order is a JSON object"),
        (b"NaN", "not a finite number"),
        (b'{"a": Infinity}', "not a finite number"),
        (b'{"a": 1, "a": 2}', "appears twice"),
        (b"[" * 1000 + b"]" * 1000, "nested too deeply"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a": 1e99999999999999999999}', "out of range"),
        (b'{"a": 1e999}', "out of range"),
        (b'{"a": ' + b"1" * 5000 + b"}", "out of range"),
        (b'{"a": "\\ud800"}', "surrogate"),
    ],
)
def test_what_is_no_document(data: bytes, part: str) -> None:
    with pytest.raises(OrderError, match=part) as caught:
        parse_order(data, None, "order.json")
    assert caught.value.place == "order.json"


def test_a_consumer_s_risk_is_what_conformity_leaves() -> None:
    document = ring()
    document["decision"] = {"rule": "jcgm106", "consumer_risk": 0.02}
    assert parse(document).decision.conformance_probability == 0.98
