from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.order.chains import chain
from station.order.crossing import self_crossing
from station.order.geometry import ArcSegment, LineSegment, Outline, signed_area_mm2
from station.order.nesting import inside_polygon, nest
from station.order.pieces import Piece, box_center, without_duplicates


def test_points_in_a_star_against_its_formula() -> None:
    angle = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    radius = 10 * (1 + 0.2 * np.sin(9 * angle))
    star = np.stack([np.cos(angle) * radius, np.sin(angle) * radius], axis=1)
    points = np.random.default_rng(7).uniform(-13, 13, (5000, 2))
    at = np.arctan2(points[:, 1], points[:, 0])
    assert np.array_equal(inside_polygon(points, star), np.hypot(*points.T) < 10 * (1 + 0.2 * np.sin(9 * at)))


def test_crossing_and_touching() -> None:
    assert self_crossing(np.array([[0.0, 0], [2, 2], [2, 0], [0, 2]])) == pytest.approx((1, 1))
    assert self_crossing(np.array([[0.0, 0], [4, 0], [4, 4], [2, 0], [0, 4]])) is None  # touches its own edge
    angle = np.linspace(0, 2 * np.pi, 50_000, endpoint=False)
    assert self_crossing(np.stack([np.cos(angle), np.sin(angle)], axis=1)) is None


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.1, 100), st.booleans()), min_size=1, max_size=12, unique_by=lambda x: round(x[0], 1))
)
def test_concentric_circles_alternate(circles: list[tuple[float, bool]]) -> None:
    outlines = [Outline((ArcSegment((3.0, -2.0), r, 10.0, 360.0 if ccw else -360.0),), True) for r, ccw in circles]
    ranks = np.argsort(np.argsort([-radius for radius, _ in circles]))
    for nested, rank in zip(nest(outlines), ranks, strict=True):
        assert nested.depth == rank
        assert (signed_area_mm2(nested.outline) > 0) == (rank % 2 == 0)


@settings(deadline=None)
@given(st.permutations(range(12)), st.lists(st.booleans(), min_size=12, max_size=12), st.floats(-math.pi, math.pi))
def test_shuffled_edges_close(sequence: list[int], turned: list[bool], turn: float) -> None:
    corner = [(7 * math.cos(turn + n * math.pi / 6), 7 * math.sin(turn + n * math.pi / 6)) for n in range(12)]
    edges = [LineSegment(corner[n], corner[(n + 1) % 12]) for n in sequence]
    pieces = [Piece((edge,)) for edge in edges]
    pieces = [piece.reversed() if back else piece for piece, back in zip(pieces, turned, strict=True)]
    chained = chain(without_duplicates([*pieces, pieces[0].reversed()]), 0.005)
    (loop,) = chained.closed
    assert (len(loop), chained.open, chained.branches) == (12, (), ())
    area = signed_area_mm2(Outline(tuple(piece.segments[0] for piece in loop), True))
    assert abs(area) == pytest.approx(0.5 * 49 * 12 * math.sin(math.pi / 6))


def test_the_box_of_an_arc() -> None:
    assert box_center([ArcSegment((0.0, 0.0), 2.0, 45.0, 90.0)]) == pytest.approx((0, (2 + math.sqrt(2)) / 2))
    assert box_center([ArcSegment((1.0, 1.0), 2.0, 17.0, -360.0)]) == pytest.approx((1, 1))
