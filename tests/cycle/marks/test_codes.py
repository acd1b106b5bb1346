"""Codes, decided: from the picture of a made part to the verdict, whatever lies between."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from station.cycle.examine import needed_views
from station.metrology.decision import Verdict
from station.twin.flaws import extra_hole
from station.twin.marks import CodeMark, MarkStyle
from station.twin.scene import Lamp, Pose

from .marked_for_tests import CODE, examined, order, parsed, plate, ring, seen

WIDTH = {"id": "1", "type": "distance", "features": ["L0", "L3"], "nominal": 2.4, "lower_tol": -0.05, "upper_tol": 0.05}
MARK = CodeMark("datamatrix", "A-0001", (-0.9, 0.1), 0.9)


def code(content: str, **changes: Any) -> CodeMark:
    return CodeMark("datamatrix", content, (-0.9, 0.1), 0.9, **changes)


@pytest.mark.parametrize("angle", [0.0, 21.0, 158.0, 270.0])
def test_what_is_expected_passes_however_the_part_lies(angle: float) -> None:
    what = parsed(plate(CODE))
    found = examined(what, seen(what, MARK, pose=Pose(0.1, -0.1, angle)))
    (item,) = found.items
    assert (found.verdict, found.reason) == (Verdict.PASS, "")
    assert item.read == "A-0001"
    assert item.mark is not None
    assert item.mark.symbology == "datamatrix"
    # Where the code is, from outside: the twin put its middle there.
    turn = np.radians(angle)
    x, y = -0.9 * np.cos(turn) - 0.1 * np.sin(turn) + 0.1, -0.9 * np.sin(turn) + 0.1 * np.cos(turn) - 0.1
    assert item.mark.outline_px.mean(axis=0) == pytest.approx([399.5 + 100 * x, 299.5 - 100 * y], abs=6.0)


def test_another_content_fails_and_says_both() -> None:
    what = parsed(plate(CODE))
    found = examined(what, seen(what, code("A-0007")))
    assert found.verdict is Verdict.FAIL
    assert "it reads 'A-0007', not 'A-0001'" in found.reason


def test_no_code_and_an_unreadable_one_are_undecided() -> None:
    what = parsed(plate(CODE))
    for marks in ((), (code("A-0001", contrast=-0.01),)):
        found = examined(what, seen(what, *marks))
        assert found.verdict is Verdict.UNDECIDED
        assert "can be read" in found.reason


def test_a_code_beside_its_region_is_not_the_one() -> None:
    what = parsed(plate(CODE))
    aside = CodeMark("datamatrix", "A-0001", (0.7, -0.4), 0.9)
    assert examined(what, seen(what, aside)).verdict is Verdict.UNDECIDED


def test_a_mixed_up_part_is_neither_good_nor_bad() -> None:
    """What was measured of another part stands nowhere in this one's record, not even a dimension that fails."""
    wrong = {**WIDTH, "nominal": 2.6}
    what = parsed(plate(wrong, {**CODE, "identity": True}))
    same, other = (examined(what, seen(what, code(content))) for content in ("A-0001", "A-0007"))
    assert same.verdict is Verdict.FAIL
    assert other.verdict is Verdict.ERROR
    assert "another part than the order's" in other.reason
    width, mark = other.items
    assert (width.verdict, width.value) == (Verdict.ERROR, None)
    assert (mark.verdict, mark.read) == (Verdict.ERROR, "A-0007")


def test_dimensions_and_marks_each_in_their_view() -> None:
    what = parsed(plate(WIDTH, CODE))
    pose = Pose(0.2, 0.1, -140.0)
    front, back = seen(what, MARK, pose=pose), seen(what, MARK, pose=pose, lamp=Lamp())
    found = examined(what, back, front)
    assert [item.verdict for item in found.items] == [Verdict.PASS, Verdict.PASS]
    assert found.shown is not None
    assert found.shown[0].view == "front"
    missing = examined(what, back)
    assert [item.verdict for item in missing.items] == [Verdict.PASS, Verdict.ERROR]
    assert "no picture of the view front" in missing.reason


def test_a_face_that_shows_nothing_of_the_outline_is_placed_by_the_backlight() -> None:
    """A front light under which the field is as bright as the part: only the other picture says where it lies."""
    what = parsed(plate(WIDTH, CODE))
    front, back = seen(what, MARK), seen(what, MARK, lamp=Lamp())
    even = np.where(front.pixels < 60, 150, front.pixels).astype(np.uint8)
    found = examined(what, back, type(front)("front", even, b"", ".png", "even"))
    assert found.items[1].verdict is Verdict.PASS


def test_the_outline_is_looked_at_though_only_marks_are_asked_for() -> None:
    """Unless the geometry is partial, an opening that it does not have prevents PASS."""
    what = parsed(plate(CODE, partial=False))
    sound, holed = (), (extra_hole((0.8, -0.3), 0.4),)
    alone = examined(what, seen(what, MARK))
    assert (alone.verdict, "no picture of the view backlight" in alone.reason) == (Verdict.UNDECIDED, True)
    for flaws, verdict in ((sound, Verdict.PASS), (holed, Verdict.FAIL)):
        both = (seen(what, MARK, flaws=flaws), seen(what, MARK, flaws=flaws, lamp=Lamp()))
        assert examined(what, *both).verdict is verdict
    assert needed_views(what, ["backlight", "front"]) == ("backlight", "front")


@pytest.mark.parametrize("angle", [0.0, 77.0, 201.0])
def test_on_a_ring_it_is_found_wherever_it_lies(angle: float) -> None:
    asked = {**CODE, "region": [[1.0, -0.6], [2.2, 0.6]]}
    what = parsed(ring(asked))
    mark = CodeMark("datamatrix", "A-0001", (1.55, 0.0), 0.8)
    found = examined(what, seen(what, mark, pose=Pose(0.05, 0.03, angle)))
    assert found.verdict is Verdict.PASS


def test_on_the_other_face_it_is_read_as_it_is_seen() -> None:
    what = parsed(plate(CODE, view="bottom"))
    found = examined(what, seen(what, MARK))
    assert found.verdict is Verdict.PASS, found.reason


def test_an_order_of_marks_alone_needs_no_calibration() -> None:
    what = parsed(order({"features": []}, {k: v for k, v in CODE.items() if k != "region"}))
    shown = seen(parsed(plate(CODE)), MARK)
    assert examined(what, shown, calibration=None).verdict is Verdict.PASS


GTIN = "(01)07612345678900(21)A1"


@pytest.mark.parametrize(
    ("asked", "content", "gs1", "verdict", "says"),
    [
        ({"expected": GTIN, "gs1": True}, "010761234567890021A1", True, Verdict.PASS, ""),
        ({"expected": GTIN}, "010761234567890021A1", True, Verdict.PASS, ""),
        ({"expected": "010761234567890021A1"}, "010761234567890021A1", True, Verdict.PASS, ""),
        ({"expected": "010761234567890021A1"}, "010761234567890021A1", False, Verdict.PASS, ""),
        ({"expected": GTIN, "gs1": True}, "010761234567890021A2", True, Verdict.FAIL, "(21) SERIAL is 'A2', not 'A1'"),
        ({"expected": GTIN, "gs1": True}, "010761234567890021A1", False, Verdict.FAIL, "it is not a GS1 symbol"),
        ({"expected": GTIN, "gs1": True}, "010761234567890121A1", True, Verdict.FAIL, "check digit"),
        ({"expected": "A-0001", "gs1": False}, "010761234567890021A1", True, Verdict.FAIL, "it is a GS1 symbol"),
    ],
)
def test_gs1(asked: dict[str, Any], content: str, gs1: bool, verdict: Verdict, says: str) -> None:
    what = parsed(plate({**CODE, **asked}))
    found = examined(what, seen(what, code(content, gs1=gs1, style=MarkStyle.PRINTED)))
    assert found.verdict is verdict, found.reason
    assert says in found.reason
    if gs1:
        assert found.items[0].mark is not None
        assert dict(found.items[0].mark.gs1).get("21", "") in ("A1", "A2") or "check digit" in says
