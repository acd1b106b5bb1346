"""What a part has that its drawing has not: found, in its place, of the right kind; and nothing where nothing is."""

from __future__ import annotations

import math

import numpy as np
import pytest

from station.cycle.findings import Finding
from station.cycle.measure import Outcome
from station.metrology.decision import Verdict
from station.twin.demo import random_dust
from station.twin.flaws import crack, extra_hole, notch, spur
from station.twin.part import CircleDeviation, Flaw
from station.twin.scene import Dust, Lamp, PlacedPart, Pose, Scene
from station.vision.compare import DifferenceKind

from ..order.builders import circle, size
from .scenes_for_measure import (
    MM_PER_PX,
    PLATE_HOLES,
    PLATE_OUTLINE,
    anywhere,
    exact,
    inspected,
    made,
    optics,
    order,
    photograph,
)

FEATURES = [*PLATE_OUTLINE, *PLATE_HOLES]
PLATE = order(FEATURES, size("diameter", "H1", 0.6, 0.02), {"type": "count", "nominal": 2})
SEEN = optics(340, 340)
NEAR_MM = 3 * MM_PER_PX
ASIDE = [0.0, 37.0, 205.0]


def examined(
    turn: float, *flaws: Flaw, seed: int = 1, dust: tuple[Dust, ...] = (), deviations=(), missing: tuple[str, ...] = ()
) -> Outcome:
    part = made(PLATE, *deviations, flaws=flaws, missing=missing)
    pose = Pose(0.02, -0.01, turn)
    return inspected(PLATE, photograph(part, SEEN, np.random.default_rng(seed), pose, dust=dust), exact(SEEN))


def one(outcome: Outcome, kind: DifferenceKind) -> Finding:
    """The one finding of this kind."""
    assert outcome.refusal is None
    assert outcome.verdict is not Verdict.PASS
    (found,) = [f for f in outcome.findings if f.kind == kind]
    assert found.sentence.endswith(".")
    return found


def off(found: Finding, x: float, y: float) -> float:
    return math.dist(found.where_mm, (x, y))


@pytest.mark.parametrize("turn", ASIDE)
@pytest.mark.parametrize("diameter", [0.06, 0.1, 0.3])
def test_a_hole_too_many(turn: float, diameter: float) -> None:
    outcome = examined(turn, extra_hole((0.1, 0.1), diameter))
    found = one(outcome, DifferenceKind.EXTRA_OPENING)
    assert off(found, 0.1, 0.1) < NEAR_MM
    assert found.size_mm == pytest.approx(diameter, abs=0.02)
    assert found.verdict is Verdict.FAIL
    assert outcome.items[1].value == 3.0
    assert outcome.items[1].verdict is Verdict.FAIL


@pytest.mark.parametrize("turn", ASIDE)
@pytest.mark.parametrize(("name", "x", "y"), [("H1", -0.9, 0.2), ("H2", 0.8, -0.2)])
def test_a_missing_hole(turn: float, name: str, x: float, y: float) -> None:
    outcome = examined(turn, missing=(name,))
    found = one(outcome, DifferenceKind.MISSING_OPENING)
    assert off(found, x, y) < NEAR_MM
    assert found.verdict is Verdict.FAIL
    assert outcome.items[1].value == 1.0
    assert (outcome.items[0].value is None) == (name == "H1")


@pytest.mark.parametrize("turn", ASIDE)
def test_a_spur_on_an_edge(turn: float) -> None:
    found = one(examined(turn, spur((-0.2, -0.7), -90.0, 0.35, 0.12)), DifferenceKind.EXTRA_MATERIAL)
    assert off(found, -0.2, -1.05) < NEAR_MM
    assert found.size_mm == pytest.approx(0.35, abs=0.03)


@pytest.mark.parametrize("turn", ASIDE)
def test_a_spur_into_a_hole(turn: float) -> None:
    outcome = examined(turn, spur((-0.6, 0.2), 180.0, 0.25, 0.1))
    found = one(outcome, DifferenceKind.EXTRA_MATERIAL)
    assert off(found, -0.84, 0.2) < 2 * NEAR_MM
    assert outcome.items[0].verdict is not Verdict.FAIL


@pytest.mark.parametrize("turn", ASIDE)
def test_a_notch_in_an_edge(turn: float) -> None:
    found = one(examined(turn, notch((-1.4, -0.3), 180.0, 0.3, 0.15)), DifferenceKind.MISSING_MATERIAL)
    assert found.where_mm[0] == pytest.approx(-1.1, abs=NEAR_MM)
    assert found.where_mm[1] == pytest.approx(-0.3, abs=0.0375 + NEAR_MM)  # its floor is flat
    assert found.size_mm == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize("turn", ASIDE)
@pytest.mark.parametrize("width", [0.02, 0.03])
def test_a_crack_from_an_edge(turn: float, width: float) -> None:
    path = tuple((0.2, 0.9 - 0.1 * n) for n in range(10))
    outcome = examined(turn, crack(path, width))
    assert outcome.verdict is not Verdict.PASS
    kinds = {f.kind for f in outcome.findings}
    assert kinds & {DifferenceKind.MISSING_MATERIAL, DifferenceKind.EXTRA_OPENING}
    for found in outcome.findings:
        assert abs(found.where_mm[0] - 0.2) < NEAR_MM
        assert 0.0 - NEAR_MM < found.where_mm[1] < 0.8 + NEAR_MM


@pytest.mark.parametrize("turn", ASIDE)
@pytest.mark.parametrize("width", [0.012, 0.02, 0.03])
def test_a_thin_crack_inside(turn: float, width: float) -> None:
    closed = Flaw(
        crack(((0.0, 0.0), (0.1, 0.0)), width).kind,
        ((-0.3, 0.0), (0.0, -width / 2), (0.3, 0.0), (0.0, width / 2)),
    )
    outcome = examined(turn, closed)
    assert outcome.verdict is not Verdict.PASS
    assert outcome.findings
    for found in outcome.findings:
        assert found.kind in (DifferenceKind.MISSING_MATERIAL, DifferenceKind.EXTRA_OPENING)
        assert abs(found.where_mm[1]) < NEAR_MM
        assert abs(found.where_mm[0]) < 0.3 + NEAR_MM


@pytest.mark.parametrize("turn", ASIDE)
def test_a_loose_piece_in_a_hole(turn: float) -> None:
    x, y = -0.9, 0.2
    corners = tuple((x + 0.1 * math.cos(a), y + 0.1 * math.sin(a)) for a in np.linspace(0, 2 * math.pi, 25)[:-1])
    turned = math.radians(turn)
    placed = tuple(
        (0.02 + math.cos(turned) * a - math.sin(turned) * b, -0.01 + math.sin(turned) * a + math.cos(turned) * b)
        for a, b in corners
    )
    outcome = examined(turn, dust=(Dust(placed, 0.98, 0.3),))
    found = one(outcome, DifferenceKind.LOOSE_PIECE)
    assert off(found, x, y) < NEAR_MM
    assert found.verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("turn", ASIDE)
@pytest.mark.parametrize("shift", [(0.25, 0.0), (-0.15, 0.2)])
def test_a_moved_hole_that_nobody_asked_about_does_not_pass(turn: float, shift: tuple[float, float]) -> None:
    outcome = examined(turn, deviations=(CircleDeviation("H2", 0.0, shift),))
    assert outcome.verdict is not Verdict.PASS
    assert outcome.findings
    for found in outcome.findings:
        assert off(found, 0.8 + shift[0], -0.2 + shift[1]) < 0.6


@pytest.mark.parametrize("turn", ASIDE)
def test_a_much_too_large_hole_that_nobody_asked_about_does_not_pass(turn: float) -> None:
    outcome = examined(turn, deviations=(CircleDeviation("H2", 0.4),))
    assert outcome.verdict is not Verdict.PASS


@pytest.mark.parametrize("seed", range(20))
def test_a_clean_part_among_dust_has_no_findings(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pose = anywhere(rng, 8.0)
    part = made(PLATE)
    dust = tuple(d for d in random_dust(SEEN, rng, specks=6, fibres=2) if clear(d, pose))
    outcome = inspected(PLATE, photograph(part, SEEN, rng, pose, dust=dust), exact(SEEN))
    assert outcome.findings == ()
    assert outcome.verdict is Verdict.PASS
    assert outcome.items[1].value == 2.0


def clear(dust: Dust, pose: Pose) -> bool:
    """Whether dust lies clear of the part's edges: what covers an edge may well be a finding."""
    turn = math.radians(-pose.angle_deg)
    c, s = math.cos(turn), math.sin(turn)
    points = np.asarray(dust.outline_mm) - (pose.x_mm, pose.y_mm)
    points = points @ np.array([[c, -s], [s, c]]).T
    box = np.array([[-1.4, -0.7], [1.4, 0.8]])
    gap = np.maximum(np.maximum(box[0] - points, points - box[1]), 0.0)
    return bool((np.hypot(*gap.T) > 0.1).all())


@pytest.mark.parametrize("seed", range(6))
def test_dust_anywhere_never_fails_a_good_part(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    pose = anywhere(rng, 8.0)
    picture = photograph(made(PLATE), SEEN, rng, pose, dust=random_dust(SEEN, rng, specks=12, fibres=2))
    assert inspected(PLATE, picture, exact(SEEN)).verdict is not Verdict.FAIL


def test_a_partial_geometry_looks_only_at_what_is_listed() -> None:
    what = order([circle("H1", "inner", [-0.9, 0.2], 0.6)], size("diameter", "H1", 0.6, 0.02), partial=True)
    part = made(PLATE, flaws=(extra_hole((0.1, 0.1), 0.3),))
    picture = photograph(part, SEEN, np.random.default_rng(2), Pose(0.0, 0.0, 10.0))
    outcome = inspected(what, picture, exact(SEEN))
    assert outcome.findings == ()


@pytest.mark.parametrize("of", ["openings", "pieces"])
def test_counts_of_openings_and_pieces(of: str) -> None:
    number = 2 if of == "openings" else 1
    what = order(FEATURES, {"type": "count", "of": of, "nominal": number})
    picture = photograph(made(what), SEEN, np.random.default_rng(3), Pose(0.0, 0.0, 50.0))
    outcome = inspected(what, picture, exact(SEEN))
    assert (outcome.items[0].value, outcome.verdict) == (float(number), Verdict.PASS)


def test_front_light_shows_a_missing_hole_too() -> None:
    lamp = Lamp(0.06, 0.8, polarity=Lamp().polarity.FRONTLIT)
    part = made(PLATE, missing=("H2",))
    scene = Scene(SEEN, lamp, (PlacedPart(part, Pose(0.0, 0.0, 15.0)),))
    picture = photograph(part, SEEN, np.random.default_rng(4), scene.parts[0].pose, lamp)
    assert one(inspected(PLATE, picture, exact(SEEN)), DifferenceKind.MISSING_OPENING).verdict is Verdict.FAIL
