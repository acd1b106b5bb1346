"""Arcs, slots, toothed outlines and free contours: how far every measured point lies off the true outline."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np

from station.order.model import Order

from .bounds import contour_point
from .outline import point_errors
from .part import Part, Row, Sizes, Table, Tell
from .scenes import free_contour, inspected, placed, sector, slotted, spline_contour, toothed
from .spread import generator, spread

Maker = Callable[[float], Order]  # of a number about 0 that varies the size (px)

CASES: dict[str, Maker] = {
    "arcs of 30°, R 200 and 450": lambda by: sector(200.0 + by, 450.0, 30.0),
    "arcs of 60°, R 100 and 250": lambda by: sector(100.0 + by, 250.0, 60.0),
    "arcs of 150°, R 30 and 90": lambda by: sector(30.0 + by, 90.0, 150.0),
    "slot 120 × 40": lambda by: slotted(120.0 + by, 40.0),
    "slot 80 × 16": lambda by: slotted(80.0 + by, 16.0),
    "wheel of 24 teeth, module 12": lambda by: toothed(24, 12.0 + 0.1 * by),
    "wheel of 30 teeth, module 7": lambda by: toothed(30, 7.0 + 0.1 * by),
    "free contour, waves of 40": lambda by: free_contour(40.0 + by),
    "free contour, waves of 20": lambda by: free_contour(20.0 + by),
    "free contour, a spline": lambda by: spline_contour(18.0 + by),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One outline under one blur. Lengths in thousandths of a pixel."""

    what: str
    psf_px: float
    parts: int
    points: int
    bias: float
    rmse: float
    bound: float
    worst: float  # 99.9 % of the points lie within this


def contours(sizes: Sizes, tell: Tell) -> Part:
    """The table of contour points."""
    jobs = [(name, psf) for name in CASES for psf in sizes.psf_px]
    parts = max(2, sizes.samples // 10)  # each has about a thousand points
    cells = spread(partial(cell, parts, sizes.seed), jobs, sizes.processes, tell, "contours")
    worst = max(cells, key=lambda c: c.rmse / c.bound)
    ratio = worst.rmse / worst.bound
    row = Row(
        "arcs of ≥ 30°, slots, toothed outlines, free contours: rmse per contour point against truth / its bound",
        "≤ 1.2",
        f"{ratio:.2f} at worst ({worst.what}, PSF σ {worst.psf_px:g}), "
        f"median {float(np.median([c.rmse / c.bound for c in cells])):.2f}",
        ratio <= 1.2,
    )
    columns = ("outline (px)", "PSF σ px", "points", "bias", "rmse", "bound", "rmse / bound", "99.9 % within")
    shown = tuple(
        (
            *(c.what, f"{c.psf_px:g}", f"{c.points:,}", f"{c.bias:+.2f}", f"{c.rmse:.1f}", f"{c.bound:.1f}"),
            *(f"{c.rmse / c.bound:.2f}", f"{c.worst:.0f}"),
        )
        for c in cells
    )
    table = Table("Points of contours, lengths in 1/1000 px", columns, shown)
    return Part((row,), (table,), {"cells": [asdict(c) for c in cells]})


def cell(parts: int, seed: int, job: tuple[str, float]) -> Cell:
    """Parts of one kind under one blur."""
    name, psf = job
    rng = generator(seed, 3, list(CASES).index(name), round(1000 * psf))
    errors = []
    for _ in range(parts):
        what = CASES[name](float(rng.uniform(-0.5, 0.5)))
        scene = placed(what, psf, rng)
        errors.append(point_errors(inspected(what, scene, rng), scene))
    error = np.concatenate(errors)
    bound = contour_point([placed(CASES[name](0.0), psf, rng) for _ in range(2)])
    return Cell(
        what=name,
        psf_px=psf,
        parts=parts,
        points=len(error),
        bias=1e3 * float(error.mean()),
        rmse=1e3 * math.sqrt(float(np.mean(error**2))),
        bound=1e3 * bound,
        worst=1e3 * float(np.quantile(np.abs(error), 0.999)),
    )
