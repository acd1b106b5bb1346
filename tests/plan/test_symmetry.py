"""What an outline leaves open of how a part is turned."""

from __future__ import annotations

import numpy as np
import pytest

from station.plan.symmetry import symmetry_of

SAME_MM = 0.02


def ring(radius: float, at: tuple[float, float] = (0.0, 0.0), points: int = 400) -> np.ndarray:
    angle = np.linspace(0.0, 2.0 * np.pi, points, endpoint=False)
    return np.column_stack([at[0] + radius * np.cos(angle), at[1] + radius * np.sin(angle)])


def regular(corners: int, radius: float = 2.0) -> np.ndarray:
    return ring(radius, points=corners)


def block(width: float, height: float, x: float = 0.0) -> np.ndarray:
    return np.array([[-width, -height], [width, -height], [width, height], [-width, height]]) / 2.0 + np.array([x, 0.0])


@pytest.mark.parametrize(
    ("outer", "openings", "folds"),
    [
        (ring(2.0), [ring(1.0)], 0),
        (ring(2.0), [ring(0.2, (1.0, 0.0))[::-1]], 1),
        (ring(2.0), [ring(0.2, (x, 0.0)) for x in (-1.0, 1.0)], 2),
        (ring(2.0), [ring(1.0, (0.05, 0.0))], 1),  # eccentric by more than can be overlooked
        (ring(2.0), [ring(1.0, (0.001, 0.0))], 0),
        (block(4.0, 2.0), [], 2),
        (block(3.0, 3.0), [], 4),
        (block(3.0, 3.0 + 4 * SAME_MM), [], 2),
        (regular(3), [], 3),
        (regular(6), [], 6),
        (regular(12)[::-1], [], 12),
        (np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 1.0], [1.0, 1.0], [1.0, 3.0], [0.0, 3.0]]), [], 1),
    ],
)
def test_folds(outer: np.ndarray, openings: list[np.ndarray], folds: int) -> None:
    found = symmetry_of([outer], openings, SAME_MM)
    assert found.folds == folds
    assert found.known == (folds == 1)


def test_the_centre_is_that_of_the_area_without_its_openings() -> None:
    found = symmetry_of([ring(2.0, (3.0, 4.0))], [], SAME_MM)
    assert found.center_mm == pytest.approx((3.0, 4.0), abs=1e-6)
    off = symmetry_of([block(4.0, 2.0, 7.0)], [block(1.0, 1.0, 8.0)], SAME_MM)
    assert off.center_mm[0] == pytest.approx((8.0 * 7.0 - 8.0) / 7.0)


def test_nothing_at_all_leaves_nothing_open() -> None:
    assert symmetry_of([], [], SAME_MM).known
