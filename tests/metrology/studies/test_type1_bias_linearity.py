"""Type 1, bias and linearity against JASP/Minitab and the AIAG manual."""

import math

import numpy as np
import pytest
from scipy import stats

from station.metrology.studies.bias import bias
from station.metrology.studies.linearity import linearity
from station.metrology.studies.type1 import capable, type1

from ..reference_for_tests import published


@pytest.mark.parametrize("name", ["expected_default", "expected_alternative"])
def test_type_1_is_that_of_jasp(name):
    case = published("type1_jasp")
    want = case[name]
    found = type1(case["readings"], case["reference"], case["tolerance"], k=want["study_var_k"],
                  share=want["percent_tolerance"] / 100.0)  # fmt: skip
    assert (f"{found.cg:.2f}", f"{found.cgk:.2f}") == (f"{want['Cg']:.2f}", f"{want['Cgk']:.2f}")
    assert f"{found.percent_repeatability:.1f}" == f"{want['pct_var_repeat']:.1f}"
    assert f"{found.percent_with_bias:.2f}" == f"{want['pct_var_repeat_bias']:.2f}"
    assert [found.zone.low, found.zone.high] == pytest.approx(want["tol_zone"], abs=1e-12)
    if "t" in want:
        assert found.summary.sd == pytest.approx(want["s"], abs=1e-14)
        assert found.k * found.summary.sd == pytest.approx(want["six_s"], abs=1e-13)
        assert found.bias == pytest.approx(want["bias"], abs=1e-13)
        assert found.test.t == pytest.approx(want["t"], abs=1e-11)
        assert found.test.df == want["df"]
        assert found.test.p == pytest.approx(want["p"], abs=1e-12)
        assert [found.test.interval.low, found.test.interval.high] == pytest.approx(want["ci_bias"], abs=1e-12)
    assert not capable(found)


def test_the_same_readings_have_other_indices_with_other_p_and_k():
    # notes: 2.010/1.642 with 0.2 T / 6 s are 3.015/2.463 with 0.2 T / 4 s.
    readings = [0.0, 1.0, 2.0, 3.0, 1.5]
    wide, narrow = type1(readings, 1.3, 60.0), type1(readings, 1.3, 60.0, k=4.0)
    assert narrow.cg == pytest.approx(1.5 * wide.cg)
    assert narrow.cgk == pytest.approx(1.5 * wide.cgk)


def test_the_least_tolerance_just_reaches_both_indices():
    case = published("type1_jasp")
    least = type1(case["readings"], -4.0, 15.0).least_tolerance
    again = type1(case["readings"], -4.0, least)
    assert min(again.cg, again.cgk) == pytest.approx(1.33)


def test_readings_that_do_not_scatter_have_no_index():
    found = type1([2.0, 2.0, 2.0], 2.0, 1.0, resolution=0.1)
    assert (found.cg, found.cgk, found.test.t) == (None, None, None)
    assert not capable(found)


def test_bias_is_that_of_the_manual():
    case = published("bias_aiag_independent")
    want = case["expected"]
    found = bias(case["readings"], case["reference"], process_sd=case["process_sd"])
    assert round(found.summary.mean, 4) == want["mean"]
    assert round(found.bias, 4) == want["bias"]
    assert round(found.summary.sd, 3) == want["s"]
    assert round(found.summary.standard_error, 4) == want["se"]
    assert round(found.test.t, 2) == want["t"]
    assert found.test.df == want["df"]
    assert round(found.test.t_critical, 5) == want["t_crit"]
    assert [round(found.test.interval.low, 4), round(found.test.interval.high, 4)] == want["ci"]
    assert round(found.percent_repeatability, 1) == want["pctEV"]
    assert not found.shown


def test_linearity_is_that_of_minitab_and_jasp():
    case = published("linearity_aiag_5x12")
    want = case["expected"]
    found = linearity(list(zip(case["reference"], case["readings"], strict=True)), process_sd=2.756)
    pairs = [
        (found.slope.value, "slope"), (found.intercept.value, "intercept"), (found.slope.standard_error, "se_slope"),
        (found.intercept.standard_error, "se_intercept"), (found.slope.t, "t_slope"),
        (found.intercept.t, "t_intercept"),
        (found.s, "S"), (found.r_squared, "R2"), (found.mean_bias, "mean_bias"), (found.p_mean_bias, "p_mean_bias"),
    ]  # fmt: skip
    for value, name in pairs:
        assert value == pytest.approx(want[name], rel=1e-12), name
    assert [m.bias for m in found.masters] == pytest.approx(want["bias_by_part"], abs=1e-12)
    assert [m.test.p for m in found.masters] == pytest.approx(want["p_by_part"], rel=1e-10)
    assert round(found.percent_linearity, 4) == want["pct_linearity"]
    assert round(found.linearity, 3) == 2.177
    assert (found.df, found.accepted) == (58, False)


def test_the_line_is_scipys_also_with_unlike_numbers_of_readings():
    masters = [(1.0, [1.1, 1.2, 0.9]), (3.0, [3.3, 3.1]), (8.0, [7.9, 8.2, 8.4, 8.1])]
    found = linearity(masters)
    x = np.concatenate([[ref] * len(r) for ref, r in masters])
    y = np.concatenate([np.array(r) - ref for ref, r in masters])
    theirs = stats.linregress(x, y)
    assert (found.slope.value, found.intercept.value) == (pytest.approx(theirs.slope), pytest.approx(theirs.intercept))
    assert found.slope.p == pytest.approx(theirs.pvalue)
    assert found.r_squared == pytest.approx(theirs.rvalue**2)
    assert found.intercept.standard_error == pytest.approx(theirs.intercept_stderr)


def test_an_exact_instrument_has_no_t():
    found = linearity([(1.0, [1.0, 1.0]), (2.0, [2.0, 2.0])])
    assert (found.slope.t, found.p_mean_bias, found.accepted) == (None, None, True)


def test_too_little_is_said():
    with pytest.raises(ValueError, match="2 different references"):
        linearity([(1.0, [1.0, 1.1]), (1.0, [1.2, 1.3])])
    with pytest.raises(ValueError, match="at least 2 readings"):
        bias([1.0], 1.0)
    with pytest.raises(ValueError, match="tolerance has to be positive"):
        type1([1.0, 2.0], 1.0, math.nan)
