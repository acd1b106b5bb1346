"""Ground faces with a line drawn on them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from station.vision.surface.findings import Defect

SIZE = 240


def brushed(angle_deg: float, seed: int = 1) -> NDArray[np.float32]:
    """A face with grooves along a direction, of standard deviation 8."""
    noise = np.random.default_rng(seed).standard_normal((2 * SIZE, 2 * SIZE)).astype(np.float32)
    drawn = cv2.GaussianBlur(noise, (0, 0), 20.0, sigmaY=0.8)
    turn = cv2.getRotationMatrix2D((SIZE, SIZE), -angle_deg, 1.0)
    face = cv2.warpAffine(drawn, turn, (2 * SIZE, 2 * SIZE))[SIZE // 2 : -SIZE // 2, SIZE // 2 : -SIZE // 2]
    return np.asarray(120.0 + 8.0 * face / face.std(), np.float32)


def with_line(face: NDArray[np.float32], angle_deg: float, length_px: float = 80.0) -> tuple[NDArray[np.uint8], Defect]:
    """A dark line through the middle, and the finding that it is."""
    a = np.radians(angle_deg)
    along, across = np.array([np.cos(a), np.sin(a)]), np.array([-np.sin(a), np.cos(a)])
    middle = np.array([SIZE / 2, SIZE / 2])
    corners = np.array(
        [middle + s * length_px / 2 * along + t * across for s, t in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    )
    ends = np.round(middle + np.outer([-1, 1], along) * length_px / 2).astype(int)
    drawn = cv2.line(face.copy(), tuple(ends[0]), tuple(ends[1]), 60.0, 2, cv2.LINE_AA)
    defect = Defect(corners, (SIZE / 2, SIZE / 2), length_px, 2.0, 2.0 * length_px, 20.0)
    return np.clip(drawn, 0, 255).astype(np.uint8), defect
