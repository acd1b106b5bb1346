"""Which kind of edge every probe looks for, and what is refused because its kind is not known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from station.metrology.calibration import Calibration
from station.metrology.camera import telecentric
from station.metrology.edge_kinds import EdgeKind
from station.order.model import Order
from station.plan.compile import compile_plan
from station.plan.plan import Plan

from ..cycle.scenes_for_measure import order
from ..metrology.calibrations_for_tests import exact_calibration
from ..order.builders import arc, chain, circle, size, zone

PUNCHED, TURNED = EdgeKind("punched", -0.1, 0.01, (0.0,)), EdgeKind("turned", 0.3, 0.01, (0.0, 0.0))
PLAIN = EdgeKind("", 0.1, 0.01, (0.0,))
OUTLINE = chain("E", [[-4.0, -3.0], [4.0, -3.0], [4.0, 2.5], [-4.0, 2.5]])
HOLE = circle("H", "inner", [-2.0, 0.0], 2.0)


def known(*kinds: EdgeKind) -> Calibration:
    return exact_calibration(telecentric(600, 600, 0.02), edges=kinds)


def with_edge(feature: dict[str, Any], kind: str) -> dict[str, Any]:
    return {**feature, "edge": kind}


def plate(edge: str | None = None, hole: str | None = None, all_around: str | None = None) -> Order:
    outline = OUTLINE if edge is None else [with_edge(side, edge) for side in OUTLINE]
    more = {} if all_around is None else {"edge": all_around}
    width = {"id": "W", "type": "width", "features": ["E1", "E3"], "nominal": 5.5, "lower_tol": -0.1, "upper_tol": 0.1}
    return order(
        [*outline, HOLE if hole is None else with_edge(HOLE, hole)], size("diameter", "H", 2.0, 0.1), width, **more
    )


def twice(what: Order, **edges: str) -> Order:
    """The order with its hole under a second name as well, as a drawing's items are under their own."""
    features = what.geometry.features
    other = replace(features["H"], id="HH")
    return replace(what, geometry=replace(what.geometry, features={**features, "HH": other}, edges=edges))


def refusals(plan: Plan) -> list[str]:
    return [item.refusal for item in plan.items]


def kinds(plan: Plan) -> dict[str, int]:
    return {target.id: target.edge for target in plan.targets}


def test_each_feature_and_its_probes_are_of_its_kind() -> None:
    plan = compile_plan(plate("punched", "turned"), known(PUNCHED, TURNED))
    assert refusals(plan) == ["", ""]
    assert kinds(plan) == {"E1": 0, "E2": 0, "E3": 0, "E4": 0, "H": 1}
    assert plan.edges is not None
    for target in plan.targets:
        assert (plan.edges[target.rows] == target.edge).all()


def test_an_order_that_says_nothing_is_measured_with_the_default_kind_or_with_the_only_one() -> None:
    for found in ((PLAIN,), (PUNCHED,)):
        plan = compile_plan(plate(), known(*found))
        assert refusals(plan) == ["", ""]
        assert plan.edges is None
    plan = compile_plan(plate(), known(PLAIN, TURNED))
    assert refusals(plan) == ["", ""]
    assert plan.edges is not None
    assert not plan.edges.any()


def test_an_edge_without_a_kind_beside_others_that_have_one_is_not_of_the_only_kind() -> None:
    plan = compile_plan(plate(None, "punched"), known(PUNCHED))
    assert plan.items[0].refusal == ""
    assert "nobody says of which kind the edge of E1 is" in plan.items[1].refusal
    assert refusals(compile_plan(plate(None, "punched"), known(PLAIN, PUNCHED))) == ["", ""]


def test_an_order_that_says_nothing_is_refused_where_there_are_several_kinds_to_choose_from() -> None:
    plan = compile_plan(plate(), known(PUNCHED, TURNED))
    for refusal in refusals(plan):
        assert "nobody says of which kind the edge" in refusal
        assert "'punched', 'turned'" in refusal


@pytest.mark.parametrize("calibration", [known(), known(PUNCHED), known(PLAIN, PUNCHED)])
def test_a_kind_that_the_calibration_does_not_know_is_refused_by_name_and_the_rest_is_measured(
    calibration: Calibration,
) -> None:
    plan = compile_plan(plate(calibration.kinds[-1].kind, "turned"), calibration)
    assert plan.items[1].refusal == ""
    refusal = plan.items[0].refusal
    assert "the edge of H is of the kind 'turned'" in refusal
    assert "MASTERS.csv" in refusal


def test_a_datum_of_an_unknown_kind_refuses_too() -> None:
    asked = {"id": "P", **zone("position", "H", 0.1, "A", "B")}
    what = order([*(with_edge(side, "ground") for side in OUTLINE), with_edge(HOLE, "turned")], asked,
                 datums={"A": "E1", "B": "E2"})  # fmt: skip
    (item,) = compile_plan(what, known(PUNCHED, TURNED)).items
    assert "the edge of E1 is of the kind 'ground'" in item.refusal


def test_what_the_geometry_says_holds_for_all_that_says_nothing_itself() -> None:
    plan = compile_plan(plate(None, "turned", "punched"), known(PUNCHED, TURNED))
    assert kinds(plan) == {"E1": 0, "E2": 0, "E3": 0, "E4": 0, "H": 1}
    assert plan.edges is not None
    assert set(np.unique(plan.edges)) == {0, 1}


def test_the_kind_belongs_to_the_edge_whatever_it_is_called() -> None:
    """A hole under two names: what one says counts for the other, and so it does for a narrower one on a wider."""
    plan = compile_plan(twice(plate(None, None, "punched"), HH="turned"), known(PUNCHED, TURNED))
    assert kinds(plan)["H"] == 1
    part = with_edge(arc("A", "inner", [-2.0, 0.0], 1.0, 0.0, 120.0), "turned")
    what = order(
        [*OUTLINE, with_edge(HOLE, "punched"), part], size("diameter", "H", 2.0, 0.1), size("radius", "A", 1.0, 0.1),
        edge="punched",
    )  # fmt: skip
    plan = compile_plan(what, known(PUNCHED, TURNED))
    assert "of different kinds ('punched', 'turned')" in plan.items[0].refusal
    assert plan.items[1].refusal == ""
    assert kinds(plan)["A"] == 1


def test_one_edge_that_is_said_to_be_of_two_kinds_is_refused_under_both_names() -> None:
    plan = compile_plan(twice(plate(None, None, "punched"), H="punched", HH="turned"), known(PUNCHED, TURNED))
    assert "one edge, but said to be of two kinds ('punched', 'turned')" in plan.items[0].refusal
    assert plan.items[1].refusal == ""


def test_a_count_does_not_care_how_edges_were_made() -> None:
    what = order([*OUTLINE, with_edge(HOLE, "ground")], {"id": "N", "type": "count", "nominal": 1})
    assert refusals(compile_plan(what, known(PUNCHED, TURNED))) == [""]
