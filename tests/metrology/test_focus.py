"""The focus curve: exact on exact data, honest about scatter, a sentence where there is no best position."""

from __future__ import annotations

import numpy as np
import pytest

from station.errors import CalibrationError
from station.metrology.estimate import Estimate
from station.metrology.focus import FocusCell, fit_focus, fit_plane, fit_size

Z = np.linspace(-0.5, 0.6, 12)


def spread(z: np.ndarray, best: float = 0.07, least: float = 0.95, growth: float = 6.0) -> np.ndarray:
    return np.asarray(np.sqrt(least**2 + (growth * (z - best)) ** 2))


def test_an_exact_curve_comes_back_exactly() -> None:
    found = fit_focus(Z, spread(Z))
    assert found.best_mm.value == pytest.approx(0.07, abs=1e-9)
    assert found.sharpest_px.value == pytest.approx(0.95, abs=1e-9)
    assert found.growth_px_per_mm.value == pytest.approx(6.0, abs=1e-9)
    assert found.residual_percent == pytest.approx(0.0, abs=1e-6)
    assert found.sigma_px(0.3) == pytest.approx(float(spread(np.array(0.3))))
    # σ = 1.6 σ0 at c |z − z0| = σ0 √(1.6² − 1)
    assert found.depth_mm(1.6 * 0.95) == pytest.approx(0.95 * (1.6**2 - 1.0) ** 0.5 / 6.0)
    assert found.depth_mm(0.9) == 0.0


def test_errors_scatter_as_stated() -> None:
    errors = []
    for seed in range(200):
        sigma = spread(Z) * (1.0 + 0.01 * np.random.default_rng(seed).standard_normal(len(Z)))
        f = fit_focus(Z, sigma)
        errors.append(
            [
                (f.best_mm.value - 0.07) / f.best_mm.u,
                (f.sharpest_px.value - 0.95) / f.sharpest_px.u,
                (f.growth_px_per_mm.value - 6.0) / f.growth_px_per_mm.u,
            ]
        )
        assert 0.2 < f.residual_percent < 2.5
    # Student's t with nine degrees of freedom has the standard deviation 1.13.
    assert np.sqrt(np.mean(np.square(errors), axis=0)) == pytest.approx([1.13] * 3, abs=0.25)
    assert np.abs(np.mean(errors, axis=0)).max() < 0.3


@pytest.mark.parametrize(
    ("z", "sigma", "sentence"),
    [
        (Z[:4], spread(Z[:4]), "at 4 heights, at least 5"),
        (Z, np.full(12, 1.2), "does not grow"),
        (Z, 3.0 - spread(Z) / 2.0, "does not grow"),
        (Z, spread(Z, best=0.9), "outside of the series"),
        (Z, 9.0 * (Z - 0.05) ** 2 + 0.02, "no parabola"),
    ],
)
def test_no_best_position_is_one_sentence(z: np.ndarray, sigma: np.ndarray, sentence: str) -> None:
    with pytest.raises(CalibrationError, match=sentence):
        fit_focus(z, sigma)


def cells(slope_x: float, slope_y: float, noise: float, seed: int = 0) -> list[FocusCell]:
    rng = np.random.default_rng(seed)
    return [
        FocusCell(x, y, Estimate(0.1 + slope_x * x + slope_y * y + noise * rng.standard_normal(), max(noise, 1e-6)))
        for x in (100.0, 400.0, 700.0)
        for y in (100.0, 300.0, 500.0)
    ]


def test_a_tilted_plane_comes_back() -> None:
    found = fit_plane(cells(2e-4, -1e-4, 0.0))
    assert found is not None
    assert (found.per_px_x.value, found.per_px_y.value) == pytest.approx((2e-4, -1e-4))
    assert found.shown
    assert found.residual_mm == pytest.approx(0.0, abs=1e-12)


def test_a_plane_that_is_level_is_seldom_called_tilted() -> None:
    shown = [fit_plane(cells(0.0, 0.0, 0.01, seed)) for seed in range(100)]
    assert sum(plane is not None and plane.shown for plane in shown) < 25


def test_too_few_cells_or_cells_in_a_row_have_no_plane() -> None:
    some = cells(1e-4, 0.0, 0.0)
    assert fit_plane(some[:4]) is None
    assert fit_plane([FocusCell(100.0 * k, 300.0, Estimate(0.1, 0.01)) for k in range(6)]) is None


def test_size_against_height_with_its_uncertainty() -> None:
    rng = np.random.default_rng(4)
    errors = []
    for _ in range(100):
        found = fit_size(Z, 1.0 + 2e-3 * (Z - 0.07) + 1e-5 * rng.standard_normal(len(Z)), 0.07)
        errors.append((found.value - 2e-3) / found.u)
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(1.12, abs=0.3)
