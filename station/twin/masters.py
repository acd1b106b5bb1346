"""Certified masters for the twin: pictures of hole plates of known sizes, for the ordinary calibration script."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from station.errors import ImageError
from station.order.geometry import CircleFeature, Point, Side
from station.twin.demo import random_pose
from station.twin.demo_case import Design, feature_entry
from station.twin.outlines import circle_outline, polar
from station.twin.part import CircleDeviation, MadePart
from station.twin.render import render
from station.twin.scene import Lamp, Optics, PlacedPart, Scene
from station.twin.truth import part_truth

MASTER_OUTER_MM = 10.0
MASTER_HOLES_MM: tuple[tuple[float, float, float], ...] = (  # radius and direction of the centre, diameter
    (0.0, 0.0, 3.0),
    (3.3, 90.0, 0.6),
    (3.3, 170.0, 1.0),
    (3.3, 255.0, 1.5),
    (3.3, 345.0, 2.0),
)


@dataclass(frozen=True, slots=True)
class MasterPicture:
    """One picture of one master; `part` has the true sizes, `certificate` what its papers say (feature, value, u)."""

    image: str
    scene: Scene
    part: MadePart
    certificate: tuple[tuple[str, float, float], ...]


def master_design() -> Design:
    """A round plate with five bores of different size: outer and inner edges, large and small radii."""
    features = [CircleFeature("OD", Side.OUTER, (0.0, 0.0), MASTER_OUTER_MM)]
    for number, (radius, direction, diameter) in enumerate(MASTER_HOLES_MM, start=1):
        center: Point = polar(radius, direction)
        features.append(CircleFeature(f"H{number}", Side.INNER, (round(center[0], 4), round(center[1], 4)), diameter))
    outer, *holes = (
        circle_outline(feature.center_mm, feature.diameter_mm, feature.side is Side.INNER, feature.id)
        for feature in features
    )
    return Design((outer,), tuple(holes), tuple(features))


def twin_masters(
    optics: Optics, lamp: Lamp, rng: np.random.Generator, *, masters: int = 3, pictures: int = 3, u_mm: float = 0.0003
) -> Iterator[MasterPicture]:
    """`pictures` poses of each of several masters; certificates are off the truth by normal errors of `u_mm`."""
    design = master_design()
    for master in range(1, masters + 1):
        made = [CircleDeviation(feature.id, float(rng.uniform(-0.01, 0.01))) for feature in design.features]
        part = design.made(*made)
        certificate = tuple(
            (circle.id, round(circle.diameter_mm + u_mm * float(rng.standard_normal()), 5), u_mm)
            for circle in part_truth(part).circles
        )
        for picture in range(1, pictures + 1):
            placed = PlacedPart(part, random_pose(part, optics, rng))
            yield MasterPicture(f"master-{master}-{picture}.png", Scene(optics, lamp, (placed,)), part, certificate)


def write_twin_masters(
    folder: Path, optics: Optics, lamp: Lamp, rng: np.random.Generator, *, masters: int = 3, pictures: int = 3
) -> Path:
    """Write the pictures, MASTERS.csv and the masters' order; the order's path.

    Raises:
        ImageError: a picture could not be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[str, str, float, float]] = []
    for picture in twin_masters(optics, lamp, rng, masters=masters, pictures=pictures):
        path = folder / picture.image
        if not cv2.imwrite(str(path), render(picture.scene, rng)):
            raise ImageError("the picture could not be written", place=str(path))
        rows += [(picture.image, *entry) for entry in picture.certificate]
    with (folder / "MASTERS.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["image", "feature", "value_mm", "u_mm"])
        writer.writerows(rows)
    order = folder / "MASTERS-order.json"
    order.write_text(master_order(), encoding="utf-8")
    return order


def master_order() -> str:
    """The order/1 document of the master plate."""
    features = master_design().features
    diameters = [feature for feature in features if isinstance(feature, CircleFeature)]
    document = {
        "schema": "order/1",
        "order_id": "MASTER-PLATE",
        "part": {"part_number": "MASTER-PLATE", "serial": "MASTER-PLATE", "material": "steel", "cte_ppm_per_k": 11.5},
        "geometry": {"features": [feature_entry(feature) for feature in features]},
        "characteristics": [
            {
                "id": str(number),
                "type": "diameter",
                "feature": feature.id,
                "nominal": feature.diameter_mm,
                "lower_tol": -0.02,
                "upper_tol": 0.02,
            }
            for number, feature in enumerate(diameters, start=1)
        ],
    }
    return json.dumps(document, indent=1) + "\n"
