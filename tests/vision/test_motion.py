"""Movement between two pictures, held to parts that were moved by known amounts and to their noise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from station.twin.scene import Optics, Pose
from station.vision.motion import motion_between

from ..cli.small import picture, ring_order

OPTICS = Optics(width_px=400, height_px=300, mm_per_px=0.02)
PLATE = ring_order(
    geometry={
        "features": [
            {"id": "B", "type": "line", "start": [-2, -1], "end": [2, -1], "material": "left"},
            {"id": "R", "type": "line", "start": [2, -1], "end": [2, 1], "material": "left"},
            {"id": "T", "type": "line", "start": [2, 1], "end": [-2, 1], "material": "left"},
            {"id": "L", "type": "line", "start": [-2, 1], "end": [-2, -1], "material": "left"},
        ]
    },
    datums={},
    characteristics=[{"id": "1", "type": "straightness", "feature": "B", "tolerance": 0.1}],
)


def seen(dx_px: float = 0.0, dy_px: float = 0.0, turned_deg: float = 0.0, seed: int = 1) -> Any:
    pose = Pose(0.31 + 0.02 * dx_px, -0.17 + 0.02 * dy_px, 33.0 + turned_deg)
    return picture(PLATE, optics=OPTICS, pose=pose, seed=seed)


@pytest.mark.parametrize("seed", range(2, 12))
def test_noise_alone_is_no_movement(seed: int) -> None:
    found = motion_between(seen(), seen(seed=seed))
    assert not found.beyond(0.0)
    assert found.shift_px < 0.05
    assert found.brightness == pytest.approx(1.0, abs=0.002)


def test_the_stated_uncertainty_is_how_answers_scatter() -> None:
    # Of one tile on one straight edge: a step of the twin's noise, moved by 0.1 px across.
    rng, x = np.random.default_rng(6), np.arange(48.0)
    errors, stated = [], []
    for _ in range(300):
        a, b = (120.0 - 90.0 * np.tanh((x - at) / 1.2) + 2.0 * rng.standard_normal((48, 48)) for at in (24.0, 24.1))
        found = motion_between(np.rint(a).astype(np.uint8), np.rint(b).astype(np.uint8))
        errors.append(found.shift_px - 0.1)
        stated.append(found.u_px)
    assert np.mean(errors) == pytest.approx(0.0, abs=0.003)
    assert np.std(errors) == pytest.approx(np.mean(stated), rel=0.3)


def test_a_light_that_goes_out_or_comes_on_is_told() -> None:
    bright, dark = np.full((96, 96), 200, np.uint8), np.zeros((96, 96), np.uint8)
    assert motion_between(bright, dark).brightness == 0.0
    assert motion_between(dark, bright).brightness == math.inf
    assert motion_between(dark, dark).brightness == 1.0


@pytest.mark.parametrize("across_px", [0.1, 0.3, 1.0])
def test_a_shift_is_measured(across_px: float) -> None:
    # Square to the long sides of the plate, which lies at 33°.
    dx, dy = -across_px * math.sin(math.radians(33.0)), across_px * math.cos(math.radians(33.0))
    found = motion_between(seen(), seen(dx, dy, seed=2))
    assert found.shift_px == pytest.approx(across_px, abs=0.03 + 0.05 * across_px)
    assert found.beyond(0.05)


@pytest.mark.parametrize("moved", [(5.0, 0.0, 0.0), (60.0, 30.0, 0.0), (0.0, 0.0, 0.2), (0.0, 0.0, 40.0)])
def test_whatever_moves_far_or_turns_is_seen(moved: tuple[float, float, float]) -> None:
    assert motion_between(seen(), seen(*moved, seed=2)).beyond(0.05)


def test_a_part_that_came_or_went_is_seen() -> None:
    empty = np.random.default_rng(1).normal(220.0, 2.0, (300, 400)).astype(np.uint8)
    assert motion_between(seen(), empty).beyond(0.05)
    assert motion_between(empty, seen()).beyond(0.05)


def test_a_lamp_that_dims_is_told_and_is_no_movement() -> None:
    found = motion_between(seen(), np.rint(seen(seed=2) * 0.9).astype(np.uint8))
    assert found.brightness == pytest.approx(0.9, abs=0.005)
    assert not found.beyond(0.05)


def test_sixteen_bits_say_the_same() -> None:
    a, b = seen(), seen(0.3, 0.0, seed=2)
    wide = motion_between(a.astype(np.uint16) * 257, b.astype(np.uint16) * 257)
    assert wide.shift_px == pytest.approx(motion_between(a, b).shift_px, rel=1e-4)


def test_where_there_is_no_edge_nothing_can_be_said() -> None:
    for level in (0, 200):
        flat = np.full((100, 130), level, np.uint8)
        found = motion_between(flat, flat)
        assert math.isnan(found.shift_px)
        assert not found.beyond(0.05)


def test_pictures_of_different_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        motion_between(np.zeros((20, 30)), np.zeros((30, 20)))
