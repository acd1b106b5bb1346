"""Teeth are runs of material around a circle, whatever the noise on their flanks."""

from __future__ import annotations

import numpy as np
import pytest

from station.vision.field import Field, look
from station.vision.picture import Picture, picture_from
from station.vision.teeth import count_runs


def circle(radius: float, count: int = 2000) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return 150.0 + radius * np.column_stack([np.cos(angle), np.sin(angle)])


def wheel(teeth: int, phase: float, seed: int, bright: bool = False) -> tuple[Picture, Field]:
    y, x = np.mgrid[:300, :300] - 150.0
    angle, radius = np.arctan2(y, x), np.hypot(x, y)
    inside = radius < 100.0 + 12.0 * np.tanh(4.0 * np.sin(teeth * angle + phase))
    levels = np.where(inside, 20.0, 220.0) if not bright else np.where(inside, 220.0, 20.0)
    levels += np.random.default_rng(seed).normal(0.0, 4.0, levels.shape)
    picture = picture_from(np.clip(np.rint(levels), 0, 255).astype(np.uint8))
    field = look(picture, 1)
    assert isinstance(field, Field)
    return picture, field


@pytest.mark.parametrize("teeth", [1, 2, 7, 8, 12, 24])
@pytest.mark.parametrize("phase", [0.0, 1.0, 3.1])
@pytest.mark.parametrize("bright", [False, True])
def test_teeth_are_counted(teeth: int, phase: float, bright: bool) -> None:
    picture, field = wheel(teeth, phase, teeth, bright)
    assert count_runs(picture, field, circle(100.0)) == teeth


def test_a_circle_that_never_leaves_the_material_has_no_teeth() -> None:
    picture, field = wheel(12, 0.0, 1)
    assert count_runs(picture, field, circle(60.0)) == 0
    assert count_runs(picture, field, circle(130.0)) == 0


def test_a_circle_beyond_the_picture_cannot_be_counted() -> None:
    picture, field = wheel(12, 0.0, 1)
    assert count_runs(picture, field, circle(160.0)) is None
