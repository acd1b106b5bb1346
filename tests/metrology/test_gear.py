"""Gears whose flanks stand where a hand put them: pitches, run-out and thickness after their definitions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from station.metrology.changes import NOTHING_CHANGED, Changes
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.gear_values import GEAR_TYPES, gear_values
from station.order.geometry import GearFeature, LineSegment, Segment
from station.order.model import CharacteristicType
from station.twin.made_gear import GearErrors, true_gear

from ..order.builders import circle as circle_document
from ..order.builders import order, parse
from .features_for_tests import circle

STEP = 0.004
INVOLUTE = {"id": "W", "type": "gear", "profile": "involute", "center": [0.4, -0.1], "teeth": 18, "module": 0.3,
            "profile_shift": 0.1, "phase_deg": 12}  # fmt: skip
WHEEL = {**INVOLUTE, "profile": "cycloidal", "teeth": 24, "mate_teeth": 8}
del WHEEL["profile_shift"]


def drawn(document: dict[str, Any]) -> GearFeature:
    asked = {"type": "line_profile", "feature": "W", "tolerance": 0.1}
    made = parse(order([document, circle_document("B", "inner", [0.4, -0.1], 1)], asked)).geometry.features["W"]
    assert isinstance(made, GearFeature)
    return made


def probes(segments: tuple[Segment, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Points and normals out of the material, about `STEP` apart, none at a joint."""
    points, normals = [], []
    for segment in segments:
        share = (np.arange(max(1, round(segment.length_mm / STEP))) + 0.5) / max(1, round(segment.length_mm / STEP))
        if isinstance(segment, LineSegment):
            start, end = np.asarray(segment.start_mm), np.asarray(segment.end_mm)
            points.append(start + share[:, None] * (end - start))
            u, v = (end - start) / segment.length_mm
            normals.append(np.tile([v, -u], (len(share), 1)))
        else:
            angle = np.radians(segment.start_deg + share * segment.sweep_deg)
            away = np.column_stack([np.cos(angle), np.sin(angle)])
            points.append(segment.center_mm + segment.radius_mm * away)
            normals.append(math.copysign(1.0, segment.sweep_deg) * away)
    return np.concatenate(points), np.concatenate(normals)


def measured(
    gear: GearFeature, errors: GearErrors | None = None, noise: np.ndarray | float = 0.0, u_mm: float = 0.0
) -> MeasuredFeature:
    """Every point where the drawing has it, its flank turned and the gear off its centre by `errors`."""
    nominal, normals = probes(gear.outlines[0].segments)
    points = nominal.copy()
    if errors is not None:
        x, y = (nominal - gear.center_mm).T
        turn = (np.arctan2(y, x) - math.radians(gear.phase_deg)) * gear.teeth / (2 * math.pi)
        tooth = np.rint(turn).astype(int) % gear.teeth
        left = turn - np.rint(turn) > 0
        by = np.where(left, errors.left_rad[tooth], errors.right_rad[tooth])
        points = np.column_stack([x * np.cos(by) - y * np.sin(by), x * np.sin(by) + y * np.cos(by)])
        points = points + gear.center_mm + np.asarray(errors.off_center_mm)
        # A camera sees the edge on the probe's normal.
        along = np.column_stack([-normals[:, 1], normals[:, 0]])
        points = points - np.einsum("ij,ij->i", points - nominal, along)[:, None] * along
    points = points + np.reshape(noise, (-1, 1)) * normals if np.ndim(noise) else points
    count = len(points)
    return MeasuredFeature(
        "W", Kind.CONTOUR, points, nominal, normals, np.full(count, u_mm), STEP, True, (), np.zeros((0, 0)), 1.0,
        count, np.ones(count, bool), 0.0, (0.0, 0.0),
    )  # fmt: skip


def value(kind: str, gear: GearFeature, feature: MeasuredFeature, about_bore: bool = True, **more: Any) -> float:
    bore = circle("B", gear.center_mm, 0.5, outward=-1.0) if about_bore else None
    found = gear_values(CharacteristicType(kind), feature, gear, bore, NOTHING_CHANGED, **more)
    return float(found.values[0])


def still(gear: GearFeature) -> GearErrors:
    return GearErrors(np.zeros(gear.teeth), np.zeros(gear.teeth))


@pytest.mark.parametrize("document", [INVOLUTE, WHEEL])
def test_a_gear_as_drawn_has_no_deviation_and_its_own_sizes(document):
    gear = drawn(document)
    seen = measured(gear)
    for about_bore in (True, False):
        for kind in ("pitch_deviation", "cumulative_pitch", "runout"):
            assert value(kind, gear, seen, about_bore) == pytest.approx(0.0, abs=2e-6)
        assert value("tooth_thickness", gear, seen, about_bore) == pytest.approx(gear.thickness_mm, abs=2e-5)
        assert value("root_diameter", gear, seen, about_bore) == pytest.approx(2 * gear.root_radius_mm, abs=1e-6)
    chord = 2 * gear.reference_radius_mm * math.sin(gear.thickness_mm / 2 / gear.reference_radius_mm)
    assert value("tooth_thickness", gear, seen, of="chord") == pytest.approx(chord, abs=2e-5)


@pytest.mark.parametrize("document", [INVOLUTE, WHEEL])
def test_pitches_of_a_worked_set_are_those_of_the_definition(document):
    """One left flank 6 µm late, three 2 µm early: the pitch into it 8 µm, the range of places 8 µm (ISO 1328-1)."""
    gear = drawn(document)
    arcs = np.zeros(gear.teeth)
    arcs[5], arcs[[4, 9, 10]] = 0.006, -0.002
    seen = measured(gear, GearErrors(arcs / gear.measuring_radius_mm, np.zeros(gear.teeth)))
    assert value("pitch_deviation", gear, seen) == pytest.approx(0.008, abs=1e-4)
    assert value("cumulative_pitch", gear, seen) == pytest.approx(0.008, abs=1e-4)
    assert value("pitch_deviation", gear, seen, of="left") == pytest.approx(0.008, abs=1e-4)
    assert value("pitch_deviation", gear, seen, of="right") == pytest.approx(0.0, abs=1e-4)


def test_an_eccentric_gear_runs_out_by_twice_its_eccentricity_about_the_bore_alone():
    """F_r = 2 e; F_p = 2 e / cos α at the measuring circle, less where no flank stands at the extremes."""
    gear = drawn(INVOLUTE)
    between = math.radians(gear.phase_deg) + math.pi / gear.teeth
    off = (0.01 * math.cos(between), 0.01 * math.sin(between))
    errors = still(gear)
    seen = measured(gear, GearErrors(errors.left_rad, errors.right_rad, off))
    assert value("runout", gear, seen) == pytest.approx(0.02, abs=2e-5)
    alpha = math.acos(gear.reference_radius_mm * math.cos(math.radians(20)) / gear.measuring_radius_mm)
    assert value("cumulative_pitch", gear, seen) == pytest.approx(0.02 / math.cos(alpha), rel=0.016)
    for kind in ("runout", "cumulative_pitch", "pitch_deviation"):
        assert value(kind, gear, seen, about_bore=False) == pytest.approx(0.0, abs=2e-5)


def test_teeth_thicker_by_an_arc_are_thicker_by_it():
    gear = drawn(INVOLUTE)
    by = np.full(gear.teeth, 0.003 / gear.reference_radius_mm)
    seen = measured(gear, GearErrors(by, -by))
    assert value("tooth_thickness", gear, seen) == pytest.approx(gear.thickness_mm + 0.006, abs=3e-5)


@pytest.mark.parametrize("document", [INVOLUTE, WHEEL])
def test_random_teeth_are_what_dense_outlines_say(document):
    rng = np.random.default_rng(3)
    gear = drawn(document)
    errors = GearErrors(*(rng.normal(0, 0.005, (2, gear.teeth)) / gear.measuring_radius_mm), (0.006, -0.009))
    truth, seen = true_gear(gear, errors, gear.center_mm), measured(gear, errors)
    assert value("pitch_deviation", gear, seen) == pytest.approx(max(truth.pitch_deviation_mm), abs=1.5e-4)
    assert value("cumulative_pitch", gear, seen) == pytest.approx(max(truth.cumulative_pitch_mm), abs=1.5e-4)
    assert value("runout", gear, seen) == pytest.approx(truth.runout_mm, abs=1.5e-4)
    assert value("tooth_thickness", gear, seen) == pytest.approx(truth.tooth_thickness_mm, abs=5e-5)


def test_a_ball_of_another_size_may_be_asked_for():
    gear = drawn(INVOLUTE)
    errors = GearErrors(np.linspace(0, 0.004, gear.teeth), np.zeros(gear.teeth))
    truth = true_gear(gear, errors, gear.center_mm, ball_mm=0.55)
    assert value("runout", gear, measured(gear, errors), ball_mm=0.55) == pytest.approx(truth.runout_mm, abs=1e-4)
    with pytest.raises(ValueError, match="a ball of 3 mm does not touch the flanks of W"):
        value("runout", gear, measured(gear), ball_mm=3.0)


def test_what_noise_adds_is_taken_off_and_stays_in_the_budget():
    rng = np.random.default_rng(4)
    gear = drawn(INVOLUTE)
    count = len(measured(gear).points_mm)
    found = [
        gear_values(
            CharacteristicType.CUMULATIVE_PITCH, measured(gear, noise=rng.normal(0, 0.001, count), u_mm=0.001), gear,
            None, NOTHING_CHANGED,
        )
        for _ in range(20)
    ]  # fmt: skip
    assert np.mean([one.values[0] for one in found]) < 0.5 * found[0].excess
    assert all(one.values[0] < 2 * math.hypot(one.noise, one.excess / 3) for one in found)


def test_scale_acts_on_sizes_and_the_edge_on_thickness_alone():
    gear = drawn(INVOLUTE)
    errors = GearErrors(np.where(np.arange(gear.teeth) == 3, 0.002, 0.0), np.zeros(gear.teeth))
    changes = Changes(np.array([0.0, 1e-4, 0.0]), {0: np.array([0.0, 0.0, 0.001])}, {})

    def asked(kind: str) -> np.ndarray:
        return gear_values(CharacteristicType(kind), measured(gear, errors), gear, None, changes).values

    pitch, thickness, tip = asked("pitch_deviation"), asked("tooth_thickness"), asked("root_diameter")
    assert np.ptp(pitch) < 2e-6
    alpha = math.acos(gear.reference_radius_mm * math.cos(math.radians(20)) / gear.reference_radius_mm)
    assert thickness[2] - thickness[0] == pytest.approx(0.002 / math.cos(alpha), rel=0.01)
    assert tip[1] / tip[0] - 1 == pytest.approx(1e-4, rel=0.01)
    assert tip[2] - tip[0] == pytest.approx(0.002, rel=0.01)


def test_missing_flanks_are_named():
    gear = drawn(INVOLUTE)
    seen = measured(gear)
    x, y = (seen.nominal_mm - gear.center_mm).T
    away = np.abs(np.arctan2(y, x) - math.radians(gear.phase_deg + 40.0)) > math.pi / gear.teeth
    kept = MeasuredFeature(
        "W", Kind.CONTOUR, seen.points_mm[away], seen.nominal_mm[away], seen.normals[away], seen.u_mm[away], STEP, True,
        (), np.zeros((0, 0)), 1.0, len(seen.points_mm), np.ones(int(away.sum()), bool), 0.0, (0.0, 0.0),
    )  # fmt: skip
    with pytest.raises(ValueError, match="the left flank of tooth 3 of W shows 0 edge points"):
        value("pitch_deviation", gear, kept)


def test_every_type_is_answered_with_numbers():
    gear = drawn(INVOLUTE)
    for kind in GEAR_TYPES:
        found = gear_values(kind, measured(gear, u_mm=0.0005), gear, None, NOTHING_CHANGED)
        assert np.isfinite([*found.values, found.noise, found.excess, *found.where_mm]).all()
