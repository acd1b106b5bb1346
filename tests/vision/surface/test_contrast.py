"""Local contrast: independent of light and of everything beside the region; the same in tiles as in one piece."""

from __future__ import annotations

import numpy as np

from station.vision.surface.contrast import halved, local_contrast

RNG = np.random.default_rng(11)
TEXTURE = RNG.normal(0.0, 6.0, (201, 318))


def picture(level: float = 90.0, slope: float = 0.0) -> np.ndarray:
    x = np.linspace(-1.0, 1.0, TEXTURE.shape[1])[None]
    return np.clip(np.round((level + TEXTURE) * (1.0 + slope * x)), 0, 255).astype(np.uint8)


def whole() -> np.ndarray:
    return np.ones(TEXTURE.shape, np.bool_)


def test_what_lies_beside_the_region_does_not_leak_into_it():
    valid = whole()
    valid[:60] = False
    valid[100:130, 50:90] = False
    one, other = picture(), picture()
    other[~valid] = RNG.integers(0, 256, np.count_nonzero(~valid))
    first, second = (local_contrast(grey, valid).tile(0, 0, 208, 320) for grey in (one, other))
    assert np.array_equal(first, second)
    assert not first[:, :60].any()
    assert first[:2, 60:201, :318].std() > 0.1
    grey_one, valid_one = halved(one, valid)
    grey_other, valid_other = halved(other, valid)
    assert np.array_equal(valid_one, valid_other)
    assert np.array_equal(grey_one[valid_one], grey_other[valid_one])


def test_uneven_light_hardly_changes_it():
    even, uneven = (local_contrast(picture(slope=s), whole()).tile(0, 0, 200, 316)[0] for s in (0.0, 0.5))
    assert np.corrcoef(even.ravel(), uneven.ravel())[0, 1] > 0.98


def test_it_is_in_half_deviations_of_the_texture():
    wide = local_contrast(picture(), whole()).tile(0, 0, 200, 316)[1]
    assert abs(float(wide.std()) - 0.5) < 0.02
    assert abs(float(wide.mean())) < 0.01


def test_tiles_are_cut_out_of_one_field():
    field = local_contrast(picture(), whole())
    all_of_it = field.tile(0, 0, 208, 320)
    assert np.array_equal(field.tile(48, 64, 80, 96), all_of_it[:, 48:128, 64:160])
    beyond = field.tile(192, 304, 16, 16)
    assert not beyond[:, 9:].any()
    assert not beyond[:, :, 14:].any()


def test_a_region_without_texture_is_no_contrast():
    flat = np.full((64, 64), 120, np.uint8)
    assert np.abs(local_contrast(flat, np.ones((64, 64), np.bool_)).tile(0, 0, 64, 64)[:2]).max() < 1e-4
    assert not local_contrast(flat, np.zeros((64, 64), np.bool_)).tile(0, 0, 64, 64).any()
