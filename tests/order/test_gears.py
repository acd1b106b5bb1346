"""Gears of an order: textbook measures of the outline they become, the published tables, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from station.errors import OrderError
from station.order.cycloidal import pinion_factors, wheel_factors
from station.order.geometry import ArcSegment, GearFeature, Outline, polygon, signed_area_mm2
from station.order.involute import Involute, inv
from station.order.tooth import gear_outline

from ..metrology.reference_for_tests import published
from .builders import circle, order, parse

ALPHA = math.radians(20.0)
INVOLUTE = {"id": "W", "type": "gear", "profile": "involute", "center": [0, 0], "teeth": 30, "module": 0.2}
WHEEL = {**INVOLUTE, "profile": "cycloidal", "teeth": 60, "mate_teeth": 8}
PROFILE = {"type": "line_profile", "feature": "W", "tolerance": 0.1}


def gear(**keys: Any) -> GearFeature:
    feature = parse(order([{**INVOLUTE, **keys}], PROFILE)).geometry.features["W"]
    assert isinstance(feature, GearFeature)
    return feature


def involute(teeth: int, module: float, shift: float, thinner: float = 0.0) -> tuple[Involute, Outline]:
    r = module * teeth / 2
    thickness = module * (math.pi / 2 + 2 * shift * math.tan(ALPHA)) - thinner
    made = Involute(teeth, module, ALPHA, r + module * (1 + shift), r + module * (shift - 1.25), thickness, None)
    made.check()
    side = made.side(exact_mm=1e-7)
    return made, gear_outline(side, teeth, made.tip_radius_mm, made.root_radius_mm, (0.3, -0.2), 0.0, "W")


def arcs_of(outline: Outline, teeth: int, tooth: int) -> list[ArcSegment]:
    """The flanks' arcs of a tooth: convex, and not about the gear's centre."""
    each = len(outline.segments) // teeth
    own = outline.segments[tooth * each : (tooth + 1) * each]
    return [
        s for s in own if isinstance(s, ArcSegment) and s.sweep_deg > 0 and math.dist(s.center_mm, (0.3, -0.2)) > 1e-9
    ]


def support(arcs: list[ArcSegment], direction_rad: float) -> float:
    """How far a tangent at right angles to the direction lies out, touching one of the arcs."""
    u = np.array([math.cos(direction_rad), math.sin(direction_rad)])
    touched = [
        float(np.dot(arc.center_mm, u)) + arc.radius_mm
        for arc in arcs
        if (math.degrees(direction_rad) - arc.start_deg + 1e-9) % 360.0 <= arc.sweep_deg + 2e-9
    ]
    assert touched, "the tangent touches no flank"
    return touched[0]


@pytest.mark.parametrize(
    ("teeth", "module", "shift", "k", "thinner"),
    [(30, 0.2, 0.0, 4, 0.0), (24, 0.5, 0.1, 3, 0.02), (60, 0.12, 0.3, 8, 0.0), (17, 1.0, 0.2, 3, 0.05)],
)
def test_the_span_over_k_teeth_is_the_textbooks(teeth, module, shift, k, thinner):
    """W_k = m cos α ((k - 1/2) π + z inv α) + 2 x m sin α (ISO 21771), less what backlash takes."""
    _, outline = involute(teeth, module, shift, thinner)
    middle = math.pi * (k - 1) / teeth
    over = support(arcs_of(outline, teeth, k - 1), middle + math.pi / 2)
    under = support(arcs_of(outline, teeth, 0), middle - math.pi / 2)
    closed = module * math.cos(ALPHA) * ((k - 0.5) * math.pi + teeth * inv(ALPHA)) + 2 * shift * module * math.sin(
        ALPHA
    )
    assert over + under == pytest.approx(closed - thinner * math.cos(ALPHA), abs=1e-6)


@pytest.mark.parametrize(("teeth", "module", "shift"), [(30, 0.2, 0.0), (24, 0.5, 0.1), (60, 0.12, 0.3)])
def test_the_dimension_over_pins_is_the_textbooks(teeth, module, shift):
    """M = m z cos α / cos α_D + D of an even number of teeth, inv α_D = inv α + D/(m z cos α) + 2 x tan α/z - π/2z."""
    made, outline = involute(teeth, module, shift)
    pin = 1.68 * module
    base = module * teeth * math.cos(ALPHA)
    wanted = inv(ALPHA) + pin / base + 2 * shift * math.tan(ALPHA) / teeth - math.pi / (2 * teeth)
    at_pin = brentq(lambda a: inv(a) - wanted, 0.01, 1.4, xtol=1e-14)
    arcs, between = arcs_of(outline, teeth, 0), math.pi / teeth

    def gap(radius: float) -> float:
        center = np.array([0.3, -0.2]) + radius * np.array([math.cos(between), math.sin(between)])
        away = [
            math.dist(center, arc.center_mm) - arc.radius_mm
            for arc in arcs
            if (math.degrees(math.atan2(*(center - arc.center_mm)[::-1])) - arc.start_deg) % 360.0 <= arc.sweep_deg
        ]
        return min(away) - pin / 2

    closed = base / 2 / math.cos(at_pin)
    radius = brentq(gap, closed - 0.02 * module, closed + 0.02 * module, xtol=1e-12)
    assert 2 * radius + pin == pytest.approx(2 * closed + pin, abs=1e-6)
    assert 2 * made.ball_radius_mm(made.base_radius_mm / math.cos(_contact(made, pin))) == pytest.approx(pin, abs=1e-9)


def _contact(made: Involute, pin: float) -> float:
    """Pressure angle where a pin touches the flank."""
    low, high = 1e-3, math.acos(made.base_radius_mm / made.tip_radius_mm)
    return float(
        brentq(lambda a: 2 * made.ball_radius_mm(made.base_radius_mm / math.cos(a)) - pin, low, high, xtol=1e-14)
    )


def test_the_orders_outline_lies_within_nanometres_of_the_involute():
    teeth = gear(teeth=17, module=1.0, profile_shift=0.2)
    base = teeth.reference_radius_mm * math.cos(ALPHA)
    half = teeth.thickness_mm / (2 * teeth.reference_radius_mm) + inv(ALPHA)
    points = polygon(Outline(teeth.flank, False, ""), 1e-9)
    radius = np.hypot(*points.T)
    far = radius > 1.02 * base
    angle = half - np.array([inv(math.acos(base / r)) for r in radius[far]])
    off = base * (np.arctan2(points[far, 1], points[far, 0]) - angle)
    assert np.abs(off).max() < 6e-6


def test_proportions_left_out_are_those_of_iso_53():
    teeth = gear()
    assert (teeth.tip_radius_mm, teeth.root_radius_mm) == pytest.approx((3.2, 2.75))
    assert teeth.thickness_mm == pytest.approx(0.1 * math.pi)
    shifted = gear(profile_shift=0.25, backlash=0.01)
    assert shifted.tip_radius_mm == pytest.approx(3.25)
    assert shifted.thickness_mm == pytest.approx(0.2 * (math.pi / 2 + 0.5 * math.tan(ALPHA)) - 0.01)
    assert shifted.measuring_radius_mm == pytest.approx(3.05)


def test_the_wheels_of_bs_978_are_those_of_its_tables():
    table = published("gear_bs978_2_cycloidal")
    for key, column in (("addendum", "addendum_factor_f"), ("radius", "radius_factor_fr")):
        for leaves, row in table[column].items():
            for ratio, value in zip(table["ratios"], row, strict=True):
                assert getattr(wheel_factors(int(leaves), ratio), key) == pytest.approx(value, abs=1e-12)
    for leaves, row in table["recomputed_f"].items():  # the radius is 1.40/0.95 of the addendum throughout
        for ratio, value in zip(table["ratios"], row, strict=True):
            assert wheel_factors(int(leaves), ratio).radius == pytest.approx(value * 1.40 / 0.95, abs=0.0016)


def test_factors_between_the_tables_lie_between_them():
    assert wheel_factors(8, 7.25).addendum == pytest.approx((1.468 + 1.471) / 2)
    assert wheel_factors(11, 6).addendum == pytest.approx((1.588 + 1.700) / 2)


def test_pinions_of_bs_978_are_those_of_its_profiles():
    table = published("gear_bs978_2_cycloidal")["pinion"]
    for profile in "ABC":
        own = table[f"profile_{profile}"]
        few, many = pinion_factors(8, profile), pinion_factors(12, profile)
        assert (few.addendum, few.radius, few.thickness) == (own["addendum"], own["radius"], 1.05)
        assert [many.addendum, many.radius, many.thickness] == [*own["ge11"], 1.25]


def test_a_watch_wheel_has_the_diameters_of_the_standard():
    wheel = gear(**WHEEL)
    factors = wheel_factors(8, 7.5)
    assert 2 * wheel.tip_radius_mm == pytest.approx(0.2 * (60 + 2 * factors.addendum))
    assert 2 * wheel.root_radius_mm == pytest.approx(0.2 * (60 - math.pi))
    assert wheel.thickness_mm == pytest.approx(0.1 * math.pi)
    radius = np.hypot(*polygon(wheel.outlines[0], 1e-6).T)
    assert radius.max() == pytest.approx(wheel.tip_radius_mm, abs=1e-9)


def test_a_gear_is_the_silhouette_and_a_bore_its_opening():
    made = parse(order([INVOLUTE, circle("B", "inner", [0, 0], 1.5)], PROFILE))
    silhouette = made.geometry.silhouette
    assert silhouette is not None
    assert (len(silhouette.outer), len(silhouette.openings)) == (1, 1)
    assert signed_area_mm2(silhouette.outer[0]) == pytest.approx(math.pi * 9.0, rel=0.03)


def test_sizes_take_their_nominal_from_the_teeth():
    asked = [
        {"type": kind, "feature": "W", "lower_tol": -0.01, "upper_tol": 0}
        for kind in ("tip_diameter", "tooth_thickness")
    ]
    tip, thickness = (c.limits for c in parse(order([INVOLUTE], *asked)).characteristics)
    assert (float(tip.lower or 0), float(tip.upper or 0)) == (6.39, 6.4)
    assert float(thickness.nominal or 0) == 0.314159


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"teeth": 3}, "geometry.features[0].teeth: a gear has 4 to 1000 teeth, not 3"),
        ({"teeth": 8}, "undercut these teeth, and their outline is then not known; a profile_shift larger by 0.533"),
        ({"side": "inner"}, "geometry.features[0].side: internal gears are not supported"),
        (
            {"mate_teeth": 8},
            "geometry.features[0].mate_teeth: 'mate_teeth' does not belong to a gear of involute profile",
        ),
        ({"tip_diameter": 7.5}, "the teeth are pointed: at the tip diameter 7.5 mm they are -0.67 mm thick"),
        ({"tip_diameter": 5.55}, "the tip diameter 5.55 mm lies within the base circle of 5.638 mm"),
        ({"root_diameter": 6.5}, "the root diameter 6.5 mm is not smaller than the tip diameter 6.4 mm"),
        ({"backlash": 1}, "geometry.features[0].backlash: the backlash leaves nothing of the teeth"),
        ({"tooth_thickness": 0.3, "backlash": 0.01}, "give 'tooth_thickness' or 'backlash', not both"),
        ({"tooth_thickness": 0.7}, "the teeth are so thick that no space is left between them"),
        ({"root_fillet": 1}, "a root_fillet of 1 mm does not fit between the teeth: at most 0.1103 mm do"),
        ({"pressure_angle": 5}, "geometry.features[0].pressure_angle: a pressure angle is 10° to 35°, not 5°"),
        ({"teeth": 5, "profile_shift": -2}, "the root diameter"),
        ({"profile": "cycloidal"}, "geometry.features[0].mate_teeth: a cycloidal wheel needs the leaves of the pinion"),
        ({"profile": "cycloidal", "mate_teeth": 5}, "BS 978-2 has no wheel for a pinion of 5 leaves, only for 6 to 16"),
        ({"profile": "cycloidal", "mate_teeth": 15}, "BS 978-2 has no wheel of the ratio 2, only of 3 to 12"),
        ({"profile": "cycloidal", "form": "A", "ratio": 7}, "'ratio' is for wheels"),
        (
            {"profile": "cycloidal", "profile_shift": 0.1},
            "'profile_shift' does not belong to a gear of cycloidal profile",
        ),
        ({"profile": "cycloidal", "mate_teeth": 8, "tip_diameter": 7}, "where the flanks meet"),
        ({"profile": "cycloidal", "mate_teeth": 8, "root_diameter": 6.1}, "is not between 0 and the pitch circle"),
        ({"profile": "cycloidal", "mate_teeth": 8, "root_fillet": 0.5}, "a root_fillet of 0.5 mm does not fit"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(keys, sentence):
    with pytest.raises(OrderError) as caught:
        gear(**keys)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (
            {"type": "pitch_deviation", "feature": "B", "tolerance": 0.01},
            "pitch_deviation is for a gear, but 'B' is a circle",
        ),
        (
            {"type": "diameter", "feature": "W", "limits": [1, 2]},
            "diameter is for a circle or an arc, but 'W' is a gear",
        ),
        ({"type": "runout", "feature": "W", "tolerance": 0.01, "datum": "E"}, "but 'H' lies 1 mm beside that of 'W'"),
        (
            {"type": "runout", "feature": "W", "tolerance": 0.01, "datum": "W"},
            "is a circle or an arc, but 'W' is the gear",
        ),
        ({"type": "tip_diameter", "feature": "W", "nominal": 20, "upper_tol": 0}, "has 6.4 mm in the geometry"),
        ({"type": "tooth_thickness", "feature": "W"}, "this size has no tolerance"),
        ({"type": "cumulative_pitch", "feature": "W", "tolerance": 0.01, "flank": "up"}, "flank"),
    ],
)
def test_a_wrong_question_is_refused_in_a_sentence(asked, sentence):
    holes = [circle("B", "inner", [0, 0], 1.5), circle("H", "inner", [1, 0], 0.3)]
    with pytest.raises(OrderError) as caught:
        parse({**order([INVOLUTE, *holes], asked), "datums": {"A": "B", "E": "H", "W": "W"}})
    assert sentence in str(caught.value)


@settings(deadline=None, max_examples=80)
@given(
    profile=st.sampled_from(["involute", "cycloidal"]),
    teeth=st.integers(4, 90),
    module=st.sampled_from([0.05, 0.1, 0.3, 1, 5]),
    more=st.fixed_dictionaries(
        {},
        optional={
            "profile_shift": st.floats(-1, 1).map(lambda v: round(v, 3)),
            "pressure_angle": st.sampled_from([14.5, 20, 25]),
            "mate_teeth": st.integers(0, 20),
            "form": st.sampled_from(["wheel", "A", "B", "C"]),
            "root_fillet": st.sampled_from([0, 0.01, 0.1]),
            "backlash": st.sampled_from([0, 0.01]),
            "phase_deg": st.sampled_from([0, 17.5, -300]),
        },
    ),
)
def test_any_gear_is_refused_or_closes(profile, teeth, module, more):
    try:
        made = gear(profile=profile, teeth=teeth, module=module, **more)
    except OrderError:
        return
    segments = made.outlines[0].segments
    gaps = [math.dist(a.end_mm, b.start_mm) for a, b in zip(segments, (*segments[1:], segments[0]), strict=True)]
    assert max(gaps) < 1e-9
    assert made.root_radius_mm < math.sqrt(signed_area_mm2(made.outlines[0]) / math.pi) < made.tip_radius_mm
    assert made.ball_mm > 0
