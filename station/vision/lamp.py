"""How the light varies over the picture: a smooth surface through what is evidently lit and flat.

Levels beside an edge are read some pixels away from it. Where the light falls off over the picture, they are those of
another place; the surface brings them back to the edge. A second-order polynomial, as a lamp and a lens fall off; what
it leaves is followed by the levels of each neighbourhood.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled

Floats = NDArray[np.float64]

# 1, x, y, x², xy, y² of a place relative to a middle (x, y), in units of a width and a height (as reciprocals).
EVEN: Floats = np.array([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0])
_CLEAR_PX = 8  # around anything darker: its blur must not bend the surface
_MOST_BLOCKS = 2000
_LEAST_BLOCKS = 60
_ROUNDS = 3
_SIGNIFICANT = 15.0  # times the variance left: F of the surface against a constant
_WITHIN = 0.35  # of the bright level: farther from it is another thing


def fit_lamp(small: NDArray[np.float32], decimation: int, level: float, near: float) -> Floats:
    """The surface (10,), brightness relative to `level`: see `EVEN`, which it is where too little is lit.

    `small` are block means of the picture. Blocks beside darker ones are left out, and in a second and third round
    those farther than three standard deviations from the surface (dust).
    """
    within = max(near, _WITHIN * level)
    bright = np.asarray(cv2.inRange(small, (level - within,), (level + within,)))
    width = 2 * -(-_CLEAR_PX // decimation) + 1
    clear = np.flatnonzero(np.asarray(cv2.erode(bright, np.ones((width, width), np.uint8), borderValue=0)) > 0)
    if len(clear) < _LEAST_BLOCKS:
        return EVEN
    row, column = np.divmod(clear[:: max(1, len(clear) // _MOST_BLOCKS)], small.shape[1])
    value = small[row, column].astype(np.float64) / level
    middle, reciprocal = [], []
    for k in (column, row):
        low, high = float(k.min()), float(k.max())
        if high - low < 2.0:
            return EVEN
        middle.append((0.5 * (low + high) + 0.5) * decimation - 0.5)
        reciprocal.append(2.0 / ((high - low) * decimation))
    x, y = (((k + 0.5) * decimation - 0.5 - m) * r for k, m, r in zip((column, row), middle, reciprocal, strict=True))
    basis = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y])
    keep = np.ones(len(value), bool)
    found = EVEN[:6]
    for _ in range(_ROUNDS):
        used = basis[:, keep]
        information = used @ used.T
        if float(np.linalg.eigvalsh(information)[0]) < 1e-6 * len(value):
            return EVEN
        found = np.asarray(np.linalg.solve(information, used @ value[keep]), np.float64)
        residual = np.abs(value - found @ basis)
        spread = 1.4826 * float(np.median(residual[keep]))
        keep = residual <= max(3.0 * spread, 1e-4)
        if keep.sum() < _LEAST_BLOCKS:
            return EVEN
    # A surface that explains no more than chance would only bring its own scatter into the levels.
    kept = value[keep]
    left = float(((kept - found @ basis[:, keep]) ** 2).sum()) / max(len(kept) - len(found), 1)
    explained = (float(((kept - kept.mean()) ** 2).sum()) - left * len(kept)) / (len(found) - 1)
    return np.concatenate([found, middle, reciprocal]) if explained > _SIGNIFICANT * left else EVEN


@compiled
def is_even(lamp: Floats) -> bool:
    """Whether the surface is 1 everywhere."""
    return not lamp[1:6].any() and lamp[0] == 1.0


@compiled
def brightness(lamp: Floats, x: float, y: float) -> float:
    """The surface at a pixel."""
    x, y = (x - lamp[6]) * lamp[8], (y - lamp[7]) * lamp[9]
    return float(lamp[0] + x * (lamp[1] + lamp[3] * x + lamp[4] * y) + y * (lamp[2] + lamp[5] * y))
