"""The blurred silhouette against closed forms and against brute force."""

import math

import numpy as np
import pytest
from scipy.stats import ncx2

from station.order.model import Face
from station.twin.scene import Optics, Pose

from .light_for_tests import assert_brute_force_agrees, covered, half_plane
from .shapes_for_tests import BLOCK, RING, circle, polygon_outline


@pytest.mark.parametrize("sigma_px", [0.5, 0.7, 1.5])
@pytest.mark.parametrize("angle_deg", [0.0, 17.3, 45.0, 90.0, -160.0])
def test_a_straight_edge_is_the_error_function_convolved_with_the_pixel(sigma_px, angle_deg):
    wall = polygon_outline([(-9.0, -9.0), (0.01237, -9.0), (0.01237, 9.0), (-9.0, 9.0)])
    optics = Optics(120, 90, 0.010, sigma_px)
    image = covered(type(RING)((wall,), ()), optics, Pose(0.0, 0.0, angle_deg))
    x = np.arange(120) - 59.5
    y = 44.5 - np.arange(90)[:, None]
    angle = math.radians(angle_deg)
    distance = math.cos(angle) * x + math.sin(angle) * y - 1.237
    np.testing.assert_allclose(image, half_plane(distance, angle_deg, sigma_px), atol=5e-7)


@pytest.mark.parametrize("mm_per_px", [0.01, 0.05])
def test_the_whole_image_keeps_the_area(mm_per_px):
    optics = Optics(640, 480, mm_per_px, 1.0)
    area = covered(RING, optics, Pose(0.003, -0.002, 20)).sum() * mm_per_px**2
    perimeter = 2 * math.pi * 2.8
    assert area == pytest.approx(math.pi * (2.0**2 - 0.8**2), abs=perimeter * mm_per_px * 1e-4)


def test_brute_force_super_sampling_agrees():
    assert_brute_force_agrees(RING, lambda x, y: ((x**2 + y**2 < 4.0) & ((x - 0.1) ** 2 + y**2 > 0.64)).astype(float))


@pytest.mark.parametrize("radius_px", [4.0, 12.3, 60.0])
def test_a_disc_is_the_noncentral_chi_square_distribution(radius_px):
    """A Gaussian blurred disc: the probability that a point spread about p falls inside, P(|p + z| < R)."""
    optics, sigma_px = Optics(150, 140, 0.01, 0.8), 0.8
    image = covered(type(RING)((circle(radius_px * 0.01),), ()), optics, Pose(0.0021, -0.0034))
    nodes, weights = np.polynomial.legendre.leggauss(8)
    x, y = np.arange(150) - 74.5 - 0.21, (np.arange(140) - 69.5 - 0.34)[:, None]
    expected = np.zeros((140, 150))
    for u, wu in zip(nodes / 2, weights / 2, strict=True):
        for v, wv in zip(nodes / 2, weights / 2, strict=True):
            distance = np.hypot(x + u, y + v)
            near = np.abs(distance - radius_px) < 7
            inside = (distance < radius_px).astype(float)
            inside[near] = ncx2.cdf((radius_px / sigma_px) ** 2, 2, (distance[near] / sigma_px) ** 2)
            expected += wu * wv * inside
    np.testing.assert_allclose(image, expected, atol=1e-4)  # the chord error of 1e-4 px


def test_a_half_covering_edge_lies_within_half_a_thousandth_of_a_pixel():
    """Rows through a disc: the profile's first moment gives the edge, free of any edge model."""
    optics = Optics(400, 300, 0.01, 0.7)
    disc = type(RING)((circle(1.2345),), ())
    image = covered(disc, optics, Pose(0.00123, 0.00456))
    diameter_px = 2 * math.sqrt(image.sum() / math.pi)
    assert diameter_px == pytest.approx(2 * 123.45, abs=5e-4)
    column = (image * np.arange(400)).sum() / image.sum()
    row = (image * np.arange(300)[:, None]).sum() / image.sum()
    assert column == pytest.approx(199.5 + 0.123, abs=1e-6)
    assert row == pytest.approx(149.5 - 0.456, abs=1e-6)


@pytest.mark.parametrize("pose", [Pose(-6.0), Pose(6.0, 1.0, 12.0), Pose(0.0, 4.5, 5.0), Pose(1.0, -4.4, 100.0)])
def test_a_part_cut_by_the_border_is_the_crop_of_a_larger_picture(pose):
    small, large = Optics(1200, 800, 0.01, 1.0), Optics(2400, 2000, 0.01, 1.0)
    expected = covered(BLOCK, large, pose)[600:1400, 600:1800]
    np.testing.assert_allclose(covered(BLOCK, small, pose), expected, atol=1e-9)


def test_the_bottom_face_is_the_mirror_image():
    optics = Optics(400, 300, 0.02, 1.0)
    top = covered(RING, optics, Pose(0.5, 0.3, 20.0))
    bottom = covered(RING, optics, Pose(-0.5, 0.3, -20.0), Face.BOTTOM)
    np.testing.assert_allclose(bottom, top[:, ::-1], atol=1e-9)


def test_diffraction_grows_outer_edges_and_shrinks_openings():
    base = {"width_px": 700, "height_px": 500, "mm_per_px": 0.01}
    grown = covered(RING, Optics(**base, edge_offset_px=0.65)).sum() * 1e-4
    assert grown == pytest.approx(math.pi * (2.0065**2 - 0.7935**2), rel=1e-6)
    block = covered(BLOCK, Optics(**base, edge_offset_px=0.5)).sum() * 1e-4
    assert block == pytest.approx(6.01 * 2.01, rel=1e-7)


def test_distortion_moves_points_as_the_polynomial_says():
    plain, bowed = Optics(900, 700, 0.01, 1.0), Optics(900, 700, 0.01, 1.0, k1_per_mm2=1e-3)
    small = type(RING)((circle(0.1),), ())
    image = covered(small, bowed, Pose(2.0, 1.0))
    column = (image * np.arange(900)).sum() / image.sum()
    assert column == pytest.approx(plain.origin_px[0] + 200 * (1 + 1e-3 * 5.0), abs=0.05)


def test_a_blur_without_width_is_refused():
    with pytest.raises(ValueError, match="blur"):
        covered(RING, Optics(40, 30, 0.2, 0.0))
