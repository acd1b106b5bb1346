"""Gears and screws of the coverage study: every flank, tip and root a little off, on the part and in the picture."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from station.metrology.characteristics import Question
from station.order.geometry import GearFeature, LineSegment, Outline, Silhouette
from station.order.model import CharacteristicType, Order
from station.order.read import parse_order
from station.twin.made_gear import GearErrors, made_gear, own_center, true_gear
from station.twin.made_thread import MadeThread, screw
from station.twin.part import CircleDeviation, MadePart, part_of_order
from station.twin.scene import Optics, Pose

from .subjects import MM_PER_PX, Document, Rng, Subject, Toothed

Floats = NDArray[np.float64]

LOCAL_PX = 0.008  # of every flank, land, crest and root: as of all edges of the study
GEARS: dict[str, Document] = {
    "gear": {"profile": "involute", "teeth": 18, "module": 0.15, "profile_shift": 0.05},
    "wheel": {"profile": "cycloidal", "teeth": 30, "module": 0.13, "mate_teeth": 6, "root_fillet": 0.03,
              "phase_deg": 7},
    "pinion": {"profile": "cycloidal", "teeth": 8, "module": 0.32, "form": "B", "root_fillet": 0.05},
}  # fmt: skip
ZONES = ("pitch_deviation", "cumulative_pitch", "runout")
SCREW_MM_PER_PX = 0.003
DRAWN_SCREW: Document = {
    "id": "S", "type": "thread", "axis": [[0, 0], [1, 0]], "major_diameter": 1, "pitch": 0.25, "phase": 0.125,
}  # fmt: skip
SCREW_MM, HEAD_MM = 1.75, (1.5, 0.4)


def toothed_subjects() -> tuple[Subject, ...]:
    """An involute gear and a watch wheel about their bores, a pinion about itself, a screw."""
    return (
        _gear("gear", bore=True, sizes=("tooth_thickness", "tip_diameter", "root_diameter")),
        _gear("wheel", bore=True, sizes=("tooth_thickness", "root_diameter")),
        _gear("pinion", bore=False, sizes=("tooth_thickness", "root_diameter")),
        _screw(),
    )


def _gear(name: str, *, bore: bool, sizes: tuple[str, ...]) -> Subject:
    drawn = {"id": "W", "type": "gear", "center": [0, 0], **GEARS[name]}
    features: list[Document] = [drawn]
    about: Document = {"feature": "W"}
    if bore:
        diameter = round(6.0 * drawn["module"], 4)
        features.append({"id": "B", "type": "circle", "side": "inner", "center": [0, 0], "diameter": diameter})
        about["datum"] = ["A"]
    asked = [(f"{name}: {kind}", {"type": kind, **about, "tolerance": 0.2}) for kind in ZONES]
    asked += [(f"{name}: {kind}", {"type": kind, **about, "lower_tol": -0.2, "upper_tol": 0.2}) for kind in sizes]
    order = _order(name, features, asked, {"A": "B"} if bore else {})
    gear = _gear_of(order)
    side = math.ceil(2.0 * gear.tip_radius_mm / MM_PER_PX) + 60
    named = {str(n): row for n, (row, _) in enumerate(asked, start=1)}

    def toothed(rng: Rng) -> Toothed:
        return _made_gear(order, drawn, gear, bore, rng)

    return Subject(name, order, Optics(side, side, MM_PER_PX), named, _nothing, _anywhere(8.0, 360.0), toothed)


def _made_gear(order: Order, drawn: Document, gear: GearFeature, bore: bool, rng: Rng) -> Toothed:
    """Other diameters and thickness than drawn, good or bad pitches, leaning flanks, teeth off the bore."""
    teeth, coarse = gear.teeth, 0.001 * 10.0 ** float(rng.uniform(-0.7, 0.8))
    anything = ("", {"type": "runout", "feature": "W", "tolerance": 0.2})
    built = _gear_of(_order("built", [_off_size(drawn, gear, rng)], [anything], {}))
    arcs = rng.normal(0.0, coarse, (2, teeth)) / gear.measuring_radius_mm
    lean = np.broadcast_to(rng.normal(0.0, 0.003, 2), (teeth, 2)) + rng.normal(0.0, 0.001, (teeth, 2))
    x, y = rng.normal(0.0, 2.0 * coarse, 2).tolist()
    errors = GearErrors(arcs[0], arcs[1], (x, y), lean_rad=lean)
    local = LOCAL_PX * MM_PER_PX
    length = sum(segment.length_mm for segment in gear.flank)
    seen = replace(
        errors,
        out_mm=rng.normal(0.0, local, (teeth, 2)),
        lean_rad=lean + rng.normal(0.0, math.sqrt(12.0) * local / length, (teeth, 2)),
        tip_mm=rng.normal(0.0, local, teeth),
        root_mm=rng.normal(0.0, local, teeth),
    )
    plain = part_of_order(order, (CircleDeviation("B", float(rng.normal(0.0, 0.01))),) if bore else ())
    known = true_gear(gear, errors, (0.0, 0.0) if bore else own_center(gear, errors, built), built=built)

    def true(question: Question) -> float:
        return {
            CharacteristicType.PITCH_DEVIATION: max(known.pitch_deviation_mm),
            CharacteristicType.CUMULATIVE_PITCH: max(known.cumulative_pitch_mm),
            CharacteristicType.RUNOUT: known.runout_mm,
            CharacteristicType.TOOTH_THICKNESS: known.tooth_thickness_mm,
            CharacteristicType.TIP_DIAMETER: known.tip_diameter_mm,
            CharacteristicType.ROOT_DIAMETER: known.root_diameter_mm,
        }[question.type]

    return Toothed(made_gear(plain, gear, errors, built), made_gear(plain, gear, seen, built), true)


def _off_size(drawn: Document, gear: GearFeature, rng: Rng) -> Document:
    sizes = {"root_diameter": 2.0 * gear.root_radius_mm, "tooth_thickness": gear.thickness_mm}
    if drawn["profile"] == "involute":
        sizes["tip_diameter"] = 2.0 * gear.tip_radius_mm
    off = 0.006 * np.clip(rng.normal(0.0, 1.0, len(sizes)), -2.0, 2.0)  # what is cut deeper is undercut
    return {**drawn, **{key: round(size + by, 6) for (key, size), by in zip(sizes.items(), off.tolist(), strict=True)}}


def _gear_of(order: Order) -> GearFeature:
    gear = order.geometry.features["W"]
    assert isinstance(gear, GearFeature)
    return gear


def _screw() -> Subject:
    kinds = ("pitch", "major_diameter", "minor_diameter", "pitch_diameter")
    asked = [(f"screw: {kind}", {"type": kind, "feature": "S", "lower_tol": -0.1, "upper_tol": 0.1}) for kind in kinds]
    asked.append(("screw: flank angle", {"type": "flank_angle", "feature": "S", "lower_tol": -5, "upper_tol": 5}))
    order = _order("screw", [DRAWN_SCREW], asked, {}, partial=True)
    named = {str(n): row for n, (row, _) in enumerate(asked, start=1)}

    def place(rng: Rng) -> Pose:
        x, y = (0.02 * rng.uniform(-1.0, 1.0, 2)).tolist()
        return Pose(x - 0.5 * (SCREW_MM + HEAD_MM[1]), y, float(rng.uniform(-4.0, 4.0)))

    return Subject("screw", order, Optics(840, 640, SCREW_MM_PER_PX), named, _nothing, place, _made_screw)


def _made_screw(rng: Rng) -> Toothed:
    """Off in pitch, diameters and half angles, and turned any way about its axis."""
    made = MadeThread(
        float(rng.normal(0.25, 0.0004)), float(rng.normal(0.994, 0.004)), float(rng.normal(0.722, 0.004)),
        float(rng.normal(0.835, 0.003)), float(rng.normal(30.0, 0.4)), float(rng.normal(30.0, 0.4)),
        float(rng.uniform(0.0, 0.25)),
    )  # fmt: skip
    known = {
        CharacteristicType.PITCH: made.pitch_mm,
        CharacteristicType.MAJOR_DIAMETER: made.major_mm,
        CharacteristicType.MINOR_DIAMETER: made.minor_mm,
        CharacteristicType.PITCH_DIAMETER: made.pitch_diameter_mm,
        CharacteristicType.FLANK_ANGLE: made.flank_angle_deg,
    }
    part = screw(made, SCREW_MM, HEAD_MM)
    return Toothed(part, _edges_off(part, LOCAL_PX * SCREW_MM_PER_PX, rng), lambda question: known[question.type])


def _edges_off(part: MadePart, local_mm: float, rng: Rng) -> MadePart:
    """Every flank, crest and root of a shadow moved out of the material and leaning by its own residual."""
    segments = part.silhouette.outer[0].segments
    points = np.array([segment.start_mm for segment in segments])
    along = np.roll(points, -1, axis=0) - points
    along /= np.linalg.norm(along, axis=1)[:, None]
    out = np.column_stack([along[:, 1], -along[:, 0]])
    # Where the outline turns by more than a flank's own curvature another edge begins.
    turn = np.abs(along[:, 0] * np.roll(along[:, 1], 1) - along[:, 1] * np.roll(along[:, 0], 1))
    begin = np.flatnonzero(turn > 0.2)
    moved = points.copy()
    for first, behind in zip(begin, [*begin[1:], begin[0] + len(points)], strict=True):
        own = np.arange(first, behind) % len(points)
        run = np.linalg.norm(points[own] - points[own[0]], axis=1)
        length = max(float(run[-1]), 10.0 * local_mm)
        off, lean = rng.normal(0.0, local_mm * np.array([1.0, math.sqrt(12.0) / length]))
        moved[own] += (off + lean * (run - 0.5 * length))[:, None] * out[own]
    places = [(float(x), float(y)) for x, y in moved]
    lines = tuple(LineSegment(a, b) for a, b in zip(places, [*places[1:], places[0]], strict=True))
    return replace(part, silhouette=Silhouette((Outline(lines, True, "SCREW"),), ()))


def _order(
    name: str, features: list[Document], asked: list[tuple[str, Document]], datums: dict[str, Any], **geometry: Any
) -> Order:
    document = {
        "schema": "order/1",
        "order_id": f"COVER-{name}",
        "part": {"serial": name, "cte_ppm_per_k": 11.5},
        "geometry": {"features": features, **geometry},
        "datums": datums,
        "characteristics": [{"id": str(n), **one} for n, (_, one) in enumerate(asked, start=1)],
    }
    return parse_order(json.dumps(document).encode(), None, name)


def _nothing(_: Rng) -> tuple[()]:
    return ()


def _anywhere(reach_px: float, turn_deg: float) -> Callable[[Rng], Pose]:
    def place(rng: Rng) -> Pose:
        x, y = (MM_PER_PX * rng.uniform(-reach_px, reach_px, 2)).tolist()
        return Pose(x, y, float(rng.uniform(-turn_deg / 2.0, turn_deg / 2.0)))

    return place
