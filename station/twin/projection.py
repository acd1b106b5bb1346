"""From the part's frame through pose and lens to pixels."""

from __future__ import annotations

import math

import numpy as np

from station.order.model import Face
from station.twin.made import Points
from station.twin.scene import Optics, Pose

UNDISTORTING = 6  # steps, each of which gains two digits and more


def to_pixels(points_mm: Points, pose: Pose, face: Face, optics: Optics) -> Points:
    """Points (n, 2) of the part's frame in the picture; a mirrored polygon is reversed, so its material stays left."""
    x, y = points_mm[:, 0], points_mm[:, 1]
    if face is Face.BOTTOM:
        x, y = -x[::-1], y[::-1]
    cos, sin = math.cos(math.radians(pose.angle_deg)), math.sin(math.radians(pose.angle_deg))
    plane_x, plane_y = pose.x_mm + cos * x - sin * y, pose.y_mm + sin * x + cos * y
    stretch = (1.0 + optics.k1_per_mm2 * (plane_x**2 + plane_y**2)) / optics.mm_per_px
    origin_x, origin_y = optics.origin_px
    return np.stack([origin_x + plane_x * stretch, origin_y - plane_y * stretch], axis=1)


def from_pixels(points_px: Points, pose: Pose, face: Face, optics: Optics) -> Points:
    """Points (n, 2) of the picture in the part's frame: what `to_pixels` undoes, in the same sequence."""
    origin_x, origin_y = optics.origin_px
    seen_x = (points_px[:, 0] - origin_x) * optics.mm_per_px
    seen_y = (origin_y - points_px[:, 1]) * optics.mm_per_px
    plane_x, plane_y = seen_x, seen_y
    for _ in range(UNDISTORTING if optics.k1_per_mm2 else 0):
        stretch = 1.0 + optics.k1_per_mm2 * (plane_x**2 + plane_y**2)
        plane_x, plane_y = seen_x / stretch, seen_y / stretch
    cos, sin = math.cos(math.radians(pose.angle_deg)), math.sin(math.radians(pose.angle_deg))
    x, y = plane_x - pose.x_mm, plane_y - pose.y_mm
    x, y = cos * x + sin * y, cos * y - sin * x
    return np.stack([-x if face is Face.BOTTOM else x, y], axis=1)
