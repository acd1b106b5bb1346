"""What belongs to a real edge and to a real lens: a chamfer's second step, a blur that grows over the field."""

import math
from dataclasses import replace

import numpy as np
import pytest

from station.twin.part import Chamfer, MadePart
from station.twin.render import expose, render, scene_light
from station.twin.scene import Lamp, Optics, PlacedPart, Pose, Scene

from .light_for_tests import assert_brute_force_agrees, covered, half_plane
from .shapes_for_tests import BLOCK, RING, polygon_outline

WALL = type(RING)((polygon_outline([(-0.9, -0.9), (0.01237, -0.9), (0.01237, 0.9), (-0.9, 0.9)]),), ())


def distances(optics, angle_deg):
    """Distance (h, w) in pixels from the wall's edge at this angle, and the place along it."""
    x = np.arange(optics.width_px) - (optics.width_px - 1) / 2
    y = ((optics.height_px - 1) / 2 - np.arange(optics.height_px))[:, None]
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    return cos * x + sin * y - 1.237, cos * y - sin * x


@pytest.mark.parametrize("width_px", [1.0, 2.5, 6.0])
def test_a_chamfer_is_two_steps_where_it_begins_and_ends(width_px):
    optics = Optics(120, 90, 0.010, 0.8)
    image = covered(WALL, optics, Pose(0.0, 0.0, 17.3), chamfer=Chamfer(0.01 * width_px, 0.3))
    distance, _ = distances(optics, 17.3)
    outer, inner = half_plane(distance, 17.3, 0.8), half_plane(distance + width_px, 17.3, 0.8)
    np.testing.assert_allclose(image, 0.3 * outer + 0.7 * inner, atol=5e-7)


def test_a_chamfer_runs_inside_the_rim_and_around_the_hole():
    def hard(x, y):
        rim, hole = np.hypot(x, y), np.hypot(x - 0.1, y)
        return 0.6 * ((rim < 2.0) & (hole > 0.8)) + 0.4 * ((rim < 1.75) & (hole > 1.05))

    assert_brute_force_agrees(RING, hard, chamfer=Chamfer(0.25, 0.6))


ANGLES = [0.0, 17.3, 45.0, 90.0, -160.0]


@pytest.mark.parametrize("angle_deg", ANGLES)
@pytest.mark.parametrize("slope", [0.004, 0.009])
def test_across_its_growth_every_edge_has_the_blur_of_its_own_place(slope, angle_deg):
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    optics = Optics(120, 90, 0.010, 1.2, blur_slope=(slope * cos, -slope * sin))
    distance, _ = distances(optics, angle_deg)
    expected = half_plane(distance, angle_deg, 1.2 + slope * 1.237)
    np.testing.assert_allclose(covered(WALL, optics, Pose(0.0, 0.0, angle_deg)), expected, atol=1e-6)


@pytest.mark.parametrize("angle_deg", ANGLES)
def test_along_its_growth_an_edge_softens_and_stays_where_it_is(angle_deg):
    slope = 0.004  # blur 0.8 to 2.5 over 425 px
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    optics = Optics(120, 90, 0.010, 1.2, blur_slope=(-slope * sin, -slope * cos))
    distance, along = distances(optics, angle_deg)
    image = covered(WALL, optics, Pose(0.0, 0.0, angle_deg))
    np.testing.assert_allclose(image, half_plane(distance, angle_deg, 1.2 + slope * along), atol=2e-4)
    assert abs((image - half_plane(distance, angle_deg, 1.2 + slope * along)).sum()) < 1e-3


def test_a_blur_that_does_not_grow_is_the_plain_one_and_one_that_vanishes_is_refused():
    plain = Optics(120, 90, 0.05, 1.0)
    assert np.array_equal(covered(RING, plain), covered(RING, replace(plain, blur_slope=(0.0, 0.0))))
    assert replace(plain, blur_slope=(0.01, -0.02)).worst_sigma_px == pytest.approx(1.0 + 0.595 + 0.89)
    with pytest.raises(ValueError, match=r"at least 0\.2 px"):
        covered(BLOCK, replace(plain, blur_slope=(0.02, 0.0)))


def test_a_part_cut_out_of_a_larger_field_has_the_same_growing_blur():
    large = Optics(400, 300, 0.02, 1.2, blur_slope=(0.003, -0.002))
    small = replace(large, width_px=300, height_px=200, center_px=(99.5, 49.5))
    np.testing.assert_allclose(covered(RING, small), covered(RING, large)[100:300, 100:400], atol=1e-9)


def test_a_frame_is_its_light_exposed():
    scene = Scene(Optics(120, 90, 0.05), Lamp(bit_depth=12), (PlacedPart(MadePart(RING)),))
    rng = np.random.default_rng(3)
    assert np.array_equal(render(scene, np.random.default_rng(3)), expose(scene_light(scene), scene.lamp, rng))
