"""Process capability against NIST, measuring systems against ISO 22514-7's example."""

import math

import numpy as np
import pytest

from station.metrology.studies.capability import indices
from station.metrology.studies.measuring_system import Extra, measuring_system, study_masters

from ..reference_for_tests import published


def test_nists_capability():
    case = published("capability_nist_611")
    found = indices(case["mean"], case["sd"], case["LSL"], case["USL"], target=case["target"], n=50)
    assert found.cp == pytest.approx(case["expected"]["Cp"])
    assert round(found.cpk, 4) == case["expected"]["Cpk"]
    assert round(found.k, 4) == case["expected"]["k"]
    # NIST's interval of Cp for 50 values: 0.802 … 1.197
    assert (found.interval_cp.low, found.interval_cp.high) == (
        pytest.approx(0.802, abs=2e-3),
        pytest.approx(1.197, abs=2e-3),
    )
    assert found.cpm == pytest.approx(12.0 / (6.0 * math.hypot(2.0, 2.0)))


def test_one_limit_has_no_cp():
    found = indices(5.0, 1.0, None, 8.0, n=20)
    assert (found.cp, found.cpl, found.cpk) == (None, None, 1.0)
    with pytest.raises(ValueError, match="limit"):
        indices(5.0, 1.0, None, None)
    with pytest.raises(ValueError, match="below"):
        indices(5.0, 1.0, 3.0, 2.0)


def annex_a():
    case = published("iso22514_7_annexA_process")
    masters = study_masters(list(zip(case["A1_reference"], case["A1_readings"], strict=True)))
    parts = np.array(case["A4"]).transpose(1, 0, 2)
    found = measuring_system(
        masters, case["tolerance"], parts=parts, u_cal=case["u_cal"], resolution=case["resolution"]
    )
    return case["expected"], masters, found


def test_the_standards_line():
    want, masters, _ = annex_a()
    line, want = masters.regression, want["linearity"]
    assert round(line.beta0, 4) == want["beta0"]
    assert round(line.beta1, 4) == want["beta1"]
    assert line.residual.ss == pytest.approx(want["SS_E"], abs=6e-5)
    assert line.repeatability.ss == pytest.approx(want["SS_EVR"], abs=6e-5)
    assert line.linearity.ss == pytest.approx(want["SS_LIN"], abs=6e-5)
    assert line.linearity.ms == pytest.approx(want["MS_LIN"], abs=6e-5)
    assert line.repeatability.ms == pytest.approx(want["MS_EVR"], abs=6e-5)
    assert masters.u_lin == pytest.approx(want["u_LIN"], abs=1e-4)  # from a rounded mean square
    assert masters.u_evr == pytest.approx(want["u_EVR"], abs=6e-5)
    assert line.linearity.f == pytest.approx(want["F"], abs=6e-4)
    assert line.critical_f == pytest.approx(want["F0"], abs=1e-4)  # 2.26616, cut off by the source


def test_the_standards_process():
    want, _, found = annex_a()
    rows = {r.source: r for r in found.parts.with_interaction}
    for source, name in (("operator", "SS_operator"), ("part", "SS_part"), ("interaction", "SS_interaction"),
                         ("repeatability", "SS_error")):  # fmt: skip
        assert rows[source].ss == pytest.approx(want["anova"][name], rel=5e-4), source
    assert rows["interaction"].f == pytest.approx(want["anova"]["F_interaction"], abs=6e-4)
    pooled = {r.source: r for r in found.parts.table}
    assert round(pooled["repeatability"].ms, 4) == want["anova"]["MS_pool"]
    terms = {t.name: t.u for t in found.terms}
    assert terms["av"] == pytest.approx(want["anova"]["u_AV"], abs=1.1e-5)
    assert round(terms["evo"], 4) == want["anova"]["u_EVO"]
    assert found.parts.breakdown.of("part").variance == pytest.approx(want["anova"]["var_part"], abs=6e-4)


def test_the_standards_combination():
    want, _, found = annex_a()
    want = want["combination"]
    assert found.system.u == pytest.approx(want["u_MS"], abs=1e-4)
    assert found.system.expanded == pytest.approx(want["U_MS"], abs=2e-4)
    assert found.process.u == pytest.approx(want["u_MP"], abs=6e-5)
    assert found.process.expanded == pytest.approx(want["U_MP"], abs=1e-4)
    assert round(found.system.q, 1) == want["Q_MS_pct"]
    assert round(found.process.q, 1) == want["Q_MP_pct"]
    assert found.system.c == pytest.approx(want["C_MS"], abs=0.01)
    assert round(found.process.c, 2) == want["C_MP"]
    assert found.system.capable
    assert found.process.capable


def test_the_least_tolerance_just_has_the_limit():
    _, masters, found = annex_a()
    again = measuring_system(masters, found.system.least_tolerance, u_cal=0.005, resolution=0.005)
    assert again.system.q == pytest.approx(15.0)
    assert again.process is None


def test_the_unpooled_interaction_counts():
    expected, masters, _ = annex_a()
    case = published("iso22514_7_annexA_process")
    parts = np.array(case["A4"]).transpose(1, 0, 2)
    terms = {t.name: t.u for t in measuring_system(masters, 9.0, parts=parts, alpha=1.0).terms}
    assert terms["ia"] == pytest.approx(expected["unpooled"]["u_IA"], abs=1.1e-5)
    assert terms["av"] == pytest.approx(expected["unpooled"]["u_AV"], abs=1.1e-5)


def test_one_master_is_a_type_1_budget():
    masters = study_masters([(10.0, [10.01, 10.02, 10.03])])
    found = measuring_system(masters, 1.0, resolution=0.1, extra=[Extra("temperature", 0.02)])
    assert masters.u_bi == pytest.approx(0.02 / math.sqrt(3.0))
    used = {t.name: t.in_system for t in found.terms}
    assert used == {"cal": True, "re": True, "evr": False, "lin": True, "bi": True, "temperature": False}
    assert found.system.u == pytest.approx(math.hypot(0.1 / math.sqrt(12.0), 0.02 / math.sqrt(3.0)))


def test_too_few_masters_are_said():
    with pytest.raises(ValueError, match="2 readings"):
        study_masters([(1.0, [1.0])])
    with pytest.raises(ValueError, match="3 different"):
        study_masters([(1.0, [1.0, 1.1]), (2.0, [2.0, 2.1])], regression=True)
