"""Nominal points of the part's frame as probes in the picture: through the pose, the measuring plane and the lens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from station.metrology.calibration import Calibration
from station.vision.pose import Pose
from station.vision.probe import Probes

Floats = NDArray[np.float64]


def place_probes(
    points_mm: Floats,
    normals: Floats,
    reach_in_mm: Floats,
    reach_out_mm: Floats,
    pose: Pose,
    calibration: Calibration,
    mm_per_px: float,
) -> Probes:
    """Probes in pixels for nominal points (n, 2) in the part's frame at a pose."""
    camera = calibration.camera
    plane, direction = pose.to_plane(points_mm), pose.turn(normals)
    tangent = np.column_stack([-direction[:, 1], direction[:, 0]])
    h = 0.5 * mm_per_px
    at = camera.to_px(plane)
    along = camera.to_px(plane + h * tangent) - camera.to_px(plane - h * tangent)
    away = camera.to_px(plane + h * direction) - at
    normal = np.column_stack([along[:, 1], -along[:, 0]])
    normal *= np.where((normal * away).sum(axis=1) < 0.0, -1.0, 1.0)[:, None]
    normal /= np.maximum(np.hypot(normal[:, 0], normal[:, 1]), 1e-12)[:, None]
    return Probes(at, normal, reach_in_mm / mm_per_px, reach_out_mm / mm_per_px)
