"""Fits weigh points by their noise where noise is what scatters, and all alike where form is."""

from __future__ import annotations

import numpy as np
import pytest

from station.metrology.association import Fits, fit_sorted

COUNT, RADIUS = 120, 0.6
ANGLE = (np.arange(COUNT) + 0.5) / COUNT * 2.0 * np.pi
NOISE = np.where(np.arange(COUNT) % 3 == 0, 3e-4, 1e-4)


def fitted(offset: np.ndarray, noise: np.ndarray, *, circle: bool) -> Fits:
    """Of points that stand off a circle, or a line, by `offset` (n,)."""
    if circle:
        points = (RADIUS + offset)[:, None] * np.column_stack([np.cos(ANGLE), np.sin(ANGLE)])
        start = np.array([[0.01, -0.01, 0.99 * RADIUS]])
    else:
        points, start = np.column_stack([np.linspace(-1.0, 1.0, COUNT), offset]), np.array([[0.0, 1.0]])
    floor = np.array([2.0 * np.median(noise) or 2e-4])
    return fit_sorted(points, np.array([0, COUNT]), start, floor, noise, circles=circle)


@pytest.mark.parametrize("circle", [True, False])
def test_points_that_are_known_better_count_for_more(circle: bool) -> None:
    """The scatter of many fits is that of inverse-variance weights, and what the fit says of itself."""
    rng = np.random.default_rng(1)
    fits = [fitted(NOISE * rng.standard_normal(COUNT), NOISE, circle=circle) for _ in range(500)]
    size = 2 if circle else 1
    found = np.array([fit.params[0, size] for fit in fits]) - (RADIUS if circle else 0.0)
    best = (NOISE**-2.0).sum() ** -0.5
    plain = np.sqrt((NOISE**2).sum()) / COUNT
    assert best < 0.8 * plain
    assert found.std() == pytest.approx(best, rel=0.12)
    assert abs(found.mean()) < 4.0 * best / np.sqrt(500)
    # As `associate` has it: the mean variance of the points is never less than what their weights make of it.
    stated = np.sqrt(np.mean([fit.shape[0, size, size] for fit in fits]) * np.mean(NOISE**2))
    assert best < stated < 1.1 * plain


@pytest.mark.parametrize("circle", [True, False])
def test_where_the_part_has_form_all_points_count_alike(circle: bool) -> None:
    """Or lobes that happen to lie where noise is small would decide what the size is."""
    form = 0.01 * np.cos(5.0 * ANGLE)
    weighed = fitted(form, NOISE, circle=circle)
    assert weighed.weights == pytest.approx(np.ones(COUNT), abs=3e-3)
    assert weighed.weights.mean() == pytest.approx(1.0)
    plain = fitted(form, np.full(COUNT, 1e-4), circle=circle)
    assert weighed.params == pytest.approx(plain.params, abs=1e-5)


@pytest.mark.parametrize("circle", [True, False])
def test_equal_noise_is_plain_least_squares(circle: bool) -> None:
    rng = np.random.default_rng(2)
    offset = 1e-4 * rng.standard_normal(COUNT)
    fit = fitted(offset, np.full(COUNT, 1e-4), circle=circle)
    same = fitted(offset, np.zeros(COUNT), circle=circle)  # nothing is known of the points
    assert fit.params == pytest.approx(same.params, abs=1e-12)
    assert fit.weights == pytest.approx(np.ones(COUNT), abs=1e-12)
