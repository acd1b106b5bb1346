"""Slots straight from the order: values, uncertainties and datums against the exact geometry of the part as made."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from station.metrology.decision import Verdict
from station.order.geometry import ArcFeature, LineFeature
from station.order.slots import SlotFeature
from station.plan.compile import compile_plan
from station.plan.predict import predict
from station.twin.part import CircleDeviation, Deviation, LineDeviation, MadePart
from station.twin.truth import Truth, feature_points, part_truth

from ..order.builders import circle
from .scenes_for_measure import MM_PER_PX, anywhere, exact, inspected, made, optics, order, photograph

PARTS = 100
U_SCALE, U_EDGE_PX, LOCAL_PX = 5e-5, 0.012, 0.008
CORNERS = ((-2.5, -1.6), (2.5, -1.6), (2.5, 1.6), (-2.5, 1.6))
PLATE = [
    {"id": f"E{n + 1}", "type": "line", "start": list(CORNERS[n]), "end": list(CORNERS[(n + 1) % 4]),
     "material": "left"} for n in range(4)
]  # fmt: skip
ROUND = {"id": "S1", "type": "slot", "side": "inner", "center": [-0.6, -0.6], "length": 1.8, "width": 0.5, "angle": 30}
SQUARE = {
    "id": "S2", "type": "slot", "side": "inner", "center": [1.4, 0], "length": 1.2, "width": 0.4, "ends": "square",
}  # fmt: skip
HOLE = circle("H1", "inner", [-1.7, 0.8], 0.8)
DATUMS: dict[str, Any] = {"A": "E1", "B": "E4", "H": "H1", "S": "S1", "T": "S2", "M": ["E1", "E3"]}


def sized(kind: str, *features: str, nominal: float, **more: Any) -> dict[str, Any]:
    named = {"feature": features[0]} if len(features) == 1 else {"features": list(features)}
    wide = 0.3 * nominal
    return {"type": kind, **named, "nominal": nominal, "lower_tol": -wide, "upper_tol": wide, **more}


def zoned(kind: str, feature: str, *datum: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "feature": feature, "tolerance": 0.3, **({"datum": list(datum)} if datum else {}), **more}


ASKED = {
    "width": sized("width", "S1", nominal=0.5),
    "width of the square one": sized("width", "S2", nominal=0.4),
    "length": sized("length", "S1", nominal=1.8),
    "length of the square one": sized("length", "S2", nominal=1.2),
    "position": zoned("position", "S1", "A", "B"),
    "position of the square one": zoned("position", "S2", "A", "B"),
    "symmetry": zoned("symmetry", "S2", "M"),
    "parallelism": zoned("parallelism", "S2", "A"),
    "perpendicularity": zoned("perpendicularity", "S2", "B"),
    "angularity": zoned("angularity", "S1", "A"),
    "angle": sized("angle", "S1", "E1", nominal=30.0),
    "distance to a hole": sized("distance", "S1", "H1", nominal=1.780449),
    "distance to an edge": sized("distance", "S1", "E1", nominal=1.0),
    "slot as datum": zoned("position", "H1", "S"),
    "hole, then slot": zoned("position", "S1", "H", "T"),
    "edge, then slot": zoned("position", "H1", "A", "T"),
    "edge to a slot": zoned("parallelism", "E3", "T"),
}


def deviations(rng: np.random.Generator) -> tuple[Deviation, ...]:
    lines = ["E1", "E2", "E3", "E4", "S1.left", "S1.right", *(f"S2.{n}" for n in ("left", "right", "start", "end"))]
    off = [
        LineDeviation(n, float(rng.normal(0, 0.01)), float(rng.normal(0, 0.15)), float(rng.normal(0, 0.002)))
        for n in lines
    ]
    around = [
        CircleDeviation(n, float(rng.normal(0, 0.01)), tuple(rng.normal(0, 0.008, 2).tolist()))
        for n in ("S1.start", "S1.end", "H1")
    ]
    return (*off, *around)


def own_places(part: MadePart, rng: np.random.Generator) -> tuple[Deviation, ...]:
    """Every edge appears a little off its place in the picture, as `local_px` says it may."""
    local = LOCAL_PX * MM_PER_PX
    found: list[Deviation] = []
    for feature in part.features:
        if isinstance(feature, LineFeature):
            lean = math.sqrt(12.0) * local / math.dist(feature.start_mm, feature.end_mm)
            tilt = math.degrees(float(rng.normal(0, lean)))
            found.append(LineDeviation(feature.id, float(rng.normal(0, local)), tilt))
        elif not isinstance(feature, SlotFeature):
            x, y = rng.normal(0, math.sqrt(2.0) * local, 2).tolist()
            found.append(CircleDeviation(feature.id, 2.0 * float(rng.normal(0, local)), (x, y)))
    return tuple(found)


class Made:
    """What is true of a made part, from least-squares lines and circles of its exact outline alone."""

    def __init__(self, part: MadePart) -> None:
        self.part, self.truth = part, part_truth(part)
        self.nominal = {feature.id: feature for feature in part.features}

    def line(self, name: str, truth: Truth | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Middle, direction and normal on its left."""
        found = (truth or self.truth).line(name)
        turn = math.radians(found.direction_deg)
        along = np.array([math.cos(turn), math.sin(turn)])
        return np.array(found.center_mm), along, np.array([-along[1], along[0]])

    def center(self, name: str) -> np.ndarray:
        return np.array(self.truth.circle(name).center_mm)

    def width(self, one: str, other: str) -> float:
        (p, _, n), (q, _, m) = self.line(one), self.line(other)
        return (abs((q - p) @ n) + abs((p - q) @ m)) / 2.0

    def bisector(self, one: str, other: str) -> tuple[np.ndarray, np.ndarray]:
        """A point and the direction of the line as far from both sides."""
        (p, d, _), (q, e, _) = self.line(one), self.line(other)
        along = d - e if d @ e < 0 else d + e
        along /= np.linalg.norm(along)
        # Equally far from both: halfway between where a perpendicular through the middle meets the two.
        across, at = np.array([-along[1], along[0]]), (p + q) / 2
        reach = [float(_cross(line - at, way) / _cross(across, way)) for line, way in ((p, d), (q, e))]
        point = at + across * sum(reach) / 2
        return point + along * float((at - point) @ along), along

    def middle(self, slot: str) -> np.ndarray:
        point, along = self.bisector(f"{slot}.left", f"{slot}.right")
        if isinstance(self.nominal[f"{slot}.start"], ArcFeature):
            between = (self.center(f"{slot}.start") + self.center(f"{slot}.end")) / 2
            return point + along * float((between - point) @ along)
        other, way = self.bisector(f"{slot}.start", f"{slot}.end")
        return point + along * float(_cross(other - point, way) / _cross(along, way))

    def frame(self, a: str, b: str):
        """Measured to nominal by two edges at a right angle."""
        (p, d, _), (q, _, _) = self.line(a), self.line(b)
        one, two = self.nominal[a], self.nominal[b]
        drawn = np.subtract(one.end_mm, one.start_mm)
        spin = _turn(math.atan2(drawn[1], drawn[0]) - math.atan2(d[1], d[0]))
        normals = [np.array([-v[1], v[0]]) / np.linalg.norm(v)
                   for v in (drawn, np.subtract(two.end_mm, two.start_mm))]  # fmt: skip
        wanted = [n @ (np.array(f.start_mm) - spin @ m) for n, f, m in zip(normals, (one, two), (p, q), strict=True)]
        shift = np.linalg.solve(np.array(normals), wanted)
        return lambda points: points @ spin.T + shift


def _cross(a: np.ndarray, b: np.ndarray) -> float:
    return float(a[0] * b[1] - a[1] * b[0])


def _turn(angle: float) -> np.ndarray:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s], [s, c]])


def true_values(part: MadePart) -> dict[str, float]:
    of = Made(part)
    slot = {name: of.middle(name) for name in ("S1", "S2")}
    ends = [of.truth.circle(f"S1.{n}") for n in ("start", "end")]
    place, nominal = of.frame("E1", "E4"), {"S1": np.array([-0.6, -0.6]), "S2": np.array([1.4, 0.0])}
    (_, d1), (p2, d2) = of.bisector("S1.left", "S1.right"), of.bisector("S2.left", "S2.right")
    base, along, normal = of.line("E1")
    _, side, _ = of.line("E4")
    mid, mid_along = of.bisector("E1", "E3")
    mid_normal = np.array([-mid_along[1], mid_along[0]])
    lean = 1.2 * abs(_cross(d2, mid_along))
    hole = of.center("H1")
    in_s1 = _turn(math.radians(30) - math.atan2(d1[1], d1[0])) if d1[0] > 0 else _turn(
        math.radians(30) - math.atan2(-d1[1], -d1[0]))  # fmt: skip
    upper = feature_points(part, of.nominal["E3"])
    offs = upper @ np.array([-d2[1], d2[0]])
    return {
        "width": of.width("S1.left", "S1.right"),
        "width of the square one": of.width("S2.left", "S2.right"),
        "length": math.dist(ends[0].center_mm, ends[1].center_mm) + (ends[0].diameter_mm + ends[1].diameter_mm) / 2,
        "length of the square one": of.width("S2.start", "S2.end"),
        "position": 2 * np.linalg.norm(place(slot["S1"]) - nominal["S1"]),
        "position of the square one": 2 * np.linalg.norm(place(slot["S2"]) - nominal["S2"]),
        "symmetry": 2 * abs((p2 - mid) @ mid_normal) + lean,
        "parallelism": 1.2 * abs(_cross(d2, along)),
        "perpendicularity": 1.2 * abs(d2 @ side),
        "angularity": 1.3 * abs(_cross(_turn(math.radians(-30)) @ d1, along)),
        "angle": math.degrees(math.asin(abs(_cross(d1, along)))),
        "distance to a hole": float(np.linalg.norm(slot["S1"] - hole)),
        "distance to an edge": float(abs((slot["S1"] - base) @ normal)),
        "slot as datum": 2 * float(np.linalg.norm(
            in_s1 @ (hole - slot["S1"]) + nominal["S1"] - np.array([-1.7, 0.8]))),
        "hole, then slot": 2 * float(np.linalg.norm(by_hole_and_slot(of, slot["S1"]) - nominal["S1"])),
        "edge, then slot": 2 * float(np.linalg.norm(by_edge_and_slot(of, slot["S2"], hole) - np.array([-1.7, 0.8]))),
        "edge to a slot": float(np.ptp(offs)),
    }  # fmt: skip


def by_hole_and_slot(of: Made, point: np.ndarray) -> np.ndarray:
    """The hole stays in its place; about it the slot's sides come as near to theirs as they can."""
    hole, drawn = of.center("H1"), np.array([-1.7, 0.8])
    points = []
    for name, y in (("S2.left", 0.2), ("S2.right", -0.2)):
        middle, along, _ = of.line(name)
        points.append((middle + np.outer(np.linspace(-0.6, 0.6, 201), along), y))

    def missed(turn: float) -> float:
        return sum(float((((some - hole) @ _turn(turn).T + drawn)[:, 1] - y) @
                         (((some - hole) @ _turn(turn).T + drawn)[:, 1] - y)) for some, y in points)  # fmt: skip

    best = minimize_scalar(missed, bounds=(-0.05, 0.05), method="bounded", options={"xatol": 1e-12}).x
    return _turn(best) @ (point - hole) + drawn


def by_edge_and_slot(of: Made, middle: np.ndarray, point: np.ndarray) -> np.ndarray:
    """The edge turns and lifts; along it the slot's ends decide: half-way between them is where it is drawn."""
    base, along, _ = of.line("E1")
    spin = _turn(-math.atan2(along[1], along[0]))
    ends = [of.line(f"S2.{n}")[0] for n in ("start", "end")]
    x = 1.4 - (spin @ (sum(ends) / 2))[0]
    y = -1.6 - (spin @ base)[1]
    return spin @ point + np.array([x, y])


@pytest.fixture(scope="module")
def measured() -> dict[str, list[tuple[float, float, float]]]:
    """Value, u and truth of each characteristic of many parts."""
    what = order([*PLATE, ROUND, SQUARE, HOLE], *ASKED.values(), datums=DATUMS)
    seen = optics(680, 680)
    known = replace(exact(seen), u_scale=U_SCALE, u_edge_px=U_EDGE_PX, local_px=LOCAL_PX)
    plan = compile_plan(what, known)
    assert [item.refusal for item in plan.items] == [""] * len(ASKED)
    found = defaultdict(list)
    for number in range(PARTS):
        rng = np.random.default_rng((28, number))
        part = made(what, *deviations(rng))
        shown = made(what, *part.deviations, *own_places(part, rng))
        scale, edge = math.exp(float(rng.normal(0, U_SCALE))), float(rng.normal(0, U_EDGE_PX))
        real = replace(seen, mm_per_px=seen.mm_per_px * scale, edge_offset_px=edge, psf_sigma_px=rng.uniform(0.7, 1.3))
        outcome = inspected(what, photograph(shown, real, rng, anywhere(rng)), known, plan)
        truth = true_values(part)
        for name, item in zip(ASKED, outcome.items, strict=True):
            assert item.value is not None, item.reason
            found[name].append((item.value, item.u, truth[name]))
    return found


@pytest.mark.parametrize("name", ASKED)
def test_u95_holds_the_truth(measured, name: str) -> None:
    value, u, true = np.array(measured[name]).T
    assert float(np.mean(np.abs(value - true) <= 2 * u)) >= 0.9
    assert 0.4 < float(np.sqrt(np.mean(((value - true) / u) ** 2))) < 1.3
    assert abs(float(np.mean((value - true) / u))) < 0.4


def whole(slot: str, out_mm: float, along_mm: float, across_mm: float) -> tuple[Deviation, ...]:
    """A slot along x that is larger all round and stands elsewhere, its joints as smooth as drawn."""
    return (
        *(LineDeviation(f"{slot}.{n}", -out_mm + way * across_mm) for n, way in (("left", -1.0), ("right", 1.0))),
        *(CircleDeviation(f"{slot}.{n}", 2 * out_mm, (along_mm, across_mm)) for n in ("start", "end")),
    )


def test_the_profile_of_the_whole_outline():
    slot = {**ROUND, "angle": 0}
    what = order([*PLATE, slot], zoned("line_profile", "S1", "A", "B"), datums={"A": "E1", "B": "E4"})
    seen, off = optics(680, 680), []
    for number in range(20):
        rng = np.random.default_rng((29, number))
        out, along, across = rng.normal(0, 0.005, 3).tolist()
        part = made(what, *whole("S1", out, along, across))
        (item,) = inspected(what, photograph(part, seen, rng, anywhere(rng)), exact(seen)).items
        assert item.value is not None
        assert item.u is not None
        true = 2 * (abs(out) + math.hypot(along, across))  # where the ends face the way it stands off
        off.append((item.value - true) / item.u)
    assert np.mean(np.abs(off) <= 2) >= 0.9


def test_material_that_the_width_leaves_widens_the_place_of_a_slot():
    width = {"type": "width", "feature": "S1", "nominal": 0.5, "lower_tol": -0.03, "upper_tol": 0.03}
    place = {"type": "position", "feature": "S1", "tolerance": 0.02, "datum": ["A", "B"], "modifier": "MMC"}
    what = order([*PLATE, {**ROUND, "angle": 0}], width, place, datums={"A": "E1", "B": "E4"})
    seen, rng = optics(680, 680), np.random.default_rng(3)
    part = made(what, *whole("S1", 0.01, 0.016, 0.0))  # 0.02 wider, 0.032 off: allowed are 0.02 and 0.03 + 0.02
    outcome = inspected(what, photograph(part, seen, rng, anywhere(rng)), exact(seen))
    _, found = outcome.items
    assert found.value == pytest.approx(0.032, abs=5e-4)
    assert found.bonus == pytest.approx(0.05, abs=5e-4)
    assert found.verdict is Verdict.PASS
    assert "material bonus" in [row.source for row in found.budget]
    plain = order([*PLATE, {**ROUND, "angle": 0}], width, {**place, "modifier": "LMC"}, datums={"A": "E1", "B": "E4"})
    outcome = inspected(plain, photograph(part, seen, rng, anywhere(rng)), exact(seen))
    assert outcome.items[1].verdict is Verdict.FAIL
    assert "position of S1" in outcome.items[1].reason


def test_widths_of_a_bent_side():
    modes = [sized("width", "S1", nominal=0.5, modifier=how) for how in ("GG", "GX", "GN", "LP")]
    what = order([*PLATE, ROUND], *modes)
    seen, rng = optics(680, 680), np.random.default_rng(4)
    part = made(what, LineDeviation("S1.left", bow_mm=0.01))  # into the slot by 0.01 in the middle of the side
    outcome = inspected(what, photograph(part, seen, rng, anywhere(rng)), exact(seen))
    mean, widest, _, two_point = (item.value for item in outcome.items)
    assert mean == pytest.approx(0.5 - 0.01 * 2 / 3, abs=5e-4)
    assert widest == pytest.approx(0.49, abs=5e-4)
    assert two_point == pytest.approx(0.49, abs=5e-4)


@pytest.mark.parametrize("ends", ["round", "square"])
def test_a_tongue_is_a_whole_part(ends: str):
    tongue = {**ROUND, "side": "outer", "ends": ends, "center": [0, 0]}
    what = order([tongue], sized("width", "S1", nominal=0.5), sized("length", "S1", nominal=1.8),
                 zoned("line_profile", "S1"))  # fmt: skip
    seen, rng = optics(300, 300), np.random.default_rng(5)
    outcome = inspected(what, photograph(made(what), seen, rng, anywhere(rng)), exact(seen))
    assert outcome.verdict is Verdict.PASS, outcome.reason
    for item, nominal in zip(outcome.items[:2], (0.5, 1.8), strict=True):
        assert abs(item.value - nominal) < 3 * item.u, item


def test_a_missing_slot_is_found():
    what = order([*PLATE, ROUND], sized("width", "S1", nominal=0.5))
    seen, rng = optics(680, 680), np.random.default_rng(6)
    part = made(what, missing=frozenset({"S1"}))
    outcome = inspected(what, photograph(part, seen, rng, anywhere(rng)), exact(seen))
    assert outcome.verdict is Verdict.FAIL
    assert "opening" in outcome.reason


def test_a_plan_predicts_u_and_says_what_is_too_small():
    what = order([*PLATE, ROUND, SQUARE, HOLE], *ASKED.values(), datums=DATUMS)
    seen = optics(680, 680)
    plan = compile_plan(what, exact(seen))
    for name, expected in zip(ASKED, predict(plan, what, exact(seen)), strict=True):
        assert expected.u is not None
        assert 0 < expected.u < (0.02 if name == "angle" else 0.001), name
    narrow = order([*PLATE, {**ROUND, "width": 0.04}], sized("width", "S1", nominal=0.04),
                   sized("length", "S1", nominal=1.8))  # fmt: skip
    width, length = compile_plan(narrow, exact(seen)).items
    assert not width.refusal
    assert length.refusal == "S1.start has a radius of 2.0 pixels; this optics needs at least 3"
    short = order([*PLATE, {**ROUND, "length": 0.52}], sized("width", "S1", nominal=0.5))
    (width,) = compile_plan(short, exact(seen)).items
    assert width.refusal == "S1.left is only a few pixels long here; this optics cannot measure it"


REFUSED = [
    (zoned("symmetry", "S1", "M"), "in the drawing the middle of S1.left and S1.right is not that of E1 and E3"),
    (zoned("parallelism", "S1", "A"), "S1.left and S1.right and E1 do not lie so to each other"),
    (zoned("position", "H1", "T", "G"), "G cannot be a datum: neither round nor straight"),
]


@pytest.mark.parametrize(("asked", "why"), REFUSED, ids=lambda value: value if isinstance(value, str) else None)
def test_questions_the_drawing_does_not_bear(asked: dict[str, Any], why: str):
    gear = {"id": "G", "type": "gear", "profile": "involute", "center": [1.5, 0.9], "teeth": 20, "module": 0.04}
    what = order([*PLATE, ROUND, SQUARE, HOLE, gear], asked, datums={**DATUMS, "G": "G"}, partial=True)
    (item,) = compile_plan(what, exact(optics(680, 680))).items
    assert why in item.refusal
