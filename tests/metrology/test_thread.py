"""Screws by their shadow: the axial section behind it, against one turned step by step."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from station.metrology.changes import NOTHING_CHANGED
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.thread import section_mm
from station.metrology.thread_values import thread_values
from station.order.geometry import ThreadFeature
from station.order.model import CharacteristicType
from station.twin.made_thread import MadeThread, shadow

from ..order.builders import order, parse

STEP, PITCH = 0.003, 0.25
TRUE = MadeThread(0.2503, 1.002, 0.722, 0.841, 30.2, 29.9, PITCH / 2 + 0.003)
ASKED = {"type": "pitch", "feature": "S", "lower_tol": -0.01, "upper_tol": 0.01}


def drawn(turns: int = 5) -> ThreadFeature:
    thread = {"id": "S", "type": "thread", "axis": [[0, 0], [turns * PITCH, 0]], "major_diameter": 1, "pitch": PITCH,
              "phase": PITCH / 2}  # fmt: skip
    made = parse(order([thread], ASKED, partial=True)).geometry.features["S"]
    assert isinstance(made, ThreadFeature)
    return made


def measured(thread: ThreadFeature, true: MadeThread) -> MeasuredFeature:
    """Where the shadow of a true screw crosses the normals of the drawn outline."""
    points, nominal, normals = [], [], []
    for left, outline in zip((True, False), thread.outlines, strict=True):
        for segment in outline.segments:
            start, end = np.asarray(segment.start_mm), np.asarray(segment.end_mm)
            direction = (end - start) / math.dist(start, end)
            normal = np.array([direction[1], -direction[0]])
            if abs(normal[0]) > 0.99:
                continue  # where the listed thread ends
            for at in np.arange(4.5 * STEP, math.dist(start, end) - 4 * STEP, STEP):
                place = start + at * direction
                reach = np.linspace(-0.02, 0.02, 81)
                seen = place + reach[:, None] * normal
                apart = np.abs(seen[:, 1]) - shadow(true, seen[:, 0], left=left)
                k = int(np.flatnonzero(np.sign(apart[:-1]) != np.sign(apart[1:]))[0])
                share = apart[k] / (apart[k] - apart[k + 1])
                points.append(seen[k] + share * (seen[k + 1] - seen[k]))
                nominal.append(place)
                normals.append(normal)
    count = len(points)
    return MeasuredFeature(
        "S", Kind.CONTOUR, np.array(points), np.array(nominal), np.array(normals), np.full(count, 1e-4), STEP, False,
        (), np.zeros((0, 0)), 1.0, count, np.ones(count, bool), 0.0, (0.0, 0.0),
    )  # fmt: skip


def test_the_section_behind_a_shadow_is_that_of_the_screw():
    """M1: the shadow's flanks stand 6 µm outside the section, and what is left after the correction is 2 nm."""
    screw = MadeThread(0.25, 1.0, 0.72, 0.838, 30.0, 30.0, 0.0)
    along = np.linspace(0.01, 0.12, 500)
    outside, section = shadow(screw, along, left=True), screw.radius_mm(along)
    flank = (section > 0.366) & (section < 0.484)
    assert 0.005 < (outside - section)[flank].mean() < 0.007
    found, touch = section_mm(outside, 0.25, math.tan(math.radians(30.0)))
    assert np.abs(found - section)[flank].max() < 2e-6
    assert (touch > found).all()


def test_every_characteristic_is_that_of_the_screw():
    thread = drawn()
    seen = measured(thread, TRUE)
    wanted = {
        "pitch": (TRUE.pitch_mm, 1e-6),
        "major_diameter": (TRUE.major_mm, 1e-6),
        "minor_diameter": (TRUE.minor_mm, 1e-6),
        "pitch_diameter": (TRUE.pitch_diameter_mm, 5e-5),
        "flank_angle": (TRUE.flank_angle_deg, 0.005),
    }
    for kind, (value, within) in wanted.items():
        found = thread_values(CharacteristicType(kind), seen, thread, NOTHING_CHANGED)
        assert found.values[0] == pytest.approx(value, abs=within), kind
        assert 0.0 < found.noise < 0.1


def test_turns_that_differ_among_each_other_widen_the_uncertainty():
    thread = drawn()
    seen = measured(thread, TRUE)
    clean = thread_values(CharacteristicType.PITCH, seen, thread, NOTHING_CHANGED).noise
    second = (seen.nominal_mm[:, 0] > PITCH) & (seen.nominal_mm[:, 0] < 2 * PITCH)
    seen.points_mm[second, 0] += 0.003
    assert thread_values(CharacteristicType.PITCH, seen, thread, NOTHING_CHANGED).noise > 3 * clean


def test_flanks_that_are_off_by_themselves_are_not_counted_as_one_edge():
    """Sixteen flanks: a mean of them has less of their residuals than one edge, and a pitch less than a diameter."""
    thread = drawn()
    seen = replace(measured(thread, TRUE), local_mm=2e-5)
    rng, local = np.random.default_rng(6), 2e-5
    edges = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(seen.nominal_mm, axis=0), axis=1) > 3 * STEP)])
    middle, height = np.zeros(len(edges)), np.zeros(len(edges))
    for edge in np.unique(edges):
        run = np.linalg.norm(seen.nominal_mm - seen.nominal_mm[edges == edge][0], axis=1)[edges == edge]
        middle[edges == edge], height[edges == edge] = run - run.mean(), np.ptp(run)
    kinds = [CharacteristicType(kind) for kind in ("pitch", "pitch_diameter", "major_diameter", "flank_angle")]
    values = []
    for _ in range(60):
        off = rng.normal(0.0, local, (2, edges.max() + 1))
        by = off[0][edges] + off[1][edges] * math.sqrt(12.0) * middle / height
        moved = replace(seen, points_mm=seen.points_mm + by[:, None] * seen.normals)
        values.append([thread_values(kind, moved, thread, NOTHING_CHANGED).values[0] for kind in kinds])
    for kind, scatter in zip(kinds, np.std(values, axis=0), strict=True):
        assert scatter == pytest.approx(thread_values(kind, seen, thread, NOTHING_CHANGED).edges * local, rel=0.35), (
            kind
        )


def test_a_head_beside_the_last_flank_is_left_out():
    thread = drawn()
    seen = measured(thread, TRUE)
    kinds = [CharacteristicType(kind) for kind in ("pitch", "pitch_diameter", "flank_angle")]
    clean = [thread_values(kind, seen, thread, NOTHING_CHANGED).values[0] for kind in kinds]
    last = (seen.nominal_mm[:, 0] > 5 * PITCH - 0.12) & (np.abs(seen.normals[:, 0]) > 0.5)
    lean = np.where(last, 0.05 * (np.abs(seen.nominal_mm[:, 1]) - 0.43), 0.0)
    leaning = replace(seen, points_mm=seen.points_mm + lean[:, None] * seen.normals)
    for kind, value in zip(kinds, clean, strict=True):
        found = thread_values(kind, leaning, thread, NOTHING_CHANGED).values[0]
        assert found == pytest.approx(value, abs=0.01 if kind == "flank_angle" else 1e-4)


def test_too_little_of_a_thread_is_refused():
    thread = drawn()
    seen = measured(thread, TRUE)
    few = seen.nominal_mm[:, 0] < 0.05
    some = MeasuredFeature(
        "S", Kind.CONTOUR, seen.points_mm[few], seen.nominal_mm[few], seen.normals[few], seen.u_mm[few], STEP, False,
        (), np.zeros((0, 0)), 1.0, len(few), np.ones(int(few.sum()), bool), 0.0, (0.0, 0.0),
    )  # fmt: skip
    with pytest.raises(ValueError, match="flank"):
        thread_values(CharacteristicType.PITCH, some, thread, NOTHING_CHANGED)
