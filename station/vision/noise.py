"""How much a pixel of the picture scatters in the material and in the field."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.vision.picture import Picture

CLIPPED_LEVEL = 0.995  # of full scale: brighter is the end of what the camera can tell
_ROWS = 24  # that are read
_LEAST_VARIANCE = 1.0 / 12.0  # of quantisation alone


def noise_of(picture: Picture, part_level: float, field_level: float) -> tuple[float, float]:
    """Variance of one pixel in the material and in the field, from second differences along some rows.

    Light that varies slowly drops out of a second difference; what is left has six times a pixel's variance. Where a
    level is at the camera's limit its noise cannot be seen, and is taken to grow with the level from the other one.
    """
    rows = picture.grey[:: max(1, picture.height_px // _ROWS)]
    near = 0.08 * abs(field_level - part_level)
    counts = np.zeros((2, int(4.0 * near) + 2), np.int64)
    _count_bends(rows, (part_level, field_level), near, counts)
    part, field = _bend_variance(counts[0]), _bend_variance(counts[1])
    if field_level > CLIPPED_LEVEL * picture.full_scale:
        field = max(field, part * field_level / max(part_level, 1.0))
    if part_level > CLIPPED_LEVEL * picture.full_scale:
        part = max(part, field * part_level / max(field_level, 1.0))
    return part, field


@compiled
def _count_bends(rows: NDArray[Any], levels: tuple[float, float], near: float, counts: NDArray[np.int64]) -> None:
    """How often each second difference occurs (2, n) where three pixels in a row are `near` one of two levels."""
    height, width = rows.shape
    for r in range(height):
        for x in range(width - 2):
            a, b, c = float(rows[r, x]), float(rows[r, x + 1]), float(rows[r, x + 2])
            for k in range(2):
                if abs(b - levels[k]) < near and abs(a - levels[k]) < near and abs(c - levels[k]) < near:
                    counts[k, int(abs(a - 2.0 * b + c))] += 1


def _bend_variance(counts: NDArray[np.int64]) -> float:
    """A pixel's variance from how often each second difference occurs, without outliers."""
    number = np.cumsum(counts)
    if number[-1] < 50:
        return _LEAST_VARIANCE
    middles = np.searchsorted(number, [(number[-1] - 1) // 2, number[-1] // 2], side="right")
    limit = 4.0 * max(1.4826 * float(middles.mean()), 1.0)
    kept = counts[: math.ceil(limit)]
    bends = np.arange(len(kept))
    return max(float((bends * bends * kept).sum() / kept.sum()) / 6.0, _LEAST_VARIANCE)
