"""Points of the part in the picture, and of a part that lies turned."""

from __future__ import annotations

import math

import numpy as np
import pytest

from station.cycle.marks.placing import Placement, turns
from station.metrology.camera import telecentric
from station.plan.symmetry import Symmetry
from station.vision.pose import Pose

from ...metrology.calibrations_for_tests import exact_calibration

CALIBRATION = exact_calibration(telecentric(800, 600, 0.01))
POINTS = np.array([[0.0, 0.0], [1.0, 0.0], [0.3, -0.7]])


@pytest.mark.parametrize("mirrored", [False, True])
def test_there_and_back(mirrored: bool) -> None:
    placement = Placement(Pose(0.4, 1.0, -0.5, mirrored), CALIBRATION)
    assert placement.to_part(placement.to_px(POINTS)) == pytest.approx(POINTS, abs=1e-9)


@pytest.mark.parametrize("mirrored", [False, True])
def test_turned_about_a_point_of_the_part(mirrored: bool) -> None:
    """A point of the turned part lies where that point, turned in the part's own frame, lay before."""
    placement, about, angle = Placement(Pose(0.4, 1.0, -0.5, mirrored), CALIBRATION), np.array([0.2, 0.1]), 0.3
    c, s = math.cos(angle), math.sin(angle)
    moved = (POINTS - about) @ np.array([[c, s], [-s, c]]) + about
    turned = placement.turned(angle, (0.2, 0.1))
    assert turned.to_px(POINTS) == pytest.approx(placement.to_px(moved), abs=1e-9)


def test_the_angles_that_an_outline_leaves_open() -> None:
    assert list(turns(Symmetry(1, (0.0, 0.0)))) == [0.0]
    assert list(turns(Symmetry(0, (0.0, 0.0)))) == [0.0]
    assert list(turns(Symmetry(4, (0.0, 0.0)))) == pytest.approx([0.0, math.pi / 2, math.pi, 1.5 * math.pi])
