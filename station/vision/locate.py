"""Which way the part lies: from contours to a pose, told from its mirror image.

Coarse rotation by correlating the filled silhouettes on a polar grid about the centroid of the outer outline (an FFT
over the angle, all rotations at once), then registration of the best few. Everything is in the measuring plane; the
unit is the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from station.vision.nearest import gap_back, gap_of, nearest_to, registered
from station.vision.polar import rotations, silhouette
from station.vision.pose import Floats, Pose

_CANDIDATES, _FINALISTS = 5, 3  # of them registered with few, and with many points
_FEW, _SOME, _MANY = 240, 1000, 2000  # outline points used
_DIGITS = 9  # of a score: among equals the first is taken, whatever the last bits say


@dataclass(frozen=True, slots=True)
class Shape:
    """A nominal silhouette: closed polygons (n, 2) each, and dense samples of all outlines with outward normals."""

    outer: tuple[Floats, ...]
    openings: tuple[Floats, ...]
    points: Floats
    normals: Floats

    def mirrored(self) -> Shape:
        """The same shape seen from its other face (x mirrored)."""
        flip = np.array([-1.0, 1.0])
        return Shape(
            tuple(p * flip for p in self.outer),
            tuple(p * flip for p in self.openings),
            self.points * flip,
            self.normals * flip,
        )


@dataclass(frozen=True, slots=True)
class Match:
    """A pose with how well it explains the picture: `distance` is the mean of the distances between the outlines, both
    ways, each capped at `cap`; `explained` the share of the nominal outline that has a contour within `cap`."""

    pose: Pose
    distance: float
    explained: float
    cap: float


def match(outer: Floats, openings: tuple[Floats, ...], shape: Shape, *, mirrored: bool, cap: float) -> Match:
    """Best pose of `shape` on the contours of a piece ((n, 2) plane coordinates each).

    `mirrored` says which face the order expects; the pose returned carries it. `cap` is the distance beyond which an
    outline counts as unexplained.
    """
    faced = shape.mirrored() if mirrored else shape
    center, own_center = _centroid([outer]), _centroid(list(faced.outer))
    radius = 1.05 * max(_extent([outer], center), _extent(list(faced.outer), own_center))
    contour = np.concatenate([outer, *openings])
    there = nearest_to(contour, center, radius)
    turns = rotations(
        silhouette(faced.outer, faced.openings, own_center, radius), silhouette([outer], openings, center, radius)
    )
    few, some, many = (_some(faced, most) for most in (_FEW, _SOME, _MANY))
    poses = [np.array(_turned(float(turn), center, own_center)) for turn in turns]
    gaps = [round(gap_of(pose, few[0], there, cap)[0] / cap, _DIGITS) for pose in poses]
    rough = [poses[i] for i in np.argsort(gaps, kind="stable")[:_CANDIDATES]]
    gaps = [round(registered(pose, *few, there, cap, 6) / cap, _DIGITS) for pose in rough]
    back = np.ascontiguousarray(contour[:: max(1, len(contour) // _SOME)])
    best: tuple[float, float, Floats] | None = None
    for i in np.argsort(gaps, kind="stable")[:_FINALISTS]:
        pose = rough[i]
        if best is not None and gaps[i] > 1.5 * min(gaps) + 0.02:
            break
        registered(pose, *many, there, cap, 12)
        forth, explained = gap_of(pose, some[0], there, cap)
        quality = 0.5 * (forth + float(gap_back(_inverse(pose), back, faced.points, cap)))
        if best is None or round(quality / cap, _DIGITS) < round(best[0] / cap, _DIGITS):
            best = quality, explained, pose
    assert best is not None
    distance, explained, pose = best
    return Match(Pose(float(pose[0]), float(pose[1]), float(pose[2]), mirrored), distance, explained, cap)


def _extent(polygons: list[Floats], center: Floats) -> float:
    return max(float(np.sqrt(((p - center) ** 2).sum(axis=1).max())) for p in polygons)


def _some(shape: Shape, most: int) -> tuple[Floats, Floats]:
    step = max(1, len(shape.points) // most)
    return np.ascontiguousarray(shape.points[::step]), np.ascontiguousarray(shape.normals[::step])


def _turned(turn: float, center: Floats, own_center: Floats) -> tuple[float, float, float]:
    """The pose (angle, x, y) that turns by `turn` and brings one centroid onto the other."""
    c, s = float(np.cos(turn)), float(np.sin(turn))
    x, y = own_center
    return turn, float(center[0] - (c * x - s * y)), float(center[1] - (s * x + c * y))


def _inverse(pose: Floats) -> Floats:
    c, s = np.cos(pose[0]), np.sin(pose[0])
    return np.array([-pose[0], -(c * pose[1] + s * pose[2]), -(-s * pose[1] + c * pose[2])])


def _centroid(polygons: list[Floats]) -> Floats:
    """Centroid of filled polygons (each simple, any direction)."""
    total, moment = 0.0, np.zeros(2)
    for p in polygons:
        p = p - polygons[0][0]
        q = np.roll(p, -1, axis=0)
        cross = p[:, 0] * q[:, 1] - q[:, 0] * p[:, 1]
        area = float(cross.sum()) / 2.0
        sign = np.sign(area) or 1.0
        total += sign * area
        moment += sign * ((p + q) * cross[:, None]).sum(axis=0) / 6.0
    return np.asarray(moment / max(total, 1e-300) + polygons[0][0])
