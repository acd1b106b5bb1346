"""What several frames of one exposure say: their average, how pixels scatter in time, how whole frames do.

The temporal variance is that of EMVA 1288 (release 4 linear, 6.3), for any number of frames: the scatter of each
pixel about its own average, after every frame's own mean was taken off, so that a lamp that flickers is no noise. Of
two frames A and B it is ½ mean((A − B)²) − ½ (mean A − mean B)².
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FrameStack:
    """Frames of one exposure in the camera's own levels (DN).

    `average` (h, w); `frame_means` (n,) in the order taken; `temporal_variance` (DN²) of one pixel in one frame, over
    all pixels, with its standard uncertainty; `at_zero`, `at_full`: shares of pixels at the ends of the range.
    """

    average: Floats
    frame_means: Floats
    temporal_variance: float
    u_temporal_variance: float
    at_zero: float
    at_full: float

    @property
    def count(self) -> int:
        """How many frames."""
        return len(self.frame_means)

    @property
    def mean(self) -> float:
        """Mean level."""
        return float(self.frame_means.mean())

    @property
    def u_mean(self) -> float:
        """Standard uncertainty of the mean level: frames that differ, but no less than pixels' noise makes them."""
        between = float(self.frame_means.var(ddof=1)) / self.count
        return math.sqrt(max(between, self.temporal_variance / (self.count * self.average.size)))


def stack(frames: Iterable[NDArray[Any]], full_scale: float) -> FrameStack:
    """Statistics of frames (h, w) of one exposure, read one after the other; `full_scale` is the largest level.

    Raises:
        ValueError: fewer than two frames, or frames of different shape.
    """
    total = squares = np.zeros(0)
    means: list[float] = []
    zeros = fulls = 0
    for frame in frames:
        level = np.asarray(frame, np.float64)
        if not means:
            total, squares = np.zeros(level.shape), np.zeros(level.shape)
        elif level.shape != total.shape:
            raise ValueError("frames of one exposure differ in size")
        means.append(float(level.mean()))
        zeros += int(np.count_nonzero(level <= 0.0))
        fulls += int(np.count_nonzero(level >= full_scale))
        level -= means[-1]
        total += level
        squares += level * level
    n = len(means)
    if n < 2:
        raise ValueError("one frame does not tell noise: at least two are needed")
    variance = (squares - total * total / n) / (n - 1)
    pixels = total.size
    return FrameStack(
        average=total / n + float(np.mean(means)),
        frame_means=np.array(means),
        temporal_variance=float(variance.mean()),
        u_temporal_variance=float(variance.std()) / pixels**0.5,
        at_zero=zeros / (n * pixels),
        at_full=fulls / (n * pixels),
    )
