"""Where a part lies: a rigid motion from the part's frame into the measuring plane, mirrored if it lies on its face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    arm = points - about
    scale = max(float(np.sqrt((arm**2).sum(axis=1).mean())), 1e-12)
    jacobian = np.column_stack([(arm[:, 0] * normals[:, 1] - arm[:, 1] * normals[:, 0]) / scale, normals])
    weighted = jacobian * weights[:, None]
    information, motions = np.linalg.eigh(weighted.T @ jacobian)
    right = motions.T @ (weighted.T @ offsets)
    known = information > _LEAST_KNOWN**2 * information[-1]
    step = motions @ np.where(known, right / np.where(known, information, 1.0), 0.0)
    return np.array([step[0] / scale, step[1], step[2]])


def tukey_weights(residuals: Floats, floor: float, width: float = 4.685) -> Floats:
    """Tukey's biweight about zero with a scale from the median absolute residual, never below `floor`."""
    usable = np.isfinite(residuals)
    if not usable.any():
        return np.zeros_like(residuals)
    scale = max(1.4826 * float(np.median(np.abs(residuals[usable]))), floor)
    ratio = np.where(usable, residuals, np.inf) / (width * scale)
    return np.where(np.abs(ratio) < 1.0, (1.0 - np.minimum(np.abs(ratio), 1.0) ** 2) ** 2, 0.0)
