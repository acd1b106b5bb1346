"""How limits follow from judged parts: what was promised holds, and no more is left undecided than it takes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from station.training.text.judge import CASES, Judged, chosen
from station.training.text.scenes import Scene
from station.vision.text.verify import Limits, Reading, TextEvidence

SCENE = Scene((), (), "AB")


def _said(log_ratio: float, rival_ratio: float) -> TextEvidence:
    return TextEvidence("AB", "AB", log_ratio, "AC", rival_ratio, "B", None, 1)


def _parts(rng: np.random.Generator, count: int) -> list[Judged]:
    """Of each case most are legible; some say nothing for certain, however little the right string fits; some are
    misread for certain, but the right string nearly fits as well."""
    found = []
    for case in CASES:
        for _ in range(count):
            kind = rng.choice(3, p=[0.9, 0.05, 0.05])
            right = [
                lambda: _said(rng.uniform(3, 8), 0.0),
                lambda: _said(-rng.uniform(5, 40), rng.uniform(0, 1.2)),
                lambda: _said(-rng.uniform(1, 6), rng.uniform(2, 5)),
            ][kind]()
            wrong = _said(-rng.uniform(8, 18), rng.uniform(1.5, 8)) if kind == 0 else _said(rng.uniform(-9, 0.5), 0.1)
            found.append(Judged(case, SCENE, right, (wrong,)))
    return found


def test_limits_keep_what_they_promise_in_every_class() -> None:
    found = _parts(np.random.default_rng(3), 100)
    limits = chosen(found, right_share=0.01)
    rule = Limits(limits.accept, limits.reject, limits.certain)
    for about in {one.case.about for one in found}:
        these = [one for one in found if one.case.about == about]
        assert sum(one.right.reading(rule) is Reading.OTHER for one in these) <= 0.01 * len(these)
        assert sum(one.wrong[0].reading(rule) is Reading.SAME for one in these) <= 0.01 * len(these)
    assert np.mean([one.right.reading(rule) is Reading.SAME for one in found]) > 0.89
    assert np.mean([one.wrong[0].reading(rule) is Reading.OTHER for one in found]) > 0.85


def test_one_bad_class_tightens_the_limits_for_all() -> None:
    found = _parts(np.random.default_rng(3), 40)
    before = chosen(found)
    spoilt = [
        replace(one, wrong=(_said(2.5, 0.0),)) if one.case == CASES[0] and number % 4 == 0 else one
        for number, one in enumerate(found)
    ]
    assert chosen(spoilt).accept >= 2.5 > before.accept
