"""Dark frames as a camera's zero: its level, its noise, its current (EMVA 1288, release 4 linear, 6.6 and 7.4)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.metrology.estimate import Estimate, fitted

Floats = NDArray[np.float64]

QUANTISATION_DN2 = 1.0 / 12.0
LEAST_DARK_DN2 = 0.24
_CLIPPED_DARK = 0.005


@dataclass(frozen=True, slots=True)
class Level:
    """What the frames of one exposure say, in levels (DN): see `station.vision.frames.FrameStack`."""

    exposure_us: float
    mean_dn: float
    u_mean_dn: float
    u_noise_dn: float  # the part of it that the noise of pixels makes
    variance_dn2: float
    u_variance_dn2: float
    frames: int
    at_zero: float = 0.0
    at_full: float = 0.0


def dark_at(exposure: Floats, dark: Sequence[Level], notes: list[str]) -> tuple[Floats, Floats, Floats]:
    """Level, variance (DN²) and the variance's uncertainty of the dark at each exposure: its own frames, or between
    the nearest ones."""
    at = [level.exposure_us for level in dark]
    if len(dark) == 1 and not np.allclose(exposure, at[0]):
        notes.append("All dark frames have one exposure: the dark current was not taken off the others.")
    elif len(dark) > 1 and (exposure.max() > 1.001 * at[-1] or exposure.min() < 0.999 * at[0]):
        notes.append("Some exposures are longer or shorter than any dark frame: the nearest one was taken.")
    columns = ([d.mean_dn for d in dark], [d.variance_dn2 for d in dark], [d.u_variance_dn2 for d in dark])
    mean, variance, u = (np.interp(exposure, at, values) for values in columns)
    if max(level.at_zero for level in dark) > _CLIPPED_DARK:
        share = 100.0 * max(level.at_zero for level in dark)
        notes.append(
            f"{share:.1f} % of the dark pixels are at level 0, where noise is cut off: raise the camera's black level "
            "until none is, or the dark noise and the dark current come out too small."
        )
    return mean, variance, u


def dark_noise(dark: Sequence[Level], notes: list[str]) -> tuple[Estimate, bool]:
    """Variance (DN²) of the dark at no exposure, without the converter's own; whether that is a limit."""
    value, u = dark[0].variance_dn2, dark[0].u_variance_dn2
    at = np.array([level.exposure_us for level in dark])
    if len(dark) >= 3 and at[-1] > at[0]:
        observed = np.array([level.variance_dn2 for level in dark])
        weights = np.array([max(level.u_variance_dn2, 1e-9) for level in dark])
        found, covariance, _ = fitted(np.column_stack([np.ones_like(at), at]), observed, weights)
        value, u = float(found[0]), math.sqrt(float(covariance[0, 0]))
    if value >= LEAST_DARK_DN2:
        return Estimate(value - QUANTISATION_DN2, u), False
    notes.append(
        f"The dark variance ({value:.3f} DN²) is below {LEAST_DARK_DN2} DN²: the converter hides the dark noise, and "
        "what is stated is the most that it can be. More bits or more gain would show it."
    )
    return Estimate(LEAST_DARK_DN2 - QUANTISATION_DN2, 0.0), True


def dark_current(dark: Sequence[Level], gain: Estimate) -> Estimate | None:
    """Electrons per second, from at least three dark exposures."""
    if len(dark) < 3 or dark[-1].exposure_us <= dark[0].exposure_us:
        return None
    at = np.array([level.exposure_us for level in dark]) * 1e-6
    u = np.array([max(level.u_mean_dn, 1e-9) for level in dark])
    found, covariance, _ = fitted(
        np.column_stack([np.ones_like(at), at]), np.array([level.mean_dn for level in dark]), u
    )
    return Estimate(float(found[1]), math.sqrt(float(covariance[1, 1]))).over(gain)
