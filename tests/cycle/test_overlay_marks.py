"""Marks in the overlay: colours lie where the trouble is, and what is outlined stays to be seen."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from station.cycle.measure import Outcome
from station.cycle.overlay import DrawnMark, DrawnSpot, MarkKind, draw_overlay
from station.cycle.overlay.draw import HEIGHT, PANE_HEIGHT, PANE_WIDTH, WIDTH
from station.cycle.overlay.marks import view_of_marks
from station.cycle.overlay.palette import DARK_AMBER, RED
from station.cycle.overlay.view import View
from station.cycle.overlay.wording import value_of
from station.cycle.results import ItemResult, error_items
from station.metrology.decision import Verdict
from station.order.model import Order
from station.order.read import parse_order
from station.plan.compile import compile_marks
from station.vision.picture import picture_from

Pixels = NDArray[Any]
Floats = NDArray[np.float64]

ASKED = [
    {"id": "7", "type": "code", "symbology": "datamatrix", "expected": "010761234567890021A1"},
    {"id": "8", "type": "text", "expected": "ANNA 22.11.26"},
    {"id": "9", "type": "surface", "max_defect_mm": 0.2},
]
GREY = 128


def order() -> Order:
    document = {"schema": "order/1", "order_id": "MO-1", "part": {"serial": "TAG-1"}, "geometry": {"features": []}}
    return parse_order(json.dumps({**document, "characteristics": ASKED}).encode(), Path(), "order.json")


def box(x: float, y: float, width: float, height: float) -> Floats:
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float64)


CODE, TEXT, FACE = box(900, 300, 160, 160), box(300, 300, 400, 70), box(200, 200, 1000, 700)
LETTER, SCRATCH = box(420, 305, 40, 60), box(500, 700, 200, 4)


def picture() -> Pixels:
    """A plain face with a bright scratch."""
    image = np.full((1100, 1400), GREY, np.uint8)
    image[701:704, 501:700] = 250
    return image


def answered(*verdicts: Verdict, read: str | None = None) -> tuple[ItemResult, ...]:
    base = error_items(compile_marks(order()), "")
    texts = [read, read, None]
    return tuple(
        replace(item, verdict=verdict, read=text, reason="")
        for item, verdict, text in zip(base, verdicts, texts, strict=True)
    )


def drawn(*marks: DrawnMark, verdict: Verdict = Verdict.PASS, items: tuple[ItemResult, ...] = ()) -> Pixels:
    asked = order()
    outcome = Outcome(verdict, "", items or answered(verdict, verdict, verdict), (), (), None, None)
    png = draw_overlay(picture(), asked, compile_marks(asked), None, outcome, marks)
    again = draw_overlay(picture(), asked, compile_marks(asked), None, outcome, marks)
    assert png == again
    image = np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED))
    assert image.shape == (HEIGHT, WIDTH, 3)
    return image[:PANE_HEIGHT, :PANE_WIDTH]


def near(image: Pixels, colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    return np.asarray((np.abs(image.astype(int) - np.array(colour)) <= 24).all(axis=-1))


def seen(*marks: DrawnMark) -> View:
    return view_of_marks(picture_from(picture()), marks, PANE_WIDTH, PANE_HEIGHT)


def inside(mask: NDArray[np.bool_], view: View, outline: Floats, margin: float) -> float:
    """Share of what is marked that lies within an outline's box and `margin` display pixels."""
    shown = view.to_display(outline)
    rows, columns = np.nonzero(mask)
    low, high = shown.min(axis=0) - margin, shown.max(axis=0) + margin
    within = (columns >= low[0]) & (columns <= high[0]) & (rows >= low[1]) & (rows <= high[1])
    return float(within.mean())


def test_what_passes_shows_no_warning_colour() -> None:
    pane = drawn(
        DrawnMark(MarkKind.CODE, "7", Verdict.PASS, (CODE,)),
        DrawnMark(MarkKind.TEXT, "8", Verdict.PASS, (TEXT,), "not shown"),
        DrawnMark(MarkKind.SURFACE, "9", Verdict.PASS, (FACE, box(600, 450, 100, 100))),
    )
    assert not near(pane, RED).any()
    assert not near(pane, DARK_AMBER).any()


def test_the_wrong_character_is_red_and_its_neighbours_are_not() -> None:
    mark = DrawnMark(MarkKind.TEXT, "8", Verdict.FAIL, (TEXT,), "", (LETTER,))
    pane, view = drawn(mark, verdict=Verdict.FAIL), seen(mark)
    (left, top), (right, bottom) = np.rint(view.to_display(LETTER[[0, 2]])).astype(int).tolist()
    ground = pane[top + 8 : bottom - 8, left + 8 : right - 8].astype(int)
    assert (ground[..., 2] - ground[..., 0] > 30).all(), "tinted red"
    beside = pane[top + 8 : bottom - 8, right + 12 : right + 40].astype(int)
    assert (np.abs(beside[..., 2] - beside[..., 0]) < 3).all(), "left as it is"
    others = replace(mark, wrong_px=())
    more = near(pane, RED).sum() - near(drawn(others, verdict=Verdict.FAIL), RED).sum()
    assert more > 100


def test_a_defect_is_outlined_in_red_and_its_own_pixels_stay() -> None:
    spot = DrawnSpot(SCRATCH, Verdict.FAIL, "A", "scratch, 0.20 mm")
    mark = DrawnMark(MarkKind.SURFACE, "9", Verdict.FAIL, (FACE,), "1 defect", (), (spot,))
    pane, view = drawn(mark, verdict=Verdict.FAIL), seen(mark)
    middle = np.rint(view.to_display([SCRATCH.mean(axis=0)])[0]).astype(int)
    assert pane[middle[1], middle[0]].min() > 220, "the scratch itself is to be seen"
    column = near(pane, RED)[middle[1] - 14 : middle[1] + 15, middle[0]]
    assert column.any(), "the outline lies beside it"
    assert not column[11:18].any()


def test_a_small_defect_gets_a_ring() -> None:
    spot = DrawnSpot(box(700, 600, 4, 4), Verdict.UNDECIDED, "A", "")
    mark = DrawnMark(MarkKind.SURFACE, "9", Verdict.UNDECIDED, (FACE,), "", (), (spot,))
    pane, view = drawn(mark, verdict=Verdict.UNDECIDED), seen(mark)
    at = view.to_display([(702, 602)])[0]
    rows, columns = np.nonzero(near(pane, DARK_AMBER))
    away = np.hypot(columns - at[0], rows - at[1])
    assert ((away > 22) & (away < 30)).sum() > 200


def test_a_small_code_is_shown_large_with_what_lies_about_it() -> None:
    small = box(700, 500, 40, 40)
    code = DrawnMark(MarkKind.CODE, "7", Verdict.FAIL, (small,), "B1")
    view = seen(code)
    extent = np.ptp(view.to_display(small), axis=0)
    assert 50 < extent.max() < 0.4 * PANE_HEIGHT
    red = near(drawn(code, verdict=Verdict.FAIL), RED)
    assert inside(red, view, small, 12.0) > 0.2
    everything = seen()
    assert view.zoom > 2.0 * everything.zoom
    assert seen(DrawnMark(MarkKind.CODE, "7", Verdict.ERROR, ())).zoom == everything.zoom


@pytest.mark.parametrize("kind", MarkKind)
@pytest.mark.parametrize(
    "outline",
    [
        np.empty((0, 2)),
        np.full((4, 2), np.nan),
        np.array([[np.inf, 0.0], [0.0, -np.inf], [5.0, 5.0]]),
        np.array([[1e30, 1e30], [-1e30, 1e30], [0.0, 0.0]]),
        np.array([[700.0, 500.0]]),
        box(-900, -900, 100, 100),
        box(-5000, -5000, 10000, 10000),
    ],
    ids=["empty", "nan", "infinite", "huge", "a point", "outside", "around"],
)
def test_any_outline_can_be_drawn(kind: MarkKind, outline: Floats) -> None:
    spot = DrawnSpot(outline, Verdict.FAIL, "A", "W" * 500)
    mark = DrawnMark(kind, "id" * 50, Verdict.FAIL, (outline,), "W" * 500 + "\x1b🙂", (outline,), (spot,))
    assert drawn(mark, verdict=Verdict.FAIL).any()


def test_a_thousand_defects_have_all_their_outlines_and_few_words() -> None:
    places = np.random.default_rng(4).uniform((220, 220), (1150, 850), (1000, 2))
    spots = tuple(DrawnSpot(box(x, y, 30, 5), Verdict.FAIL, "A", "pit") for x, y in places)
    mark = DrawnMark(MarkKind.SURFACE, "9", Verdict.FAIL, (FACE,), "1000 defects", (), spots)
    assert near(drawn(mark, verdict=Verdict.FAIL), RED).sum() > 30_000


@pytest.mark.parametrize(
    ("read", "verdict", "words"),
    [
        ("010761234567890021B1", Verdict.FAIL, "010761234567890021B1"),
        ("", Verdict.UNDECIDED, "nothing read"),
        (None, Verdict.ERROR, "not measured"),
        (None, Verdict.PASS, "as ordered"),
    ],
)
def test_the_panel_says_what_was_read(read: str | None, verdict: Verdict, words: str) -> None:
    items = answered(verdict, verdict, verdict, read=read)
    assert value_of(items[0]) == words
    drawn(verdict=verdict, items=items)


def test_a_text_of_ten_thousand_characters_has_its_room() -> None:
    drawn(verdict=Verdict.FAIL, items=answered(Verdict.FAIL, Verdict.FAIL, Verdict.FAIL, read="W" * 10_000))
