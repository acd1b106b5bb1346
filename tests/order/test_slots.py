"""Slots as orders write them: their shape, their parts, and what cannot be."""

from __future__ import annotations

import math
from typing import Any

import pytest

from station.errors import OrderError
from station.order.geometry import signed_area_mm2
from station.order.slots import SlotFeature

from .builders import circle, drawn, order, parse, size, square, zone

SLOT: dict[str, Any] = {
    "id": "S1", "type": "slot", "side": "inner", "center": [5, 5], "length": 4, "width": 1.5, "angle": 25,
}  # fmt: skip
WIDTH = {"type": "width", "feature": "S1", "fit": "H9"}


@pytest.mark.parametrize("side", ["inner", "outer"])
@pytest.mark.parametrize(("ends", "area"), [("round", 2.5 * 1.5 + math.pi * 0.75**2), ("square", 4 * 1.5)])
def test_its_outline_has_its_shape_and_its_parts(side: str, ends: str, area: float):
    slot = {**SLOT, "side": side, "ends": ends}
    read = parse(
        order([*square(), slot] if side == "inner" else [slot], {**WIDTH, "fit": "H9" if side == "inner" else "h9"})
    )
    feature = read.geometry.features["S1"]
    assert isinstance(feature, SlotFeature)
    outlines = read.geometry.silhouette
    assert outlines is not None
    outline = outlines.openings[0] if side == "inner" else outlines.outer[0]
    assert signed_area_mm2(outline) == pytest.approx(area if side == "outer" else -area, rel=1e-12)
    for one, other in zip(outline.segments, [*outline.segments[1:], outline.segments[0]], strict=True):
        assert one.end_mm == pytest.approx(other.start_mm, abs=1e-12)
    assert [part.id for part in feature.parts] == ["S1.left", "S1.right", "S1.start", "S1.end"]
    left, right = feature.sides
    c, s = math.cos(math.radians(25)), math.sin(math.radians(25))
    for part, wide in ((left, 0.75), (right, -0.75)):
        middle = [(a + b) / 2 - 5 for a, b in zip(part.start_mm, part.end_mm, strict=True)]
        assert middle == pytest.approx([-wide * s, wide * c], abs=1e-12)


def test_its_sizes_need_no_nominal_where_a_standard_has_the_limits():
    read = parse(order([*square(), SLOT], WIDTH, {"type": "length", "feature": "S1", "general": "ISO 2768-f"}))
    width, length = (c.limits for c in read.characteristics)
    assert (str(width.nominal), str(width.lower), str(width.upper)) == ("1.5", "1.500", "1.525")
    assert (str(length.nominal), str(length.lower), str(length.upper)) == ("4", "3.95", "4.05")


def test_parts_can_be_asked_about():
    asked = [
        size("distance", ["S1.start", "S1.end"], 2.5, 0.1), size("radius", "S1.end", 0.75, 0.1),
        zone("roundness", "S1.end", 0.1), zone("straightness", "S1.left", 0.1),
        zone("parallelism", "S1.left", 0.1, "R"),
    ]  # fmt: skip
    read = parse({**order([*square(), SLOT], *asked), "datums": {"R": "S1.right"}})
    assert read.characteristics[0].features == ("S1.start", "S1.end")


FAULTS = [
    ({"length": 1}, WIDTH, "geometry.features[4].length", "a slot is longer than wide, but its length is 1 mm and its"),
    ({"length": 1.5}, WIDTH, "geometry.features[4].length", "as long as wide with round ends it is a circle"),
    ({"width": 0}, WIDTH, "geometry.features[4].width", "larger than 0"),
    ({"length": -4}, WIDTH, "geometry.features[4].length", "larger than 0"),
    ({"width": float("nan")}, WIDTH, "", "not"),
    ({"angle": 1e9}, WIDTH, "geometry.features[4].angle", "at most 720"),
    ({"ends": "pointed"}, WIDTH, "geometry.features[4].ends", ""),
    ({"diameter": 1}, WIDTH, "geometry.features[4].diameter", "not known here"),
    ({"side": "outer"}, {**WIDTH, "fit": "h9"}, "geometry.features", "outer edge, but it lies within the material"),
    ({}, {**WIDTH, "fit": "h9"}, "characteristics[0].fit", "class of a shaft, but the feature is inner"),
    ({}, {**size("width", "S1", 4.0, 0.1)}, "characteristics[0].nominal", "cannot be that of 'S1', which has 1.5 mm"),
    ({}, size("width", ["S1", "E1"], 1.5, 0.1), "characteristics[0].features[0]", "'S1' is a slot"),
    ({}, size("width", "E1", 1.5, 0.1), "characteristics[0].features", "takes two features, or a slot alone, not 1"),
    ({}, size("length", "E1", 1.5, 0.1), "characteristics[0].feature", "length is for a slot, but 'E1' is a line"),
    ({}, {**size("length", "S1", 4, 0.1), "modifier": "GX"}, "characteristics[0].modifier", "not for length"),
    ({}, size("diameter", "S1", 1.5, 0.1), "characteristics[0].feature", "'S1' is a slot"),
    ({}, zone("roundness", "S1", 0.1), "characteristics[0].feature", "'S1' is a slot"),
    ({}, zone("parallelism", "S1.left", 0.1, "S"), "characteristics[0].datum[0]", "'S1' is its own datum 'S'"),
    ({}, zone("position", "C", 0.1, "S", "P", "E"), "characteristics[0].datum", "at most 8 can be used (a slot"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "asked", "place", "part"), FAULTS)
def test_what_cannot_be_is_refused_by_name(change: dict[str, Any], asked: dict[str, Any], place: str, part: str):
    others = [circle("C", "inner", [8.5, 8.5], 1), circle("D", "inner", [1.5, 8.5], 1)]
    document = order([*square(), {**SLOT, **change}, *others], asked)
    datums = {"S": "S1", "P": ["E1", "E2", "E3", "E4"], "E": "D"}
    with pytest.raises(OrderError) as caught:
        parse({**document, "datums": datums})
    assert part in caught.value.sentence
    if place:
        assert caught.value.place == place


def test_the_name_of_a_part_cannot_be_used_again():
    with pytest.raises(OrderError, match=r"'S1\.left' is used twice"):
        parse(order([*square(), SLOT, circle("S1.left", "inner", [8.5, 8.5], 1)], WIDTH))


def test_a_drawn_slot_stays_a_contour_and_a_written_one_may_lie_on_it():
    drawing = drawn(_plate_with_a_slot)
    slot = {**SLOT, "angle": 0}
    read = parse(order([slot], WIDTH, drawing="part.dxf"), drawing=drawing)
    assert read.geometry.silhouette is not None
    assert len(read.geometry.silhouette.openings) == 1
    alone = parse(
        order([], zone("line_profile", "CONTOUR-2", 0.1), drawing="part.dxf", **{"from": "drawing"}), drawing=drawing
    )
    assert not any(isinstance(feature, SlotFeature) for feature in alone.geometry.features.values())
    with pytest.raises(OrderError, match=r"material of 'S1\.left' on its other side"):
        parse(order([{**slot, "side": "outer"}], {**WIDTH, "fit": "h9"}, drawing="part.dxf"), drawing=drawing)


def _plate_with_a_slot(document: Any) -> None:
    space = document.modelspace()
    space.add_lwpolyline([(0, 0), (10, 0), (10, 10), (0, 10)], close=True)
    bulges = [(3.75, 4.25, 0), (6.25, 4.25, 1), (6.25, 5.75, 0), (3.75, 5.75, 1)]
    space.add_lwpolyline(bulges, format="xyb", close=True)
