"""How pixels differ from one another: rows, columns and single pixels, and those that are defective.

EMVA 1288 (release 4 linear, 8): the spatial variance of an average of L frames, less the L-th part of the temporal
variance that is still in it. A lamp's shape would count as difference of pixels, so rows, columns and pixels are told
apart after a local mean over `BOX_PX` × `BOX_PX` pixels was taken off; what that takes of each kind is known and
given back: of white differences p the share 1/n² goes, of rows r and columns c the share 1/n. The average's variances
then are

    all: (1 − 1/n)(r + c) + (1 − 1/n²) q,   row means: (1 − 1/n)(r + q/w),   column means: (1 − 1/n)(c + q/h),

with q = p + σ²/L, three equations for r, c and q.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from station.vision.flat import smooth_surface
from station.vision.frames import FrameStack

Floats = NDArray[np.float64]

BOX_PX = 31
_MEDIAN_PX = 5
_LISTED = 200


@dataclass(frozen=True, slots=True)
class SpatialVariance:
    """Variances between pixels (DN²) and their standard uncertainties; `total` with whatever lamp and lens add, the
    others without what is smooth over the field. A variance that noise hides may come out below zero."""

    total: float
    rows: float
    columns: float
    pixels: float
    u_total: float
    u_rows: float
    u_columns: float
    u_pixels: float


@dataclass(frozen=True, slots=True)
class DefectLimits:
    """What counts as defective: against the 5 × 5 neighbours by `sigmas` robust standard deviations, and by enough to
    matter: a dark level off by `dark_share` of the range up to saturation, a response off by `response_share`."""

    sigmas: float = 8.0
    dark_share: float = 0.02
    response_share: float = 0.10


DEFECT_LIMITS = DefectLimits()


@dataclass(frozen=True, slots=True)
class Defects:
    """Places (column, row) of pixels too bright in the dark (`hot`) or with a wrong response (`dead`), the worst first
    and at most 200 of each; the counts are of all."""

    hot: tuple[tuple[int, int], ...]
    dead: tuple[tuple[int, int], ...]
    hot_count: int
    dead_count: int


def spatial_variance(frames: FrameStack) -> SpatialVariance:
    """Of the average of frames (h, w), at least `BOX_PX` × `BOX_PX`."""
    average, left = frames.average, frames.temporal_variance / frames.count
    height, width = average.shape
    size = average.size
    # Without the lamp first: beside the border a local mean would bend what merely slopes.
    average = average - smooth_surface(average)
    local = average - cv2.blur(average, (BOX_PX, BOX_PX), borderType=cv2.BORDER_REFLECT)
    n = float(BOX_PX)
    share, white = 1.0 - 1.0 / n, 1.0 - 1.0 / n**2
    rows = float(local.mean(axis=1).var(ddof=1)) / share
    columns = float(local.mean(axis=0).var(ddof=1)) / share
    # Each of the three equations holds the unknowns r, c, q.
    system = np.array([[share, share, white], [1.0, 0.0, 1.0 / width], [0.0, 1.0, 1.0 / height]])
    r, c, q = np.linalg.solve(system, [float(local.var()), rows, columns])
    total = float(frames.average.var(ddof=1))
    u_left = frames.u_temporal_variance / frames.count
    return SpatialVariance(
        total=total - left,
        rows=float(r),
        columns=float(c),
        pixels=float(q) - left,
        u_total=float(np.hypot(total * (2.0 / size) ** 0.5, u_left)),
        u_rows=rows * (2.0 / height) ** 0.5,
        u_columns=columns * (2.0 / width) ** 0.5,
        u_pixels=float(np.hypot(abs(q) * (2.0 / size) ** 0.5, u_left)),
    )


def find_defects(bright: FrameStack, dark: FrameStack, saturation_dn: float, limits: DefectLimits) -> Defects:
    """Pixels of averaged frames that stand out of their neighbours; `saturation_dn` is above the dark level."""
    off_dark = _against_neighbours(dark.average)
    response = bright.average - dark.average
    around = _median(response)
    off_response = (response - around) / np.maximum(around, 1e-9)
    hot = np.where(off_dark > max(limits.sigmas * _spread(off_dark), limits.dark_share * saturation_dn), off_dark, 0.0)
    least = max(limits.sigmas * _spread(off_response), limits.response_share)
    # What is hot spoils the response as well; it is listed once.
    dead = np.where((np.abs(off_response) > least) & (hot == 0.0), np.abs(off_response), 0.0)
    return Defects(_worst(hot), _worst(dead), int(np.count_nonzero(hot)), int(np.count_nonzero(dead)))


def _against_neighbours(level: Floats) -> Floats:
    return np.asarray(level - _median(level))


def _median(level: Floats) -> Floats:
    return np.asarray(cv2.medianBlur(level.astype(np.float32), _MEDIAN_PX), np.float64)


def _spread(off: Floats) -> float:
    return 1.4826 * float(np.median(np.abs(off)))


def _worst(size: Floats) -> tuple[tuple[int, int], ...]:
    rows, columns = np.nonzero(size)
    order = np.argsort(-size[rows, columns], kind="stable")[:_LISTED]
    return tuple((int(columns[k]), int(rows[k])) for k in order)
