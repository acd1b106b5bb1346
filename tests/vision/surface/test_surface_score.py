"""Tiling and two scales with networks whose answer is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy import ndimage

from station.vision.surface.contrast import halved, local_contrast
from station.vision.surface.score import MARGIN_PX, NOTHING, STRIDE, TILE_PX, defect_scores

RNG = np.random.default_rng(3)
GREY = ndimage.gaussian_filter(RNG.normal(120.0, 60.0, (1301, 1101)), 1.0).clip(0, 255).astype(np.uint8)


class Near:
    """Sums what lies within less than the tiles overlap; keeps the sizes of what it was given."""

    def __init__(self) -> None:
        self.sides: list[tuple[int, ...]] = []

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        self.sides.append(picture.shape)
        reach = 2 * (MARGIN_PX // 2) + 1
        around = ndimage.uniform_filter(picture[0, 0], reach, mode="constant") * reach
        return (picture[0, 1] + around)[None, None].astype(np.float32)


def test_scores_do_not_depend_on_where_tiles_begin():
    network = Near()
    valid = np.ones(GREY.shape, np.bool_)
    scores = defect_scores(GREY, valid, network)
    whole = [local_contrast(*pair) for pair in ((GREY, valid), halved(GREY, valid))]
    full, half = (Near()(p.tile(0, 0, *(-(-s // 16) * 16 for s in p.grey.shape))[None])[0, 0] for p in whole)
    coarse = cv2.resize(half[:651, :551], None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)[:1301, :1101]
    assert scores.shape == GREY.shape
    assert np.abs(scores - full[:1301, :1101] - np.maximum(coarse, -1.0)).max() < 1e-3
    assert coarse.min() < -1.0 < coarse.max()
    assert all(max(side[2:]) <= TILE_PX and side[2] % STRIDE == 0 and side[3] % STRIDE == 0 for side in network.sides)


def test_only_the_region_is_looked_at():
    network = Near()
    valid = np.zeros(GREY.shape, np.bool_)
    valid[700:800, 300:450] = True
    scores = defect_scores(GREY, valid, network)
    assert np.all(scores[~valid] == NOTHING)
    assert np.all(scores[valid] > NOTHING)
    assert [side[2:] for side in network.sides] == [(112, 160), (64, 80)]
    assert np.all(defect_scores(GREY, np.zeros(GREY.shape, np.bool_), network) == NOTHING)


def test_the_same_picture_gives_the_same_scores():
    valid = np.ones((300, 300), np.bool_)
    one, other = (defect_scores(GREY[:300, :300].copy(), valid, Near()) for _ in range(2))
    assert np.array_equal(one, other)


def test_shapes_must_fit():
    with pytest.raises(ValueError, match="one size"):
        defect_scores(GREY, np.ones((2, 2), np.bool_), Near())
