"""Gauge R&R against AIAG, Minitab, JASP and SAS, and what must hold for any balanced table."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from station.metrology.studies.breakdown import Scale
from station.metrology.studies.crossed import crossed, sums_of_squares, without_operators
from station.metrology.studies.nested import nested
from station.metrology.studies.ranges import average_range, short_range

from ..reference_for_tests import published


def table(case: str) -> np.ndarray:
    """The published [operator][part][trial] as (parts, operators, trials)."""
    return np.array(published(case)["measurements"]).transpose(1, 0, 2)


def row(rows, source):
    return next(r for r in rows if r.source == source)


def test_the_aiag_table_by_anova_as_minitab_prints_it():
    case = published("grr_aiag_10x3x3")
    found = crossed(table("grr_aiag_10x3x3"), Scale(tolerance=8.0))
    want, exact = case["expected"], case["recomputed_full_precision"]
    for source, value in want["anova"]["SS"].items():
        assert round(row(found.with_interaction, source).ss, 4) == value, source
    for source, value in want["anova"]["MS"].items():
        assert row(found.with_interaction, source).ms == pytest.approx(value, abs=5.1e-6), source
    both = row(found.with_interaction, "interaction")
    assert (round(both.f, 3), round(both.p, 3)) == (0.434, 0.974)
    assert both.p == pytest.approx(exact["p_int"], abs=1e-12)
    assert round(row(found.with_interaction, "part").f, 3) == want["anova"]["F_part_vs_interaction"]
    assert round(row(found.with_interaction, "operator").f, 3) == want["anova"]["F_operator_vs_interaction"]
    assert found.pooled is not None
    for source in ("grr", "repeatability", "reproducibility", "part", "total"):
        component = found.breakdown.of(source)
        assert round(component.variance, 5) == want["anova_pooled_varcomp"][source]
        assert component.variance == pytest.approx(exact["varcomp_pooled"][source], rel=1e-12)
    for source, value in want["pct_contribution"].items():
        assert round(found.breakdown.of(source).percent_contribution, 2) == value
    for source, value in want["pct_study_var"].items():
        assert round(found.breakdown.of(source).percent_study, 2) == value
    assert found.breakdown.ndc == want["ndc_anova"]
    assert found.breakdown.ndc_exact == pytest.approx(exact["ndc_anova_raw"], rel=1e-12)


def test_the_aiag_table_by_average_and_range():
    want = published("grr_aiag_10x3x3")["expected"]["aiag_average_range"]
    found = average_range(table("grr_aiag_10x3x3"), Scale())
    assert (found.k1, found.k2, found.k3) == (want["K1"], want["K2"], want["K3"])
    assert round(found.mean_range, 4) == want["Rbarbar"]
    assert round(found.operator_range, 4) == want["Xdiff"]
    assert round(found.part_range, 3) == want["Rp"]
    exact = published("grr_aiag_10x3x3")["recomputed_full_precision"]
    for name, value in (("EV", found.ev), ("AV", found.av), ("GRR", found.grr), ("PV", found.pv), ("TV", found.tv)):
        assert value == pytest.approx(exact[name], rel=1e-12), name
        assert value == pytest.approx(want[name], abs=4e-5), name  # the manual rounds on the way
    shares = found.breakdown
    for source, name in (
        ("repeatability", "pctEV"),
        ("reproducibility", "pctAV"),
        ("grr", "pctGRR"),
        ("part", "pctPV"),
    ):
        assert shares.of(source).percent_study == pytest.approx(want[name], abs=0.015), name
    assert shares.ndc == want["ndc"]
    assert shares.ndc_exact == pytest.approx(exact["ndc_xbarR_raw"], rel=1e-12)


def test_the_gasket_at_5_15_sigma():
    case = published("grr_gasket_10x3x2_515sigma")
    found = average_range(table("grr_gasket_10x3x2_515sigma"), Scale(multiplier=5.15))
    want, manual = case["recomputed"], case["expected_from_memory"]
    for source, name in (("repeatability", "EV"), ("reproducibility", "AV"), ("grr", "RR"), ("total", "TV")):
        assert found.breakdown.of(source).study_variation == pytest.approx(want[name], rel=3e-3), name
        assert found.breakdown.of(source).study_variation == pytest.approx(manual[name], abs=5.1e-3), name
    for source, name in (("repeatability", "pctEV"), ("reproducibility", "pctAV"), ("grr", "pctRR"), ("part", "pctPV")):
        assert found.breakdown.of(source).percent_study == pytest.approx(manual[name], abs=0.1), name
    anova = crossed(table("grr_gasket_10x3x2_515sigma"), Scale(multiplier=5.15))
    assert anova.pooled is None
    for source, value in want["anova_with_interaction"].items():
        assert anova.breakdown.of(source).variance == pytest.approx(value, rel=1e-11), source
    for source, value in want["SS"].items():
        assert row(anova.with_interaction, {"error": "repeatability"}.get(source, source)).ss == pytest.approx(value)


def test_the_multiplier_changes_tolerance_and_not_study():
    values = table("grr_gasket_10x3x2_515sigma")
    six, five = (crossed(values, Scale(multiplier=m, tolerance=1.0)).breakdown for m in (6.0, 5.15))
    assert six.of("grr").percent_study == five.of("grr").percent_study
    assert six.of("grr").percent_tolerance == pytest.approx(6.0 / 5.15 * five.of("grr").percent_tolerance)


def test_jasp_crossed():
    case = published("grr_jasp_crossed_10x3x3")
    want = case["expected"]
    values = table("grr_jasp_crossed_10x3x3")
    found = crossed(values, Scale(tolerance=case["tolerance"]), alpha=case["alpha_remove_interaction"])
    for source, value in want["varcomp"].items():
        assert found.breakdown.of(source).variance == pytest.approx(value, rel=1e-12), source
    for source, value in want["stddev"].items():
        assert found.breakdown.of(source).sd == pytest.approx(value, rel=1e-12), source
    for source, value in want["pct_study_var"].items():
        assert round(found.breakdown.of(source).percent_study, 2) == value
    for source, value in want["pct_tolerance"].items():
        assert round(found.breakdown.of(source).percent_tolerance, 2) == value
    full, pooled = want["anova_with_interaction"], want["anova_pooled"]
    for source, value in full["SS"].items():
        assert row(found.with_interaction, source).ss == pytest.approx(value, rel=1e-12)
    for source, short in (("part", "part"), ("operator", "operator"), ("interaction", "int")):
        assert row(found.with_interaction, source).f == pytest.approx(full[f"F_{short}"], rel=1e-10)
        assert row(found.with_interaction, source).p == pytest.approx(full[f"p_{short}"], rel=1e-9)
    assert row(found.table, "part").f == pytest.approx(pooled["F_part"], rel=1e-10)
    assert row(found.table, "operator").f == pytest.approx(pooled["F_operator"], rel=1e-10)
    assert row(found.table, "operator").p == pytest.approx(pooled["p_operator"], rel=1e-9)
    assert row(found.table, "repeatability").ms == pytest.approx(pooled["MS_rep"], rel=1e-12)
    assert row(found.table, "repeatability").df == pooled["df_rep"]


def test_jasp_without_operators_and_with_a_historical_deviation():
    want = published("grr_jasp_crossed_10x3x3")["expected"]
    values = table("grr_jasp_crossed_10x3x3")
    alone = without_operators(values.reshape(10, 9), Scale(tolerance=10.0)).breakdown
    assert alone.of("repeatability").variance == pytest.approx(want["type3_no_operator"]["repeatability"], rel=1e-12)
    assert alone.of("part").variance == pytest.approx(want["type3_no_operator"]["part"], rel=1e-12)
    assert round(alone.of("grr").percent_study, 2) == want["type3_no_operator"]["pct_sv_grr"]
    assert round(alone.of("grr").percent_tolerance, 2) == want["type3_no_operator"]["pct_tol_grr"]
    history = crossed(values, Scale(tolerance=10.0, process_sd=3.0)).breakdown
    assert round(history.of("grr").percent_study, 2) == want["historical_sd_3"]["pct_sv_grr"]
    assert round(history.of("grr").percent_contribution, 2) == want["historical_sd_3"]["pct_contribution_grr"]
    assert history.of("part").variance == pytest.approx(want["historical_sd_3"]["part_varcomp"], rel=1e-12)


def test_the_range_method_of_the_manual():
    case = published("msa_range_method_aiag")
    values = np.column_stack([case["appraiser_A"], case["appraiser_B"]])
    found = short_range(values, Scale(process_sd=case["process_sd"]))
    assert found.d2_star == pytest.approx(case["d2star_m2_g5"], abs=1e-5)
    assert round(found.mean_range, 2) == case["expected"]["Rbar"]
    assert round(found.grr, 4) == case["expected"]["GRR"]
    # 0.0588 / 0.0777 is 75.68: the manual rounds GRR first.
    assert found.percent_process == pytest.approx(case["expected"]["pct"], abs=0.062)


@given(arrays(np.float64, st.tuples(*[st.integers(2, 5)] * 3), elements=st.floats(-100, 100)))
@settings(max_examples=150)
def test_sums_of_squares_of_a_balanced_table_add_up(values):
    part, operator, both, error, total = sums_of_squares(values)
    assert part.ss + operator.ss + both.ss + error.ss == pytest.approx(total.ss, rel=1e-9, abs=1e-9)
    assert part.df + operator.df + both.df + error.df == total.df == values.size - 1


@given(arrays(np.float64, st.tuples(*[st.integers(2, 4)] * 3), elements=st.floats(-100, 100)))
@settings(max_examples=100)
def test_components_are_variances_and_shares(values):
    for found in (crossed(values, Scale()).breakdown, nested(values, Scale()).breakdown):
        by = {c.source: c.variance for c in found.components}
        assert all(v >= 0.0 for v in by.values())
        assert by["grr"] + by["part"] == pytest.approx(by["total"])
        assert by["repeatability"] + by["reproducibility"] == pytest.approx(by["grr"])
        assert found.ndc >= 1


@given(
    arrays(
        np.float64,
        st.tuples(st.integers(2, 4), st.integers(2, 5)),
        elements=st.integers(-90, 90).map(lambda tenths: tenths / 10.0),
        unique=True,
    )
)
def test_one_way_is_scipys(values):
    found = without_operators(values, Scale())
    theirs = stats.f_oneway(*values)
    if found.table[0].f is not None and math.isfinite(theirs.statistic) and math.isfinite(theirs.pvalue):
        assert found.table[0].f == pytest.approx(theirs.statistic, rel=1e-6, abs=1e-12)
        assert found.table[0].p == pytest.approx(theirs.pvalue, rel=1e-6, abs=1e-12)


def test_two_way_by_least_squares_with_dummies():
    """The same F values from comparing nested linear models, solved by numpy."""
    values = table("grr_gasket_10x3x2_515sigma")
    p, o, _ = values.shape
    part, operator, _ = np.indices(values.shape).reshape(3, -1)
    y = values.ravel()

    def rest(*columns):
        design = np.column_stack([np.ones(y.size), *columns])
        return float(((y - design @ np.linalg.lstsq(design, y, rcond=None)[0]) ** 2).sum())

    parts = [part == i for i in range(1, p)]
    operators = [operator == j for j in range(1, o)]
    cells = [(part == i) & (operator == j) for i in range(1, p) for j in range(1, o)]
    additive, full = rest(*parts, *operators), rest(*parts, *operators, *cells)
    found = sums_of_squares(values)
    assert row(found, "interaction").ss == pytest.approx(additive - full, rel=1e-9)
    assert row(found, "repeatability").ss == pytest.approx(full, rel=1e-9)
    assert row(found, "operator").ss == pytest.approx(rest(*parts) - additive, rel=1e-9)


def test_nested_recovers_known_components_and_adds_up():
    rng = np.random.default_rng(11)
    values = rng.normal(0.0, 1.0, (40, 1, 1)) + rng.normal(0.0, 3.0, (40, 25, 1)) + rng.normal(0.0, 2.0, (40, 25, 4))
    found = nested(values, Scale())
    operator, part, error, total = found.table
    assert operator.ss + part.ss + error.ss == pytest.approx(total.ss)
    assert found.breakdown.of("repeatability").variance == pytest.approx(4.0, rel=0.06)
    assert found.breakdown.of("part").variance == pytest.approx(9.0, rel=0.15)
    assert found.breakdown.of("reproducibility").variance == pytest.approx(1.0, rel=0.6)


def test_intervals_of_components_cover_about_as_often_as_they_say():
    rng = np.random.default_rng(3)
    covered = {"repeatability": 0, "grr": 0, "part": 0}
    truth = {"repeatability": 1.0, "grr": 1.5, "part": 16.0}
    for _ in range(400):
        values = rng.normal(0, 4, (10, 1, 1)) + rng.normal(0, math.sqrt(0.5), (1, 4, 1)) + rng.normal(0, 1, (10, 4, 3))
        found = crossed(values, Scale()).breakdown
        for source, value in truth.items():
            interval = found.of(source).interval
            covered[source] += interval is not None and interval.contains(value)
    assert covered["repeatability"] / 400 == pytest.approx(0.95, abs=0.03)
    assert covered["part"] / 400 == pytest.approx(0.95, abs=0.04)
    assert covered["grr"] / 400 > 0.80  # three degrees of freedom of operators: Satterthwaite is known to be short


def test_an_instrument_without_scatter_has_no_shares_of_it():
    values = np.broadcast_to(np.arange(3.0)[:, None, None], (3, 2, 2))
    found = crossed(np.array(values), Scale(tolerance=1.0))
    assert found.breakdown.of("grr").percent_study == 0.0
    assert found.breakdown.ndc_exact is None


@pytest.mark.parametrize("shape", [(1, 3, 3), (3, 1, 3), (3, 3, 1)])
def test_too_small_tables_are_refused(shape):
    for study in (crossed, average_range, nested):
        with pytest.raises(ValueError, match="at least 2"):
            study(np.ones(shape), Scale())
