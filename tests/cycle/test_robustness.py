"""Whatever is ordered and whatever lies there: a refusal in words or an answer in numbers, and no PASS for nothing."""

from __future__ import annotations

import re

import numpy as np
import pytest

from station.cycle.measure import Outcome, inspect_picture
from station.errors import InputError
from station.metrology.decision import Verdict, worst
from station.order.model import Order
from station.plan.compile import compile_plan
from station.plan.plan import Plan
from station.twin.made import made_polygons
from station.twin.part import MadePart
from station.twin.projection import to_pixels
from station.twin.scene import Pose
from station.vision.picture import Picture, picture_from
from station.vision.refusal import Trouble

from ..order.builders import chain, circle, line, size, zone
from .random_for_tests import Rng, not_finite, order_of, random_document, random_picture
from .scenes_for_measure import AT_20_C, MM_PER_PX, anywhere, exact, inspected, made, optics, order, photograph

SEEN = optics(200, 150)
EXACT = exact(SEEN)
FIRST, LOTS, PER_LOT = 81, 3, 40  # random orders, two thirds of which can be read


def is_whole(part: MadePart, pose: Pose, what: Order) -> bool:
    """Whether all of the part lies in the picture."""
    outlines = [to_pixels(points, pose, what.geometry.face, SEEN) for points in made_polygons(part, 1e-3)]
    points = np.concatenate(outlines)
    return bool(((points > 0) & (points < (SEEN.width_px - 1, SEEN.height_px - 1))).all())


def random_look(what: Order, rng: Rng) -> tuple[Picture, bool]:
    """A picture, and whether it shows the whole part that was ordered."""
    silhouette = what.geometry.silhouette
    if rng.random() < 0.25 or silhouette is None or not silhouette.outer:
        return picture_from(random_picture(rng)), False
    part, reach = made(what), rng.choice([30.0, 150.0], p=[0.7, 0.3])
    x, y = rng.uniform(-reach, reach, 2) * MM_PER_PX
    pose = Pose(float(x), float(y), float(rng.uniform(0.0, 360.0)))
    return photograph(part, SEEN, rng, pose, face=what.geometry.face), is_whole(part, pose, what)


def check_plan(plan: Plan, what: Order) -> None:
    assert [item.characteristic.id for item in plan.items] == [c.id for c in what.characteristics]
    for item in plan.items:
        for name in item.characteristic.features:
            feature = what.geometry.features[name]
            radius_mm = getattr(feature, "radius_mm", getattr(feature, "diameter_mm", np.inf) / 2.0)
            if radius_mm < 2.99 * MM_PER_PX:
                assert item.refusal, f"{name} has a radius below 3 px"


def check_outcome(outcome: Outcome) -> None:
    assert list(not_finite(outcome)) == []
    assert outcome.verdict is (
        worst([item.verdict for item in outcome.items] + [finding.verdict for finding in outcome.findings])
        if outcome.refusal is None
        else outcome.verdict
    )
    if outcome.verdict is not Verdict.PASS:
        assert outcome.reason.endswith((".", "more."))
    for item in outcome.items:
        assert (item.value is None) == (item.u is None)
        assert item.u is None or item.u >= 0.0
        assert bool(item.reason) == (item.verdict is not Verdict.PASS)
        assert item.verdict is Verdict.ERROR or item.value is not None


@pytest.mark.parametrize("lot", range(LOTS))
def test_any_order_and_any_picture_give_an_answer(lot: int) -> None:
    read = 0
    for seed in range(FIRST + lot * PER_LOT, FIRST + (lot + 1) * PER_LOT):
        rng = np.random.default_rng(seed)
        document, drawing = random_document(rng)
        try:
            what = order_of(document, drawing)
        except InputError:
            continue
        read += 1
        plan = compile_plan(what, EXACT)
        check_plan(plan, what)
        picture, shown = random_look(what, rng)
        outcome = inspect_picture(what, plan, EXACT, picture, AT_20_C)
        check_outcome(outcome)
        assert shown or outcome.verdict is not Verdict.PASS, f"seed {seed} passes what is not there"
    assert read >= PER_LOT // 3


HOLE = {"sliver": [circle("H", "inner", [0, 0], 0.01129)]}
SMALL = {
    "square": [[0, 0], [0.06, 0], [0.06, 0.06], [0, 0.06]],
    "sliver": [[0.02395, 0.05663], [-0.02173, 0.10325], [-0.01128, -0.0967]],
}


@pytest.mark.parametrize(
    "name",
    [
        "square",
        "sliver",
    ],
)
def test_a_part_of_a_few_pixels_is_refused(name: str) -> None:
    what = order([*chain("E", SMALL[name]), *HOLE.get(name, [])], zone("straightness", "E1", 0.02))
    rng = np.random.default_rng(3)
    for _ in range(5):
        outcome = inspected(what, photograph(made(what), SEEN, rng, anywhere(rng)), EXACT)
        check_outcome(outcome)
        assert outcome.verdict is not Verdict.PASS


def test_an_arc_of_half_a_degree_is_refused_by_name() -> None:
    angles = {"start_angle": 0.0, "end_angle": 0.5}
    arc = {"id": "FLAT", "type": "arc", "side": "outer", "center": [0, 0], "radius": 15.0, **angles}
    plan = compile_plan(order([arc], size("radius", "FLAT", 15.0, 0.02), partial=True), EXACT)
    assert "FLAT" in plan.items[0].refusal


@pytest.mark.parametrize(
    ("kind", "apart_px"),
    [(kind, apart) for kind in ("bar", "web", "rim") for apart in (3.0, 4.0, 5.0, 6.0, 8.0, 12.0)],
)
def test_edges_nearer_than_a_probe_is_long_are_right_or_say_how_wrong(kind: str, apart_px: float) -> None:
    near, radius = apart_px * MM_PER_PX, 0.15
    match kind:
        case "bar":
            half = near / 2
            features = chain("E", [[-0.4, -half], [0.4, -half], [0.4, half], [-0.4, half]])
            asked, true = [size("width", ["E1", "E3"], near, 0.02)], [near]
        case "web":
            features = [circle("OD", "outer", [0, 0], 0.9)]
            features += [circle(f"H{s}", "inner", [s * (radius + near / 2), 0], 2 * radius) for s in (-1, 1)]
            asked, true = [size("diameter", f"H{s}", 2 * radius, 0.02) for s in (-1, 1)], [2 * radius] * 2
        case _:
            features = [circle("OD", "outer", [0, 0], 0.9), circle("H", "inner", [0.45 - radius - near, 0], 2 * radius)]
            asked = [size("diameter", "H", 2 * radius, 0.02), size("diameter", "OD", 0.9, 0.02)]
            true = [2 * radius, 0.9]
    what = order(features, *asked)
    plan = compile_plan(what, EXACT)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        outcome = inspected(what, photograph(made(what), SEEN, rng, anywhere(rng)), EXACT, plan)
        check_outcome(outcome)
        for item, size_mm in zip(outcome.items, true, strict=True):
            if item.value is not None and item.u is not None:
                error_px, u_px = abs(item.value - size_mm) / MM_PER_PX, item.u / MM_PER_PX
                assert error_px <= max(4.0 * u_px, 0.015), f"off by {error_px:.3f} px with u = {u_px:.4f} px"


@pytest.mark.parametrize("radius_px", [0.5, 1.0, 2.0, 2.9])
@pytest.mark.parametrize("kind", ["hole", "disc", "arc"])
def test_a_radius_below_three_pixels_is_refused_by_name(kind: str, radius_px: float) -> None:
    radius = radius_px * MM_PER_PX
    plate = chain("E", [[-0.5, -0.4], [0.5, -0.4], [0.5, 0.4], [-0.5, 0.4]])
    asked = [size("width", ["E1", "E3"], 0.8, 0.05)]
    match kind:
        case "hole":
            what = order(
                [*plate, circle("TINY", "inner", [0, 0], 2 * radius)],
                *asked,
                size("diameter", "TINY", 2 * radius, 0.01),
            )
        case "disc":
            what = order(
                [*plate, circle("TINY", "outer", [0.8, 0], 2 * radius)],
                *asked,
                size("diameter", "TINY", 2 * radius, 0.01),
                partial=True,
            )
        case _:
            arc = {
                "type": "arc",
                "side": "inner",
                "center": [0.2, 0],
                "radius": radius,
                "start_angle": 0.0,
                "end_angle": 90.0,
            }
            what = order([*plate, {"id": "TINY", **arc}], *asked, size("radius", "TINY", radius, 0.01), partial=True)
    plan = compile_plan(what, EXACT)
    assert "TINY" in plan.items[1].refusal
    assert re.search(r"radius of \d+\.\d pixels", plan.items[1].refusal)
    whole = order(plate, *asked)
    rng = np.random.default_rng(1)
    outcome = inspected(what, photograph(made(whole), SEEN, rng, anywhere(rng)), EXACT, plan)
    check_outcome(outcome)
    assert outcome.items[1].verdict is Verdict.ERROR
    assert "TINY" in outcome.items[1].reason
    assert outcome.verdict is not Verdict.PASS


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.8])
@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_a_part_cut_by_the_border_is_not_measured(side: str, share: float) -> None:
    """However little of it is missing; a border that takes an edge away must not become one."""
    what = order(
        [circle("OD", "outer", [0, 0], 0.9), circle("H", "inner", [0.1, 0], 0.3)],
        size("diameter", "OD", 0.9, 0.05),
        size("diameter", "H", 0.3, 0.05),
    )
    half_x, half_y = SEEN.width_px * MM_PER_PX / 2, SEEN.height_px * MM_PER_PX / 2
    x = {"left": -1, "right": 1}.get(side, 0) * (half_x - 0.45 + 0.9 * share)
    y = {"top": 1, "bottom": -1}.get(side, 0) * (half_y - 0.45 + 0.9 * share)
    outcome = inspected(what, photograph(made(what), SEEN, np.random.default_rng(2), Pose(x, y, 30.0)), EXACT)
    check_outcome(outcome)
    assert outcome.verdict is Verdict.ERROR
    assert outcome.refusal is not None
    assert outcome.refusal.trouble in (Trouble.CUT, Trouble.OTHER_PART, Trouble.NOTHING)


@pytest.mark.parametrize("out_px", [0.0, 4.0, 30.0, 90.0])
def test_features_that_reach_out_of_the_field_are_right_or_refused(out_px: float) -> None:
    """A corner of a large plate, listed in part: its edges go on beyond the picture, and so may its hole."""
    at = [round(1.0 - 0.15 - 0.05 + out_px * MM_PER_PX, 5), 0.3]
    corner = order(
        [
            line("B", [-0.8, -0.5], [3.0, -0.5]),
            line("L", [-0.8, 3.0], [-0.8, -0.5]),
            circle("H", "inner", at, 0.3),
        ],
        size("diameter", "H", 0.3, 0.05),
        {"type": "distance", "features": ["L", "H"], "limits": [0.0, 5.0]},
        zone("straightness", "B", 0.02),
        partial=True,
    )
    plate = chain("P", [[-0.8, -0.5], [3.0, -0.5], [3.0, 3.0], [-0.8, 3.0]])
    whole = order([*plate, circle("H", "inner", at, 0.3)], size("diameter", "H", 0.3, 0.05))
    outcome = inspected(corner, photograph(made(whole), SEEN, np.random.default_rng(3), Pose(0.0, 0.0, 0.0)), EXACT)
    check_outcome(outcome)
    diameter, distance, _ = outcome.items
    if diameter.value is not None and diameter.u is not None:
        assert abs(diameter.value - 0.3) <= max(4.0 * diameter.u, 0.0002)
    if distance.value is not None and distance.u is not None:
        assert abs(distance.value - (at[0] + 0.8)) <= max(4.0 * distance.u, 0.0002)
    if out_px > 0.0:
        assert outcome.verdict is not Verdict.PASS
