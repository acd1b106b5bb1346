"""Demo cases for flat and long parts: connector pins and bone plates."""

from __future__ import annotations

from typing import Any

from station.order.geometry import ArcFeature, CircleFeature, ContourFeature, Feature, LineFeature, Outline, Point, Side
from station.order.model import Face
from station.twin import flaws
from station.twin.demo_case import DemoCase, Design, Expected, count, demo_case, size, zone
from station.twin.flat_parts import Pin, band_outline, linked_outline, pin_outline
from station.twin.outlines import circle_outline, polar
from station.twin.part import Bend, CircleDeviation, LineDeviation, Lobes, MadePart

BRONZE: dict[str, Any] = {"material": "CuSn6", "cte_ppm_per_k": 18.2}
TITANIUM: dict[str, Any] = {"material": "Ti-6Al-4V ELI", "cte_ppm_per_k": 8.6}


def pin_cases() -> list[DemoCase]:
    """Four connector pins: a good one, a bent one, a tapered one, one with a spur."""
    small, long = Pin(2.5, 0.80, 0.60, 2.00, 4.2, 1.20, 24.0, 0.20), Pin(3.0, 1.00, 0.80, 2.40, 4.0, 1.40, 30.0, 0.25)
    thin, stout = Pin(2.2, 0.70, 0.50, 1.60, 4.6, 1.00, 20.0, 0.18), Pin(2.8, 1.20, 0.90, 2.60, 3.6, 1.60, 36.0, 0.30)
    true = (LineDeviation("SIDE1", 0.002, bow_mm=0.001), LineDeviation("SIDE2", -0.001, 0.01))
    thorn = flaws.spur((0.4, stout.width_mm / 2), 80.0, 0.16, 0.07)
    return [
        _pin(11, "PIN-120", "a good pin", Expected.PASS, small, {}, true),
        _pin(12, "PIN-140", "bent", Expected.FAIL, long, {"bend": Bend(-1.5, 70.0)}, true),
        _pin(
            13,
            "PIN-100",
            "one side runs off by half a degree",
            Expected.FAIL,
            thin,
            {},
            (LineDeviation("SIDE2", -0.006, -0.55),),
        ),
        _pin(14, "PIN-160", "a spur stands on one side", Expected.NOT_PASS, stout, {"flaws": (thorn,)}, true),
    ]


def _pin(
    number: int, name: str, story: str, expected: Expected, pin: Pin, faults: dict[str, Any], made: tuple[Any, ...]
) -> DemoCase:
    outline, edges = pin_outline(pin, "BODY")
    lines = {name: edges[name] for name in ("END", "FACE1", "FACE2", "SIDE1", "SIDE2", "FLANK1", "FLANK2")}
    half = 90.0 - pin.taper_deg / 2
    tip = ArcFeature("TIP", Side.OUTER, (pin.tip_center_mm - pin.length_mm / 2, 0.0), pin.tip_radius_mm, -half, half)
    features: tuple[Feature, ...] = (
        ContourFeature("BODY", (outline,)),
        *(LineFeature(edge, start, end, True) for edge, (start, end) in lines.items()),
        tip,
    )
    design = Design((outline,), (), features, (("BODY", (outline,)),), exploded=True)
    characteristics = [
        size("width", ["SIDE1", "SIDE2"], pin.width_mm, 0.02),
        size("distance", ["END", "FACE2"], pin.tail_mm + pin.collar_mm, 0.03),
        size("angle", ["FLANK1", "FLANK2"], pin.taper_deg, 0.8),
        zone("straightness", "SIDE1", 0.015),
        zone("parallelism", "SIDE2", 0.020, "A"),
        zone("perpendicularity", "FACE2", 0.020, "A"),
        zone("line_profile", "BODY", 0.060),
    ]
    part = design.made(*made, **faults)
    return demo_case(number, name, story, expected, design, part, characteristics, datums={"A": "SIDE1"}, **BRONZE)


def plate_cases() -> list[DemoCase]:
    """Four bone plates: a good one, one lacking a hole, one with a hole too many, one on its wrong face."""
    arc_mm, linked = 16.0, [(-4.1, -0.45), (-1.5, 0.30), (1.25, 0.25), (3.95, -0.60)]
    five = [polar(arc_mm, 90.0 - degrees, (0.0, -arc_mm)) for degrees in (-14.0, -7.5, 0.5, 8.0, 14.5)]
    six_arc = 13.0
    six = [polar(six_arc, 90.0 - d, (0.0, -six_arc)) for d in (-18.0, -11.5, -5.0, 2.5, 10.0, 18.5)]
    four = [(-4.0, 0.2), (-1.45, -0.35), (1.2, -0.40), (3.9, 0.55)]
    band = (band_outline(arc_mm, 15.0, 2.8, "PLATE"), five, [1.3, 1.3, 1.5, 1.3, 1.4])
    narrow = (band_outline(six_arc, 19.0, 2.4, "PLATE"), six, [1.1, 1.2, 1.1, 1.1, 1.3, 1.2])
    eyes = (linked_outline(linked, 1.25, 1.10, "PLATE"), linked, [1.4, 1.4, 1.3, 1.4])
    wavy = (linked_outline(four, 1.20, 1.20, "PLATE"), four, [1.2, 1.3, 1.3, 1.5])
    drilled = flaws.extra_hole((0.0, -0.05), 0.6)
    return [
        _plate(15, "PLATE-5H", "a good plate", Expected.PASS, *band, {}),
        _plate(16, "PLATE-6H", "the fourth hole was not drilled", Expected.FAIL, *narrow, {"missing": ("H4",)}),
        _plate(17, "PLATE-4E", "a hole too many", Expected.FAIL, *eyes, {"flaws": (drilled,)}),
        _plate(18, "PLATE-4W", "it lies on its wrong face", Expected.NOT_PASS, *wavy, {}, Face.BOTTOM),
    ]


def _plate(
    number: int,
    name: str,
    story: str,
    expected: Expected,
    outline: Outline,
    centers: list[Point],
    diameters: list[float],
    faults: dict[str, Any],
    face: Face = Face.TOP,
) -> DemoCase:
    holes = [
        CircleFeature(f"H{index}", Side.INNER, (round(center[0], 4), round(center[1], 4)), diameter)
        for index, (center, diameter) in enumerate(zip(centers, diameters, strict=True), start=1)
    ]
    openings = tuple(circle_outline(hole.center_mm, hole.diameter_mm, True, hole.id) for hole in holes)
    layers = (("PLATE", (outline,)), ("HOLES", openings))
    design = Design((outline,), openings, (ContourFeature("PLATE", (outline,)), *holes), layers)
    first, last = holes[0], holes[-1]
    apart = ((last.center_mm[0] - first.center_mm[0]) ** 2 + (last.center_mm[1] - first.center_mm[1]) ** 2) ** 0.5
    characteristics = [
        size("diameter", first.id, first.diameter_mm, 0.03),
        size("diameter", last.id, last.diameter_mm, 0.03),
        size("distance", [first.id, last.id], apart, 0.05),
        *(zone("position", hole.id, 0.06, "A", "B") for hole in holes[1:-1]),
        zone("line_profile", "PLATE", 0.08),
        count("openings", len(holes)),
    ]
    return demo_case(
        number,
        name,
        story,
        expected,
        design,
        _drilled(design, holes, faults),
        characteristics,
        datums={"A": first.id, "B": last.id},
        face=face,
        **TITANIUM,
    )


def _drilled(design: Design, holes: list[CircleFeature], faults: dict[str, Any]) -> MadePart:
    """Every hole a little off, each in its own way."""
    made = [
        CircleDeviation(
            hole.id, 0.004 - 0.002 * (index % 3), polar(0.006, 100.0 * index), (Lobes(0.001, 3, 25.0 * index),)
        )
        for index, hole in enumerate(holes)
    ]
    return design.made(*made, growth_mm=-0.0015, **faults)
