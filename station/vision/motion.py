"""Whether anything moved between two pictures of the same light, tile by tile, to hundredths of a pixel.

What moves a little by s changes a picture by -g·s, g its gradient (the first order of optical flow: Lucas and Kanade
1981). Within each tile that has edges the shift across the strongest of them is least squares over its pixels; along
an edge nothing can be seen, nor does it matter. Turning parts move differently from tile to tile, so the worst tile
counts. The lamp may have become brighter or darker as a whole: that is divided out first, and told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_SMOOTHING_PX = 1.5
_TILE_PX = 48
_BLIND_PX = 0.05  # a tile whose own uncertainty is larger tells nothing
_SIGMAS = 5.0
_SIGMA_OF_MEDIAN = 1.4826

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Motion:
    """The clearest shift that was seen, with its standard uncertainty, and where (x, y); nan where no tile has edges.

    `brightness`: of the last picture, in units of the first; 0 if the light went out, inf if it came on.
    """

    shift_px: float
    u_px: float
    at_px: tuple[float, float]
    brightness: float

    def beyond(self, limit_px: float) -> bool:
        """Whether something moved by more than this, and noise alone does not do that (five sigma)."""
        return self.shift_px > max(limit_px, _SIGMAS * self.u_px)


def motion_between(first: NDArray[Any], last: NDArray[Any]) -> Motion:
    """Two pictures (h, w) of one exposure under one light.

    Raises:
        ValueError: they differ in shape.
    """
    if first.shape != last.shape or first.ndim != 2:
        raise ValueError(f"two grey pictures of one shape are compared, not {first.shape} and {last.shape}")
    a, b = _smooth(first), _smooth(last)
    brightness = _brightness(a, b)
    if brightness > 0.0:
        b = b / np.float32(brightness)
    change, mean = b - a, 0.5 * (a + b)
    gx, gy = (cv2.Sobel(mean, cv2.CV_32F, dx, 1 - dx, ksize=1, scale=0.5) for dx in (1, 0))
    sums = [_tiles(one) for one in (gx * gx, gx * gy, gy * gy, gx * change, gy * change)]
    shift, strength = _shifts(*sums)
    # Neighbours share noise once smoothed: so many pixels are one.
    shared = 4.0 * math.pi * _SMOOTHING_PX**2
    with np.errstate(divide="ignore"):
        u = _noise(first, last) * math.sqrt(shared) / np.sqrt(strength)
    told = u < _BLIND_PX
    if not told.any():
        return Motion(math.nan, math.nan, (math.nan, math.nan), brightness)
    worst = np.unravel_index(np.argmax(np.where(told, shift - _SIGMAS * u, -np.inf)), shift.shape)
    row, column = (float((k + 0.5) * _TILE_PX) for k in worst)
    return Motion(float(shift[worst]), float(u[worst]), (column, row), brightness)


def _smooth(picture: NDArray[Any]) -> Floats:
    return np.asarray(cv2.GaussianBlur(picture.astype(np.float32), (0, 0), _SMOOTHING_PX), np.float32)


def _brightness(a: Floats, b: Floats) -> float:
    """Of the lit half of the picture; what moved is little of it. 0 if the light went out, inf if it came on."""
    a, b = a[::4, ::4], b[::4, ::4]
    lit = a > 0.5 * float(np.percentile(a, 99.0))
    if lit.any():
        return float(np.median(b[lit] / a[lit]))
    return math.inf if b.any() else 1.0


def _noise(a: NDArray[Any], b: NDArray[Any]) -> float:
    """How the smoothed change of a pixel scatters by noise alone, where that is most: among bright or dark pixels.

    From second differences along rows, which neither edges nor what moved have much of (Immerkær 1996).
    """
    worst = 1.0 / 12.0  # of a picture's own steps
    for picture in (a, b):
        rows = picture[::4].astype(np.float32)
        bends, middle = np.abs(rows[:, :-2] - 2.0 * rows[:, 1:-1] + rows[:, 2:]), rows[:, 1:-1]
        bright = middle > 0.5 * (float(middle.min()) + float(middle.max()))
        for side in (bright, ~bright):
            if side.any():
                worst = max(worst, (_SIGMA_OF_MEDIAN * float(np.median(bends[side]))) ** 2 / 6.0)
    return math.sqrt(2.0 * worst / (4.0 * math.pi * _SMOOTHING_PX**2))


def _tiles(values: Floats) -> NDArray[np.float64]:
    """The sum over each tile; the last ones reach beyond the picture."""
    height, width = values.shape
    rows, columns = -(-height // _TILE_PX), -(-width // _TILE_PX)
    padded = np.pad(values, ((0, rows * _TILE_PX - height), (0, columns * _TILE_PX - width)))
    return np.asarray(padded.reshape(rows, _TILE_PX, columns, _TILE_PX).sum((1, 3), dtype=np.float64))


def _shifts(xx: Any, xy: Any, yy: Any, xd: Any, yd: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of every tile the shift along its strongest gradient, px, and how strong that is (sum of squares)."""
    angle = 0.5 * np.arctan2(2.0 * xy, xx - yy)
    c, s = np.cos(angle), np.sin(angle)
    strength = np.maximum(c * c * xx + 2.0 * c * s * xy + s * s * yy, 1e-12)
    return np.abs(c * xd + s * yd) / strength, strength
