"""What a characteristic is answered with when little of its edge could be used."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from station.cycle.findings import Findings
from station.cycle.results import LEAST_SEEN, _sentence, answer_items
from station.metrology.decision import Verdict
from station.plan.compile import compile_plan

from ..order.builders import circle, size
from .scenes_for_measure import AT_20_C, anywhere, exact, inspected, made, optics, order, photograph


@pytest.mark.parametrize(("share", "verdict"), [(1.0, Verdict.PASS), (LEAST_SEEN - 0.1, Verdict.ERROR)])
def test_an_edge_that_is_mostly_dirty_is_not_measured(share: float, verdict: Verdict) -> None:
    what, seen = order([circle("OD", "outer", [0, 0], 1.2)], size("diameter", "OD", 1.2, 0.05)), optics(240, 240)
    rng = np.random.default_rng(1)
    plan = compile_plan(what, exact(seen))
    (feature,) = inspected(what, photograph(made(what), seen, rng, anywhere(rng)), exact(seen), plan).features
    kept = np.arange(len(feature.kept)) < share * len(feature.kept)
    nothing = Findings((), np.zeros((0, 2)), None, {}, {})
    (item,) = answer_items(what, plan, {"OD": replace(feature, kept=kept)}, nothing, exact(seen), AT_20_C)
    assert item.verdict is verdict


def test_teeth_that_dirt_makes_nonsense_of_are_undecided_and_end_nothing() -> None:
    """Without the dirt the run-out is measured; with it no ball touches the flanks of that space."""
    gear = {"id": "W", "type": "gear", "profile": "involute", "center": [0, 0], "teeth": 18, "module": 0.15}
    what = order([gear], {"type": "runout", "feature": "W", "tolerance": 0.05})
    seen, rng = optics(380, 380), np.random.default_rng(2)
    plan = compile_plan(what, exact(seen))
    (feature,) = inspected(what, photograph(made(what), seen, rng), exact(seen), plan).features
    x, y = feature.nominal_mm.T
    dirty = (np.abs(np.arctan2(y, x)) < 0.15) & (y > 0.0) & (np.arange(len(x)) % 2 == 0)
    points = feature.points_mm + 1.0 * dirty[:, None] * feature.normals
    spoilt = {"W": replace(feature, points_mm=points, kept=~dirty)}
    nothing = Findings((), np.zeros((0, 2)), None, {}, {})
    (item,) = answer_items(what, plan, spoilt, nothing, exact(seen), AT_20_C)
    assert item.verdict is Verdict.UNDECIDED
    assert (
        "with what stands on its edge, a burr or dirt, a ball of 0.252 mm does not touch the flanks of W" in item.reason
    )


@pytest.mark.parametrize(
    ("value", "upper", "said"),
    [
        (23.7504, 23.75, "is 23.7504 ± 0.018 mm, 0.0004 mm beyond its upper limit 23.750 mm."),
        (23.7600, 23.7545, "is 23.760 ± 0.018 mm, 0.0055 mm beyond its upper limit 23.7545 mm."),
    ],
)
def test_the_sentence_rounds_neither_a_value_across_its_limit_nor_a_limit(value: float, upper: float, said: str):
    sentence = _sentence("Characteristic 1", Verdict.FAIL, value, 0.009, None, upper, "mm", None)
    assert sentence == f"Characteristic 1 {said}"
