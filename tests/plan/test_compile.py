"""Plans: what is refused by name before the part exists, what is predicted, and that nothing depends on chance."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from station.metrology.calibration import Calibration
from station.metrology.camera import telecentric
from station.metrology.features import Kind
from station.order.model import Order
from station.plan.compile import compile_marks, compile_plan
from station.plan.marks import MarkTarget
from station.plan.plan import Item, Plan
from station.plan.predict import Prediction, predict

from ..metrology.calibrations_for_tests import exact_calibration
from ..order.builders import circle, line, parse, size
from ..order.builders import order as document

MM_PER_PX = 0.01
EXACT = exact_calibration(telecentric(800, 600, MM_PER_PX))


def diameter(feature: str, nominal: float, plus_minus: float = 0.05) -> dict[str, Any]:
    return size("diameter", feature, nominal, plus_minus)


def order(features: list[dict[str, Any]], *asked: dict[str, Any], partial: bool = False, **more: Any) -> Order:
    return parse({**document(features, *asked, **({"partial": True} if partial else {})), **more})


RING = [circle("OD", "outer", [0, 0], 4.0), circle("ID", "inner", [0, 0], 2.0)]
BLOCK = [
    line("B", [-2, -1], [2, -1]), line("R", [2, -1], [2, 1]), line("T", [2, 1], [-2, 1]), line("L", [-2, 1], [-2, -1]),
]  # fmt: skip


def only(plan: Plan) -> Item:
    (item,) = plan.items
    return item


def predicted(what: Order, calibration: Calibration) -> Prediction:
    (one,) = predict(compile_plan(what, calibration), what, calibration)
    return one


def test_a_plain_ring_is_planned_whole() -> None:
    what = order(RING, diameter("OD", 4.0), diameter("ID", 2.0))
    plan = compile_plan(what, EXACT)
    assert plan.refusal == ""
    assert [item.question.type for item in plan.items] == ["diameter", "diameter"]
    assert plan.area_mm2 == pytest.approx(math.pi * 4.0)
    assert plan.size_mm == pytest.approx(4.0 * math.sqrt(2), rel=1e-3)
    assert plan.mm_per_px == pytest.approx(MM_PER_PX)
    assert len(plan.checks) == 2
    assert [check.opening for check in plan.checks] == [False, True]
    for item, prediction in zip(plan.items, predict(plan, what, EXACT), strict=True):
        assert (item.refusal, prediction.warning) == ("", "")
        assert prediction.u is not None
        assert 0.0 < prediction.u < 1e-3


def test_probes_stand_on_the_features_a_pixel_apart_and_look_out_of_the_material() -> None:
    plan = compile_plan(order(RING, diameter("OD", 4.0), diameter("ID", 2.0)), EXACT)
    by_id = {target.id: target for target in plan.targets}
    for name, radius, outward in (("OD", 2.0, 1.0), ("ID", 1.0, -1.0)):
        target = by_id[name]
        away = np.hypot(*target.points_mm.T)
        assert away == pytest.approx(np.full(len(away), radius), abs=1e-9)
        assert (target.normals * target.points_mm).sum(axis=1) == pytest.approx(np.full(len(away), outward * radius))
        assert len(target) == pytest.approx(2 * math.pi * radius / MM_PER_PX, rel=0.02)
        assert target.curvature_per_mm == pytest.approx(np.full(len(away), outward / radius))
        assert (target.kind, target.closed, target.outward) == (Kind.CIRCLE, True, outward)
        # The wall is a millimetre thick: farther than any profile looks.
        assert (target.reach_in_mm >= 0.35).all()


def test_no_probe_stands_on_a_corner_and_a_thin_wall_limits_the_reach() -> None:
    thin = [
        line("B", [-2, 0], [2, 0]), line("R", [2, 0], [2, 0.1]), line("T", [2, 0.1], [-2, 0.1]),
        line("L", [-2, 0.1], [-2, 0]),
    ]  # fmt: skip
    width = {"type": "width", "features": ["B", "T"], "nominal": 0.1, "lower_tol": -0.05, "upper_tol": 0.05}
    plan = compile_plan(order(thin, width), EXACT)
    for target in plan.targets:
        assert np.abs(target.points_mm[:, 0]).max() <= 2.0 - 3.9 * MM_PER_PX
        assert target.reach_in_mm == pytest.approx(np.full(len(target), 0.1), abs=1.01 * MM_PER_PX)
        assert (target.reach_out_mm > 0.35).all()


@pytest.mark.parametrize("diameter_mm", [6.5, 20.0])
def test_a_part_larger_than_the_field_is_refused_with_both_sizes(diameter_mm: float) -> None:
    plan = compile_plan(order([circle("OD", "outer", [0, 0], diameter_mm)], diameter("OD", diameter_mm)), EXACT)
    assert "larger than the field of view (8 × 6 mm)" in plan.refusal
    assert f"{diameter_mm:.4g} × {diameter_mm:.4g} mm" in plan.refusal
    assert only(plan).refusal == plan.refusal


def test_a_long_part_may_lie_along_the_diagonal() -> None:
    def bar(length: float) -> list[dict[str, Any]]:
        x = length / 2
        return [
            line("B", [-x, 0], [x, 0]), line("R", [x, 0], [x, 0.4]), line("T", [x, 0.4], [-x, 0.4]),
            line("L", [-x, 0.4], [-x, 0]),
        ]  # fmt: skip

    width = {"type": "width", "features": ["B", "T"], "nominal": 0.4, "lower_tol": -0.05, "upper_tol": 0.05}
    assert compile_plan(order(bar(9.0), width), EXACT).refusal == ""
    assert compile_plan(order(bar(10.5), width), EXACT).refusal != ""


@pytest.mark.parametrize(("x", "radius_mm"), [(0, 2.2), (3, 1)])
def test_an_edge_that_the_outline_does_not_have_is_refused_by_name(x: float, radius_mm: float) -> None:
    ends = {"start_angle": 0, "end_angle": 90}
    feature = {"id": "A", "type": "arc", "side": "outer", "center": [x, 0], "radius": radius_mm, **ends}
    radius = {"type": "radius", "feature": "A", "nominal": radius_mm, "lower_tol": -0.1, "upper_tol": 0.1}
    plan = compile_plan(order([*RING, feature], radius, diameter("OD", 4.0)), EXACT)
    assert "there is no such edge" in plan.items[0].refusal
    assert plan.items[1].refusal == ""


def test_material_on_the_other_side_is_refused_by_name() -> None:
    plain = order(RING, diameter("OD", 4.0), diameter("ID", 2.0))
    wrong = replace(plain.geometry.features["ID"], side=plain.geometry.features["OD"].side)
    features = {**plain.geometry.features, "ID": wrong}
    plan = compile_plan(replace(plain, geometry=replace(plain.geometry, features=features)), EXACT)
    assert "ID has its material on the other side" in plan.items[1].refusal
    assert plan.items[0].refusal == ""


def test_an_edge_beside_the_outline_is_refused_by_name() -> None:
    plain = order(RING, diameter("OD", 4.0), diameter("ID", 2.0))
    moved = replace(plain.geometry.features["ID"], center_mm=(0.5, 0.0))
    features = {**plain.geometry.features, "ID": moved}
    plan = compile_plan(replace(plain, geometry=replace(plain.geometry, features=features)), EXACT)
    assert "there is no such edge" in plan.items[1].refusal
    assert "ID" in plan.items[1].refusal


@pytest.mark.parametrize(("radius_px", "refused"), [(2.0, True), (2.9, True), (3.1, False), (5.0, False)])
def test_a_radius_below_three_pixels_is_refused(radius_px: float, refused: bool) -> None:
    size = 2 * radius_px * MM_PER_PX
    plan = compile_plan(order([RING[0], circle("H", "inner", [1, 0], size)], diameter("H", size)), EXACT)
    assert ("needs at least 3" in only(plan).refusal) is refused
    assert bool(only(plan).refusal) is refused


def test_a_line_of_a_few_pixels_is_refused_and_the_others_are_measured() -> None:
    chamfered = [
        line("B", [-2, -1], [1.96, -1]), line("C", [1.96, -1], [2, -0.96]), line("R", [2, -0.96], [2, 1]),
        line("T", [2, 1], [-2, 1]), line("L", [-2, 1], [-2, -1]),
    ]  # fmt: skip
    asked = [{"type": "straightness", "feature": name, "tolerance": 0.05} for name in ("C", "B")]
    plan = compile_plan(order(chamfered, *asked), EXACT)
    assert "C is only a few pixels long" in plan.items[0].refusal
    assert plan.items[1].refusal == ""


@pytest.mark.parametrize(
    ("asked", "datums", "sentence"),
    [
        ({"type": "symmetry", "feature": "B", "datum": "A", "tolerance": 0.1}, {"A": "L"}, "alone has no middle"),
        (
            {"type": "symmetry", "features": ["B", "T"], "datum": "A", "tolerance": 0.1},
            {"A": ["L", "R"]},
            "is not that of",
        ),
        ({"type": "angularity", "feature": "R", "datum": "A", "tolerance": 0.1}, {"A": "L"}, ""),
        ({"type": "line_profile", "feature": "R", "datum": "A-B", "tolerance": 0.1}, {"A": "L", "B": "T"}, ""),
        ({"type": "width", "features": ["L", "R"], "modifier": "GN", "limits": [3.9, 4.1]}, {}, ""),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) and "type" in value else "",
)
def test_datum_systems_and_sizes_of_a_block(asked: dict[str, Any], datums: dict[str, Any], sentence: str) -> None:
    what = order(BLOCK, asked, datums=datums)
    item = only(compile_plan(what, EXACT))
    assert sentence in item.refusal if sentence else not item.refusal
    if not sentence:
        assert predict(compile_plan(what, EXACT), what, EXACT)[0].u is not None


@pytest.mark.parametrize(("plus_minus", "never"), [(0.0001, True), (0.05, False)])
def test_a_tolerance_too_narrow_for_the_uncertainty_is_named(plus_minus: float, never: bool) -> None:
    known = replace(EXACT, u_edge_px=0.05)  # u of a diameter 1 µm, T < 3.92 µm can never pass
    what = order(RING, diameter("OD", 4.0, plus_minus))
    assert ("can never PASS" in predicted(what, known).warning) is never
    assert only(compile_plan(what, known)).refusal == ""
    assert predicted(what, known).u is not None
    simple = order(RING, diameter("OD", 4.0, plus_minus), decision={"rule": "simple"})
    assert predicted(simple, known).warning == ""


@pytest.mark.parametrize("u_edge_px", [0.01, 0.05, 0.2])
def test_the_predicted_uncertainty_follows_the_calibration(u_edge_px: float) -> None:
    u = predicted(order(RING, diameter("OD", 4.0)), replace(EXACT, u_edge_px=u_edge_px)).u
    assert u == pytest.approx(2 * u_edge_px * MM_PER_PX, rel=0.1)


def test_the_same_order_gives_the_same_plan() -> None:
    what = order(
        RING, diameter("OD", 4.0), diameter("ID", 2.0), {"type": "roundness", "feature": "OD", "tolerance": 0.1}
    )
    one, other = compile_plan(what, EXACT), compile_plan(what, EXACT)
    assert predict(one, what, EXACT) == predict(other, what, EXACT)
    for a, b in zip(one.targets, other.targets, strict=True):
        assert a.id == b.id
        for field in ("points_mm", "normals", "reach_in_mm", "reach_out_mm", "curvature_per_mm"):
            assert np.array_equal(getattr(a, field), getattr(b, field))
    for p, q in zip((*one.outer, *one.openings), (*other.outer, *other.openings), strict=True):
        assert np.array_equal(p, q)


def test_many_features_are_planned() -> None:
    side = 10
    holes = [
        circle(f"H{n}", "inner", [round(0.3 * (n % side) - 1.35, 3), round(0.3 * (n // side) - 1.35, 3)], 0.16)
        for n in range(side * side)
    ]
    frame = [
        line("B", [-2.6, -2.6], [2.6, -2.6]), line("R", [2.6, -2.6], [2.6, 2.6]), line("T", [2.6, 2.6], [-2.6, 2.6]),
        line("L", [-2.6, 2.6], [-2.6, -2.6]),
    ]  # fmt: skip
    plan = compile_plan(order([*frame, *holes], *(diameter(h["id"], 0.16) for h in holes)), EXACT)
    assert len(plan.items) == side * side
    assert [item.refusal for item in plan.items] == [""] * side * side
    assert len({t.id for t in plan.targets}) == side * side
    # Each hole sees its neighbour a wall of 0.14 mm away.
    assert max(float(t.reach_in_mm.min()) for t in plan.targets) < 0.16


def test_an_order_of_marks_only_needs_no_optics() -> None:
    marks = {
        "schema": "order/1", "order_id": "MO-1", "part": {"serial": "S-1"}, "geometry": {},
        "characteristics": [{"id": "1", "type": "code", "symbology": "datamatrix", "expected": "X"}],
    }  # fmt: skip
    plan = compile_marks(parse(marks))
    assert only(plan).refusal == ""
    assert only(plan).mark == MarkTarget()
    assert plan.targets == ()
