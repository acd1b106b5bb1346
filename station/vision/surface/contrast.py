"""Local contrast: how far every pixel stands out from what is around it, whatever the light does.

(grey - local mean) / local deviation at two widths. Only pixels of the region count for the means and the deviations
(normalised convolution: Knutsson and Westin 1993), so nothing beside the part leaks into it. Means are kept at a
quarter of the resolution: they hold nothing finer, and a 12 MP picture costs a few megabytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

WIDTHS_PX = (6.0, 24.0)  # sigma of the means; the deviations' is twice that
LIMIT = 6.0  # deviations beyond which contrast is cut off
NOISE_GREY = 1.0  # a face without any texture does not show its sensor's noise as contrast
COARSE = 4  # pixels per pixel of the means
BAND_ROWS = 512  # at a time
CHANNELS = len(WIDTHS_PX) + 1


@dataclass(frozen=True, slots=True)
class LocalContrast:
    """A picture ready to be cut into tiles: grey (h, w) uint8, valid (h, w) bool, and per width mean and deviation
    (ceil(h / 4), ceil(w / 4)).
    """

    grey: NDArray[np.uint8]
    valid: NDArray[np.bool_]
    means: tuple[Floats, ...]
    deviations: tuple[Floats, ...]

    def tile(self, top: int, left: int, rows: int, columns: int) -> Floats:
        """Channels (3, rows, columns): contrast at both widths, in half deviations within ±3 and 0 beside the region,
        then 1 in the region and 0 beside it. `top` and `left` are multiples of 4; beyond the picture all is 0.
        """
        out = np.zeros((CHANNELS, rows, columns), np.float32)
        height, width = (min(rows, self.grey.shape[0] - top), min(columns, self.grey.shape[1] - left))
        grey = self.grey[top : top + height, left : left + width].astype(np.float32)
        valid = self.valid[top : top + height, left : left + width]
        for channel, (mean, deviation) in enumerate(zip(self.means, self.deviations, strict=True)):
            contrast = (grey - _finer(mean, top, left, height, width)) / _finer(deviation, top, left, height, width)
            out[channel, :height, :width] = np.where(valid, np.clip(contrast, -LIMIT, LIMIT) / 2.0, 0.0)
        out[-1, :height, :width] = valid
        return out


def local_contrast(grey: NDArray[np.uint8], valid: NDArray[np.bool_]) -> LocalContrast:
    """Means and deviations around every pixel of a grey picture (h, w), of the pixels that are `valid` (h, w)."""
    share, level = _coarser(grey, valid, None)
    means, deviations = [], []
    for sigma in WIDTHS_PX:
        mean = _blurred(level, sigma) / _weights(share, sigma)
        _, squares = _coarser(grey, valid, mean)
        variance = _blurred(squares, 2.0 * sigma) / _weights(share, 2.0 * sigma)
        means.append(mean)
        deviations.append(np.sqrt(variance + NOISE_GREY**2))
    return LocalContrast(grey, valid, tuple(means), tuple(deviations))


def halved(grey: NDArray[np.uint8], valid: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Picture and region at half the resolution; pixels beside the region have no part in it."""
    rows, columns = (side + side % 2 for side in grey.shape)
    weight = _padded(valid.astype(np.float32), rows, columns)
    level = _padded(np.where(valid, grey, np.uint8(0)).astype(np.float32), rows, columns)
    size = (columns // 2, rows // 2)
    share = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    mean = cv2.resize(level, size, interpolation=cv2.INTER_AREA) / np.maximum(share, 1e-6)
    return np.asarray(np.round(np.minimum(mean, 255.0)), np.uint8), np.asarray(share >= 0.5)


def _coarser(grey: NDArray[np.uint8], valid: NDArray[np.bool_], mean: Floats | None) -> tuple[Floats, Floats]:
    """The share of valid pixels in every coarse one, and the sum over them of grey, or of its squared distance from
    `mean`, as a share of all.
    """
    rows, columns = (-(-side // COARSE) for side in grey.shape)
    share, level = np.zeros((rows, columns), np.float32), np.zeros((rows, columns), np.float32)
    for top in range(0, grey.shape[0], BAND_ROWS):
        band = slice(top, top + BAND_ROWS)
        value, inside = grey[band].astype(np.float32), valid[band]
        if mean is not None:
            value = (value - _finer(mean, top, 0, *value.shape)) ** 2
        part = slice(top // COARSE, -(-(top + len(value)) // COARSE))
        size = (columns, part.stop - part.start)
        full = (size[1] * COARSE, columns * COARSE)
        share[part] = cv2.resize(_padded(inside.astype(np.float32), *full), size, interpolation=cv2.INTER_AREA)
        level[part] = cv2.resize(_padded(np.where(inside, value, 0.0), *full), size, interpolation=cv2.INTER_AREA)
    return share, level


def _finer(coarse: Floats, top: int, left: int, rows: int, columns: int) -> Floats:
    """A part of a coarse field at full resolution, linearly between its pixels: the same wherever it is cut."""
    around = np.pad(
        coarse[
            max(top // COARSE - 1, 0) : -(-(top + rows) // COARSE) + 1,
            max(left // COARSE - 1, 0) : -(-(left + columns) // COARSE) + 1,
        ],
        ((int(top == 0), 0), (int(left == 0), 0)),
        mode="edge",
    )
    full = cv2.resize(around, None, fx=COARSE, fy=COARSE, interpolation=cv2.INTER_LINEAR)
    return np.asarray(full[COARSE : COARSE + rows, COARSE : COARSE + columns], np.float32)


def _blurred(coarse: Floats, sigma_px: float) -> Floats:
    # Beyond the picture there is nothing, as beside the region.
    return np.asarray(cv2.GaussianBlur(coarse, (0, 0), sigma_px / COARSE, borderType=cv2.BORDER_CONSTANT), np.float32)


def _weights(share: Floats, sigma_px: float) -> Floats:
    return np.maximum(_blurred(share, sigma_px), np.float32(1e-6))


def _padded(field: Floats, rows: int, columns: int) -> Floats:
    return np.pad(field.astype(np.float32), ((0, rows - field.shape[0]), (0, columns - field.shape[1])))
