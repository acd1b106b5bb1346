"""What the recogniser is given does not depend on the light."""

from __future__ import annotations

import numpy as np
import pytest

from station.vision.text.prepare import HEIGHT_PX, STRETCH, prepared, witnesses

RNG = np.random.default_rng(1)
BASE = np.where(RNG.random((48, 300)) < 0.2, 60, 140).astype(np.uint8)


@pytest.mark.parametrize(("h", "w"), [(20, 90), (48, 300), (200, 900), (5, 4), (2, 2)])
def test_every_strip_has_the_height_that_was_learned(h: int, w: int) -> None:
    strip = prepared(np.resize(BASE, (h, w)).copy())
    assert strip.shape[0] == HEIGHT_PX
    assert strip.shape[1] % 8 == 0
    assert strip.shape[1] == pytest.approx(max(16, STRETCH * w * HEIGHT_PX / h), abs=8)
    assert strip.dtype == np.float32
    assert np.isfinite(strip).all()
    assert np.abs(strip).max() <= 4.0


def test_less_light_and_a_slope_of_light_make_little_difference() -> None:
    plain = prepared(BASE)
    dim = prepared((BASE * 0.5).astype(np.uint8))
    slope = prepared((BASE * np.linspace(0.5, 1.0, BASE.shape[1])[None]).astype(np.uint8))
    assert np.abs(dim - plain).mean() < 0.05
    assert np.corrcoef(slope.ravel(), plain.ravel())[0, 1] > 0.98


def test_an_inverted_strip_is_the_negative() -> None:
    assert prepared(255 - BASE) == pytest.approx(-prepared(BASE), abs=1e-3)


def test_a_strip_without_anything_is_quiet() -> None:
    assert np.abs(prepared(np.full((40, 200), 128, np.uint8))).max() < 0.01


def test_a_very_long_strip_is_bounded() -> None:
    assert prepared(np.zeros((4, 4096), np.uint8)).shape[1] <= 64 * HEIGHT_PX


def test_two_views_of_each_strip() -> None:
    first, second = witnesses(BASE)
    assert first.shape == prepared(BASE).shape
    assert second.shape[1] > first.shape[1]  # closer: the letters are larger
