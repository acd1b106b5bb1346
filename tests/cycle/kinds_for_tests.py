"""Parts and masters of the twin whose edges appear at different places, by how they were made."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from station.order.geometry import ArcFeature, CircleFeature, Feature, LineFeature
from station.order.model import Order
from station.twin.masters import master_order, twin_masters
from station.twin.part import CircleDeviation, Deviation, LineDeviation, MadePart
from station.twin.render import render
from station.twin.scene import Lamp, Optics

from ..order.builders import chain, circle, size
from .scenes_for_measure import order

PIXEL = 0.02
OPTICS = Optics(600, 600, PIXEL, 0.9)
APPEAR_PX = {"turned": 0.30, "punched": -0.15}
MASTER_KINDS = {"OD": "turned", "H4": "turned", **dict.fromkeys(("H1", "H2", "H3", "H5"), "punched")}
BLOCK_KINDS = {"E1": "turned", "E2": "punched", "E3": "punched", "E4": "turned", "H1": "punched", "H2": "turned"}


def appearing(part: MadePart, kinds: Mapping[str, str]) -> MadePart:
    """The part as the camera sees it: every edge of a kind out of the material by what that kind appears at."""
    found: list[Deviation] = []
    for feature in part.features:
        by = APPEAR_PX[kinds[feature.id]] * PIXEL
        found.append(_moved(feature, by))
    return replace(part, deviations=(*part.deviations, *found))


def _moved(feature: Feature, by: float) -> Deviation:
    if isinstance(feature, CircleFeature | ArcFeature):
        return CircleDeviation(feature.id, 2.0 * by if feature.side == "outer" else -2.0 * by)
    assert isinstance(feature, LineFeature)
    return LineDeviation(feature.id, by)


def write_masters(folder: Path, rng: np.random.Generator, *, masters: int = 3) -> Path:
    """Pictures of hole plates whose edges are turned and punched, MASTERS.csv with the column `edge`, their order."""
    rows: list[tuple[Any, ...]] = []
    for picture in twin_masters(OPTICS, Lamp(), rng, masters=masters, pictures=1):
        (placed,) = picture.scene.parts
        seen = replace(placed, part=appearing(placed.part, MASTER_KINDS))
        cv2.imwrite(str(folder / picture.image), render(replace(picture.scene, parts=(seen,)), rng))
        rows += [(picture.image, *entry, MASTER_KINDS[entry[0]]) for entry in picture.certificate]
    with (folder / "MASTERS.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["image", "feature", "value_mm", "u_mm", "edge"])
        writer.writerows(rows)
    (folder / "order.json").write_text(master_order(), encoding="utf-8")
    return folder / "MASTERS.csv"


def block(kinds: Mapping[str, str] = BLOCK_KINDS) -> Order:
    """A block with two holes, each edge of a kind, and characteristics within a kind and across kinds."""
    features = [
        *chain("E", [[-4.0, -3.0], [4.0, -3.0], [4.0, 2.5], [-4.0, 2.5]]),
        circle("H1", "inner", [-2.0, 0.0], 2.0),
        circle("H2", "inner", [1.5, 0.5], 1.2),
    ]
    return order(
        [{**f, "edge": kinds[f["id"]]} if f["id"] in kinds else f for f in features],
        size("diameter", "H1", 2.0, 0.05),
        size("diameter", "H2", 1.2, 0.05),
        {
            "id": "across",
            "type": "width",
            "features": ["E1", "E3"],
            "nominal": 5.5,
            "lower_tol": -0.1,
            "upper_tol": 0.1,
        },
        {"id": "along", "type": "width", "features": ["E2", "E4"], "nominal": 8, "lower_tol": -0.1, "upper_tol": 0.1},
        {"id": "edge", "type": "distance", "features": ["E2", "H1"], "nominal": 6, "lower_tol": -0.1, "upper_tol": 0.1},
        {
            "id": "centres",
            "type": "distance",
            "features": ["H1", "H2"],
            "nominal": 3.5355,
            "lower_tol": -0.1,
            "upper_tol": 0.1,
        },
        {"id": "place", "type": "position", "feature": "H1", "datum": ["A", "B"], "tolerance": 0.1},
        datums={"A": "E1", "B": "E2"},
    )
