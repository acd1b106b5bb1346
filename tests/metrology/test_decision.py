"""Decisions against ISO 14253-1:2017, JCGM 106:2012 and what must hold whatever the numbers."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from station.metrology.decision import (
    Verdict,
    conformance_probability,
    decide,
    guard_band_factor,
    pass_probability,
    worst,
)

from .reference_for_tests import published

PASS, FAIL, UNDECIDED, ERROR = Verdict.PASS, Verdict.FAIL, Verdict.UNDECIDED, Verdict.ERROR


def test_the_guard_band_factor_is_that_of_the_table():
    case = published("iso14253_1_guardband")
    for row in case["two_sided_factor_table"]:
        factor = guard_band_factor(row["T_over_u"])
        if row["guard_band_factor"] is None:
            assert factor == math.inf
        else:
            assert factor == pytest.approx(row["guard_band_factor"], abs=1e-12)
    assert guard_band_factor(math.inf) == pytest.approx(case["factor_exact"], abs=1e-12)


def test_conformance_probabilities_are_those_of_jcgm_106():
    for case in published("jcgm106_conformance_probability")["cases"]:
        found = conformance_probability(case["y"], case["u"], case["TL"], case["TU"])
        assert f"{found:.2f}" == case["pc"], case["name"]
        assert found == pytest.approx(case["pc_recomputed"], abs=1e-12)


def test_the_speed_limit_of_jcgm_106():
    case = published("jcgm106_conformance_probability")["speed"]
    limit, u = case["A_U"], case["rel_u"] * case["A_U"]
    # Fined above the acceptance limit: then the speed exceeds v0 with the given probability.
    assert 1.0 - conformance_probability(limit, u, None, case["v0"]) == pytest.approx(case["p"], abs=1e-9)
    assert decide(limit * 1.001, u * 1.001, None, case["v0"], rule="jcgm106", probability=case["p"]).verdict is FAIL
    assert (
        decide(limit * 0.999, u * 0.999, None, case["v0"], rule="jcgm106", probability=case["p"]).verdict is UNDECIDED
    )


# u = 0.01 throughout: the guard band is 0.0165.
@pytest.mark.parametrize(
    ("value", "lower", "upper", "verdict"),
    [
        (10.0, 9.9, 10.1, PASS),
        (10.0834, 9.9, 10.1, PASS),
        (10.0836, 9.9, 10.1, UNDECIDED),
        (10.1, 9.9, 10.1, UNDECIDED),
        (10.1164, 9.9, 10.1, UNDECIDED),
        (10.1166, 9.9, 10.1, FAIL),
        (9.9166, 9.9, 10.1, PASS),
        (9.9164, 9.9, 10.1, UNDECIDED),
        (9.8836, 9.9, 10.1, UNDECIDED),
        (9.8834, 9.9, 10.1, FAIL),
        (0.0, None, 0.02, PASS),
        (0.0036, None, 0.02, UNDECIDED),
        (-5.0, None, 0.02, PASS),
        (0.0364, None, 0.02, UNDECIDED),
        (0.0366, None, 0.02, FAIL),
        (0.0566, 0.04, None, PASS),
        (0.0564, 0.04, None, UNDECIDED),
        (0.0234, 0.04, None, FAIL),
        (1e9, 0.04, None, PASS),
    ],
)
def test_the_default_rule_draws_each_limit_in_by_1_65_u(value, lower, upper, verdict):
    decision = decide(value, 0.01, lower, upper)
    assert decision.verdict is verdict
    assert decision.guard_band == pytest.approx(0.0165, abs=1e-12)


@pytest.mark.parametrize(
    ("value", "verdict"), [(9.9, PASS), (10.1, PASS), (10.0, PASS), (10.1000001, FAIL), (9.8999999, FAIL)]
)
@pytest.mark.parametrize("rule", ["iso14253-1", "jcgm106", "simple"])
def test_without_uncertainty_the_limits_decide_and_belong_to_the_tolerance(value, verdict, rule):
    decision = decide(value, 0.0, 9.9, 10.1, rule=rule)
    assert (decision.verdict, decision.guard_band) == (verdict, 0.0)
    assert decision.conformance_probability == float(verdict is PASS)


@pytest.mark.parametrize("u", [0.0511, 0.06, 0.1, 1.0, 1e6])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_nothing_passes_a_tolerance_narrower_than_3_92_u(u, share):
    decision = decide(9.9 + 0.2 * share, u, 9.9, 10.1)  # T = 0.2 < 3.92 · 0.0511 = 0.2003
    assert decision.verdict is UNDECIDED
    assert decision.guard_band == math.inf


def test_a_tolerance_just_wide_enough_passes_in_its_middle_only():
    u = 0.2 / 3.93
    assert decide(10.0, u, 9.9, 10.1).verdict is PASS
    assert decide(10.01, u, 9.9, 10.1).verdict is UNDECIDED


def test_simple_acceptance_ignores_the_uncertainty_but_still_tells_the_probability():
    decision = decide(10.099, 0.01, 9.9, 10.1, rule="simple")
    assert decision.verdict is PASS
    assert decision.guard_band == 0.0
    assert decision.conformance_probability == pytest.approx(NormalDist().cdf(0.1), abs=1e-9)
    assert decide(10.101, 0.01, 9.9, 10.1, rule="simple").verdict is FAIL


@pytest.mark.parametrize(("probability", "factor"), [(0.99, 2.3263), (0.975, 1.9600), (0.90, 1.2816)])
def test_another_probability_moves_the_guard_band_at_both_sides_of_a_limit(probability, factor):
    def at(value):
        return decide(value, 0.01, None, 1.0, rule="jcgm106", probability=probability).verdict

    assert at(1.0 - 0.01 * (factor + 0.001)) is PASS
    assert at(1.0 - 0.01 * (factor - 0.001)) is UNDECIDED
    assert at(1.0 + 0.01 * (factor - 0.001)) is UNDECIDED
    assert at(1.0 + 0.01 * (factor + 0.001)) is FAIL


def test_jcgm106_uses_the_exact_quantile_where_the_standard_rounds_it():
    assert decide(0.98352, 0.01, None, 1.0).verdict is UNDECIDED
    assert decide(0.98352, 0.01, None, 1.0, rule="jcgm106").verdict is PASS


@pytest.mark.parametrize(
    ("verdicts", "part"),
    [
        ([PASS, PASS], PASS),
        ([PASS, UNDECIDED], UNDECIDED),
        ([PASS, UNDECIDED, ERROR], ERROR),
        ([ERROR, PASS, FAIL, UNDECIDED], FAIL),
        ([FAIL], FAIL),
        ([], ERROR),
    ],
)
def test_the_part_is_as_bad_as_its_worst_characteristic_and_nothing_decided_is_no_pass(verdicts, part):
    assert worst(verdicts) is part


finite = st.floats(-1e4, 1e4)
positive = st.floats(1e-6, 1e3)
rules = st.sampled_from(["iso14253-1", "jcgm106"])
probabilities = st.floats(0.6, 0.9999)


@given(finite, positive, finite, positive, probabilities, rules)
def test_pass_and_fail_are_shown_with_the_asked_probability(lower, width, value, u, probability, rule):
    upper = lower + width
    decision = decide(value, u, lower, upper, rule=rule, probability=probability)
    if decision.verdict is PASS:
        assert lower <= value <= upper
        assert conformance_probability(value, u, lower, upper) >= probability - 1e-9
    if decision.verdict is FAIL:
        assert value < lower or value > upper
        assert conformance_probability(value, u, lower, upper) <= 1.0 - probability + 1e-9
    assert decision.conformance_probability == conformance_probability(value, u, lower, upper)


@given(st.floats(0.0, 1.0), positive, positive)
def test_by_default_pass_means_95_percent(share, width, u):
    decision = decide(width * share, u, 0.0, width)
    if decision.verdict is PASS:
        assert decision.conformance_probability >= 0.95 - 1e-12
    # The rounding of 1.6449 to 1.65 costs at most 0.0006 of probability.
    if decision.conformance_probability >= 0.9506:
        assert decision.verdict is PASS


@given(finite, positive, positive, rules)
def test_no_uncertainty_ever_makes_a_pass_out_of_what_was_none(value, u, more, rule):
    before = decide(value, u, -1.0, 1.0, rule=rule).verdict
    after = decide(value, u + more, -1.0, 1.0, rule=rule).verdict
    if before is not PASS:
        assert after is not PASS
    if before is not FAIL:
        assert after is not FAIL


@given(st.floats(0.0, 1e3), st.floats(0.0, 1e3), positive, positive)
def test_farther_from_the_middle_is_never_better(one, other, half, u):
    near, far = sorted((one, other))
    assume(far > near)
    order = [PASS, UNDECIDED, FAIL]
    better, poorer = decide(near, u, -half, half), decide(far, u, -half, half)
    assert order.index(better.verdict) <= order.index(poorer.verdict)
    assert better.conformance_probability >= poorer.conformance_probability - 1e-12


@given(finite, positive, positive)
def test_limits_are_treated_alike(value, u, half):
    assert decide(value, u, -half, half).verdict is decide(-value, u, -half, half).verdict
    assert decide(value, u, None, half).verdict is decide(-value, u, -half, None).verdict


@given(st.floats(3.93, 1e3), st.floats(0.5, 0.999))
def test_the_factor_gives_the_probability_it_is_asked_for(width, probability):
    factor = guard_band_factor(width, probability)
    assume(math.isfinite(factor))
    cdf = NormalDist().cdf
    assert cdf(factor) - cdf(factor - width) == pytest.approx(probability, abs=1e-9)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(("lower", "upper"), [(0.0, 1.0), (None, 1.0), (0.0, None)])
def test_what_is_not_a_number_never_passes_a_two_sided_limit(value, lower, upper):
    verdict = decide(value, 0.01, lower, upper).verdict
    if math.isnan(value) or (lower is not None and upper is not None):
        assert verdict is not PASS


def test_an_infinite_uncertainty_never_passes():
    assert decide(0.5, math.inf, 0.0, 1.0).verdict is not PASS
    assert decide(0.5, math.inf, None, 1.0).verdict is not PASS


@pytest.mark.parametrize(
    ("value", "u"), [(0.5, math.nan), (math.nan, 0.1), (0.5, math.inf), (0.5, -0.1), (math.inf, 0.1)]
)
def test_what_is_no_number_is_an_error_and_never_a_pass(value: float, u: float) -> None:
    assert decide(value, u, 0.0, 1.0).verdict is Verdict.ERROR


@pytest.mark.parametrize("ratio", [20.0, 41.0, 1e6, 1e30, math.inf])
def test_a_wide_tolerance_leaves_the_one_sided_factor(ratio: float) -> None:
    assert guard_band_factor(ratio) == pytest.approx(1.6448536269514722, abs=1e-9)


@pytest.mark.parametrize(("rule", "probability"), [("iso14253-1", 0.95), ("jcgm106", 0.98), ("simple", 0.95)])
@pytest.mark.parametrize("limits", [(-1.0, 1.0), (None, 0.7), (-0.3, None)])
def test_how_likely_a_part_passes_is_how_often_it_does(rule, probability, limits):
    rng = np.random.default_rng(1)
    value, u = 0.2, 0.3
    expected = pass_probability(value, u, *limits, rule, probability)
    seen = [
        decide(x, u, *limits, rule=rule, probability=probability).verdict is Verdict.PASS
        for x in rng.normal(value, u, 20_000).tolist()
    ]
    assert np.mean(seen) == pytest.approx(expected, abs=0.011)


def test_what_can_never_pass_passes_with_no_probability():
    assert pass_probability(0.0, 1.0, -1.0, 1.0, "iso14253-1", 0.95) == 0.0
