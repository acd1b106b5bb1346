"""Whatever comes in, nothing but an InputError comes out."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from station.errors import InputError
from station.order.drawing import read_drawing
from station.order.read import parse_order

from .builders import RING, box, drawn, line, order, square

RELAXED = settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
FEW = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(max_size=8)
    | st.sampled_from(["OD", "A", "drawing", "circle", "diameter", "mm", "H7", "ISO 2768-f", "order/1"])
)
keys = st.text(max_size=8) | st.sampled_from(
    ["id", "type", "feature", "features", "geometry", "part", "limits", "from"]
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=20
)
FULL = order(
    [
        *square(),
        {"id": "A", "type": "arc", "side": "inner", "center": [5, 5], "radius": 1, "start_angle": 0, "end_angle": 90},
    ],
    {"type": "diameter", "feature": "A", "nominal": 2, "fit": "H7"},
    {"type": "angle", "features": ["E1", "E2"], "nominal": 90, "general": "ISO 2768-m"},
    {"type": "distance", "features": ["E1", "E3"], "limits": [9.9, 10.1]},
    {"type": "parallelism", "feature": "E1", "datum": ["B"], "tolerance": 0.1},
    {"type": "angularity", "feature": "E1", "datum": "B", "nominal": 90, "tolerance": 0.1},
    {"type": "position", "feature": "A", "datum": ["B"], "tolerance": 0.1, "modifier": "MMC"},
    {"type": "count", "nominal": 1, "lower_tol": 0},
    {"type": "text", "region": [[1, 1], [3, 2]], "expected": "ANNA", "direction": 90, "height": 0.5},
    {
        "type": "text",
        "expected": "BEA",
        "height": 0.5,
        "arc": {"center": [5, 5], "radius": 3, "start_angle": 0, "end_angle": 90},
    },
    {"type": "code", "symbology": "GS1 DataMatrix", "expected": "(01)07612345678900(21)A1", "identity": True},
)
FULL["datums"] = {"B": "E2"}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deep for key, child in children for deep in places(child, (*path, key)))]


def attempt(data: bytes, drawing: bytes | None = None) -> None:
    with suppress(InputError):
        parse_order(data, None, "order.json", drawing=drawing)
        return
    with pytest.raises(InputError) as caught:
        parse_order(data, None, "order.json", drawing=drawing)
    assert caught.value.place
    assert 0 < len(caught.value.sentence) < 600
    assert "\n" not in str(caught.value)


@RELAXED
@given(st.binary(max_size=200) | st.text(alphabet='{}[]":,0123456789eE.-+ truefalsn\\u', max_size=60).map(str.encode))
def test_arbitrary_bytes(data: bytes) -> None:
    attempt(data)


@RELAXED
@given(anything)
def test_arbitrary_json(value: Any) -> None:
    attempt(json.dumps(value).encode())


@RELAXED
@given(st.sampled_from([RING, FULL]), st.data())
def test_mutated_orders(base: dict[str, Any], data: st.DataObject) -> None:
    document = copy.deepcopy(base)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from([path for path in places(document) if path]))
        holder: Any = document
        for step in path[:-1]:
            holder = holder[step]
        match data.draw(st.sampled_from(["replace", "delete", "add", "double"])):
            case "delete":
                del holder[path[-1]]
            case "add" if isinstance(holder, dict):
                holder[data.draw(keys)] = data.draw(anything)
            case "double" if isinstance(holder, list):
                holder.append(holder[path[-1]])
            case _:
                holder[path[-1]] = data.draw(anything)
    attempt(json.dumps(document).encode())


coordinate = st.integers(-3, 3).map(float) | st.floats(-10, 10) | st.floats(allow_nan=False)
edge = st.builds(
    line,
    st.text("ABCDEFGH", min_size=1, max_size=4),
    st.lists(coordinate, min_size=2, max_size=2),
    st.lists(coordinate, min_size=2, max_size=2),
    st.sampled_from(["left", "right"]),
)


@RELAXED
@given(st.lists(edge, max_size=12), st.booleans())
def test_tangled_edges(edges: list[dict[str, Any]], partial: bool) -> None:
    attempt(json.dumps(order(edges, partial=partial)).encode())


def _busy(document: Any) -> None:
    model = document.modelspace()
    box(model, 0, 0, 20, 20)
    model.add_lwpolyline([(2, 2, 0.5), (6, 2, 0), (4, 6, -1)], format="xyb", close=True)
    model.add_ellipse((12, 12), (3, 1), 0.4)
    model.add_spline([(8, 3), (10, 4), (12, 3)])
    document.blocks.new("B").add_arc((0, 0), 1, 10, 200)
    model.add_blockref("B", (15, 5), dxfattribs={"rotation": 30, "xscale": -2})


DXF = drawn(_busy, version="R2000"), drawn(_busy)
LINES = [data.split(b"\n") for data in DXF]
ENTITIES = [next(n for n, text in enumerate(lines) if text.strip() == b"ENTITIES") for lines in LINES]
value_text = st.sampled_from(
    [b"0", b"-1", b"1e308", b"nan", b"inf", b"LINE", b"", b"INSERT", b"B", b"10", b"99999", b"\xff", b"EOF", b"ENDSEC"]
) | st.binary(max_size=6).map(lambda raw: raw.replace(b"\n", b""))


@FEW
@given(st.sampled_from([0, 1]), st.booleans(), st.data())
def test_mutated_drawings(which: int, partial: bool, data: st.DataObject) -> None:
    lines = list(LINES[which])
    for _ in range(data.draw(st.integers(1, 4))):
        first = ENTITIES[which] if data.draw(st.integers(0, 3)) else 0
        where = data.draw(st.integers(first, len(lines) - 1))
        lines[where] = data.draw(value_text)
    with suppress(InputError):
        read_drawing(b"\n".join(lines), partial=partial)


@FEW
@given(st.sampled_from([0, 1]), st.data())
def test_cut_off_drawings(which: int, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(DXF[which]) - 4))
    document = order([{"from": "drawing"}], drawing="x.dxf")
    attempt(json.dumps(document).encode(), DXF[which][:cut])
    with pytest.raises(InputError):
        read_drawing(DXF[which][:cut])
