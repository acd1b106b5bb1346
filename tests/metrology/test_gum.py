"""Propagation against JCGM 100, annex H.1, and JCGM 101, clause 9, and Monte Carlo against both."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.metrology.gum import Input, propagate
from station.metrology.monte_carlo import (
    Arcsine,
    CurvilinearTrapezoid,
    Normal,
    Rectangular,
    StudentT,
    Triangular,
    monte_carlo,
    numerical_tolerance,
    shortest_interval,
)

from .reference_for_tests import published


def end_gauge(x):
    """JCGM 100, H.1: length of an end gauge at 20 °C, in nm."""
    ls, d0, d1, d2, alpha, theta, swing, d_alpha, d_theta = x
    return ls + d0 + d1 + d2 - ls * (d_alpha * (theta + swing) + alpha * d_theta)


def end_gauge_inputs(case):
    i = case["inputs"]
    return [
        Input("ls", i["ls"], i["u_ls"], i["nu_ls"]),
        Input("d0", i["d"], i["u_d0"], i["nu_d0"]),
        Input("d1", 0.0, i["u_d1"], i["nu_d1"]),
        Input("d2", 0.0, i["u_d2"], i["nu_d2"]),
        Input("alpha", i["alpha"], i["u_alpha"]),
        Input("theta", i["theta"], i["u_thetabar"]),
        Input("swing", 0.0, i["u_Delta"]),
        Input("dalpha", i["dalpha"], i["u_dalpha"], i["nu_dalpha"]),
        Input("dtheta", i["dtheta"], i["u_dtheta"], i["nu_dtheta"]),
    ]


def test_the_end_gauge_of_the_gum():
    case = published("gum_H1_end_gauge")
    want, exact = case["expected"], case["recomputed"]
    found = propagate(end_gauge, end_gauge_inputs(case), coverage=0.99)
    assert round(found.value) == want["l"]
    assert found.u == pytest.approx(exact["uc"], rel=1e-6)
    assert round(found.u) == want["uc"]
    # The GUM first joins the three terms of the comparison to one with 25.6 degrees of freedom; all nine at once agree.
    assert found.df == pytest.approx(exact["nu_eff"], abs=0.15)
    assert math.floor(found.df) == want["nu_used"]
    assert round(found.coverage_factor, 2) == want["t99"]
    assert found.expanded == pytest.approx(exact["U99"], rel=1e-6)
    comparison = propagate(lambda x: x[0] + x[1] + x[2], end_gauge_inputs(case)[1:4])
    assert round(comparison.u, 1) == want["u_d"]
    assert comparison.df * (want["u_d"] / comparison.u) ** 4 == pytest.approx(want["nu_d"], abs=0.05)  # with u rounded


def test_the_end_gauges_terms_of_second_order():
    case = published("gum_H1_end_gauge")
    found = propagate(end_gauge, end_gauge_inputs(case), coverage=0.99, second_order=True)
    assert round(found.u) == case["expected"]["uc_second_order"]
    assert found.second_order == pytest.approx(math.hypot(*case["expected"]["second_order_terms"]), abs=0.1)


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("normal", [Normal(0.0, 1.0)] * 4),
        ("rect", [Rectangular(-math.sqrt(3.0), math.sqrt(3.0))] * 4),
        ("rect_one_10x", [Rectangular(-math.sqrt(3.0), math.sqrt(3.0))] * 3
         + [Rectangular(-10.0 * math.sqrt(3.0), 10.0 * math.sqrt(3.0))]),
    ],
)  # fmt: skip
def test_the_additive_models_of_jcgm_101(name, inputs):
    want = published("jcgm101_examples")["additive"][name]
    found = monte_carlo(sum, inputs, np.random.default_rng(1), digits=3)
    assert found.stable
    assert found.u == pytest.approx(want["u"], abs=0.06)
    low, high = want.get("ci95_mcm", want.get("ci95"))
    digits = 0.02 if high < 10.0 else 0.15
    assert found.symmetric == (pytest.approx(low, abs=digits), pytest.approx(high, abs=digits))
    widths = {"normal": 1.0, "rect": 1.0, "rect_one_10x": 10.0}
    linear = propagate(sum, [Input("a", 0.0, 1.0)] * 3 + [Input("b", 0.0, widths[name])])
    guf = want.get("ci95_guf", want.get("ci95"))[1]
    assert linear.expanded == pytest.approx(guf, abs=0.011 if guf < 10.0 else 0.2)


def mass(x):
    """JCGM 101, 9.3: the conventional mass of a weight, as its deviation from 100 g in mg."""
    mrc, dmrc, ra, rw, rr = x
    return (mrc + dmrc) * (1.0 + (ra - 1.2) * (1.0 / rw - 1.0 / rr)) - 100000.0


def test_the_mass_calibration_of_jcgm_101():
    want = published("jcgm101_examples")["mass_calibration"]
    root3 = math.sqrt(3.0)
    inputs = [Input("mRc", 100000.0, 0.05), Input("dmRc", 1.234, 0.02), Input("ra", 1.2, 0.1 / root3),
              Input("rW", 8000.0, 1000.0 / root3), Input("rR", 8000.0, 50.0 / root3)]  # fmt: skip
    first, second = propagate(mass, inputs), propagate(mass, inputs, second_order=True)
    assert round(first.value, 4) == want["guf1"]["mean"]
    assert round(first.u, 4) == want["guf1"]["u"]
    assert [first.value - first.expanded, first.value + first.expanded] == pytest.approx(want["guf1"]["ci95"], abs=1e-4)
    assert round(second.u, 3) == want["guf2"]["u"]
    assert [second.value - 1.96 * second.u, second.value + 1.96 * second.u] == pytest.approx(
        want["guf2"]["ci95"], abs=1e-3
    )
    drawn = [Normal(100000.0, 0.05), Normal(1.234, 0.02), Rectangular(1.1, 1.3), Rectangular(7000.0, 9000.0),
             Rectangular(7950.0, 8050.0)]  # fmt: skip
    found = monte_carlo(mass, drawn, np.random.default_rng(2))
    assert found.mean == pytest.approx(want["mcm"]["mean"], abs=1e-3)
    assert found.u == pytest.approx(want["mcm"]["u"], abs=6e-4)
    assert found.shortest == pytest.approx(want["mcm"]["ci95_shortest"], abs=3e-3)


def test_the_gauge_block_of_jcgm_101():
    want = published("jcgm101_examples")["gauge_block"]
    inputs = [StudentT(18, 50000623.0, 25.0), StudentT(24, 215.0, 6.0), StudentT(5, 0.0, 4.0), StudentT(8, 0.0, 7.0),
              Rectangular(9.5e-6, 13.5e-6), Normal(-0.1, 0.2), Arcsine(-0.5, 0.5),
              CurvilinearTrapezoid(-1e-6, 1e-6, 0.1e-6), CurvilinearTrapezoid(-0.05, 0.05, 0.025)]  # fmt: skip
    found = monte_carlo(end_gauge, inputs, np.random.default_rng(3), coverage=0.99)
    assert found.stable
    assert found.mean - 50000000.0 == pytest.approx(want["mcm"]["mean"], abs=1.0)
    assert found.u == pytest.approx(want["mcm"]["u"], abs=0.5)
    assert [end - 50000000.0 for end in found.shortest] == pytest.approx(want["mcm"]["ci99"], abs=1.5)


def test_distributions_have_their_standard_deviations():
    rng = np.random.default_rng(4)
    for distribution, sd in [
        (Triangular(-1.0, 1.0), 1.0 / math.sqrt(6.0)),
        (Arcsine(-1.0, 1.0), 1.0 / math.sqrt(2.0)),
        (StudentT(6, 0.0, 2.0), 2.0 * math.sqrt(6.0 / 4.0)),
        (CurvilinearTrapezoid(-1.0, 1.0, 0.5), math.sqrt(1.0 / 3.0 + 0.25 / 9.0)),
    ]:
        assert distribution.draw(rng, 400_000).std() == pytest.approx(sd, rel=0.01)


def test_correlated_inputs():
    together = np.array([[1.0, 1.0], [1.0, 1.0]])
    inputs = [Input("a", 3.0, 0.1), Input("b", 2.0, 0.1)]
    assert propagate(lambda x: x[0] - x[1], inputs, together).u == pytest.approx(0.0, abs=1e-12)
    assert propagate(lambda x: x[0] + x[1], inputs, together).u == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("matrix", "df", "message"),
    [
        ([[1.0, 2.0], [2.0, 1.0]], math.inf, "contradict"),
        ([[1.0, 0.5], [0.4, 1.0]], math.inf, "symmetric"),
        ([[1.0]], math.inf, "symmetric"),
        ([[1.0, 0.5], [0.5, 1.0]], 9.0, "degrees of freedom"),
    ],
)
def test_matrices_that_are_none_are_refused(matrix, df, message):
    with pytest.raises(ValueError, match=message):
        propagate(lambda x: x[0] + x[1], [Input("a", 0.0, 1.0, df), Input("b", 0.0, 1.0)], np.array(matrix))


def test_models_without_a_value_are_refused():
    with pytest.raises(ValueError, match="no finite value"):
        propagate(lambda x: np.sqrt(x[0]), [Input("a", 0.0, 1.0)])
    with pytest.raises(ValueError, match="finite value"):
        propagate(sum, [Input("a", math.nan, 1.0)])


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(0.01, 5.0)), min_size=1, max_size=5))
@settings(max_examples=60)
def test_linear_models_are_exact(terms):
    factors = [f for f, _ in terms]
    found = propagate(
        lambda x: sum(f * v for f, v in zip(factors, x, strict=True)),
        [Input(str(i), 1.0, u) for i, (_, u) in enumerate(terms)],
        second_order=True,
    )
    assert found.u == pytest.approx(math.sqrt(sum((f * u) ** 2 for f, u in terms)), rel=1e-7, abs=1e-9)
    assert found.coverage_factor == pytest.approx(1.959964, abs=1e-6)


@pytest.mark.parametrize(("u", "tolerance"), [(35.0, 0.5), (0.0754, 0.0005), (9.96, 0.5), (1.0, 0.05)])
def test_the_tolerance_is_half_a_unit_of_the_second_digit(u, tolerance):
    assert numerical_tolerance(u) == pytest.approx(tolerance)


def test_the_shortest_interval_of_a_skew_distribution_starts_at_its_peak():
    low, high = shortest_interval(np.sort(np.random.default_rng(6).exponential(1.0, 200_000)), 0.9)
    assert low == pytest.approx(0.0, abs=0.01)
    assert high == pytest.approx(-math.log(0.1), abs=0.03)


def test_too_few_trials_are_said_to_be_unstable():
    found = monte_carlo(sum, [Normal(0.0, 1.0)], np.random.default_rng(7), digits=5, most_trials=40_000)
    assert not found.stable
    assert found.trials <= 40_000
