"""Touching circles and parallels, against certified sets and against shapes whose answer is known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.metrology.extremal import circumscribed_circle, inscribed_circle, parallels_between

from .reference_for_tests import published


@pytest.mark.parametrize(("name", "inscribed"), [("mcc", False), ("mic", True)])
def test_certified_circles(name, inscribed):
    fit = inscribed_circle if inscribed else circumscribed_circle
    for certified in published("mzc_designed_certified")["sets"]:
        points, expected = np.array(certified["points"]), certified["independent_numeric"][name]
        x, y, radius = fit(points)
        assert radius == pytest.approx(expected["r"], abs=1e-9), certified["name"]
        assert (x, y) == pytest.approx(tuple(expected["center"]), abs=1e-7), certified["name"]
        assert float(np.ptp(np.hypot(*(points - [x, y]).T))) == pytest.approx(expected["roundness"], abs=1e-7)


def test_an_ellipse_holds_its_short_axis_and_fits_its_long_one():
    angle = np.linspace(0.0, 2.0 * math.pi, 720, endpoint=False)
    points = np.column_stack([3.0 + 2.0 * np.cos(angle), 1.98 * np.sin(angle) - 7.0])
    x, y, radius = inscribed_circle(points)
    assert (x, y) == pytest.approx((3.0, -7.0), abs=1e-3)  # between two points there is a little more room
    assert radius == pytest.approx(1.98, abs=1e-7)
    assert circumscribed_circle(points) == pytest.approx((3.0, -7.0, 2.0), abs=1e-9)


def test_points_on_one_side_hold_no_inscribed_circle():
    angle = np.linspace(0.0, 1.0, 50)
    with pytest.raises(ValueError, match="do not go round"):
        inscribed_circle(np.column_stack([np.cos(angle), np.sin(angle)]))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(12, 300), st.booleans())
def test_nothing_lies_on_the_wrong_side_and_no_neighbour_is_better(seed, count, inscribed):
    rng = np.random.default_rng(seed)
    angle = np.linspace(0.0, 2.0 * math.pi, count, endpoint=False) + rng.uniform(-0.1, 0.1, count) / count
    radius = 5.0 + rng.normal(0.0, 0.02, count)
    points = np.column_stack([40.0 + radius * np.cos(angle), radius * np.sin(angle) - 3.0])
    x, y, found = (inscribed_circle if inscribed else circumscribed_circle)(points)
    distance = np.hypot(points[:, 0] - x, points[:, 1] - y)
    assert distance.min() >= found - 1e-8 if inscribed else distance.max() <= found + 1e-8
    for dx, dy in rng.normal(0.0, 1e-3, (20, 2)):
        beside = np.hypot(points[:, 0] - x - dx, points[:, 1] - y - dy)
        assert beside.min() <= found + 1e-8 if inscribed else beside.max() >= found - 1e-8


def test_parallels_of_a_wedge_with_a_bump():
    run = np.linspace(-1.0, 1.0, 41)
    low, high = np.column_stack([run, 0.0 * run]), np.column_stack([run, 1.0 + 0.0 * run])
    low[20, 1] += 0.1  # a bump into the gap, in the middle
    assert parallels_between(low, high, True) == pytest.approx(0.9, abs=1e-9)
    assert parallels_between(low, high, False) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("inscribed", [True, False])
def test_parallels_against_all_tilts_tried(inscribed):
    rng = np.random.default_rng(4)
    run = np.linspace(-2.0, 2.0, 200)
    low = np.column_stack([run, 0.003 * run + rng.normal(0.0, 0.01, 200)])
    high = np.column_stack([run, 1.0 + 0.003 * run + rng.normal(0.0, 0.01, 200)])
    best = []
    for tilt in np.linspace(-0.02, 0.02, 4001):
        a, b = low[:, 1] - tilt * run, high[:, 1] - tilt * run
        gap = b.min() - a.max() if inscribed else b.max() - a.min()
        best.append(gap / math.hypot(1.0, tilt))
    expected = max(best) if inscribed else min(best)
    assert parallels_between(low, high, inscribed) == pytest.approx(expected, abs=2e-5)
