"""Finding a few edges of a part anywhere in a picture, when the geometry does not close to a silhouette.

Oriented edges are correlated with the picture's gradient for every rotation and, by FFT, every shift at once
(generalised Hough transform with direction; Ballard 1981, as a correlation).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from station.vision.field import Field, block_means
from station.vision.picture import Picture

Floats = NDArray[np.float64]


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
    rows, columns = cv2.getOptimalDFTSize(2 * height), cv2.getOptimalDFTSize(2 * width)
    seen_x, seen_y = np.fft.rfft2(gx / length, (rows, columns)), np.fft.rfft2(gy / length, (rows, columns))
    found = []
    for points, normals in candidates:
        column = np.rint(points[:, 0] / k).astype(np.intp) % columns
        row = np.rint(points[:, 1] / k).astype(np.intp) % rows
        template_x, template_y = np.zeros((rows, columns)), np.zeros((rows, columns))
        np.add.at(template_x, (row, column), normals[:, 0])
        np.add.at(template_y, (row, column), normals[:, 1])
        score = np.fft.irfft2(
            seen_x * np.conj(np.fft.rfft2(template_x)) + seen_y * np.conj(np.fft.rfft2(template_y)), (rows, columns)
        )
        # The origin itself has to lie in the picture, or at most one picture away from it.
        y, x = divmod(int(score.argmax()), columns)
        y, x = (y - rows if y > 1.5 * height else y), (x - columns if x > 1.5 * width else x)
        best = float(score.max()) / len(points)
        found.append((best, x * k + 0.5 * (k - 1), y * k + 0.5 * (k - 1)))
    return found
