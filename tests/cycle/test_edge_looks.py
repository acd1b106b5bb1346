"""Chamfered parts and sharp masters, the one known way to a wrong PASS: pictures of the twin whose truth is known."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from station.cycle.edge_looks import edges_seen
from station.cycle.measure import Outcome, inspect_picture, measure_track
from station.cycle.sight import Sighting, sight
from station.metrology.calibration import Calibration
from station.metrology.decision import Verdict
from station.metrology.edge_look import edge_look
from station.metrology.uncertainty import Conditions
from station.order.model import Order
from station.order.read import parse_order
from station.plan.compile import compile_plan
from station.twin.part import Chamfer, CircleDeviation, part_of_order
from station.twin.render import render
from station.twin.scene import Lamp, PlacedPart, Pose, Scene
from station.vision.picture import Picture, picture_from

from ..cli.small import OPTICS, calibration, ring_order

PIXEL = OPTICS.mm_per_px
SHARP, CHAMFERED = None, Chamfer(2.0 * PIXEL, 0.6)


@cache
def order() -> Order:
    return parse_order(json.dumps(ring_order()).encode(), None, "order")


def taken(seed: int, outer_mm: float = 0.0, chamfer: Chamfer | None = None, psf: float | None = None) -> Picture:
    rng = np.random.default_rng(seed)
    part = replace(part_of_order(order(), (CircleDeviation("OD", outer_mm),)), chamfer=chamfer)
    pose = Pose(*(rng.uniform(-0.1, 0.1, 2)).tolist(), float(rng.uniform(0.0, 360.0)))
    optics = OPTICS if psf is None else replace(OPTICS, psf_sigma_px=psf)
    return picture_from(render(Scene(optics, Lamp(), (PlacedPart(part, pose),)), rng))


@cache
def with_masters(chamfer: Chamfer | None) -> Calibration:
    """The exact calibration, knowing the look of such masters' edges; chamfered ones move the edge offset too."""
    plain = calibration(psf_sigma_px=None)
    plan, seen, offsets = compile_plan(order(), plain), [], []
    for seed in range(3):
        found = sight(plan, plain, taken(seed, chamfer=chamfer))
        assert isinstance(found, Sighting)
        edges = measure_track(plan, plain, found).edges
        seen += edges_seen(plan, found, edges)
        offsets.append(np.nanmean(edges.offset_px))
    look = edge_look([e.spread_px for e in seen], [e.misfit for e in seen])
    return replace(plain, edge_look=look, edge_offset_px=float(np.mean(offsets)))


def inspected(known: Calibration, picture: Picture) -> Outcome:
    return inspect_picture(order(), compile_plan(order(), known), known, picture, Conditions(20.0, 0.0))


def test_a_clean_part_is_measured_as_ever() -> None:
    known = with_masters(SHARP)
    for seed in range(20, 26):
        outcome = inspected(known, taken(seed))
        assert outcome.verdict is Verdict.PASS
        plain = inspected(replace(known, edge_look=None), taken(seed))
        assert [i.u for i in outcome.items] == [i.u for i in plain.items]


@pytest.mark.parametrize("psf", [0.7, 1.3])
def test_another_focus_costs_nothing_that_its_noise_does_not(psf: float) -> None:
    known = with_masters(SHARP)
    for seed in range(60, 64):
        outcome = inspected(known, taken(seed, psf=psf))
        assert outcome.verdict is Verdict.PASS
        plain = inspected(replace(known, edge_look=None), taken(seed, psf=psf))
        assert [i.u for i in outcome.items] == [i.u for i in plain.items]


def test_with_a_fixed_focus_a_blurred_part_is_not_decided_near_a_limit() -> None:
    known = with_masters(SHARP)
    assert known.edge_look is not None
    fixed = replace(known, edge_look=replace(known.edge_look, fixed_focus=True))
    assert inspected(known, taken(65, 0.048, psf=1.2)).items[0].verdict is Verdict.PASS
    assert inspected(fixed, taken(65, 0.048, psf=1.2)).items[0].verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("outer", [0.052, 0.06])
def test_a_part_that_is_too_large_and_chamfered_does_not_pass_with_sharp_masters(outer: float) -> None:
    known, picture = with_masters(SHARP), taken(31, outer, CHAMFERED)
    before = inspected(replace(known, edge_look=None), picture)
    assert before.items[0].verdict is Verdict.PASS  # the wrong PASS that this is about
    item = inspected(known, picture).items[0]
    assert item.verdict is Verdict.UNDECIDED
    assert "The edge of OD does not look like the masters' edges" in item.reason
    assert "chamfer" in item.reason
    assert item.value is not None
    assert item.u is not None
    assert abs(item.value - (4.0 + outer)) < 2.0 * item.u


def test_chamfered_parts_pass_with_masters_of_the_same_edge() -> None:
    known = with_masters(CHAMFERED)
    for seed in range(40, 44):
        outcome = inspected(known, taken(seed, chamfer=CHAMFERED))
        assert outcome.items[0].verdict is Verdict.PASS
        assert outcome.items[0].value == pytest.approx(4.0, abs=0.001)


def test_sharp_parts_do_not_pass_near_a_limit_with_chamfered_masters() -> None:
    item = inspected(with_masters(CHAMFERED), taken(51, 0.052)).items[0]
    assert item.verdict is not Verdict.PASS
    assert item.u is not None
    assert item.u > 0.01
