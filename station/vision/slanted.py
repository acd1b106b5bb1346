"""The slanted edge of ISO 12233 (2017 annex D, 2023): edge spread, line spread and modulation transfer of one edge.

Pixels along an edge that runs slantwise through the grid see it at every phase. Their levels against their distance
from the edge, in bins of a quarter of a pixel, are the edge spread function (ESF); its derivative is the line spread
function (LSF), whose Fourier transform is the modulation transfer (MTF). As the standard has it the edge is a curve
through the centroids of the derivative line by line (2023: a polynomial; here of second order, as the stretch is
short), and distances count square to it; the three-point derivative is corrected for. Beyond the standard the width of
the bins is corrected for as well: sinc(f/4), 0.6 % at half the Nyquist frequency, 2.6 % at it. Where hardly anything is
transferred, noise alone reads as a hundredth.

Beside it stands what the vision core believes an edge to be: a Gaussian step through lens and pixel, fitted to the same
ESF, with what it leaves. Uncertainties are jackknife ones over eight pieces along the edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import curve_fit
from scipy.special import ndtr

from station.vision.picture import Picture
from station.vision.refusal import Refusal, Trouble

Floats = NDArray[np.float64]

OVERSAMPLING = 4
FREQUENCIES: Floats = np.linspace(0.0, 1.0, 41)  # cycles per pixel
NYQUIST = 0.5
_PIECES = 8
_LEAST_LINES = 24
_LEAST_STEP = 0.08  # of full scale
_CLIPPED = 0.02  # share of the pixels that are read
_TAPER = 0.5  # share of the window that falls off


@dataclass(frozen=True, slots=True)
class SlantedEdge:
    """One edge. `distance_px` (n,) out of the dark side and `esf` (n,) from 0 to 1 by the fitted levels; `lsf` (n,) per
    pixel; `mtf` at `FREQUENCIES` (cycles/px). `sigma_px` of the Gaussian step, lens and pixel together; `misfit`: rms
    of what it leaves as a share of the step, with `noise` the part that the pixels' noise explains. `u_…` are standard
    uncertainties. `mtf50` (cycles/px) is NaN where the transfer stays above a half."""

    distance_px: Floats
    esf: Floats
    lsf: Floats
    mtf: Floats
    sigma_px: float
    u_sigma_px: float
    mtf50: float
    u_mtf50: float
    mtf_nyquist: float
    u_mtf_nyquist: float
    misfit: float
    noise: float
    slant_deg: float


def slanted_edge(
    picture: Picture, x_px: float, y_px: float, normal_deg: float, length_px: float, half_width_px: float
) -> SlantedEdge | Refusal:
    """The edge through (x, y) whose normal (from dark or bright alike) has this direction, `length_px` of it, with
    `half_width_px` of flat light or shade on both sides."""
    where = (x_px, y_px)
    pixels = _pixels(picture, where, normal_deg, length_px, half_width_px)
    if isinstance(pixels, Refusal):
        return pixels
    across, line, level, steep = pixels
    clipped = float(np.mean((level <= 0.0) | (level >= picture.full_scale)))
    if clipped > _CLIPPED:
        return Refusal(
            Trouble.CLIPPED,
            f"{100.0 * clipped:.0f} % of the pixels beside the edge are at the end of the camera's range: "
            "what is cut off there sharpens the edge. Shorten the exposure.",
            where,
        )
    distance = _distances(across, line, level, half_width_px, steep)
    if distance is None:
        return Refusal(Trouble.UNSTEADY, "There is no clear edge at this place.", where)
    whole = _figures(distance, level, half_width_px)
    if whole is None or abs(whole.high - whole.low) < _LEAST_STEP * picture.full_scale:
        return Refusal(
            Trouble.UNSTEADY,
            "The edge runs along the pixel grid, so that its pixels do not see it at every phase, or its contrast is "
            "too small: turn the target by a few degrees.",
            where,
        )
    spread = np.array([_left_out(distance, level, line, half_width_px, k) for k in range(_PIECES)])
    u = np.sqrt((_PIECES - 1.0) / _PIECES * np.nansum((spread - np.nanmean(spread, axis=0)) ** 2, axis=0))
    step = abs(whole.high - whole.low)
    rising = (whole.esf - whole.low) / (whole.high - whole.low)
    return SlantedEdge(
        distance_px=whole.at if whole.high > whole.low else -whole.at[::-1],
        esf=rising if whole.high > whole.low else 1.0 - rising[::-1],
        lsf=whole.lsf,
        mtf=whole.mtf,
        sigma_px=whole.sigma,
        u_sigma_px=float(u[0]),
        mtf50=_mtf50(whole.mtf),
        u_mtf50=float(u[1]),
        mtf_nyquist=float(np.interp(NYQUIST, FREQUENCIES, whole.mtf)),
        u_mtf_nyquist=float(u[2]),
        misfit=whole.left / step,
        noise=whole.noise / step,
        slant_deg=float(abs((normal_deg + 45.0) % 90.0 - 45.0)),
    )


@dataclass(frozen=True, slots=True)
class _Figures:
    at: Floats
    esf: Floats
    lsf: Floats
    mtf: Floats
    low: float
    high: float
    sigma: float
    left: float
    noise: float


def _pixels(
    picture: Picture, where: tuple[float, float], normal_deg: float, length_px: float, half_px: float
) -> tuple[Floats, Floats, Floats, float] | Refusal:
    """Of the pixels of a parallelogram along the edge: place across (px, along the grid's axis that crosses the edge
    more squarely), number of the line, level; and the cosine between that axis and the normal."""
    nx, ny = np.cos(np.radians(normal_deg)), np.sin(np.radians(normal_deg))
    upright = abs(nx) >= abs(ny)  # lines are rows, across is x
    grey = picture.grey if upright else picture.grey.T
    (cx, cy), (cross, along) = (where, (nx, ny)) if upright else (where[::-1], (ny, nx))
    half_line = 0.5 * length_px * abs(cross)
    lines = np.arange(max(int(np.ceil(cy - half_line)), 0), min(int(cy + half_line), grey.shape[0] - 1) + 1)
    if len(lines) < _LEAST_LINES:
        return Refusal(
            Trouble.CUT, f"The edge is only {len(lines)} pixels long here, too short to be looked at.", where
        )
    # The edge crosses line y at x = cx − (y − cy) · along/cross.
    at = cx - (lines - cy) * along / cross
    reach = int(np.ceil(half_px / abs(cross))) + 1
    columns = np.rint(at).astype(int)[:, None] + np.arange(-reach, reach + 1)
    if columns.min() < 0 or columns.max() >= grey.shape[1]:
        return Refusal(Trouble.CUT, "The edge lies too near the border of the picture.", where)
    level = grey[lines[:, None], columns].astype(np.float64)
    line = np.repeat(lines[:, None], columns.shape[1], axis=1)
    return columns - at[:, None], line.astype(np.float64), level, float(abs(cross))


def _distances(across: Floats, line: Floats, level: Floats, half_px: float, steep: float) -> Floats | None:
    """Distance of every pixel from the edge, square to it: a parabola through the lines' centroids."""
    number = line[:, 0] - line[:, 0].mean()
    curve = np.zeros(len(number))
    for _ in range(4):
        place = across - curve[:, None]
        slope = np.gradient(level, axis=1)
        # A window about the edge keeps the noise of flat pixels out of the centroid.
        weight = np.where(np.abs(place) < 0.7 * half_px, np.cos(np.pi * place / (1.4 * half_px)) ** 2, 0.0) * slope
        total = weight.sum(axis=1)
        if (np.abs(total) < 1e-9).any() or not (np.sign(total) == np.sign(total.sum())).mean() > 0.9:
            return None
        centroid = (weight * place).sum(axis=1) / total
        step = np.polynomial.polynomial.polyfit(number, centroid, 2)
        curve = curve + np.polynomial.polynomial.polyval(number, step)
    return np.asarray((across - curve[:, None]) * steep)


def _figures(distance: Floats, level: Floats, half_px: float) -> _Figures | None:
    """ESF, LSF, MTF and the Gaussian step of pixels at their distances; None where a bin is empty."""
    half = int(half_px * OVERSAMPLING)
    number = np.rint(distance * OVERSAMPLING).astype(int) + half
    inside = (number >= 0) & (number <= 2 * half)
    count = np.bincount(number[inside], minlength=2 * half + 1)
    if count.min() < 2:
        return None
    esf = np.bincount(number[inside], level[inside], minlength=2 * half + 1) / count
    # Pixels in a bin need not stand in its middle on average.
    at = np.bincount(number[inside], distance[inside], minlength=2 * half + 1) / count
    middles = (np.arange(2 * half + 1) - half) / OVERSAMPLING
    esf = np.interp(middles, at, esf)
    fit = _gaussian(middles, esf)
    if fit is None:
        return None
    low, high, place, sigma = fit
    model = low + (high - low) * ndtr((middles - place) / sigma)
    flat = np.abs(middles - place) > 4.0 * sigma
    spread = level[inside] - np.interp(distance[inside], middles, model)
    beside = np.abs(distance[inside] - place) > 4.0 * sigma
    pixel = (
        float(spread[beside].std()) if beside.sum() > 20 else float((esf - model)[flat].std()) if flat.any() else 0.0
    )
    lsf = np.gradient(esf) * OVERSAMPLING / (high - low)
    # A bin's average spreads the Gaussian by the bin's own variance.
    inner = max(sigma**2 - 1.0 / (12.0 * OVERSAMPLING**2), 1e-4) ** 0.5
    noise = pixel * float(np.mean(1.0 / count)) ** 0.5
    left = float(np.sqrt(np.mean((esf - model) ** 2)))
    return _Figures(middles, esf, lsf, _transfer(middles, lsf), low, high, inner, left, noise)


def _gaussian(at: Floats, esf: Floats) -> tuple[float, float, float, float] | None:
    """Low, high, place, sigma of the Gaussian step nearest to an ESF."""
    ends = float(esf[: len(esf) // 8 + 1].mean()), float(esf[-(len(esf) // 8) - 1 :].mean())

    def step(x: Floats, low: float, high: float, place: float, sigma: float) -> Floats:
        return np.asarray(low + (high - low) * ndtr((x - place) / sigma))

    try:
        found, _ = curve_fit(
            step, at, esf, (*ends, 0.0, 1.0), bounds=([-np.inf, -np.inf, at[0], 0.05], [np.inf, np.inf, at[-1], at[-1]])
        )
    except (RuntimeError, ValueError):
        return None
    low, high, place, sigma = (float(v) for v in found)
    return low, high, place, sigma


def _transfer(at: Floats, lsf: Floats) -> Floats:
    """MTF at `FREQUENCIES` of an LSF: tapered at its ends, transformed, freed of derivative and bin."""
    centre = float((at * np.abs(lsf)).sum() / np.abs(lsf).sum())
    reach = min(centre - at[0], at[-1] - centre)
    inner = reach * (1.0 - _TAPER)
    outside = np.clip((np.abs(at - centre) - inner) / (reach - inner), 0.0, 1.0)
    tapered = lsf * 0.5 * (1.0 + np.cos(np.pi * outside))
    wave = np.exp(-2j * np.pi * np.outer(FREQUENCIES, at))
    found = np.abs(wave @ tapered)
    bins = np.sinc(FREQUENCIES / OVERSAMPLING)
    derivative = np.sinc(2.0 * FREQUENCIES / OVERSAMPLING)  # of [-1/2, 0, 1/2]
    return np.asarray(found / found[0] / (bins * derivative))


def _mtf50(mtf: Floats) -> float:
    below = np.flatnonzero(mtf < 0.5)
    if not len(below):
        return float("nan")
    k = int(below[0])
    return float(np.interp(0.5, mtf[k - 1 : k + 1][::-1], FREQUENCIES[k - 1 : k + 1][::-1]))


def _left_out(distance: Floats, level: Floats, line: Floats, half_px: float, number: int) -> tuple[float, float, float]:
    """Sigma, MTF50 and MTF at Nyquist without one piece of the edge's length."""
    cuts = np.array_split(np.arange(len(line)), _PIECES)
    kept = np.delete(np.arange(len(line)), cuts[number])
    found = _figures(distance[kept], level[kept], half_px)
    if found is None:
        return float("nan"), float("nan"), float("nan")
    return found.sigma, _mtf50(found.mtf), float(np.interp(NYQUIST, FREQUENCIES, found.mtf))
