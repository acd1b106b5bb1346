"""The parts of the study of real pictures: a ring, and a plate with a slot, made a little differently each time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from station.metrology.calibration import Calibration, Clipping
from station.metrology.camera import telecentric
from station.order.model import Order
from station.order.read import parse_order
from station.twin.part import CircleDeviation, Deviation, LineDeviation
from station.twin.scene import Optics
from station.twin.truth import Truth

from .spoil import Rng

MM_PER_PX = 0.010
LIMIT_PX = 4.0  # every size's tolerance, both ways
BEYOND_PX = 0.03  # how far the wrong size lies beyond its limit


@dataclass(frozen=True, slots=True)
class Subject:
    """A part to measure again and again. `outer` and `inner` are the ids of its two sizes; `make` gives deviations that
    put one of them beyond a limit, `size` a characteristic's true value in mm."""

    name: str
    order: Order
    optics: Optics
    outer: str
    inner: str
    make: Callable[[Rng], tuple[Deviation, ...]]
    size: Callable[[Truth, str], float]


def subjects() -> tuple[Subject, ...]:
    """The ring of 240 px with a hole of 100 px, and the plate of 300 by 160 px with a slot 50 px wide."""
    return (_ring(), _plate())


def _ring() -> Subject:
    features = [
        {"id": "OD", "type": "circle", "side": "outer", "center": [0, 0], "diameter": 2.4},
        {"id": "ID", "type": "circle", "side": "inner", "center": [0.2, 0.1], "diameter": 1.0},
    ]
    asked = [_asked("1", "diameter", "OD", 2.4), _asked("2", "diameter", "ID", 1.0)]

    def make(rng: Rng) -> tuple[Deviation, ...]:
        wrong, right = _off(rng)
        outer, inner = (wrong, right) if rng.random() < 0.5 else (right, wrong)
        shift = rng.uniform(-0.5, 0.5, 2) * MM_PER_PX
        return CircleDeviation("OD", outer), CircleDeviation("ID", inner, (float(shift[0]), float(shift[1])))

    def size(truth: Truth, name: str) -> float:
        return truth.circle("OD" if name == "1" else "ID").diameter_mm

    return Subject("ring", _order(features, asked), Optics(320, 320, MM_PER_PX), "1", "2", make, size)


def _plate() -> Subject:
    half, slot, radius = (1.5, 0.8), (-0.2, 0.8), 0.25  # off the middle, or no one could tell the plate's two ends
    features: list[dict[str, Any]] = [
        _line("B", (-half[0], -half[1]), (half[0], -half[1])),
        _line("R", (half[0], -half[1]), (half[0], half[1])),
        _line("T", (half[0], half[1]), (-half[0], half[1])),
        _line("L", (-half[0], half[1]), (-half[0], -half[1])),
        _line("S1", (slot[1], -radius), (slot[0], -radius)),
        _line("S2", (slot[0], radius), (slot[1], radius)),
        _arc("A1", (slot[0], 0.0), radius, 90.0, 270.0),
        _arc("A2", (slot[1], 0.0), radius, -90.0, 90.0),
    ]
    asked = [
        _asked("1", "width", ["B", "T"], 2 * half[1]),
        _asked("2", "width", ["S1", "S2"], 2 * radius),
        _asked("3", "distance", ["B", "S1"], half[1] - radius),
    ]

    def make(rng: Rng) -> tuple[Deviation, ...]:
        wrong, right = _off(rng)
        share = float(rng.uniform(0.3, 0.7))
        return LineDeviation("B", share * wrong), LineDeviation("T", (1.0 - share) * wrong), LineDeviation("L", right)

    def size(truth: Truth, name: str) -> float:
        first, second = {"1": ("B", "T"), "2": ("S1", "S2"), "3": ("B", "S1")}[name]
        return abs(truth.line(first).center_mm[1] - truth.line(second).center_mm[1])

    return Subject("plate", _order(features, asked), Optics(400, 400, MM_PER_PX), "1", "2", make, size)


def _off(rng: Rng) -> tuple[float, float]:
    """Made minus nominal (mm) of a size just beyond either limit, and of one well within."""
    beyond = (LIMIT_PX + BEYOND_PX) * (1.0 if rng.random() < 0.5 else -1.0)
    return beyond * MM_PER_PX, float(rng.uniform(-1.0, 1.0)) * MM_PER_PX


def exact(optics: Optics) -> Calibration:
    """A calibration without any uncertainty of its own."""
    made = datetime(2026, 11, 22, tzinfo=UTC)
    camera = telecentric(optics.width_px, optics.height_px, optics.mm_per_px)
    return Calibration(
        "exact", made, made.replace(year=2036), camera, 0.0, 0.0, 0.0, 0.0, 0.0, None, Clipping.NONE, 20.0, "the twin"
    )


def _line(name: str, start: tuple[float, float], end: tuple[float, float]) -> dict[str, Any]:
    return {"id": name, "type": "line", "start": list(start), "end": list(end), "material": "left"}


def _arc(name: str, center: tuple[float, float], radius: float, start: float, end: float) -> dict[str, Any]:
    angles = {"start_angle": start, "end_angle": end}
    return {"id": name, "type": "arc", "side": "inner", "center": list(center), "radius": radius, **angles}


def _asked(name: str, kind: str, features: str | list[str], nominal: float) -> dict[str, Any]:
    key = "feature" if isinstance(features, str) else "features"
    limit = LIMIT_PX * MM_PER_PX
    return {"id": name, "type": kind, key: features, "nominal": nominal, "lower_tol": -limit, "upper_tol": limit}


def _order(features: list[dict[str, Any]], asked: list[dict[str, Any]]) -> Order:
    document = {
        "schema": "order/1",
        "order_id": "STUDY",
        "part": {"serial": "STUDY", "cte_ppm_per_k": 0.0},
        "geometry": {"features": features},
        "characteristics": asked,
    }
    return parse_order(json.dumps(document).encode(), None, "study")
