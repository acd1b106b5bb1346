"""Noise of a contour: read within its stretches, not over its corners."""

from __future__ import annotations

import numpy as np
import pytest

from station.metrology.features import Kind
from station.plan.associate import associate
from station.plan.seen import Seen
from station.plan.targets import Target


def contour(stretches: int, points: int = 20, spacing: float = 0.01) -> Target:
    """Stretches along x, with a corner's gap between each two."""
    along = np.concatenate([spacing * (k * (points + 8) + np.arange(points)) for k in range(stretches)])
    count = len(along)
    nominal, normals = np.column_stack([along, np.zeros(count)]), np.tile([0.0, 1.0], (count, 1))
    rows, wide = np.arange(count), np.full(count, 0.1)
    return Target(
        "C", Kind.CONTOUR, nominal, normals, np.zeros(count), wide, wide, spacing, False, 1.0, (), rows, slice(0, count)
    )


def noise_of(target: Target, offset: np.ndarray, noise: float) -> float:
    points = target.points_mm + offset[:, None] * target.normals
    seen = Seen(points, target.points_mm, target.normals, np.full(len(target), noise), 0.002, unexplained=10.0)
    (feature,) = associate([target], [seen])
    assert feature.local_mm == 0.002
    return float(np.median(feature.u_mm))


def test_edges_that_are_each_off_are_no_noise() -> None:
    rng = np.random.default_rng(1)
    target = contour(30)
    each = np.repeat(rng.normal(0.0, 0.005, 30), 20)
    assert noise_of(target, each + rng.normal(0.0, 0.0004, 600), 0.0004) == pytest.approx(0.0004, rel=0.05)


def test_noise_beyond_the_cameras_is_still_seen_along_each_edge() -> None:
    rng = np.random.default_rng(2)
    target = contour(30)
    assert noise_of(target, rng.normal(0.0, 0.002, 600), 0.0004) == pytest.approx(0.002, rel=0.15)
