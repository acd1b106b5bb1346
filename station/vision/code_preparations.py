"""A picture of a code prepared for its reader in many ways, the cheapest first.

Each scale shows modules of another size as the few pixels that a reader likes best: reduced, peened dots flow together
and noise is averaged; enlarged, a small code gets the pixels that its edges need. At each scale the picture is tried as
it is, with one level for all of it, a little blurred, flattened (against falling light, streaks and low contrast), and
with its dark or its bright spots grown (against dots that stand apart); at two scales also divided at a darker and at a
brighter level than the usual one (against surroundings nearly as dark as a code without a quiet zone).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]

SCALES = (0.125, 0.18, 0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0)
LEAST_SIDE_PX = 32  # of a scaled picture
MOST_PREPARED_PX = 2_000_000  # larger ones are tried as they are only: the reader's time grows with the pixels
MOST_PX = 16_000_000
_SPLIT_SCALES = (0.5, 1.0)
_LOCAL_PX = 31  # side of the neighbourhood whose mean and contrast are taken out


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prepared picture (h, w), `scale` times as large as the one it was made of. `one_level`: the reader shall take
    one level for black and white all over it."""

    grey: Gray
    scale: float
    one_level: bool = False

    def back(self, points_px: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (n, 2) of the prepared picture as points of the one it was made of."""
        return np.asarray((points_px + 0.5) / self.scale - 0.5)


def preparations(grey: Gray) -> Iterator[Prepared]:
    """What is made of a grey picture (h, w), from the smallest to the largest."""
    for scale in SCALES:
        pixels = grey.size * scale * scale
        too_small, too_large = min(grey.shape) * scale < LEAST_SIDE_PX, pixels > MOST_PREPARED_PX
        if (too_small and scale < 1.0) or pixels > MOST_PX or (too_large and scale != 1.0):
            continue
        scaled = _scaled(grey, scale)
        yield Prepared(scaled, scale)
        if too_large:
            continue
        yield Prepared(scaled, scale, one_level=True)
        yield Prepared(_blurred(scaled, 1.0), scale)
        yield Prepared(_blurred(_flat(scaled), 1.5), scale)
        grown = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
        yield Prepared(_blurred(cv2.erode(scaled, grown), 1.0), scale)
        yield Prepared(_blurred(cv2.dilate(scaled, grown), 1.0), scale)
        if scale in _SPLIT_SCALES:
            for split in _split(scaled):
                yield Prepared(_blurred(split, 0.7), scale)


def _scaled(grey: Gray, scale: float) -> Gray:
    if scale == 1.0:
        return np.ascontiguousarray(grey)
    how = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=how), np.uint8)


def _blurred(grey: cv2.typing.MatLike, sigma_px: float) -> Gray:
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma_px), np.uint8)


def _split(grey: Gray) -> Iterator[Gray]:
    """Black and white, divided within the dark part of the levels and within the bright one (Otsu)."""
    middle, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
    for part in (grey[grey <= middle], grey[grey > middle]):
        if part.size:
            level, _ = cv2.threshold(part.reshape(1, -1), 0, 255, cv2.THRESH_OTSU)
            yield np.asarray(cv2.threshold(grey, level, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _flat(grey: Gray) -> Gray:
    """Each pixel by how far it departs from its neighbourhood, in that neighbourhood's own contrast."""
    level = grey.astype(np.float32)
    away = level - cv2.blur(level, (_LOCAL_PX, _LOCAL_PX))
    # A moving sum of floats may end a little below nothing.
    contrast = np.sqrt(np.maximum(cv2.blur(away * away, (_LOCAL_PX, _LOCAL_PX)), 0.0)) + 4.0
    return np.asarray(np.clip(away / contrast * 50.0 + 128.0, 0.0, 255.0), np.uint8)
