"""What real pictures bring, one thing at a time: how far each moves a diameter, and how honest U stays."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from station.cycle.measure import inspect_picture
from station.order.model import Order
from station.plan.compile import compile_plan
from station.twin import flaws
from station.twin.outlines import polar
from station.twin.render import render, scene_light
from station.twin.scene import Dust, Lamp, Scene
from station.vision.picture import picture_from

from .bounds import NUISANCE, circle_unknowns, sigmas
from .part import Part, Sizes, Table, Tell
from .scenes import AT_20_C, MM_PER_PX, disc, exact, placed
from .spread import generator, spread

RADIUS_PX, PSF_PX = 60.0, 1.0
Pixels = NDArray[Any]
Spoil = Callable[[Order, Scene, np.random.Generator], Pixels]


@dataclass(frozen=True, slots=True)
class Cell:
    """One thing wrong. Lengths in thousandths of a pixel of the diameter."""

    what: str
    discs: int
    measured: int  # the rest was refused, or the characteristic was ERROR
    bias: float
    std: float
    bound: float
    coverage: float
    u: float


def _lit(lamp: Lamp) -> Spoil:
    return lambda _, scene, rng: render(replace(scene, lamp=lamp), rng)


def _speck(scene: Scene, rng: np.random.Generator, long_px: float, wide_px: float) -> Dust:
    """Something lying across the contour at a random place, in a random direction."""
    at, turn = math.radians(rng.uniform(0, 360)), math.radians(rng.uniform(0, 360))
    pose = scene.parts[0].pose
    x, y = (c + RADIUS_PX * MM_PER_PX * f(at) for c, f in ((pose.x_mm, math.cos), (pose.y_mm, math.sin)))
    angles = np.linspace(0.0, 2.0 * math.pi, 24, endpoint=False)
    u, v = 0.5 * long_px * MM_PER_PX * np.cos(angles), 0.5 * wide_px * MM_PER_PX * np.sin(angles)
    c, s = math.cos(turn), math.sin(turn)
    outline = np.column_stack([x + c * u - s * v, y + s * u + c * v])
    return Dust(tuple((float(a), float(b)) for a, b in outline), 0.6, 1.0)


def _dusty(_: Order, scene: Scene, rng: np.random.Generator) -> Pixels:
    return render(replace(scene, dust=tuple(_speck(scene, rng, 8.0, 8.0) for _ in range(5))), rng)


def _fibres(_: Order, scene: Scene, rng: np.random.Generator) -> Pixels:
    return render(replace(scene, dust=tuple(_speck(scene, rng, 60.0, 4.0) for _ in range(2))), rng)


def _burr(_: Order, scene: Scene, rng: np.random.Generator) -> Pixels:
    radius, angle = RADIUS_PX * MM_PER_PX, float(rng.uniform(0, 360))
    lip = flaws.burr(polar(radius, angle), angle, 25 * MM_PER_PX, 5 * MM_PER_PX, rng)
    placed_part = scene.parts[0]
    part = replace(placed_part.part, flaws=(lip,))
    return render(replace(scene, parts=(replace(placed_part, part=part),)), rng)


def _chamfer(_: Order, scene: Scene, rng: np.random.Generator) -> Pixels:
    """A ring 3 px wide inside the edge lets a quarter of the light pass: the outer edge is asked for."""
    placed_part = scene.parts[0]
    less = replace(placed_part.part, growth_mm=-3.0 * MM_PER_PX)
    core = replace(scene, parts=(replace(placed_part, part=less),))
    return _exposed(0.75 * scene_light(scene) + 0.25 * scene_light(core), scene.lamp, rng)


def _tilted(_: Order, scene: Scene, rng: np.random.Generator) -> Pixels:
    """The right side out of focus: the blur grows from left to right by half."""
    soft = replace(scene, optics=replace(scene.optics, psf_sigma_px=1.5 * PSF_PX))
    share = np.linspace(0.0, 1.0, scene.optics.width_px)[None, :]
    return _exposed((1.0 - share) * scene_light(scene) + share * scene_light(soft), scene.lamp, rng)


def _bayer(_: Order, scene: Scene, rng: np.random.Generator) -> Pixels:
    """A colour camera on a white backlight: mosaic, white balance off by a tenth, OpenCV's demosaicing."""
    light = scene_light(scene)
    light[0::2, 0::2] *= 0.9
    light[1::2, 1::2] *= 0.8
    raw = _exposed(light, scene.lamp, rng)
    return np.asarray(cv2.cvtColor(raw, cv2.COLOR_BayerRG2BGR))


def _jpeg(quality: int) -> Spoil:
    def spoil(_: Order, scene: Scene, rng: np.random.Generator) -> Pixels:
        _done, data = cv2.imencode(".jpg", render(scene, rng), [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE))

    return spoil


def _exposed(light: NDArray[np.float64], lamp: Lamp, rng: np.random.Generator) -> Pixels:
    """The sensor on light (h, w) as a fraction of full scale: shot and read noise, then 8 bits."""
    electrons = light * lamp.full_well_e
    electrons = electrons + np.sqrt(electrons + lamp.read_noise_e**2) * rng.standard_normal(light.shape)
    return np.clip(np.rint(electrons * 255.0 / lamp.full_well_e), 0, 255).astype(np.uint8)


CASES: dict[str, Spoil] = {
    "clean": _lit(Lamp()),
    "backlight uneven by ± 20 %": _lit(Lamp(uneven=1.0 / 3.0)),
    "five specks of dust, 8 px, on the contour": _dusty,
    "two fibres of 60 × 4 px across the contour": _fibres,
    "a burr of 25 × 5 px": _burr,
    "a chamfer: 3 px inside the edge a quarter of the light passes": _chamfer,
    "one side defocused: blur grows by half across the picture": _tilted,
    "Bayer mosaic, demosaiced, white balance off": _bayer,
    "JPEG, quality 95": _jpeg(95),
    "JPEG, quality 80": _jpeg(80),
    "10 bits": _lit(Lamp(bit_depth=10)),
    "12 bits": _lit(Lamp(bit_depth=12)),
}


def hard(sizes: Sizes, tell: Tell) -> Part:
    """The table of what goes wrong; it has no target, its figures are for choosing a camera and a light."""
    cells = spread(
        partial(cell, max(3, sizes.samples // 4), sizes.seed), list(CASES), sizes.processes, tell, "real pictures"
    )
    columns = ("what", "measured", "bias", "std", "std / CRLB of clean", "U95 stated", "U95 covers")
    lines = tuple(
        (
            *(c.what, f"{c.measured} of {c.discs}", f"{c.bias:+.2f}", f"{c.std:.2f}", f"{c.std / c.bound:.2f}"),
            *(f"{2 * c.u:.1f}", f"{100 * c.coverage:.0f} %"),
        )
        for c in cells
    )
    table = Table("Discs of R = 60 px with one thing wrong, lengths in 1/1000 px of the diameter", columns, lines)
    return Part((), (table,), {"cells": [asdict(c) for c in cells]})


def cell(discs: int, seed: int, name: str) -> Cell:
    """Discs with one thing wrong."""
    rng = generator(seed, 12, list(CASES).index(name))
    errors, stated = [], []
    for _ in range(discs):
        what = disc(RADIUS_PX + float(rng.uniform(-0.5, 0.5)))
        scene = placed(what, PSF_PX, rng)
        pixels = CASES[name](what, scene, rng)
        calibration = exact(scene.optics)
        plan = compile_plan(what, calibration)
        item = inspect_picture(what, plan, calibration, picture_from(pixels), AT_20_C).items[0]
        if item.value is not None and item.u is not None:
            errors.append((item.value - float(what.characteristics[0].limits.nominal or 0)) / MM_PER_PX)
            stated.append(item.u / MM_PER_PX)
    bound = sigmas([placed(disc(RADIUS_PX), PSF_PX, rng)], (*circle_unknowns("D"), *NUISANCE))[0]
    error, u = np.array(errors), np.array(stated)
    if len(error) < 2:
        nothing = float("nan")
        return Cell(name, discs, len(error), nothing, nothing, 1e3 * float(bound), nothing, nothing)
    return Cell(
        what=name,
        discs=discs,
        measured=len(error),
        bias=1e3 * float(error.mean()),
        std=1e3 * float(error.std(ddof=1)),
        bound=1e3 * float(bound),
        coverage=float(np.mean(np.abs(error) <= 2.0 * u)),
        u=1e3 * float(u.mean()),
    )
