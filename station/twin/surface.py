"""What a front-lit face looks like: brushed grain, scratches, and what is on it."""

from __future__ import annotations

import itertools
import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from station.order.geometry import polygon
from station.twin.face import draw_face, pixels_within
from station.twin.finish import Finish, make_face
from station.twin.projection import to_pixels
from station.twin.scene import Optics, PlacedPart, Scene, Scratch

BEYOND_MM = 0.2  # a part may be larger than it was drawn
PIXEL_SIGMA_PX = math.sqrt(1 / 12)  # of a pixel's box


def surface_gain(scene: Scene, rng: np.random.Generator | None) -> NDArray[np.float64]:
    """The factor (height, width) on the part's level; without `rng` there are scratches but no grain."""
    optics = scene.optics
    gain = np.ones((optics.height_px, optics.width_px))
    for placed in scene.parts:
        if placed.surface.finish is not None:
            _finish(gain, placed, optics)
        elif rng is not None and placed.surface.grain > 0:
            gain += placed.surface.grain * _brushed(gain.shape, placed, rng)
        for scratch in placed.surface.scratches:
            _draw_scratch(gain, scratch, placed, scene)
        if placed.part.marks or placed.part.defects:
            draw_face(gain, placed, scene)
    return np.maximum(gain, 0.0)


def _finish(gain: NDArray[np.float64], placed: PlacedPart, optics: Optics) -> None:
    """Multiply the part's own face into `gain`, where the part lies."""
    surface, pixel = placed.surface, optics.mm_per_px
    outline = np.concatenate([polygon(outer, pixel) for outer in placed.part.silhouette.outer])
    low, high = outline.min(axis=0) - BEYOND_MM, outline.max(axis=0) + BEYOND_MM
    columns, rows = (math.ceil(float(side) / pixel) for side in high - low)
    face = _face(surface.finish, surface.grain, surface.lay_deg, surface.seed, (rows, columns), optics.blur_sigma_px)
    corners = np.array([low, (high[0], low[1]), high, (low[0], high[1])])
    window, part_mm = pixels_within(to_pixels(corners, placed.pose, placed.face, optics), placed, optics)
    if not part_mm.size:
        return
    column = np.asarray((part_mm[..., 0] - low[0]) / pixel - 0.5, np.float32)
    row = np.asarray((high[1] - part_mm[..., 1]) / pixel - 0.5, np.float32)
    gain[window] *= cv2.remap(face, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


@lru_cache(maxsize=4)
def _face(
    finish: Finish, grain: float, lay_deg: float, seed: int, shape: tuple[int, int], sigma_px: float
) -> NDArray[np.float32]:
    """The whole face (rows, columns) as the lens shows it, a pixel's width from cell to cell."""
    drawn = make_face(np.random.default_rng(seed), shape, finish, grain=grain, lay_rad=-math.radians(lay_deg))
    return np.asarray(cv2.GaussianBlur(drawn.gain, (0, 0), math.hypot(sigma_px, PIXEL_SIGMA_PX)), np.float32)


def _brushed(shape: tuple[int, ...], placed: PlacedPart, rng: np.random.Generator) -> NDArray[np.float64]:
    """Noise of unit standard deviation, stretched along the lay as it lies in the picture."""
    side = math.ceil(math.hypot(*shape)) + 2
    noise = ndimage.gaussian_filter(rng.standard_normal((side, side)), (0.7, placed.surface.lay_length_px))
    turned = ndimage.rotate(noise, placed.surface.lay_deg + placed.pose.angle_deg, reshape=False, order=1, mode="wrap")
    top, left = (side - shape[0]) // 2, (side - shape[1]) // 2
    cut = turned[top : top + shape[0], left : left + shape[1]]
    return np.asarray(cut / cut.std())


def _draw_scratch(gain: NDArray[np.float64], scratch: Scratch, placed: PlacedPart, scene: Scene) -> None:
    """Multiply a soft line of the scratch's width into `gain`."""
    optics = scene.optics
    path = to_pixels(np.asarray(scratch.path_mm), placed.pose, placed.face, optics)
    reach = scratch.width_mm / optics.mm_per_px / 2 + 4 * optics.blur_sigma_px
    low = np.maximum(np.floor(path.min(axis=0) - reach), 0).astype(int)
    high = np.minimum(np.ceil(path.max(axis=0) + reach) + 1, (optics.width_px, optics.height_px)).astype(int)
    if np.any(high <= low):
        return
    x, y = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
    distance = np.full(x.shape, np.inf)
    for start, end in itertools.pairwise(path):
        along = end - start
        t = np.clip(((x - start[0]) * along[0] + (y - start[1]) * along[1]) / max(float(along @ along), 1e-12), 0, 1)
        distance = np.minimum(distance, np.hypot(x - start[0] - t * along[0], y - start[1] - t * along[1]))
    sigma = math.hypot(scratch.width_mm / optics.mm_per_px / 2, optics.blur_sigma_px)
    gain[low[1] : high[1], low[0] : high[0]] *= 1.0 + scratch.contrast * np.exp(-0.5 * (distance / sigma) ** 2)
