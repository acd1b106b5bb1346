"""A plate with a notch and a ring, marked on their faces, as the camera sees them from the front."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from station.cycle.examine import Examination, examine, no_models
from station.cycle.marks.look import Models
from station.cycle.pictures import TakenPicture
from station.metrology.calibration import Calibration
from station.metrology.camera import telecentric
from station.metrology.uncertainty import Conditions
from station.order.model import Order
from station.order.read import parse_order
from station.plan.compile import compile_plan
from station.twin.marks import CodeMark, FaceDefect, TextMark
from station.twin.part import Flaw, part_of_order
from station.twin.render import render
from station.twin.scene import Lamp, Optics, PlacedPart, Polarity, Pose, Scene, Surface

from ...metrology.calibrations_for_tests import exact_calibration

OPTICS = Optics(800, 600, 0.01, 1.0)
CALIBRATION = exact_calibration(telecentric(800, 600, 0.01))
POSE = Pose(0.12, -0.07, 21.0)
FRONT = Lamp(0.04, 0.62, Polarity.FRONTLIT, 0.08)
CODE = {
    "id": "7",
    "type": "code",
    "symbology": "datamatrix",
    "expected": "A-0001",
    "region": [[-1.6, -0.6], [-0.2, 0.8]],
}


def plate(*asked: dict[str, Any], **geometry: Any) -> dict[str, Any]:
    """An order for a plate of 4 by 2.4 mm that lacks a corner: its outline says how it lies."""
    corners = [(-2.0, -1.2), (2.0, -1.2), (2.0, 0.4), (1.2, 1.2), (-2.0, 1.2)]
    lines = [
        {"id": f"L{k}", "type": "line", "start": list(a), "end": list(b), "material": "left"}
        for k, (a, b) in enumerate(zip(corners, [*corners[1:], corners[0]], strict=True))
    ]
    return order({"features": lines, "partial": True, **geometry}, *asked)


def ring(*asked: dict[str, Any]) -> dict[str, Any]:
    """An order for a ring: nothing says how it lies turned."""
    circles = [
        {"id": "OD", "type": "circle", "side": "outer", "center": [0, 0], "diameter": 5.0},
        {"id": "ID", "type": "circle", "side": "inner", "center": [0, 0], "diameter": 1.0},
    ]
    return order({"features": circles, "partial": True}, *asked)


def order(geometry: dict[str, Any], *asked: dict[str, Any]) -> dict[str, Any]:
    """An order for the part P-1."""
    return {
        "schema": "order/1",
        "order_id": "MO-1",
        "part": {"serial": "P-1"},
        "geometry": geometry,
        "characteristics": list(asked),
    }


def parsed(document: dict[str, Any]) -> Order:
    """The order of a document."""
    return parse_order(json.dumps(document).encode(), None, "order")


def seen(
    what: Order,
    *marks: CodeMark | TextMark,
    defects: Sequence[FaceDefect] = (),
    flaws: Sequence[Flaw] = (),
    pose: Pose = POSE,
    lamp: Lamp = FRONT,
    seed: int = 4,
) -> TakenPicture:
    """The made part in the view `front`, or in another lamp's."""
    face = what.geometry.face
    part = replace(part_of_order(what, (), tuple(flaws)), marks=marks, defects=tuple(defects), marked=face)
    scene = Scene(OPTICS, lamp, (PlacedPart(part, pose, face, Surface(grain=0.02)),))
    pixels = render(scene, np.random.default_rng(seed))
    return TakenPicture("front" if lamp.polarity is Polarity.FRONTLIT else "backlight", pixels, b"", ".png", "picture")


def examined(
    what: Order,
    *pictures: TakenPicture,
    calibration: Calibration | None = CALIBRATION,
    models: Models = no_models,
) -> Examination:
    """What the station says of it."""
    plan = compile_plan(what, calibration) if calibration is not None and what.geometry.features else None
    return examine(what, plan, calibration, pictures, Conditions(20.0), models)
