"""How a mark looks on metal: grooves with lit and shaded walls, laser marks that are darker or brighter, craters.

A look takes the picture of the bare face (h, w), float, and the mask of what is marked, and gives the picture with the
mark. Light comes from `light_rad`, measured in the picture from +x towards +y.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Mask: TypeAlias = NDArray[np.float32]


def engraved(face: Mask, mask: Mask, *, floor: float, walls: float, wall_px: float, light_rad: float) -> Mask:
    """A cut groove: its floor darker (or brighter) by the share `floor`, its walls lit or shaded by up to `walls`."""
    depth = cv2.GaussianBlur(mask, (0, 0), max(wall_px, 0.3))
    slope = _slope(depth, light_rad)
    return np.asarray(face * np.maximum(1 + floor * depth + walls * slope, 0.03), np.float32)


def burned(face: Mask, mask: Mask, *, change: float, grain: Mask, ragged: float) -> Mask:
    """A laser's mark: levels times 1 + `change`; `grain` (h, w), of unit variance, frays it by the share `ragged`."""
    frayed = np.clip(mask * (1 + ragged * grain), 0, 1)
    return np.asarray(face * (1 + change * frayed), np.float32)


def peened(face: Mask, mask: Mask, *, floor: float, glint: float, wall_px: float, light_rad: float, rim: float) -> Mask:
    """Craters: a shaded side and a lit one, a `glint` where the light is sent back, and a raised `rim`."""
    depth = cv2.GaussianBlur(mask, (0, 0), max(wall_px, 0.3))
    slope = _slope(depth, light_rad)
    around = np.clip(cv2.GaussianBlur(mask, (0, 0), max(1.6 * wall_px, 0.5)) - mask, 0, 1)
    shine = np.maximum(slope, 0) ** 2
    return np.asarray(
        face * np.maximum(1 + floor * depth + 0.7 * glint * slope + glint * shine + rim * around, 0.03), np.float32
    )


def _slope(depth: Any, light_rad: float) -> Mask:
    """The slope towards the light, at most 1."""
    across = cv2.Sobel(depth, cv2.CV_32F, 1, 0) * np.float32(np.cos(light_rad))
    along = cv2.Sobel(depth, cv2.CV_32F, 0, 1) * np.float32(np.sin(light_rad))
    slope = across + along
    return np.asarray(slope / max(float(np.abs(slope).max()), 1e-6), np.float32)
