"""Where the middles of a board's dots are seen, from the middles of the ellipses that their edges form.

A lens maps a circle to (nearly) an ellipse, whose middle is not the picture of the circle's middle: seen tilted or
through distortion the near half is drawn larger. The difference follows from the camera; so the camera is fitted, the
difference taken off, and both once more. Source: J. Heikkilä, "Geometric camera calibration using circular control
points" (IEEE PAMI 22, 2000), there in closed form for a pinhole; here by projecting outlines, which holds for any lens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
ToPx: TypeAlias = Callable[[Floats], Floats]

_CORNERS = 36  # of an outline: its area's middle is exact to a millionth of its size


def eccentricity_px(centres_mm: Floats, diameter_mm: float, to_px: ToPx) -> Floats:
    """(n, 2): middle of each circle's picture minus picture of its middle, for circles about `centres_mm` (n, 2)."""
    angle = 2.0 * np.pi * np.arange(_CORNERS) / _CORNERS
    circle = 0.5 * diameter_mm * np.column_stack([np.cos(angle), np.sin(angle)])
    seen = to_px(centres_mm)
    outlines = to_px((centres_mm[:, None] + circle).reshape(-1, 2)).reshape(-1, _CORNERS, 2) - seen[:, None]
    following = np.roll(outlines, -1, axis=1)
    area = outlines[:, :, 0] * following[:, :, 1] - outlines[:, :, 1] * following[:, :, 0]
    moment = ((outlines + following) * area[:, :, None]).sum(axis=1)
    return np.asarray(moment / (3.0 * area.sum(axis=1))[:, None])
