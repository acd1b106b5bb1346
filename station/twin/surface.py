"""What a front-lit face looks like: brushed grain, scratches, and what is on it."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from station.twin.face import draw_face
from station.twin.projection import to_pixels
from station.twin.scene import PlacedPart, Scene, Scratch


def surface_gain(scene: Scene, rng: np.random.Generator | None) -> NDArray[np.float64]:
    """The factor (height, width) on the part's level; without `rng` there are scratches but no grain."""
    optics = scene.optics
    gain = np.ones((optics.height_px, optics.width_px))
    for placed in scene.parts:
        if rng is not None and placed.surface.grain > 0:
            gain += placed.surface.grain * _brushed(gain.shape, placed, rng)
        for scratch in placed.surface.scratches:
            _draw_scratch(gain, scratch, placed, scene)
        if placed.part.marks or placed.part.defects:
            draw_face(gain, placed, scene)
    return np.maximum(gain, 0.0)


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
