"""Orders, exact calibrations and twin pictures small enough for many of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from station.cycle.measure import Outcome, inspect_picture
from station.metrology.calibration import Calibration, Clipping
from station.metrology.camera import telecentric
from station.metrology.uncertainty import Conditions
from station.order.model import Face, Order
from station.order.read import parse_order
from station.plan.compile import compile_plan
from station.plan.plan import Plan
from station.twin.part import MadePart, part_of_order
from station.twin.render import render
from station.twin.scene import Dust, Lamp, Optics, PlacedPart, Pose, Scene
from station.vision.picture import Picture, picture_from

MM_PER_PX = 0.01
DAY = datetime(2026, 11, 22, tzinfo=UTC)
AT_20_C = Conditions(20.0, 0.0)


def optics(width_px: int = 400, height_px: int = 300, psf_px: float = 1.0, **more: Any) -> Optics:
    return Optics(width_px, height_px, MM_PER_PX, psf_px, **more)


def exact(seen: Optics, **changes: Any) -> Calibration:
    """A calibration that knows everything: telecentric, no uncertainty."""
    known: dict[str, Any] = {
        "id": "exact",
        "created": DAY,
        "valid_until": DAY.replace(year=2030),
        "camera": telecentric(seen.width_px, seen.height_px, seen.mm_per_px),
        "u_scale": 0.0,
        "edge_offset_px": 0.0,
        "u_edge_px": 0.0,
        "correlation": 0.0,
        "local_px": 0.0,
        "psf_sigma_px": None,
        "clipping": Clipping.NONE,
        "temperature_c": 20.0,
        "made_from": "the twin's own figures",
    }
    return Calibration(**{**known, **changes})


def circle(name: str, side: str, center: Sequence[float], diameter: float) -> dict[str, Any]:
    return {"id": name, "type": "circle", "side": side, "center": list(center), "diameter": diameter}


def line(name: str, start: Sequence[float], end: Sequence[float], material: str = "left") -> dict[str, Any]:
    return {"id": name, "type": "line", "start": list(start), "end": list(end), "material": material}


def chain(name: str, corners: Sequence[Sequence[float]]) -> list[dict[str, Any]]:
    """Lines name1, name2, … around a counter-clockwise polygon."""
    following = [*corners[1:], corners[0]]
    return [line(f"{name}{n}", a, b) for n, (a, b) in enumerate(zip(corners, following, strict=True), start=1)]


def size(kind: str, features: str | list[str], nominal: float, plus_minus: float) -> dict[str, Any]:
    named = {"feature": features} if isinstance(features, str) else {"features": features}
    return {"type": kind, **named, "nominal": nominal, "lower_tol": -plus_minus, "upper_tol": plus_minus}


def zone(kind: str, feature: str, tolerance: float, *datum: str, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "feature": feature,
        "tolerance": tolerance,
        **({"datum": list(datum)} if datum else {}),
        **more,
    }


def order(
    features: list[dict[str, Any]], *asked: dict[str, Any], datums: dict[str, str] | None = None, **geometry: Any
) -> Order:
    document = {
        "schema": "order/1",
        "order_id": "MO-1",
        "part": {"serial": "S-1", "cte_ppm_per_k": 0.0},
        "geometry": {"features": features, **geometry},
        "datums": datums or {},
        "characteristics": [{"id": str(n), **one} for n, one in enumerate(asked, start=1)],
    }
    return parse_order(json.dumps(document).encode(), None, "order.json")


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
