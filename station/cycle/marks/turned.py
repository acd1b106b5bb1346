"""How a part lies turned whose outline does not say it: by where in the picture something is marked.

Where a mark is there is more contrast than beside it. The region that the order names is laid over the picture at every
angle that the outline leaves open; where it covers most contrast, the mark may be. What is read there decides.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from station.cycle.marks.placing import Placement, turns
from station.plan.symmetry import Symmetry

Floats = NDArray[np.float64]
Grey = NDArray[np.uint8]

MOST_TURNS = 8  # that are tried of a part that looks the same at any angle
_POINTS = 400  # of the region
_STEPS = 720
_APART_RAD = math.radians(4.0)


def likely_turns(
    grey: Grey, placement: Placement, symmetry: Symmetry, region_mm: Floats, stroke_px: float
) -> tuple[float, ...]:
    """Angles (rad) by which the part may lie turned so that something is marked in a region ((n, 2) mm, closed), the
    likeliest first. `stroke_px`: how fine what is marked is."""
    if symmetry.known:
        return (0.0,)
    points = _within(region_mm) - np.array(symmetry.center_mm)
    busy = _contrast(grey, stroke_px)
    angles = [*turns(symmetry)] if symmetry.folds else [2.0 * math.pi * k / _STEPS for k in range(_STEPS)]
    covered = np.array([_covered(busy, placement, symmetry, points, angle) for angle in angles])
    if symmetry.folds:
        return tuple(angles[k] for k in np.argsort(-covered, kind="stable"))
    chosen: list[float] = []
    for k in np.argsort(-covered, kind="stable"):
        away = (abs(math.remainder(angles[k] - other, 2.0 * math.pi)) for other in chosen)
        if all(one > _APART_RAD for one in away):
            chosen.append(angles[k])
        if len(chosen) == MOST_TURNS:
            break
    return tuple(chosen)


def _within(region_mm: Floats) -> Floats:
    """Points evenly inside a closed polygon (n, 2)."""
    low, high = region_mm.min(axis=0), region_mm.max(axis=0)
    size = high - low
    across = max(2, round(math.sqrt(_POINTS * size[0] / size[1])))
    down = max(2, round(_POINTS / across))
    x, y = np.meshgrid(
        low[0] + size[0] * (np.arange(across) + 0.5) / across, low[1] + size[1] * (np.arange(down) + 0.5) / down
    )
    points = np.column_stack([x.ravel(), y.ravel()])
    ring = region_mm.astype(np.float32).reshape(-1, 1, 2)
    inside = [cv2.pointPolygonTest(ring, (float(px), float(py)), False) >= 0 for px, py in points]
    return points[inside] if any(inside) else region_mm


def _contrast(grey: Grey, stroke_px: float) -> NDArray[np.float32]:
    """How much levels differ around each pixel, against how bright it is there."""
    size = max(3, 2 * round(1.5 * stroke_px) + 1)
    level = grey.astype(np.float32)
    mean = cv2.blur(level, (size, size))
    spread = cv2.blur(level * level, (size, size)) - mean * mean
    return np.asarray(np.sqrt(np.maximum(spread, 0.0)) / (mean + 8.0), np.float32)


def _covered(
    busy: NDArray[np.float32], placement: Placement, symmetry: Symmetry, points: Floats, angle_rad: float
) -> float:
    """Mean contrast under the region at an angle; what lies beyond the picture has none."""
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    at = placement.to_px(points @ np.array([[c, s], [-s, c]]) + np.array(symmetry.center_mm))
    column, row = np.round(at).astype(int).T
    seen = (column >= 0) & (column < busy.shape[1]) & (row >= 0) & (row < busy.shape[0])
    return float(busy[row[seen], column[seen]].sum() / len(points))
