"""Constants against ASTM MNL 7's tables, AIAG's d2* and published K factors."""

import math

import pytest
from scipy.integrate import quad
from scipy.stats import norm

from station.metrology.studies.constants import c4, chart_constants, d2, d2_star, d3, k1, k2, k3, range_freedom

from ..reference_for_tests import published

NAMES = {"d2": "d2", "d3": "d3", "c4": "c4", "A2": "a2", "A3": "a3", "B3": "b3", "B4": "b4", "D3": "range_low",
         "D4": "range_high", "E2": "e2"}  # fmt: skip


def last_digit(printed: float) -> float:
    """One unit of the last printed decimal place."""
    return 10.0 ** -len(str(printed).partition(".")[2])


def test_all_constants_are_those_recomputed_at_full_precision():
    for n, row in published("spc_constants")["table_recomputed"].items():
        found = chart_constants(int(n))
        for name, value in row.items():
            assert getattr(found, NAMES[name]) == pytest.approx(value, abs=2e-9), (n, name)


def test_all_constants_round_to_the_printed_tables():
    for n, row in published("spc_constants")["published_3dp"].items():
        found = chart_constants(int(n))
        for name, value in row.items():
            # Some printed digits were made from rounded d2 and d3 (D4 of 3: 2.574 for 2.5746).
            assert getattr(found, NAMES[name]) == pytest.approx(value, abs=1.1 * last_digit(value)), (n, name)


def test_d2_star_is_aiags():
    for key, value in published("spc_constants")["d2star_AIAG"].items():
        n, samples = (int(part) for part in key.split(","))
        assert d2_star(n, samples) == pytest.approx(value, abs=last_digit(value)), key


@pytest.mark.parametrize(("name", "factor"), [("K1", k1), ("K2", k2), ("K3", k3)])
def test_k_factors_are_aiags(name, factor):
    for n, value in published("spc_constants")[name].items():
        assert f"{factor(int(n)):.4f}" == f"{value:.4f}"


@pytest.mark.parametrize("n", [2, 5, 25, 300])
def test_the_mean_range_is_twice_the_mean_maximum(n):
    largest, _ = quad(lambda x: n * x * norm.pdf(x) * norm.cdf(x) ** (n - 1), -12.0, 12.0, epsabs=1e-12)
    assert d2(n) == pytest.approx(2.0 * largest, abs=1e-9)


def test_ranges_of_two_are_exact():
    assert d2(2) == pytest.approx(2.0 / math.sqrt(math.pi), abs=1e-13)
    assert d3(2) == pytest.approx(math.sqrt(2.0 - 4.0 / math.pi), abs=1e-12)
    assert c4(2) == pytest.approx(math.sqrt(2.0 / math.pi), abs=1e-14)


def test_degrees_of_freedom_of_ranges_are_aiags():
    assert range_freedom(5, 20) == pytest.approx(72.7, abs=0.05)


@pytest.mark.parametrize("n", [1, 0, -3, 100_000])
def test_no_range_of_such_a_sample(n):
    with pytest.raises(ValueError, match="ranges are of 2"):
        d2(n)
