"""The edge model against the formulas it stands for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from station.vision.step import LARGEST_RATIO, bell, rise, step_model

NOISE = [(1.0, 1.0), (0.5, 5.0), (5.0, 0.5), (1.0, 3.0), (1e-3, 1e-3), (0.0, 4.0), (0.0, 0.0)]
FARTHEST = 4.5


def limited(part: float, field: float) -> tuple[float, float]:
    """The variances that the weights are made from."""
    least = max(part, field) / LARGEST_RATIO
    return max(part, least), max(field, least)


@pytest.mark.parametrize(("part", "field"), NOISE)
def test_weights_are_inverse_variances_but_for_a_factor_and_not_too_different(part: float, field: float) -> None:
    weighed = step_model(part, field).weighed
    assert sum(weighed) == pytest.approx(2.0)  # 1 in the middle of the step
    assert max(weighed) / min(weighed) <= LARGEST_RATIO + 1e-9
    if part > 0.0 and field > 0.0:
        assert weighed[1] / weighed[0] == pytest.approx(limited(part, field)[1] / limited(part, field)[0])


def test_bell_and_step_in_single_precision_are_those_of_the_normal_distribution() -> None:
    for u in np.linspace(-FARTHEST, FARTHEST, 9001).astype(np.float32):
        exact = np.exp(-0.5 * float(u) ** 2)
        assert bell(u) == pytest.approx(exact, rel=4e-6)
        assert rise(u, bell(u)) == pytest.approx(norm.cdf(float(u)), abs=1e-6)


@pytest.mark.parametrize("u", [5.0, 40.0, 1e6, np.inf])
def test_far_from_the_edge_the_step_is_over(u: float) -> None:
    far = np.float32(u)
    assert rise(far, bell(far)) == pytest.approx(1.0, abs=4e-6)
    assert rise(-far, bell(-far)) == pytest.approx(0.0, abs=4e-6)


@pytest.mark.parametrize(("part", "field"), [n for n in NOISE if min(n) > 0.0])
def test_the_factors_are_those_of_weighted_least_squares(part: float, field: float) -> None:
    """With p = −Σwφr / Σwφ², its variance is Σw²φ²v / (Σwφ²)² and a level wrong by δ moves it by δ Σwφ(…) / Σwφ²."""
    model = step_model(part, field)
    low, high = limited(part, field)

    def over(function) -> float:
        return quad(function, -FARTHEST, FARTHEST, epsabs=1e-13)[0]

    def weight(u: float) -> float:
        return 0.5 * (low + high) / (low + (high - low) * norm.cdf(u))

    information = over(lambda u: weight(u) * norm.pdf(u) ** 2)
    spread = over(lambda u: (weight(u) * norm.pdf(u)) ** 2 * (part + (field - part) * norm.cdf(u)))
    assert model.noise == pytest.approx(spread / information, rel=1e-5)
    assert model.low_pull == pytest.approx(over(lambda u: weight(u) * norm.pdf(u) * norm.sf(u)) / information, rel=1e-5)
    assert model.high_pull == pytest.approx(
        over(lambda u: weight(u) * norm.pdf(u) * norm.cdf(u)) / information, rel=1e-5
    )


def test_where_both_sides_are_as_noisy_all_pixels_count_alike() -> None:
    model = step_model(2.5, 2.5)
    assert model.weighed == pytest.approx((1.0, 1.0))
    assert model.noise == pytest.approx(2.5)
    assert model.low_pull == pytest.approx(model.high_pull)


def test_the_sides_are_each_others_mirror() -> None:
    one, other = step_model(0.5, 5.0), step_model(5.0, 0.5)
    assert one.noise == pytest.approx(other.noise, rel=1e-9)
    assert one.low_pull == pytest.approx(other.high_pull, rel=1e-9)
    assert one.weighed == pytest.approx(other.weighed[::-1])


def test_limiting_the_weights_costs_two_percent_of_the_precision() -> None:
    """A camera of full well: variances about 1 to 10; against the weights that would be ideal."""
    part, field = 0.57, 5.4
    model = step_model(part, field)
    u = np.linspace(-FARTHEST, FARTHEST, 577)
    variance = part + (field - part) * norm.cdf(u)
    weight = 1.0 / (model.weighed[0] + (model.weighed[1] - model.weighed[0]) * norm.cdf(u))
    best = (norm.pdf(u) ** 2 / variance).sum()
    stated = (weight * norm.pdf(u) ** 2).sum() / model.noise
    assert np.sqrt(stated / best) > 0.98
    assert stated <= best * (1 + 1e-12)
