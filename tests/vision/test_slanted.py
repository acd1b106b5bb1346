"""Slanted edges against closed forms: Gaussian, box and disc through a square pixel, at any angle, dark or bright."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.signal import fftconvolve
from scipy.special import j1

from station.vision.picture import Picture
from station.vision.refusal import Refusal, Trouble
from station.vision.slanted import FREQUENCIES, NYQUIST, SlantedEdge, slanted_edge

from .edges_for_tests import grey, slanting, spread

ANGLES = [3.0, 5.0, 12.0, 30.0, 44.0, 60.0, 85.0, 130.0, -97.0]


def pixel_mtf(angle_deg: float, f: np.ndarray = FREQUENCIES) -> np.ndarray:
    """Of the pixel's square along a direction."""
    a = math.radians(angle_deg)
    return np.asarray(np.abs(np.sinc(f * math.cos(a)) * np.sinc(f * math.sin(a))))


def gaussian_mtf(psf: float, f: np.ndarray = FREQUENCIES) -> np.ndarray:
    return np.asarray(np.exp(-2.0 * (math.pi * psf * f) ** 2))


def looked_at(picture: Picture, angle: float, half: float = 10.0) -> SlantedEdge:
    found = slanted_edge(picture, 80.0, 80.0, angle, 100.0, half)
    assert isinstance(found, SlantedEdge), found
    return found


@pytest.mark.parametrize("angle", ANGLES)
@pytest.mark.parametrize("psf", [0.4, 0.7, 1.0, 1.5])
def test_the_transfer_of_a_gaussian_lens_and_a_pixel_is_met_without_noise(angle: float, psf: float) -> None:
    light, _ = slanting(angle, 0.3, psf)
    found = looked_at(grey(light), angle)
    truth = gaussian_mtf(psf) * pixel_mtf(angle)
    below = FREQUENCIES <= NYQUIST
    assert np.abs(found.mtf - truth)[below].max() < 0.012
    fine = np.linspace(0.0, 1.0, 20001)
    half = fine[int(np.argmax(gaussian_mtf(psf, fine) * pixel_mtf(angle, fine) < 0.5))]
    assert found.mtf50 == pytest.approx(half, rel=0.015)
    # Pixel and Gaussian together are no Gaussian where the lens is sharper than the pixel.
    assert found.sigma_px == pytest.approx(spread(psf), abs=0.008 if psf < 0.7 else 0.005)


@pytest.mark.parametrize("psf", [0.7, 1.0, 1.5])
def test_stated_uncertainties_are_those_of_the_scatter(psf: float) -> None:
    light, _ = slanting(7.0, 0.3, psf)
    found = [looked_at(grey(light, np.random.default_rng(seed)), 7.0) for seed in range(16)]
    for values, us in (
        ([e.sigma_px for e in found], [e.u_sigma_px for e in found]),
        ([e.mtf50 for e in found], [e.u_mtf50 for e in found]),
    ):
        assert 0.5 < float(np.std(values, ddof=1)) / float(np.mean(us)) < 1.6
    assert abs(np.mean([e.sigma_px for e in found]) - spread(psf)) < 0.003
    # What a Gaussian step leaves of a Gaussian edge is noise.
    assert np.median([e.misfit for e in found]) == pytest.approx(np.median([e.noise for e in found]), rel=0.25)


def supersampled(kernel: np.ndarray, angle: float, times: int, side: int = 160) -> np.ndarray:
    """Light beside a straight edge through a point spread on a grid `times` finer than the pixels."""
    a = math.radians(angle)
    at = (np.arange(side * times) + 0.5) / times - 0.5
    hard = ((at[None, :] - 80.0) * math.cos(a) + (at[:, None] - 80.0) * math.sin(a) > 0.3).astype(float)
    padded = np.pad(hard, 8 * times, mode="edge")
    soft = fftconvolve(padded, kernel / kernel.sum(), mode="same")[8 * times : -8 * times, 8 * times : -8 * times]
    return np.asarray(soft.reshape(side, times, side, times).mean(axis=(1, 3)))


def test_defocus_shows_as_a_disc_and_not_as_a_gaussian() -> None:
    """A disc of 2 px radius: its transfer 2 J1(x)/x, x = 2 π r f, with a zero at 0.305 cycles/px."""
    times, radius, angle = 8, 2.0, 8.0
    y, x = np.mgrid[-24:25, -24:25] / times
    inside = np.clip((radius - np.hypot(x, y)) * times + 0.5, 0.0, 1.0)
    found = looked_at(grey(supersampled(inside, angle, times)), angle)
    argument = 2.0 * math.pi * radius * np.maximum(FREQUENCIES, 1e-9)
    truth = np.abs(2.0 * j1(argument) / argument) * pixel_mtf(angle)
    assert np.abs(found.mtf - truth)[FREQUENCIES <= 0.45].max() < 0.015
    assert found.misfit > 0.005
    assert found.misfit > 5.0 * found.noise


def test_motion_shows_as_a_box_along_it_and_not_square_to_it() -> None:
    """Moved by 3 px along x under a lens of 0.7 px."""
    times = 8
    row = np.zeros((25 * 2 + 1, 25 * 2 + 1))
    row[25, 25 - 12 : 25 + 13] = 1.0
    row[25, [25 - 12, 25 + 12]] = 0.5
    kernel = gaussian_filter(np.pad(row, 40), 0.7 * times)
    across = looked_at(grey(supersampled(kernel, 5.0, times)), 5.0)
    along = looked_at(grey(supersampled(kernel, 95.0, times)), 95.0)
    a = math.radians(5.0)
    lens = gaussian_mtf(0.7) * pixel_mtf(5.0)
    low = FREQUENCIES <= 0.4
    assert np.abs(across.mtf - lens * np.abs(np.sinc(3.0 * math.cos(a) * FREQUENCIES)))[low].max() < 0.015
    assert np.abs(along.mtf - lens * np.abs(np.sinc(3.0 * math.sin(a) * FREQUENCIES)))[low].max() < 0.015
    assert across.sigma_px > 1.3 * along.sigma_px
    assert across.misfit > 3.0 * along.misfit


def test_a_bright_part_on_a_dark_field_is_the_same_edge() -> None:
    light, _ = slanting(9.0, 0.3, 1.0)
    dark, bright = looked_at(grey(light), 9.0), looked_at(grey(1.0 - light), 9.0)
    assert bright.sigma_px == pytest.approx(dark.sigma_px, rel=1e-4)
    for edge in (dark, bright):
        assert edge.esf[0] == pytest.approx(0.0, abs=1e-3)
        assert edge.esf[-1] == pytest.approx(1.0, abs=1e-3)
        assert edge.lsf.sum() / 4.0 == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("angle", [0.0, 45.0, 90.0])
def test_an_edge_along_the_grid_is_refused(angle: float) -> None:
    light, _ = slanting(angle, 0.3, 1.0)
    found = slanted_edge(grey(light), 80.0, 80.0, angle, 100.0, 10.0)
    assert isinstance(found, Refusal)
    assert "every phase" in found.sentence


def test_clipped_short_cut_and_empty_places_are_refused() -> None:
    light, _ = slanting(5.0, 0.3, 1.0)
    picture = grey(light)
    clipped = Picture(np.minimum(picture.grey * 1.3, 255.0).astype(np.float32), 255.0)
    refused = slanted_edge(clipped, 80.0, 80.0, 5.0, 100.0, 10.0)
    assert isinstance(refused, Refusal)
    assert refused.trouble is Trouble.CLIPPED
    for arguments, trouble in (
        ((80.0, 80.0, 5.0, 10.0, 10.0), Trouble.CUT),
        ((80.0, 80.0, 5.0, 100.0, 90.0), Trouble.CUT),
        ((30.0, 80.0, 5.0, 100.0, 10.0), Trouble.UNSTEADY),
    ):
        refused = slanted_edge(picture, *arguments)
        assert isinstance(refused, Refusal), arguments
        assert refused.trouble is trouble
