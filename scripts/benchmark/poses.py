"""Where the part lies: place and rotation of parts with and without symmetry, found from nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np

from station.order.model import Order

from .bounds import NUISANCE, POSE, sigmas
from .part import Part, Row, Sizes, Table, Tell
from .scenes import MM_PER_PX, angle_piece, disc, free_contour, inspected, placed, square, toothed, trapezoid
from .spread import generator, spread


@dataclass(frozen=True, slots=True)
class Shape:
    """A part; `turn_deg` brings it back onto itself: 360 without symmetry, 0 for a disc, which has no rotation."""

    make: Callable[[float], Order]
    turn_deg: float


SHAPES: dict[str, Shape] = {
    "angle piece": Shape(lambda by: angle_piece(by), 360.0),
    "trapezoid": Shape(lambda by: trapezoid(by), 360.0),
    "square": Shape(lambda by: square(280.0 + by), 90.0),
    "wheel of 24 teeth": Shape(lambda by: toothed(24, 12.0 + 0.1 * by), 15.0),
    "free contour": Shape(lambda by: free_contour(40.0 + by), 360.0),
    "disc": Shape(lambda by: disc(170.0 + by), 0.0),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One part under one blur: place in 1/1000 px, rotation in µrad (NaN for a disc)."""

    what: str
    psf_px: float
    contour_px: float
    samples: int
    place_rmse: float
    place_bound: float
    angle_rmse: float
    angle_bound: float

    @property
    def ratio(self) -> float:
        """The worse of place and rotation against its bound."""
        turn = self.angle_rmse / self.angle_bound
        return max(self.place_rmse / self.place_bound, turn if math.isfinite(turn) else 0.0)


def poses(sizes: Sizes, tell: Tell) -> Part:
    """The table of poses."""
    jobs = [(name, psf) for name in SHAPES for psf in sizes.psf_px]
    samples = max(3, sizes.samples // 4)
    cells = spread(partial(cell, samples, sizes.seed), jobs, sizes.processes, tell, "poses")
    worst = max(cells, key=lambda c: c.ratio)
    row = Row(
        "pose of a part with ≥ 1000 px of contour, any rotation, symmetric parts included: rmse / CRLB",
        "≤ 3",
        f"{worst.ratio:.2f} at worst ({worst.what}, PSF σ {worst.psf_px:g})",
        worst.ratio <= 3.0,
    )
    columns = ("part", "contour px", "PSF σ px", "place rmse", "CRLB", "ratio", "rotation rmse", "CRLB", "ratio")
    shown = tuple(
        (
            *(c.what, f"{c.contour_px:.0f}", f"{c.psf_px:g}", f"{c.place_rmse:.2f}", f"{c.place_bound:.2f}"),
            f"{c.place_rmse / c.place_bound:.2f}",
            *(
                (f"{c.angle_rmse:.1f}", f"{c.angle_bound:.1f}", f"{c.angle_rmse / c.angle_bound:.2f}")
                if math.isfinite(c.angle_bound)
                else ("", "", "")
            ),
        )
        for c in cells
    )
    table = Table("Poses: place in 1/1000 px per axis, rotation in µrad", columns, shown)
    return Part((row,), (table,), {"cells": [{**asdict(c), "ratio": c.ratio} for c in cells]})


def cell(samples: int, seed: int, job: tuple[str, float]) -> Cell:
    """One part under one blur, at random places and rotations."""
    name, psf = job
    shape = SHAPES[name]
    rng = generator(seed, 4, list(SHAPES).index(name), round(1000 * psf))
    places, turns = [], []
    for _ in range(samples):
        what = shape.make(float(rng.uniform(-0.5, 0.5)))
        scene = placed(what, psf, rng)
        sighting = inspected(what, scene, rng).sighting
        assert sighting is not None
        true, found = scene.parts[0].pose, sighting.pose
        places.append(((found.x - true.x_mm) / MM_PER_PX, (found.y - true.y_mm) / MM_PER_PX))
        if shape.turn_deg:
            turn = math.radians(shape.turn_deg)
            turns.append(math.remainder(found.angle_rad - math.radians(true.angle_deg), turn))
    scenes = [placed(shape.make(0.0), psf, rng) for _ in range(3)]
    bound = sigmas(scenes, (*(POSE if shape.turn_deg else POSE[:2]), *NUISANCE))
    return Cell(
        what=name,
        psf_px=psf,
        contour_px=sum(o.length_mm for o in scenes[0].parts[0].part.silhouette.outlines) / MM_PER_PX,
        samples=samples,
        place_rmse=1e3 * float(np.sqrt(np.mean(np.square(places)))),
        place_bound=1e3 * float(np.sqrt(np.mean(bound[:2] ** 2))),
        angle_rmse=1e6 * float(np.sqrt(np.mean(np.square(turns)))) if turns else float("nan"),
        angle_bound=1e6 * math.radians(float(bound[2])) if turns else float("nan"),
    )
