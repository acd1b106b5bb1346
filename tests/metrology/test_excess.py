"""What noise adds to an extreme: held against simulated noise, filtered as forms are."""

from __future__ import annotations

import numpy as np
import pytest

from station.metrology.excess import excess_above
from station.metrology.smoothing import noise_left, smoothed

ANGLE = np.linspace(0.0, 2.0 * np.pi, 600, endpoint=False)


def left_over(form: np.ndarray, sigma: float, smooth_form: bool, draws: int = 400) -> tuple[float, float]:
    """Mean excess of the largest filtered point before and after it is taken off, in the noise that is left."""
    rng = np.random.default_rng(7)
    noise = noise_left(sigma, smooth_form)
    quiet_form = smoothed(form, sigma, True, smooth_form)
    raw, corrected = [], []
    for _ in range(draws):
        quiet = smoothed(form + rng.standard_normal(len(form)), sigma, True, smooth_form)
        above = quiet.max() - quiet_form.max()
        raw.append(above)
        corrected.append(above - excess_above(quiet, noise, sigma, True, smooth_form))
    return float(np.mean(raw)) / noise, float(np.mean(corrected)) / noise


@pytest.mark.parametrize("smooth_form", [False, True])
@pytest.mark.parametrize("sigma", [1.0, 3.0])
@pytest.mark.parametrize(("lobes", "height"), [(1, 200.0), (2, 30.0), (3, 10.0), (7, 5.0)])
def test_a_form_loses_most_of_what_noise_added_to_it(
    lobes: int, height: float, sigma: float, smooth_form: bool
) -> None:
    raw, corrected = left_over(height * np.cos(lobes * ANGLE), sigma, smooth_form)
    assert raw > 0.3
    assert -0.35 < corrected < 0.5 * raw


@pytest.mark.parametrize("sigma", [1.0, 3.0])
def test_noise_without_form_is_no_form(sigma: float) -> None:
    raw, corrected = left_over(np.zeros(600), sigma, True)
    assert raw > 2.0
    assert abs(corrected) < 0.25 * raw


def test_a_peak_that_stands_out_is_left_alone() -> None:
    """One point far above all others has no rivals: noise moves it up as often as down."""
    form = 50.0 * np.exp(-0.5 * ((np.arange(600) - 300.0) / 12.0) ** 2)
    _, corrected = left_over(form, 3.0, True)
    assert abs(corrected) < 0.5


def test_nothing_is_taken_off_what_is_exact() -> None:
    assert excess_above(np.cos(ANGLE), 0.0, 3.0, True, True) == 0.0
    assert excess_above(np.array([1.0]), 0.5, 3.0, False, True) == 0.0
    # Never more than there is.
    assert excess_above(np.full(40, 3.0), 1.0, 3.0, False, True) == pytest.approx(0.0, abs=1e-12)
