"""Silhouettes on a polar grid against their areas, and the rotation read off them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from station.vision.polar import rotations, silhouette

RADIUS = 4.0


def area(filled: np.ndarray) -> float:
    """What a silhouette out to RADIUS encloses."""
    rings, angles = filled.shape
    return float((filled * (np.arange(rings)[:, None] + 0.5)).sum()) * (RADIUS / rings) ** 2 * 2.0 * math.pi / angles


def circle(x: float, y: float, radius: float, count: int = 400) -> np.ndarray:
    turn = np.linspace(0.0, 2.0 * math.pi, count, endpoint=False)
    return np.column_stack([x + radius * np.cos(turn), y + radius * np.sin(turn)])


SQUARE = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])


@pytest.mark.parametrize("center", [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (-1.0, 0.5), (0.3, -0.2), (2.0, 1.5)])
@pytest.mark.parametrize("clockwise", [False, True])
def test_a_square_has_its_area_wherever_it_is_looked_at_from(center: tuple[float, float], clockwise: bool) -> None:
    """Also from one of its corners or edges, where the direction of a corner means nothing."""
    filled = silhouette([SQUARE[::-1] if clockwise else SQUARE], [], np.array(center), RADIUS)
    assert filled.min() >= -1e-9
    assert filled.max() <= 1.0 + 1e-9
    assert area(filled) == pytest.approx(4.0, abs=0.02)


def test_polygons_of_any_shape_have_their_areas() -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        points = rng.uniform(-1.0, 1.0, (int(rng.integers(3, 12)), 2))
        away = points - points.mean(axis=0)
        points = points[np.argsort(np.arctan2(away[:, 1], away[:, 0]))]
        x, y = points.T
        expected = 0.5 * abs(float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()))
        assert area(silhouette([points], [], rng.uniform(-1.0, 1.0, 2), RADIUS)) == pytest.approx(expected, abs=0.02)


def test_openings_are_taken_out_and_parts_added() -> None:
    outer = [circle(-1.0, 0.0, 1.2), circle(2.0, 0.0, 0.8)]
    openings = [circle(-1.0, 0.2, 0.5)[::-1], circle(2.0, 0.0, 0.3)]
    filled = silhouette(outer, openings, np.zeros(2), RADIUS)
    assert area(filled) == pytest.approx(math.pi * (1.2**2 + 0.8**2 - 0.5**2 - 0.3**2), abs=0.03)
    # At the right of the second hole's middle, along a ray near y = 0: field, in its rim material.
    rings = len(filled)
    assert filled[int(2.1 / RADIUS * rings), 0] == pytest.approx(0.0, abs=1e-9)
    assert filled[int(2.5 / RADIUS * rings), 0] == pytest.approx(1.0, abs=1e-9)


def test_what_lies_farther_out_than_the_grid_does_not_fall_off_it() -> None:
    assert silhouette([10.0 * SQUARE], [], np.zeros(2), RADIUS) == pytest.approx(np.ones((48, 720)), abs=1e-6)


@pytest.mark.parametrize("degrees", [0, 17, 90, 213, 359])
def test_a_rotation_is_among_those_found(degrees: int) -> None:
    turn = math.radians(degrees)
    matrix = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    shape, hole = SQUARE * np.array([2.0, 1.0]), circle(1.1, 0.3, 0.4)
    own = silhouette([shape], [hole], np.zeros(2), RADIUS)
    seen = silhouette([shape @ matrix], [hole @ matrix], np.zeros(2), RADIUS)
    best = float(rotations(own, seen)[0])
    assert math.remainder(best - turn, 2.0 * math.pi) == pytest.approx(0.0, abs=math.radians(0.5))
