"""Where a part lies: a rigid motion from the part's frame into the measuring plane, mirrored if it lies on its face."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled

Floats = NDArray[np.float64]

_LEAST_KNOWN = 1e-3


@dataclass(frozen=True, slots=True)
class Pose:
    """plane = R(angle) · M · part + (x, y), where M mirrors x if `mirrored`. Units are those of the plane."""

    angle_rad: float
    x: float
    y: float
    mirrored: bool = False

    @property
    def matrix(self) -> Floats:
        """(2, 2) of rotation and mirror."""
        c, s = float(np.cos(self.angle_rad)), float(np.sin(self.angle_rad))
        first = -1.0 if self.mirrored else 1.0
        return np.array([[first * c, -s], [first * s, c]])

    def to_plane(self, points: Floats) -> Floats:
        """(n, 2) part -> plane."""
        return np.asarray(points @ self.matrix.T + np.array([self.x, self.y]))

    def to_part(self, points: Floats) -> Floats:
        """(n, 2) plane -> part."""
        return np.asarray((points - np.array([self.x, self.y])) @ self.matrix)

    def turn(self, directions: Floats) -> Floats:
        """(n, 2) directions part -> plane."""
        return np.asarray(directions @ self.matrix.T)

    def nudged(self, turn_rad: float, dx: float, dy: float, about: Floats) -> Pose:
        """The pose after a further small motion in the plane: a turn about a plane point, then a shift."""
        c, s = np.cos(turn_rad), np.sin(turn_rad)
        origin = np.array([self.x, self.y]) - about
        moved = np.array([c * origin[0] - s * origin[1], s * origin[0] + c * origin[1]]) + about
        return Pose(self.angle_rad + turn_rad, float(moved[0] + dx), float(moved[1] + dy), self.mirrored)


def rigid_step(points: Floats, normals: Floats, offsets: Floats, weights: Floats, about: Floats) -> Floats:
    """(turn, dx, dy) that moves `points` along `normals` by `offsets` in the weighted least-squares sense.

    Directions that the geometry does not determine (the rotation of a disc) get no motion: those known less than
    `_LEAST_KNOWN` times as well as the best, lengths made comparable by the points' spread.
    """
    sums = np.zeros((4, 4))
    _sum_up(points, normals, offsets, weights, about, sums)
    scale = max(math.sqrt(sums[3, 3] / max(len(points), 1)), 1e-12)
    unit = np.array([1.0 / scale, 1.0, 1.0])
    information, motions = np.linalg.eigh(sums[:3, :3] * unit * unit[:, None])
    right = motions.T @ (sums[:3, 3] * unit)
    known = information > _LEAST_KNOWN**2 * information[-1]
    step = motions @ np.where(known, right / np.where(known, information, 1.0), 0.0)
    return np.array([step[0] / scale, step[1], step[2]])


@compiled
def _sum_up(points: Floats, normals: Floats, offsets: Floats, weights: Floats, about: Floats, sums: Floats) -> None:
    """Normal equations of the step: `sums` [:3, :3] and the right side [:3, 3]; [3, 3] is the sum of squared arms."""
    for k in range(len(points)):
        x, y = points[k, 0] - about[0], points[k, 1] - about[1]
        sums[3, 3] += x * x + y * y
        row = (x * normals[k, 1] - y * normals[k, 0], normals[k, 0], normals[k, 1], offsets[k])
        for a in range(3):
            for b in range(4):
                sums[a, b] += weights[k] * row[a] * row[b]


def tukey_weights(residuals: Floats, floor: float, width: float = 4.685) -> Floats:
    """Tukey's biweight about zero with a scale from the median absolute residual, never below `floor`."""
    usable = np.isfinite(residuals)
    if not usable.any():
        return np.zeros_like(residuals)
    scale = max(1.4826 * float(np.median(np.abs(residuals[usable]))), floor)
    weights = np.empty(len(residuals))
    _biweight(residuals, width * scale, weights)
    return weights


@compiled
def _biweight(residuals: Floats, limit: float, weights: Floats) -> None:
    for k in range(len(residuals)):
        rest = 1.0 - (residuals[k] / limit) ** 2
        weights[k] = rest * rest if rest > 0.0 else 0.0  # NaN is not
