"""Frames of one exposure: the standard's own formula for two, and no flicker taken for noise."""

from __future__ import annotations

import numpy as np
import pytest

from station.vision.frames import stack


def test_two_frames_are_the_formula_of_the_standard() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 4096, (2, 40, 50)).astype(np.uint16)
    found = stack([a, b], 4095.0)
    af, bf = a.astype(float), b.astype(float)
    assert found.temporal_variance == pytest.approx(
        0.5 * ((af - bf) ** 2).mean() - 0.5 * (af.mean() - bf.mean()) ** 2, rel=1e-12
    )
    assert found.mean == pytest.approx(0.5 * (af.mean() + bf.mean()))
    assert np.allclose(found.average, 0.5 * (af + bf))


@pytest.mark.parametrize("count", [2, 5, 16])
def test_the_variance_is_that_of_the_pixels_within_its_uncertainty(count: int) -> None:
    errors = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        shape = np.linspace(400.0, 600.0, 80)  # what stands still is no noise
        frames = [shape + 20.0 * k + 3.0 * rng.standard_normal((60, 80)) for k in range(count)]
        found = stack(frames, 4095.0)
        errors.append((found.temporal_variance - 9.0) / found.u_temporal_variance)
    assert abs(np.mean(errors)) < 3.3 / 20**0.5
    assert 0.57 < np.sqrt(np.mean(np.square(errors))) < 1.5


def test_ends_of_the_range_are_counted() -> None:
    frame = np.full((10, 10), 100, np.uint8)
    frame[0, :5] = 0
    frame[1, :] = 255
    found = stack([frame, frame], 255.0)
    assert (found.at_zero, found.at_full) == (0.05, 0.10)


def test_one_frame_and_unequal_frames_are_refused() -> None:
    frame = np.zeros((10, 10), np.uint8)
    with pytest.raises(ValueError, match="at least two"):
        stack([frame], 255.0)
    with pytest.raises(ValueError, match="differ in size"):
        stack([frame, frame[:5]], 255.0)
