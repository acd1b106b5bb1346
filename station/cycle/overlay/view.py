"""Which piece of the camera picture is shown, how large, and its grey ground."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from station.vision.picture import Picture

Floats = NDArray[np.float64]

MARGIN = 0.13  # of the part's extent, on each side: room for balloons
MAX_ZOOM = 8.0
DIMMED = (150.0, 228.0)  # grey levels of black and full scale under annotations
PLAIN = (0.0, 255.0)


@dataclass(frozen=True, slots=True)
class View:
    """display = (picture - `middle_px`) · `zoom` + the middle of a pane of `width` × `height`."""

    middle_px: tuple[float, float]
    zoom: float
    width: int
    height: int

    @property
    def middle(self) -> Floats:
        """Middle of the pane, display pixels."""
        return np.array([(self.width - 1) / 2.0, (self.height - 1) / 2.0])

    def to_display(self, points_px: ArrayLike) -> Floats:
        """(n, 2) picture pixels to display pixels."""
        return np.asarray((np.asarray(points_px, np.float64) - self.middle_px) * self.zoom + self.middle)


def view_of(points_px: Floats, width: int, height: int, margin: float = MARGIN) -> View:
    """The view that shows all points (n, 2) with a margin."""
    points_px = points_px[np.isfinite(points_px).all(axis=1)]
    low, high = points_px.min(axis=0), points_px.max(axis=0)
    extent = np.maximum(high - low, 1.0)
    zoom = min((1.0 - 2.0 * margin) * min(width / extent[0], height / extent[1]), MAX_ZOOM)
    middle = (low + high) / 2.0
    return View((float(middle[0]), float(middle[1])), float(zoom), width, height)


def whole(picture: Picture, width: int, height: int) -> View:
    """The view that shows the picture from border to border."""
    corners = np.array([[-0.5, -0.5], [picture.width_px - 0.5, picture.height_px - 0.5]])
    return view_of(corners, width, height, 0.0)


def ground(picture: Picture, view: View, tones: tuple[float, float]) -> NDArray[np.uint8]:
    """(height, width, 3): the picture in grey between two levels, black to full scale; lighter beyond its border."""
    step = max(1, math.floor(1.0 / view.zoom))
    half = view.middle / view.zoom + 2.0 * step
    border = np.array([picture.width_px, picture.height_px])
    low = np.clip(np.floor(view.middle_px - half), 0, border - 1).astype(int)
    high = np.clip(np.ceil(view.middle_px + half) + 1, low + 1, border).astype(int)
    size = np.maximum((high - low) // step, 1)
    crop = picture.grey[low[1] : low[1] + size[1] * step, low[0] : low[0] + size[0] * step]
    small = cv2.resize(crop, size.tolist(), interpolation=cv2.INTER_AREA) if step > 1 else crop
    # pixel i of the crop has its centre at low + i·step + (step - 1) / 2 of the picture
    shift = view.to_display([low + (step - 1) / 2.0])[0]
    matrix = np.array([[view.zoom * step, 0.0, shift[0]], [0.0, view.zoom * step, shift[1]]])
    full = picture.full_scale
    shown = cv2.warpAffine(small, matrix, (view.width, view.height), borderValue=(full,))
    tone = tones[0] + (tones[1] - tones[0]) / full * np.asarray(shown)
    coarse = np.rint(tone) if tones == PLAIN else 2.0 * np.rint(tone / 2.0)  # half the noise costs half the bytes
    return np.asarray(cv2.cvtColor(np.clip(coarse, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR), np.uint8)
