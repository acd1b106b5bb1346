"""Numbers as people see them: two significant digits of U (GUM 7.2.6)."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.metrology.rounding import decimals_for, with_uncertainty


@pytest.mark.parametrize(
    ("value", "expanded", "shown"),
    [
        (23.66841, 0.00183, "23.6684 ± 0.0018"),
        (23.66841, 0.0123, "23.668 ± 0.012"),
        (23.66841, 0.12, "23.67 ± 0.12"),
        (23.66841, 1.2, "23.7 ± 1.2"),
        (123.4, 12.0, "123 ± 12"),
        (50.000838, 0.000093, "50.000838 ± 0.000093"),
        (5.0, 0.0, "5"),
        (-0.0316, 0.0018, "-0.0316 ± 0.0018"),
    ],
)
def test_two_significant_digits_of_the_uncertainty(value, expanded, shown):
    assert with_uncertainty(value, expanded) == shown


@pytest.mark.parametrize(
    ("value", "expanded", "lower", "upper", "shown"),
    [
        (23.7504, 0.018, 23.65, 23.75, "23.7504 ± 0.018"),  # not 23.750, which lies inside
        (23.6496, 0.018, 23.65, 23.75, "23.6496 ± 0.018"),
        (23.7496, 0.018, None, 23.7497, "23.7496 ± 0.018"),  # nor the other way round
        (23.7496, 0.018, None, 23.75, "23.750 ± 0.018"),
        (23.75, 0.018, 23.65, 23.75, "23.750 ± 0.018"),
        (0.050000004, 0.01, None, 0.05, "0.050000004 ± 0.010"),
        (23.750049, 0.0, None, 23.75, "23.750049"),
        (5.0, 0.0, 4.0, 4.0, "5"),
    ],
)
def test_no_value_is_rounded_across_a_limit(value, expanded, lower, upper, shown):
    assert with_uncertainty(value, expanded, lower, upper) == shown


@given(st.floats(-50, 50), st.floats(1e-4, 10.0), st.floats(-1e-3, 1e-3))
def test_what_is_shown_lies_on_the_side_of_the_value(value, expanded, off):
    limit = value + off
    shown = float(with_uncertainty(value, expanded, None, limit).split(" ")[0])
    assert (shown > limit) == (value > limit) or abs(off) < 1e-12


@pytest.mark.parametrize("expanded", [math.nan, math.inf, -1.0, 0.0])
def test_an_unknown_uncertainty_still_shows_a_length(expanded):
    assert decimals_for(expanded) == 4


@given(st.floats(1e-5, 90.0))
def test_what_is_shown_has_two_digits(expanded):
    digits = f"{expanded:.{decimals_for(expanded)}f}".replace(".", "").lstrip("0")
    assert len(digits) == 2 or (len(digits) == 3 and digits.startswith("1"))
