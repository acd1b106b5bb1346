"""From the part's frame through pose and lens to pixels."""

from __future__ import annotations

import math

import numpy as np

from station.order.model import Face
from station.twin.made import Points
from station.twin.scene import Optics, Pose


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
