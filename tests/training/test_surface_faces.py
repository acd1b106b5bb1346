"""Training pictures and their truth, and how thresholds follow from judged faces."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from station.training.surface.faces import make_sample
from station.training.surface.feed import DEFECT, GOOD, SIDE_PX, UNCLEAR, one
from station.training.surface.judged import Judged, judge, sizes, true_defects
from station.training.surface.levels import choose, quality
from station.vision.surface.contrast import CHANNELS
from station.vision.surface.score import NOTHING


def test_truth_lies_in_the_region_and_good_faces_have_none():
    for seed in range(30):
        good = make_sample(np.random.default_rng(seed), (96, 128), 0.0)
        assert good.grey.shape == good.valid.shape == (96, 128)
        assert not good.defect.any()
        assert good.defects == ()
        bad = make_sample(np.random.default_rng(seed), (96, 128), 1.0)
        assert bad.defects
        assert not np.any(bad.defect & ~bad.valid)
        assert not np.any(bad.defect & bad.unclear)


def test_most_defects_can_be_seen():
    bad = [make_sample(np.random.default_rng(seed), (160, 160), 1.0) for seed in range(60)]
    assert np.mean([sample.defect.any() for sample in bad]) > 0.7
    assert np.mean([sample.unclear.any() for sample in bad]) < 0.6


def test_what_the_network_is_fed():
    rng = np.random.default_rng(3)
    for _ in range(5):
        channels, truth = one(rng)
        assert channels.shape == (SIDE_PX, SIDE_PX, CHANNELS)
        assert set(np.unique(truth)) <= {GOOD, DEFECT, UNCLEAR}
        assert np.all(truth[channels[..., 2] == 0] == UNCLEAR)
        assert np.all(np.abs(channels) <= 3.0)


def known(seed: int, defective: float, top: float, wider: int = 0) -> Judged:
    """Scores as a network would give that knows the truth, but for a false place as high as `top`."""
    sample = replace(make_sample(np.random.default_rng(seed), (160, 160), defective), valid=np.ones((160, 160), bool))
    scores = np.where(sample.defect, np.float32(20.0), np.float32(-10.0))
    for _ in range(wider):
        scores = np.maximum(scores, np.roll(scores, 1, axis=1))
    scores[0, 0] = max(scores[0, 0], top)
    return Judged(sample, scores, true_defects(sample))


def test_thresholds_hold_what_was_promised():
    good = [known(seed, 0.0, top=float(seed) / 10.0) for seed in range(100)]
    bad = [known(seed, 1.0, top=-9.0) for seed in range(60)]
    levels = choose(good, bad)
    assert sum(one.peak >= levels.defect for one in good) <= 1
    assert 8 <= sum(one.peak >= levels.doubt for one in good) <= 10
    reached = quality(good, bad, levels)
    assert reached.false_share <= 0.01
    assert reached.found_share > 0.95
    assert abs(reached.size_bias) < 0.05
    assert levels.u_px < 1.0


def test_a_size_is_that_of_the_finding_that_touches_the_defect():
    judged = next(one for one in (known(seed, 1.0, -9.0) for seed in range(50)) if len(one.truth) == 1)
    (size,) = sizes(judged, 5.0, 5.0)
    assert size.found_px == pytest.approx(size.true_px)
    assert size.close
    (missed,) = sizes(replace(judged, scores=np.full((160, 160), NOTHING)), 5.0, 5.0)
    assert math.isnan(missed.found_px)
    assert not missed.close


def test_a_face_depends_on_seed_and_number_alone():
    def nothing(picture: np.ndarray) -> np.ndarray:
        return np.zeros((1, 1, *picture.shape[2:]), np.float32)

    few, more = (list(judge(nothing, count, 9, defective=1.0)) for count in (1, 2))
    assert np.array_equal(few[0].sample.grey, more[0].sample.grey)
    assert not np.array_equal(more[0].sample.grey, more[1].sample.grey)
