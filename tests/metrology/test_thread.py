"""Screws by their shadow: the axial section behind it, against one turned step by step."""

from __future__ import annotations

import math

import numpy as np
import pytest

from station.metrology.changes import NOTHING_CHANGED
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.thread import section_mm, thread_values
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
