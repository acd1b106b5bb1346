"""Demo cases for round parts: watch wheels, pinions, rings."""

from __future__ import annotations

from typing import Any

import numpy as np

from station.order.geometry import ArcFeature, CircleFeature, ContourFeature, Side
from station.twin import flaws
from station.twin.demo_case import DemoCase, Design, Expected, count, demo_case, size, zone
from station.twin.gears import Spokes, Teeth, pinion_leaves, rim_arc_deg, toothed_outline, wheel_teeth, windows
from station.twin.outlines import circle_outline, polar
from station.twin.part import CircleDeviation, Flaw, Lobes, MadePart

BRASS: dict[str, Any] = {"material": "CuZn39Pb3", "cte_ppm_per_k": 20.5}
STEEL: dict[str, Any] = {"material": "1.4197", "cte_ppm_per_k": 10.4}


def wheel_cases() -> list[DemoCase]:
    """Four watch wheels: two good, one with a wide bore, one with a broken tooth."""
    return [
        _wheel(1, "WHEEL-64", wheel_teeth(64, 0.105), Spokes(5, 2.55, 0.85, 0.32, 0.12), 0.60, 0.0065),
        _wheel(2, "WHEEL-72", wheel_teeth(72, 0.100), Spokes(4, 2.75, 0.95, 0.40, 0.15), 0.80, 0.0240),
        _wheel(3, "WHEEL-60", wheel_teeth(60, 0.120), Spokes(5, 2.70, 0.90, 0.36, 0.10), 0.70, 0.0075, broken=11),
        _wheel(4, "WHEEL-80", wheel_teeth(80, 0.090), Spokes(5, 2.85, 0.80, 0.30, 0.14), 0.55, 0.0070),
    ]


def _wheel(
    number: int, name: str, teeth: Teeth, spokes: Spokes, bore_mm: float, bore_over_mm: float, broken: int = 0
) -> DemoCase:
    outline, cut = toothed_outline(teeth, "TEETH"), windows(spokes, "WINDOW")
    bore = circle_outline((0.0, 0.0), bore_mm, True, "BORE")
    start, end = rim_arc_deg(spokes)
    features = (
        ContourFeature("TEETH", (outline,)),
        ContourFeature("WINDOWS", cut),
        CircleFeature("BORE", Side.INNER, (0.0, 0.0), bore_mm),
        ArcFeature("RIM1", Side.INNER, (0.0, 0.0), spokes.rim_radius_mm, start, end),
    )
    layers = (("TEETH", (outline,)), ("WINDOWS", cut), ("BORE", (bore,)))
    design = Design((outline,), (*cut, bore), features, layers)
    made = CircleDeviation("BORE", bore_over_mm, (0.0012, -0.0008), (Lobes(0.0008, 3, 20.0),))
    pitch_deg = 360.0 / teeth.count
    gone: tuple[Flaw, ...] = ()
    if broken:
        gone = (flaws.broken_tooth(broken * pitch_deg, pitch_deg, teeth.root_radius_mm + 0.03, teeth.tip_radius_mm),)
    wrong = broken > 0 or bore_over_mm > 0.014
    story = "a tooth is broken off" if broken else "the bore is too wide" if wrong else "a good wheel"
    characteristics = [
        size("diameter", "BORE", bore_mm, "H8"),
        zone("roundness", "BORE", 0.012),
        size("radius", "RIM1", spokes.rim_radius_mm, 0.02),
        zone("line_profile", "TEETH", 0.06, "A"),
        zone("line_profile", "WINDOWS", 0.08),
        count("teeth", teeth.count, "TEETH"),
        count("openings", spokes.count + 1),
    ]
    part = design.made(made, growth_mm=0.001, flaws=gone)
    expected = Expected.FAIL if wrong else Expected.PASS
    return demo_case(number, name, story, expected, design, part, characteristics, datums={"A": "BORE"}, **BRASS)


def pinion_cases() -> list[DemoCase]:
    """Two pinions: a good one, and one whose bore is off its middle."""
    return [
        _pinion(5, "PINION-8", pinion_leaves(8, 0.34), 0.80, 0.0),
        _pinion(6, "PINION-12", pinion_leaves(12, 0.26), 1.10, 0.045),
    ]


def _pinion(number: int, name: str, leaves: Teeth, bore_mm: float, off_mm: float) -> DemoCase:
    outline = toothed_outline(leaves, "LEAVES")
    bore = circle_outline((0.0, 0.0), bore_mm, True, "BORE")
    features = (ContourFeature("LEAVES", (outline,)), CircleFeature("BORE", Side.INNER, (0.0, 0.0), bore_mm))
    design = Design((outline,), (bore,), features, (("LEAVES", (outline,)), ("BORE", (bore,))))
    made = CircleDeviation("BORE", 0.0068, polar(off_mm + 0.0005, 65.0), (Lobes(0.0007, 2, 40.0),))
    characteristics = [
        size("diameter", "BORE", bore_mm, "H8"),
        zone("roundness", "BORE", 0.010),
        zone("line_profile", "LEAVES", 0.05, "A"),
        count("teeth", leaves.count, "LEAVES"),
        count("openings", 1),
    ]
    story = "the bore is off its middle" if off_mm else "a good pinion"
    expected = Expected.FAIL if off_mm else Expected.PASS
    part = design.made(made)
    return demo_case(number, name, story, expected, design, part, characteristics, datums={"A": "BORE"}, **STEEL)


def ring_cases() -> list[DemoCase]:
    """Four rings: a good one, one at its limit, one with a burr, and a wrong part under a ring's order."""
    rng = np.random.default_rng(2026)
    good = ring_design(10.6, 8.2)
    edge = ring_design(9.4, 7.0)
    ragged = ring_design(8.8, 6.4)
    ordered, lying = ring_design(7.9, 5.5), ring_design(7.6, 5.5)
    out_of_round = (Lobes(0.002, 2, 15.0), Lobes(0.001, 3, 70.0))
    rim = CircleDeviation("OD", -0.004, lobes=out_of_round)
    burred = (flaws.burr(polar(4.4, 128.0), 128.0, 0.45, 0.07, rng),)
    return [
        _ring(7, "RING-106", "a good ring", Expected.PASS, good, good.made(rim, _bore(0.030, 0.004))),
        _ring(
            8,
            "RING-094",
            "the outer diameter lies on its upper limit",
            Expected.UNDECIDED,
            edge,
            edge.made(CircleDeviation("OD", 0.0200), _bore(0.028, 0.005)),
        ),
        _ring(
            9,
            "RING-088",
            "a burr on the outer edge",
            Expected.NOT_PASS,
            ragged,
            ragged.made(rim, _bore(0.026, 0.003), flaws=burred),
        ),
        _ring(
            10,
            "RING-079",
            "another part lies under this order",
            Expected.NOT_PASS,
            ordered,
            lying.made(rim, _bore(0.030, 0.004)),
        ),
    ]


def ring_design(outer_mm: float, inner_mm: float) -> Design:
    """A plain ring, written out without a drawing."""
    features = (
        CircleFeature("OD", Side.OUTER, (0.0, 0.0), outer_mm),
        CircleFeature("ID", Side.INNER, (0.0, 0.0), inner_mm),
    )
    rim = circle_outline((0.0, 0.0), outer_mm, False, "OD")
    bore = circle_outline((0.0, 0.0), inner_mm, True, "ID")
    return Design((rim,), (bore,), features)


def _bore(over_mm: float, off_mm: float) -> CircleDeviation:
    return CircleDeviation("ID", over_mm, (off_mm, -off_mm / 2), (Lobes(0.0015, 3, 33.0),))


def _ring(number: int, name: str, story: str, expected: Expected, design: Design, part: MadePart) -> DemoCase:
    outer, inner = (feature.diameter_mm for feature in design.features if isinstance(feature, CircleFeature))
    characteristics = [
        size("diameter", "OD", outer, 0.02),
        size("diameter", "ID", inner, "H10"),
        zone("roundness", "OD", 0.02),
        zone("roundness", "ID", 0.025),
        zone("concentricity", "ID", 0.04, "A"),
        count("openings", 1),
    ]
    return demo_case(number, name, story, expected, design, part, characteristics, datums={"A": "OD"})
