"""From sums to places: the expansion about the expected place, and a blur that neighbours share."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from station.vision.lanes import SUMS
from station.vision.solve import misfit_limit, solve

U = np.arange(-2.1, 2.1, 0.01) + 0.005


def sums_of(place: float, widening: float, count: int, lopsided: float = 0.0, seed: int | None = None) -> np.ndarray:
    """Of an edge `place` σ from where it is expected, its spread 1 + `widening` of the expected one, unit weights but
    for `lopsided` (weights 1 + lopsided·u, so that place and spread are not independent)."""
    rng = np.random.default_rng(seed)
    sums = np.empty((count, SUMS))
    for row in sums:
        w, g = 1.0 + lopsided * U, norm.pdf(U)
        r = norm.cdf((U - place) / (1.0 + widening)) - norm.cdf(U)
        r = r + (0.0 if seed is None else 0.02 * rng.standard_normal(len(U)))
        products = (-w * g * r, w * g * g, -w * g * U * r, w * (g * U) ** 2, w * g * g * U, w * r * r, w)
        row[:] = [float(p.sum()) for p in products]
    return sums


def solved(sums: np.ndarray, closed: bool = False, variance: float = 1e-4) -> tuple[np.ndarray, np.ndarray]:
    place, widening = np.full(len(sums), -9.0), np.full(len(sums), -9.0)
    solve(sums, misfit_limit(sums), variance, closed, place, widening)
    return place, widening


@pytest.mark.parametrize("lopsided", [0.0, 0.2, -0.3])
@pytest.mark.parametrize("place", [-0.5, -0.3, -0.15, -0.05, 0.0, 0.05, 0.15, 0.3, 0.5])
def test_the_place_is_exact_to_third_order(place: float, lopsided: float) -> None:
    sums = sums_of(place, 0.0, 40, lopsided)
    found, widening = solved(sums)
    # What is left is of fourth order, where the weights are even of fifth; the first step alone is much worse.
    assert found == pytest.approx(np.full(40, place), abs=0.0002 + 0.06 * place**4)
    assert widening == pytest.approx(np.zeros(40), abs=0.002 + 0.1 * abs(place) ** 3)
    plain = sums[0, 0] / sums[0, 1]
    if 0.1 < abs(place) < 0.4:
        assert abs(plain - place) > 3.0 * abs(found[0] - place)


@pytest.mark.parametrize("widening", [-0.1, -0.03, 0.03, 0.1])
@pytest.mark.parametrize("lopsided", [0.0, 0.2])
def test_the_blur_is_found_with_the_place_and_does_not_move_it(widening: float, lopsided: float) -> None:
    place, found = solved(sums_of(0.1, widening, 40, lopsided))
    assert found == pytest.approx(np.full(40, widening), abs=0.004 + 1.5 * widening**2)
    assert place == pytest.approx(np.full(40, 0.1), abs=0.01 * abs(widening) + 0.3 * widening**2 + 0.005)


def test_a_probe_without_pixels_has_no_place_and_no_say() -> None:
    sums = sums_of(0.1, 0.05, 64)
    whole, widening = solved(sums)
    sums[10] = sums[40:44] = 0.0
    place, blur = solved(sums)
    lost = [10, 40, 41, 42, 43]
    assert np.flatnonzero(np.isnan(place)).tolist() == lost
    assert np.delete(place, lost) == pytest.approx(np.delete(whole, lost))
    assert blur == pytest.approx(widening)
    assert np.isnan(solved(np.zeros((20, SUMS)))[0]).all()


def test_no_place_is_farther_than_the_model_reaches() -> None:
    assert np.abs(solved(sums_of(1.9, 0.0, 20))[0]).max() < 1.5
    assert np.abs(solved(sums_of(-1.9, 0.0, 20, 0.3))[0]).max() < 1.5


def test_of_a_blur_that_is_the_same_everywhere_all_probes_know_as_much() -> None:
    place, widening = solved(sums_of(0.05, 0.08, 160, seed=1), variance=0.02**2)
    assert np.ptp(widening) == 0.0
    assert widening[0] == pytest.approx(0.08, abs=0.01)
    assert place.std() < 0.02


@pytest.mark.parametrize("closed", [False, True])
def test_a_blur_that_changes_along_the_contour_is_followed(closed: bool) -> None:
    sums = np.concatenate([sums_of(0.0, w, 1) for w in 0.08 * np.sin(2 * np.pi * np.arange(400) / 400)])
    _, widening = solved(sums, closed)
    truth = 0.08 * np.sin(2 * np.pi * np.arange(400) / 400)
    inner = slice(None) if closed else slice(48, -48)
    assert widening[inner] == pytest.approx(truth[inner], abs=0.025)
