"""An order out as QIF and in again: the same characteristics, the same limits, the same geometry."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from station.genealogy.exports.qif import make
from station.genealogy.store import Genealogy
from station.order.geometry import ContourFeature, Feature, outlines_of, polygon
from station.order.model import Characteristic, Order
from station.order.qif.plan import ImportedPlan, Wanted, import_plan
from station.order.read import parse_order
from station.twin.demo import demo_cases
from station.twin.demo_case import DemoCase

from .qif_records import committed, everything, inspection


def asked(one: Characteristic) -> tuple[Any, ...]:
    """A characteristic but for how its limits were said (a fit becomes its deviations)."""
    limits = (one.limits.nominal, one.limits.lower, one.limits.upper)
    how = (one.modifier, one.association, one.view, one.symbology, one.expected, one.of, one.ball_mm)
    how += (one.gs1, one.identity, one.arc, one.direction_deg, one.height_mm)
    return (one.id, one.type, one.features, one.datums, limits, one.unit, how, one.region, one.max_defect_mm)


def again(genealogy: Genealogy, order: Order, **wanted: Any) -> ImportedPlan:
    data = make(committed(genealogy, order, inspection(order, "ERROR")))
    return import_plan(data, Wanted(order.part.serial, **wanted), "plan.qif")


def assert_same(order: Order, imported: ImportedPlan) -> None:
    assert imported.not_taken == ()
    assert imported.order is not None
    found = imported.order
    assert [asked(one) for one in found.characteristics] == [asked(one) for one in order.characteristics]
    assert found.datums == order.datums
    assert found.decision == order.decision
    assert found.part == order.part
    assert (found.order_id, found.customer_reference) == (order.order_id, order.customer_reference)
    assert found.operation == order.operation
    assert found.geometry.edges == order.geometry.edges
    assert found.geometry.edge == order.geometry.edge
    assert set(found.geometry.features) == set(order.geometry.features)
    for name, feature in order.geometry.features.items():
        assert_same_shape(feature, found.geometry.features[name])


def assert_same_shape(one: Feature, other: Feature) -> None:
    assert type(one) is type(other)
    if type(one) is ContourFeature:
        assert isinstance(other, ContourFeature)
        assert len(one.outlines) == len(other.outlines)
        for a, b in zip(one.outlines, sorted_like(other, one), strict=True):
            assert a.closed == b.closed
            assert a.length_mm == pytest.approx(b.length_mm, rel=2e-3)
            assert farthest(polygon(a, 1e-4), polygon(b, 1e-4)) < 3e-4  # chords of CHORD_ERROR_MM
        return
    for a, b in zip(outlines_of(one), outlines_of(other), strict=True):
        ends = [[*piece.start_mm, *piece.end_mm] for piece in a.segments]
        assert np.allclose(ends, [[*piece.start_mm, *piece.end_mm] for piece in b.segments], atol=2e-9)
        assert a.length_mm == pytest.approx(b.length_mm, abs=2e-8)


def sorted_like(contour: ContourFeature, other: ContourFeature) -> list[Any]:
    """The outlines of a contour, each where the other has the one nearest to it."""

    def middle(outline: Any) -> Any:
        return polygon(outline, 1e-3).mean(axis=0)

    return [
        min(contour.outlines, key=lambda one: math.dist(middle(one), middle(outline))) for outline in other.outlines
    ]


def farthest(points: Any, corners: Any) -> float:
    """How far the farthest of the points is from a closed polygon."""
    start, step = corners, np.roll(corners, -1, axis=0) - corners
    along = np.einsum("pcx,cx->pc", points[:, None] - start, step) / np.maximum((step**2).sum(axis=1), 1e-30)
    foot = start + np.clip(along, 0.0, 1.0)[..., None] * step
    return float(np.linalg.norm(points[:, None] - foot, axis=2).min(axis=1).max())


def test_every_type_of_characteristic_comes_back(genealogy: Genealogy):
    assert_same(everything(), again(genealogy, everything()))


@pytest.mark.parametrize(
    ("case", "whole"),
    [(case, number % 2 == 1) for number, case in enumerate(demo_cases())],
    ids=lambda given: given.serial if isinstance(given, DemoCase) else f"whole={given}",
)
def test_every_order_of_the_demo_comes_back(genealogy: Genealogy, case: DemoCase, whole: bool):
    drawing = case.drawing.encode() if case.drawing else None
    order = parse_order(case.document, None, case.serial, drawing=drawing)
    imported = again(genealogy, order, whole=whole)
    assert_same(order, imported)
    assert imported.order is not None
    assert imported.order.geometry.partial is not whole


def test_what_is_imported_can_be_exported_and_imported_again(genealogy: Genealogy):
    first = again(genealogy, everything()).order
    assert first is not None
    assert_same(first, again(genealogy, first))


def test_the_order_says_every_digit(genealogy: Genealogy):
    found = again(genealogy, everything()).order
    assert found is not None
    assert b"0.1234567890123, -0.00001" in found.document
    assert found.part.serial.encode() in found.document
