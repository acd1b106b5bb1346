"""Several frames of one light as one picture: their mean, with as many levels as that many frames support.

The mean of n frames scatters √n times less, so it is worth half a bit more for every doubling: stored with steps of
about 1/√n of the camera's, the twelfth of a step's square that the vision core takes for the least noise of a pixel is
what the camera's own steps leave in the mean, no less. A picture's full scale must be told from the picture alone, so
the depth is the next of 10, 12, 14 and 16 bits; a pixel that was full in every frame is full. One frame stays as it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from station.vision.frames import stack

_DEPTHS = (10, 12, 14, 16)


def depth_of_mean(bit_depth: int, count: int) -> int:
    """Bits that the mean of this many frames is kept with."""
    if count == 1:
        return bit_depth
    worth = bit_depth + 0.5 * math.log2(count)
    return next((depth for depth in _DEPTHS if depth >= worth), _DEPTHS[-1])


def mean_picture(frames: Sequence[NDArray[Any]], bit_depth: int) -> NDArray[Any]:
    """The mean of frames (h, w) of one exposure: uint16 of `depth_of_mean` bits, or the one frame itself.

    Raises:
        ValueError: no frames, or of different shapes.
    """
    if len(frames) == 1:
        return frames[0]
    full = 2.0**bit_depth - 1.0
    scale = (2.0 ** depth_of_mean(bit_depth, len(frames)) - 1.0) / full
    return np.rint(stack(frames, full).average * scale).astype(np.uint16)
