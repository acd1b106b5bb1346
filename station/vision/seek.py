"""The first look along the probes: where the material ends, to a few hundredths of a pixel.

Levels are read at the nearest pixel from a probe's point outwards and inwards at once until the middle level is
crossed in the direction that leaves the material, so a well-placed probe costs a handful of look-ups. Where the local
levels are known, two bilinear samples beside the crossing place it: Φ⁻¹ of a Gaussian edge's relative level is linear.

An edge is smooth nearly everywhere, so some probes are looked at, and those between only where two of them disagree, or
where what is there turns out to be no edge.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from station.compiled import compiled
from station.vision.field import Field
from station.vision.picture import Picture
from station.vision.probe import Floats, Probes, Run

LONG_RUN = 300  # probes: a shorter contour needs more pixels beside each for the same share of its noise
AGREE_PX = 1.0  # probes a stride apart whose edges differ more are no straight stretch
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


class Steps(NamedTuple):
    """What counts as a step along a run: `low`, `high` (n,) levels of material and field, whether the field is the
    brighter (`rising`), the edge `spread` (px), and between which heights (`least`, `most` levels) a step lies."""

    low: Floats
    high: Floats
    rising: bool
    spread: float
    least: float
    most: float


@compiled
def every(probes: int) -> int:
    """Which of a run's probes have their levels read: every fourth, of a long run's every eighth."""
    return 4 if probes < LONG_RUN else 8


@compiled
def stride(probes: int) -> int:
    """Which of a run's probes have their edge looked for, whatever their neighbours see."""
    return 4 * every(probes)


@compiled
def bracket_some(
    pixels: NDArray[np.generic], run: Run, distance_px: float, middle: float, rising: bool, offset: Floats
) -> None:
    """Into `offset` (n,) a place between two pixels for those `every` names and a run's last, NaN for the rest.

    `rising`: the field is brighter than the material. Nothing is looked for farther than `distance_px` or the reach.
    """
    last, near, far = len(offset) - 1, every(len(offset)), stride(len(offset))
    offset[:] = np.nan
    offset[0] = _look(pixels, run, 0, distance_px, middle, rising)
    for before in range(0, last, far):
        after = min(before + far, last)
        offset[after] = _look(pixels, run, after, distance_px, middle, rising)
        if _straight(offset, before, after):
            _between(offset, before, after, near)
        else:
            for k in range(before + near, after, near):
                offset[k] = _look(pixels, run, k, distance_px, middle, rising)


@compiled
def cross_all(
    pixels: NDArray[np.generic], run: Run, distance_px: float, steps: Steps, probit: Floats, offset: Floats
) -> None:
    """Into `offset` the crossing of every probe of a run, from the places of some of them; NaN where there is none."""
    last = len(offset) - 1
    offset[0] = _cross(pixels, run, 0, steps, probit, offset[0])
    far = stride(len(offset))
    for before in range(0, last, far):
        after = min(before + far, last)
        offset[after] = _cross(pixels, run, after, steps, probit, offset[after])
        if _straight(offset, before, after):
            _between(offset, before, after, 1)
        else:
            for k in range(before + 1, after):
                offset[k] = cross_at(pixels, run, k, distance_px, steps, probit)


@compiled
def cross_at(pixels: NDArray[np.generic], run: Run, k: int, distance_px: float, steps: Steps, probit: Floats) -> float:
    """The crossing of one probe, looked for by itself; NaN where there is none."""
    at = _look(pixels, run, k, distance_px, 0.5 * (steps.low[k] + steps.high[k]), steps.rising)
    return float(_cross(pixels, run, k, steps, probit, at))


@compiled
def _straight(offset: Floats, before: int, after: int) -> bool:
    return bool(abs(offset[after] - offset[before]) < AGREE_PX)  # False for NaN


@compiled
def _between(offset: Floats, before: int, after: int, every: int) -> None:
    rise = (offset[after] - offset[before]) / (after - before)
    for k in range(before + every, after, every):
        offset[k] = offset[before] + rise * (k - before)


@compiled
def _look(pixels: NDArray[np.generic], run: Run, k: int, distance_px: float, middle: float, rising: bool) -> float:
    in_px, out_px = min(run.reach[0][k], distance_px), min(run.reach[1][k], distance_px)
    x, y, nx, ny = run.points[k, 0], run.points[k, 1], run.normals[k, 0], run.normals[k, 1]
    return float(_bracket(pixels, x, y, nx, ny, in_px, out_px, middle, rising))


@compiled
def _cross(pixels: NDArray[np.generic], run: Run, k: int, steps: Steps, probit: Floats, at: float) -> float:
    low, high = steps.low[k], steps.high[k]
    step = high - low if steps.rising else low - high
    if not steps.least < step < steps.most or at != at:
        return np.nan
    x, y, nx, ny = run.points[k, 0], run.points[k, 1], run.normals[k, 0], run.normals[k, 1]
    return float(_crossing(pixels, x, y, nx, ny, low, high, steps.spread, probit, at)[0])
