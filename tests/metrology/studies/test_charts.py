"""Control charts and Nelson's rules against JASP/Minitab, NIST and lecture notes; short runs against the formulas."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.metrology.studies.charts import individuals, subgroups
from station.metrology.studies.nelson import Rules, in_words, signals
from station.metrology.studies.shortrun import (
    Deviation,
    dnom_subgroups,
    q_chart,
    q_values,
    standardised_groups,
    z_chart,
)

from ..reference_for_tests import published

# JASP numbers the rules 4 to 8 otherwise than Nelson.
NELSON_OF_JASP = {"rule1": 1, "rule2": 2, "rule3": 3, "rule4": 5, "rule5": 7, "rule6": 8, "rule7": 6, "rule8": 4}


def numbers(chart):
    return {s.rule: [i + chart.first for i in s.points] for s in chart.signals}


def test_all_rules_flag_the_points_that_jasp_and_minitab_flag():
    case = published("nelson_jasp_individuals")
    found = individuals(case["values"], rules=Rules(side=7, trend=7))
    assert found.place.centre == pytest.approx(case["center"], abs=1e-14)
    assert found.sigma == pytest.approx(case["sigma"], abs=1e-12)
    assert (found.place.low, found.place.high) == (pytest.approx(case["LCL"]), pytest.approx(case["UCL"]))
    assert numbers(found.place) == {NELSON_OF_JASP[k]: v for k, v in case["expected_I"].items()}
    assert numbers(found.spread) == {NELSON_OF_JASP[k]: v for k, v in case["expected_MR"].items()}
    assert not found.stable


def test_nists_flow_rates():
    case = published("individuals_nist_flowrate")
    found = individuals(case["values"])
    assert found.place.centre == pytest.approx(case["expected"]["mean"], abs=1e-12)
    assert round(found.spread.centre, 4) == case["expected"]["MRbar"]
    # NIST divides by the rounded 1.128.
    assert found.place.high == pytest.approx(case["expected"]["UCL"], abs=2e-3)
    assert found.place.low == pytest.approx(case["expected"]["LCL"], abs=2e-3)
    assert found.stable


def test_subgroups_have_the_tabled_limits():
    values = np.random.default_rng(2).normal(10.0, 0.1, (25, 5))
    found = subgroups(values.tolist())
    mean_range = float(np.ptp(values, axis=1).mean())
    assert found.kind == "xbar-r"
    assert found.place.high - found.place.centre == pytest.approx(0.5768193 * mean_range, rel=1e-6)
    assert found.spread.high == pytest.approx(2.1144991 * mean_range, rel=1e-6)
    by_s = subgroups(values.tolist(), "xbar-s")
    mean_s = float(values.std(axis=1, ddof=1).mean())
    assert by_s.place.high - by_s.place.centre == pytest.approx(1.4272993 * mean_s, rel=1e-6)
    assert by_s.spread.high == pytest.approx(2.0889979 * mean_s, rel=1e-6)
    assert subgroups(np.zeros((3, 11)).tolist()).kind == "xbar-s"


def test_a_known_centre_and_sigma_are_kept():
    found = individuals([1.0, 2.0, 1.5], centre=1.2, sigma=0.1)
    assert (found.place.centre, found.place.high, found.estimated) == (1.2, pytest.approx(1.5), "given")
    assert numbers(found.place)[1] == [2, 3]


@pytest.mark.parametrize(
    ("z", "rule", "points"),
    [
        ([0.1] * 8, 2, []),
        ([0.1] * 9, 2, [8]),
        ([0.1] * 4 + [0.0] + [0.1] * 8, 2, []),
        ([0.0, 0.1, 0.2, 0.3, 0.4, 0.5], 3, []),
        ([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 3, [6]),
        ([0.1, -0.1] * 7, 4, []),
        ([0.1, -0.1] * 7 + [0.1], 4, [14]),
        ([2.1, 0.0, 2.1], 5, [2]),
        ([2.1, 2.1, 0.0], 5, [1]),
        ([2.1, -2.1], 5, []),
        ([1.1, 1.1, 1.1, 1.1, 0.0], 6, [3]),
        ([1.1, 1.1, 0.0, 1.1, 1.1], 6, [4]),
        ([0.9] * 7 + [-0.9] * 8, 7, [14]),
        ([1.1, -1.1] * 4, 8, [7]),
        ([3.0, 3.01], 1, [1]),
    ],
)
def test_each_rule_where_it_begins(z, rule, points):
    assert [p for s in signals(z, Rules(chosen=(rule,))) for p in s.points] == points
    assert in_words(rule, Rules())


@given(st.lists(st.floats(-5, 5), max_size=60))
def test_the_rules_know_no_up_and_down(z):
    assert signals(z) == signals([-v for v in z])


def test_a_master_that_never_scatters_is_stable_and_a_single_step_is_not():
    assert individuals([5.0] * 8).stable
    assert not individuals([5.0, 5.0, 6.0], sigma=0.0, centre=5.0).stable


@pytest.mark.parametrize("values", [[], [1.0]])
def test_one_point_is_no_chart(values):
    with pytest.raises(ValueError, match="2 points"):
        individuals(values)


def lecture():
    case = published("dnom_lecture8_short_run")
    return case, [[Deviation(r["part"], float(v), float(r["T"])) for v in r["m"]] for r in case["rows"]]


def test_deviations_from_nominal_of_the_lecture():
    case, groups = lecture()
    found, want = dnom_subgroups(groups), case["dnom_limits_recomputed"]
    assert found.place.centre == pytest.approx(want["xbarbar"])
    assert found.spread.centre == pytest.approx(want["Rbar"])
    assert (found.place.low, found.place.high) == (pytest.approx(want["LCLx"]), pytest.approx(want["UCLx"]))
    assert found.spread.high == pytest.approx(want["UCLR"])


def test_standardised_means_and_ranges_of_the_lecture():
    case, groups = lecture()
    found = standardised_groups(groups)
    for point, spread, row in zip(found.place.points, found.spread.points, case["rows"], strict=True):
        assert point == pytest.approx(row["xbar_std"], abs=6e-3)
        assert spread == pytest.approx(row["R_std"], abs=6e-3)
    assert round(found.place.high, 3) == 0.729
    assert (found.spread.low, round(found.spread.high, 3)) == (0.0, 2.282)
    assert numbers(found.place) == {6: [10]}  # four of five beyond one sigma: within the limits all the same
    assert not found.spread.signals


@pytest.mark.parametrize(
    ("name", "known"),
    [("Q_both_unknown", {}), ("Q_sigma_known_2", {"sigma": 2.0}), ("Q_mu_known_50", {"mean": 50.0})],
)
def test_q_values_are_quesenberrys(name, known):
    case = published("qchart_formula_vectors")
    for found, want in zip(q_values(case["x"], **known), case[name], strict=True):
        assert found == (None if want is None else pytest.approx(want, abs=1e-12))
    assert q_values([3.0], mean=1.0, sigma=2.0) == (1.0,)


def test_q_values_of_an_undisturbed_process_are_standard_normal():
    rng = np.random.default_rng(9)
    q = [v for _ in range(400) for v in q_values(rng.normal(7.0, 0.3, 12).tolist()) if v is not None]
    assert np.mean(q) == pytest.approx(0.0, abs=0.05)
    assert np.std(q) == pytest.approx(1.0, abs=0.04)


def test_an_outlier_has_a_large_q_that_is_finite():
    q = q_values([1.0, 1.0 + 1e-9, 1.0, 1e9])
    assert q[3] is not None
    assert math.isfinite(q[3])
    assert q[3] > 3.0


def test_unlike_parts_share_one_chart_and_a_shift_shows():
    rng = np.random.default_rng(1)
    spread = {"bore": 0.002, "width": 0.02}
    readings = []
    for i in range(60):
        name = "bore" if i % 3 else "width"
        nominal = float(rng.uniform(1.0, 20.0))
        shift = 3.0 * spread[name] if i >= 45 else 0.0
        readings.append(Deviation(name, nominal + shift + float(rng.normal(0.0, spread[name])), nominal))
    found = z_chart(readings)
    flagged = {i for s in found.place.signals for i in s.points}
    assert {s.feature_class: round(s.sigma, 3) for s in found.classes} == {
        "bore": pytest.approx(0.002, abs=0.001), "width": pytest.approx(0.02, abs=0.01)}  # fmt: skip
    assert min(flagged) >= 45
    assert not found.stable
    assert not q_chart(readings).stable


def test_u_scales_deviations_and_a_single_part_of_a_class_takes_the_pooled_sigma():
    readings = [Deviation("a", 1.1, 1.0, 0.1), Deviation("a", 2.3, 2.0, 0.1), Deviation("b", 5.2, 5.0, 0.1)]
    assert [r.scaled for r in readings] == pytest.approx([1.0, 3.0, 2.0])
    a, b = z_chart(readings).classes
    assert (a.own, b.own) == (True, False)
    assert a.sigma == b.sigma == pytest.approx(2.0 * math.sqrt(math.pi) / 2.0)


def test_classes_that_say_nothing_are_refused():
    with pytest.raises(ValueError, match="nothing is known"):
        z_chart([Deviation("a", 1.0, 1.0), Deviation("b", 2.0, 1.0)])
    with pytest.raises(ValueError, match="enough readings"):
        q_chart([Deviation("a", 1.0, 1.0), Deviation("a", 2.0, 1.0)])
