from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ezdxf
import pytest

from station.errors import DrawingError
from station.order.drawing import Contour, Drawing, read_drawing
from station.order.drawn import drawn_items
from station.order.geometry import ArcSegment, LineSegment, signed_area_mm2

from .builders import PLATE, box, drawn, needs_plate


def read(draw: Callable[[Any], object], **options: Any) -> Drawing:
    """The drawing of what `draw` adds to the model space."""
    return read_drawing(drawn(lambda document: draw(document.modelspace())), **options)


def area(contour: Contour) -> float:
    return signed_area_mm2(contour.outline())


def areas(drawing: Drawing) -> list[float]:
    return sorted((area(contour) for contour in drawing.closed), key=abs)


@needs_plate
def test_the_plate() -> None:
    drawing = read_drawing(PLATE.read_bytes())
    assert drawing.layers == {"interior_loops": "INTERIOR_LOOPS", "outer_loop": "OUTER_LOOP"}
    outer = [contour for contour in drawing.closed if contour.outer]
    assert [len(contour.path) for contour in outer] == [6]
    assert sorted(type(step.segment).__name__ for step in outer[0].path) == ["ArcSegment"] * 5 + ["LineSegment"]
    holes = [contour for contour in drawing.closed if not contour.outer]
    assert [area(hole) for hole in holes] == pytest.approx([-math.pi * 7.5**2] * 3)
    items = {item.id: item for item in drawn_items(drawing)}
    assert [items[f"CIRCLE-{n}"].middle_mm for n in (1, 2, 3)] == [(0.0, 15.0), (20.0, 98.0), (110.0, 15.0)]
    assert [items[f"ARC-{n}"].size for n in range(1, 6)] == pytest.approx([95, 55, 15, 15, 15])
    assert items["LINE-1"].size == 110
    assert len(items["CONTOUR-1"].feature.outlines[0].segments) == 6
    assert set(items) == {
        *(f"CIRCLE-{n}" for n in (1, 2, 3)),
        *(f"ARC-{n}" for n in (1, 2, 3, 4, 5)),
        *(f"CONTOUR-{n}" for n in (1, 2, 3, 4)),
        "LINE-1",
    }


def test_material_is_left_whatever_way_it_was_drawn() -> None:
    def draw(model: Any) -> None:
        model.add_lwpolyline([(0, 0), (0, 10), (10, 10), (10, 0)], close=True)  # clockwise
        model.add_line((4, 2), (2, 2))
        model.add_line((4, 4), (4, 2))
        model.add_line((2, 4), (2, 2))
        model.add_line((2, 4), (4, 4))
        model.add_circle((3, 3), 0.5)  # an island in the opening

    assert areas(read(draw)) == pytest.approx([math.pi / 4, -4, 100])


def test_bulges_are_exact_arcs() -> None:
    slot = [(0, 0, 0), (10, 0, 1), (10, 4, 0), (0, 4, 1)]
    for add in ("add_lwpolyline", "add_polyline2d"):
        drawing = read(lambda model, add=add: getattr(model, add)(slot, format="xyb", close=True))
        (contour,) = drawing.closed
        arcs = [step.segment for step in contour.path if isinstance(step.segment, ArcSegment)]
        assert sorted(arc.center_mm for arc in arcs) == [pytest.approx((0, 2)), pytest.approx((10, 2))]
        assert [arc.radius_mm for arc in arcs] == pytest.approx([2, 2])
        assert area(contour) == pytest.approx(40 + math.pi * 4)


def test_a_circle_of_arcs_is_a_circle() -> None:
    def draw(model: Any) -> None:
        model.add_arc((1, 2), 5, 0, 100)
        model.add_arc((1, 2), 5, 100, 360)

    (contour,) = read(draw).closed
    (step,) = contour.path
    assert step.segment == ArcSegment((1.0, 2.0), 5.0, 0.0, 360.0)


def test_curves_stay_within_the_chord_error() -> None:
    ellipse = read(lambda model: model.add_ellipse((0, 0), (10, 0), 0.5)).closed[0]
    assert area(ellipse) == pytest.approx(math.pi * 50, rel=5e-5)
    for step in ellipse.path:
        assert isinstance(step.segment, LineSegment)
        (x0, y0), (x1, y1) = step.segment.start_mm, step.segment.end_mm
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        assert abs(math.hypot(x / 10, y / 5) - 1) * 10 < 0.0005
        assert not step.exact

    def spline(model: Any) -> None:
        model.add_rational_spline(  # a quarter of the unit circle, exactly
            [(5, 0), (5, 5), (0, 5)], weights=[1, math.sqrt(0.5), 1], degree=2, knots=[0, 0, 0, 1, 1, 1]
        )
        model.add_line((0, 5), (0, 0))
        model.add_line((0, 0), (5, 0))

    (contour,) = read(spline).closed
    for step in contour.path:
        if not step.exact:
            (x0, y0), (x1, y1) = step.segment.start_mm, step.segment.end_mm
            assert math.hypot(x0, y0) == pytest.approx(5, abs=1e-9)
            assert 5 - math.hypot((x0 + x1) / 2, (y0 + y1) / 2) < 0.00021


@pytest.mark.parametrize(("units", "size"), [(1, 25.4), (4, 1.0), (5, 10.0), (6, 1000.0), (9, 0.0254), (13, 0.001)])
def test_units(units: int, size: float) -> None:
    data = drawn(lambda document: document.modelspace().add_circle((0, 0), 9), insunits=units)
    assert read_drawing(data).closed[0].path[0].segment.length_mm == pytest.approx(18 * math.pi * size)


@pytest.mark.parametrize("units", [0, None])
def test_units_by_measurement(units: int | None) -> None:
    for measurement, size in ((0, 25.4), (1, 1.0)):

        def draw(document: Any, measurement: int = measurement) -> None:
            document.header["$MEASUREMENT"] = measurement
            document.modelspace().add_circle((0, 0), 1)

        segment = read_drawing(drawn(draw, insunits=units)).closed[0].path[0].segment
        assert segment.length_mm == pytest.approx(2 * math.pi * size)


def test_units_nobody_draws_parts_in() -> None:
    data = drawn(lambda document: document.modelspace().add_circle((0, 0), 1), insunits=18)
    with pytest.raises(DrawingError, match="INSUNITS 18"):
        read_drawing(data)


def test_what_is_left_out() -> None:
    def draw(document: Any) -> None:
        model = document.modelspace()
        for name in ("OFF", "FROZEN", "AXES", "REAL"):
            document.layers.add(name)
        document.layers.get("OFF").off()
        document.layers.get("FROZEN").freeze()
        document.layers.get("AXES").dxf.linetype = "CENTER"
        model.add_circle((0, 0), 10, dxfattribs={"layer": "REAL"})
        model.add_circle((0, 0), 9, dxfattribs={"layer": "OFF"})
        model.add_circle((0, 0), 8, dxfattribs={"layer": "FROZEN"})
        model.add_circle((0, 0), 7, dxfattribs={"layer": "Defpoints"})
        model.add_circle((0, 0), 6, dxfattribs={"layer": "AXES"})
        model.add_circle((0, 0), 5, dxfattribs={"linetype": "HIDDEN"})
        model.add_circle((0, 0), 4, dxfattribs={"linetype": "PHANTOM2"})
        model.add_circle((0, 0), 3, dxfattribs={"invisible": 1})
        model.add_circle((0, 0), 2, dxfattribs={"layer": "AXES", "linetype": "CONTINUOUS"})
        model.add_text("Ø20")
        model.add_point((1, 1))
        model.add_linear_dim(base=(0, 15), p1=(-10, 0), p2=(10, 0)).render()
        document.layout("Layout1").add_circle((0, 0), 1)

    drawing = read_drawing(drawn(draw))
    assert [contour.path[0].segment.length_mm / math.tau for contour in drawing.closed] == pytest.approx([2, 10])
    assert drawing.left_out == 7


def test_blocks() -> None:
    def draw(document: Any) -> None:
        inner = document.blocks.new("INNER", base_point=(1, 0))
        inner.add_arc((1, 0), 1, 0, 180)
        inner.add_line((0, 0), (2, 0))
        outer = document.blocks.new("OUTER")
        outer.add_blockref("INNER", (0, 0), dxfattribs={"xscale": 2, "yscale": 2, "zscale": 2, "rotation": 90})
        model = document.modelspace()
        box(model, -50, -50, 100, 100)
        model.add_blockref("OUTER", (10, 0), dxfattribs={"xscale": -1, "layer": "HALF"})
        model.add_blockref("INNER", (-30, 0), dxfattribs={"column_count": 3, "column_spacing": 3, "layer": "HALF"})

    drawing = read_drawing(drawn(draw))
    assert areas(drawing) == pytest.approx([-math.pi / 2] * 3 + [-math.pi * 2, 10000])
    half = next(contour for contour in drawing.closed if area(contour) == pytest.approx(-math.pi * 2))
    (arc,) = (step.segment for step in half.path if isinstance(step.segment, ArcSegment))
    middle = math.radians(arc.start_deg + arc.sweep_deg / 2)
    assert arc.center_mm == pytest.approx((10, 0))
    assert (math.cos(middle), math.sin(middle)) == pytest.approx((1, 0))  # rotated to the left, mirrored to the right
    assert half.path[0].layers == {"half"}


def test_unevenly_scaled_blocks_become_chords() -> None:
    def draw(document: Any) -> None:
        document.blocks.new("C").add_circle((0, 0), 1)
        document.modelspace().add_blockref("C", (0, 0), dxfattribs={"xscale": 4, "yscale": 2})

    (contour,) = read_drawing(drawn(draw)).closed
    assert area(contour) == pytest.approx(math.pi * 8, rel=1e-4)


def test_seen_from_below() -> None:
    below = {"extrusion": (0, 0, -1)}

    def draw(model: Any) -> None:
        model.add_arc((-5, 0), 2, 0, 90, dxfattribs=below)  # in the plane: centre (5, 0), from 90° to 180°
        model.add_line((5, 2), (5, 0))
        model.add_line((5, 0), (3, 0))
        model.add_circle((-20, 0), 1, dxfattribs=below)
        model.add_lwpolyline([(-30, 0, 1), (-34, 0, 1)], format="xyb", close=True, dxfattribs=below)

    drawing = read(draw)
    assert areas(drawing) == pytest.approx([math.pi, math.pi, math.pi * 4])
    arcs = [step.segment for c in drawing.closed for step in c.path if isinstance(step.segment, ArcSegment)]
    assert sorted(arc.center_mm for arc in arcs) == [pytest.approx(p) for p in [(5, 0), (20, 0), (32, 0)]]
    with pytest.raises(DrawingError, match="x-y plane"):
        read(lambda model: model.add_circle((0, 0), 1, dxfattribs={"extrusion": (0, 1, 1)}))


def test_ends_that_miss_by_micrometres_still_meet() -> None:
    def draw(model: Any) -> None:
        model.add_line((0, 0), (10, 0.001))
        model.add_line((10.001, 0), (10, 10))
        model.add_line((0, 10.004), (10, 10))
        model.add_line((0, 10), (0.001, 0.001))

    assert areas(read(draw)) == pytest.approx([100], abs=0.05)


def test_lines_drawn_twice_count_once() -> None:
    def draw(model: Any) -> None:
        for layer in ("A", "B"):
            box(model, 0, 0, 10, 10, layer=layer)
        model.add_line((0, 0), (10, 0))
        model.add_circle((5, 5), 2)
        model.add_circle((5, 5), 2)
        model.add_lwpolyline([(3, 5, 1), (7, 5, 1)], format="xyb", close=True)

    drawing = read(draw)
    assert areas(drawing) == pytest.approx([-math.pi * 4, 100])


def test_dangling_lines_do_not_hurt_and_stay_open() -> None:
    def draw(model: Any) -> None:
        box(model, 0, 0, 10, 10)
        model.add_line((10, 10), (20, 20))
        model.add_line((30, 0), (40, 0))

    drawing = read(draw)
    assert areas(drawing) == pytest.approx([100])
    assert [len(chain.path) for chain in drawing.open] == [1, 1]


def test_another_layer_that_touches_does_not_branch() -> None:
    def draw(model: Any) -> None:
        box(model, 0, 0, 10, 10, layer="OUTLINE")
        box(model, 10, 10, 5, 5, layer="OTHER")

    assert areas(read(draw)) == pytest.approx([25, 100])


def test_contours_of_several_layers_close() -> None:
    def draw(model: Any) -> None:
        model.add_line((0, 0), (10, 0), dxfattribs={"layer": "BEND"})
        model.add_lwpolyline([(10, 0), (10, 10), (0, 10), (0, 0)], dxfattribs={"layer": "CUT"})

    assert areas(read(draw)) == pytest.approx([100])


@pytest.mark.parametrize(
    ("draw", "part"),
    [
        (lambda model: model.add_line((0, 0), (1, 1)), "no closed contour"),
        (lambda model: None, "no closed contour"),
        (
            lambda model: [box(model, 0, 0, 9, 9), box(model, 9, 9, 5, 5)],
            r"more than two edges meet at \(9.000, 9.000\)",
        ),
        (
            lambda model: [
                model.add_circle((5, 5), 1),
                model.add_lwpolyline([(0, 0), (9, 0), (9, 9), (0, 9), (0, 0.1)]),
            ],
            r"gap of 0.1000 mm at \(0.000, 0.[01]00\)",
        ),
        (lambda model: [model.add_circle((0, 0), 5), model.add_circle((4, 0), 5)], "cross"),
        (lambda model: model.add_lwpolyline([(0, 0), (9, 9), (9, 0), (0, 5)], close=True), "crosses itself near"),
        (lambda model: model.add_circle((10001, 0), 5), "beyond 10,000 mm"),
        (lambda model: model.add_circle((0, 0), 0), "cannot be read"),
        (lambda model: model.add_lwpolyline([(0, 0), (5, 0), (0, 0)], close=True), "encloses nothing"),
    ],
)
def test_refused_drawings(draw: Callable[[Any], object], part: str) -> None:
    with pytest.raises(DrawingError, match=part):
        read(draw)


def test_partial_drawings_may_stay_open() -> None:
    drawing = read(lambda model: model.add_line((0, 0), (1, 1)), partial=True)
    assert (drawing.closed, len(drawing.open)) == ((), 1)


def test_layers_restrict() -> None:
    def draw(model: Any) -> None:
        box(model, 0, 0, 10, 10, layer="Outline")
        model.add_circle((5, 5), 1, dxfattribs={"layer": "ENGRAVED"})

    assert areas(read(draw, layers=["OUTLINE"])) == pytest.approx([100])
    with pytest.raises(DrawingError, match="nothing on layer 'X'; its layers are 'ENGRAVED', 'Outline'"):
        read(draw, layers=["X"])


def test_files_that_are_no_drawing() -> None:
    good = drawn(lambda document: box(document.modelspace(), 0, 0, 10, 10))
    for data, part in (
        (b"", "not a DXF"),
        (b"\x89PNG\r\n", "not a DXF"),
        (b"AC1027 a DWG", "not a DXF"),
        (good[: len(good) // 2], "cut off"),
        (good[:-5], "cut off"),
        (good.replace(b"LINE", b"LI\nE"), "cannot be read"),
    ):
        with pytest.raises(DrawingError, match=part):
            read_drawing(data)


def test_old_and_binary_drawings(tmp_path: Any) -> None:
    for version in ("R12", "R2000", "R2018"):
        data = drawn(lambda document: box(document.modelspace(), 0, 0, 10, 10), version=version)
        assert areas(read_drawing(data)) == pytest.approx([100])
    document = ezdxf.new("R2010", units=4)
    box(document.modelspace(), 0, 0, 10, 10)
    document.saveas(tmp_path / "b.dxf", fmt="bin")
    data = (tmp_path / "b.dxf").read_bytes()
    assert areas(read_drawing(data)) == pytest.approx([100])
    with pytest.raises(DrawingError, match="cut off"):
        read_drawing(data[:-10])


def test_the_smallest_drawing_without_header() -> None:
    data = b"0\nSECTION\n2\nENTITIES\n0\nCIRCLE\n8\n0\n10\n1.0\n20\n2.0\n40\n3.0\n0\nENDSEC\n0\nEOF\n"
    (contour,) = read_drawing(data).closed
    assert contour.path[0].segment == ArcSegment((1.0, 2.0), 3.0, 0.0, 360.0)


def test_bombs_are_refused_quickly() -> None:
    def nested(document: Any) -> None:
        for depth in range(10):
            block = document.blocks.new(f"B{depth}")
            for number in range(10):
                if depth:
                    block.add_blockref(f"B{depth - 1}", (number, 0))
                else:
                    block.add_line((0, 0), (1, number + 1))
        document.modelspace().add_blockref("B9", (0, 0))

    def recursive(document: Any) -> None:
        document.blocks.new("A").add_blockref("B", (0, 0))
        document.blocks.new("B").add_blockref("A", (0, 0))
        document.modelspace().add_blockref("A", (0, 0))

    def grid(document: Any) -> None:
        document.blocks.new("A").add_circle((0, 0), 1)
        counts = {"column_count": 32767, "row_count": 32767, "column_spacing": 0, "row_spacing": 1}
        document.modelspace().add_blockref("A", (0, 0), dxfattribs=counts)

    for draw, part in ((nested, "entities allowed"), (recursive, "nested more than 16"), (grid, "entities allowed")):
        with pytest.raises(DrawingError, match=part):
            read_drawing(drawn(draw))
    many = b"  0\nSECTION\n  2\nENTITIES\n" + b"  0\nLINE\n  8\n0\n" * 200_000 + b"  0\nENDSEC\n  0\nEOF\n"
    with pytest.raises(DrawingError, match="records allowed"):
        read_drawing(many)
