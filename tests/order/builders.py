"""Orders and drawings made for tests."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ezdxf
import pytest

from station.order.model import Order
from station.order.read import parse_order

SHARED = Path(__file__).resolve().parents[3] / "shared"
PLATE = SHARED / "data" / "plate" / "plate.dxf"
needs_plate = pytest.mark.skipif(not PLATE.exists(), reason="the shared plate drawing is not beside this checkout")

RING: dict[str, Any] = {
    "schema": "order/1",
    "order_id": "MO-2026-000417",
    "part": {"serial": "RING-237-0001"},
    "geometry": {
        "features": [
            {"id": "OD", "type": "circle", "side": "outer", "center": [0, 0], "diameter": 23.7},
            {"id": "ID", "type": "circle", "side": "inner", "center": [0, 0], "diameter": 19.0},
        ]
    },
    "datums": {"A": "OD"},
    "characteristics": [
        {"id": "1", "type": "diameter", "feature": "OD", "nominal": 23.7, "lower_tol": -0.05, "upper_tol": 0.05},
        {"id": "2", "type": "diameter", "feature": "ID", "nominal": 19.0, "fit": "H9"},
        {"id": "3", "type": "roundness", "feature": "OD", "tolerance": 0.06},
        {"id": "4", "type": "concentricity", "feature": "ID", "datum": ["A"], "tolerance": 0.05},
    ],
}


def line(name: str, start: Sequence[float], end: Sequence[float], material: str = "left") -> dict[str, Any]:
    return {"id": name, "type": "line", "start": list(start), "end": list(end), "material": material}


def circle(name: str, side: str, center: Sequence[float], diameter: float) -> dict[str, Any]:
    return {"id": name, "type": "circle", "side": side, "center": list(center), "diameter": diameter}


def arc(name: str, side: str, center: Sequence[float], radius: float, start: float, end: float) -> dict[str, Any]:
    angles = {"start_angle": start, "end_angle": end}
    return {"id": name, "type": "arc", "side": side, "center": list(center), "radius": radius, **angles}


def chain(name: str, corners: Sequence[Sequence[float]]) -> list[dict[str, Any]]:
    """Lines name1, name2, … around a counter-clockwise polygon."""
    following = [*corners[1:], corners[0]]
    return [line(f"{name}{n}", a, b) for n, (a, b) in enumerate(zip(corners, following, strict=True), start=1)]


def square(side: float = 10.0) -> list[dict[str, Any]]:
    """Four lines counter-clockwise from the origin, E1 at the bottom."""
    return chain("E", [[0.0, 0.0], [side, 0.0], [side, side], [0.0, side]])


def size(kind: str, features: str | list[str], nominal: float, plus_minus: float) -> dict[str, Any]:
    named = {"feature": features} if isinstance(features, str) else {"features": features}
    return {"type": kind, **named, "nominal": nominal, "lower_tol": -plus_minus, "upper_tol": plus_minus}


def zone(kind: str, feature: str, tolerance: float, *datum: str, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "feature": feature,
        "tolerance": tolerance,
        **({"datum": list(datum)} if datum else {}),
        **more,
    }


def order(features: list[dict[str, Any]] | None = None, *asked: dict[str, Any], **geometry: Any) -> dict[str, Any]:
    """An order document; without characteristics it asks for a code."""
    code = {"id": "code", "type": "code", "symbology": "datamatrix", "expected": "X"}
    return {
        "schema": "order/1",
        "order_id": "MO-1",
        "part": {"serial": "S-1"},
        "geometry": {**({} if features is None else {"features": features}), **geometry},
        "characteristics": [{"id": str(n), **one} for n, one in enumerate(asked, start=1)] or [code],
    }


def ring(change: Callable[[dict[str, Any]], object] | None = None) -> dict[str, Any]:
    document = copy.deepcopy(RING)
    if change is not None:
        change(document)
    return document


def parse(document: Any, folder: Path | None = None, drawing: bytes | None = None) -> Order:
    return parse_order(json.dumps(document).encode(), folder, "order.json", drawing=drawing)


def drawn(draw: Callable[[Any], object], *, insunits: int | None = 4, version: str = "R2010") -> bytes:
    """The bytes of a DXF; `draw` gets ezdxf's document."""
    document = ezdxf.new(version, setup=["linetypes"])
    if insunits is None:
        del document.header["$INSUNITS"]
    else:
        document.header["$INSUNITS"] = insunits
    draw(document)
    stream = io.StringIO()
    document.write(stream)
    return stream.getvalue().encode()


def box(model: Any, x: float, y: float, width: float, height: float, **attributes: Any) -> None:
    """Four separate lines."""
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    for number in range(4):
        model.add_line(corners[number], corners[(number + 1) % 4], dxfattribs=attributes)
