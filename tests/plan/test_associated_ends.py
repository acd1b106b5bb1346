"""What associated lines do not show: a bent edge between corners that lie elsewhere than drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from station.metrology.features import Kind
from station.plan.associate import associate
from station.plan.seen import Seen
from station.plan.targets import Target

LENGTH, HIDDEN, BEND = 0.8, 0.04, 0.004


def target(name: str, start: tuple[float, float], end: tuple[float, float]) -> Target:
    """A line's probes from `HIDDEN` behind its start to as much before its end, its material on the left."""
    a, b = np.array(start), np.array(end)
    length = math.dist(start, end)
    along = (b - a) / length
    run = np.arange(HIDDEN, length - HIDDEN, 0.01)
    points = a + run[:, None] * along
    normals = np.tile([along[1], -along[0]], (len(run), 1))
    nothing, rows = np.zeros(len(run)), np.arange(len(run))
    return Target(
        name, Kind.LINE, points, normals, nothing, nothing, nothing, 0.01, False, 1.0, (), rows,
        slice(0, len(run)), (start, end),
    )  # fmt: skip


def seen(of: Target, off: np.ndarray | float) -> Seen:
    moved = of.points_mm + np.broadcast_to(off, len(of))[:, None] * of.normals
    return Seen(moved, of.points_mm, of.normals, np.full(len(of), 1e-9), 0.0)


@pytest.mark.parametrize("displaced", [-0.03, 0.0, 0.012])
def test_a_bent_edge_pays_for_an_end_that_lies_elsewhere_than_drawn(displaced: float) -> None:
    """The edge ends where it meets the next one: its angle, all of it seen, is off by what its bend makes of that."""
    edge, next_ = target("E", (0.0, 0.0), (LENGTH, 0.0)), target("N", (LENGTH, 0.0), (LENGTH, 0.5))

    def bend(x: np.ndarray) -> np.ndarray:
        return 4.0 * BEND * ((x - LENGTH / 2.0) / LENGTH) ** 2

    found, _ = associate([edge, next_], [seen(edge, -bend(edge.points_mm[:, 0])), seen(next_, displaced)])
    whole = np.linspace(0.0, LENGTH + displaced, 4001)
    slope, offset = np.polyfit(whole - whole.mean(), bend(whole), 1)
    fitted = found.nominal_mm[:, 0]
    assert fitted.max() <= LENGTH + displaced - HIDDEN + 1e-9 or displaced > 0.0
    middle = fitted.mean()
    turned = slope - np.polyfit(fitted - middle, bend(fitted), 1)[0]
    shifted = offset + slope * (middle - whole.mean()) - np.mean(bend(fitted))
    assert math.sqrt(found.covariance[0, 0]) == pytest.approx(abs(turned), abs=2e-5, rel=0.05)
    assert math.sqrt(found.covariance[1, 1]) == pytest.approx(abs(shifted), abs=4e-5)


def test_edges_that_hardly_cross_have_no_corner_to_look_for() -> None:
    edge, next_ = target("E", (0.0, 0.0), (LENGTH, 0.0)), target("N", (LENGTH, 0.0), (2.0 * LENGTH, 0.05))
    alone, _ = associate([edge, next_], [seen(edge, 0.0), seen(next_, 0.02)])
    assert math.sqrt(alone.covariance[0, 0]) < 1e-6
