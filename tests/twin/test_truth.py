"""Deviations and the truth they lead to, against values one can work out by hand."""

import math

import numpy as np
import pytest

from station.errors import InputError
from station.twin.made import made_polygons
from station.twin.part import Bend, CircleDeviation, LineDeviation, Lobes, MadePart
from station.twin.truth import part_truth

from .shapes_for_tests import BLOCK, BLOCK_FEATURES, RING, RING_FEATURES


def area_mm2(points):
    x, y = points.T
    return 0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def test_a_perfect_part_is_nominal():
    truth = part_truth(MadePart(RING, RING_FEATURES))
    assert truth.circle("OD").diameter_mm == pytest.approx(4.0, abs=1e-6)
    assert truth.circle("ID").center_mm == pytest.approx((0.1, 0.0), abs=1e-9)
    assert truth.circle("ID").roundness_mm < 1e-6


def test_size_shift_and_lobes_of_a_bore():
    deviation = CircleDeviation("ID", 0.02, (0.01, -0.03), (Lobes(0.004, 3, 10.0),))
    made = part_truth(MadePart(RING, RING_FEATURES, (deviation,)))
    bore = made.circle("ID")
    assert bore.diameter_mm == pytest.approx(1.62, abs=1e-6)
    assert bore.center_mm == pytest.approx((0.11, -0.03), abs=1e-6)
    assert bore.roundness_mm == pytest.approx(0.008, abs=1e-5)
    assert made.circle("OD").diameter_mm == pytest.approx(4.0, abs=1e-6)


def test_growth_and_scale_reach_every_feature():
    truth = part_truth(MadePart(RING, RING_FEATURES, growth_mm=0.01, scale=1.001))
    assert truth.circle("OD").diameter_mm == pytest.approx(4.02 * 1.001, abs=1e-6)
    assert truth.circle("ID").diameter_mm == pytest.approx(1.58 * 1.001, abs=1e-6)


def test_a_displaced_edge_keeps_sharp_corners():
    part = MadePart(BLOCK, BLOCK_FEATURES, (LineDeviation("T", offset_mm=-0.05), LineDeviation("R", tilt_deg=0.5)))
    (points,) = made_polygons(part, 1e-6)
    assert len(points) == 4
    height, tilt = 1.95, math.tan(math.radians(0.5))
    right_middle = 3.0 + tilt * (-0.025)  # the tilt turns about the nominal middle of the edge
    assert area_mm2(points) == pytest.approx(height * (3.0 + right_middle), abs=1e-9)
    truth = part_truth(part)
    assert truth.line("T").center_mm[1] == pytest.approx(0.95, abs=1e-9)
    assert truth.line("T").direction_deg == pytest.approx(0.0, abs=1e-9)
    assert truth.line("R").direction_deg == pytest.approx(89.5, abs=1e-6)


def test_bow_and_bend_are_straightness():
    bowed = part_truth(MadePart(BLOCK, BLOCK_FEATURES, (LineDeviation("B", bow_mm=0.03),)))
    assert bowed.line("B").straightness_mm == pytest.approx(0.03, rel=1e-5)
    bent = part_truth(MadePart(BLOCK, BLOCK_FEATURES, bend=Bend(-3.0, 300.0)))
    assert bent.line("T").straightness_mm == pytest.approx(6.0**2 / (8 * 300.0), rel=1e-3)


def test_a_missing_opening_is_not_cut_and_has_no_truth():
    part = MadePart(RING, RING_FEATURES, missing=("ID",))
    assert len(made_polygons(part, 1e-6)) == 1
    with pytest.raises(InputError, match="ID"):
        part_truth(part).circle("ID")


def test_outlines_run_with_the_material_on_their_left():
    outer, opening = made_polygons(MadePart(RING, RING_FEATURES), 1e-7)
    assert area_mm2(outer) == pytest.approx(math.pi * 4.0, rel=1e-6)
    assert area_mm2(opening) == pytest.approx(-math.pi * 0.64, rel=1e-6)
