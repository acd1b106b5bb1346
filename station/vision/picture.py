"""A picture as the core works on it: one grey plane as the camera gave it, and how bright that camera can say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Picture:
    """`grey` (height, width), contiguous, in the camera's own levels from 0 to `full_scale`."""

    grey: NDArray[Any]
    full_scale: float

    @property
    def height_px(self) -> int:
        """Rows."""
        return int(self.grey.shape[0])

    @property
    def width_px(self) -> int:
        """Columns."""
        return int(self.grey.shape[1])


def picture_from(pixels: NDArray[np.generic]) -> Picture:
    """Grey picture from (h, w), (h, w, 3) BGR or (h, w, 4) BGRA pixels of 8 or 16 bits.

    Colour becomes Rec. 601 luma (`cv2.COLOR_BGR2GRAY`); an alpha plane is ignored. A 16-bit picture that never uses its
    upper bits comes from a 10-, 12- or 14-bit camera: its full scale is the smallest of these that holds every pixel.

    Raises:
        ValueError: other shapes or number types.
    """
    if pixels.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"a picture has 8 or 16 bits, not {pixels.dtype}")
    if pixels.size == 0:
        raise ValueError(f"a picture has rows and columns, not the shape {pixels.shape}")
    if pixels.ndim == 3 and pixels.shape[2] in (3, 4):
        code = cv2.COLOR_BGR2GRAY if pixels.shape[2] == 3 else cv2.COLOR_BGRA2GRAY
        grey: NDArray[np.generic] = np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), code))
    elif pixels.ndim == 3 and pixels.shape[2] == 1:
        grey = pixels[:, :, 0]
    else:
        grey = pixels
    if grey.ndim != 2 or grey.size == 0:
        raise ValueError(f"a picture has rows and columns, not the shape {pixels.shape}")
    if grey.dtype == np.uint8:
        full_scale = 255.0
    elif grey.dtype == np.uint16:
        brightest = int(grey.max())
        full_scale = float(next(2**bits - 1 for bits in (10, 12, 14, 16) if brightest < 2**bits))
    else:
        raise ValueError(f"a picture has 8 or 16 bits, not {grey.dtype}")
    return Picture(np.ascontiguousarray(grey), full_scale)
