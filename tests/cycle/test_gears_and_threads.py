"""Gears and threads from order to verdict: rendered with true errors, measured within their uncertainty."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from station.metrology.decision import Verdict
from station.metrology.edge_kinds import EdgeKind
from station.order.geometry import GearFeature
from station.order.model import CharacteristicType, Order
from station.plan.compile import compile_plan
from station.plan.predict import predict
from station.twin.made_gear import GearErrors, made_gear, true_gear
from station.twin.made_thread import MadeThread, screw
from station.twin.part import part_of_order
from station.twin.scene import Optics, Pose

from ..order.builders import circle
from .scenes_for_measure import MM_PER_PX, anywhere, exact, inspected, optics, order, photograph

INVOLUTE = {"id": "W", "type": "gear", "profile": "involute", "center": [0, 0], "teeth": 18, "module": 0.15}
WHEEL = {**INVOLUTE, "profile": "cycloidal", "mate_teeth": 6, "teeth": 20, "root_fillet": 0.03, "phase_deg": 7}
ZONES = ("pitch_deviation", "cumulative_pitch", "runout")
SIZES = ("tooth_thickness", "tip_diameter", "root_diameter")


def gear_order(gear: dict[str, Any], tolerance: float = 0.05, *sizes: str) -> tuple[Order, GearFeature]:
    asked = [{"type": kind, "feature": "W", "datum": "A", "tolerance": tolerance} for kind in ZONES]
    asked += [{"type": kind, "feature": "W", "datum": "A", "lower_tol": -0.02, "upper_tol": 0.02} for kind in sizes]
    made = order([gear, circle("B", "inner", [0, 0], 6 * gear["module"])], *asked, datums={"A": "B"})
    feature = made.geometry.features["W"]
    assert isinstance(feature, GearFeature)
    return made, feature


def random_errors(gear: GearFeature, rng: np.random.Generator) -> GearErrors:
    left, right = rng.normal(0.0, 0.004, (2, gear.teeth)) / gear.measuring_radius_mm
    return GearErrors(left, right, (0.006, -0.004))


@pytest.mark.parametrize(("document", "sizes"), [(INVOLUTE, SIZES), (WHEEL, ("tooth_thickness", "root_diameter"))])
def test_a_gear_is_measured_within_its_uncertainty(document, sizes):
    rng = np.random.default_rng(11)
    asked, gear = gear_order(document, 0.05, *sizes)
    errors = random_errors(gear, rng)
    part = made_gear(part_of_order(asked), gear, errors)
    seen = optics(380, 380)
    outcome = inspected(asked, photograph(part, seen, rng, anywhere(rng)), exact(seen))
    truth = true_gear(gear, errors, (0.0, 0.0))
    wanted = {
        "pitch_deviation": max(truth.pitch_deviation_mm),
        "cumulative_pitch": max(truth.cumulative_pitch_mm),
        "runout": truth.runout_mm,
        "tooth_thickness": truth.tooth_thickness_mm,
        "tip_diameter": 2 * gear.tip_radius_mm,
        "root_diameter": 2 * gear.root_radius_mm,
    }
    assert outcome.verdict is Verdict.PASS, outcome.reason
    for item in outcome.items:
        assert item.value is not None
        assert item.u is not None
        assert item.u < 0.03 * MM_PER_PX
        assert abs(item.value - wanted[item.item.characteristic.type]) < 3 * item.u, item


def test_one_wrong_tooth_fails_and_is_shown_where_it_stands():
    rng = np.random.default_rng(12)
    asked, gear = gear_order(INVOLUTE, 0.008)
    arcs = np.zeros(gear.teeth)
    arcs[4] = 0.015 / gear.measuring_radius_mm
    part = made_gear(part_of_order(asked), gear, GearErrors(arcs, arcs))
    seen = optics(380, 380)
    outcome = inspected(asked, photograph(part, seen, rng), exact(seen))
    assert outcome.verdict is Verdict.FAIL
    pitch = outcome.items[0]
    assert pitch.value == pytest.approx(0.015, abs=5e-4)
    assert pitch.where_mm is not None
    assert outcome.sighting is not None
    ((x, y),) = outcome.sighting.pose.to_plane(np.array([pitch.where_mm]))  # a gear is alike in 18 turns
    assert 4 * 20 - 11 < math.degrees(math.atan2(y, x)) % 360 < 5 * 20 + 11
    assert "pitch deviation of W" in outcome.reason
    assert pitch.budget


def test_a_plan_says_what_is_too_small_and_what_no_probe_sees():
    asked, _ = gear_order({**INVOLUTE, "module": 0.03, "profile_shift": 0.1}, 0.05, *SIZES)
    seen = optics(380, 380)
    small = compile_plan(asked, exact(seen))
    assert all("edge points about the circle" in item.refusal or item.refusal for item in small.items)
    pointed, _ = gear_order(WHEEL, 0.05, "tip_diameter", "tooth_thickness")
    plan = compile_plan(pointed, exact(seen))
    refused = {item.characteristic.type: item.refusal for item in plan.items if item.refusal}
    assert set(refused) == {CharacteristicType.TIP_DIAMETER}
    assert "the tips of W are too narrow for this optics" in refused[CharacteristicType.TIP_DIAMETER]
    for item, expected in zip(plan.items, predict(plan, pointed, exact(seen)), strict=True):
        assert item.refusal or (expected.u is not None and 0 < expected.u < 0.001)


def thread_order(**more: Any) -> Order:
    thread = {"id": "S", "type": "thread", "axis": [[0, 0], [1, 0]], "major_diameter": 1, "pitch": 0.25,
              "phase": 0.125, **more}  # fmt: skip
    asked = [{"type": kind, "feature": "S", "lower_tol": -0.02, "upper_tol": 0.02}
             for kind in ("pitch", "major_diameter", "minor_diameter", "pitch_diameter")]  # fmt: skip
    asked.append({"type": "flank_angle", "feature": "S", "lower_tol": -1, "upper_tol": 1})
    return order([thread], *asked, partial=True)


def test_a_screw_turned_any_way_about_its_axis_is_measured_within_its_uncertainty():
    rng = np.random.default_rng(13)
    true = MadeThread(0.2504, 0.997, 0.722, 0.836, 30.2, 29.9, 0.17)
    seen = Optics(800, 620, 0.003, 1.0)
    picture = photograph(screw(true, 1.75, (1.5, 0.4)), seen, rng, Pose(-1.0, 0.02, 1.5))
    asked = thread_order()
    outcome = inspected(asked, picture, exact(seen))
    assert outcome.verdict is Verdict.PASS, outcome.reason
    wanted = (true.pitch_mm, true.major_mm, true.minor_mm, true.pitch_diameter_mm, true.flank_angle_deg)
    for item, value in zip(outcome.items, wanted, strict=True):
        assert item.value is not None
        assert item.u is not None
        assert abs(item.value - value) < 3 * item.u, item
    assert outcome.items[-1].item.characteristic.unit == "deg"


def test_a_thread_too_small_for_the_optics_is_refused_before_it_exists():
    plan = compile_plan(thread_order(), exact(optics()))
    assert all(item.refusal for item in plan.items)


KINDS = (EdgeKind("ground", -0.4, 0.01, (0.0,)), EdgeKind("hobbed", 0.3, 0.01, (0.0, 0.0)))


def test_a_gear_and_a_screw_are_measured_with_their_own_kind_of_edge():
    gear_asked, gear = gear_order({**INVOLUTE, "edge": "hobbed"}, 0.05, *SIZES)
    bore = replace(gear_asked.geometry, edge="ground")
    wheel = replace(gear_asked, geometry=bore)
    seen, rng = optics(380, 380, edge_offset_px=0.3), np.random.default_rng(11)
    pictured = made_gear(part_of_order(wheel), gear, random_errors(gear, rng))
    outcome = inspected(wheel, photograph(pictured, seen, rng, anywhere(rng)), exact(seen, edges=KINDS))
    values = {str(item.item.characteristic.type): item for item in outcome.items}
    for name, true in (("tip_diameter", 2 * gear.tip_radius_mm), ("root_diameter", 2 * gear.root_radius_mm)):
        assert abs(values[name].value - true) < 3 * values[name].u
    sources = {row.source: row.sensitivity for row in values["tip_diameter"].budget}
    assert sources["edge offset (hobbed)"] == pytest.approx(2.0, rel=0.02)
    assert "edge offset (ground)" not in sources  # a bore of any kind has its axis where it is
    seen, true = (
        Optics(800, 620, 0.003, 1.0, edge_offset_px=0.3),
        MadeThread(0.25, 0.997, 0.722, 0.836, 30.0, 30.0, 0.17),
    )
    picture = photograph(screw(true, 1.75, (1.5, 0.4)), seen, np.random.default_rng(13), Pose(-1.0, 0.02, 1.5))
    major = inspected(thread_order(edge="hobbed"), picture, exact(seen, edges=KINDS)).items[1]
    assert abs(major.value - true.major_mm) < 3 * major.u
    assert {row.source for row in major.budget} >= {"edge offset (hobbed)"}
