"""The coverage study's gears and screws: what is said to be true of them is, and they are seen a little off."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scripts.intervals.study import LOCAL_PX as OF_STUDY
from scripts.intervals.study import calibration_of
from scripts.intervals.teeth import LOCAL_PX, toothed_subjects
from station.order.geometry import GearFeature
from station.plan.compile import compile_plan
from station.twin.made import made_polygons
from station.twin.made_gear import GearErrors, own_center, true_gear

ROOT = Path(__file__).resolve().parents[2]
SUBJECTS = {subject.name: subject for subject in toothed_subjects()}


def gear_of(name: str) -> GearFeature:
    gear = SUBJECTS[name].order.geometry.features["W"]
    assert isinstance(gear, GearFeature)
    return gear


@pytest.mark.parametrize("name", ["gear", "wheel", "pinion"])
def test_a_gear_as_drawn_is_at_nominal(name: str) -> None:
    gear = gear_of(name)
    still = GearErrors(np.zeros(gear.teeth), np.zeros(gear.teeth))
    true = true_gear(gear, still, gear.center_mm)
    assert max(*true.pitch_deviation_mm, *true.cumulative_pitch_mm, true.runout_mm) < 1e-6
    assert true.tooth_thickness_mm == pytest.approx(gear.thickness_mm, abs=1e-5)  # arcs for an involute
    assert true.root_diameter_mm == pytest.approx(2 * gear.root_radius_mm, abs=1e-6)
    assert math.isnan(true.tip_diameter_mm) or true.tip_diameter_mm == pytest.approx(2 * gear.tip_radius_mm, abs=1e-6)


@pytest.mark.parametrize("name", ["gear", "pinion"])
def test_teeth_off_the_drawing_have_their_own_centre_there(name: str) -> None:
    gear = gear_of(name)
    still = np.zeros(gear.teeth)
    off = own_center(gear, GearErrors(still, still, (0.004, -0.003)))
    assert off == pytest.approx((0.004, -0.003), abs=5e-5)
    true = true_gear(gear, GearErrors(still, still, (0.004, -0.003)), off)
    assert true.runout_mm < 2e-4


def test_leaning_flanks_are_thicker_where_they_lean_out() -> None:
    gear = gear_of("gear")
    still = np.zeros(gear.teeth)
    out = true_gear(gear, GearErrors(still, still, out_mm=0.002), gear.center_mm)
    # Along the reference circle a flank at 20 degrees moves by 1 / cos 20 of what it moves across itself.
    assert out.tooth_thickness_mm - gear.thickness_mm == pytest.approx(0.004 / math.cos(math.radians(20)), rel=0.05)
    assert out.runout_mm < 1e-6


@pytest.mark.parametrize("name", list(SUBJECTS))
def test_every_edge_is_seen_off_by_about_its_residual(name: str) -> None:
    subject = SUBJECTS[name]
    assert subject.toothed is not None
    toothed = subject.toothed(np.random.default_rng(1))
    made, seen = (made_polygons(part, 1e-4)[0] for part in (toothed.made, toothed.seen))
    local = LOCAL_PX * subject.optics.mm_per_px
    apart = np.array([np.hypot(*(made - point).T).min() for point in seen[:: max(1, len(seen) // 400)]])
    assert apart.max() < 8 * local + np.hypot(*np.diff(made, axis=0).T).max()
    assert not np.array_equal(made, seen)


def test_teeth_have_the_residual_of_all_edges_and_are_measured_whole() -> None:
    assert LOCAL_PX == OF_STUDY
    for subject in SUBJECTS.values():
        for item in compile_plan(subject.order, calibration_of(subject.optics)).items:
            assert not item.refusal, subject.named[item.characteristic.id]


def test_the_script_measures_a_pinion() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/coverage_study.py", "--parts", "1", "--only", "pinion", "--processes", "1", "--json"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows = {row["name"]: row for row in json.loads(done.stdout)["rows"]}
    assert rows["pinion: runout"]["asked"] == 1
    assert rows["all"]["asked"] == 5
