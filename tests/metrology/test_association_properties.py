"""What association promises for any points: exact least squares where nothing stands on the edge, no matter where the
part lies or in which unit; dirt dropped; rubbish refused without disturbing its neighbours."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from station.metrology.features import Kind
from station.plan.associate import associate
from station.plan.seen import Seen
from station.plan.targets import Target

from .test_association import fitted, one_circle, one_line, ring

SEEDS = st.integers(0, 10_000)


def noise_of(rng, count):
    """Gaussian, without the one point in 15,000 that would rightly pass for dirt."""
    return np.clip(rng.standard_normal(count), -4.0, 4.0)


def rough_ring(seed, sweep, noise=1e-3, form=0.0, count=200):
    rng = np.random.default_rng(seed)
    angle = rng.uniform(-math.pi, math.pi) + np.linspace(0, sweep, count)
    radius = 1.5 + form * np.cos(3 * angle) + noise * noise_of(rng, count)
    return np.array([0.7, -0.4]) + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])


def rough_line(seed, noise=1e-3, form=0.0, count=200):
    rng = np.random.default_rng(seed)
    run = np.linspace(-1, 1, count)
    across = form * np.cos(2 * math.pi * run) + noise * noise_of(rng, count)
    angle = rng.uniform(-math.pi, math.pi)
    normal, along = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
    return np.array([2.0, 1.0]) + across[:, None] * normal + run[:, None] * along, tuple(normal)


def turned(points, angle, shift, scale):
    c, s = math.cos(angle), math.sin(angle)
    return scale * (points @ np.array([[c, s], [-s, c]])) + shift


@given(SEEDS, st.floats(1.0, 6.2), st.sampled_from([0.0, 0.01]))
@settings(max_examples=25, deadline=None)
def test_a_clean_circle_is_exactly_least_squares(seed, sweep, form):
    # Of a short arc one lobe may be all that stands out: whether it is form or contamination nobody can tell.
    assume(form == 0.0 or sweep > 3.0)
    points = rough_ring(seed, sweep, form=form)
    fits, params = one_circle(points, (0.71, -0.42, 1.48), floor=1e-3)
    exact = least_squares(
        lambda p: np.hypot(*(points - p[:2]).T) - p[2], (0.7, -0.4, 1.5), xtol=1e-15, ftol=1e-15, gtol=1e-15
    )
    assert (fits.weights == 1.0).all()
    assert fits.used[0] == len(points)
    assert params == pytest.approx(exact.x, abs=2e-8)
    assert float(np.sum(fits.residuals**2)) == pytest.approx(2 * exact.cost, rel=1e-12)
    assert fits.shape[0] == pytest.approx(np.linalg.inv(exact.jac.T @ exact.jac), rel=1e-5, abs=1e-9)


@given(SEEDS, st.sampled_from([0.0, 0.01]))
@settings(max_examples=25, deadline=None)
def test_a_clean_line_is_exactly_least_squares(seed, form):
    points, normal = rough_line(seed, form=form)
    fits, (angle, offset, along) = one_line(points, normal, floor=1e-3)

    def residuals(p):
        return points @ np.array([math.cos(p[0]), math.sin(p[0])]) - p[1]

    start = (math.atan2(normal[1], normal[0]), float(points.mean(axis=0) @ normal))
    exact = least_squares(residuals, start, xtol=1e-15, ftol=1e-15, gtol=1e-15)
    assert (fits.weights == 1.0).all()
    assert (angle, offset) == pytest.approx(exact.x, abs=1e-8)
    assert float(np.sum(fits.residuals**2)) == pytest.approx(2 * exact.cost, rel=1e-12)
    middle = points.mean(axis=0)
    assert along == pytest.approx(-math.sin(angle) * middle[0] + math.cos(angle) * middle[1], abs=1e-9)


@given(SEEDS, st.floats(-3, 3), st.floats(-500, 500), st.floats(-500, 500), st.floats(0.01, 100), st.booleans())
@settings(max_examples=40, deadline=None)
def test_where_a_circle_lies_and_in_which_unit_changes_nothing(seed, angle, dx, dy, scale, dirty):
    points = rough_ring(seed, 6.2)
    if dirty:
        points[20:40] += 0.05
    before, params = one_circle(points, (0.71, -0.42, 1.48), floor=1e-3)
    (start,) = turned(np.array([[0.71, -0.42]]), angle, (dx, dy), scale)
    after, moved = one_circle(turned(points, angle, (dx, dy), scale), (*start, 1.48 * scale), floor=1e-3 * scale)
    (center,) = turned(params[None, :2], angle, (dx, dy), scale)
    assert moved == pytest.approx([*center, params[2] * scale], abs=1e-8 * scale + 1e-11)
    assert after.weights == pytest.approx(before.weights, abs=1e-5)
    assert bool((before.weights == 1.0).all()) is not dirty


@given(SEEDS, st.floats(-3, 3), st.floats(-500, 500), st.floats(-500, 500), st.floats(0.01, 100), st.booleans())
@settings(max_examples=40, deadline=None)
def test_where_a_line_lies_and_in_which_unit_changes_nothing(seed, angle, dx, dy, scale, dirty):
    points, normal = rough_line(seed)
    if dirty:
        points[20:40] += 0.05 * np.asarray(normal)
    before, params = one_line(points, normal, floor=1e-3)
    (toward,) = turned(np.array([normal]), angle, (0.0, 0.0), 1.0)
    after, moved = one_line(turned(points, angle, (dx, dy), scale), tuple(toward), floor=1e-3 * scale)
    assert math.remainder(moved[0] - params[0] - angle, 2 * math.pi) == pytest.approx(0.0, abs=1e-8)
    assert after.weights == pytest.approx(before.weights, abs=1e-5)
    assert after.residuals == pytest.approx(scale * before.residuals, abs=1e-8 * scale + 1e-11)
    assert bool((before.weights == 1.0).all()) is not dirty


@given(SEEDS, st.floats(0.02, 0.18), st.floats(0.02, 0.3))
@settings(max_examples=40, deadline=None)
def test_what_stands_on_an_edge_has_no_weight(seed, share, height):
    points, (edge, normal) = rough_ring(seed, 6.2), rough_line(seed)
    dirt = slice(30, 30 + int(200 * share))
    away = points[dirt] - (0.7, -0.4)
    points[dirt] += height * away / np.hypot(*away.T)[:, None]
    fits, params = one_circle(points, (0.71, -0.42, 1.48), floor=2e-3)
    assert not fits.weights[dirt].any()
    assert params == pytest.approx([0.7, -0.4, 1.5], abs=1e-3)
    clean, _ = one_line(edge, normal, floor=2e-3)
    edge[dirt] += height * np.asarray(normal)
    fits, (angle, _, _) = one_line(edge, normal, floor=2e-3)
    assert not fits.weights[dirt].any()
    assert angle == pytest.approx(clean.params[0, 0], abs=2e-3)


def test_points_that_are_no_numbers_have_no_weight():
    points = rough_ring(1, 6.2)
    whole, _ = one_circle(np.delete(points, [5, 60, 61], axis=0), (0.71, -0.42, 1.48), floor=1e-3)
    points[[5, 60, 61]] = [(np.nan, 0.0), (0.0, np.inf), (np.nan, np.nan)]
    fits, params = one_circle(points, (0.71, -0.42, 1.48), floor=1e-3)
    assert params == pytest.approx(whole.params[0], abs=1e-12)
    assert np.flatnonzero(fits.weights == 0.0).tolist() == [5, 60, 61]
    points, normal = rough_line(1)
    whole, _ = one_line(points[1:], normal, floor=1e-3)
    points[0] = np.nan
    fits, params = one_line(points, normal, floor=1e-3)
    assert params == pytest.approx(whole.params[0], abs=1e-9)
    assert np.flatnonzero(fits.weights == 0.0).tolist() == [0]


RUBBISH = {
    "three in one place": np.tile([1.0, 2.0], (3, 1)),
    "many in one place": np.tile([0.1, 0.3], (50, 1)),
    "no numbers": np.full((20, 2), np.nan),
    "infinite": np.full((20, 2), np.inf),
    "none": np.zeros((0, 2)),
    "two": np.array([[0.0, 0.0], [1.0, 0.0]]),
}


@pytest.mark.parametrize("name", RUBBISH)
def test_rubbish_is_refused_by_every_fit_and_leaves_its_neighbours_alone(name):
    points, good = RUBBISH[name], ring(1.0, (3.0, 0.0), 40)
    start = np.array([[3.0, 0.0, 1.0], [0.0, 0.0, 1.0], [3.0, 0.0, 1.0]])
    circles = fitted([good, points, good], start, np.full(3, 1e-3), circles=True)
    assert np.isnan(circles.params[1]).all()
    assert np.isnan(circles.shape[1]).all()
    assert circles.params[[0, 2]] == pytest.approx(np.tile([3.0, 0.0, 1.0], (2, 1)), abs=1e-12)
    if name != "two":
        lines = fitted([good, points], start[:2, :2], np.full(2, 1e-3), circles=False)
        assert np.isnan(lines.params[1]).all()
        assert np.isfinite(lines.params[0]).all()


def target(kind, count):
    nothing = np.zeros(count)
    return Target(
        id="F",
        kind=kind,
        points_mm=np.zeros((count, 2)),
        normals=np.zeros((count, 2)),
        curvature_per_mm=nothing,
        reach_in_mm=nothing,
        reach_out_mm=nothing,
        spacing_mm=0.01,
        closed=True,
        outward=1.0,
        start=(0.0, 0.0, 1.0) if kind is Kind.CIRCLE else (),
        rows=np.arange(count),
        span=slice(0, count),
    )


@pytest.mark.parametrize("kind", [Kind.CIRCLE, Kind.LINE])
@pytest.mark.parametrize("name", RUBBISH)
def test_a_measured_feature_of_rubbish_has_no_geometry_and_no_nan(kind, name):
    points = RUBBISH[name]
    count = len(points)
    normals, noise = np.tile([0.0, 1.0], (count, 1)), np.full(count, 1e-3)
    (feature,) = associate([target(kind, count)], [Seen(points, points, normals, noise, 1e-3)])
    assert feature.params == ()
    assert feature.covariance.size == 0
    assert len(feature.kept) == count
