"""The picture: exact silhouettes, light, dust, shot noise and the converter."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from station.order.model import Face
from station.twin.coverage import polygon_coverage
from station.twin.defocus import growing_coverage
from station.twin.made import Points, made_polygons
from station.twin.part import Flaw, MadePart
from station.twin.projection import to_pixels
from station.twin.scene import Lamp, Optics, PlacedPart, Polarity, Pose, Scene
from station.twin.surface import surface_gain

Image = NDArray[np.float64]

CHORD_ERROR_PX = 1e-4
DISTORTED_STEP_PX = 4.0


def render(scene: Scene, rng: np.random.Generator) -> NDArray[Any]:
    """The frame (height, width) as the camera delivers it: uint8, or uint16 for more than 8 bits."""
    return expose(scene_light(scene, rng), scene.lamp, rng)


def expose(light: Image, lamp: Lamp, rng: np.random.Generator) -> NDArray[Any]:
    """What the sensor makes of light (height, width) in fractions of full scale: shot and read noise, levels."""
    electrons = np.asarray(light * (lamp.full_well_e * lamp.clip_gain), dtype=np.float32)
    spread = np.sqrt(electrons + np.float32(lamp.read_noise_e**2))
    electrons += spread * rng.standard_normal(electrons.shape, dtype=np.float32)
    grey = np.rint(electrons * np.float32(lamp.full_scale / lamp.full_well_e))
    kind: type[np.unsignedinteger[Any]] = np.uint8 if lamp.bit_depth <= 8 else np.uint16
    return np.asarray(np.clip(grey, 0, lamp.full_scale).astype(kind))


def scene_light(scene: Scene, rng: np.random.Generator | None = None) -> Image:
    """The light (height, width) reaching the sensor, as a fraction of full scale; `rng` draws the surface's grain."""
    lamp, optics = scene.lamp, scene.optics
    covered = render_ideal(scene)
    part = lamp.part_level * surface_gain(scene, rng) if lamp.polarity is Polarity.FRONTLIT else lamp.part_level
    through = 1.0 - covered
    for speck in scene.dust:
        polygon = _oriented(to_pixels(np.asarray(speck.outline_mm), Pose(), Face.TOP, optics))
        sigma = math.hypot(speck.blur_px, optics.blur_sigma_px)
        window = _window([polygon], optics, sigma)
        through[window] *= 1.0 - speck.opacity * _coverage([polygon], window, sigma)
    light = part + (lamp.field_level - part) * through
    return np.asarray(light * lamp_evenness(optics, lamp.uneven)) if lamp.uneven else light


def render_ideal(scene: Scene) -> Image:
    """Noise-free coverage (height, width) by parts, 0 to 1, seen through the lens and the pixel."""
    optics = scene.optics
    covered = np.zeros((optics.height_px, optics.width_px))
    for placed in scene.parts:
        polygons = _outlines(placed.part, placed, optics)
        flaws = [_flaw_pixels(flaw, placed, optics) for flaw in placed.part.flaws]
        window = _window(polygons + flaws, optics, optics.worst_sigma_px)
        material = _seen(polygons, window, optics)
        chamfer = placed.part.chamfer
        if chamfer is not None:
            solid = replace(placed.part, growth_mm=placed.part.growth_mm - chamfer.width_mm)
            dark = _seen(_outlines(solid, placed, optics), window, optics)
            material = chamfer.shade * material + (1.0 - chamfer.shade) * dark
        for flaw, polygon in zip(placed.part.flaws, flaws, strict=True):
            region = _seen([polygon], window, optics)
            material = 1.0 - (1.0 - material) * (1.0 - region) if flaw.adds_material else material * (1.0 - region)
        covered[window] = 1.0 - (1.0 - covered[window]) * (1.0 - material)
    return covered


def lamp_evenness(optics: Optics, uneven: float) -> Image:
    """The lamp's shape (height, width), 1 at its best place and smooth: a slope and a dome, `uneven` deep at most."""
    x = np.linspace(-1.0, 1.0, optics.width_px)[None, :]
    y = np.linspace(-1.0, 1.0, optics.height_px)[:, None]
    fall = 0.35 * (x**2 + y**2) + 0.15 * (x + 1.0) * 0.8 + 0.15 * (1.0 - y) * 0.2
    return np.asarray(1.0 - uneven * fall)


def _outlines(part: MadePart, placed: PlacedPart, optics: Optics) -> list[Points]:
    """The outlines of `part` where `placed` lies, in pixels."""
    chord_mm = CHORD_ERROR_PX * optics.mm_per_px
    step_mm = DISTORTED_STEP_PX * optics.mm_per_px if optics.k1_per_mm2 else math.inf
    outlines = made_polygons(part, chord_mm, optics.edge_offset_px * optics.mm_per_px, step_mm)
    return [to_pixels(points, placed.pose, placed.face, optics) for points in outlines]


def _flaw_pixels(flaw: Flaw, placed: PlacedPart, optics: Optics) -> Points:
    return _oriented(to_pixels(np.asarray(flaw.region_mm), placed.pose, placed.face, optics))


def _oriented(polygon_px: Points) -> Points:
    """The polygon running so that its inside counts as covered."""
    x, y = polygon_px[:, 0], polygon_px[:, 1]
    area = float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))
    return polygon_px if area < 0 else polygon_px[::-1]


def _window(polygons: list[Points], optics: Optics, sigma_px: float) -> tuple[slice, slice]:
    """The rows and columns that the polygons can reach."""
    everything = np.concatenate(polygons) if polygons else np.zeros((1, 2))
    margin = math.ceil(6.0 * sigma_px) + 2
    low, high = np.floor(everything.min(axis=0)).astype(int), np.ceil(everything.max(axis=0)).astype(int)
    columns = slice(max(0, int(low[0]) - margin), max(0, min(optics.width_px, int(high[0]) + margin + 1)))
    rows = slice(max(0, int(low[1]) - margin), max(0, min(optics.height_px, int(high[1]) + margin + 1)))
    return rows, columns


def _seen(polygons: list[Points], window: tuple[slice, slice], optics: Optics) -> Image:
    """Coverage of the window through the lens, 0 to 1."""
    (x, y), (across, down) = optics.origin_px, optics.blur_slope
    if across == 0.0 == down:
        return np.clip(_coverage(polygons, window, optics.blur_sigma_px), 0.0, 1.0)
    rows, columns = window
    first = optics.blur_sigma_px + across * (columns.start - x) + down * (rows.start - y)
    moved, width, height = _moved(polygons, window)
    return np.clip(growing_coverage(moved, width, height, first, optics.blur_slope), 0.0, 1.0)


def _coverage(polygons: list[Points], window: tuple[slice, slice], sigma_px: float) -> Image:
    return polygon_coverage(*_moved(polygons, window), sigma_px)


def _moved(polygons: list[Points], window: tuple[slice, slice]) -> tuple[list[Points], int, int]:
    """Polygons in a window's own pixels, and its width and height."""
    rows, columns = window
    height, width = max(0, rows.stop - rows.start), max(0, columns.stop - columns.start)
    return [polygon - (columns.start, rows.start) for polygon in polygons], width, height
