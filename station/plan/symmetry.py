"""How often a silhouette looks the same while it is turned once: what its pose leaves open.

A ring has no top: its outline says where it lies, not how it is turned. Whatever is asked at a place of such a part can
be at any of several places in the picture, and something else has to tell at which.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_FOLDS = 120
_POINTS = 720  # along each outline
_PROBES_RAD = np.radians([17.0, 41.0, 73.0, 101.0, 149.0, 211.0])  # no part has all of them by chance


@dataclass(frozen=True, slots=True)
class Symmetry:
    """Turned about `center_mm` by a whole number of 1 / `folds` turns it looks the same; 0 folds: by any angle."""

    folds: int
    center_mm: tuple[float, float]

    @property
    def known(self) -> bool:
        """Whether the outline says how the part is turned."""
        return self.folds == 1


def symmetry_of(outer: Sequence[Floats], openings: Sequence[Floats], same_mm: float) -> Symmetry:
    """Of closed polygons, (n, 2) mm each; what lies nearer together than `same_mm` cannot be told apart."""
    if not outer:
        return Symmetry(1, (0.0, 0.0))
    center = _center(outer, openings)
    points = np.concatenate([_along(outline) for outline in (*outer, *openings)]) - center
    turned = _Turned(points, same_mm)
    if all(turned.is_same(angle) for angle in _PROBES_RAD):
        folds = 0
    else:
        folds = next((n for n in range(MOST_FOLDS, 1, -1) if turned.is_same_all_along(n)), 1)
    return Symmetry(folds, (float(center[0]), float(center[1])))


def _center(outer: Sequence[Floats], openings: Sequence[Floats]) -> Floats:
    """The area's centre: every symmetry turns about it."""
    total, moment = 0.0, np.zeros(2)
    for sign, outlines in ((1.0, outer), (-1.0, openings)):
        for outline in outlines:
            following = np.roll(outline, -1, axis=0)
            cross = outline[:, 0] * following[:, 1] - following[:, 0] * outline[:, 1]
            way = sign * np.sign(cross.sum())
            total += way * cross.sum() / 2.0
            moment += way * ((outline + following) * cross[:, None]).sum(axis=0) / 6.0
    return np.asarray(moment / total)


def _along(outline: Floats) -> Floats:
    """Points evenly along a closed polygon."""
    closed = np.vstack([outline, outline[:1]])
    run = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    at = np.linspace(0.0, run[-1], _POINTS, endpoint=False)
    return np.column_stack([np.interp(at, run, closed[:, 0]), np.interp(at, run, closed[:, 1])])


class _Turned:
    """Whether points (n, 2), turned about the origin, lie on each other again."""

    def __init__(self, points: Floats, same_mm: float) -> None:
        from scipy.spatial import cKDTree

        self._points, self._tree = points, cKDTree(points)
        # Neighbours along an outline are this far apart, and the nearest one may lie half of it away.
        step = float(np.median(np.hypot(*(points - np.roll(points, 1, axis=0)).T)))
        self._most = math.hypot(same_mm, step / 2.0)

    def is_same(self, angle_rad: float) -> bool:
        """By this angle."""
        c, s = math.cos(angle_rad), math.sin(angle_rad)
        away, _ = self._tree.query(self._points @ np.array([[c, s], [-s, c]]), distance_upper_bound=2.0 * self._most)
        return bool(away.max() < self._most)

    def is_same_all_along(self, folds: int) -> bool:
        """By every so many parts of a turn: a slow drift is the same from one to the next as well."""
        return all(self.is_same(2.0 * math.pi * k / folds) for k in range(1, folds // 2 + 1))
