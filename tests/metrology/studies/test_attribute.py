"""Attribute agreement against the AIAG manual, and kappas against independent formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.metrology.studies.attribute import attribute
from station.metrology.studies.detection import detection
from station.metrology.studies.kappa import cohen, crosstab, fleiss

from ..reference_for_tests import published


def study():
    case = published("attribute_aiag_50x3x3")
    ratings = [[[str(t) for t in appraiser] for appraiser in part] for part in case["ratings"]]
    return case, attribute(ratings, "ABC", [str(s) for s in case["reference"]], accepted="1")


def test_the_manuals_study():
    case, found = study()
    want = case["expected"]
    assert [list(row) for row in found.pairs[0].table] == case["crosstab_A_B_rows0_1"]
    for pair in found.pairs:
        # AIAG prints 0.78 for 0.776 and 0.79 for 0.788.
        assert round(pair.cohen.kappa, 2) == want["kappa"][pair.first + pair.second]
    for a in found.appraisers:
        assert round(a.cohen.kappa, 2) == want["kappa_ref"][a.name]
        assert a.effectiveness.percent == want["effectiveness_pct"][a.name]
        assert [round(a.effectiveness.interval.low), round(a.effectiveness.interval.high)] == want["ci95"][a.name]
        assert a.miss.percent == pytest.approx(want["miss_pct"][a.name], abs=0.051)
        assert a.false_alarm.percent == pytest.approx(want["false_alarm_pct"][a.name], abs=0.051)
    assert found.system.percent == want["system_pct"]
    assert round(found.system.interval.low) == want["system_ci"][0]
    assert found.system.interval.high == pytest.approx(88.47, abs=0.005)  # the manual rounds up to 89


def test_the_manuals_signal_detection():
    case, _ = study()
    verdicts = []
    for part in case["ratings"]:
        said = {rating for appraiser in part for rating in appraiser}
        verdicts.append(said.pop() == 1 if len(said) == 1 else None)
    found = detection(case["reference_value"], verdicts, case["LSL"], case["USL"])
    want = case["expected"]["signal_detection"]
    assert found.lower_zone == pytest.approx(want["d_LSL"], abs=1e-12)
    assert found.upper_zone == pytest.approx(want["d_USL"], abs=1e-12)
    assert found.mean_zone == pytest.approx(want["d"], abs=1e-12)
    assert round(found.percent_tolerance) == want["pct"]


def test_fleiss_of_1971():
    # Fleiss 1971 by way of the table every text reprints: 10 subjects, 14 raters, 5 categories, kappa 0.210.
    counts = np.array([[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
                       [7, 7, 0, 0, 0],
                       [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]])  # fmt: skip
    assert fleiss(counts).overall.kappa == pytest.approx(0.210, abs=5e-4)


def test_cohen_of_two_readers():
    found = cohen(np.array([[20, 5], [10, 15]]))
    assert found.kappa == pytest.approx(0.4)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2, max_size=40))
def test_cohens_kappa_from_its_definition(pairs):
    first, second = zip(*pairs, strict=True)
    found = cohen(crosstab(first, second, "abc"))
    n = len(pairs)
    chance = sum(first.count(c) * second.count(c) for c in "abc") / n**2
    seen = sum(a == b for a, b in pairs) / n
    assert found.kappa == (None if chance >= 1.0 else pytest.approx((seen - chance) / (1.0 - chance)))


@given(st.lists(st.lists(st.sampled_from("ab"), min_size=3, max_size=3), min_size=2, max_size=30))
def test_two_categories_have_one_kappa(rows):
    found = fleiss(np.array([[row.count(c) for c in "ab"] for row in rows]))
    values = {None if k.kappa is None else round(k.kappa, 9) for k in (found.overall, *found.by_category)}
    assert len(values) == 1


def test_without_a_standard_only_agreement_is_said():
    found = attribute([[["a", "a"], ["a", "b"]], [["b", "b"], ["b", "b"]]], ["X", "Y"])
    assert [a.within.matched for a in found.appraisers] == [2, 1]
    assert (found.system, found.all_cohen, found.appraisers[0].effectiveness, found.appraisers[0].miss) == (None,) * 4
    assert found.between.matched == 1


def test_everyone_always_saying_the_same_has_no_kappa():
    found = attribute([[["1"], ["1"]], [["1"], ["1"]]], ["A", "B"], ["1", "1"], accepted="1")
    assert found.pairs[0].cohen.kappa is None
    assert found.between_fleiss.overall.kappa is None
    assert found.appraisers[0].miss is None
    assert found.system.percent == 100.0
