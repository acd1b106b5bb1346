"""The track: each place once, shared by what lies on it, in stretches whose probes are neighbours."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest

from station.metrology.camera import telecentric
from station.order.geometry import ContourFeature
from station.plan.compile import compile_plan
from station.plan.plan import Plan
from station.plan.targets import Target

from ..order.builders import arc, circle, line, size, zone
from .test_compile import BLOCK, EXACT, MM_PER_PX, RING, diameter, order

ARRAYS = ("points_mm", "normals", "curvature_per_mm", "reach_in_mm", "reach_out_mm")


def straight(feature: str) -> dict[str, Any]:
    return zone("straightness", feature, 0.05)


def radius(feature: str, nominal: float) -> dict[str, Any]:
    return size("radius", feature, nominal, 0.1)


def by_id(plan: Plan) -> dict[str, Target]:
    return {target.id: target for target in plan.targets}


SLOT = [
    line("B", [-1, -0.5], [1, -0.5]), arc("R", "outer", [1, 0], 0.5, -90, 90), line("T", [1, 0.5], [-1, 0.5]),
    arc("L", "outer", [-1, 0], 0.5, 90, 270),
]  # fmt: skip


def check_track(plan: Plan) -> None:
    """What holds for the track of any plan."""
    track = plan.track
    for name in (*ARRAYS, "free_in_mm", "free_out_mm"):
        assert getattr(track, name).flags.c_contiguous
        assert len(getattr(track, name)) == len(track)
    assert (track.runs[0], track.runs[-1]) == (0, len(track))
    assert (np.diff(track.runs) > 0).all()
    assert len(track.closed) == len(track.runs) - 1
    for (a, b), closed in zip(pairwise(track.runs), track.closed, strict=True):
        stretch = np.concatenate([track.points_mm[a:b], track.points_mm[a : a + int(closed)]])
        assert (np.hypot(*np.diff(stretch, axis=0).T) <= 1.5 * MM_PER_PX).all()
    for target in (*plan.targets, *plan.counted, *(c.target for c in plan.checks if c.target is not None)):
        for name in ARRAYS:
            assert np.array_equal(getattr(target, name), getattr(track, name)[target.rows])


def test_features_that_are_outlines_have_the_outlines_rows() -> None:
    plan = compile_plan(order(RING, diameter("OD", 4.0), diameter("ID", 2.0)), EXACT)
    check_track(plan)
    assert [check.name for check in plan.checks] == ["OD", "ID"]
    rows = [check.target.rows for check in plan.checks if check.target is not None]
    assert np.array_equal(np.concatenate(rows), np.arange(len(plan.track)))
    for name, own in zip(("OD", "ID"), rows, strict=True):
        assert np.array_equal(by_id(plan)[name].rows, own)
    assert plan.track.runs.tolist() == [0, len(rows[0]), len(plan.track)]
    assert plan.track.closed.tolist() == [True, True]


def test_edges_of_a_block_share_its_outline_and_corners_end_its_runs() -> None:
    plan = compile_plan(order(BLOCK, *(straight(name) for name in "BRTL")), EXACT)
    check_track(plan)
    assert plan.track.closed.tolist() == [False] * 4
    runs = {tuple(range(a, b)) for a, b in pairwise(plan.track.runs)}
    assert {tuple(target.rows.tolist()) for target in plan.targets} == runs


def test_smooth_joints_end_no_run_and_edges_keep_off_their_ends() -> None:
    plan = compile_plan(order(SLOT, straight("B"), straight("T"), radius("R", 0.5), radius("L", 0.5)), EXACT)
    check_track(plan)
    assert plan.track.closed.tolist() == [True]
    assert len(np.unique(np.concatenate([t.rows for t in plan.targets]))) == sum(map(len, plan.targets))
    for target in plan.targets:
        lost = 2 * 4  # four pixels at either end
        whole = math.pi * 0.5 if target.id in "RL" else 2.0
        assert len(target) == pytest.approx(whole / MM_PER_PX - lost, abs=2.0)


@pytest.mark.parametrize("middle_deg", [0.0, 45.0, 90.0, 180.0, 300.0, 359.9])
def test_an_arc_shares_a_part_of_a_circle_wherever_that_begins(middle_deg: float) -> None:
    part = arc("A", "outer", [0, 0], 2.0, middle_deg - 30.0, middle_deg + 30.0)
    plan = compile_plan(order([*RING, part], radius("A", 2.0), diameter("OD", 4.0)), EXACT)
    check_track(plan)
    outline = by_id(plan)["OD"]
    assert len(plan.track) == sum(len(c.target) for c in plan.checks if c.target is not None)
    found = by_id(plan)["A"]
    assert set(found.rows.tolist()) <= set(outline.rows.tolist())
    away = np.degrees(np.arctan2(found.points_mm[:, 1], found.points_mm[:, 0])) - middle_deg
    away = (away + 180.0) % 360.0 - 180.0
    end_deg = math.degrees(4.0 * MM_PER_PX / 2.0)
    assert (np.diff(away) > 0.0).all()
    assert [away[0], away[-1]] == pytest.approx([end_deg - 30.0, 30.0 - end_deg], abs=0.4)


def test_a_line_shares_a_part_of_an_edge() -> None:
    part = line("P", [-1.2, -1], [0.3, -1])
    plan = compile_plan(order([*BLOCK], straight("B")), EXACT)
    features = order([part], straight("P"), partial=True).geometry.features
    plain = order(BLOCK, straight("B"))
    asked = order([*BLOCK, line("Q", [5, 5], [6, 5])], straight("B"), straight("Q"), partial=True)
    what = replace(
        plain,
        geometry=replace(plain.geometry, features={**plain.geometry.features, "Q": replace(features["P"], id="Q")}),
        characteristics=asked.characteristics,
    )
    plan = compile_plan(what, EXACT)
    check_track(plan)
    found = by_id(plan)
    assert set(found["Q"].rows.tolist()) < set(found["B"].rows.tolist())
    assert found["Q"].points_mm[[0, -1], 0] == pytest.approx([-1.2 + 0.045, 0.3 - 0.045], abs=0.011)


def test_a_contour_of_the_silhouettes_outlines_shares_all_their_rows() -> None:
    plain = order(BLOCK, straight("B"))
    outline = plain.geometry.silhouette.outlines[0]
    turned = replace(outline, segments=outline.segments[2:] + outline.segments[:2])
    features = {**plain.geometry.features, "PL": ContourFeature("PL", (turned,))}
    asked = (*plain.characteristics, replace(plain.characteristics[0], id="2", features=("PL",)))
    plan = compile_plan(
        replace(plain, geometry=replace(plain.geometry, features=features), characteristics=asked), EXACT
    )
    check_track(plan)
    assert np.array_equal(np.sort(by_id(plan)["PL"].rows), np.arange(len(plan.track)))


@pytest.mark.parametrize("beside_px", [0.01, 0.5])
def test_a_feature_beside_its_outline_has_probes_of_its_own(beside_px: float) -> None:
    plain = order(RING, diameter("OD", 4.0), diameter("ID", 2.0))
    wider = replace(plain.geometry.features["ID"], diameter_mm=2.0 + 2.0 * beside_px * MM_PER_PX)
    features = {**plain.geometry.features, "ID": wider}
    plan = compile_plan(replace(plain, geometry=replace(plain.geometry, features=features)), EXACT)
    check_track(plan)
    outlines = sum(len(c.target) for c in plan.checks if c.target is not None)
    own = by_id(plan)["ID"]
    assert np.array_equal(own.rows, np.arange(outlines, len(plan.track)))
    # Its outline, half a pixel beside it, is its own edge and not another one that ends its reach.
    assert (own.reach_in_mm > 0.35).all()
    assert plan.track.closed.tolist() == [True, True, True]
    assert [check.name for check in plan.checks] == ["OD", "ID"]


def test_features_of_a_partial_geometry_have_probes_of_their_own() -> None:
    plan = compile_plan(order([BLOCK[0], BLOCK[2]], straight("B"), straight("T"), partial=True), EXACT)
    check_track(plan)
    assert plan.checks == ()
    assert np.array_equal(np.concatenate([t.rows for t in plan.targets]), np.arange(len(plan.track)))
    assert plan.track.closed.tolist() == [False, False]


def test_what_is_refused_leaves_nothing_in_the_track() -> None:
    ring = order(RING, diameter("OD", 4.0))
    nowhere = arc("A", "outer", [0, 0], 2.2, 0, 90)
    plan = compile_plan(order([*RING, nowhere], radius("A", 2.2), diameter("OD", 4.0)), EXACT)
    check_track(plan)
    assert plan.items[0].refusal
    assert len(plan.track) == len(compile_plan(ring, EXACT).track)


def test_an_outline_of_a_few_pixels_is_not_probed() -> None:
    plan = compile_plan(order([RING[0], circle("H", "inner", [1, 0], 0.008)], diameter("OD", 4.0)), EXACT)
    check_track(plan)
    assert [check.target is None for check in plan.checks] == [False, True]
    assert plan.track.closed.tolist() == [True]


def test_drawn_ends_that_do_not_quite_meet_do_not_let_a_profile_through() -> None:
    gap = [
        line("B", [-1, 0], [0.005, 0]), line("b", [-0.005, 0], [1, 0]), line("R", [1, 0], [1, 0.2]),
        line("T", [1, 0.2], [0.008, 0.2]), line("t", [-0.008, 0.2], [-1, 0.2]), line("L", [-1, 0.2], [-1, 0]),
    ]  # fmt: skip
    plan = compile_plan(order(gap, straight("B"), straight("T")), EXACT)
    check_track(plan)
    assert max(float(t.reach_in_mm.max()) for t in plan.targets if t.id in "BT") == pytest.approx(0.2, abs=1e-3)


def holes(across: int, down: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    made = [
        circle(f"H{x}-{y}", "inner", [round(x - (across - 1) / 2, 3), round(y - (down - 1) / 2, 3)], 0.5)
        for x in range(across)
        for y in range(down)
    ]
    return made, [diameter(one["id"], 0.5) for one in made]


def test_a_plate_of_829_holes_is_compiled_within_a_few_looks_at_its_picture() -> None:
    plate = [line("B", [-19, -14], [19, -14]), line("R", [19, -14], [19, 14]), line("T", [19, 14], [-19, 14]),
             line("L", [-19, 14], [-19, -14])]  # fmt: skip
    made, asked = holes(37, 23)
    what = order([*plate, *made[:829]], *asked[:829])
    known = replace(EXACT, camera=telecentric(4000, 3000, MM_PER_PX))
    grey = np.random.default_rng(1).integers(0, 256, (3000, 4000), np.uint8)
    plan = compile_plan(what, known)
    cv2.GaussianBlur(grey, (5, 5), 0)
    took: dict[str, list[float]] = {"blur": [], "plan": []}
    for _ in range(5):
        begun = time.process_time()
        compile_plan(what, known)
        took["plan"].append(time.process_time() - begun)
        begun = time.process_time()
        cv2.GaussianBlur(grey, (5, 5), 0)
        took["blur"].append(time.process_time() - begun)
    check_track(plan)
    assert len(plan.targets) == 829
    assert min(took["plan"]) < 25.0 * min(took["blur"])  # six on the machine it was written on
