"""The first look along probes: farther edges, limits, wrong directions, the nearer of two, the picture's border."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from station.vision.picture import Picture
from station.vision.probe import Probes
from station.vision.seek import sample, seek

from .edges_for_tests import PSF, around, field_of, grey, one_run, pixel_step, round_light, spread, straight, upright

PHASES = 40.0 + np.linspace(-0.5, 0.5, 100)[:, None]


def across(
    x: np.ndarray | float, *, reach_in: float = 60.0, reach_out: float = 60.0, sign: float = 1.0, first: int = 3
) -> Probes:
    """One probe per row of a picture of upright edges, at `x`."""
    x = np.broadcast_to(np.ravel(x), (90,)) if np.size(x) == 1 else np.ravel(x)[first : first + 90]
    line = straight((0.0, first), (sign, 0.0), 90, along=(0.0, 1.0), reach_in=reach_in, reach_out=reach_out)
    return replace(line, points_px=np.column_stack([x, line.points_px[:, 1]]))


def sought(picture: Picture, probes: Probes, distance_px: float = 15.0) -> np.ndarray:
    return seek(picture, field_of(picture), probes, distance_px)[0]


@pytest.mark.parametrize("off", [-11.3, -4.2, -0.7, 0.0, 0.4, 3.7, 11.6])
@pytest.mark.parametrize("psf", PSF)
def test_an_edge_far_away_is_found_to_a_tenth_of_a_pixel(off: float, psf: float) -> None:
    for rng in (None, np.random.default_rng(3)):
        picture = grey(upright(PHASES, psf, (100, 80)), rng)
        found = sought(picture, across(PHASES - off))
        # In one row in a hundred a sharp edge lies just beyond both samples beside the crossing.
        assert np.isnan(found).mean() < 0.03
        assert np.nanmean(found) == pytest.approx(off, abs=0.06)
        assert np.nanmax(np.abs(found - off)) < 0.35


@pytest.mark.parametrize("psf", PSF)
@pytest.mark.parametrize("angle", [0.0, 26.0, 45.0, 90.0, 200.0])
def test_the_edge_spread_shows_where_two_pixels_meet_the_slope(angle: float, psf: float) -> None:
    radius = 25.0
    picture = grey(round_light((50.2, 49.7), radius, psf, hole=False))
    probes = around((50.2, 49.7), radius, hole=False, turned=np.radians(angle))
    _, sigma = seek(picture, field_of(picture), probes, 10.0)
    assert np.isfinite(sigma).any()
    assert np.nanmedian(sigma) == pytest.approx(spread(psf), rel=0.15)


def test_it_goes_no_farther_than_it_may() -> None:
    picture = grey(upright(PHASES, 1.0, (100, 80)))
    assert np.isnan(sought(picture, across(PHASES - 9.0), 7.0)).all()
    assert np.isnan(sought(picture, across(PHASES + 9.0), 7.0)).all()
    # The reach ends before the edge.
    assert np.isnan(sought(picture, across(PHASES - 9.0, reach_out=7.0))).all()
    assert np.isnan(sought(picture, across(PHASES + 9.0, reach_in=7.0))).all()
    assert np.isfinite(sought(picture, across(PHASES - 9.0, reach_in=1.0))).all()
    assert np.isfinite(sought(picture, across(PHASES + 9.0, reach_out=1.0))).all()
    assert np.isfinite(sought(picture, across(PHASES - 9.0), 10.5)).all()


def test_edges_that_enter_the_material_are_ignored() -> None:
    x, left = np.arange(100.0)[None, :], 30.0 + PHASES - 40.0
    picture = grey(1.0 - pixel_step(x, left, 1.0) + pixel_step(x, left + 12.0, 1.0))
    # The left edge is 3 pixels away, the right one 9: only there does a probe to the right leave the material.
    assert sought(picture, across(left + 3.0)) == pytest.approx(np.full(90, 9.0), abs=0.2)
    assert sought(picture, across(left + 9.0, sign=-1.0)) == pytest.approx(np.full(90, 9.0), abs=0.2)
    assert np.isnan(sought(picture, across(left + 3.0), 6.0)).all()


def test_of_two_edges_the_nearer_counts() -> None:
    x = np.arange(100.0)[None, :]
    rows = np.ones((100, 1))
    light = pixel_step(x, 30.0 * rows, 1.0) - pixel_step(x, 37.0, 1.0) + pixel_step(x, 45.0, 1.0)
    assert sought(grey(light), across(32.0)) == pytest.approx(np.full(90, -2.0), abs=0.1)
    assert sought(grey(light), across(43.0)) == pytest.approx(np.full(90, 2.0), abs=0.1)
    assert sought(grey(light), across(38.4)) == pytest.approx(np.full(90, 6.6), abs=0.1)
    assert sought(grey(light), across(36.0)) == pytest.approx(np.full(90, -6.0), abs=0.1)


def test_a_bright_part_gives_the_same_places() -> None:
    dark = grey(upright(PHASES, 1.0, (100, 80)))
    bright = Picture(np.float32(240.0) - dark.grey, 255.0)
    for off in (-4.3, 0.2, 6.0):
        one = seek(dark, field_of(dark), across(PHASES - off), 15.0)
        other = seek(bright, field_of(bright, 220.0, 20.0), across(PHASES - off), 15.0)
        assert other[0] == pytest.approx(one[0], abs=0.02, nan_ok=True)
        assert other[1] == pytest.approx(one[1], rel=0.02, nan_ok=True)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32, np.float64])
def test_every_kind_of_pixel_is_read(kind: type) -> None:
    picture = Picture(np.rint(grey(upright(PHASES, 1.0, (100, 80))).grey).astype(kind), 255.0)
    assert sought(picture, across(PHASES - 2.0)) == pytest.approx(np.full(90, 2.0), abs=0.2)


def test_outside_the_picture_there_is_nothing() -> None:
    picture = grey(upright(PHASES, 1.0, (100, 80)))
    line = across(40.0)
    far = [(-500.0, 5.0), (5.0, -500.0), (1e9, 5.0), (5.0, -1e300), (np.nan, 5.0), (5.0, np.inf), (-0.51, 5.0)]
    for place in far:
        lost = replace(line, points_px=np.tile(place, (90, 1)))
        offset, sigma = seek(picture, field_of(picture), lost, 15.0)
        assert np.isnan(offset).all(), place
        assert np.isnan(sigma).all(), place
    none = np.zeros(0)
    empty = Probes(np.zeros((0, 2)), np.zeros((0, 2)), none, none, none, none, none, *one_run(0, closed=False))
    assert [len(found) for found in seek(picture, field_of(picture), empty, 15.0)] == [0, 0]


@pytest.mark.parametrize("x", [0.3, 1.2, 3.0, 10.0, 70.0, 76.0, 78.2])
def test_at_the_border_an_edge_is_right_or_not_found(x: float) -> None:
    picture = grey(upright(x, 0.8, (100, 80)))
    for start in (-3.0, 0.0, 2.0, 40.0, 77.0, 79.4, 83.0):
        for sign in (1.0, -1.0):
            found = sought(picture, across(start, sign=sign), 90.0)
            known = np.isfinite(found)
            if sign < 0.0 or not -0.5 <= start < 79.5:
                assert not known.any()
            assert np.abs(found[known] - (x - start)).max(initial=0.0) < 0.35
    inside = 3.0 <= x <= 76.0
    assert np.isfinite(sought(picture, across(40.0), 90.0)).all() or not inside


def test_a_flat_picture_has_no_edge_and_a_random_one_no_surprise() -> None:
    clear = grey(upright(PHASES, 1.0, (100, 80)))
    for level in (0.0, 20.0, 120.0, 220.0, 255.0):
        flat = Picture(np.full_like(clear.grey, level), 255.0)
        assert np.isnan(seek(flat, field_of(clear), across(40.0), 15.0)[0]).all()
    rng = np.random.default_rng(5)
    noise = Picture(rng.integers(0, 256, (100, 80), dtype=np.uint8), 255.0)
    offset, sigma = seek(noise, field_of(noise), across(rng.uniform(-5.0, 85.0, 100)), 15.0)
    known = np.isfinite(offset)
    assert known.any()
    assert (np.abs(offset[known]) < 18.0).all()
    assert (sigma[np.isfinite(sigma)] >= 0.0).all()


def test_sampling_is_bilinear_and_nothing_outside() -> None:
    plane = np.add.outer(3.0 * np.arange(20), 2.0 * np.arange(30)).astype(np.float32)
    picture = Picture(plane, 255.0)
    points = np.random.default_rng(4).uniform([0, 0], [28.9, 18.9], (5000, 2))
    assert sample(picture, points) == pytest.approx(3.0 * points[:, 1] + 2.0 * points[:, 0], abs=1e-3)
    saddle = Picture(np.outer(np.arange(20.0), np.arange(30.0)).astype(np.float32), 600.0)
    assert sample(saddle, points) == pytest.approx(points[:, 1] * points[:, 0], abs=1e-2)
    outside = np.array([[-1.5, 5.0], [5.0, -1.5], [31.0, 5.0], [5.0, 21.0], [1e6, 1e6], [np.nan, 5.0], [5.0, -np.inf]])
    assert np.isnan(sample(picture, outside)).all()
    assert sample(picture, np.zeros((0, 2))).shape == (0,)
