"""Minimum zones against certified sets and cases one can check by hand; smoothing; robust residuals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.metrology.association import fit_sorted
from station.metrology.smoothing import noise_left, robust_residuals, smooth
from station.metrology.zones import minimum_zone

from .reference_for_tests import published

SETS = ["A_2-2_orthogonal", "B_2-2_skewed", "C_3-3_overdetermined", "D_micro_part_0p3mm", "E_large_offset_numerics"]


def radial_zone(points, center):
    away = points - center
    distance = np.hypot(away[:, 0], away[:, 1])
    return minimum_zone(distance - distance.mean(), np.column_stack([away / distance[:, None], np.ones(len(away))]))


@pytest.mark.parametrize("name", SETS)
def test_the_zone_of_a_round_part_is_the_certified_one(name):
    cases = {case["name"]: case for case in published("mzc_designed_certified")["sets"]}
    assert set(cases) == set(SETS)
    points, certified = np.array(cases[name]["points"]), cases[name]["certified_by_construction"]
    half, _ = radial_zone(points, np.array(certified["mz_center"]))
    assert 2 * half == pytest.approx(certified["mz_width"], rel=1e-6)
    # About the least-squares centre, as the station does it, the linearised motion costs a second-order amount only.
    middle = points.mean(axis=0)
    start = np.array([[*middle, np.hypot(*(points - middle).T).mean()]])
    first = np.array([0, len(points)])
    center = fit_sorted(points, first, start, np.array([1e6]), np.zeros(len(points)), circles=True).params[0, :2]
    half, _ = radial_zone(points, center)
    assert 2 * half == pytest.approx(certified["mz_width"], rel=1e-3)
    assert 2 * half < cases[name]["independent_numeric"]["lsc_roundness_RONt"]


def test_the_zone_of_a_square_wave_about_a_line_is_its_height():
    run = np.arange(20.0)
    across = np.where(run % 2 == 0, 0.5, -0.5) + 0.3 * run - 2.0
    half, residuals = minimum_zone(across, np.column_stack([run, np.ones(20)]))
    assert half == pytest.approx(0.5, abs=1e-9)
    assert np.abs(residuals).max() == pytest.approx(half, abs=1e-12)


def test_the_zone_of_a_triangle_is_half_its_height():
    # Three points (0,0), (1,1), (2,0): Chebyshev's line is y = 1/2.
    half, residuals = minimum_zone(np.array([0.0, 1.0, 0.0]), np.column_stack([[0.0, 1.0, 2.0], np.ones(3)]))
    assert half == pytest.approx(0.5, abs=1e-12)
    assert residuals == pytest.approx([-0.5, 0.5, -0.5], abs=1e-12)


def test_the_zone_of_a_parabola_over_its_chord():
    # y = x² on [-1, 1]: the best straight line is y = 1/2 (Chebyshev polynomial T2), half width 1/2.
    x = np.linspace(-1, 1, 2001)
    half, _ = minimum_zone(x**2, np.column_stack([x, np.ones(2001)]))
    assert half == pytest.approx(0.5, abs=1e-9)


def test_what_the_motion_explains_leaves_no_zone():
    x = np.linspace(-1, 1, 50)
    half, residuals = minimum_zone(3 * x - 2, np.column_stack([x, np.ones(50)]))
    assert half == pytest.approx(0.0, abs=1e-9)
    assert residuals == pytest.approx(np.zeros(50), abs=1e-9)
    assert minimum_zone(np.array([1.0, 2.0]), np.ones((2, 3)))[0] == 0.0
    assert minimum_zone(np.zeros(30), np.ones((30, 1)))[0] == 0.0


@given(st.integers(0, 10_000), st.integers(4, 200), st.floats(1e-6, 1e3))
@settings(max_examples=40, deadline=None)
def test_no_other_motion_gives_a_smaller_zone(seed, count, unit):
    rng = np.random.default_rng(seed)
    deviations = rng.standard_normal(count) * unit
    basis = np.column_stack([np.linspace(-1, 1, count), np.ones(count)])
    half, residuals = minimum_zone(deviations, basis)
    assert half == pytest.approx(np.abs(residuals).max(), rel=1e-12)
    free = np.linalg.lstsq(basis, deviations - residuals, rcond=None)[0]
    assert deviations - basis @ free == pytest.approx(residuals, abs=1e-9 * unit)
    for _ in range(20):
        other = free + rng.standard_normal(2) * unit * 10.0 ** rng.uniform(-5, 0)
        assert np.abs(deviations - basis @ other).max() >= half - 1e-9 * unit


@given(st.floats(-1e3, 1e3), st.integers(1, 80), st.floats(0.0, 20.0), st.booleans())
@settings(deadline=None)
def test_smoothing_leaves_a_constant_alone(value, count, sigma, closed):
    assert smooth(np.full(count, value), sigma, closed and count > 4 * sigma + 1) == pytest.approx(
        np.full(count, value), rel=1e-12, abs=1e-12
    )


@pytest.mark.parametrize("closed", [True, False])
def test_smoothing_keeps_length_mean_and_place(closed):
    values = np.zeros(101)
    values[50] = 1.0
    quiet = smooth(values, 3.0, closed)
    assert quiet.shape == values.shape
    assert int(quiet.argmax()) == 50
    assert quiet.sum() == pytest.approx(1.0, rel=1e-3)
    assert quiet[50] == pytest.approx(1.5 / (3.0 * math.sqrt(2 * math.pi)), rel=1e-2)
    assert quiet == pytest.approx(quiet[::-1], abs=1e-15)


def test_a_closed_contour_is_smoothed_across_its_seam_and_an_open_one_is_not():
    values = np.zeros(60)
    values[0] = 1.0
    assert smooth(values, 3.0, True)[-1] > 0.1
    assert smooth(values, 3.0, False)[-1] == 0.0


@pytest.mark.parametrize("lobes", [2, 3, 5])
def test_smoothing_lowers_a_lobe_by_the_transfer_of_gaussian_regression(lobes):
    angle = np.linspace(0, 2 * math.pi, 360, endpoint=False)
    quiet = smooth(np.cos(lobes * angle), 3.0, True)
    x = 0.5 * (3.0 * lobes * math.radians(1.0)) ** 2
    assert quiet.max() == pytest.approx((1.0 + x) * math.exp(-x), rel=2e-4)
    plain = smooth(np.cos(lobes * angle), 3.0, True, smooth_form=False)
    assert plain.max() == pytest.approx(math.exp(-x), rel=1e-4)


@pytest.mark.parametrize("sigma", [0.0, 0.8, 1.5, 3.0, 6.0])
def test_the_noise_that_smoothing_leaves_is_as_said(sigma):
    noise = np.random.default_rng(7).standard_normal(200_000)
    assert smooth(noise, sigma, True).std() == pytest.approx(noise_left(sigma), rel=0.03)
    assert smooth(noise, sigma, True, smooth_form=False).std() == pytest.approx(noise_left(sigma, False), rel=0.03)


def test_a_local_fault_shows_in_full_after_the_robust_motion():
    x = np.linspace(-1, 1, 400)
    deviations = 0.02 + 0.01 * x
    deviations[100:130] += 0.2
    residuals = robust_residuals(deviations, np.column_stack([x, np.ones(400)]), 0.0005)
    assert residuals[100:130] == pytest.approx(np.full(30, 0.2), abs=1e-6)
    assert np.delete(residuals, np.r_[100:130]) == pytest.approx(np.zeros(370), abs=1e-6)
    assert robust_residuals(deviations, np.zeros((400, 0)), 0.1) is deviations
