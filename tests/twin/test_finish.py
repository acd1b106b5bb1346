"""Rendered finishes: the same from the same seed, the grain that was asked for, a lay that runs as asked."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from station.twin.finish import Finish, make_face
from station.twin.finish_marks import background, chamfers, glare, hairlines, illumination, smears, specks, stroke_lines

SHAPE = (160, 192)


def rng(seed: int = 5) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("finish", list(Finish))
def test_a_face_is_a_pure_function_of_its_seed(finish: Finish):
    first, again, other = (make_face(rng(seed), SHAPE, finish) for seed in (5, 5, 6))
    assert np.array_equal(first.gain, again.gain)
    assert not np.array_equal(first.gain, other.gain)
    assert first.gain.shape == SHAPE
    assert first.gain.dtype == np.float32
    assert np.all(first.gain > 0)


@pytest.mark.parametrize("finish", list(Finish))
def test_the_grain_is_the_texture_s_deviation(finish: Finish):
    spreads = []
    for seed in range(6):
        face = make_face(rng(seed), SHAPE, finish, grain=0.06)
        spreads.append(math.sqrt(float(np.var(face.gain))))
    # Oxide adds up to 8 % in quadrature; the texture's own part is exact.
    assert 0.055 < min(spreads) < 0.07
    assert max(spreads) < 0.11


@pytest.mark.parametrize("finish", [Finish.GROUND, Finish.BRUSHED])
@pytest.mark.parametrize("lay", [0.0, math.pi / 2, 0.7])
def test_texture_runs_along_the_lay(finish: Finish, lay: float):
    gain = make_face(rng(), SHAPE, finish, grain=0.08, lay_rad=lay).gain.astype(np.float64)
    down, right = np.gradient(gain)
    along = right * math.cos(lay) + down * math.sin(lay)
    across = down * math.cos(lay) - right * math.sin(lay)
    assert across.std() > (2.5 if finish is Finish.BRUSHED else 1.3) * along.std()  # grinding leaves speckle, too


@pytest.mark.parametrize(
    "mark",
    [
        lambda r, g: stroke_lines(r, g, 0.05, 0.4),
        lambda r, g: glare(r, g, 0.4),
        lambda r, g: chamfers(r, g, 16),
        lambda r, g: background(r, g, 16),
        lambda r, g: hairlines(r, g, 0.05),
        lambda r, g: specks(r, g, 0.05),
        smears,
    ],
)
def test_marks_of_good_faces_leave_a_gain(mark):
    plain = make_face(rng(), SHAPE, Finish.GROUND).gain
    kept = plain.copy()
    marked = [mark(rng(seed), plain) for seed in range(8)]
    assert np.array_equal(plain, kept), "the face that was given is not changed"
    assert all(one.shape == SHAPE and one.dtype == np.float32 and np.all(one > 0) for one in marked)
    assert any(not np.array_equal(one, plain) for one in marked)


def test_light_is_positive_and_smooth():
    for seed in range(20):
        light = illumination(rng(seed), SHAPE)
        assert light.shape == SHAPE
        assert light.min() >= 0.05
        steps = np.abs(np.diff(light, axis=1)).max(), np.abs(np.diff(light, axis=0)).max()
        assert max(steps) < 0.35


def test_it_is_fast_enough_to_learn_from():
    make_face(rng(), SHAPE, Finish.GROUND)
    began = time.process_time()
    for seed in range(10):
        make_face(rng(seed), SHAPE, Finish.GROUND)
    assert (time.process_time() - began) / 10 < 0.06
