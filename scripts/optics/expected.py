"""Which uncertainty a rig will state, by the station's own prediction: calibrated on the master plate of its field.

The plate's certified sizes go through the same fit as `calibrate_masters.py` does, with the noise of edges as the
prediction has it; scale, edge offset, their correlation and a single edge's own uncertainty come out of it.
"""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from station.cycle.masters import PRIOR_EDGE_TELECENTRIC_PX
from station.metrology.calibration import Calibration, Clipping
from station.metrology.camera import telecentric
from station.metrology.masters import CertifiedSize, MasterFit, fit_masters
from station.metrology.uncertainty import COVERAGE_FACTOR
from station.order.model import Order
from station.order.read import parse_order
from station.plan.compile import compile_plan
from station.plan.predict import PREDICTED_NOISE_PX, predict
from station.targets.plate import Plate, plate_dxf, plate_order, read_plate

from .lens import Optics

PLATES = Path(__file__).resolve().parents[2] / "calibration" / "masters"


@dataclass(frozen=True, slots=True)
class Expected:
    """Of a rig with one set of certificates: their standard uncertainty, what the calibration knows, and U of the
    plate's outer diameter, its smallest hole, its longest distance of centres and its slot; `tolerance_um` is the
    narrowest that the outer diameter can still be shown to keep (3.92 u)."""

    certificate_um: float
    u_scale: float
    u_edge_px: float
    local_px: float
    outer_um: float
    small_um: float
    distance_um: float
    width_um: float

    @property
    def tolerance_um(self) -> float:
        """Below this width of tolerance nothing can pass any more."""
        return 3.92 * self.outer_um / COVERAGE_FACTOR


@cache
def plate_of(field_mm: int) -> Plate:
    """The master plate of a field."""
    return read_plate(PLATES / f"plate-{field_mm}.toml")


@cache
def order_of(field_mm: int) -> Order:
    """The plate's order: what is asked of it is what is predicted."""
    plate = plate_of(field_mm)
    document = json.dumps(plate_order(plate, "plate.dxf")).encode()
    return parse_order(document, None, plate.name, drawing=plate_dxf(plate))


def expected(optics: Optics, certificate_um: float | None = None) -> Expected:
    """What to expect with certificates of this standard uncertainty (default: what the plate's specification asks)."""
    plate = plate_of(optics.field_mm).document
    u_um = 1000.0 * plate.certificate_u if certificate_um is None else certificate_um
    calibration = calibration_of(optics, u_um)
    order = order_of(optics.field_mm)
    plan = compile_plan(order, calibration)
    large = {}
    for item, found in zip(plan.items, predict(plan, order, calibration), strict=True):
        if found.u is None:
            raise ValueError(f"{optics.sensor.name}, {item.characteristic.id}: {item.refusal}")
        large[item.characteristic.id] = 1000.0 * COVERAGE_FACTOR * found.u
    small = min(plate.hole, key=lambda hole: hole.diameter)
    apart = max(itertools.pairwise(plate.hole), key=lambda two: math.dist(two[0].center, two[1].center))
    return Expected(
        u_um, calibration.u_scale, calibration.u_edge_px, calibration.local_px, large["D-OD"], large[f"D-{small.id}"],
        large[f"L-{apart[0].id}-{apart[1].id}"], large[f"W-{plate.slot[0].id}"],
    )  # fmt: skip


def calibration_of(optics: Optics, certificate_um: float) -> Calibration:
    """What the master plate's certificates let this rig know."""
    pixel_mm = optics.pixel_um / 1000.0
    fit = _fitted(optics, certificate_um / 1000.0)
    made = datetime(2026, 1, 1, tzinfo=UTC)
    u_scale, u_edge_mm = math.sqrt(fit.covariance[0, 0]), math.sqrt(fit.covariance[1, 1])
    camera = telecentric(optics.sensor.width_px, optics.sensor.height_px, pixel_mm)
    return Calibration(
        "expected", made, made.replace(year=2100), camera, u_scale, 0.0, u_edge_mm / pixel_mm,
        float(fit.covariance[0, 1]) / (u_scale * u_edge_mm), fit.local_mm / pixel_mm, optics.blur_px, Clipping.NONE,
        20.0, plate_of(optics.field_mm).name,
    )  # fmt: skip


def _fitted(optics: Optics, u_mm: float) -> MasterFit:
    plate, pixel_mm = plate_of(optics.field_mm).document, optics.pixel_um / 1000.0
    sizes = []
    for name, size, per_edge in [
        ("OD", plate.outer_diameter, 2.0),
        *((hole.id, hole.diameter, -2.0) for hole in plate.hole),
    ]:
        noise = 2.0 * _radius_noise_mm(size, pixel_mm)
        sizes.append(CertifiedSize("plate", name, size, u_mm, size, noise, per_edge))
    for a, b in itertools.pairwise(plate.hole):
        apart = math.dist(a.center, b.center)
        # Of a circle, a centre's coordinate scatters by √2 of its radius.
        noise = math.sqrt(2.0) * math.hypot(*(_radius_noise_mm(hole.diameter, pixel_mm) for hole in (a, b)))
        sizes.append(CertifiedSize("plate", f"{a.id}-{b.id}", apart, u_mm, apart, noise, 0.0))
    return fit_masters(sizes, PRIOR_EDGE_TELECENTRIC_PX * pixel_mm, pixel_mm)


def _radius_noise_mm(diameter_mm: float, pixel_mm: float) -> float:
    """What single points' noise leaves of a circle's radius; one point for each pixel of its rim."""
    points = math.pi * diameter_mm / pixel_mm
    return PREDICTED_NOISE_PX * pixel_mm / math.sqrt(points)
