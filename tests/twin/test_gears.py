"""Outlines that the twin draws itself: closed, smooth where they should be, of the standard's sizes."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from station.order.geometry import ArcSegment, polygon, signed_area_mm2
from station.twin.flat_parts import Pin, band_outline, linked_outline, pin_outline
from station.twin.gears import Spokes, pinion_leaves, rim_arc_deg, toothed_outline, wheel_teeth, windows

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "gear_bs978_2_cycloidal.json"
PIN = Pin(2.5, 0.80, 0.60, 2.00, 4.2, 1.20, 24.0, 0.20)


def is_closed(outline):
    following = (*outline.segments[1:], outline.segments[0])
    return all(math.dist(a.end_mm, b.start_mm) < 1e-9 for a, b in zip(outline.segments, following, strict=True))


def outlines():
    yield toothed_outline(wheel_teeth(64, 0.105), "wheel"), 1
    yield toothed_outline(pinion_leaves(8, 0.34), "pinion"), 1
    yield toothed_outline(pinion_leaves(12, 0.26), "pinion"), 1
    for window in windows(Spokes(5, 2.55, 0.85, 0.32, 0.12), "W"):
        yield window, -1
    yield pin_outline(PIN, "pin")[0], 1
    yield band_outline(16.0, 15.0, 2.8, "band"), 1
    yield linked_outline([(-4.0, 0.2), (-1.4, -0.3), (1.2, -0.4), (3.9, 0.5)], 1.2, 1.2, "linked"), 1


@pytest.mark.parametrize(("outline", "sense"), list(outlines()))
def test_every_outline_closes_with_the_material_on_its_left(outline, sense):
    assert is_closed(outline)
    assert math.copysign(1, signed_area_mm2(outline)) == sense
    points = polygon(outline, 1e-5)
    x, y = points.T
    area = 0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)
    assert area == pytest.approx(signed_area_mm2(outline), abs=outline.length_mm * 2e-5)


def test_tooth_proportions_are_those_of_the_standard():
    if not REFERENCE.exists():
        pytest.skip("the shared reference tables are absent")
    table = json.loads(REFERENCE.read_text())
    teeth = wheel_teeth(60, 0.1)
    at = table["ratios"].index(7.5)
    assert teeth.addendum == pytest.approx(table["addendum_factor_f"]["8"][at], abs=0.002)
    assert teeth.addendum_radius == pytest.approx(table["radius_factor_fr"]["8"][at], abs=0.002)
    leaves, profile = pinion_leaves(8, 0.3), table["pinion"]["profile_B"]
    assert (leaves.addendum, leaves.addendum_radius) == (profile["addendum"], profile["radius"])


def test_a_wheel_has_its_radii_and_teeth():
    teeth = wheel_teeth(72, 0.1)
    points = polygon(toothed_outline(teeth, "T"), 1e-5)
    radius = np.hypot(*points.T)
    assert radius.max() == pytest.approx(3.6 + 0.1 * (1.47 - 0.10), abs=1e-9)
    assert radius.min() == pytest.approx(3.6 - 0.1 * math.pi / 2, abs=1e-4)
    outside = radius > teeth.pitch_radius_mm
    assert np.count_nonzero(outside & ~np.roll(outside, 1)) == 72


def test_the_rim_arc_lies_between_the_fillets():
    spokes = Spokes(5, 2.55, 0.85, 0.32, 0.12)
    rim = windows(spokes, "W")[0].segments[0]
    start, end = rim_arc_deg(spokes)
    assert isinstance(rim, ArcSegment)
    assert (rim.start_deg, rim.start_deg + rim.sweep_deg) == pytest.approx((end, start))


def test_the_tip_of_a_pin_is_tangent_to_its_flanks():
    outline, edges = pin_outline(PIN, "pin")
    (tip,) = [segment for segment in outline.segments if isinstance(segment, ArcSegment)]
    (x0, y0), (x1, y1) = edges["FLANK1"]
    assert math.degrees(math.atan2(y1 - y0, x1 - x0)) == pytest.approx(12.0)
    assert tip.start_deg == pytest.approx(-78.0)
    assert max(np.ptp(polygon(outline, 1e-5), axis=0)) == pytest.approx(PIN.length_mm, abs=1e-5)
