"""Diameter and centre of discs: bias, scatter, what is possible, and whether the stated uncertainty is honest."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np

from .bounds import NUISANCE, circle_unknowns, sigmas
from .part import Part, Row, Sizes, Table, Tell
from .scenes import MM_PER_PX, disc, inspected, placed
from .spread import generator, spread

SPAN_PX = 0.5  # radii vary about the cell's by this much either way


@dataclass(frozen=True, slots=True)
class Cell:
    """One radius and blur. Lengths in thousandths of a pixel."""

    radius_px: float
    psf_px: float
    discs: int
    bias: float
    std: float
    rmse: float
    bound: float
    center_std: float
    center_bias: float
    center_bound: float
    coverage: float
    stated_over_true: float


def circles(sizes: Sizes, tell: Tell) -> Part:
    """The table of discs."""
    jobs = [(radius, psf) for radius in sizes.radii_px for psf in sizes.psf_px]
    cells = spread(partial(cell, sizes.samples, sizes.seed), jobs, sizes.processes, tell, "discs")
    spreads = [max(c.std / c.bound, c.center_std / c.center_bound) for c in cells]
    biases = [max(abs(c.bias) / c.bound, abs(c.center_bias) / c.center_bound) for c in cells]
    noise = 1.0 / math.sqrt(2.0 * sizes.samples)
    total = sum(c.discs for c in cells)
    covered = sum(c.coverage * c.discs for c in cells) / total
    rows = (
        Row(
            "circle diameter and centre, R ≥ 12 px, PSF σ 0.7-1.5, levels and blur unknown: std / CRLB",
            "≤ 1.1",
            f"{max(spreads):.2f} in the worst of {2 * len(cells)} cells (each known to ± {noise:.2f}), "
            f"{float(np.sqrt(np.mean(np.square(spreads)))):.2f} overall",
            max(spreads) <= 1.1,
        ),
        Row("the same: absolute bias / CRLB", "≤ 1", f"{max(biases):.2f} in the worst cell of all", max(biases) <= 1.0),
    )
    columns = (
        *("R px", "PSF σ px", "bias", "std", "CRLB", "std / CRLB", "rmse / CRLB"),
        *("centre std / CRLB", "centre bias", "U95 covers", "U stated / true"),
    )
    lines = tuple(
        (
            *(f"{c.radius_px:g}", f"{c.psf_px:g}", f"{c.bias:+.2f}", f"{c.std:.2f}", f"{c.bound:.2f}"),
            *(f"{c.std / c.bound:.2f}", f"{c.rmse / c.bound:.2f}", f"{c.center_std / c.center_bound:.2f}"),
            *(f"{c.center_bias:+.2f}", f"{100 * c.coverage:.1f} %", f"{c.stated_over_true:.2f}"),
        )
        for c in cells
    )
    note = f"Over all {total:,} discs U95 covers the true diameter in {100 * covered:.1f} %."
    table = Table("Discs, lengths in 1/1000 px of the diameter", columns, lines, note)
    return Part(rows, (table,), {"cells": [asdict(c) for c in cells], "coverage": covered})


def cell(samples: int, seed: int, job: tuple[float, float]) -> Cell:
    """Discs of about one radius under one blur."""
    radius, psf = job
    rng = generator(seed, 1, round(1000 * radius), round(1000 * psf))
    errors, centers, stated = [], [], []
    for _ in range(samples):
        what = disc(radius + rng.uniform(-SPAN_PX, SPAN_PX))
        scene = placed(what, psf, rng)
        outcome = inspected(what, scene, rng)
        item, feature, sighting = outcome.items[0], outcome.features[0], outcome.sighting
        assert item.value is not None, item.reason
        assert item.u is not None
        assert sighting is not None
        errors.append((item.value - float(what.characteristics[0].limits.nominal or 0)) / MM_PER_PX)
        stated.append(item.u / MM_PER_PX)
        truth = scene.parts[0].pose
        found = sighting.pose.to_plane(feature.center_mm[None])[0]
        centers.append((found - (truth.x_mm, truth.y_mm)) / MM_PER_PX)
    error, u, center = np.array(errors), np.array(stated), np.array(centers)
    bound = sigmas([placed(disc(radius), psf, rng) for _ in range(4)], (*circle_unknowns("D"), *NUISANCE))
    return Cell(
        radius_px=radius,
        psf_px=psf,
        discs=samples,
        bias=1e3 * float(error.mean()),
        std=1e3 * float(error.std(ddof=1)),
        rmse=1e3 * float(np.sqrt(np.mean(error**2))),
        bound=1e3 * float(bound[0]),
        center_std=1e3 * float(np.sqrt(np.mean(center.var(axis=0, ddof=1)))),
        center_bias=1e3 * float(np.abs(center.mean(axis=0)).max()),
        center_bound=1e3 * float(np.sqrt(np.mean(bound[1:3] ** 2))),
        coverage=float(np.mean(np.abs(error) <= 2.0 * u)),
        stated_over_true=float(u.mean() / error.std(ddof=1)),
    )
