"""Surfaces, decided: sizes in millimetres against the order's limit, and what nobody can judge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from station.cycle.marks.look import Models
from station.cycle.marks.patch import Patch
from station.cycle.marks.surface import decide_surface
from station.cycle.pictures import TakenPicture
from station.errors import ModelError
from station.metrology.decision import Verdict
from station.order.model import DecisionRule
from station.plan.compile import compile_marks
from station.twin.marks import CodeMark, FaceDefect, scratch
from station.twin.scene import Pose

from ...vision.surface.lays_for_tests import brushed, with_line
from .marked_for_tests import CALIBRATION, CODE, examined, order, parsed, plate, ring, seen
from .networks_for_tests import DarkIsBad

LONG = scratch([(-0.5, -0.3), (0.1, 0.1)], 0.03, -0.5)  # 0.72 mm with its own width
SHORT = scratch([(-0.5, -0.3), (-0.42, -0.24)], 0.03, -0.5)


def surface(limit_mm: float, **changes: Any) -> dict[str, Any]:
    return {"id": "9", "type": "surface", "max_defect_mm": limit_mm, **changes}


def models(**changes: Any) -> Models:
    return lambda name: DarkIsBad(**changes)  # type: ignore[return-value]


def examined_with(limit_mm: float, *defects: FaceDefect, **changes: Any) -> Any:
    what = parsed(plate(surface(limit_mm, **changes)))
    return examined(what, seen(what, defects=defects), models=models())


def test_a_clean_face_passes_and_its_edges_are_no_defects() -> None:
    found = examined_with(0.2)
    (item,) = found.items
    assert (found.verdict, found.reason, item.value) == (Verdict.PASS, "", 0.0)
    assert item.mark is not None
    assert item.mark.defects == ()
    assert item.mark.model is not None
    assert item.mark.model.raw_score < 2.0


@pytest.mark.parametrize("pose", [Pose(), Pose(0.1, -0.2, 33.0), Pose(-0.1, 0.1, 200.0)])
def test_a_defect_has_its_size_and_its_place_on_the_part(pose: Pose) -> None:
    what = parsed(plate(surface(0.4)))
    found = examined(what, seen(what, defects=[LONG], pose=pose), models=models())
    (item,) = found.items
    assert found.verdict is Verdict.FAIL
    assert "0.4 mm is allowed" in found.reason
    assert item.mark is not None
    (defect,) = item.mark.defects
    assert item.value == pytest.approx(0.74, abs=0.04)  # the scratch, and what blur adds
    assert defect.where_mm == pytest.approx((-0.2, -0.1), abs=0.03)
    assert defect.outline_mm is not None
    assert np.ptp(defect.outline_mm, axis=0) == pytest.approx([0.62, 0.42], abs=0.05)


def test_what_the_order_allows_is_recorded_and_passes() -> None:
    found = examined_with(0.4, SHORT)
    assert found.verdict is Verdict.PASS
    assert found.items[0].mark is not None
    (defect,) = found.items[0].mark.defects
    assert (defect.verdict, found.items[0].value) == (Verdict.PASS, defect.size_mm)


def test_near_the_limit_nobody_decides() -> None:
    size = examined_with(5.0, LONG).items[0].value
    found = examined_with(round(size, 3), LONG)
    assert found.verdict is Verdict.UNDECIDED
    assert "too near" in found.reason


def test_what_the_model_is_in_doubt_about_never_fails_a_part() -> None:
    what = parsed(plate(surface(0.4)))
    shown = seen(what, defects=[LONG])
    found = examined(what, shown, models=models(thresholds={"defect": 1e3, "doubt": 1.0}))
    assert found.verdict is Verdict.UNDECIDED
    assert "may be a defect" in found.reason


def test_smaller_than_the_model_sees_is_undecided_even_where_nothing_is_found() -> None:
    found = examined_with(0.035)
    assert found.verdict is Verdict.UNDECIDED
    assert "misses some" in found.reason


def test_glare_hides_what_may_be_there() -> None:
    what = parsed(plate(surface(0.2)))
    shown = seen(what, pose=Pose())
    shown.pixels[290:330, 380:420] = 255
    found = examined(what, shown, models=models())
    assert found.verdict is Verdict.UNDECIDED
    assert "too bright or too dark" in found.reason


def test_a_region_alone_is_looked_at() -> None:
    beside = {"region": [[0.5, -0.8], [1.5, 0.0]]}
    assert examined_with(0.4, LONG, **beside).verdict is Verdict.PASS
    on_it = {"region": [[-0.8, -0.8], [0.5, 0.5]]}
    assert examined_with(0.4, LONG, **on_it).verdict is Verdict.FAIL


def test_a_region_too_narrow_to_be_judged_is_undecided() -> None:
    found = examined_with(0.2, region=[[-1.0, -0.02], [1.0, 0.02]])
    assert found.verdict is Verdict.UNDECIDED
    assert "where nothing is judged" in found.reason


def test_what_the_order_asks_to_be_marked_is_no_defect() -> None:
    what = parsed(plate(CODE, surface(0.2)))
    found = examined(what, seen(what, CodeMark("datamatrix", "A-0001", (-0.9, 0.1), 0.9)), models=models())
    assert [item.verdict for item in found.items] == [Verdict.PASS, Verdict.PASS]


@pytest.mark.parametrize("angle", [0.0, 130.0])
def test_a_region_of_a_ring_is_where_its_code_says(angle: float) -> None:
    code = {**CODE, "region": [[1.0, -0.6], [2.2, 0.6]]}
    mark = CodeMark("datamatrix", "A-0001", (1.55, 0.0), 0.8)
    what = parsed(ring(code, surface(0.4, region=[[-2.0, -0.6], [-0.9, 0.6]])))
    bad = scratch([(-1.5, -0.3), (-1.5, 0.4)], 0.03, -0.5)
    pose = Pose(0.05, 0.03, angle)
    assert examined(what, seen(what, mark, defects=[bad], pose=pose), models=models()).items[1].verdict is Verdict.FAIL
    assert examined(what, seen(what, mark, pose=pose), models=models()).items[1].verdict is Verdict.PASS
    unmarked = examined(what, seen(what, pose=pose), models=models()).items[1]
    assert (unmarked.verdict, "how it lies turned" in unmarked.reason) == (Verdict.UNDECIDED, True)


def test_without_a_scale_nobody_knows_a_size() -> None:
    pixels = np.random.default_rng(1).normal(130.0, 3.0, (600, 800)).clip(0, 255).astype(np.uint8)
    pixels[300:304, 360:430] -= 60
    shown = TakenPicture("front", pixels, b"", ".png", "a face that fills the field")
    alone = parsed(order({"features": []}, surface(0.4)))
    found = examined(alone, shown, calibration=None, models=models())
    assert found.verdict is Verdict.UNDECIDED
    assert "how many millimetres a pixel is" in found.reason
    assert found.items[0].mark is not None
    assert found.items[0].mark.defects
    scaled = examined(alone, shown, calibration=CALIBRATION, models=models())
    assert scaled.items[0].value == pytest.approx(0.70, abs=0.04)


def _missing(name: str) -> Any:
    raise ModelError(f"the model {name!r} must not be used: model.onnx is not the file whose SHA-256 it names")


def _failing(name: str) -> Any:
    model = DarkIsBad()
    model.run = _missing  # type: ignore[method-assign, assignment]
    return model


@pytest.mark.parametrize("broken", [_missing, _failing])
def test_a_broken_model_is_an_error_that_says_so_and_nothing_passes(broken: Callable[[str], Any]) -> None:
    what = parsed(plate(surface(0.4)))
    found = examined(what, seen(what), models=broken)
    assert found.verdict is Verdict.ERROR
    assert "must not be used" in found.reason
    assert found.items[0].value is None


def test_the_same_picture_gives_the_same_answer() -> None:
    what = parsed(plate(surface(0.4)))
    shown = seen(what, defects=[LONG, SHORT])
    first, second = (examined(what, shown, models=models()).items[0] for _ in range(2))
    assert first.mark is not None
    assert second.mark is not None
    assert (first.value, first.u, first.reason) == (second.value, second.u, second.reason)
    for one, other in zip(first.mark.defects, second.mark.defects, strict=True):
        assert (one.score, one.size_mm) == (other.score, other.size_mm)
        assert np.array_equal(one.outline_px, other.outline_px)


@pytest.mark.parametrize(("turn_deg", "verdict"), [(0.0, Verdict.UNDECIDED), (60.0, Verdict.FAIL)])
def test_a_line_along_the_lay_is_for_a_person_to_judge(turn_deg: float, verdict: Verdict) -> None:
    grey, _ = with_line(brushed(20.0), 20.0 + turn_deg)
    (item,) = compile_marks(parsed(order({"features": []}, surface(0.4)))).items
    patch = Patch(grey, np.ones(grey.shape, np.bool_), 1.0, 0.01)
    answer = decide_surface(item, patch, "front", "S", DarkIsBad(), DecisionRule())  # type: ignore[arg-type]
    assert answer.verdict is verdict
    assert ("line along the lay" in answer.reason) is (turn_deg == 0.0)
