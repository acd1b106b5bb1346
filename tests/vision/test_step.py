"""The table of the edge model against the formulas it stands for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from station.vision.step import LARGEST_RATIO, PER_UNIT, REACH, step_table

NOISE = [(1.0, 1.0), (0.5, 5.0), (5.0, 0.5), (1.0, 3.0), (1e-3, 1e-3), (0.0, 4.0), (0.0, 0.0)]
U = np.arange(int(2 * REACH * PER_UNIT) + 2) / PER_UNIT - REACH


def limited(part: float, field: float) -> tuple[float, float]:
    """The variances that the weights are made from."""
    least = max(part, field) / LARGEST_RATIO
    return max(part, least), max(field, least)


@pytest.mark.parametrize(("part", "field"), NOISE)
def test_a_row_holds_the_step_and_its_weighted_slopes(part: float, field: float) -> None:
    rows = step_table(part, field).rows
    assert rows.shape == (len(U), 8)
    assert np.isfinite(rows).all()
    rise, step, wg, wgu, wgg, wggu, wgguu, weight = rows.T
    assert rise == pytest.approx(norm.cdf(U), abs=1e-12)
    assert rise[:-1] + step[:-1] == pytest.approx(rise[1:], abs=1e-15)
    assert wg == pytest.approx(weight * norm.pdf(U), rel=1e-12)
    assert wgu == pytest.approx(wg * U, rel=1e-12)
    assert wgg == pytest.approx(weight * norm.pdf(U) ** 2, rel=1e-12)
    assert wggu == pytest.approx(wgg * U, rel=1e-12)
    assert wgguu == pytest.approx(wgg * U**2, rel=1e-12)
    if part > 0.0 and field > 0.0:
        low, high = limited(part, field)
        # Weights are inverse variances but for a factor, 1 in the middle of the step.
        assert weight * (low + (high - low) * norm.cdf(U)) == pytest.approx(0.5 * (low + high), rel=1e-9)
    assert weight.max() / weight.min() <= LARGEST_RATIO + 1e-9


def test_a_straight_line_between_rows_is_the_step_to_a_hundred_thousandth() -> None:
    rows = step_table(1.0, 1.0).rows
    u = np.random.default_rng(0).uniform(-REACH, REACH, 10_000)
    place = (u + REACH) * PER_UNIT
    cell = place.astype(int)
    assert rows[cell, 0] + (place - cell) * rows[cell, 1] == pytest.approx(norm.cdf(u), abs=1e-5)


@pytest.mark.parametrize(("part", "field"), [n for n in NOISE if min(n) > 0.0])
def test_the_factors_are_those_of_weighted_least_squares(part: float, field: float) -> None:
    """With p = −Σwφr / Σwφ², its variance is Σw²φ²v / (Σwφ²)² and a level wrong by δ moves it by δ Σwφ(…) / Σwφ²."""
    table = step_table(part, field)
    low, high = limited(part, field)

    def over(function) -> float:
        return quad(function, -REACH, REACH, epsabs=1e-13)[0]

    def weight(u: float) -> float:
        return 0.5 * (low + high) / (low + (high - low) * norm.cdf(u))

    information = over(lambda u: weight(u) * norm.pdf(u) ** 2)
    spread = over(lambda u: (weight(u) * norm.pdf(u)) ** 2 * (part + (field - part) * norm.cdf(u)))
    assert table.noise == pytest.approx(spread / information, rel=1e-5)
    assert table.low_pull == pytest.approx(over(lambda u: weight(u) * norm.pdf(u) * norm.sf(u)) / information, rel=1e-5)
    assert table.high_pull == pytest.approx(
        over(lambda u: weight(u) * norm.pdf(u) * norm.cdf(u)) / information, rel=1e-5
    )


def test_where_both_sides_are_as_noisy_all_pixels_count_alike() -> None:
    table = step_table(2.5, 2.5)
    assert table.rows[:, 7] == pytest.approx(np.ones(len(U)))
    assert table.noise == pytest.approx(2.5)
    assert table.low_pull == pytest.approx(table.high_pull)


def test_the_sides_are_each_others_mirror() -> None:
    one, other = step_table(0.5, 5.0), step_table(5.0, 0.5)
    assert one.noise == pytest.approx(other.noise, rel=1e-3)
    assert one.low_pull == pytest.approx(other.high_pull, rel=1e-3)
    assert one.rows[:-1, 7] == pytest.approx(other.rows[:-1, 7][::-1], rel=1e-9)


def test_limiting_the_weights_costs_two_percent_of_the_precision() -> None:
    """A camera of full well: variances about 1 to 10; against the weights that would be ideal."""
    part, field = 0.57, 5.4
    table = step_table(part, field)
    variance = part + (field - part) * norm.cdf(U)
    best = (norm.pdf(U) ** 2 / variance).sum()
    stated = table.rows[:, 4].sum() / table.noise
    assert np.sqrt(stated / best) > 0.98
    assert stated <= best * (1 + 1e-12)
