"""The 12 MP pictures that times are taken on: a plate of holes, and a comb of 100 000 px of free outline."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from station.metrology.calibration import Calibration
from station.order.geometry import Point
from station.order.model import Order
from station.plan.plan import Plan
from station.plan.track import Track
from station.twin.part import part_of_order
from station.twin.render import render
from station.twin.scene import Lamp, Optics, PlacedPart, Pose, Scene

from .part import Sizes
from .scenes import MM_PER_PX, Document, chain, circle, comb, contour_order, exact, order, size, toothed, zone
from .spread import generator
from .unit import Pixels, placed

Centers = NDArray[np.float64]
LYING = Pose(0.0123, -0.0087, 0.6)
RADIUS_PX = 60.0
PITCH_PX = 182.0


@dataclass(frozen=True, slots=True)
class Large:
    """An order, its picture, and where the holes lie in it (n, 2) in pixels."""

    order: Order
    calibration: Calibration
    pixels: Pixels
    holes_px: Centers


def circles_alone(plan: Plan) -> Plan:
    """The plan with the probes of its circles alone: peers are not asked for the plate's outline either."""
    rows = np.concatenate([target.rows for target in plan.targets])
    first = np.cumsum([0, *map(len, plan.targets)]).astype(np.intp)
    # Whole circles, each a closed run of its own.
    values = {f.name: getattr(plan.track, f.name)[rows] for f in fields(Track) if f.name not in ("runs", "closed")}
    track = Track(**values, runs=first, closed=np.ones(len(plan.targets), np.bool_))
    numbers = np.arange(first[-1])
    targets = [
        replace(t, rows=numbers[a:b], span=slice(a, b))
        for t, a, b in zip(plan.targets, first[:-1].tolist(), first[1:].tolist(), strict=True)
    ]
    return replace(plan, track=track, targets=tuple(targets))


def holes(sizes: Sizes) -> list[Point]:
    """Centres (px, part frame) of as many holes of R = 60 as the field holds, each off its grid at random."""
    rng = generator(sizes.seed, 8)
    columns, rows = int((sizes.width_px - 260) // PITCH_PX), int((sizes.height_px - 230) // PITCH_PX)
    grid = [
        ((i - (columns - 1) / 2) * PITCH_PX, (j - (rows - 1) / 2) * PITCH_PX)
        for j in range(rows)
        for i in range(columns)
    ]
    return [(x + float(rng.uniform(-12, 12)), y + float(rng.uniform(-12, 12))) for x, y in grid]


def plate(sizes: Sizes, asked: list[Document], count: int | None = None) -> Large:
    """A plate with the first `count` holes (H1, H2, …; all without it) and edges (L1 … L4), and its picture."""
    centers = holes(sizes)[:count]
    wide, high = sizes.width_px / 2.0 - 100.0, sizes.height_px / 2.0 - 80.0
    edges = chain([(-wide, -high), (wide, -high), (wide, high), (-wide, high)])
    features = [*edges, *(circle(f"H{n}", c, RADIUS_PX, "inner") for n, c in enumerate(centers, start=1))]
    what = order(features, asked, datums={"A": "L1", "B": "L4"})
    pixels = _plate_pixels(sizes, len(centers), what)
    return Large(what, exact(_optics(sizes)), pixels, _in_picture(centers, sizes))


_rendered: dict[tuple[Sizes, int], Pixels] = {}


def _plate_pixels(sizes: Sizes, count: int, what: Order) -> Pixels:
    """One picture serves every order for the same plate."""
    if (sizes, count) not in _rendered:
        _rendered[sizes, count] = _photograph(what, sizes)
    return _rendered[sizes, count]


def _photograph(what: Order, sizes: Sizes, pose: Pose = LYING) -> Pixels:
    scene = Scene(_optics(sizes), Lamp(), (PlacedPart(part_of_order(what), pose),), ())
    return placed(render(scene, generator(sizes.seed, 7)).astype(np.uint8))


def _optics(sizes: Sizes) -> Optics:
    return Optics(sizes.width_px, sizes.height_px, MM_PER_PX, 1.0)


def _in_picture(centers: list[Point], sizes: Sizes) -> Centers:
    c, s = math.cos(math.radians(LYING.angle_deg)), math.sin(math.radians(LYING.angle_deg))
    origin_x, origin_y = _optics(sizes).origin_px
    x, y = np.asarray(centers).T
    return np.column_stack(
        [origin_x + c * x - s * y + LYING.x_mm / MM_PER_PX, origin_y - s * x - c * y - LYING.y_mm / MM_PER_PX]
    )


def diameters(count: int) -> list[Document]:
    """The diameters of the first holes."""
    return [size("diameter", f"H{n}", 2 * RADIUS_PX * MM_PER_PX) for n in range(1, count + 1)]


def mixed(centers: list[Point], count: int) -> list[Document]:
    """`count` characteristics on the plate: a third diameters, then edges, then five other kinds in turn."""
    asked = [*diameters(min(len(centers), count // 3)), *(zone("straightness", f"L{n}") for n in range(1, 5))]
    asked += [zone("perpendicularity", "L2", 0.05, "A"), zone("parallelism", "L3", 0.05, "A")]
    hole = 0
    while len(asked) < count:
        one, other = hole % len(centers), (hole + 1) % len(centers)
        name = f"H{one + 1}"
        apart = math.dist(_written(centers[one]), _written(centers[other]))
        kinds = [
            zone("position", name, 0.1, "A", "B"),
            zone("roundness", name),
            size("distance", [name, f"H{other + 1}"], apart),
            size("radius", name, RADIUS_PX * MM_PER_PX),
            zone("line_profile", name),
        ]
        asked.append(kinds[hole % len(kinds)])
        hole += 1
    return asked[:count]


def _written(center_px: Point) -> Point:
    """The centre in mm as the order has it."""
    return round(center_px[0] * MM_PER_PX, 9), round(center_px[1] * MM_PER_PX, 9)


def wheel(sizes: Sizes) -> Large:
    """A watch wheel of 60 teeth as high as the picture, turned by some angle."""
    what = toothed(60, (sizes.height_px / 2.0 - 60.0) / 31.4)
    pixels = _photograph(what, sizes, replace(LYING, angle_deg=47.3))
    return Large(what, exact(_optics(sizes)), pixels, np.zeros((0, 2)))


@cache
def long_comb(sizes: Sizes) -> Large:
    """The comb: 20 slots make about 100 000 px of outline at 12 MP."""
    slots = max(2, round(20 * sizes.width_px / 4000))
    what = contour_order(comb(slots, sizes.width_px - 520.0, sizes.height_px - 440.0))
    return Large(what, exact(_optics(sizes)), _photograph(what, sizes), np.zeros((0, 2)))


@cache
def mixed_plate(sizes: Sizes) -> Large:
    """The plate with 120 holes and many kinds of characteristics."""
    centers = holes(sizes)[:120]
    return plate(sizes, mixed(centers, sizes.characteristics), len(centers))
