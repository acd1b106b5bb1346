"""Edges at sub-pixel accuracy against analytic profiles, noise against repeats, and what is not an edge."""

from __future__ import annotations

import numpy as np
import pytest

from station.vision.picture import Picture
from station.vision.probe import Probes, blur_of, refine, sample, search

from .edges_for_tests import HIGH, LOW, across, bars, grey, pixel_step, slanting, upright

CONTRAST = HIGH - LOW
PHASES = 20.0 + np.linspace(-0.5, 0.5, 397)
PSF = [0.7, 0.85, 1.0, 1.25, 1.5]


def spread(psf: float) -> float:
    """Edge spread as sampled: PSF, pixel (variance 1/12) and bilinear interpolation (1/6)."""
    return float(np.sqrt(psf**2 + 1 / 12 + 1 / 6))


@pytest.mark.parametrize("psf", PSF)
def test_an_ideal_edge_is_found_where_it_is_at_every_phase(psf: float) -> None:
    picture = upright(PHASES, psf)
    first = refine(picture, across(np.full(len(PHASES), 20.0)), spread(psf), True, CONTRAST)
    error = first.offset_px - (PHASES - 20.0)
    assert first.found.all()
    assert abs(error.mean()) < 0.0005
    assert np.abs(error).max() < 0.003
    again = refine(picture, across(PHASES), spread(psf), True, CONTRAST)
    assert np.abs(again.offset_px).max() < 0.003
    assert first.contrast == pytest.approx(np.full(len(PHASES), CONTRAST), rel=0.01)


@pytest.mark.parametrize("start", [-2.0, -1.0, 1.0, 2.0])
def test_a_start_two_pixels_off_does_not_matter(start: float) -> None:
    edges = refine(upright(PHASES, 1.0), across(PHASES + start), spread(1.0), True, CONTRAST)
    assert edges.found.all()
    assert np.abs(edges.offset_px + start).max() < 0.005


@pytest.mark.parametrize("psf", PSF)
@pytest.mark.parametrize("angle", [10.0, 26.6, 45.0, 63.0, 117.0, 200.0])
def test_a_slanting_edge_is_found_where_it_is(angle: float, psf: float) -> None:
    errors = []
    for through in (0.0, 0.3, 0.55, 0.8):
        picture, middle, normal = slanting(angle, through, psf)
        along = np.array([-normal[1], normal[0]])
        points = middle + np.linspace(-50, 50, 101)[:, None] * along
        probes = Probes(points, np.tile(normal, (101, 1)), np.full(101, 20.0), np.full(101, 20.0))
        errors.append(refine(picture, probes, spread(psf), True, CONTRAST).offset_px)
    assert abs(np.mean(errors)) < 0.001
    assert np.abs(errors).max() < 0.015


@pytest.mark.parametrize("psf", PSF)
def test_the_edge_spread_is_recovered(psf: float) -> None:
    assert blur_of(upright(PHASES, psf), across(PHASES), True) == pytest.approx(spread(psf), rel=0.02)
    noisy = upright(PHASES, psf, rng=np.random.default_rng(1))
    assert blur_of(noisy, across(PHASES), True) == pytest.approx(spread(psf), rel=0.05)


@pytest.mark.parametrize("off", [-0.1, 0.1])
def test_a_blur_wrong_by_ten_percent_hardly_moves_an_edge(off: float) -> None:
    edges = refine(upright(PHASES, 1.0), across(PHASES), spread(1.0) * (1 + off), True, CONTRAST)
    assert abs(edges.offset_px.mean()) < 0.0005
    assert np.abs(edges.offset_px).max() < 0.005


@pytest.mark.parametrize(("wide", "psf", "allowed"), [(6.0, 0.7, 0.003), (6.0, 0.85, 0.003), (6.0, 1.0, 0.007)])
def test_a_bar_of_six_pixels_is_as_wide_as_it_is(wide: float, psf: float, allowed: float) -> None:
    left = 17.0 + np.linspace(-0.5, 0.5, 397)
    picture = bars(left, wide, psf)
    right_edge = refine(picture, across(left + wide, wide, 20.0), spread(psf), True, CONTRAST)
    left_edge = refine(picture, across(left, wide, 20.0, -1.0), spread(psf), True, CONTRAST)
    assert right_edge.found.all()
    assert left_edge.found.all()
    assert abs((right_edge.offset_px + left_edge.offset_px).mean()) < allowed


@pytest.mark.parametrize("psf", PSF)
def test_the_noise_of_an_edge_is_not_understated(psf: float) -> None:
    rng = np.random.default_rng(2)
    edges = 20.0 + rng.uniform(-0.5, 0.5, 2000)
    found = refine(upright(edges, psf, rng=rng), across(edges), spread(psf), True, CONTRAST)
    assert found.found.all()
    assert abs(found.offset_px.mean()) < 4 * found.offset_px.std() / np.sqrt(2000) + 0.001
    ratio = found.offset_px.std() / np.sqrt(np.mean(found.u_px**2))
    assert 0.4 < ratio < 1.1


def test_a_bright_part_gives_the_same_edges() -> None:
    dark = upright(PHASES, 1.0)
    bright = Picture(255.0 - dark.grey, 255.0)
    one = refine(dark, across(np.full(len(PHASES), 20.0)), spread(1.0), True, CONTRAST)
    other = refine(bright, across(np.full(len(PHASES), 20.0)), spread(1.0), False, CONTRAST)
    assert other.offset_px == pytest.approx(one.offset_px, abs=1e-5)


def test_sixteen_bits_give_the_same_edges() -> None:
    dark = upright(PHASES, 1.0)
    deep = Picture(dark.grey * np.float32(257.0), 65535.0)
    one = refine(dark, across(PHASES), spread(1.0), True, CONTRAST)
    other = refine(deep, across(PHASES), spread(1.0), True, CONTRAST * 257.0)
    assert other.offset_px == pytest.approx(one.offset_px, abs=1e-5)


def test_an_empty_profile_a_faint_step_and_a_step_the_wrong_way_are_no_edges() -> None:
    flat = grey(np.ones((30, 41)))
    faint = Picture(upright(PHASES[:30], 1.0).grey * np.float32(0.1) + 150.0, 255.0)
    for picture in (flat, faint):
        assert not refine(picture, across(np.full(30, 20.0)), 1.12, True, CONTRAST).found.any()
    wrong = refine(upright(PHASES, 1.0), across(PHASES, sign=-1.0), 1.12, True, CONTRAST)
    assert not wrong.found.any()
    assert np.isnan(wrong.offset_px).all()


def test_probes_outside_the_picture_find_nothing_and_do_not_fail() -> None:
    picture = upright(PHASES, 1.0)
    count = 7
    far = Probes(
        np.full((count, 2), -500.0), np.tile([1.0, 0.0], (count, 1)), np.full(count, 20.0), np.full(count, 20.0)
    )
    assert not refine(picture, far, 1.12, True, CONTRAST).found.any()
    assert np.isnan(search(picture, far, np.full(count, 10.0), True, CONTRAST)).all()
    assert np.isnan(blur_of(picture, far, True))
    none = Probes(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros(0))
    assert len(refine(picture, none, 1.12, True, CONTRAST).offset_px) == 0
    assert len(search(picture, none, np.zeros(0), True, CONTRAST)) == 0


@pytest.mark.parametrize("off", [-11.3, -4.2, 0.4, 3.7, 11.6])
@pytest.mark.parametrize("psf", [0.7, 1.5])
def test_the_search_finds_an_edge_far_away_to_a_tenth_of_a_pixel(off: float, psf: float) -> None:
    picture = upright(PHASES, psf, rng=np.random.default_rng(3))
    found = search(picture, across(PHASES - off), np.full(len(PHASES), 15.0), True, CONTRAST)
    assert found.mean() == pytest.approx(off, abs=0.06)
    assert found == pytest.approx(np.full(len(PHASES), off), abs=0.2)


def test_the_search_goes_no_farther_than_it_may() -> None:
    picture = upright(PHASES, 1.0)
    assert np.isnan(search(picture, across(PHASES - 9.0), np.full(len(PHASES), 5.0), True, CONTRAST)).all()
    # The reach out of the material ends before the edge.
    assert np.isnan(search(picture, across(PHASES - 9.0, 20.0, 5.0), np.full(len(PHASES), 15.0), True, CONTRAST)).all()


def test_the_search_ignores_edges_that_enter_the_material() -> None:
    left = 14.0 + np.linspace(-0.5, 0.5, 101)
    picture = bars(left, 12.0, 1.0)
    # The left edge is 3 pixels away, the right one 9: only there does a profile to the right leave the material.
    found = search(picture, across(left + 3.0), np.full(101, 14.0), True, CONTRAST)
    assert found == pytest.approx(np.full(101, 9.0), abs=0.1)
    found = search(picture, across(left + 9.0, sign=-1.0), np.full(101, 14.0), True, CONTRAST)
    assert found == pytest.approx(np.full(101, 9.0), abs=0.1)


def test_of_two_edges_the_nearer_counts() -> None:
    x = np.arange(60.0)[None, :]
    light = pixel_step(x, np.full((11, 1), 20.0), 1.0) - pixel_step(x, 27.0, 1.0) + pixel_step(x, 35.0, 1.0)
    found = search(grey(light), across(np.full(10, 22.0)), np.full(10, 15.0), True, CONTRAST)
    assert found == pytest.approx(np.full(10, -2.0), abs=0.1)
    found = search(grey(light), across(np.full(10, 33.0)), np.full(10, 15.0), True, CONTRAST)
    assert found == pytest.approx(np.full(10, 2.0), abs=0.1)


def test_sampling_is_bilinear_and_nothing_outside() -> None:
    plane = np.add.outer(3.0 * np.arange(20), 2.0 * np.arange(30)).astype(np.float32)
    picture = Picture(plane, 255.0)
    points = np.random.default_rng(4).uniform([0, 0], [28.9, 18.9], (5000, 2))
    assert np.abs(sample(picture, points) - (3.0 * points[:, 1] + 2.0 * points[:, 0])).max() < 1e-3
    outside = np.array([[-1.5, 5.0], [5.0, -1.5], [31.0, 5.0], [5.0, 21.0], [1e6, 1e6]])
    assert np.isnan(sample(picture, outside)).all()
    assert sample(picture, np.zeros((4, 3, 2))).shape == (4, 3)


def test_moved_probes_keep_what_they_may_reach() -> None:
    probes = across(np.full(3, 20.0), 6.0, 9.0).moved(np.array([0.0, 2.0, -2.0]))
    assert probes.points_px[:, 0] == pytest.approx([20.0, 22.0, 18.0])
    assert probes.reach_in_px == pytest.approx([6.0, 8.0, 4.0])
    assert probes.reach_out_px == pytest.approx([9.0, 7.0, 11.0])
