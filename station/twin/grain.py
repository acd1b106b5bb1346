"""Random fields that machined and cast metal is made of, in pixels; every one of mean about 0 and standard deviation 1.

Shaped in the frequency plane (a field's spectrum is its finish): Gaussian bands for what tools leave along the lay, a
power law for castings and oxide (Mandelbrot and Van Ness 1968).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

Floats = NDArray[np.float32]
Shape = tuple[int, int]


def along_lay(rng: np.random.Generator, shape: Shape, along_px: float, across_px: float, lay_rad: float) -> Floats:
    """Noise smoothed over `along_px` (sigma) in the direction of the lay and over `across_px` across it."""

    def spectrum(along: Floats, across: Floats) -> Floats:
        return np.exp(-2.0 * math.pi**2 * ((along * along_px) ** 2 + (across * across_px) ** 2))

    return _shaped(rng, shape, lay_rad, spectrum)


def cloudy(rng: np.random.Generator, shape: Shape, exponent: float) -> Floats:
    """Noise whose power falls with frequency to the `exponent`: 1 rough as a casting, 3 to 4 soft as oxide."""

    def spectrum(along: Floats, across: Floats) -> Floats:
        frequency = np.sqrt(along**2 + across**2)
        frequency[0, 0] = 1.0
        power = frequency ** np.float32(-exponent / 2.0)
        power[0, 0] = 0.0
        return power

    return _shaped(rng, shape, 0.0, spectrum)


def streaks(rng: np.random.Generator, shape: Shape, lay_rad: float, center_px: tuple[float, float] | None) -> Floats:
    """What single grains of the wheel or chips of the tool leave: bright and dark lines along the lay, or around
    `center_px`; most of them come and go.
    """
    x, y = coordinates(shape)
    if center_px is None:
        across = y * math.cos(lay_rad) - x * math.sin(lay_rad)
    else:
        across = np.hypot(x - center_px[0], y - center_px[1])
    across = across - across.min()
    count = int(across.max()) + 3
    profile = _lines(rng, count, rng.uniform(0.02, 0.25), rng.uniform(0.5, 2.0))
    if rng.random() < 0.4:
        profile = profile + rng.uniform(0.3, 1.0) * _lines(rng, count, 0.02, rng.uniform(3.0, 10.0))
    field = sample_profile(profile, across)
    if rng.random() < 0.8:
        strength = along_lay(rng, shape, rng.uniform(10.0, 60.0), rng.uniform(1.0, 6.0), lay_rad)
        field = field / (1.0 + np.exp(rng.uniform(-1.0, 1.0) - 2.0 * strength))
    return unit(field)


def coordinates(shape: Shape) -> tuple[Floats, Floats]:
    """x (1, w) and y (h, 1) of the pixels, to be broadcast."""
    return np.arange(shape[1], dtype=np.float32)[None], np.arange(shape[0], dtype=np.float32)[:, None]


def sample_profile(profile: Floats, at: Floats) -> Floats:
    """The profile (n,) at fractional places, linearly."""
    here = at.astype(np.float32)
    sampled = cv2.remap(profile[None].astype(np.float32), here, np.zeros_like(here), cv2.INTER_LINEAR)
    return np.asarray(sampled, np.float32)


def unit(field: Floats) -> Floats:
    """The field with standard deviation 1; a flat one stays flat."""
    return np.asarray(field / (field.std() + 1e-6), np.float32)


def soft(field: Floats, sigma_px: float) -> Floats:
    """Gaussian blur, mirrored at the borders."""
    return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT), np.float32)


def _lines(rng: np.random.Generator, count: int, density: float, width_px: float) -> Floats:
    """A profile across the lay: lines of either sign, few of them strong."""
    number = int(rng.poisson(density * count))
    center = rng.uniform(0, count, number)[:, None]
    sigma = (width_px * rng.lognormal(0.0, 0.5, number))[:, None]
    height = (rng.standard_normal(number) * rng.exponential(1.0, number))[:, None]
    at = np.arange(count)[None]
    return unit(np.sum(height * np.exp(-0.5 * ((at - center) / sigma) ** 2), axis=0).astype(np.float32))


def _shaped(
    rng: np.random.Generator, shape: Shape, lay_rad: float, spectrum: Callable[[Floats, Floats], Floats]
) -> Floats:
    down = fft.fftfreq(shape[0]).astype(np.float32)[:, None]
    right = fft.rfftfreq(shape[1]).astype(np.float32)[None]
    cos, sin = np.float32(math.cos(lay_rad)), np.float32(math.sin(lay_rad))
    white = fft.rfft2(rng.standard_normal(shape, dtype=np.float32))
    return unit(fft.irfft2(white * spectrum(right * cos + down * sin, down * cos - right * sin), s=shape))
