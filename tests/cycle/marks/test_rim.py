"""Burrs and missing material at the rim of a surface: as high, or as deep, as they were made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from station.metrology.decision import Verdict
from station.twin.flaws import burr, notch
from station.twin.part import Flaw
from station.twin.scene import Lamp

from .marked_for_tests import examined, parsed, plate, seen
from .networks_for_tests import DarkIsBad

WIDTH = {"id": "1", "type": "distance", "features": ["L0", "L3"], "nominal": 2.4, "lower_tol": -0.2, "upper_tol": 0.2}


def looked(limit_mm: float, *flaws: Flaw, backlit: bool = False, **changes: Any) -> Any:
    surface = {"id": "9", "type": "surface", "max_defect_mm": limit_mm, **changes}
    what = parsed(plate(*([WIDTH] if backlit else []), surface))
    pictures = [seen(what, flaws=flaws), *([seen(what, flaws=flaws, lamp=Lamp())] if backlit else [])]
    return examined(what, *pictures, models=lambda _: DarkIsBad())  # type: ignore[arg-type, return-value]


def the_one(found: Any, kind: str) -> Any:
    (one,) = [d for item in found.items if item.mark for d in item.mark.defects if d.kind == kind]
    return one


@pytest.mark.parametrize("backlit", [True, False])
def test_a_notch_is_as_deep_as_it_was_made(backlit: bool) -> None:
    cut = notch((0.3, -1.2), -90.0, 0.12, 0.2)
    found = looked(0.06, cut, backlit=backlit)
    one = the_one(found, "missing material")
    assert found.verdict is Verdict.FAIL
    assert one.size_mm == pytest.approx(0.12, abs=0.02)
    assert one.where_mm == pytest.approx((0.3, -1.14), abs=0.06)
    assert one.score is None


def test_a_burr_is_as_high_as_it_was_made_and_counts_against_the_limit() -> None:
    lip = burr((-2.0, 0.1), 180.0, 0.3, 0.08, np.random.default_rng(3))
    found = looked(0.04, lip, backlit=True)
    one = the_one(found, "burr")
    assert one.size_mm == pytest.approx(0.08, abs=0.025)
    assert the_one(looked(0.3, lip, backlit=True), "burr").verdict is Verdict.PASS


def test_a_sound_rim_has_nothing_and_corners_are_none() -> None:
    found = looked(0.06, backlit=True)
    assert found.verdict is Verdict.PASS, found.reason
    assert [item.mark.defects for item in found.items if item.mark] == [()]


def test_a_rim_beside_the_region_is_not_asked_about() -> None:
    cut = notch((0.3, -1.2), -90.0, 0.12, 0.2)
    found = looked(0.06, cut, region=[[-1.5, 0.0], [0.5, 1.0]])
    assert [item.mark.defects for item in found.items if item.mark] == [()]
