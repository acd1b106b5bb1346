"""A small world: a camera of 400 × 300 pixels, a ring of 4 mm, and the calibration that fits."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from station.metrology.calibration import Calibration
from station.metrology.camera import CameraModel
from station.order.read import parse_order
from station.twin.part import Deviation, Flaw, part_of_order
from station.twin.render import render
from station.twin.scene import Lamp, Optics, PlacedPart, Pose, Scene

from ..metrology.calibrations_for_tests import exact_calibration

OPTICS = Optics(width_px=400, height_px=300, mm_per_px=0.02)
NOW = datetime.now(UTC)
POSE = Pose(0.31, -0.17, 33.0)


def ring_order(**changes: Any) -> dict[str, Any]:
    """An order for a ring, 4 mm outside and 2 mm inside."""
    document: dict[str, Any] = {
        "schema": "order/1",
        "order_id": "MO-1",
        "part": {"part_number": "RING-4", "serial": "RING-4-0001", "material": "1.4310", "cte_ppm_per_k": 16.4},
        "geometry": {
            "features": [
                {"id": "OD", "type": "circle", "side": "outer", "center": [0, 0], "diameter": 4.0},
                {"id": "ID", "type": "circle", "side": "inner", "center": [0, 0], "diameter": 2.0},
            ]
        },
        "datums": {"A": "OD"},
        "characteristics": [
            {"id": "1", "type": "diameter", "feature": "OD", "nominal": 4.0, "lower_tol": -0.05, "upper_tol": 0.05},
            {"id": "2", "type": "diameter", "feature": "ID", "nominal": 2.0, "lower_tol": -0.05, "upper_tol": 0.05},
            {"id": "3", "type": "concentricity", "feature": "ID", "datum": ["A"], "tolerance": 0.05},
        ],
    }
    return {**document, **changes}


def write_order(folder: Path, document: dict[str, Any] | None = None, name: str = "order.json") -> Path:
    """The order as a file."""
    path = folder / name
    path.write_text(json.dumps(ring_order() if document is None else document), encoding="utf-8")
    return path


def picture(
    document: dict[str, Any] | None = None,
    deviations: Iterable[Deviation] = (),
    flaws: Iterable[Flaw] = (),
    *,
    lamp: Lamp | None = None,
    optics: Optics = OPTICS,
    pose: Pose = POSE,
    seed: int = 1,
) -> Any:
    """What the camera sees of the ordered part, made with these deviations."""
    data = json.dumps(ring_order() if document is None else document).encode()
    part = part_of_order(parse_order(data, None, "order"), tuple(deviations), tuple(flaws))
    scene = Scene(optics, lamp or Lamp(), (PlacedPart(part, pose),))
    return render(scene, np.random.default_rng(seed))


def write_picture(path: Path, pixels: Any) -> Path:
    """The picture as a file of the format that the name says."""
    assert cv2.imwrite(str(path), pixels)
    return path


def calibration(**changes: Any) -> Calibration:
    """The calibration of the small camera: exact scale, edges within a fiftieth of a pixel."""
    known: dict[str, Any] = {
        "id": "CAL-1",
        "created": NOW,
        "valid_until": NOW + timedelta(days=30),
        "camera": CameraModel.similarity(400, 300, 0.02),
        "u_scale": 1e-5,
        "u_edge_px": 0.02,
        "local_px": 0.02,
    }
    return exact_calibration(**{**known, **changes})


def write_calibration(path: Path, made: Calibration | None = None) -> Path:
    """The calibration as a file."""
    path.write_text(json.dumps((made or calibration()).to_document(), indent=1), encoding="utf-8")
    return path
