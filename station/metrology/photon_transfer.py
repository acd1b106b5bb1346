"""The camera as EMVA 1288 sees it (release 4, linear model): gain, noise, capacity, linearity, from pairs of frames.

A pixel gathers μ electrons with the variance μ (Poisson), to which the dark noise σd² comes; the gain K turns electrons
into levels, and the converter adds σq² = 1/12. So along a series of exposures

    σy² − σy.dark² = K (μy − μy.dark),          σy.dark² = K² σd² + σq².

- Gain: least squares through the origin up to 70 % of saturation (6.6).
- Responsivity: least squares through the origin of μy − μy.dark against exposure, over the same range (6.4).
- Saturation: the exposure t at which the temporal variance is largest (6.6); capacity μe.sat = responsivity · t/K.
- Dark noise: σd = √(σy.dark² − σq²)/K, σy.dark² at no exposure; below 0.24 DN² the converter hides it, and what the
  standard puts in its place, 0.24, is a limit (6.6).
- Threshold (signal-to-noise ratio 1): μe.min = √(σd² + σq²/K² + ¼) + ½; dynamic range μe.sat/μe.min; the best
  ratio √μe.sat.
- Linearity error LE: mean |δ|, δ = (y − line)/line, the line by least squares of relative deviations (weights 1/y²)
  over 5 to 95 % of saturation (7). Noise alone makes it larger than 0: `linearity_u_percent` says by how much.
- Dark current: the slope of the dark level against exposure, by K (7.4).
- Quantum efficiency, only where photons are known: responsivity/K.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.errors import CalibrationError
from station.metrology.dark import QUANTISATION_DN2, Level, dark_current, dark_noise
from station.metrology.estimate import Estimate, fitted
from station.metrology.exposures import ADVISED_EXPOSURES, Series, series_of

Floats = NDArray[np.float64]

GAIN_RANGE = 0.7
LINEAR_RANGE = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class TransferPoint:
    """One exposure of the series above its dark level; `deviation_percent` from the line of the linearity error."""

    exposure_us: float
    signal_dn: float
    variance_dn2: float
    u_variance_dn2: float
    deviation_percent: float
    u_deviation_percent: float
    for_gain: bool
    for_linearity: bool


@dataclass(frozen=True, slots=True)
class PhotonTransfer:
    """The figures of EMVA 1288. Electrons are those in one pixel of one frame."""

    gain_dn_per_e: Estimate
    dark_noise_e: Estimate
    dark_noise_is_limit: bool
    saturation_e: Estimate
    saturation_dn: float
    saturation_reached: bool
    snr_max: Estimate
    threshold_e: Estimate
    dynamic_range: Estimate
    linearity_error_percent: float
    linearity_least_percent: float
    linearity_most_percent: float
    linearity_u_percent: float
    black_level_dn: float
    response_dn_per_us: Estimate
    dark_current_e_per_s: Estimate | None
    quantum_efficiency: Estimate | None
    points: tuple[TransferPoint, ...]
    notes: tuple[str, ...]


def photon_transfer(
    bright: Sequence[Level], dark: Sequence[Level], photons_per_us: Estimate | None = None
) -> PhotonTransfer:
    """The figures from levels under light of one strength and in the dark; `photons_per_us` per pixel, if known.

    Raises:
        CalibrationError: too few exposures, saturated everywhere, dark frames brighter than bright ones, and the like.
    """
    bright = sorted(bright, key=lambda level: level.exposure_us)
    dark = sorted(dark, key=lambda level: level.exposure_us)
    notes: list[str] = []
    series = series_of(bright, dark, notes)
    top, reached = _saturation(bright, series.variance, notes)
    below = np.arange(len(bright)) <= top
    limit = float(series.signal[top])
    for_gain = below & (series.signal <= GAIN_RANGE * limit)
    low, high = LINEAR_RANGE
    for_line = below & (series.signal >= low * limit) & (series.signal <= high * limit)
    _check_ranges(int(for_gain.sum()), int(for_line.sum()), notes)
    dark_dn2, is_limit = dark_noise(dark, notes)
    gain = _gain(series.signal[for_gain], series.variance[for_gain], series.u_variance[for_gain], hidden=is_limit)
    response = _response(series, for_gain)
    # The true maximum lies anywhere between the exposures beside the one that was found.
    at = series.exposure_us
    apart = float(at[min(top + 1, len(at) - 1)] - at[max(top - 1, 0)])
    capacity = response.times(float(at[top])).over(gain)
    capacity = Estimate(capacity.value, math.hypot(capacity.u, capacity.value * apart / at[top] / math.sqrt(12.0)))
    noise = dark_dn2.root().over(gain)
    threshold = _threshold(noise, gain)
    off, u_off = _deviations(series, for_line)
    efficiency = None if photons_per_us is None else response.over(photons_per_us).over(gain)
    if efficiency is not None and not 0.0 < efficiency.value <= 1.0:
        notes.append(f"A quantum efficiency of {100.0 * efficiency.value:.0f} % cannot be: check the irradiance.")
    return PhotonTransfer(
        gain_dn_per_e=gain,
        dark_noise_e=noise,
        dark_noise_is_limit=is_limit,
        saturation_e=capacity,
        saturation_dn=limit,
        saturation_reached=reached,
        snr_max=capacity.root(),
        threshold_e=threshold,
        dynamic_range=capacity.over(threshold),
        linearity_error_percent=float(np.abs(off[for_line]).mean()),
        linearity_least_percent=float(off[for_line].min()),
        linearity_most_percent=float(off[for_line].max()),
        linearity_u_percent=float(u_off[for_line].mean()),
        black_level_dn=dark[0].mean_dn,
        response_dn_per_us=response,
        dark_current_e_per_s=dark_current(dark, gain),
        quantum_efficiency=efficiency,
        points=tuple(
            TransferPoint(
                exposure_us=level.exposure_us,
                signal_dn=float(series.signal[k]),
                variance_dn2=float(series.variance[k]),
                u_variance_dn2=float(series.u_variance[k]),
                deviation_percent=float(off[k]),
                u_deviation_percent=float(u_off[k]),
                for_gain=bool(for_gain[k]),
                for_linearity=bool(for_line[k]),
            )
            for k, level in enumerate(bright)
        ),
        notes=tuple(notes),
    )


def _check_ranges(for_gain: int, for_line: int, notes: list[str]) -> None:
    if for_gain < 3:
        raise CalibrationError(
            f"only {for_gain} exposures lie below 70 % of saturation, at least 3 are needed: take more and shorter ones"
        )
    if for_line < 3:
        raise CalibrationError(
            f"only {for_line} exposures lie between 5 and 95 % of saturation, at least 3 are needed: take more of them"
        )
    if for_line < ADVISED_EXPOSURES:
        notes.append(
            f"Linearity rests on {for_line} exposures between 5 and 95 % of saturation; EMVA 1288 asks for "
            f"{ADVISED_EXPOSURES} at least."
        )


def _saturation(bright: Sequence[Level], variance: Floats, notes: list[str]) -> tuple[int, bool]:
    """The exposure with the largest variance, and whether that is followed by less."""
    top = int(np.argmax(variance))
    reached = top < len(variance) - 1 or bright[top].at_full > 0.01
    if not reached:
        notes.append(
            "The longest exposure is not saturated: the capacity, the dynamic range and the best signal-to-noise ratio "
            "are those of the longest exposure, the camera's own are larger."
        )
    return top, reached


def _gain(signal: Floats, variance: Floats, u: Floats, *, hidden: bool) -> Estimate:
    """K by least squares, through the origin; with an intercept where the dark variance is hidden by the converter."""
    rows = np.column_stack([signal, np.ones_like(signal)]) if hidden else signal[:, None]
    # Equal weights as the standard has it: what is not a straight line then weighs the same everywhere.
    found, _, _ = fitted(rows, variance, np.ones_like(u))
    back = np.linalg.pinv(rows)
    noise = float(((back[0] * u) ** 2).sum())
    free = max(len(signal) - rows.shape[1], 1)
    left = (variance - rows @ found) / u
    birge = max(1.0, math.sqrt(float((left**2).sum()) / free))
    if found[0] <= 0.0:
        raise CalibrationError("the noise does not grow with the light: these are not frames of a linear camera")
    return Estimate(float(found[0]), math.sqrt(noise) * birge)


def _threshold(noise: Estimate, gain: Estimate) -> Estimate:
    """Electrons at which signal and noise are equal."""
    root = math.sqrt(noise.value**2 + QUANTISATION_DN2 / gain.value**2 + 0.25)
    u_noise = noise.value * noise.u / root
    u_gain = QUANTISATION_DN2 / gain.value**3 * gain.u / root
    return Estimate(root + 0.5, math.hypot(u_noise, u_gain))


def _response(series: Series, used: NDArray[np.bool_]) -> Estimate:
    """Responsivity against exposure (DN/µs): least squares through the origin."""
    at, signal = series.exposure_us[used], series.signal[used]
    slope = float(at @ signal) / float(at @ at)
    left = float(((signal - slope * at) ** 2).sum()) / max(len(at) - 1, 1)
    noise = float(((at * series.u_signal[used]) ** 2).sum()) / float(at @ at)
    return Estimate(slope, math.sqrt(max(left, noise) / float(at @ at)))


def _deviations(series: Series, used: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """All deviations in percent from the line of least relative deviations through those `used`, with their u."""
    rows = np.column_stack([series.exposure_us, np.ones(len(used))])
    found, _, _ = fitted(rows[used], series.signal[used], series.signal[used])
    line = rows @ found
    return 100.0 * (series.signal - line) / line, 100.0 * series.u_signal / np.abs(line)
