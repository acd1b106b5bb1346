from __future__ import annotations

import math
from typing import Any

import pytest

from station.errors import OrderError
from station.order.geometry import ContourFeature, Silhouette, signed_area_mm2

from .builders import PLATE, arc, box, circle, drawn, line, needs_plate, order, parse, square


def outline(*features: dict[str, Any], drawing: bytes | None = None, **geometry: Any) -> Silhouette | None:
    if drawing is not None:
        geometry["drawing"] = "x.dxf"
    return parse(order(list(features), **geometry), drawing=drawing).geometry.silhouette


def areas(silhouette: Silhouette | None) -> tuple[list[float], list[float]]:
    assert silhouette is not None
    outer = [signed_area_mm2(one) for one in silhouette.outer]
    return sorted(outer), sorted(signed_area_mm2(one) for one in silhouette.openings)


def test_lines_and_a_hole() -> None:
    outer, openings = areas(outline(*square(), circle("H", "inner", [5, 5], 2)))
    assert outer == pytest.approx([100])
    assert openings == pytest.approx([-math.pi])


def test_edges_in_any_sequence_and_direction() -> None:
    edges = square()
    edges[1] = line("E2", [10, 10], [10, 0], "right")
    assert areas(outline(edges[2], edges[0], edges[3], edges[1]))[0] == pytest.approx([100])


def test_a_slot_of_lines_and_arcs() -> None:
    slot = [
        line("L1", [0, -2], [10, -2]),
        arc("A1", "outer", [10, 0], 2, -90, 90),
        line("L2", [0, 2], [10, 2], "right"),
        arc("A2", "outer", [0, 0], 2, 90, 270),
    ]
    assert areas(outline(*slot))[0] == pytest.approx([40 + math.pi * 4])
    slot[1] = arc("A1", "inner", [10, 0], 2, -90, 90)
    with pytest.raises(OrderError, match="'A1' is written as the edge of an opening"):
        outline(*slot)


def test_an_opening_of_lines() -> None:
    window = [
        line(f"W{n}", [a + 4 for a in one["start"]], [b + 4 for b in one["end"]], "right")
        for n, one in enumerate(square(2))
    ]
    outer, openings = areas(outline(*square(), *window))
    assert (outer, openings) == (pytest.approx([100]), pytest.approx([-4]))
    window[2]["material"] = "left"
    with pytest.raises(OrderError, match="'W2' is written as an outer edge"):
        outline(*square(), *window)


def test_an_auxiliary_line_dangles() -> None:
    silhouette = outline(*square(), line("AXIS", [0, 0], [5, 5]))
    assert areas(silhouette)[0] == pytest.approx([100])


@pytest.mark.parametrize(
    ("features", "part"),
    [
        (
            square()[:3],
            r"does not close: .* 'E3' at \(0.000, 10.000\) .* 'E1' at \(0.000, 0.000\) .* 10.0000 mm; .*partial",
        ),
        ([line("L", [0, 0], [1, 0])], "does not close"),
        ([circle("H", "inner", [0, 0], 2)], "'H' is written as the edge of an opening, .* 'partial': true"),
        ([*square()[:3], line("E4", [0, 10], [0, 0.1])], r"gap of 0.1000 mm; "),
        ([*square()[:3], line("E4", [0, 10], [0, 0.1]), circle("H", "inner", [5, 5], 2)], r"E4.* gap of 0.1000 mm"),
        ([circle("A", "outer", [0, 0], 2), circle("B", "outer", [1, 0], 2)], "cross"),
        ([circle("A", "outer", [0, 0], 5), circle("B", "outer", [1, 0], 2)], "'B' is written as an outer edge"),
    ],
)
def test_contradictions(features: list[dict[str, Any]], part: str) -> None:
    with pytest.raises(OrderError, match=part) as caught:
        outline(*features)
    assert caught.value.place == "geometry.features"


def test_partial_keeps_the_written_sides() -> None:
    assert outline(line("L", [0, 0], [1, 0]), partial=True) is None
    outer, openings = areas(outline(circle("H", "inner", [0, 0], 2), line("L", [5, 0], [9, 0]), partial=True))
    assert (outer, openings) == ([], pytest.approx([-math.pi]))


def plain(document: Any) -> None:
    box(document.modelspace(), 0, 0, 20, 20, layer="OUTLINE")
    document.modelspace().add_circle((5, 5), 2, dxfattribs={"layer": "HOLES"})


def test_drawing_and_written_circles() -> None:
    data = drawn(plain)
    same, more = circle("H1", "inner", [5.001, 5], 4), circle("H2", "inner", [15, 15], 2)
    outer, openings = areas(outline(same, more, drawing=data))
    assert outer == pytest.approx([400])
    assert openings == pytest.approx([-math.pi * 4, -math.pi])
    with pytest.raises(OrderError, match="'H1' is outer, but in the drawing it is inner"):
        outline(circle("H1", "outer", [5, 5], 4), drawing=data)


def test_written_edges_agree_with_the_drawing() -> None:
    data = drawn(plain)
    bottom = line("E", [2, 0], [18, 0])
    assert areas(outline(bottom, drawing=data))[0] == pytest.approx([400])
    with pytest.raises(OrderError, match="material of 'E' on its other side"):
        outline({**bottom, "material": "right"}, drawing=data)
    with pytest.raises(OrderError, match="material of 'A' on its other side"):
        outline(arc("A", "outer", [5, 5], 2, 0, 90), drawing=data)
    assert outline(arc("A", "inner", [5, 5], 2, 0, 90), line("FREE", [0, 1], [9, 1]), drawing=data) is not None


def test_contours_by_layer() -> None:
    features = [
        {"id": "O", "type": "contour", "layer": "outline"},
        {"id": "H", "type": "contour", "layer": "HOLES", "from": "drawing"},
        {"id": "ALL", "type": "contour", "from": "drawing"},
    ]
    geometry = parse(order(features, drawing="x.dxf"), drawing=drawn(plain)).geometry
    found = {name: feature for name, feature in geometry.features.items() if isinstance(feature, ContourFeature)}
    assert {name: len(feature.outlines) for name, feature in found.items()} == {"O": 1, "H": 1, "ALL": 2}
    assert signed_area_mm2(found["O"].outlines[0]) == pytest.approx(400)
    assert signed_area_mm2(found["H"].outlines[0]) == pytest.approx(-math.pi * 4)
    with pytest.raises(OrderError, match="nothing on layer 'X'; its layers are 'HOLES', 'OUTLINE'") as caught:
        parse(order([{"id": "O", "type": "contour", "layer": "X"}], drawing="x.dxf"), drawing=drawn(plain))
    assert caught.value.place == "geometry.features[0].layer"
    with pytest.raises(OrderError, match="names its 'layer'"):
        parse(order([{"id": "O", "type": "contour"}], drawing="x.dxf"), drawing=drawn(plain))


def test_a_layer_that_is_part_of_a_contour_gives_an_open_run() -> None:
    def draw(document: Any) -> None:
        model = document.modelspace()
        model.add_line((10, 10), (10, 0), dxfattribs={"layer": "EDGE"})
        model.add_line((10, 10), (0, 10), dxfattribs={"layer": "EDGE"})
        model.add_lwpolyline([(0, 10), (0, 0), (10, 0)], dxfattribs={"layer": "REST"})

    features = [{"id": "E", "type": "contour", "layer": "EDGE"}]
    feature = parse(order(features, drawing="x.dxf"), drawing=drawn(draw)).geometry.features["E"]
    assert isinstance(feature, ContourFeature)
    (run,) = feature.outlines
    assert not run.closed
    assert [segment.start_mm for segment in run.segments] == [(10, 0), (10, 10)]  # up, then left: material on the left


@pytest.mark.parametrize("how", ["geometry", "features", "item"])
def test_everything_from_the_drawing(how: str) -> None:
    document = order([], {"type": "diameter", "feature": "CIRCLE-1", "general": "ISO 2768-f"}, drawing="x.dxf")
    if how == "geometry":
        document["geometry"]["from"] = "drawing"
    elif how == "features":
        document["geometry"]["features"] = {"from": "drawing"}
    else:
        document["geometry"]["features"] = [{"from": "drawing"}]
    read = parse(document, drawing=drawn(plain))
    names = ["CIRCLE-1", "LINE-1", "LINE-2", "LINE-3", "LINE-4", "CONTOUR-1", "CONTOUR-2"]
    assert list(read.geometry.features) == names
    assert read.characteristics[0].limits.nominal == 4
    assert areas(read.geometry.silhouette)[1] == pytest.approx([-math.pi * 4])


def test_one_item_of_the_drawing_under_another_name() -> None:
    item = {"id": "BORE", "type": "circle", "from": "drawing", "entity": "CIRCLE-1"}
    read = parse(
        order([item], {"type": "roundness", "feature": "BORE", "tolerance": 1}, drawing="x.dxf"), drawing=drawn(plain)
    )
    assert read.geometry.features["BORE"].id == "BORE"
    for change, key, part in (
        ({"entity": "CIRCLE-9"}, ".entity", "no 'CIRCLE-9'"),
        ({"type": "line"}, ".type", "not a line"),
    ):
        with pytest.raises(OrderError, match=part) as caught:
            parse(order([{**item, **change}], drawing="x.dxf"), drawing=drawn(plain))
        assert caught.value.place == "geometry.features[0]" + key
    with pytest.raises(OrderError, match="already used") as caught:
        parse(
            order([circle("CIRCLE-1", "inner", [5, 5], 4), {"from": "drawing"}], drawing="x.dxf"), drawing=drawn(plain)
        )
    assert caught.value.place == "geometry.features[1].from"


@needs_plate
def test_the_plate_silhouette() -> None:
    read = parse(order([], drawing="plate.dxf"), PLATE.parent)
    outer, openings = areas(read.geometry.silhouette)
    assert openings == pytest.approx([-math.pi * 56.25] * 3)
    assert len(outer) == 1
