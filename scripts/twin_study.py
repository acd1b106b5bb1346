#!/usr/bin/env python3
"""How accurate the core is on rendered discs whose size is known, and whether its stated uncertainty is honest.

For each radius and blur, discs of random size and place are rendered (levels 20/220 of 255, full well 10 500 e-, read
noise 2.3 e-, 8 bits) and measured with a calibration that is exact. The table holds bias and root mean square error of
the diameter, the Cramér-Rao bound computed from the renderer's own derivatives (diameter, centre, both levels and blur
unknown), and the share of stated U95 intervals (k = 2) that cover the truth.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from rich.progress import track

from station.cycle.measure import inspect_picture
from station.metrology.calibration import Calibration, Clipping
from station.metrology.camera import telecentric
from station.metrology.uncertainty import Conditions
from station.order.model import Order
from station.order.read import parse_order
from station.plan.compile import compile_plan
from station.tables import console, table
from station.twin.part import part_of_order
from station.twin.render import render, scene_light
from station.twin.scene import Lamp, Optics, PlacedPart, Pose, Scene
from station.vision.picture import picture_from

MM_PER_PX = 0.010


@dataclass(frozen=True, slots=True)
class Row:
    """One radius and blur; lengths in thousandths of a pixel."""

    radius_px: float
    psf_px: float
    parts: int
    bias: float
    rmse: float
    bound: float
    coverage: float
    stated_over_true: float


def main() -> int:
    """Exit status 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", type=int, default=100, help="discs per radius and blur (default 100)")
    parser.add_argument("--radius", type=float, nargs="+", default=[12.0, 30.0, 60.0], metavar="PX")
    parser.add_argument("--psf", type=float, nargs="+", default=[0.7, 1.0, 1.5], metavar="PX")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    cases = [(radius, psf) for radius in args.radius for psf in args.psf]
    rows = [study(radius, psf, args.parts, rng) for radius, psf in track(cases, "Measuring …", disable=args.json)]
    if args.json:
        fields = Row.__dataclass_fields__
        print(json.dumps({"rows": [{name: getattr(row, name) for name in fields} for row in rows]}, indent=1))
        return 0
    shown = table("R px", "PSF px", "bias 1/1000 px", "rmse", "bound", "rmse/bound", "U95 covers", "U stated/true")
    for r in rows:
        numbers = (f"{r.bias:+.2f}", f"{r.rmse:.2f}", f"{r.bound:.2f}", f"{r.rmse / r.bound:.2f}")
        shares = (f"{100 * r.coverage:.1f} %", f"{r.stated_over_true:.2f}")
        shown.add_row(f"{r.radius_px:g}", f"{r.psf_px:g}", *numbers, *shares)
    console().print(shown)
    covered = sum(r.coverage * r.parts for r in rows) / sum(r.parts for r in rows)
    console().print(f"{sum(r.parts for r in rows)} discs: U95 covers the truth in {100 * covered:.1f} %.")
    return 0


def study(radius_px: float, psf_px: float, parts: int, rng: np.random.Generator) -> Row:
    """Measure `parts` discs of about one radius."""
    errors, stated = [], []
    for _ in range(parts):
        order, scene = disc(radius_px + rng.uniform(-0.5, 0.5), psf_px, rng)
        calibration = exact(scene.optics)
        picture = picture_from(render(scene, rng))
        item = inspect_picture(
            order, compile_plan(order, calibration), calibration, picture, Conditions(20.0, 0.0)
        ).items[0]
        nominal = float(order.characteristics[0].limits.nominal or 0)
        if item.value is None or item.u is None:
            raise RuntimeError(item.reason)
        errors.append((item.value - nominal) / MM_PER_PX)
        stated.append(item.u / MM_PER_PX)
    error, u = np.array(errors), np.array(stated)
    return Row(
        radius_px=radius_px,
        psf_px=psf_px,
        parts=parts,
        bias=1e3 * float(error.mean()),
        rmse=1e3 * float(np.sqrt(np.mean(error**2))),
        bound=1e3 * bound(disc(radius_px, psf_px, rng)[1], 2.0 * radius_px * MM_PER_PX),
        coverage=float(np.mean(np.abs(error) <= 2.0 * u)),
        stated_over_true=float(u.mean() / error.std()),
    )


def disc(radius_px: float, psf_px: float, rng: np.random.Generator) -> tuple[Order, Scene]:
    """An order for a disc of about this radius, and the disc lying anywhere within a pixel of the middle."""
    diameter = round(2.0 * radius_px * MM_PER_PX, 6)
    order = disc_order(diameter)
    size = int(2 * radius_px) + 70
    pose = Pose(*(MM_PER_PX * rng.uniform(-0.5, 0.5, 2)), float(rng.uniform(0.0, 360.0)))
    optics = Optics(size, size, MM_PER_PX, psf_px)
    return order, Scene(optics, Lamp(), (PlacedPart(part_of_order(order), pose),), ())


def disc_order(diameter_mm: float) -> Order:
    """order/1 of a plain disc."""
    size = f"{diameter_mm:.6f}"
    document = (
        '{"schema": "order/1", "order_id": "STUDY", "part": {"serial": "DISC"}, "geometry": {"features": ['
        f'{{"id": "D", "type": "circle", "side": "outer", "center": [0, 0], "diameter": {size}}}]}}, '
        f'"characteristics": [{{"id": "1", "type": "diameter", "feature": "D", "nominal": {size}, '
        '"lower_tol": -0.01, "upper_tol": 0.01}]}'
    )
    return parse_order(document.encode(), None, "study")


def exact(optics: Optics) -> Calibration:
    """A calibration without any uncertainty of its own."""
    made = datetime.now(UTC)
    camera = telecentric(optics.width_px, optics.height_px, optics.mm_per_px)
    return Calibration(
        "exact", made, made + timedelta(days=1), camera, 0.0, 0.0, 0.0, 0.0, 0.0, None, Clipping.NONE, 20.0, "the twin"
    )


def bound(scene: Scene, diameter_mm: float) -> float:
    """Cramér-Rao bound of the diameter in pixels, by central differences of the rendered light.

    Unknown: diameter, x, y, both levels, blur. Noise: shot, read and quantisation, independent from pixel to pixel.
    """

    def light(
        d: float = 0.0, x: float = 0.0, y: float = 0.0, low: float = 0.0, high: float = 0.0, s: float = 0.0
    ) -> np.ndarray:
        lamp = replace(scene.lamp, part_level=scene.lamp.part_level + low, field_level=scene.lamp.field_level + high)
        pose = scene.parts[0].pose
        moved = Pose(pose.x_mm + x * MM_PER_PX, pose.y_mm + y * MM_PER_PX, pose.angle_deg)
        part = PlacedPart(part_of_order(disc_order(diameter_mm + d * MM_PER_PX)), moved)
        optics = replace(scene.optics, psf_sigma_px=scene.optics.psf_sigma_px + s)
        return scene_light(Scene(optics, lamp, (part,), ()))

    steps = {"d": 0.02, "x": 0.02, "y": 0.02, "low": 0.001, "high": 0.001, "s": 0.01}
    jacobian = np.stack([(light(**{k: h}) - light(**{k: -h})).ravel() / (2.0 * h) for k, h in steps.items()], axis=1)
    lamp = scene.lamp
    electrons = light().ravel() * lamp.full_well_e
    variance = (electrons + lamp.read_noise_e**2) / lamp.full_well_e**2 + 1.0 / (12.0 * lamp.full_scale**2)
    information = jacobian.T @ (jacobian / variance[:, None])
    return math.sqrt(float(np.linalg.inv(information)[0, 0]))


if __name__ == "__main__":
    sys.exit(main())
