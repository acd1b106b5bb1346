"""Threads of an order: the basic profile, both sides half a lead apart, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from station.errors import OrderError
from station.order.geometry import ThreadFeature

from ..metrology.reference_for_tests import published
from .builders import line, order, parse

THREAD = {"id": "S", "type": "thread", "axis": [[0, 0], [2, 0]], "major_diameter": 1.0, "pitch": 0.25}
PITCH = {"type": "pitch", "feature": "S", "lower_tol": -0.01, "upper_tol": 0.01}


def thread(partial: bool = True, more: tuple[Any, ...] = (), **keys: Any) -> ThreadFeature:
    feature = parse(order([{**THREAD, **keys}, *more], PITCH, partial=partial)).geometry.features["S"]
    assert isinstance(feature, ThreadFeature)
    return feature


def test_the_basic_profile_is_that_of_iso_68_1():
    for d, p in ((1.0, 0.25), (1.4, 0.3), (0.5, 0.125)):
        made = thread(major_diameter=d, pitch=p)
        assert made.pitch_diameter_mm == pytest.approx(d - 0.649519 * p, abs=1e-6)
        assert made.minor_mm == pytest.approx(d - 1.082532 * p, abs=1e-6)


def test_pitch_diameters_of_unm_threads_are_the_published_ones():
    for row in published("thread_unm_miniature")["rows"]:
        made = thread(major_diameter=row["size"], pitch=row["pitch"])
        assert made.pitch_diameter_mm == pytest.approx(row["ext"]["pitch_dia"][1], abs=0.0011)
        low, high = row["ext"]["minor"]
        assert thread(major_diameter=row["size"], pitch=row["pitch"], minor_diameter=high).minor_mm == high
        assert low < made.major_mm


@pytest.mark.parametrize(("starts", "apart"), [(1, 0.125), (2, 0.0), (3, 0.125)])
def test_the_sides_stand_half_a_lead_apart(starts, apart):
    made = thread(starts=starts, phase=0.06)
    crests = []
    for outline in made.outlines:
        middles = [
            0.5 * (s.start_mm[0] + s.end_mm[0]) % 0.25
            for s in outline.segments
            if abs(abs(s.start_mm[1]) - 0.5) < 1e-9 and abs(s.length_mm - 0.25 / 8) < 1e-9
        ]
        crests.append(float(np.median(middles)))
    assert crests[0] == pytest.approx(0.06)
    assert (crests[1] - crests[0]) % 0.25 == pytest.approx(apart)


def test_the_flanks_have_their_angle():
    made = thread(flank_angle=55)
    long = [s for s in made.outlines[1].segments if s.length_mm > 0.05]
    runs = [(s.end_mm[0] - s.start_mm[0], s.end_mm[1] - s.start_mm[1]) for s in long]
    tilts = {round(math.degrees(math.atan2(y, x)) % 180.0, 6) for x, y in runs}
    assert {62.5, 117.5} <= tilts


def test_a_thread_between_two_ends_is_a_silhouette():
    ends = (line("L1", [2, -0.5], [2, 0.5]), line("L2", [0, 0.5], [0, -0.5]))
    silhouette = parse(order([THREAD, *ends], PITCH)).geometry.silhouette
    assert silhouette is not None
    assert (len(silhouette.outer), len(silhouette.openings)) == (1, 0)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"flank_angle": 10}, "geometry.features[0].flank_angle: a flank angle is 20° to 100°, not 10°"),
        ({"axis": [[0, 0], [0.3, 0]]}, "the axis is 0.3 mm long, which is not 2 to 500 pitches of 0.25 mm"),
        ({"axis": [[0, 0], [0, 0]]}, "the axis is 0 mm long"),
        ({"minor_diameter": 1.1}, "geometry.features[0].minor_diameter: the minor diameter 1.1 mm is not between"),
        ({"minor_diameter": 0.5}, "is not between 0.6211 mm, where the flanks meet, and the major diameter 1 mm"),
        ({"starts": 0}, "geometry.features[0].starts: a thread has 1 to 8 starts, not 0"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(keys, sentence):
    with pytest.raises(OrderError) as caught:
        thread(**keys)
    assert sentence in str(caught.value)


def test_only_a_thread_has_a_pitch():
    with pytest.raises(OrderError, match="pitch is for a thread, but 'L1' is a line"):
        parse(order([THREAD, line("L1", [2, -0.5], [2, 0.5])], {**PITCH, "feature": "L1"}, partial=True))
