"""Finding a few edges of a part anywhere in a picture, when the geometry does not close to a silhouette.

Oriented edges are correlated with the picture's gradient for every rotation and, by FFT, every shift at once
(generalised Hough transform with direction; Ballard 1981, as a correlation).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2

from station.vision.field import Field, block_means
from station.vision.picture import Picture

Floats = NDArray[np.float64]

_DIGITS = 4  # of a score: single precision holds no more, and among equals the first is taken


def best_shifts(
    picture: Picture, field: Field, candidates: Sequence[tuple[Floats, Floats]]
) -> list[tuple[float, float, float]]:
    """For each candidate (points (n, 2) and outward normals (n, 2) in pixels about the origin) the best (score, x, y).

    Score 1 means that every point lies on a full edge with its direction. `x`, `y` are where the origin comes to lie.
    """
    k = field.decimation
    height, width = field.material.shape
    small = block_means(picture.grey, k)
    # Brightness rises out of a dark part: the gradient then is the outward normal, up to the contrast.
    sign = 1.0 if field.dark_part else -1.0
    gx = sign * np.asarray(cv2.Sobel(small, cv2.CV_32F, 1, 0)) / (4.0 * field.contrast)
    gy = sign * np.asarray(cv2.Sobel(small, cv2.CV_32F, 0, 1)) / (4.0 * field.contrast)
    length = np.maximum(np.hypot(gx, gy), 1.0)
    middles = [0.5 * (points.min(axis=0) + points.max(axis=0)) for points, _ in candidates]
    # Room for the candidates beside the picture: what leaves it on one side must not come back on the other.
    extent = np.max([np.ptp(points, axis=0) for points, _ in candidates], axis=0) / k
    columns, rows = (
        next_fast_len(min(side + int(room) + 2, 2 * side), real=True)
        for side, room in zip((width, height), extent, strict=True)
    )
    seen_x, seen_y = (rfft2(g / length, (rows, columns)) for g in (gx, gy))
    found = []
    for (points, normals), middle in zip(candidates, middles, strict=True):
        column, row = (np.rint((points - middle) / k).astype(np.intp) % (columns, rows)).T
        template = np.zeros((2, rows, columns), np.float32)
        for axis in range(2):
            np.add.at(template[axis], (row, column), normals[:, axis])
        own_x, own_y = np.conj(rfft2(template))
        score = irfft2(seen_x * own_x + seen_y * own_y, (rows, columns)) / len(points)
        y, x = divmod(int(np.round(score, _DIGITS).argmax()), columns)
        best = round(float(score[y, x]), _DIGITS)
        # Beyond half the room on the far side it is the near side, a little out of the picture.
        y, x = (y - rows if y > 0.5 * (rows + height) else y), (x - columns if x > 0.5 * (columns + width) else x)
        found.append((best, *((np.array([x, y]) * k + 0.5 * (k - 1)) - middle).tolist()))
    return found
