"""How far profiles may look, against walking every normal of random parts in small steps."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from station.order.geometry import ArcSegment, LineSegment, Outline, polygon, reverse, signed_area_mm2
from station.order.nesting import inside_polygon
from station.plan.discs import EVERY
from station.plan.edges import edges_of
from station.plan.probed import probe
from station.plan.reach import MAX_REACH_PX, OWN_EDGE_PX
from station.plan.strokes import strokes_of

Floats = NDArray[np.float64]
STEP_PX = 0.05


def star(rng: np.random.Generator, corners: int, center: tuple[float, float], low: float, high: float) -> Outline:
    """A random polygon with the material inside, some of its edges bent."""
    angle = np.sort(rng.uniform(0.0, 2.0 * np.pi, corners))
    angle += 1e-3 * np.arange(corners)
    away = rng.uniform(low, high, corners)
    points = [(center[0] + r * float(np.cos(a)), center[1] + r * float(np.sin(a))) for r, a in zip(away, angle)]  # noqa: B905
    segments = tuple(LineSegment(a, b) for a, b in zip(points, points[1:] + points[:1], strict=True))
    return Outline(segments, True)


def hole(center: tuple[float, float], radius: float) -> Outline:
    return Outline((ArcSegment(center, radius, 20.0, -360.0),), True)


def slot(center: tuple[float, float], half: float, radius: float) -> Outline:
    """A slot, material around it."""
    x, y = center
    made = Outline(
        (
            LineSegment((x - half, y - radius), (x + half, y - radius)),
            ArcSegment((x + half, y), radius, -90.0, 180.0),
            LineSegment((x + half, y + radius), (x - half, y + radius)),
            ArcSegment((x - half, y), radius, 90.0, 180.0),
        ),
        True,
    )
    return reverse(made)


def random_part(rng: np.random.Generator) -> list[Outline]:
    """Material 60 to 150 pixels across with openings that leave thin walls."""
    outer = star(rng, int(rng.integers(5, 14)), (0.0, 0.0), 60.0, 150.0)
    if signed_area_mm2(outer) < 0:
        outer = reverse(outer)
    return [outer, hole((0.0, 12.0), float(rng.uniform(4.0, 9.0))), slot((0.0, -12.0), 12.0, float(rng.uniform(2, 8)))]


def first_change(points: Floats, directions: Floats, polygons: list[Floats]) -> Floats:
    """Where the material first changes along each direction, walked in small steps; inf if nowhere near."""
    steps = np.arange(0.3, MAX_REACH_PX, STEP_PX)
    at = (points[:, None, :] + steps[None, :, None] * directions[:, None, :]).reshape(-1, 2)
    material = np.zeros(len(at), np.bool_)
    for vertices in polygons:
        material ^= inside_polygon(at, vertices)
    material = material.reshape(len(points), -1)
    changed = material != material[:, :1]
    return np.where(changed.any(axis=1), steps[changed.argmax(axis=1)], np.inf)


@pytest.mark.parametrize("seed", range(12))
def test_no_profile_looks_past_another_edge_and_none_is_cut_short(seed: int) -> None:
    rng = np.random.default_rng(seed)
    outlines = random_part(rng)
    strokes = strokes_of(outlines, 0.5)
    probed = probe(strokes, 1.0, least=5)
    reach = probed.reach(edges_of(strokes, 1.0, 1.0), 1.0, on_edges=True)
    some = rng.choice(len(probed.points_mm), 150, replace=False)
    polygons = [polygon(outline, 1e-3) for outline in outlines]
    for way, found in ((-1.0, reach.inward_mm), (1.0, reach.outward_mm)):
        met = first_change(probed.points_mm[some], way * probed.normals[some], polygons)
        assert (found[some] <= met + 1.0).all()
        clear = np.minimum(met, MAX_REACH_PX)
        assert found[some] == pytest.approx(np.maximum(clear, 1.25), abs=0.2)


def test_a_small_hole_sees_its_other_side() -> None:
    strokes = strokes_of([Outline((ArcSegment((0.0, 0.0), 200.0, 0.0, 360.0),), True), hole((3.0, 4.0), 6.0)], 0.5)
    probed = probe(strokes, 1.0, least=5)
    reach = probed.reach(edges_of(strokes, 1.0, 1.0), 1.0, on_edges=True)
    here = slice(*probed.outlines[1:].tolist())
    assert reach.outward_mm[here] == pytest.approx(np.full(len(reach.outward_mm[here]), 12.0))
    assert reach.inward_mm[here] == pytest.approx(np.full(len(reach.inward_mm[here]), MAX_REACH_PX))
    assert (reach.outward_mm[: here.start] == MAX_REACH_PX).all()


def test_a_needle_between_two_probes_is_not_missed() -> None:
    """A tip half a pixel wide that ends five pixels above a straight edge."""
    tip = Outline((LineSegment((0.2, 5.0), (0.5, 30.0)), LineSegment((0.5, 30.0), (-0.1, 30.0)),
                   LineSegment((-0.1, 30.0), (0.2, 5.0))), True)  # fmt: skip
    edge = Outline((LineSegment((50.0, 0.0), (-50.0, 0.0)), LineSegment((-50.0, 0.0), (0.0, -50.0)),
                    LineSegment((0.0, -50.0), (50.0, 0.0))), True)  # fmt: skip
    strokes = strokes_of([edge, tip], 0.5)
    probed = probe(strokes, 0.05, least=5)
    reach = probed.reach(edges_of(strokes, 0.05, 1.0), 1.0, on_edges=True)
    below = (np.abs(probed.points_mm[:, 0] - 0.2) < 0.02) & (np.abs(probed.points_mm[:, 1]) < 1e-9)
    assert below.any()
    assert reach.outward_mm[below] == pytest.approx(np.full(below.sum(), 5.0), abs=2.0)


def test_edges_know_on_which_side_their_material_is() -> None:
    outlines = [Outline((ArcSegment((0.0, 0.0), 200.0, 0.0, 360.0),), True), hole((3.0, 4.0), 20.0)]
    edges = edges_of(strokes_of(outlines, 0.5), 1.0, 1.0)
    for beside, side in (
        (hole((3.0, 4.0), 21.0), 1),
        (reverse(hole((3.0, 4.0), 20.0)), -1),
        (hole((3.0, 4.0), 25.0), 0),
    ):
        probed = probe(strokes_of([beside], 0.5), 1.0, least=0)
        assert (probed.reach(edges, 1.0, on_edges=False).side == side).all()


def along_edges(outlines: list[Outline]) -> Floats:
    """Points (n, 2) a tenth of a pixel apart."""
    found = []
    for outline in outlines:
        corners = polygon(outline, 1e-3)
        for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            share = np.linspace(0.0, 1.0, int(np.hypot(*(b - a)) / 0.1) + 2)[:-1, None]
            found.append(a + share * (b - a))
    return np.concatenate(found)


@pytest.mark.parametrize("seed", range(12))
def test_a_free_disc_touches_the_edge_and_holds_no_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    outlines = random_part(rng)
    strokes = strokes_of(outlines, 0.5)
    probed = probe(strokes, 1.0, least=5)
    reach = probed.reach(edges_of(strokes, 1.0, 1.0), 1.0, on_edges=True)
    first = probed.rows_before(probed.first)
    rows = np.arange(len(probed.points_mm))
    looked_at = (rows - first[np.searchsorted(first, rows, side="right") - 1]) % EVERY == 0
    edge = along_edges(outlines)
    for way, free, straight_on in (
        (-1.0, reach.free_in_mm, reach.inward_mm), (1.0, reach.free_out_mm, reach.outward_mm)
    ):  # fmt: skip
        assert (free <= straight_on).all()
        assert (free > 0.0).all()
        for k in rng.choice(rows, 150, replace=False):
            away, normal = edge - probed.points_mm[k], way * probed.normals[k]
            above, square = away @ normal, (away**2).sum(axis=1)
            other = above > OWN_EDGE_PX
            widest = float(min((square[other] / above[other]).min(initial=np.inf), straight_on[k]))
            if looked_at[k]:
                assert widest - 0.02 * widest < free[k] + 1e-9
                assert free[k] < widest + 0.02 * widest or free[k] > 20.0
            # What it is for: how near the next edge comes to the strip that is read.
            for t in np.linspace(0.25, 0.75, 5) * free[k]:
                nearest = np.hypot(*(away[other] - t * normal).T).min(initial=np.inf)
                assert nearest > min(t, free[k] - t) - 1.0


def test_an_edge_that_the_normal_passes_by_is_seen_all_the_same() -> None:
    """The bottom of a groove of 10 pixels, 60 deep: straight on there is nothing."""
    corners = [(-50.0, -40.0), (50.0, -40.0), (50.0, 60.0), (5.0, 60.0), (5.0, 0.0), (-5.0, 0.0), (-5.0, 60.0),
               (-50.0, 60.0)]  # fmt: skip
    groove = Outline(
        tuple(LineSegment(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)), closed=True
    )
    strokes = strokes_of([groove], 0.5)
    probed = probe(strokes, 1.0, least=5)
    reach = probed.reach(edges_of(strokes, 1.0, 1.0), 1.0, on_edges=True)
    x, y = probed.points_mm.T
    bottom = (np.abs(x) < 5.0) & (np.abs(y) < 0.1)
    assert bottom.any()
    assert (reach.outward_mm[bottom] == MAX_REACH_PX).all()
    assert reach.free_out_mm[bottom] == pytest.approx(10.0 - 2.0 * np.abs(x[bottom]), abs=2.0)
    flank = (np.abs(x - 5.0) < 0.1) & (y > 10.0)
    assert reach.free_out_mm[flank] == pytest.approx(np.full(flank.sum(), 10.0))
