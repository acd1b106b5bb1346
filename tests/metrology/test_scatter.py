"""Noise seen along an edge: none more than there is, what neighbours share, and form that is not noise."""

from __future__ import annotations

import numpy as np
import pytest

from station.metrology.scatter import excess


def factor(residuals: np.ndarray, noise: float = 1.0, used: np.ndarray | None = None) -> float:
    count = len(residuals)
    mask = np.ones(count, np.bool_) if used is None else used
    return float(excess(residuals, mask, np.full(count, noise), np.array([0, count]))[0])


@pytest.mark.parametrize("count", [30, 80, 400, 4000])
def test_noise_that_is_as_said_is_left_alone(count: int) -> None:
    rng = np.random.default_rng(count)
    found = [factor(rng.standard_normal(count)) for _ in range(200)]
    assert np.mean(np.array(found) > 1.0) < 0.1
    assert np.mean(found) < 1.04


@pytest.mark.parametrize("times", [1.5, 3.0, 10.0])
def test_more_noise_than_said_is_seen(times: float) -> None:
    rng = np.random.default_rng(1)
    found = [factor(times * rng.standard_normal(400)) for _ in range(100)]
    # Less what chance may add: never much more than there is.
    assert 0.85 * times < np.mean(found) < 1.1 * times


@pytest.mark.parametrize("length", [4, 8])
def test_noise_that_neighbours_share_counts_for_what_it_does_to_a_mean(length: int) -> None:
    """Every `length` points have the same error: their mean is as uncertain as if each were √length times as noisy."""
    rng = np.random.default_rng(length)
    found = [factor(np.repeat(rng.standard_normal(800 // length), length)) for _ in range(100)]
    assert np.mean(found) == pytest.approx(np.sqrt(length), rel=0.3)


def test_form_is_no_noise() -> None:
    place = np.arange(400)
    rng = np.random.default_rng(2)
    for waves in (1, 2, 3):
        form = 3.0 * np.cos(2.0 * np.pi * waves * place / 400)
        assert factor(form + rng.standard_normal(400)) < 1.25


def test_points_that_do_not_count_say_nothing() -> None:
    rng = np.random.default_rng(3)
    residuals, used = rng.standard_normal(300), np.ones(300, np.bool_)
    residuals[100:120], used[100:120] = 50.0, False
    assert factor(residuals, used=used) < 1.2
    assert factor(residuals) > 3.0
    residuals[5], used[5] = np.nan, False
    assert np.isfinite(factor(residuals, used=used))


def test_too_few_points_say_nothing_and_features_are_apart() -> None:
    assert factor(np.array([9.0, -9.0, 9.0, -9.0, 9.0])) == 1.0
    assert factor(np.zeros(0)) == 1.0
    assert factor(np.zeros(50), used=np.zeros(50, np.bool_)) == 1.0
    rng = np.random.default_rng(4)
    residuals = np.concatenate([rng.standard_normal(200), 5.0 * rng.standard_normal(200)])
    found = excess(residuals, np.ones(400, np.bool_), np.ones(400), np.array([0, 200, 400]))
    assert found[0] < 1.2
    assert found[1] > 4.0
