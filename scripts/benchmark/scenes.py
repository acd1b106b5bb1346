"""Orders, pictures and calibrations for the benchmark. Lengths are given in pixels of `MM_PER_PX`."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from ezdxf import units
from ezdxf.filemanagement import new

from station.cycle.measure import Outcome, inspect_picture
from station.metrology.calibration import Calibration, Clipping
from station.metrology.camera import telecentric
from station.metrology.uncertainty import Conditions
from station.order.dxf_text import dxf_text
from station.order.geometry import ArcSegment, Outline, Point, Segment
from station.order.model import Order
from station.order.read import parse_order
from station.plan.compile import compile_plan
from station.twin.gears import toothed_outline, wheel_teeth
from station.twin.outlines import polar
from station.twin.part import part_of_order
from station.twin.render import render
from station.twin.scene import Lamp, Optics, PlacedPart, Pose, Scene
from station.vision.picture import picture_from

from .unit import Pixels

MM_PER_PX = 0.010
MADE = datetime(2026, 1, 1, tzinfo=UTC)
AT_20_C = Conditions(20.0, 0.0)
Document = dict[str, Any]


def circle(name: str, center_px: Sequence[float], radius_px: float, side: str = "outer") -> Document:
    """A full circle of the order."""
    center = [_mm(c) for c in center_px]
    return {"id": name, "type": "circle", "side": side, "center": center, "diameter": _mm(2.0 * radius_px)}


def line(name: str, start_px: Sequence[float], end_px: Sequence[float]) -> Document:
    """A straight edge with its material on the left."""
    ends = {"start": [_mm(c) for c in start_px], "end": [_mm(c) for c in end_px]}
    return {"id": name, "type": "line", **ends, "material": "left"}


def arc(
    name: str, center_px: Sequence[float], radius_px: float, start_deg: float, end_deg: float, side: str = "outer"
) -> Document:
    """A part of a circle."""
    angles = {"start_angle": round(start_deg, 9), "end_angle": round(end_deg, 9)}
    center = [_mm(c) for c in center_px]
    return {"id": name, "type": "arc", "side": side, "center": center, "radius": _mm(radius_px), **angles}


def chain(corners_px: Sequence[Point], name: str = "L") -> list[Document]:
    """Lines L1, L2, … around a counter-clockwise polygon."""
    following = [*corners_px[1:], corners_px[0]]
    return [line(f"{name}{n}", a, b) for n, (a, b) in enumerate(zip(corners_px, following, strict=True), start=1)]


def size(kind: str, features: str | list[str], nominal: float, plus_minus: float = 0.05) -> Document:
    """A size in mm, or an angle in degrees."""
    named = {"feature": features} if isinstance(features, str) else {"features": features}
    return {"type": kind, **named, "nominal": round(nominal, 9), "lower_tol": -plus_minus, "upper_tol": plus_minus}


def zone(kind: str, feature: str, tolerance: float = 0.05, *datum: str) -> Document:
    """A geometrical tolerance in mm."""
    return {"type": kind, "feature": feature, "tolerance": tolerance, **({"datum": list(datum)} if datum else {})}


def order(
    features: list[Document],
    asked: Iterable[Document],
    *,
    serial: str = "BENCH",
    datums: dict[str, str] | None = None,
    drawing: str = "",
) -> Order:
    """order/1 of these features and characteristics; `drawing` is the text of its DXF."""
    geometry: Document = {"features": features, **({"drawing": "part.dxf"} if drawing else {})}
    document = {
        "schema": "order/1",
        "order_id": f"BENCH-{serial}",
        "part": {"serial": serial, "cte_ppm_per_k": 0.0},
        "geometry": geometry,
        "datums": datums or {},
        "characteristics": [{"id": str(number), **one} for number, one in enumerate(asked, start=1)],
    }
    return parse_order(json.dumps(document).encode(), None, "bench", drawing=drawing.encode() if drawing else None)


def contour_order(outline: Outline) -> Order:
    """An order for the whole outline of a drawing by one line profile."""
    feature = {"id": "PL", "type": "contour", "layer": "OUTLINE"}
    return order([feature], [zone("line_profile", "PL", 0.2)], drawing=dxf_text({"OUTLINE": [outline]}))


def disc(radius_px: float) -> Order:
    """A disc, its diameter asked for."""
    return order([circle("D", (0, 0), radius_px)], [size("diameter", "D", 2.0 * radius_px * MM_PER_PX)])


def trapezoid(stretch_px: float = 0.0) -> Order:
    """Four edges of 228 to 360 px: their distance, their angle, and every edge asked for."""
    b, h = 180.0 + stretch_px, 110.0
    features = chain([(-b, -h), (b, -h), (b - 60.0, h), (-b + 60.0, h)])
    angle = math.degrees(math.atan2(2.0 * h, 60.0))
    asked = [size("distance", ["L1", "L3"], 2.0 * h * MM_PER_PX), size("angle", ["L1", "L2"], angle, 0.5)]
    return order(features, [*asked, *(zone("straightness", f"L{n}") for n in (1, 2, 3, 4))])


def sector(inner_px: float, outer_px: float, sweep_deg: float) -> Order:
    """A piece of a ring: two arcs and two straight sides."""
    half = sweep_deg / 2.0
    mid = (inner_px + outer_px) / 2.0

    def at(radius: float, angle_deg: float) -> Point:
        angle = math.radians(angle_deg)
        return (radius * math.cos(angle) - mid, radius * math.sin(angle))

    features = [
        arc("A1", (-mid, 0.0), outer_px, -half, half),
        line("L1", at(outer_px, half), at(inner_px, half)),
        arc("A2", (-mid, 0.0), inner_px, -half, half, "inner"),
        line("L2", at(inner_px, -half), at(outer_px, -half)),
    ]
    return order(features, [zone("line_profile", "A1", 0.2), zone("line_profile", "A2", 0.2)])


def slotted(length_px: float, width_px: float) -> Order:
    """A plate with a slot with round ends; the slot's four pieces are asked for."""
    a, r = length_px / 2.0, width_px / 2.0
    plate = chain([(-a - 90, -r - 70), (a + 90, -r - 70), (a + 90, r + 90), (-a - 90, r + 90)])
    slot = [
        line("S1", (a, -r), (-a, -r)),
        arc("S2", (-a, 0.0), r, 90.0, 270.0, "inner"),
        line("S3", (-a, r), (a, r)),
        arc("S4", (a, 0.0), r, -90.0, 90.0, "inner"),
    ]
    return order([*plate, *slot], [zone("line_profile", name, 0.2) for name in ("S1", "S2", "S3", "S4")])


def toothed(count: int = 24, module_px: float = 12.0) -> Order:
    """A watch wheel (cycloidal teeth as arcs) from a drawing, its outline asked for."""
    return contour_order(toothed_outline(wheel_teeth(count, module_px * MM_PER_PX), "OUTLINE"))


def square(side_px: float = 280.0) -> Order:
    """A square about its centre: four equal views."""
    h = side_px / 2.0
    return order(chain([(-h, -h), (h, -h), (h, h), (-h, h)]), [zone("straightness", "L1")])


def angle_piece(stretch_px: float = 0.0) -> Order:
    """An L-shaped part: no symmetry at all."""
    w, h = 240.0 + stretch_px, 180.0
    corners = [(-0.5 * w, -h), (0.5 * w, -h), (0.5 * w, -h + 90.0), (-0.5 * w + 80.0, -h + 90.0)]
    return order(
        chain([*corners, (-0.5 * w + 80.0, h), (-0.5 * w, h)]), [zone("straightness", f"L{n}") for n in range(1, 7)]
    )


def bulged(a: Point, b: Point, bulge: float) -> ArcSegment:
    """The arc from a to b of a polyline's bulge (tangent of a quarter of its sweep, positive counter-clockwise)."""
    sweep = 4.0 * math.atan(bulge)
    chord = math.dist(a, b)
    radius = chord / (2.0 * math.sin(abs(sweep) / 2.0))
    height = math.copysign(radius * math.cos(sweep / 2.0), bulge)
    left = (-(b[1] - a[1]) / chord, (b[0] - a[0]) / chord)
    center = ((a[0] + b[0]) / 2.0 + height * left[0], (a[1] + b[1]) / 2.0 + height * left[1])
    start = math.degrees(math.atan2(a[1] - center[1], a[0] - center[0]))
    return ArcSegment(center, radius, start, math.degrees(sweep))


def wavy(corners_px: Sequence[Point], wave_px: float, bulge: float) -> Outline:
    """A closed polygon whose sides are waves of arcs, about `wave_px` long each."""
    segments: list[Segment] = []
    corners = [(x * MM_PER_PX, y * MM_PER_PX) for x, y in corners_px]
    for a, b in zip(corners, [*corners[1:], corners[0]], strict=True):
        count = max(2, 2 * round(math.dist(a, b) / MM_PER_PX / wave_px / 2.0))
        stops = [(a[0] + (b[0] - a[0]) * k / count, a[1] + (b[1] - a[1]) * k / count) for k in range(count + 1)]
        segments += [bulged(stops[k], stops[k + 1], bulge if k % 2 else -bulge) for k in range(count)]
    return Outline(tuple(segments), True, "OUTLINE")


def free_contour(wave_px: float = 40.0) -> Order:
    """A free outline of arcs, tangent to each other along its sides."""
    return contour_order(wavy([(-150, -120), (150, -100), (110, 130), (-130, 100)], wave_px, 0.15))


def spline_contour(lobe_px: float = 18.0) -> Order:
    """A free outline drawn as a spline through ten points and back; the station reads it as short chords."""
    drawing = new("R2010", units=units.MM)
    drawing.layers.add("OUTLINE")
    radii = [150.0 + (lobe_px if k % 2 else -lobe_px) + 8.0 * math.sin(2.0 * k) for k in range(10)]
    poles = [polar(radius * MM_PER_PX, 36.0 * k) for k, radius in enumerate(radii)]
    through = [(x, y, 0.0) for x, y in (*poles, poles[0])]
    drawing.modelspace().add_spline(through, dxfattribs={"layer": "OUTLINE"})
    stream = io.StringIO()
    drawing.write(stream)
    feature = {"id": "PL", "type": "contour", "layer": "OUTLINE"}
    return order([feature], [zone("line_profile", "PL", 0.2)], drawing=stream.getvalue())


def comb(slots: int, width_px: float, depth_px: float) -> Outline:
    """A free outline as long as a picture allows: a comb whose flanks are waves."""
    pitch = width_px / slots
    left, bottom = -width_px / 2.0, -depth_px / 2.0
    corners: list[Point] = [(left, bottom - 60.0), (left + width_px + 0.6 * pitch, bottom - 60.0)]
    corners.append((left + width_px + 0.6 * pitch, bottom + depth_px))
    for slot in reversed(range(slots)):
        x = left + slot * pitch
        far, near = x + pitch, x + 0.6 * pitch
        corners += [(far, bottom + depth_px), (far, bottom), (near, bottom), (near, bottom + depth_px)]
    corners.append((left, bottom + depth_px))
    return wavy(corners, 50.0, 0.1)


def exact(optics: Optics, **changes: Any) -> Calibration:
    """A calibration without any uncertainty of its own, and without knowledge of the blur."""
    camera = telecentric(optics.width_px, optics.height_px, optics.mm_per_px)
    nothing = (0.0, 0.0, 0.0, 0.0, 0.0, None, Clipping.NONE, 20.0, "the twin")
    plain = Calibration("exact", MADE, MADE.replace(year=2100), camera, *nothing)
    return replace(plain, **changes) if changes else plain


def placed(what: Order, psf_px: float, rng: np.random.Generator, lamp: Lamp | None = None) -> Scene:
    """The part as ordered, any rotation, any place within a pixel of the middle of a picture that just holds it."""
    part = part_of_order(what)
    points = np.concatenate([_corners(outline) for outline in part.silhouette.outer])
    reach = float(np.hypot(points[:, 0], points[:, 1]).max()) / MM_PER_PX
    side = 2 * math.ceil(reach) + 60
    x, y = rng.uniform(-0.5, 0.5, 2) * MM_PER_PX
    pose = Pose(float(x), float(y), float(rng.uniform(0.0, 360.0)))
    return Scene(Optics(side, side, MM_PER_PX, psf_px), lamp or Lamp(), (PlacedPart(part, pose),), ())


def inspected(what: Order, scene: Scene, rng: np.random.Generator, calibration: Calibration | None = None) -> Outcome:
    """The whole way from the picture to the outcome."""
    return inspected_pixels(what, scene, render(scene, rng), calibration)


def inspected_pixels(what: Order, scene: Scene, pixels: Pixels, calibration: Calibration | None = None) -> Outcome:
    """The same for a picture that is there already.

    Raises:
        RuntimeError: the station refused a picture that is good.
    """
    known = calibration or exact(scene.optics)
    outcome = inspect_picture(what, compile_plan(what, known), known, picture_from(pixels), AT_20_C)
    if outcome.sighting is None:
        raise RuntimeError(f"a good picture was refused: {outcome.reason}")
    return outcome


def _corners(outline: Outline) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Points (n, 2) that no part of the outline lies outside of by more than a little."""
    found = [np.asarray([s.start_mm]) for s in outline.segments]
    for segment in outline.segments:
        if isinstance(segment, ArcSegment):
            angle = np.radians(segment.start_deg + np.linspace(0.0, 1.0, 33) * segment.sweep_deg)
            center = np.asarray(segment.center_mm)
            found.append(center + segment.radius_mm * np.stack([np.cos(angle), np.sin(angle)], axis=1))
    return np.concatenate(found)


def _mm(px: float) -> float:
    return round(px * MM_PER_PX, 9)
