"""Random pictures and random orders, the whole range of what may come in, and a search for numbers that are none."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from station.order.model import Order
from station.order.read import parse_order

from ..order.builders import chain, circle, drawn, line, zone
from .scenes_for_measure import MM_PER_PX

Rng = np.random.Generator
Pixels = NDArray[Any]

SIDES = [
    (1, 1),
    (1, 50),
    (50, 1),
    (2, 3),
    (7, 7),
    (8, 8),
    (9, 33),
    (16, 16),
    (40, 30),
    (64, 48),
    (160, 120),
    (300, 200),
]
# What an answer refers to, not what it says: the plan may speak of what has no end.
NOT_SAID = {"item", "picture"}


def random_picture(rng: Rng) -> Pixels:
    """Anything a camera or a file may hold, but no part on purpose: 8 or 16 bits, grey or colour, down to one pixel."""
    width, height = SIDES[int(rng.integers(len(SIDES)))]
    light = np.clip(PAINTERS[int(rng.integers(len(PAINTERS)))](width, height, rng), 0.0, 1.0)
    bits = int(rng.choice([8, 8, 8, 10, 12, 16]))
    grey = np.rint(light * (2**bits - 1)).astype(np.uint8 if bits == 8 else np.uint16)
    planes = int(rng.choice([0, 0, 0, 1, 3, 4]))
    return grey if planes == 0 else np.repeat(grey[:, :, None], planes, axis=2)


def _noise(width: int, height: int, rng: Rng) -> Pixels:
    return np.asarray(rng.random((height, width)))


def _faint(width: int, height: int, rng: Rng) -> Pixels:
    return np.asarray(rng.random() + rng.uniform(0.0, 0.05) * rng.standard_normal((height, width)))


def _level(width: int, height: int, rng: Rng) -> Pixels:
    return np.full((height, width), float(rng.choice([0.0, 0.02, 0.5, 1.0])))


def _gradient(width: int, height: int, rng: Rng) -> Pixels:
    x, y = np.linspace(-1, 1, width)[None, :], np.linspace(-1, 1, height)[:, None]
    return np.asarray(0.5 + rng.uniform(-0.6, 0.6) * x + rng.uniform(-0.6, 0.6) * y)


def _one_bit(width: int, height: int, rng: Rng) -> Pixels:
    return (rng.random((height, width)) < rng.random()).astype(float)


def _stripes(width: int, height: int, rng: Rng) -> Pixels:
    turn, period = rng.uniform(0.0, math.pi), rng.uniform(2.0, 40.0)
    x, y = np.arange(width)[None, :], np.arange(height)[:, None]
    return (np.sin((x * math.cos(turn) + y * math.sin(turn)) * 2 * math.pi / period) > 0).astype(float)


def _blobs(width: int, height: int, rng: Rng) -> Pixels:
    soft = cv2.GaussianBlur(rng.random((height, width)), (0, 0), float(rng.uniform(1.0, 12.0)))
    return np.where(soft > np.quantile(soft, rng.uniform(0.1, 0.9)), 0.85, 0.1) + 0.01 * rng.standard_normal(soft.shape)


def _things(width: int, height: int, rng: Rng) -> Pixels:
    """Dark (or bright) rectangles, triangles and ellipses, in part out of the field."""
    field, thing = (0.86, 0.08) if rng.random() < 0.7 else (0.08, 0.8)
    canvas = np.full((height, width), field)
    for _ in range(int(rng.integers(1, 7))):
        at = rng.uniform(-0.2, 1.2, 2) * (width, height)
        reach = rng.uniform(0.02, 0.6, 2) * max(width, height)
        if rng.random() < 0.4:
            box = (at.tolist(), reach.tolist(), float(rng.uniform(0, 180)))
            cv2.ellipse(canvas, box, float(rng.choice([thing, field])), -1)
        else:
            corners = at + rng.uniform(-1, 1, (int(rng.integers(3, 5)), 2)) * reach
            cv2.fillPoly(canvas, [np.rint(corners).astype(np.int32)], float(rng.choice([thing, field])))
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), 0.8) + 0.01 * rng.standard_normal(canvas.shape))


PAINTERS = (_noise, _faint, _level, _gradient, _one_bit, _stripes, _blobs, _things, _things, _things)


def random_document(rng: Rng) -> tuple[dict[str, Any], bytes | None]:
    """An order document, valid or not, and its drawing if it has one."""
    features, partial, drawing = SHAPES[int(rng.integers(len(SHAPES)))](rng)
    features = [dict(feature) for feature in features]
    geometry: dict[str, Any] = {"features": features, "partial": partial}
    if drawing is not None:
        geometry["drawing"] = "drawn.dxf"
    if rng.random() < 0.15:
        geometry["view"] = "bottom"
    asked = _asked(features, rng)
    return {
        "schema": "order/1",
        "order_id": "MO-1",
        "part": {"serial": "S-1"},
        "geometry": geometry,
        "datums": {"A": features[0]["id"]} if features[0]["type"] != "contour" else {},
        "characteristics": [{"id": str(n), **one} for n, one in enumerate(asked, start=1)],
    }, drawing


def order_of(document: dict[str, Any], drawing: bytes | None = None) -> Order:
    """As the station reads it."""
    return parse_order(json.dumps(document).encode(), None, "order.json", drawing=drawing)


def _length(rng: Rng, least_px: float = 1.0, most_px: float = 600.0) -> float:
    """A size in mm, from a pixel to more than the field, small ones as often as large ones."""
    return round(float(np.exp(rng.uniform(math.log(least_px), math.log(most_px)))) * MM_PER_PX, 5)


def _point(rng: Rng, reach_px: float = 250.0) -> list[float]:
    return [round(float(v) * MM_PER_PX, 5) for v in rng.uniform(-reach_px, reach_px, 2)]


Shape = tuple[list[dict[str, Any]], bool, bytes | None]


def _loose(rng: Rng) -> Shape:
    """Edges anywhere, in part beyond the field, crossing each other, of any size."""
    found: list[dict[str, Any]] = []
    for number in range(int(rng.integers(1, 7))):
        side = str(rng.choice(["outer", "inner"]))
        match int(rng.integers(3)):
            case 0:
                found.append(circle(f"C{number}", side, _point(rng), _length(rng)))
            case 1:
                found.append(line(f"L{number}", _point(rng), _point(rng), str(rng.choice(["left", "right"]))))
            case _:
                start = float(rng.uniform(-180.0, 180.0))
                angles = {"start_angle": start, "end_angle": start + float(rng.choice([0.5, 5.0, 40.0, 120.0, 355.0]))}
                arc = {"type": "arc", "side": side, "center": _point(rng), "radius": _length(rng)}
                found.append({"id": f"A{number}", **arc, **angles})
    return found, True, None


def _disc(rng: Rng) -> Shape:
    """A disc with holes that may be tiny, near each other, near the rim, one in the other, or across the rim."""
    diameter = _length(rng, 4.0)
    found = [circle("OD", "outer", [0, 0], diameter)]
    for number in range(int(rng.integers(0, 5))):
        share = float(rng.choice([0.02, 0.1, 0.2, 0.3, 0.9]))
        reach = 0.5 * diameter * (1.0 - share) * float(rng.choice([0.9, 1.0, 1.1], p=[0.8, 0.15, 0.05]))
        turn, away = rng.uniform(0.0, 2 * math.pi), reach * rng.random()
        at = [round(float(away * math.cos(turn)), 5), round(float(away * math.sin(turn)), 5)]
        found.append(circle(f"H{number}", "inner", at, round(diameter * share, 5)))
    return found, False, None


def _star(rng: Rng) -> Shape:
    """A polygon of few or many corners, spikes and nearly straight ones among them."""
    count, reach = int(rng.integers(3, 14)), _length(rng, 10.0, 300.0)
    turns = np.sort(rng.uniform(0.0, 2 * math.pi, count))
    radii = reach * rng.uniform(0.15, 1.0, count)
    corners = np.round(np.column_stack([radii * np.cos(turns), radii * np.sin(turns)]), 5).tolist()
    found = chain("E", corners)
    if rng.random() < 0.5:
        found.append(circle("H", "inner", [0, 0], round(0.1 * reach, 5)))
    return found, False, None


def _comb(rng: Rng) -> Shape:
    """Bars and gaps far narrower than a probe is long."""
    wide, deep = _length(rng, 1.0, 9.0), _length(rng, 10.0, 80.0)
    teeth, back = int(rng.integers(2, 7)), _length(rng, 2.0, 40.0)
    corners = [[0.0, -back], [round((2 * teeth - 1) * wide, 5), -back]]
    for tooth in reversed(range(teeth)):
        left, right = round(2 * tooth * wide, 5), round((2 * tooth + 1) * wide, 5)
        corners += [[right, 0.0]] if tooth < teeth - 1 else []
        corners += [[right, deep], [left, deep]]
        corners += [[left, 0.0]] if tooth > 0 else []
    return chain("K", corners), False, None


def _degenerate(rng: Rng) -> Shape:
    """What should never have been drawn."""
    point = _point(rng, 50.0)
    near = [
        point[0] + float(rng.choice([0.0, 1e-9, 1e-5, 1e-3, 0.02, 0.05], p=[0.1, 0.1, 0.2, 0.2, 0.2, 0.2])),
        point[1],
    ]
    return (
        [
            line("P", point, near),
            *chain("F", [[0, 0], [float(rng.choice([1e-4, 1.0])), 0], [1.0, float(rng.choice([1e-6, 1e-3, 0.02]))]]),
            circle("Z", "inner", [0, 0], float(rng.choice([1e-4, 1e-3, 5000.0]))),
        ],
        bool(rng.random() < 0.6),
        None,
    )


def _contour(rng: Rng) -> Shape:
    """The outline of a drawing: straight and round, any size."""
    count, reach = int(rng.integers(3, 9)), _length(rng, 6.0, 400.0)
    turns = 2 * math.pi * np.arange(count) / count
    corners = [
        (reach * r * math.cos(t), reach * r * math.sin(t), b)
        for t, r, b in zip(turns, rng.uniform(0.4, 1.0, count), rng.choice([0.0, 0.2, -0.3], count), strict=True)
    ]
    data = drawn(lambda document: document.modelspace().add_lwpolyline(corners, format="xyb", close=True))
    return [{"id": "PL", "type": "contour", "layer": "0"}], bool(rng.random() < 0.2), data


SHAPES = (_loose, _loose, _disc, _disc, _star, _comb, _degenerate, _contour)


def _asked(features: list[dict[str, Any]], rng: Rng) -> list[dict[str, Any]]:
    """Something about every feature, and about some pairs."""
    found: list[dict[str, Any]] = []
    for feature in features:
        name = feature["id"]
        match feature["type"]:
            case "circle":
                found.append(_sized("diameter", name, feature["diameter"]))
                found.append(zone("roundness", name, 0.02))
            case "arc":
                found.append(_sized("radius", name, feature["radius"]))
            case "line":
                found.append(zone("straightness", name, 0.02))
            case _:
                found.append(zone("line_profile", name, 0.05))
    lines = [feature["id"] for feature in features if feature["type"] == "line"]
    places = [feature["id"] for feature in features if feature["type"] != "contour"]
    if len(places) > 1:
        a, b = rng.choice(places, 2, replace=False).tolist()
        found.append({"type": "distance", "features": [a, b], "limits": [0.0, _length(rng)]})
    if len(lines) > 1:
        a, b = rng.choice(lines, 2, replace=False).tolist()
        found.append({"type": "width", "features": [a, b], "limits": [0.0, _length(rng)]})
        found.append(_sized("angle", [a, b], float(rng.choice([0.0, 30.0, 90.0]))))
        if b != features[0]["id"] and features[0]["type"] == "line":
            found.append(zone(str(rng.choice(["parallelism", "perpendicularity"])), b, 0.02, "A"))
    if features[-1]["type"] == "circle" and len(features) > 1:
        kind = "concentricity" if features[0]["type"] == "circle" else "position"
        found.append(zone(kind, features[-1]["id"], 0.05, "A"))
    if rng.random() < 0.3:
        found.append({"type": "count", "nominal": int(rng.integers(0, 4)), "lower_tol": 0, "upper_tol": 0})
    return found


def _sized(kind: str, features: str | list[str], nominal: float) -> dict[str, Any]:
    named = {"feature": features} if isinstance(features, str) else {"features": features}
    return {"type": kind, **named, "nominal": nominal, "lower_tol": -0.02, "upper_tol": 0.02}


def not_finite(value: Any, place: str = "") -> Iterator[str]:
    """Where an answer, however deep, holds a number that is none."""
    if isinstance(value, float) and not math.isfinite(value):
        yield f"{place} = {value}"
    elif isinstance(value, np.ndarray) and value.dtype.kind == "f" and not np.isfinite(value).all():
        yield f"{place}: {np.count_nonzero(~np.isfinite(value))} of {value.size}"
    elif is_dataclass(value) and not isinstance(value, (type, Enum)):
        for field in fields(value):
            if field.name not in NOT_SAID:
                yield from not_finite(getattr(value, field.name), f"{place}.{field.name}")
    elif isinstance(value, (tuple, list)):
        for number, one in enumerate(value):
            yield from not_finite(one, f"{place}[{number}]")
