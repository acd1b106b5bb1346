"""Means and standard deviations against NIST's certified values, and exact intervals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from station.metrology.studies.summary import sd_interval, share_interval, summarise, t_test

from ..reference_for_tests import published


def digits(found: float, certified: float) -> float:
    """Log relative error: how many digits agree."""
    return 16.0 if found == certified else -math.log10(abs(found - certified) / abs(certified))


def test_nist_univariate_sets_to_double_precision():
    for name, case in published("nist_strd_univariate")["datasets"].items():
        if case["values"] is None:
            continue
        found = summarise(case["values"])
        assert found.n == case["n"]
        assert digits(found.mean, float(case["mean"])) > 14.0, name
        assert digits(found.sd, float(case["sd"])) > 14.0, name


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40), st.floats(-1e9, 1e9))
def test_a_shift_leaves_the_standard_deviation(values, shift):
    found, moved = summarise(values), summarise([v + shift for v in values])
    assert found.sd == pytest.approx(float(np.std(values, ddof=1)), rel=1e-9, abs=1e-9)
    assert moved.sd == pytest.approx(found.sd, rel=1e-6, abs=1e-5)


def test_the_t_test_is_scipys():
    values = [5.8, 5.7, 5.9, 6.3]
    found, theirs = summarise(values), stats.ttest_1samp(values, 6.0)
    mine = t_test(found.mean - 6.0, found.standard_error, 3, 0.95)
    assert (mine.t, mine.p) == (pytest.approx(theirs.statistic), pytest.approx(theirs.pvalue))
    low, high = theirs.confidence_interval(0.95)
    assert (mine.interval.low, mine.interval.high) == (pytest.approx(low - 6.0), pytest.approx(high - 6.0))


@given(st.integers(0, 30), st.integers(1, 30))
def test_shares_have_scipys_exact_interval(hits, n):
    hits = min(hits, n)
    found, theirs = share_interval(hits, n, 0.95), stats.binomtest(hits, n).proportion_ci(0.95, "exact")
    assert (found.low, found.high) == (pytest.approx(theirs.low, abs=1e-9), pytest.approx(theirs.high, abs=1e-9))


def test_the_interval_of_a_standard_deviation_covers_it():
    rng = np.random.default_rng(5)
    hit = 0
    for _ in range(2000):
        found = sd_interval(float(np.std(rng.normal(0.0, 2.0, 8), ddof=1)), 7, 0.95)
        hit += found.contains(2.0)
    assert hit / 2000 == pytest.approx(0.95, abs=0.015)


def test_large_and_tiny_values_have_a_standard_deviation():
    assert summarise([1e200, 3e200]).sd == pytest.approx(math.sqrt(2.0) * 1e200)
    assert summarise([1e-200, 3e-200]).sd == pytest.approx(math.sqrt(2.0) * 1e-200)


@pytest.mark.parametrize("values", [[1.0, math.nan], [math.inf, 1.0]])
def test_what_is_no_number_has_no_mean(values):
    with pytest.raises(ValueError, match="finite"):
        summarise(values)


def test_nothing_has_no_mean():
    with pytest.raises(ValueError, match="no value"):
        summarise([])
