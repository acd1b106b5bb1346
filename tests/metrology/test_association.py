"""Circles and lines through points: published fits, exact data, dust, covariance, degenerate input."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.metrology.association import Fits, fit_sorted, segmented_median

from .reference_for_tests import published


def fitted(sets, start, floor, *, circles) -> Fits:
    """One feature per set of points (n, 2), with its start."""
    first = np.cumsum([0, *map(len, sets)])
    points, noise = np.concatenate([*sets, np.zeros((0, 2))]), np.zeros(first[-1])
    return fit_sorted(points, first, np.asarray(start, float), floor, noise, circles=circles)


def one_circle(points, start, floor=1e-9):
    fits = fitted([points], [start], np.array([floor]), circles=True)
    return fits, fits.params[0]


def one_line(points, normal, floor=1e-9):
    fits = fitted([points], [normal], np.array([floor]), circles=False)
    return fits, fits.params[0]


def ring(radius, center=(0.0, 0.0), count=101, start=0.0, end=2 * math.pi, closed=True):
    angle = np.linspace(start, end, count, endpoint=not closed)
    return np.asarray(center) + radius * np.column_stack([np.cos(angle), np.sin(angle)])


def test_the_circle_of_gander_golub_and_strebel():
    case = published("circle_gander_golub_strebel")
    # The floor keeps every point at full weight: this is the plain least-squares circle.
    fits, (x, y, r) = one_circle(case["points"], (5.0, 4.0, 4.0), floor=1e6)
    expected = case["expected"]["geometric_least_squares"]
    assert (f"{x:.4f}", f"{y:.4f}", f"{r:.4f}") == tuple(f"{expected[k]:.4f}" for k in ("xc", "yc", "r"))
    exact = case["recomputed_geometric"]
    assert (x, y, r) == pytest.approx((exact["xc"], exact["yc"], exact["r"]), abs=1e-6)
    assert float(np.sum(fits.residuals**2)) == pytest.approx(exact["rss"], rel=1e-9)


def test_the_line_of_pearson():
    case = published("line_pearson_1901")
    points = np.column_stack([case["x"], case["y"]])
    fits, (angle, offset, _) = one_line(points, (0.4, 0.9), floor=1e6)
    slope = -math.cos(angle) / math.sin(angle)
    assert f"{slope:.3f}" == f"{case['expected']['tls']['slope']:.3f}"
    assert f"{offset / math.sin(angle):.3f}" == f"{case['expected']['tls']['intercept']:.3f}"
    assert float(np.sum(fits.residuals**2)) == pytest.approx(case["rss_orth"], rel=1e-9)


def test_the_least_squares_circles_of_the_certified_sets():
    for case in published("mzc_designed_certified")["sets"]:
        points = np.array(case["points"])
        middle = points.mean(axis=0)
        numeric = case["independent_numeric"]
        _, params = one_circle(points, (*middle, float(np.hypot(*(points - middle).T).mean())), floor=1e6)
        assert params == pytest.approx([*numeric["lsc_center"], numeric["lsc_radius"]], abs=1e-8), case["name"]


@given(
    st.floats(-50, 50), st.floats(-50, 50), st.floats(0.05, 100), st.floats(0, 2 * math.pi), st.floats(1.0, 2 * math.pi)
)
@settings(max_examples=60, deadline=None)
def test_points_on_a_circle_give_that_circle(x, y, radius, start, sweep):
    points = ring(radius, (x, y), 61, start, start + sweep, closed=False)
    middle = (x + 0.05 * radius, y - 0.05 * radius, 1.05 * radius)
    fits, params = one_circle(points, middle)
    assert params == pytest.approx([x, y, radius], abs=1e-8 * max(1.0, radius))
    assert fits.rms[0] <= 1e-9 * max(1.0, radius)


@given(st.floats(-math.pi, math.pi), st.floats(-50, 50), st.floats(-50, 50), st.floats(0.1, 100), st.floats(-0.2, 0.2))
@settings(max_examples=60, deadline=None)
def test_points_on_a_line_give_that_line(angle, offset, along, length, off):
    normal, run = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
    points = offset * normal + (along + np.linspace(-0.5, 0.5, 41)[:, None] * length) * run
    expected = (math.cos(angle + off), math.sin(angle + off))
    _, (found, distance, place) = one_line(points, expected)
    assert math.remainder(found - angle, 2 * math.pi) == pytest.approx(0.0, abs=1e-9)
    assert (distance, place) == pytest.approx((offset, along), abs=1e-7)


def test_a_batch_gives_each_feature_what_it_gets_alone():
    rng = np.random.default_rng(1)
    centers, radii = rng.uniform(-5, 5, (6, 2)), rng.uniform(0.2, 3.0, 6)
    counts = range(20, 80, 10)
    sets = [ring(radii[k], centers[k], n) + 0.01 * rng.standard_normal((n, 2)) for k, n in enumerate(counts)]
    sets[2][:3] += 0.5
    start = np.column_stack([centers + 0.02, radii])
    fits = fitted(sets, start, np.full(6, 0.02), circles=True)
    for number, points in enumerate(sets):
        alone, params = one_circle(points, start[number], 0.02)
        assert fits.params[number] == pytest.approx(params, abs=1e-9)
        assert fits.shape[number] == pytest.approx(alone.shape[0], rel=1e-6, abs=1e-9)
        assert fits.used[number] == pytest.approx(alone.used[0], rel=1e-9)


def test_a_batch_of_lines_gives_each_what_it_gets_alone():
    rng = np.random.default_rng(2)
    angles = rng.uniform(-3, 3, 5)
    normals = np.column_stack([np.cos(angles), np.sin(angles)])
    sets = []
    for normal in normals:
        run = np.array([-normal[1], normal[0]])
        across = 2.0 + 0.01 * rng.standard_normal(40)
        sets.append(across[:, None] * normal + np.linspace(3, 7, 40)[:, None] * run)
    fits = fitted(sets, normals, np.full(5, 0.02), circles=False)
    for number, points in enumerate(sets):
        alone, params = one_line(points, normals[number], 0.02)
        assert fits.params[number] == pytest.approx(params, abs=1e-9)
        assert fits.shape[number] == pytest.approx(alone.shape[0], rel=1e-6)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.15])
def test_dust_on_an_edge_does_not_move_it(share):
    rng = np.random.default_rng(3)
    points = ring(2.0, (1.0, -1.0), 400) + 0.001 * rng.standard_normal((400, 2))
    dirty = slice(30, 30 + int(400 * share))
    points[dirty] += 0.05 * (points[dirty] - (1.0, -1.0))
    fits, params = one_circle(points, (1.02, -1.0, 1.98), 0.002)
    assert params == pytest.approx([1.0, -1.0, 2.0], abs=0.0005)
    assert not fits.weights[dirty].any()
    assert (np.delete(fits.weights, np.r_[dirty]) > 0).all()
    straight = np.column_stack([np.linspace(-2, 2, 400), 0.3 + 0.001 * rng.standard_normal(400)])
    straight[dirty, 1] += 0.1
    _, line = one_line(straight, (0.0, 1.0), 0.002)
    assert line[0] == pytest.approx(math.pi / 2, abs=0.0005)
    assert line[1] == pytest.approx(0.3, abs=0.0005)


def test_a_parts_own_form_is_not_mistaken_for_dust():
    angle = np.linspace(0, 2 * math.pi, 360, endpoint=False)
    radius = 2.0 + 0.02 * np.cos(3 * angle)
    fits, params = one_circle(radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]), (0, 0, 2.0), 0.0005)
    assert (fits.weights > 0).all()
    assert params == pytest.approx([0.0, 0.0, 2.0], abs=1e-4)


def test_the_covariance_of_a_circle_is_what_repeats_show():
    rng = np.random.default_rng(4)
    noise, repeats, sweep = 0.003, 1500, math.radians(200.0)
    points = ring(1.0, (0.2, 0.1), 60, 0.3, 0.3 + sweep, closed=False)
    many = points + noise * rng.standard_normal((repeats, 60, 2))
    fits = fitted(many, np.tile([0.2, 0.1, 1.0], (repeats, 1)), np.full(repeats, 1.0), circles=True)
    predicted = np.sqrt(np.diagonal(fits.shape.mean(axis=0))) * noise
    assert fits.params.std(axis=0) / predicted == pytest.approx([1.0, 1.0, 1.0], abs=0.1)
    measured, expected = np.corrcoef(fits.params.T), fits.shape.mean(axis=0)
    scale = np.sqrt(np.diagonal(expected))
    assert measured == pytest.approx(expected / np.outer(scale, scale), abs=0.1)


def test_the_covariance_of_a_line_is_what_repeats_show():
    rng = np.random.default_rng(5)
    noise, repeats = 0.003, 1500
    points = np.column_stack([np.linspace(4.0, 6.0, 50), np.full(50, 2.0)])  # far from the origin: angle and offset
    many = points + noise * rng.standard_normal((repeats, 50, 2))
    fits = fitted(many, np.tile([0.0, 1.0], (repeats, 1)), np.full(repeats, 1.0), circles=False)
    angle = fits.params[:, 0]
    at_place = fits.params[:, 1] + fits.params[:, 2] * 0.0
    predicted = np.sqrt(np.diagonal(fits.shape.mean(axis=0))) * noise
    assert angle.std() / predicted[0] == pytest.approx(1.0, abs=0.1)
    # Offset of the line where its points lie, x = 5.
    there = (at_place - 5.0 * np.cos(angle)) / np.sin(angle)
    assert there.std() / predicted[1] == pytest.approx(1.0, abs=0.1)
    assert noise / math.sqrt(50) == pytest.approx(predicted[1], rel=1e-3)


@pytest.mark.parametrize(
    "points",
    [
        np.zeros((0, 2)),
        np.zeros((1, 2)),
        np.zeros((6, 2)),
        np.tile([1.0, 2.0], (9, 1)),
        np.full((9, 2), np.nan),
    ],
    ids=["none", "one", "all at the centre", "all the same", "not numbers"],
)
def test_what_cannot_be_fitted_is_nan_and_leaves_its_neighbours_alone(points):
    good = ring(1.0, (3.0, 0.0), 40)
    circles = fitted([points, good], [[0.0, 0.0, 1.0], [3.0, 0.0, 1.0]], np.full(2, 0.001), circles=True)
    assert np.isnan(circles.params[0]).any()
    assert circles.params[1] == pytest.approx([3.0, 0.0, 1.0], abs=1e-9)


@pytest.mark.parametrize("points", [np.zeros((0, 2)), np.zeros((1, 2)), np.tile([1.0, 2.0], (9, 1))])
def test_a_line_through_one_place_is_nan(points):
    good = np.column_stack([np.linspace(0, 1, 20), np.ones(20)])
    lines = fitted([points, good], [[0.0, 1.0], [0.0, 1.0]], np.full(2, 0.001), circles=False)
    assert np.isnan(lines.params[0]).any()
    assert lines.params[1] == pytest.approx([math.pi / 2, 1.0, -0.5], abs=1e-9)


def test_no_features_are_no_fits():
    for circles, start in ((True, np.zeros((0, 3))), (False, np.zeros((0, 2)))):
        assert len(fitted([], start, np.zeros(0), circles=circles).params) == 0


@given(st.lists(st.lists(st.floats(0, 9), max_size=7), min_size=1, max_size=5))
@settings(deadline=None)
def test_the_segmented_median_is_numpys(groups):
    values = np.array([value for group in groups for value in group], float)
    found = segmented_median(values, np.cumsum([0, *map(len, groups)]))
    for number, group in enumerate(groups):
        assert (math.isnan(found[number]) and not group) or found[number] == np.median(group)
