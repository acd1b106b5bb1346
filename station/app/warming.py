"""Compiles what measures before anything is measured: the first cycle after an update must not take minutes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from station.compiled import told_of_compiling
from station.cycle.measure import inspect_picture
from station.metrology.calibration import Calibration, Clipping
from station.metrology.camera import telecentric
from station.metrology.uncertainty import Conditions
from station.notify import Notifier
from station.order.model import Order
from station.order.read import parse_order
from station.plan.compile import compile_plan
from station.vision.picture import picture_from

if TYPE_CHECKING:
    from station.twin.part import MadePart


@contextmanager
def compiling_told(notifier: Notifier) -> Iterator[None]:
    """systemd hears of every loop that is compiled meanwhile: a first start takes minutes, and a cycle that has to
    compile what nothing warmed up does not hang."""
    number = count(1)
    with told_of_compiling(lambda: notifier.progress(f"starts for the first time: {next(number)} loops are compiled")):
        yield


def warm_up(bit_depth: int = 8) -> None:
    """Measures two small parts that never were, in a picture of `bit_depth` bits: a plate with one of each kind of
    characteristic, and a wheel from a drawing that lacks a tooth. Nothing of it is kept."""
    from station.twin.demo_round import wheel_cases
    from station.twin.part import part_of_order

    plate = parse_order(json.dumps(_plate()).encode(), None, "warm-up")
    _measure(plate, part_of_order(plate), 320, 240, bit_depth)
    wheel = next(case for case in wheel_cases() if case.part.flaws)
    order = parse_order(wheel.document, None, "warm-up", drawing=wheel.drawing.encode())
    _measure(order, wheel.part, 440, 440, bit_depth)


def _measure(order: Order, part: MadePart, width_px: int, height_px: int, bit_depth: int) -> None:
    from station.twin.render import render
    from station.twin.scene import Lamp, Optics, PlacedPart, Pose, Scene

    optics = Optics(width_px, height_px, mm_per_px=0.02)
    made = datetime(2026, 1, 1, tzinfo=UTC)
    camera = telecentric(optics.width_px, optics.height_px, optics.mm_per_px)
    calibration = Calibration(
        "warm-up", made, made.replace(year=2100), camera, 1e-4, 0.0, 0.02, 0.0, 0.01, None, Clipping.NONE, 20.0, "-"
    )
    scene = Scene(optics, Lamp(bit_depth=bit_depth), (PlacedPart(part, Pose(0.1, -0.05, 4.0)),))
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
