"""How many teeth stand around a middle: steps from material to field along one circle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from station.vision.field import Field
from station.vision.picture import Picture
from station.vision.seek import sample


def count_runs(picture: Picture, field: Field, circle_px: NDArray[np.float64]) -> int | None:
    """Runs of material along a closed path of points (n, 2) in pixels; None where it leaves the picture.

    With hysteresis: a run begins above 70 % of the contrast and ends below 30 %, so noise on an edge counts once.
    """
    levels = sample(picture, circle_px)
    if not np.isfinite(levels).all():
        return None
    filled = (levels - field.field_level) / (field.part_level - field.field_level)
    state = np.where(filled > 0.7, 1, np.where(filled < 0.3, 0, -1))
    known = state[state >= 0]
    if len(known) == 0:
        return None
    return int(((known == 1) & (np.roll(known, 1) == 0)).sum())
