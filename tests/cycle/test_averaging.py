"""The mean of frames: no level is made up, none is lost, and it is as noisy as it says."""

from __future__ import annotations

import numpy as np
import pytest

from station.cycle.averaging import depth_of_mean, mean_picture
from station.vision.noise import noise_of
from station.vision.picture import picture_from


@pytest.mark.parametrize(
    ("bits", "count", "depth"),
    [
        (8, 1, 8),
        (8, 2, 10),
        (8, 16, 10),
        (8, 17, 12),
        (8, 256, 12),
        (10, 4, 12),
        (12, 16, 14),
        (12, 17, 16),
        (16, 9, 16),
    ],
)
def test_sixteen_frames_are_worth_two_bits(bits: int, count: int, depth: int) -> None:
    assert depth_of_mean(bits, count) == depth


def test_one_frame_stays_as_it_is() -> None:
    frame = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert mean_picture([frame], 8) is frame


@pytest.mark.parametrize(("bits", "count"), [(8, 2), (8, 16), (10, 7), (12, 16), (16, 4)])
def test_the_mean_is_exact_to_half_a_step_of_what_is_kept(bits: int, count: int) -> None:
    frames = np.random.default_rng(count).integers(0, 1 << bits, (count, 20, 30)).astype(np.uint16)
    frames[:, 0, 0], frames[:, 0, 1] = 0, (1 << bits) - 1
    kept = mean_picture(list(frames), bits)
    full = (1 << depth_of_mean(bits, count)) - 1
    share = kept / full
    assert np.max(np.abs(share - frames.mean(0) / ((1 << bits) - 1))) <= 0.5000001 / full
    assert (kept[0, 0], kept[0, 1]) == (0, full)  # dark is dark, and what was full in every frame is full
    assert picture_from(kept).full_scale == full


@pytest.mark.parametrize("sigma", [0.7, 2.0])
@pytest.mark.parametrize("count", [4, 16])
def test_the_vision_core_sees_the_noise_that_the_mean_has(sigma: float, count: int) -> None:
    rng = np.random.default_rng(8)
    truth = np.where(np.arange(300) < 150, 30.2, 219.6) * np.ones((240, 1))
    frames = [np.rint(truth + sigma * rng.standard_normal(truth.shape)).astype(np.uint8) for _ in range(count)]
    kept = mean_picture(frames, 8)
    step = 255.0 / 1023.0
    seen = [np.sqrt(v) * step for v in noise_of(picture_from(kept), 30.2 / step, 219.6 / step)]
    error = kept * step - truth
    for level, side in ((seen[0], error[:, :150]), (seen[1], error[:, 150:])):
        assert level == pytest.approx(float(side.std()), rel=0.08)
        assert level == pytest.approx(np.sqrt((sigma**2 + 1 / 12) / count + step**2 / 12), rel=0.08)


def test_frames_that_do_not_scatter_get_no_less_noise_than_their_steps_leave() -> None:
    # The camera's steps do not average out then: what the core takes for the least is what a mean could have at best.
    frames = [np.full((240, 300), 100, np.uint8)] * 16
    kept = mean_picture(frames, 8)
    part, _ = noise_of(picture_from(kept), float(kept[0, 0]), 1000.0)
    assert part * (255.0 / 1023.0) ** 2 == pytest.approx(1.0 / 12.0 / 16.0, rel=0.02)
