"""Orders, exact calibrations and twin pictures small enough for many of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from station.cycle.measure import Outcome, inspect_picture
from station.metrology.calibration import Calibration
from station.metrology.camera import telecentric
from station.metrology.uncertainty import Conditions
from station.order.model import Face, Order
from station.plan.compile import compile_plan
from station.plan.plan import Plan
from station.twin.part import MadePart, part_of_order
from station.twin.render import render
from station.twin.scene import Dust, Lamp, Optics, PlacedPart, Pose, Scene
from station.vision.picture import Picture, picture_from

from ..metrology.calibrations_for_tests import exact_calibration
from ..order.builders import chain, circle, parse, size
from ..order.builders import order as document

MM_PER_PX = 0.01
AT_20_C = Conditions(20.0, 0.0)


def optics(width_px: int = 400, height_px: int = 300, psf_px: float = 1.0, **more: Any) -> Optics:
    return Optics(width_px, height_px, MM_PER_PX, psf_px, **more)


def exact(seen: Optics, **changes: Any) -> Calibration:
    """A calibration that knows everything: telecentric, no uncertainty."""
    return exact_calibration(telecentric(seen.width_px, seen.height_px, seen.mm_per_px), **changes)


def order(
    features: list[dict[str, Any]], *asked: dict[str, Any], datums: dict[str, str] | None = None, **geometry: Any
) -> Order:
    part = {"serial": "S-1", "cte_ppm_per_k": 0.0}
    return parse({**document(features, *asked, **geometry), "part": part, "datums": datums or {}})


def made(what: Order, *deviations: Any, flaws: tuple[Any, ...] = (), **faults: Any) -> MadePart:
    plain = part_of_order(what)
    return MadePart(plain.silhouette, plain.features, tuple(deviations), flaws=flaws, **faults)


def photograph(
    part: MadePart,
    seen: Optics,
    rng: np.random.Generator,
    pose: Pose | None = None,
    lamp: Lamp | None = None,
    dust: tuple[Dust, ...] = (),
    face: Face = Face.TOP,
) -> Picture:
    placed = (PlacedPart(part, pose or Pose(), face),)
    return picture_from(render(Scene(seen, lamp or Lamp(), placed, dust), rng))


def inspected(what: Order, picture: Picture, calibration: Calibration, plan: Plan | None = None) -> Outcome:
    return inspect_picture(what, plan or compile_plan(what, calibration), calibration, picture, AT_20_C)


def anywhere(rng: np.random.Generator, within_px: float = 5.0) -> Pose:
    """Any rotation, any sub-pixel place near the middle."""
    x, y = rng.uniform(-within_px, within_px, 2) * MM_PER_PX
    return Pose(float(x), float(y), float(rng.uniform(0.0, 360.0)))


DISC_R = {12: 60, 30: 100, 60: 150}  # radius in pixels: side of a picture that holds it


def disc(radius_px: float) -> Order:
    diameter = 2 * radius_px * MM_PER_PX
    return order([circle("OD", "outer", [0, 0], diameter)], size("diameter", "OD", diameter, 0.05))


# A plate with two holes that is nowhere its own mirror image.
PLATE_OUTLINE = chain("E", [[-1.4, -0.7], [1.4, -0.7], [1.4, 0.3], [0.6, 0.8], [-1.4, 0.8]])
PLATE_HOLES = [circle("H1", "inner", [-0.9, 0.2], 0.6), circle("H2", "inner", [0.8, -0.2], 0.5)]


def saw(*tooth: tuple[float, float]) -> list[tuple[float, float]]:
    """Corners of a wheel of fourteen teeth; of each tooth the corners (share of the pitch, radius in mm)."""
    corners = [(2 * math.pi * (number + share) / 14, radius) for number in range(14) for share, radius in tooth]
    return [(radius * math.cos(angle), radius * math.sin(angle)) for angle, radius in corners]


STEEP_SAW = saw((0.0, 0.95), (0.02, 1.2), (0.85, 0.95))
