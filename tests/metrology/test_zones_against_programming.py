"""Minimum zones against the linear programme they are; smoothing and the robust motion against their definitions."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from station.metrology.smoothing import robust_motion, smooth, typical
from station.metrology.zones import minimum_zone

SEEDS = st.integers(0, 10_000)


def programmed(deviations, basis):
    """min h with |d - B x| <= h over all points at once."""
    count, size = basis.shape
    ones = np.ones((count, 1))
    solved = linprog(
        np.append(np.zeros(size), 1.0),
        A_ub=np.block([[basis, -ones], [-basis, -ones]]),
        b_ub=np.concatenate([deviations, -deviations]),
        bounds=[(None, None)] * size + [(0, None)],
        method="highs",
    )
    return float(solved.x[size])


def round_basis(count, sweep):
    angle = np.linspace(0, sweep, count, endpoint=False)
    return np.column_stack([np.cos(angle), np.sin(angle), np.ones(count)])


def line_basis(count, length):
    return np.column_stack([np.linspace(-1, 1, count) * length, np.ones(count)])


BASES = {
    "round": lambda n, _: round_basis(n, 2 * math.pi),
    "an arc": lambda n, _: round_basis(n, 0.8),
    "a line": lambda n, _: line_basis(n, 30.0),
    "any": lambda n, rng: rng.standard_normal((n, 3)),
    "an offset only": lambda n, _: np.ones((n, 1)),
    "a column twice": lambda n, _: np.column_stack([line_basis(n, 1.0), np.ones(n)]),
    "a column of nothing": lambda n, _: np.column_stack([line_basis(n, 1.0), np.zeros(n)]),
    "each point twice": lambda n, _: np.repeat(round_basis((n + 1) // 2, 6.0), 2, axis=0)[:n],
    "two places": lambda n, _: np.column_stack([np.arange(n) < n // 2, np.arange(n) >= n // 2]).astype(float),
}
SHAPES = {
    "noise": lambda n, rng: rng.standard_normal(n),
    "lobes": lambda n, _: np.cos(6 * math.pi * np.arange(n) / n),
    "a square wave": lambda n, _: np.where(np.arange(n) % 2 == 0, 1.0, -1.0),
    "steps": lambda n, rng: np.round(rng.standard_normal(n)),
    "one point": lambda n, _: (np.arange(n) == n // 3).astype(float),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("basis", BASES)
@given(seed=SEEDS, count=st.integers(5, 120), unit=st.sampled_from([1e-4, 1.0]))
@settings(max_examples=8, deadline=None)
def test_a_zone_is_what_linear_programming_says(basis, shape, seed, count, unit):
    rng = np.random.default_rng(seed)
    b, d = BASES[basis](count, rng), unit * SHAPES[shape](count, rng)
    half, residuals = minimum_zone(d, b)
    assert half == pytest.approx(
        unit * programmed(d / unit, b / np.maximum(np.abs(b).max(axis=0), 1e-9)), abs=2e-7 * unit
    )
    assert np.abs(residuals).max() == half
    assert np.isfinite(residuals).all()


@given(SEEDS, st.integers(80, 300), st.floats(0.35, 9.0), st.booleans())
@settings(max_examples=60, deadline=None)
def test_smoothing_is_the_local_regression_it_is_said_to_be(seed, count, sigma, closed):
    """Weighted least squares of a parabola, and of a straight line where a side is missing."""
    values = np.random.default_rng(seed).standard_normal(count)
    reach = min(math.ceil(4.0 * sigma), count - 1)
    expected = np.empty(count)
    for i in range(count):
        places = i + np.arange(-reach, reach + 1)
        inside = np.ones(len(places), bool) if closed else (places >= 0) & (places < count)
        t = (places[inside] - i) / sigma
        order = 2 if inside.all() and (closed or reach <= i < count - reach) else 1
        root = np.exp(-0.25 * t * t)
        fit = np.polyfit(t, values[places[inside] % count], order, w=root)
        expected[i] = fit[-1]
    assert smooth(values, sigma, closed) == pytest.approx(expected, abs=1e-9)


@given(SEEDS, st.integers(0, 60_000))
@settings(max_examples=30, deadline=None)
def test_the_median_of_many_is_numpys(seed, count):
    rng = np.random.default_rng(seed)
    for values in (
        np.abs(rng.standard_normal(count + 1)),
        rng.integers(0, 4, count + 1) * 1.0,
        np.full(count + 1, 0.3),
    ):
        assert typical(values, 0.0, np.empty(count + 2)) == np.median(values)


@given(SEEDS, st.integers(30, 400), st.sampled_from([1, 2, 3]))
@example(386, 30, 2)  # these and their like wander for long
@example(387, 30, 2)
@example(247, 30, 3)
@example(318, 33, 2)
@settings(max_examples=25, deadline=None)
def test_the_robust_motion_stands_still(seed, count, size):
    """At the answer the points' pulls, weighted as by their residuals, balance; from nearby the same is found."""
    rng = np.random.default_rng(seed)
    basis = round_basis(count, 6.0)[:, :size]
    deviations = basis @ rng.standard_normal(size) * 0.1 + 0.003 * rng.standard_normal(count)
    deviations[: count // 10] += 0.1
    motion, residuals = robust_motion(deviations, basis, 1e-4)
    assert residuals == pytest.approx(deviations - basis @ np.array(motion[:size]), abs=1e-15)
    spread = 1.4826 * np.median(np.abs(residuals))
    weights = (1 - np.minimum(np.abs(residuals) / (4.685 * spread), 1.0) ** 2) ** 2
    assert basis.T @ (weights * residuals) == pytest.approx(np.zeros(size), abs=1e-6 * spread * count)
    again, _ = robust_motion(deviations, basis, 1e-4, tuple(m + 1e-4 for m in motion))
    assert again[:size] == pytest.approx(motion[:size], abs=1e-5 * spread)


def test_a_column_that_says_nothing_new_changes_nothing():
    rng = np.random.default_rng(4)
    run = np.linspace(-1, 1, 200)
    deviations = 0.01 * run + 0.002 * rng.standard_normal(200)
    alone = robust_motion(deviations, np.column_stack([run, np.ones(200)]), 1e-4)[1]
    twice = robust_motion(deviations, np.column_stack([run, np.ones(200), 2 * run]), 1e-4)[1]
    assert twice == pytest.approx(alone, abs=1e-9)
