"""Where the part's points are in a picture: through its pose and the calibrated camera, or without either."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from station.metrology.calibration import Calibration
from station.plan.symmetry import Symmetry
from station.vision.pose import Pose

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Placement:
    """Points of the part's frame to pixels of the picture and back."""

    pose: Pose
    calibration: Calibration

    def to_px(self, points_mm: Floats) -> Floats:
        """(n, 2) mm of the part's frame to pixels."""
        return self.calibration.camera.to_px(self.pose.to_plane(points_mm))

    def to_part(self, points_px: Floats) -> Floats:
        """(n, 2) pixels to mm of the part's frame."""
        return self.pose.to_part(self.calibration.camera.to_mm(points_px))

    def turned(self, angle_rad: float, about_mm: tuple[float, float]) -> Placement:
        """As it is if the part lies turned by so much about one of its own points, as symmetrical ones may."""
        pose, about = self.pose, np.array([about_mm])
        stays = pose.to_plane(about)[0]
        turned = replace(pose, angle_rad=pose.angle_rad + (-angle_rad if pose.mirrored else angle_rad))
        moved = turned.to_plane(about)[0]
        return replace(
            self, pose=replace(turned, x=turned.x + float(stays[0] - moved[0]), y=turned.y + float(stays[1] - moved[1]))
        )


def turns(symmetry: Symmetry) -> Iterator[float]:
    """Angles (rad) by which a part may lie turned and show the same outline; that of its pose first. Nothing but that
    of a part which looks the same at any angle."""
    for number in range(max(symmetry.folds, 1)):
        yield 2.0 * math.pi * number / symmetry.folds if symmetry.folds else 0.0
