"""The first look along the probes: where the material ends, to a few hundredths of a pixel.

Levels are read at the nearest pixel from a probe's point outwards and inwards at once until the middle level is
crossed in the direction that leaves the material, so a well-placed probe costs a handful of look-ups. Where the local
levels are known, two bilinear samples beside the crossing place it: Φ⁻¹ of a Gaussian edge's relative level is linear.

An edge is smooth nearly everywhere, so every fourth probe is looked at, and those between only where two of them
disagree.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from station.compiled import compiled
from station.vision.field import Field
from station.vision.picture import Picture
from station.vision.probe import Floats, Probes

STRIDE = 4
AGREE_PX = 1.0  # neighbours farther apart than this are no straight stretch
_PROBITS = 512
PROBIT: Floats = ndtri((np.arange(_PROBITS) + 0.5) / _PROBITS)
BILINEAR_VARIANCE = 1.0 / 6.0  # mean variance that bilinear interpolation adds to a point spread


@compiled
def _bracket(
    pixels: NDArray[np.generic],
    x: float,
    y: float,
    nx: float,
    ny: float,
    in_px: float,
    out_px: float,
    middle: float,
    rising: bool,
) -> float:
    """The half-integer offset nearest the point (x, y) between whose neighbours the edge lies, else NaN."""
    height, width = pixels.shape
    x, y = x + 0.5, y + 0.5
    if not (0.0 <= x < width and 0.0 <= y < height):
        return np.nan
    outer = inner = (pixels[np.uint32(y), np.uint32(x)] >= middle) == rising  # in the field?
    steps_out, steps_in = int(out_px + 1.0), int(in_px + 1.0)
    most = max(steps_out, steps_in)
    # Only where a path could leave the picture is every step checked.
    margin = most + 1.0
    inside = margin <= x < width - margin and margin <= y < height - margin
    for step in range(1, most + 1):
        if step <= steps_out:
            px, py = x + step * nx, y + step * ny
            if not inside and not (0.0 <= px < width and 0.0 <= py < height):
                steps_out = 0
            else:
                field = (pixels[np.uint32(py), np.uint32(px)] >= middle) == rising
                if field and not outer:
                    return step - 0.5
                outer = field
        if step <= steps_in:
            px, py = x - step * nx, y - step * ny
            if not inside and not (0.0 <= px < width and 0.0 <= py < height):
                steps_in = 0
            else:
                field = (pixels[np.uint32(py), np.uint32(px)] >= middle) == rising
                if inner and not field:
                    return 0.5 - step
                inner = field
    return np.nan


@compiled
def _crossing(
    pixels: NDArray[np.generic],
    x: float,
    y: float,
    nx: float,
    ny: float,
    low: float,
    high: float,
    spread: float,
    probit: Floats,
    at: float,
) -> tuple[float, float]:
    """Where the level crosses the middle of `low` and `high` near the offset `at`, NaN if the picture does not say;
    and how many standard deviations of the edge spread it rises over a pixel.
    """
    scale = 1.0 / (high - low)
    count = len(probit)
    total = weight = rise = 0.0
    for side in range(2):
        d = at - 0.5 + side
        share = (_bilinear(pixels, x + d * nx, y + d * ny) - low) * scale
        if share != share:
            return np.nan, np.nan
        # Near the plateaus the level says little about the place.
        trust = share * (1.0 - share)
        if trust > 0.02:
            sigmas = probit[int(share * count)]
            total += trust * (d - spread * sigmas)
            weight += trust
            rise += sigmas if side == 1 else -sigmas
        else:
            rise = np.nan
    return (total / weight if weight > 0.0 else np.nan), rise


def sample(picture: Picture, points_px: Floats) -> Floats:
    """Bilinear levels (n,) at `points_px` (n, 2); NaN outside the picture."""
    levels = np.empty(len(points_px))
    _sample(picture.grey, points_px, levels)
    return levels


@compiled
def _sample(pixels: NDArray[np.generic], points: Floats, levels: Floats) -> None:
    for k in range(len(points)):
        levels[k] = _bilinear(pixels, points[k, 0], points[k, 1])


@compiled
def _bilinear(pixels: NDArray[np.generic], x: float, y: float) -> float:
    height, width = pixels.shape
    if not (0.0 <= x < width - 1.0 and 0.0 <= y < height - 1.0):
        return np.nan
    column, row = np.uint32(x), np.uint32(y)
    fx, fy = x - column, y - row
    upper = pixels[row, column] * (1.0 - fx) + pixels[row, column + 1] * fx
    lower = pixels[row + 1, column] * (1.0 - fx) + pixels[row + 1, column + 1] * fx
    return float(upper * (1.0 - fy) + lower * fy)


def seek(picture: Picture, field: Field, probes: Probes, distance_px: float) -> tuple[Floats, Floats]:
    """Offset (n,) of the material's end nearest each probe, to about a tenth of a pixel, and its edge spread (px).

    NaN where there is none within `distance_px`, or where the blur does not show: in a fine picture of sharp edges
    only some probes meet two pixels of a slope. Taken with the picture's levels, not the neighbourhood's.
    """
    offset, sigma = np.empty(len(probes)), np.empty(len(probes))
    _seek(
        picture.grey,
        probes.points_px,
        probes.normals,
        np.minimum(probes.reach_in_px, distance_px),
        np.minimum(probes.reach_out_px, distance_px),
        field.part_level,
        field.field_level,
        PROBIT,
        offset,
        sigma,
    )
    return offset, sigma


@compiled
def _seek(
    pixels: NDArray[np.generic],
    points: Floats,
    normals: Floats,
    in_px: Floats,
    out_px: Floats,
    low: float,
    high: float,
    probit: Floats,
    offset: Floats,
    sigma: Floats,
) -> None:
    for k in range(len(points)):
        x, y, nx, ny = points[k, 0], points[k, 1], normals[k, 0], normals[k, 1]
        sigma[k] = np.nan
        offset[k] = _bracket(pixels, x, y, nx, ny, in_px[k], out_px[k], 0.5 * (low + high), high > low)
        if offset[k] == offset[k]:
            offset[k], rise = _crossing(pixels, x, y, nx, ny, low, high, 1.0, probit, offset[k])
            if rise > 0.0:
                sigma[k] = np.sqrt(max(1.0 / (rise * rise) - BILINEAR_VARIANCE, 0.0))


@compiled
def bracket_some(
    pixels: NDArray[np.generic],
    points: Floats,
    normals: Floats,
    in_px: Floats,
    out_px: Floats,
    middle: float,
    rising: bool,
    first: int,
    last: int,
    offset: Floats,
) -> None:
    """Into `offset` a bracket for every `STRIDE`-th probe of the run `first` to `last` and its last, NaN for the rest.

    `rising`: the field is brighter than the material. Nothing is looked for beyond `in_px`, `out_px` (n,).
    """
    for k in range(first, last):
        if (k - first) % STRIDE == 0 or k == last - 1:
            x, y, nx, ny = points[k, 0], points[k, 1], normals[k, 0], normals[k, 1]
            offset[k] = _bracket(pixels, x, y, nx, ny, in_px[k], out_px[k], middle, rising)
        else:
            offset[k] = np.nan


@compiled
def cross_all(
    pixels: NDArray[np.generic],
    points: Floats,
    normals: Floats,
    in_px: Floats,
    out_px: Floats,
    rising: bool,
    low: Floats,
    high: Floats,
    sigma_px: float,
    probit: Floats,
    least_step: float,
    most_step: float,
    first: int,
    last: int,
    offset: Floats,
) -> None:
    """Into `offset` the crossing of every probe of a run, from the brackets of some of them; NaN where there is none.

    `low`, `high` (n,) are the levels of material and field, `sigma_px` the edge spread. A step smaller than
    `least_step` or larger than `most_step` levels is none.
    """
    spread = np.sqrt(sigma_px * sigma_px + BILINEAR_VARIANCE)
    for k in range(first, last):
        if offset[k] == offset[k]:
            x, y, nx, ny = points[k, 0], points[k, 1], normals[k, 0], normals[k, 1]
            step = high[k] - low[k] if rising else low[k] - high[k]
            usable = least_step < step < most_step
            at = offset[k]
            offset[k] = _crossing(pixels, x, y, nx, ny, low[k], high[k], spread, probit, at)[0] if usable else np.nan
    for before in range(first, last, STRIDE):
        after = min(before + STRIDE, last - 1)
        smooth = abs(offset[after] - offset[before]) < AGREE_PX  # False for NaN
        for k in range(before + 1, after):
            if smooth:
                offset[k] = offset[before] + (offset[after] - offset[before]) * (k - before) / (after - before)
                continue
            x, y, nx, ny = points[k, 0], points[k, 1], normals[k, 0], normals[k, 1]
            step = high[k] - low[k] if rising else low[k] - high[k]
            if least_step < step < most_step:
                at = _bracket(pixels, x, y, nx, ny, in_px[k], out_px[k], 0.5 * (low[k] + high[k]), rising)
                if at == at:
                    offset[k] = _crossing(pixels, x, y, nx, ny, low[k], high[k], spread, probit, at)[0]
