"""The overlay against what it must show: colour where the fault is and nowhere else, the same picture every time.

The ring's box lies in the middle of the pane and fills it up to the margin, so where its edges are displayed is known
without the overlay's own projection.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from station.cycle.measure import Outcome, inspect_picture
from station.cycle.overlay import draw_overlay
from station.cycle.overlay.bar import axis_of
from station.cycle.overlay.canvas import Canvas, plain
from station.cycle.overlay.deviations import Trace, factor_for
from station.cycle.overlay.draw import HEIGHT, PANE_HEIGHT, PANE_WIDTH, WIDTH
from station.cycle.overlay.palette import AMBER, BLUE, DARK_AMBER, GREEN, RED, Colour
from station.cycle.overlay.placing import Clutter
from station.cycle.overlay.scales import length_words, round_length
from station.cycle.overlay.view import MARGIN, ground, view_of
from station.cycle.overlay.wording import limits_of, name_of, tally, value_of, worst_first
from station.cycle.results import error_items
from station.metrology.camera import CameraModel
from station.metrology.decision import Verdict
from station.metrology.uncertainty import Conditions
from station.order.model import Order
from station.order.read import parse_order
from station.plan.compile import compile_plan
from station.plan.plan import Plan
from station.twin.part import CircleDeviation, Flaw, FlawKind, part_of_order
from station.twin.render import render
from station.twin.scene import Optics, PlacedPart, Pose, Scene
from station.vision.picture import picture_from
from station.vision.refusal import Refusal, Trouble

from ..metrology.calibrations_for_tests import exact_calibration

OPTICS = Optics(width_px=520, height_px=400, mm_per_px=0.02)
OD, ID = 6.0, 4.0
CALIBRATION = exact_calibration(
    CameraModel.similarity(OPTICS.width_px, OPTICS.height_px, OPTICS.mm_per_px, telecentric=True),
    u_scale=2e-5,
    u_edge_px=0.02,
    local_px=0.02,
)
Pixels = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Case:
    pixels: Pixels
    order: Order
    plan: Plan
    outcome: Outcome

    def drawn(self, **changed: Any) -> Pixels:
        """The decoded overlay; `changed` replaces fields of the case."""
        case = replace(self, **changed)
        png = draw_overlay(case.pixels, case.order, case.plan, CALIBRATION, case.outcome)
        return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED))


def ring_order(**part: str) -> Order:
    circles = [("OD", "outer", OD), ("ID", "inner", ID)]
    document = {
        "schema": "order/1",
        "order_id": "MO-1",
        "part": {"serial": "RING-1", **part},
        "geometry": {
            "features": [
                {"id": name, "type": "circle", "side": side, "center": [0, 0], "diameter": diameter}
                for name, side, diameter in circles
            ]
        },
        "datums": {"A": "OD"},
        "characteristics": [
            {"id": "1", "type": "diameter", "feature": "OD", "nominal": OD, "lower_tol": -0.02, "upper_tol": 0.02},
            {"id": "2", "type": "diameter", "feature": "ID", "nominal": ID, "lower_tol": -0.02, "upper_tol": 0.02},
            {"id": "3", "type": "roundness", "feature": "OD", "tolerance": 0.03},
            {"id": "4", "type": "concentricity", "feature": "ID", "datum": ["A"], "tolerance": 0.05},
            {"id": "5", "type": "count", "of": "openings", "nominal": 1},
        ],
    }
    return parse_order(json.dumps(document).encode(), Path(), "order.json")


def ring(*deviations: CircleDeviation, flaws: tuple[Flaw, ...] = ()) -> Case:
    order = ring_order()
    part = part_of_order(order, deviations, flaws)
    scene = Scene(OPTICS, parts=(PlacedPart(part, Pose(0.21, -0.13, 20.0)),))
    pixels = render(scene, np.random.default_rng(5))
    plan = compile_plan(order, CALIBRATION)
    outcome = inspect_picture(order, plan, CALIBRATION, picture_from(pixels), Conditions())
    return Case(pixels, order, plan, outcome)


@pytest.fixture(scope="module")
def good() -> Case:
    case = ring()
    assert case.outcome.verdict is Verdict.PASS, case.outcome.reason
    return case


@pytest.fixture(scope="module")
def good_image(good: Case) -> Pixels:
    return good.drawn()


@pytest.fixture(scope="module")
def too_wide() -> Case:
    case = ring(CircleDeviation("ID", diameter_mm=0.1))
    assert case.outcome.verdict is Verdict.FAIL
    return case


def near(image: Pixels, colour: Colour, within: int = 24) -> NDArray[np.bool_]:
    return np.asarray((np.abs(image.astype(int) - np.array(colour)) <= within).all(axis=-1))


def pane_of(image: Pixels) -> Pixels:
    return image[:PANE_HEIGHT, :PANE_WIDTH]


def radii(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Distances in mm of marked pixels from the ring's middle, which is the pane's."""
    rows, columns = np.nonzero(mask)
    zoom = (1.0 - 2.0 * MARGIN) * PANE_HEIGHT / OD
    return np.asarray(np.hypot(columns - (PANE_WIDTH - 1) / 2, rows - (PANE_HEIGHT - 1) / 2) / zoom)


def test_it_is_a_png_of_fixed_size_and_the_same_every_time(good: Case, good_image: Pixels) -> None:
    before = good.pixels.copy()
    again = draw_overlay(good.pixels, good.order, good.plan, CALIBRATION, good.outcome)
    assert again == draw_overlay(good.pixels.copy(), good.order, good.plan, CALIBRATION, good.outcome)
    assert again.startswith(b"\x89PNG")
    assert good_image.shape == (HEIGHT, WIDTH, 3)
    assert (good.pixels == before).all()


def test_a_part_that_passes_shows_no_warning_colour(good_image: Pixels) -> None:
    image = good_image
    assert near(image, GREEN, 4)[:100, PANE_WIDTH:].mean() > 0.4
    for colour in (RED, AMBER, DARK_AMBER, BLUE):
        assert not near(image, colour).any()


def test_the_feature_that_fails_is_red_where_it_is_and_the_other_is_not(too_wide: Case) -> None:
    image = too_wide.drawn()
    red = near(pane_of(image), RED)
    away = radii(red)
    # the edge is drawn off the drawing by the exaggerated deviation: outwards, as the hole is too wide
    on_hole = (away > ID / 2) & (away < ID / 2 + 0.35)
    assert on_hole.sum() > 2000
    rows, columns = np.nonzero(red)
    left, upper = columns[on_hole] < PANE_WIDTH / 2, rows[on_hole] < PANE_HEIGHT / 2
    for quadrant in (left & upper, left & ~upper, ~left & upper, ~left & ~upper):
        assert quadrant.sum() > 200
    assert ((away > OD / 2 - 0.06) & (away < OD / 2 + 0.06)).mean() < 0.02
    assert near(image, RED, 4)[:100, PANE_WIDTH:].mean() > 0.4


def test_colour_alpha_and_sixteen_bits_show_the_same(good: Case, good_image: Pixels) -> None:
    image = good_image
    bgr = cv2.cvtColor(good.pixels, cv2.COLOR_GRAY2BGR)
    bgra = cv2.cvtColor(good.pixels, cv2.COLOR_GRAY2BGRA)
    for pixels in (bgr, bgra, good.pixels.astype(np.uint16) * 257):
        assert np.abs(good.drawn(pixels=pixels).astype(int) - image).max() <= 2
    with pytest.raises(ValueError, match="8 or 16 bits"):
        good.drawn(pixels=good.pixels.astype(np.float32))


def test_an_opening_too_many_is_ringed(good: Case) -> None:
    at = (0.0, 2.5)
    hole = [(at[0] + 0.15 * np.cos(a), at[1] + 0.15 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 40, endpoint=False)]
    case = ring(flaws=(Flaw(FlawKind.EXTRA_HOLE, tuple(hole)),))
    assert [finding.kind for finding in case.outcome.findings] == ["opening too many"]
    red = near(pane_of(case.drawn()), RED)
    turned = np.radians(20.0)
    zoom = (1.0 - 2.0 * MARGIN) * PANE_HEIGHT / OD
    x = PANE_WIDTH / 2 + zoom * (at[0] * np.cos(turned) - at[1] * np.sin(turned))
    y = PANE_HEIGHT / 2 - zoom * (at[0] * np.sin(turned) + at[1] * np.cos(turned))
    window = red[round(y) - 60 : round(y) + 60, round(x) - 60 : round(x) + 60]
    assert window.sum() > 500


def test_a_refusal_shows_the_picture_as_it_is_with_a_ring_at_the_place(good: Case) -> None:
    refusal = Refusal(Trouble.OUT_OF_FOCUS, "The picture is out of focus.", (130.0, 100.0))
    items = error_items(good.plan, refusal.sentence)
    outcome = Outcome(Verdict.ERROR, refusal.sentence, items, (), (), None, refusal)
    pane = pane_of(good.drawn(outcome=outcome))
    zoom = PANE_WIDTH / OPTICS.width_px
    x, y = 130.5 * zoom, 100.5 * zoom + (PANE_HEIGHT - OPTICS.height_px * zoom) / 2
    rows, columns = np.nonzero(near(pane, BLUE))
    away = np.hypot(columns - x, rows - y)
    assert ((away > 54) & (away < 78)).sum() > 1000
    assert pane.min() < 40  # not dimmed
    nowhere = replace(outcome, refusal=replace(refusal, where_px=None))
    assert not near(pane_of(good.drawn(outcome=nowhere)), BLUE).any()


def test_marks_only_needs_neither_part_nor_calibration(good: Case) -> None:
    code = {"id": "7", "type": "code", "symbology": "datamatrix", "expected": "010761234567890021A1"}
    document = {"schema": "order/1", "order_id": "MO-2", "part": {"serial": "TAG-1"}, "geometry": {}}
    order = parse_order(
        json.dumps({**document, "geometry": {"features": []}, "characteristics": [code]}).encode(), Path(), "order.json"
    )
    plan = compile_plan(order, CALIBRATION)
    items = tuple(replace(item, verdict=Verdict.PASS) for item in error_items(plan, ""))
    outcome = Outcome(Verdict.PASS, "", items, (), (), None, None)
    png = draw_overlay(good.pixels, order, plan, None, outcome)
    image = np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED))
    assert image.shape == (HEIGHT, WIDTH, 3)
    assert not near(image, BLUE).any()
    assert limits_of(items[0]) == "010761234567890021A1"
    assert value_of(items[0]) == "as ordered"


def test_any_text_and_any_number_of_characteristics_can_be_drawn(good: Case) -> None:
    part = replace(good.order.part, serial="Größe\n" + "W" * 120 + "🙂\x07")
    items = tuple(
        replace(i, item=replace(i.item, characteristic=replace(i.item.characteristic, id=f"{'id' * 30}{n}")))
        for n in range(40)
        for i in good.outcome.items
    )
    outcome = replace(good.outcome, items=items, reason="word " * 900)
    assert good.drawn(order=replace(good.order, part=part), outcome=outcome).shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("letter", list("±µØ×°≤≥…äöüÄÖÜßéèàçœ"))
def test_the_built_in_font_has_every_letter_that_is_needed(letter: str) -> None:
    def drawn(text: str) -> Pixels:
        canvas = Canvas(np.zeros((60, 60, 3), np.uint8))
        canvas.text(10, 44, text, 40, (255, 255, 255))
        return canvas.image

    assert drawn(letter).any()
    assert (drawn(letter) != drawn("?")).any()


def test_text_is_cut_and_wrapped_to_its_room() -> None:
    canvas = Canvas(np.zeros((10, 10, 3), np.uint8))
    assert plain("a\tb\n c\x00") == "a b c"
    lines = canvas.wrap("Material is missing (at the left), much of it, " * 9, 26, 400.0, 3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert all(canvas.measure(line, 26) <= 400.0 for line in lines)
    assert canvas.wrap("short", 26, 400.0, 3) == ["short"]
    assert canvas.wrap("", 26, 400.0, 3) == []


def test_words_about_a_characteristic(good: Case, too_wide: Case) -> None:
    by_id = {item.item.characteristic.id: item for item in good.outcome.items}
    assert limits_of(by_id["1"]) == "5.98 … 6.02"
    assert limits_of(by_id["3"]) == "≤ 0.03"
    assert limits_of(by_id["5"]) == "= 1"
    assert name_of(by_id["4"]) == "concentricity ID to A"
    assert value_of(by_id["5"]) == "1"
    assert value_of(by_id["1"]).endswith(" mm")
    ranked = worst_first(too_wide.outcome.items)
    assert ranked[0].item.characteristic.id == "2"
    assert tally(ranked[1:]) == "+ 4 more, all PASS"
    assert tally(ranked) == "+ 5 more: 1 FAIL, 4 PASS"


def test_bars_have_room_beyond_limits(good: Case) -> None:
    by_id = {item.item.characteristic.id: item for item in good.outcome.items}
    size = axis_of(by_id["1"], 100.0, 200.0)
    assert size is not None
    assert size.at(OD) == pytest.approx(200.0)
    assert size.at(99.0) == 300.0
    assert not size.holds(99.0)
    zone = axis_of(by_id["3"], 0.0, 160.0)
    assert zone is not None
    assert zone.at(0.0) == 0.0
    assert zone.at(0.03) == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("largest_px", "extent_px", "factor"),
    [(0.04, 800.0, 100), (0.5, 800.0, 50), (9.0, 800.0, 2), (60.0, 800.0, 1), (0.5, 20.0, 10)],
)
def test_the_exaggeration_is_round_and_keeps_deviations_visible_but_small(
    largest_px: float, extent_px: float, factor: int
) -> None:
    points = np.zeros((3, 2))
    trace = Trace(points, points, np.array([0.0, -largest_px, 0.1 * largest_px]), np.zeros(3, np.int8), (), extent_px)
    assert factor_for([trace]) == factor


def test_scale_bars_are_round() -> None:
    assert [round_length(x) for x in (1.0, 1.99, 2.0, 4.9, 0.05, 37.0)] == pytest.approx([1, 1, 2, 2, 0.05, 20])
    assert [length_words(x) for x in (0.002, 0.05, 0.2, 10.0)] == ["2 µm", "50 µm", "0.2 mm", "10 mm"]


def test_labels_do_not_lie_over_each_other() -> None:
    clutter = Clutter.empty(800, 600)
    places = [clutter.place(np.array([400.0, 300.0]), 120.0, 46.0) for _ in range(16)]
    for number, a in enumerate(places):
        assert 60.0 <= a[0] <= 740.0
        assert 23.0 <= a[1] <= 577.0
        for b in places[:number]:
            assert abs(a[0] - b[0]) >= 120.0 or abs(a[1] - b[1]) >= 46.0


@pytest.mark.parametrize("zoom", [0.2, 0.7, 3.0])
def test_the_ground_lies_where_the_view_says(zoom: float) -> None:
    pixels = np.zeros((600, 800), np.uint8)
    pixels[300:360, 500:560] = 255  # middle at (529.5, 329.5)
    half = 200.0 / zoom
    view = view_of(np.array([[529.5 - half, 329.5 - half], [529.5 + half, 329.5 + half]]), 400, 400, 0.0)
    assert view.zoom == pytest.approx(zoom)
    shown = ground(picture_from(pixels), view, (0.0, 255.0))[..., 0].astype(float)
    inside = np.abs(np.arange(400) - 199.5) < 32.0 * zoom + 12.0
    weight = shown[inside][:, inside]
    axis = np.arange(400)[inside]
    assert (weight.sum(axis=0) * axis).sum() / weight.sum() == pytest.approx(199.5, abs=0.05)
    assert (weight.sum(axis=1) * axis).sum() / weight.sum() == pytest.approx(199.5, abs=0.05)
