"""Whether a finding runs along the lay: then one picture cannot tell it from a groove that the tool left.

The directions are those of the structure tensor (Bigün and Granlund 1987): the finding's own from its pixels and those
next to them, the lay's from what surrounds them. Every pixel counts alike, however strong its edge, so that the lay is
what most of the face shows and not its strongest line.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from station.vision.surface.findings import Defect

Floats = NDArray[np.float32]

LONG = 4.0  # times as long as wide: shorter findings have no direction
ALONG_DEG = 7.0  # mean angle between finding and lay
PLAIN = 0.1  # coherence (0 to 1) below which a face has no lay
OWN_PX, AROUND_PX = 3.0, 20.0  # sigma of what counts as the finding's direction, and as the lay's
_NEXT_PX = 4  # beside a finding, what is still its own edge
_REACH_PX = 3 * int(AROUND_PX)
_LEVELS = np.float32(1.0)  # a gradient of noise alone counts less


def runs_along_lay(grey: NDArray[np.uint8], valid: NDArray[np.bool_], found: Defect) -> bool:
    """Whether a finding in a grey picture (h, w), judged inside `valid` (h, w), is long and follows the lay there."""
    if found.size_px < LONG * max(found.width_px, 1.0):
        return False
    low = np.maximum(np.floor(found.outline_px.min(axis=0)).astype(int) - _REACH_PX, 0)
    high = np.ceil(found.outline_px.max(axis=0)).astype(int) + _REACH_PX + 1
    cut = (slice(low[1], high[1]), slice(low[0], high[0]))
    cosine, sine, weight = _tensor(grey[cut], valid[cut])
    outline = np.round(found.outline_px - low).astype(np.int32)
    mask = np.zeros(cosine.shape, np.uint8)
    cv2.fillPoly(mask, [outline], 1)
    cv2.polylines(mask, [outline], True, 1)
    near = cv2.dilate(mask, np.ones((2 * _NEXT_PX + 1,) * 2, np.uint8)) > 0
    own = _direction(cosine, sine, near, OWN_PX)
    lay = _direction(cosine, sine, ~near, AROUND_PX)
    here = mask > 0
    strength = np.hypot(*lay)
    around = cv2.GaussianBlur(np.where(near, np.float32(0.0), weight), (0, 0), AROUND_PX)
    coherence = float((strength[here] / (around[here] + 1e-6)).mean())
    turn = (own[0] * lay[0] + own[1] * lay[1]) / (strength * np.hypot(*own) + 1e-9)
    follows = float(turn[here].mean()) >= math.cos(math.radians(2.0 * ALONG_DEG))
    return coherence >= PLAIN and follows


def _tensor(grey: NDArray[np.uint8], valid: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Cosine and sine of twice the angle of every pixel's gradient, and how much it counts: 0 at the region's border,
    up to 1 where the gradient is more than noise."""
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.0)
    x, y = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.25), cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.25)
    inside = cv2.erode(np.pad(valid, 1).astype(np.uint8), np.ones((9, 9), np.uint8))[1:-1, 1:-1]
    square = x * x + y * y
    counts = np.asarray(inside / (np.sqrt(square) + _LEVELS), np.float32)
    return (x * x - y * y) * counts, 2.0 * x * y * counts, square * counts


def _direction(cosine: Floats, sine: Floats, where: NDArray[np.bool_], sigma_px: float) -> tuple[Floats, Floats]:
    """Both, of the pixels `where`, averaged around every pixel."""
    zero = np.float32(0.0)
    first, second = (cv2.GaussianBlur(np.where(where, one, zero), (0, 0), sigma_px) for one in (cosine, sine))
    return np.asarray(first, np.float32), np.asarray(second, np.float32)
