"""What the recogniser is given: a strip of fixed height whose contrast does not depend on the light."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Gray: TypeAlias = NDArray[np.uint8]
Strip: TypeAlias = NDArray[np.float32]

HEIGHT_PX = 48
STRETCH = 1.3  # of the length: a narrow letter has more than one of the recogniser's columns, of 8 px
_NEAR_PX, _FAR_PX = 10.0, 20.0  # sigmas, of the prepared strip: what counts as light, and as its contrast
_MOST = 4.0  # standard deviations
_WIDEST = 64  # times the height


def prepared(strip: Gray) -> Strip:
    """A strip (h, w), uint8, as (48, 62 w/h) float32: light taken off, divided by the local contrast, within ±4.

    Columns are a multiple of eight; nothing is mirrored or inverted: the recogniser has learned both polarities.
    """
    height, width = strip.shape
    natural = STRETCH * width * HEIGHT_PX / height
    return flattened(resized(strip, int(np.clip(8 * round(natural / 8), 16, _WIDEST * HEIGHT_PX))))


def resized(strip: Gray, width_px: int) -> Strip:
    """A strip (h, w), uint8, as (48, `width_px`) float32, the same levels."""
    shrinks = strip.shape[0] > HEIGHT_PX
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(strip.astype(np.float32), (width_px, HEIGHT_PX), interpolation=how), np.float32)


def flattened(small: Strip) -> Strip:
    """Levels (48, w) without their slow changes, in units of their local standard deviation, within ±4."""
    around = cv2.GaussianBlur(small, (0, 0), _NEAR_PX, borderType=cv2.BORDER_REFLECT_101)
    rest = small - around
    power = rest * rest
    near = cv2.GaussianBlur(power, (0, 0), _FAR_PX, borderType=cv2.BORDER_REFLECT_101)
    spread = np.sqrt(near + 0.1 * power.mean() + 0.5)
    return np.asarray(np.clip(rest / spread, -_MOST, _MOST), np.float32)


def witnesses(strip: Gray) -> list[Strip]:
    """The strip as the recogniser sees it, and seen a little closer: two views of the same letters."""
    height = strip.shape[0]
    closer = round(0.08 * height)
    return [prepared(strip), prepared(strip[closer : height - closer])]
