"""Which way the part lies: from contours to a pose, told from its mirror image.

Coarse rotation by correlating the filled silhouettes on a polar grid about the centroid of the outer outline (an FFT
over the angle, all rotations at once), then point-to-line registration (ICP with Tukey weights) of the best few.
Everything is in the measuring plane; the unit is the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from station.vision.pose import Floats, Pose, rigid_step, tukey_weights

_GRID = 320  # pixels across the normalised silhouette
_ANGLES = 720
_RADII = 96
_PEAKS = 8


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
    seen_shape = shape.mirrored() if mirrored else shape
    center, own_center = _centroid([outer]), _centroid(list(seen_shape.outer))
    radius = 1.05 * max(
        float(np.hypot(*(outer - center).T).max()),
        max(float(np.hypot(*(p - own_center).T).max()) for p in seen_shape.outer),
    )
    seen = _polar([outer], list(openings), center, radius)
    own = _polar(list(seen_shape.outer), list(seen_shape.openings), own_center, radius)
    turns = _rotations(own, seen)
    contour = np.concatenate([outer, *openings])
    few = contour[:: max(1, len(contour) // 400)]
    tree = cKDTree(seen_shape.points)
    rough = []
    for turn in turns:
        c, s = np.cos(turn), np.sin(turn)
        origin = center - np.array([c * own_center[0] - s * own_center[1], s * own_center[0] + c * own_center[1]])
        pose = _register(Pose(turn, float(origin[0]), float(origin[1])), few, tree, seen_shape, cap, 6)
        rough.append((_distance(pose, few, tree, cap), pose))
    rough.sort(key=lambda item: item[0])
    best: Match | None = None
    back = contour[:: max(1, len(contour) // 4000)]
    for _, start in rough[:3]:
        pose = _register(start, back, tree, seen_shape, cap, 12)
        forth = np.minimum(cKDTree(pose.to_part(back)).query(seen_shape.points)[0], cap)
        quality = 0.5 * (_distance(pose, back, tree, cap) + float(forth.mean()))
        if best is None or quality < best.distance:
            best = Match(pose, quality, float((forth < cap).mean()), cap)
    assert best is not None
    plain = best.pose
    return Match(Pose(plain.angle_rad, plain.x, plain.y, mirrored=mirrored), best.distance, best.explained, best.cap)


def _register(pose: Pose, contour: Floats, tree: cKDTree, shape: Shape, cap: float, rounds: int) -> Pose:
    """Point-to-line ICP of the contour points onto the nominal samples."""
    for _ in range(rounds):
        part = pose.to_part(contour)
        _, nearest = tree.query(part)
        normal = shape.normals[nearest]
        offset = ((part - shape.points[nearest]) * normal).sum(axis=1)
        weights = tukey_weights(offset, 0.02 * cap)
        plane_normal = pose.turn(normal)
        about = contour.mean(axis=0)
        # The part has to move by what the contour lies off the nominal line.
        step = rigid_step(contour, plane_normal, offset, weights, about)
        pose = pose.nudged(float(step[0]), float(step[1]), float(step[2]), about)
        if np.abs(step[1:]).max() < 1e-4 * cap and abs(step[0]) < 1e-6:
            break
    return pose


def _distance(pose: Pose, contour: Floats, tree: cKDTree, cap: float) -> float:
    return float(np.minimum(tree.query(pose.to_part(contour))[0], cap).mean())


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


def _polar(outer: list[Floats], openings: list[Floats], center: Floats, radius: float) -> Floats:
    """Silhouette (angles, radii) on a polar grid about `center`, 0..1."""
    canvas = np.zeros((_GRID, _GRID), np.uint8)
    half = (_GRID - 1) / 2.0
    for polygons, level in ((outer, 255), (openings, 0)):
        for p in polygons:
            fixed = np.rint(((p - center) / radius * half + half) * 16.0).astype(np.int32)
            cv2.fillPoly(canvas, [fixed.reshape(-1, 1, 2)], level, lineType=cv2.LINE_AA, shift=4)
    warped = cv2.warpPolar(canvas, (_RADII, _ANGLES), (half, half), half, cv2.INTER_LINEAR | cv2.WARP_POLAR_LINEAR)
    return np.asarray(warped, dtype=np.float64) / 255.0


def _rotations(own: Floats, seen: Floats) -> NDArray[np.float64]:
    """Angles (rad) by which `own` must turn to look like `seen`, best first, at most `_PEAKS`."""
    radius = np.arange(_RADII)[None, :] + 0.5
    # Equal areas count equally; the constant part of each ring says nothing about rotation.
    a = (own - own.mean(axis=0)) * radius
    b = (seen - seen.mean(axis=0)) * 1.0
    score = np.fft.irfft((np.conj(np.fft.rfft(a, axis=0)) * np.fft.rfft(b, axis=0)).sum(axis=1), n=_ANGLES)
    peak = (score >= np.roll(score, 1)) & (score > np.roll(score, -1))
    places = np.flatnonzero(peak)
    if len(places) == 0:
        places = np.array([int(score.argmax())])
    places = places[np.argsort(-score[places], kind="stable")][:_PEAKS]
    return np.asarray(places * (2.0 * np.pi / _ANGLES), dtype=np.float64)
