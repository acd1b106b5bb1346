"""The benchmark's own ground: the renderer against brute-force supersampling."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from station.order.geometry import ArcSegment, LineSegment, Outline
from station.twin.render import render_ideal
from station.twin.scene import Scene

from .part import Part, Row, Sizes, Table, Tell
from .scenes import disc, placed, sector, square
from .spread import generator

Floats = NDArray[np.float64]
FINE = 32  # cells per pixel and direction
FINER = 8  # points per direction in a cell that the outline crosses
SPARE_PX = 40  # of the picture that holds the part: less to sample
LEVELS = 200.0  # between part and field, of 255
LIMIT_LEVELS = 0.05  # a fortieth of the noise of a bright pixel


def renderer(sizes: Sizes, tell: Tell) -> Part:
    """Largest difference between the renderer and samples, FINE × FINER to a pixel and direction along the outline."""
    rng = generator(sizes.seed, 6)
    lines = []
    worst = 0.0
    shapes = {"disc R 12": disc(12.0), "square 20": square(20.0), "sector 10 to 30, 70°": sector(10.0, 30.0, 70.0)}
    for name, what in shapes.items():
        for psf in sizes.psf_px:
            tell(f"renderer: {name}, PSF σ {psf:g}")
            scene = placed(what, psf, rng)
            side = scene.optics.width_px - SPARE_PX
            scene = replace(scene, optics=replace(scene.optics, width_px=side, height_px=side))
            difference = LEVELS * np.abs(render_ideal(scene) - supersampled(scene))
            worst = max(worst, float(difference.max()))
            lines.append((name, f"{psf:g}", f"{difference.max():.4f}", f"{np.sqrt(np.mean(difference**2)):.5f}"))
    row = Row(
        f"the renderer against supersampling ({FINE * FINER} × {FINE * FINER} at edges): largest difference",
        f"≤ {LIMIT_LEVELS} grey levels",
        f"{worst:.4f} grey levels",
        worst <= LIMIT_LEVELS,
    )
    table = Table("The renderer, in grey levels", ("shape", "PSF σ px", "largest difference", "rms"), tuple(lines))
    return Part((row,), (table,), {"largest_levels": worst})


def supersampled(scene: Scene) -> Floats:
    """Coverage (h, w) by points inside the true outline, then a sampled Gaussian, then the pixel's mean.

    Every pixel has FINE × FINE cells; a cell that the outline crosses is the mean of FINER × FINER points of its own.
    """
    optics = scene.optics
    across, down = (np.arange(n * FINE + 1) / FINE - 0.5 for n in (optics.width_px, optics.height_px))
    corner = _is_inside(*np.meshgrid(across, down), scene)
    cells = [corner[:-1, :-1], corner[1:, :-1], corner[:-1, 1:], corner[1:, 1:]]
    covered = cells[0].astype(np.float64)
    rows, columns = np.nonzero((cells[0] != cells[1]) | (cells[0] != cells[2]) | (cells[0] != cells[3]))
    step = (np.arange(FINER) + 0.5) / FINER / FINE
    x = np.broadcast_to(across[columns][:, None, None] + step[None, None, :], (len(rows), FINER, FINER))
    y = np.broadcast_to(down[rows][:, None, None] + step[None, :, None], (len(rows), FINER, FINER))
    covered[rows, columns] = _is_inside(x, y, scene).mean(axis=(1, 2))
    blurred = gaussian_filter(covered, optics.blur_sigma_px * FINE, truncate=6.0, mode="nearest")
    return np.asarray(blurred.reshape(optics.height_px, FINE, optics.width_px, FINE).mean(axis=(1, 3)))


def _is_inside(column: Floats, row: Floats, scene: Scene) -> NDArray[np.bool_]:
    """Whether places of the picture (px) show the part."""
    optics, pose = scene.optics, scene.parts[0].pose
    origin_x, origin_y = optics.origin_px
    x = (column - origin_x) * optics.mm_per_px - pose.x_mm
    y = (origin_y - row) * optics.mm_per_px - pose.y_mm
    c, s = math.cos(math.radians(pose.angle_deg)), math.sin(math.radians(pose.angle_deg))
    return inside(c * x + s * y, -s * x + c * y, scene.parts[0].part.silhouette.outer[0])


def inside(x: Floats, y: Floats, outline: Outline) -> NDArray[np.bool_]:
    """Which points lie within a closed outline of lines and arcs: crossings of the ray to the right, counted."""
    crossings = np.zeros(x.shape, dtype=np.int32)
    for segment in outline.segments:
        if isinstance(segment, LineSegment):
            (x0, y0), (x1, y1) = segment.start_mm, segment.end_mm
            if y0 == y1:
                continue
            between = (np.minimum(y0, y1) <= y) & (y < np.maximum(y0, y1))
            crossings += between & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
        else:
            crossings += _arc_crossings(x, y, segment)
    return np.asarray(crossings % 2 == 1)


def _arc_crossings(x: Floats, y: Floats, arc: ArcSegment) -> NDArray[np.int32]:
    """Crossings of the ray from every point to the right with an arc: at most two."""
    away = (y - arc.center_mm[1]) / arc.radius_mm
    meets = np.abs(away) < 1.0
    rise = np.degrees(np.arcsin(np.clip(away, -1.0, 1.0)))
    count = np.zeros(x.shape, dtype=np.int32)
    low = min(arc.start_deg, arc.start_deg + arc.sweep_deg)
    for angle, side in ((rise, 1.0), (180.0 - rise, -1.0)):
        at = arc.center_mm[0] + side * arc.radius_mm * np.sqrt(np.maximum(1.0 - away**2, 0.0))
        count += meets & ((angle - low) % 360.0 < abs(arc.sweep_deg)) & (x < at)
    return count
