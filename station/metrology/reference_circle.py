"""Roundness about a reference circle that touches: minimum circumscribed or maximum inscribed (ISO 12181-1).

Such a circle rests on two or three points. Where another one nearly touches as well, noise decides which of them it
rests on, and its centre jumps: no slope tells that, so noise is added to the points again and again.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from station.metrology.extremal import circumscribed_circle, inscribed_circle
from station.metrology.features import MeasuredFeature
from station.metrology.forms import quiet_circle
from station.metrology.smoothing import noise_left

Floats = NDArray[np.float64]

_DRAWS = 16
_MOST_POINTS = 256
_SEED = 12181  # the same noise every time: the same picture has the same budget


def touching_center(feature: MeasuredFeature, how: str, sigma: float) -> tuple[float, float]:
    """x, y of the centre of the `how` = MC or MI circle about a circle's smoothed points."""
    x, y, _ = _touching(quiet_circle(feature, sigma, False), how)
    return x, y


def jump_mm(feature: MeasuredFeature, how: str, sigma: float) -> float:
    """How far (root mean square) the roundness about that centre moves when the noise of the points is drawn again."""
    points = quiet_circle(feature, sigma, False)
    apart = max(math.ceil(sigma), math.ceil(len(points) / _MOST_POINTS))
    points = points[::apart]
    # So far apart, what smoothing leaves of the noise is independent.
    noise = float(np.median(feature.u_mm)) * noise_left(sigma, False)
    away = points - feature.center_mm
    away /= np.hypot(away[:, 0], away[:, 1])[:, None]
    here = _range(points, how)
    draws = np.random.default_rng(_SEED).standard_normal((_DRAWS, len(points)))
    moved = [_range(points + noise * draw[:, None] * away, how) - here for draw in draws]
    return float(np.sqrt(np.mean(np.square(moved))))


def _range(points: Floats, how: str) -> float:
    x, y, _ = _touching(points, how)
    distance = np.hypot(points[:, 0] - x, points[:, 1] - y)
    return float(distance.max() - distance.min())


def _touching(points: Floats, how: str) -> tuple[float, float, float]:
    return (inscribed_circle if how == "MI" else circumscribed_circle)(points)
