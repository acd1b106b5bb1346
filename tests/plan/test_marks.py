"""Marks in a plan: where on the part each is looked for, and what is refused before the part exists."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from station.metrology.camera import telecentric
from station.order.symbologies import SYMBOLOGIES
from station.plan.compile import compile_marks, compile_plan
from station.plan.plan import Item
from station.plan.predict import Prediction, predict, predict_marks
from station.vision.codes import READABLE

from ..metrology.calibrations_for_tests import exact_calibration
from ..order.builders import chain, circle, parse
from .test_compile import BLOCK, EXACT, MM_PER_PX, RING, diameter, only, order

PLATE = [*chain("E", [[0, 0], [6, 0], [6, 4], [0, 4]]), circle("H", "inner", [1, 1], 1.0)]


def code(**more: Any) -> dict[str, Any]:
    return {"type": "code", "symbology": "datamatrix", "expected": "A1", **more}


def text(**more: Any) -> dict[str, Any]:
    return {"type": "text", "expected": "ANNA", **more}


def surface(**more: Any) -> dict[str, Any]:
    return {"type": "surface", "max_defect_mm": 0.1, **more}


def planned(features: list[dict[str, Any]], *asked: dict[str, Any], **more: Any) -> tuple[Item, ...]:
    return compile_plan(order(features, *asked, **more), EXACT).items


def area_mm2(item: Item) -> float:
    """Area that is looked at: polygons painted one after the other, 0.005 mm per pixel, as the plan's words say."""
    return float(painted(item).sum()) * 0.005**2


def painted(item: Item) -> NDArray[np.uint8]:
    assert item.mark is not None
    mask = np.zeros((1600, 1600), np.uint8)
    for points in item.mark.outline_mm:
        x, y = points.T
        inside = x @ np.roll(y, -1) - y @ np.roll(x, -1) > 0
        cv2.fillPoly(mask, [np.rint((points + 1.0) / 0.005 * 16).astype(np.int32)], int(inside), cv2.LINE_8, 4)
    return mask


def test_every_symbology_of_an_order_can_be_read() -> None:
    assert set(READABLE) == SYMBOLOGIES


def test_a_ring_is_looked_at_between_its_circles() -> None:
    ring = [circle("OD", "outer", [3, 3], 4.0), circle("ID", "inner", [3, 3], 2.0)]
    face, disc, inner = planned(ring, surface(), surface(region="OD"), surface(region=[[4.2, 2.5], [4.8, 3.5]]))
    for item in (face, disc):
        assert item.refusal == ""
        assert [len(one) > 20 for one in item.mark.outline_mm] == [True, True]
        assert area_mm2(item) == pytest.approx(math.pi * (4.0 - 1.0), rel=0.01)
    assert area_mm2(inner) == pytest.approx(0.6, rel=0.02)
    assert face.upper == 0.1


def test_openings_in_a_region_are_no_defects() -> None:
    (item,) = planned(PLATE, surface(region=[[0.2, 0.2], [3, 3]]))
    assert area_mm2(item) == pytest.approx(2.8**2 - math.pi * 0.25, rel=0.01)


def test_codes_and_texts_in_a_surface_are_no_defects() -> None:
    items = planned(
        PLATE,
        surface(),
        code(region=[[3, 1], [4, 2]]),
        text(region=[[2, 3], [5, 3.5]]),
        text(region=[[0, 0], [6, 4]]),  # says no more than that it is somewhere
    )
    assert [item.refusal for item in items] == [""] * 4
    assert area_mm2(items[0]) == pytest.approx(24 - math.pi * 0.25 - 1.0 - 1.5, rel=0.005)
    assert area_mm2(items[1]) == pytest.approx(1.0, rel=0.02)


def test_a_text_along_an_arc_is_looked_for_in_a_piece_of_a_ring() -> None:
    ring = [circle("OD", "outer", [3, 3], 6.0), circle("ID", "inner", [3, 3], 3.0)]
    arc = {"center": [3, 3], "radius": 2.2, "start_angle": 150, "end_angle": 30}
    outwards, inwards = planned(
        ring,
        text(arc=arc, height=0.3),
        text(arc={**arc, "start_angle": 200, "end_angle": 340}, height=0.3),
    )
    # From below the baseline to above the capitals; a letter's height of room at both ends.
    angle = math.radians(120) + 2 * 0.3 / 2.2
    assert area_mm2(outwards) == pytest.approx(angle / 2 * (2.65**2 - 2.05**2), rel=0.02)
    top, bottom = painted(outwards), painted(inwards)
    at = [round((1.0 + 3.0 + r) / 0.005) for r in (2.35, -2.05)]  # in the letters: above the centre, below it
    assert (top[at[0], 800], bottom[at[1], 800]) == (1, 1)
    assert (top[at[1], 800], bottom[at[0], 800]) == (0, 0)
    angle = math.radians(140) + 2 * 0.3 / 2.2
    assert area_mm2(inwards) == pytest.approx(angle / 2 * (2.35**2 - 1.75**2), rel=0.02)


def test_the_height_of_letters_along_an_arc_may_be_left_to_its_length() -> None:
    arc = {"center": [0, 0], "radius": 1.6, "start_angle": 120, "end_angle": 60}
    (item,) = planned(RING, text(arc=arc))
    length = math.radians(60) * 1.6
    assert item.mark.height_mm == pytest.approx(length / 4, rel=0.3)  # four letters about as wide as high


def test_contours_are_regions() -> None:
    slot = {"id": "S", "type": "slot", "side": "inner", "center": [3, 2], "length": 2, "width": 1, "angle": 0}
    plate = [*chain("E", [[0, 0], [6, 0], [6, 4], [0, 4]]), slot]
    face, opening = planned(plate, surface(), surface(region="S"))
    assert area_mm2(face) == pytest.approx(24 - (1 + math.pi / 4), rel=0.005)
    assert opening.mark is None
    assert "nothing of the part" in opening.refusal


REFUSED: list[tuple[dict[str, Any], str]] = [
    (code(symbology="dotcode"), "does not know the symbology 'dotcode'"),
    (code(region=[[7, 5], [8, 6]]), "nothing of the part in its region"),
    (code(region=[[5.9, 1], [7.5, 2]]), "only 7 % of its region lies on the part"),
    (code(region="H"), "nothing of the part in its region"),
    (code(region=[[0, 0], [60, 4]]), "larger than the field of view (8 × 6 mm)"),
    (surface(region=[[5, 1], [6.1, 2]]), "beyond the part's outline"),
    (surface(max_defect_mm=0.025), "2.5 pixels of this camera, and what is smaller than 3"),
    (text(height=0.05), "5.0 pixels of this camera"),
]


@pytest.mark.parametrize(("asked", "sentence"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_what_cannot_be_read_here_is_refused_by_name(asked: dict[str, Any], sentence: str) -> None:
    what = order(PLATE, asked)
    plan = compile_plan(what, EXACT)
    assert sentence in only(plan).refusal
    assert only(plan).mark is None
    assert predict(plan, what, EXACT) == (Prediction(None),)


def test_nothing_left_of_a_surface_is_refused() -> None:
    items = planned(
        PLATE,
        surface(region=[[2, 1], [5, 2]]),
        *(code(region=[[x, 1], [x + 1, 2]]) for x in (2, 3, 4)),
    )
    assert "leave nothing" in items[0].refusal


def test_a_part_larger_than_the_field_has_no_marks_either() -> None:
    what = order([circle("OD", "outer", [0, 0], 40.0)], code(), surface())
    assert all("larger than the field of view" in item.refusal for item in compile_plan(what, EXACT).items)


def test_without_a_closed_outline_a_surface_needs_a_region() -> None:
    line = [BLOCK[0]]
    items = planned(line, code(), surface(), surface(region=[[0, 0], [1, 1]]), partial=True)
    assert [item.refusal == "" for item in items] == [True, False, True]
    assert "needs a region" in items[1].refusal
    assert items[0].mark.outline_mm == ()


@pytest.mark.parametrize(
    ("expected", "alphabet", "part"),
    [
        ("ANNA 22.11.26", "ANEO0123456789.", ""),
        ("ANNA", None, ""),
        ("שלום", None, ""),
        ("שלום", "ANE", "does not know 'ש', 'ל', 'ו', 'ם'"),
        ("ABCDEFGH", "A", "'B', 'C', 'D', 'E', 'F', …"),
        ("A\u0308", "Ä", ""),  # composed or not, the same letter
    ],
)
def test_a_text_needs_a_model_that_knows_its_letters(expected: str, alphabet: str | None, part: str) -> None:
    what = order(RING, text(expected=expected))
    marks = parse({**document_of_marks(text(expected=expected))})
    for plan in (compile_plan(what, EXACT, alphabet), compile_marks(marks, alphabet)):
        assert part in only(plan).refusal
        assert (only(plan).refusal == "") is (part == "")


def document_of_marks(*asked: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema": "order/1", "order_id": "MO-1", "part": {"serial": "S-1"}, "geometry": {},
        "characteristics": [{"id": str(n), **one} for n, one in enumerate(asked)],
    }  # fmt: skip


def test_without_a_geometry_the_whole_picture_counts_and_nothing_has_a_size() -> None:
    arc = {"center": [0, 0], "radius": 2, "start_angle": 0, "end_angle": 90}
    asked: Sequence[dict[str, Any]] = (
        code(), text(), surface(), code(symbology="?!"), code(region=[[0, 0], [1, 1]]), text(arc=arc),
    )  # fmt: skip
    plan = compile_marks(parse(document_of_marks(*asked)))
    assert [item.refusal == "" for item in plan.items] == [True, True, True, False, False, False]
    assert all(item.mark.outline_mm == () for item in plan.items[:3])
    assert [item.mark.doubt == "" for item in plan.items[:3]] == [True, True, False]
    assert "symbology '?!'" in plan.items[3].refusal
    assert all("does not describe" in item.refusal for item in plan.items[4:])
    foreseen = predict_marks(plan)
    assert [one.warning == "" for one in foreseen] == [True, True, False, True, True, True]
    assert "nobody knows how large" in foreseen[2].warning


def test_marks_stand_beside_what_is_measured() -> None:
    what = order(RING, diameter("OD", 4.0), code(region=[[1.1, -0.3], [1.8, 0.3]]), surface())
    plan = compile_plan(what, EXACT)
    assert [item.mark is None for item in plan.items] == [True, False, False]
    found = predict(plan, what, EXACT)
    assert found[0].u is not None
    assert found[1:] == (Prediction(None), Prediction(None))
    assert [target.id for target in plan.targets] == ["OD"]


def test_the_same_order_gives_the_same_marks() -> None:
    asked = (surface(), code(region=[[1.1, -0.3], [1.8, 0.3]]))
    for one, other in zip(planned(RING, *asked), planned(RING, *asked), strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one.mark.outline_mm, other.mark.outline_mm, strict=True))


def test_many_marks_are_planned_quickly() -> None:
    plan = compile_plan(order(PLATE, *(code(region=[[2, 1], [4, 3]]) for _ in range(300))), EXACT)
    assert [item.refusal for item in plan.items] == [""] * 300


def test_a_coarse_camera_refuses_what_a_fine_one_sees() -> None:
    what = order(RING, surface(max_defect_mm=0.05))
    assert only(compile_plan(what, EXACT)).refusal == ""
    coarse = exact_calibration(telecentric(400, 300, 2 * MM_PER_PX))
    assert "2.5 pixels" in only(compile_plan(what, coarse)).refusal
