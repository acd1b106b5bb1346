"""One part in several pictures: each characteristic in its own view, and nothing passes for want of a picture."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from station.cycle.examine import examine, needed_views, view_of
from station.cycle.pictures import TakenPicture
from station.metrology.decision import Verdict
from station.order.model import Face, Order
from station.order.read import parse_order
from station.plan.compile import compile_plan
from station.twin.part import CircleDeviation
from station.twin.render import render
from station.twin.scene import Lamp, PlacedPart, Polarity, Pose, Scene

from ..order.builders import chain, circle, size
from .scenes_for_measure import AT_20_C, exact, made, optics, order

SEEN = optics(300, 300)
KNOWN = exact(SEEN)
RING = [circle("OD", "outer", [0, 0], 2.2), circle("ID", "inner", [0, 0], 1.4)]
BACKLIGHT, FRONT = Lamp(), Lamp(0.06, 0.8, Polarity.FRONTLIT)


def ring(*asked) -> Order:
    return order(RING, *(asked or (size("diameter", "OD", 2.2, 0.02), size("diameter", "ID", 1.4, 0.02))))


def taken(view: str, part, lamp: Lamp = BACKLIGHT, face: Face = Face.TOP) -> TakenPicture:
    scene = Scene(SEEN, lamp, (PlacedPart(part, Pose(0.01, 0.02, 30.0), face),))
    return TakenPicture(view, render(scene, np.random.default_rng(1)), b"", ".png", f"{view}.png")


def looked_at(what: Order, *pictures: TakenPicture):
    return examine(what, compile_plan(what, KNOWN), KNOWN, pictures, AT_20_C)


def test_a_good_part_passes_in_the_backlight() -> None:
    what = ring()
    found = looked_at(what, taken("backlight", made(what)))
    assert found.verdict is Verdict.PASS
    assert found.reason == ""
    assert [i.value for i in found.items] == pytest.approx([2.2, 1.4], abs=2e-4)
    assert found.shown is not None
    assert found.shown[0].view == "backlight"


def test_without_any_picture_nothing_is_decided() -> None:
    found = looked_at(ring())
    assert found.verdict is Verdict.ERROR
    assert {i.verdict for i in found.items} == {Verdict.ERROR}
    assert "no picture of the view backlight" in found.reason
    assert found.shown is None


def test_a_characteristic_is_decided_in_its_own_view() -> None:
    od, bore = size("diameter", "OD", 2.2, 0.02), size("diameter", "ID", 1.4, 0.02)
    what = ring(od, {**bore, "view": "front"})
    wide = made(what, CircleDeviation("ID", 0.1))
    assert needed_views(what, ["backlight", "front"]) == ("backlight", "front")
    assert [view_of(c, ["backlight", "front"]) for c in what.characteristics] == ["backlight", "front"]
    found = looked_at(what, taken("backlight", made(what)), taken("front", wide, FRONT))
    assert found.items[0].verdict is Verdict.PASS
    assert found.items[1].verdict is Verdict.FAIL
    assert found.items[1].value == pytest.approx(1.5, abs=1e-3)
    assert found.verdict is Verdict.FAIL


def test_a_text_that_names_no_view_is_read_in_every_light_on_its_face() -> None:
    text = {"id": "8", "type": "text", "expected": "ANNA"}
    lamps = ["backlight", "front", "dark"]
    asked = order([], text)
    assert needed_views(asked, lamps) == ("front", "dark")
    assert needed_views(asked, []) == ("front",)
    named = order([], {**text, "view": "ring"})
    assert needed_views(named, lamps) == ("ring",)


def test_a_view_that_was_not_taken_keeps_the_part() -> None:
    od, bore = size("diameter", "OD", 2.2, 0.02), size("diameter", "ID", 1.4, 0.02)
    what = ring(od, {**bore, "view": "ring"})
    found = looked_at(what, taken("backlight", made(what)))
    assert found.items[0].verdict is Verdict.PASS
    assert found.items[1].verdict is Verdict.ERROR
    assert found.verdict is Verdict.ERROR
    assert "no picture of the view ring" in found.reason


def test_without_a_backlight_the_next_view_serves() -> None:
    what = ring()
    found = looked_at(what, taken("front", made(what), FRONT))
    assert found.verdict is Verdict.PASS
    assert [i.value for i in found.items] == pytest.approx([2.2, 1.4], abs=5e-4)


def test_what_no_station_reads_yet_keeps_the_part() -> None:
    what = ring(size("diameter", "OD", 2.2, 0.02), {"type": "code", "symbology": "datamatrix", "expected": "X"})
    found = looked_at(what, taken("backlight", made(what)))
    assert found.items[0].verdict is Verdict.PASS
    assert found.items[1].verdict is Verdict.ERROR
    assert found.verdict is Verdict.ERROR


def test_an_order_of_marks_only_is_not_passed_without_reading_them() -> None:
    document = {
        "schema": "order/1", "order_id": "MO-1", "part": {"serial": "S-1"}, "geometry": {},
        "characteristics": [{"id": "1", "type": "code", "symbology": "datamatrix", "expected": "X"}],
    }  # fmt: skip
    found = examine(parse_order(json.dumps(document).encode(), None, "o"), None, None, (), AT_20_C)
    assert found.verdict is Verdict.ERROR
    assert found.reason


def test_a_mirrored_part_fails_as_a_whole() -> None:
    corners = [[-1.2, -0.6], [1.2, -0.6], [1.2, 0.2], [0.4, 0.8], [-1.2, 0.8]]
    what = order([*chain("E", corners), circle("H", "inner", [-0.6, 0.2], 0.5)], size("diameter", "H", 0.5, 0.05))
    found = looked_at(what, taken("backlight", made(what), face=Face.BOTTOM))
    assert found.verdict is Verdict.FAIL
    assert "mirrored" in found.reason
    assert found.items[0].verdict is Verdict.ERROR


def test_a_bad_part_says_first_what_is_worst() -> None:
    what = ring()
    found = looked_at(what, taken("backlight", made(what, CircleDeviation("OD", 0.021), CircleDeviation("ID", 0.06))))
    assert found.verdict is Verdict.FAIL
    assert found.items[1].verdict is Verdict.FAIL
    assert "beyond its upper limit" in found.reason
    assert "too near" not in found.reason


def test_the_same_pictures_give_the_same_examination() -> None:
    what = ring()
    picture = taken("backlight", made(what))
    one, other = looked_at(what, picture), looked_at(what, replace(picture))
    assert [(i.value, i.u, i.verdict) for i in one.items] == [(i.value, i.u, i.verdict) for i in other.items]
