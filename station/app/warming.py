"""Compiles what measures before anything is measured: the first cycle after an update must not take minutes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np

from station.cycle.measure import inspect_picture
from station.metrology.calibration import Calibration, Clipping
from station.metrology.camera import telecentric
from station.metrology.uncertainty import Conditions
from station.order.read import parse_order
from station.plan.compile import compile_plan
from station.vision.picture import picture_from


def warm_up() -> None:
    """Measures a small plate that never was, with one of each kind of characteristic; nothing of it is kept."""
    from station.twin.part import part_of_order
    from station.twin.render import render
    from station.twin.scene import Lamp, Optics, PlacedPart, Pose, Scene

    optics = Optics(width_px=320, height_px=240, mm_per_px=0.02)
    order = parse_order(json.dumps(_plate()).encode(), None, "warm-up")
    made = datetime(2026, 1, 1, tzinfo=UTC)
    camera = telecentric(optics.width_px, optics.height_px, optics.mm_per_px)
    calibration = Calibration(
        "warm-up", made, made.replace(year=2100), camera, 1e-4, 0.0, 0.02, 0.0, 0.01, None, Clipping.NONE, 20.0, "-"
    )
    scene = Scene(optics, Lamp(), (PlacedPart(part_of_order(order), Pose(0.1, -0.05, 4.0)),))
    picture = picture_from(render(scene, np.random.default_rng(1)))
    inspect_picture(order, compile_plan(order, calibration), calibration, picture, Conditions(20.0, 12.0))


def _plate() -> dict[str, Any]:
    """4 by 2.4 mm with two holes."""
    corners = [(-2.0, -1.2), (2.0, -1.2), (2.0, 1.2), (-2.0, 1.2)]
    lines = zip("BRTL", corners, [*corners[1:], corners[0]], strict=True)
    features: list[dict[str, Any]] = [
        {"id": name, "type": "line", "start": list(a), "end": list(b), "material": "left"} for name, a, b in lines
    ]
    features += [
        {"id": name, "type": "circle", "side": "inner", "center": [x, 0.1], "diameter": 0.8}
        for name, x in (("H", -1.0), ("K", 1.1))
    ]
    size = {"lower_tol": -0.1, "upper_tol": 0.1}
    asked: list[dict[str, Any]] = [
        {"type": "diameter", "feature": "H", "nominal": 0.8, **size},
        {"type": "diameter", "feature": "H", "nominal": 0.8, "modifier": "GX", **size},
        {"type": "diameter", "feature": "K", "nominal": 0.8, "modifier": "LP", **size},
        {"type": "distance", "features": ["H", "K"], "nominal": 2.1, **size},
        {"type": "width", "features": ["B", "T"], "nominal": 2.4, **size},
        {"type": "angle", "features": ["B", "R"], "nominal": 90.0, "lower_tol": -1.0, "upper_tol": 1.0},
        {"type": "roundness", "feature": "H", "tolerance": 0.1},
        {"type": "straightness", "feature": "B", "tolerance": 0.1},
        {"type": "parallelism", "feature": "T", "datum": ["A"], "tolerance": 0.1},
        {"type": "position", "feature": "K", "datum": ["A", "C"], "tolerance": 0.1},
        {"type": "line_profile", "feature": "H", "tolerance": 0.1},
        {"type": "circular_runout", "feature": "K", "datum": ["D"], "tolerance": 9.0},
    ]
    return {
        "schema": "order/1",
        "order_id": "warm-up",
        "part": {"serial": "warm-up"},
        "geometry": {"features": features},
        "datums": {"A": "B", "C": "L", "D": "H"},
        "characteristics": [{"id": str(number), **one} for number, one in enumerate(asked, start=1)],
    }
