"""What changes when the blur that the station assumes is wrong by a tenth."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from station.cycle.measure import measure_features
from station.cycle.sight import Sighting, sight
from station.metrology.calibration import Calibration
from station.plan.compile import compile_plan
from station.plan.plan import Plan
from station.twin.render import render
from station.vision.picture import picture_from
from station.vision.refusal import Refusal

from .part import Part, Row, Sizes, Table, Tell
from .scenes import MM_PER_PX, disc, exact, placed
from .spread import generator, spread

WRONG = (0.9, 1.1)
TARGET_PX = 0.005


def blur_error(sizes: Sizes, tell: Tell) -> Part:
    """The table of blurs assumed wrongly."""
    jobs = [(radius, psf) for radius in sizes.radii_px for psf in sizes.psf_px]
    discs = max(2, sizes.samples // 12)
    found = spread(partial(cell, discs, sizes.seed), jobs, sizes.processes, tell, "assumed blur")
    worst = max(abs(change) for changes in found for change in changes)
    row = Row(
        "change of a diameter for a ± 10 % error of the assumed PSF",
        f"≤ {TARGET_PX} px",
        f"{worst:.4f} px at worst",
        worst <= TARGET_PX,
    )
    columns = ("R px", "PSF σ px", "found blur - 10 %", "found blur + 10 %", "calibrated - 10 %", "calibrated + 10 %")
    lines = tuple(
        (f"{radius:g}", f"{psf:g}", *(f"{1e3 * change:+.2f}" for change in changes))
        for (radius, psf), changes in zip(jobs, found, strict=True)
    )
    note = (
        "Mean change of the diameter, in 1/1000 px, when the fits are told another blur than the one found in the "
        "picture, or a calibration whose PSF is wrong."
    )
    table = Table("Blur assumed wrongly", columns, lines, note)
    data = [{"radius_px": r, "psf_px": p, "change_px": c} for (r, p), c in zip(jobs, found, strict=True)]
    return Part((row,), (table,), {"cells": data})


def cell(discs: int, seed: int, job: tuple[float, float]) -> list[float]:
    """Mean change (px) for a wrong blur of the sighting (-, +) and of the calibration (-, +)."""
    radius, psf = job
    rng = generator(seed, 5, round(1000 * radius), round(1000 * psf))
    changes = []
    for _ in range(discs):
        what = disc(radius + rng.uniform(-0.5, 0.5))
        scene = placed(what, psf, rng)
        picture = picture_from(render(scene, rng))
        plain = exact(scene.optics)
        plan = compile_plan(what, plain)
        found = sight(plan, plain, picture)
        if isinstance(found, Refusal):
            raise RuntimeError(found.sentence)
        middle = _diameter(plan, plain, found)
        one = [_diameter(plan, plain, replace(found, blur_px=found.blur_px * k)) - middle for k in WRONG]
        known = exact(scene.optics, psf_sigma_px=psf)
        middle = _found_anew(plan, known, scene_picture=found)
        one += [_found_anew(plan, replace(known, psf_sigma_px=psf * k), scene_picture=found) - middle for k in WRONG]
        changes.append(one)
    return [float(value) for value in np.mean(changes, axis=0)]


def _diameter(plan: Plan, calibration: Calibration, sighting: Sighting) -> float:
    return 2.0 * measure_features(plan, calibration, sighting)["D"].radius_mm / MM_PER_PX


def _found_anew(plan: Plan, calibration: Calibration, scene_picture: Sighting) -> float:
    """The diameter with a calibration that knows a blur, from the search on."""
    found = sight(plan, calibration, scene_picture.picture)
    if isinstance(found, Refusal):
        raise RuntimeError(found.sentence)
    return _diameter(plan, calibration, found)
