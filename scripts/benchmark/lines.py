"""Straight edges: offset, tilt, the distance of two and the angle of two."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np

from station.metrology.features import MeasuredFeature
from station.order.geometry import LineFeature
from station.order.model import Order
from station.twin.part import part_of_order
from station.twin.scene import Lamp, Optics, PlacedPart, Scene
from station.twin.scene import Pose as TruePose
from station.vision.pose import Pose

from .bounds import NUISANCE, combined, line_unknowns, sigmas
from .part import Part, Row, Sizes, Table, Tell
from .scenes import MM_PER_PX, inspected, placed, square, trapezoid
from .spread import generator, spread

EDGES = ("L1", "L2", "L3", "L4")
STRIP_PX = 8  # half width of the strip that a lone edge is seen in


@dataclass(frozen=True, slots=True)
class Cell:
    """One quantity under one blur; `unit` says of what."""

    what: str
    unit: str
    psf_px: float
    samples: int
    bias: float
    rmse: float
    bound: float
    lone: float  # bound from a strip of ± STRIP_PX about the edge alone; NaN where it says nothing


def lines(sizes: Sizes, tell: Tell) -> Part:
    """The table of straight edges."""
    found = spread(partial(cells, sizes.samples, sizes.seed), sizes.psf_px, sizes.processes, tell, "edges")
    flat = [c for several in found for c in several]
    noise = 1.0 / math.sqrt(2.0 * sizes.samples)
    judged = [c for c in flat if c.what != "tilt of one edge"]
    worst = max(judged, key=lambda c: c.rmse / c.bound)
    ratio = worst.rmse / worst.bound
    row = Row(
        "line offset, distance of two lines, angle of two lines: rmse / CRLB",
        "≤ 1.2",
        f"{ratio:.2f} at worst ({worst.what}, PSF σ {worst.psf_px:g}; ± {noise:.2f})",
        ratio <= 1.2,
    )
    columns = ("what", "PSF σ px", "unit", "bias", "rmse", "CRLB", "rmse / CRLB", f"rmse / CRLB in ± {STRIP_PX} px")
    shown = tuple(
        (
            *(c.what, f"{c.psf_px:g}", c.unit, f"{c.bias:+.2f}", f"{c.rmse:.2f}", f"{c.bound:.2f}"),
            *(f"{c.rmse / c.bound:.2f}", f"{c.rmse / c.lone:.2f}" if math.isfinite(c.lone) else ""),
        )
        for c in flat
    )
    note = (
        "The part has edges of 360, 228, 240 and 228 px. The bound is that of the whole picture, in which all edges "
        f"share levels and blur; the last column takes an edge alone in a strip of ± {STRIP_PX} px along it."
    )
    return Part((row,), (Table("Straight edges", columns, shown, note),), {"cells": [asdict(c) for c in flat]})


def cells(samples: int, seed: int, psf: float) -> list[Cell]:
    """All quantities under one blur."""
    rng = generator(seed, 2, round(1000 * psf))
    offsets: list[list[float]] = []
    tilts: list[list[float]] = []
    items: list[list[float]] = []
    for _ in range(samples):
        what = trapezoid(rng.uniform(-0.5, 0.5))
        scene = placed(what, psf, rng)
        outcome = inspected(what, scene, rng)
        sighting = outcome.sighting
        assert sighting is not None
        by_id = {feature.id: feature for feature in outcome.features}
        pairs = [edge_errors(what, scene, by_id[name], sighting.pose) for name in EDGES]
        offsets.append([1e3 * offset for offset, _ in pairs])
        tilts.append([1e6 * tilt for _, tilt in pairs])
        distance, angle = (item.value for item in outcome.items[:2])
        assert distance is not None
        assert angle is not None
        nominal = [float(c.limits.nominal or 0) for c in what.characteristics[:2]]
        items.append([1e3 * (distance - nominal[0]) / MM_PER_PX, 1e6 * math.radians(angle - nominal[1])])
    scenes = [placed(trapezoid(), psf, rng) for _ in range(3)]
    unknowns = (*(u for name in EDGES for u in line_unknowns(name)), *NUISANCE)
    limit = sigmas(scenes, unknowns)
    distance_bound = 1e3 * combined(scenes, unknowns, [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    angle_bound = 1e6 * math.radians(combined(scenes, unknowns, [0, 1, 0, -1, 0, 0, 0, 0, 0, 0, 0]))
    lengths = [float(np.hypot(*np.subtract(f.end_mm, f.start_mm))) / MM_PER_PX for f in _edges(trapezoid())]
    strips = np.array([lone_edge(round(length), psf) for length in lengths])
    relative = np.array(offsets) / (1e3 * limit[0:8:2])  # every edge against its own bound, shown for the mean one
    middle = 1e3 * float(np.sqrt(np.mean(limit[0:8:2] ** 2)))
    turned = np.array(tilts) / (1e6 * np.radians(limit[1:8:2]))
    tilt_middle = 1e6 * math.radians(float(np.sqrt(np.mean(limit[1:8:2] ** 2))))
    item = np.array(items)

    def made(name: str, unit: str, errors: np.ndarray, bound: float, lone: float) -> Cell:
        rmse = float(np.sqrt(np.mean(errors**2)))
        return Cell(name, unit, psf, samples, float(errors.mean()), rmse, bound, lone)

    lone_offset = 1e3 * float(np.sqrt(np.mean(strips[:, 0] ** 2)))
    lone_tilt = 1e6 * float(np.sqrt(np.mean(strips[:, 1] ** 2)))
    return [
        made("offset of one edge", "1/1000 px", relative * middle, middle, lone_offset),
        made("tilt of one edge", "µrad", turned * tilt_middle, tilt_middle, lone_tilt),
        made("distance of two edges", "1/1000 px", item[:, 0], distance_bound, float("nan")),
        made("angle of two edges", "µrad", item[:, 1], angle_bound, float("nan")),
    ]


def edge_errors(what: Order, scene: Scene, measured: MeasuredFeature, pose: Pose) -> tuple[float, float]:
    """How far (px) the measured line passes from the middle of the true edge, and how much (rad) it is turned."""
    true = what.geometry.features[measured.id]
    assert isinstance(true, LineFeature)
    lying = scene.parts[0].pose
    truth = Pose(math.radians(lying.angle_deg), lying.x_mm, lying.y_mm)
    ends = truth.to_plane(np.array([true.start_mm, true.end_mm]))
    along = (ends[1] - ends[0]) / np.hypot(*(ends[1] - ends[0]))
    normal, center = pose.turn(measured.normal[None])[0], pose.to_plane(measured.center_mm[None])[0]
    offset = float(normal @ (center - ends.mean(axis=0))) / MM_PER_PX
    return offset, float(np.arcsin(np.clip(normal @ along, -1.0, 1.0)))


def lone_edge(length_px: int, psf_px: float) -> tuple[float, float]:
    """CRLB of a straight edge alone in a strip of ± STRIP_PX: offset (px) and tilt (rad), levels and blur unknown."""
    part = part_of_order(square(2.0 * length_px + 200.0))
    half = length_px + 100.0
    found = []
    for phase in (0.0, 0.25, 0.5, 0.75):
        origin = (STRIP_PX - 0.5 + phase - half, (length_px - 1) / 2)
        optics = Optics(2 * STRIP_PX, length_px, MM_PER_PX, psf_px, center_px=origin)
        scene = Scene(optics, Lamp(), (PlacedPart(part, TruePose()),), ())
        # The tilt is about the edge's middle, which lies in the picture's middle: the same as about the strip's.
        found.append(sigmas([scene], (*line_unknowns("L2"), *NUISANCE))[:2])
    offset, tilt = np.sqrt(np.mean(np.square(found), axis=0))
    return float(offset), math.radians(float(tilt))


def _edges(what: Order) -> list[LineFeature]:
    return [f for name in EDGES if isinstance(f := what.geometry.features[name], LineFeature)]
