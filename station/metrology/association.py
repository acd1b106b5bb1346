"""Ideal circles and lines through measured points: least squares (ISO 14405-1 GG), robust, all features in one call.

A feature on which nothing stands is plain least squares, every point weighed by its noise where noise is what scatters,
all alike where the part's form is: nothing is more precise.
Contamination (dust, a fibre, a burr) is looked for where a residual exceeds what the points' noise explains, and taken
out by Tukey's biweight with a width of six robust standard deviations, wide enough to leave the part's own form alone.
Whether something stands there is read off the robust fit: least squares is bent towards a long fibre and hides it.
A fit that fails is NaN, not an exception; a point that is no number has no weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.metrology.circle import circles
from station.metrology.line import lines
from station.metrology.smoothing import typical

Floats: TypeAlias = NDArray[np.float64]
Index: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Fits:
    """Per feature f: `params` (f, 3): circle (x, y, radius), line (normal angle, offset, position along the line);
    `shape` (f, p, p): (JᵀWJ)⁻¹ for unit point variance; `weights` (n,) of the points as finally used;
    `used` (f,): number of points with weight, `rms` (f,): of their residuals; `residuals` (n,)."""

    params: Floats
    shape: Floats
    weights: Floats
    used: Floats
    rms: Floats
    residuals: Floats


def fit_circles(points: Floats, index: Index, start: Floats, floor: Floats) -> Fits:
    """Geometric least-squares circles. `points` (n, 2), `index` (n,) the feature of each, `start` (f, 3) initial x, y,
    r; `floor` (f,) least scale of the robust weights.

    Gauss–Newton on the orthogonal distances (Gander, Golub & Strebel 1994, section 4).
    """
    order, first = _segments(index, len(start))
    return _fit(points, order, first, np.ascontiguousarray(start, np.float64), floor, 3)


def fit_lines(points: Floats, index: Index, normals: Floats, floor: Floats) -> Fits:
    """Orthogonal least-squares lines; `normals` (f, 2) expected unit normals. Offset = normal · point.

    The third parameter is the mean position along the line, about which angle and offset are independent; it carries
    no uncertainty of its own. `shape` is (f, 2, 2) for (angle, offset at that position). The line is the principal axis
    of the points (Pearson 1901).
    """
    order, first = _segments(index, len(normals))
    return _fit(points, order, first, np.ascontiguousarray(normals, np.float64), floor, 2)


def fit_sorted(points: Floats, first: Index, start: Floats, floor: Floats, noise: Floats, *, circles: bool) -> Fits:
    """`fit_circles`, or `fit_lines`, of features whose points stand one after the other: feature f has the rows from
    `first[f]` to `first[f + 1]`. `noise` (n,) are the standard uncertainties of the points."""
    start = np.ascontiguousarray(start, np.float64)
    return _fit(points, None, first, start, floor, 3 if circles else 2, noise)


def segmented_median(values: Floats, first: Index) -> Floats:
    """Median (f,) of the values ≥ 0 of each segment, from `first[f]` to `first[f + 1]`; NaN where it is empty."""
    return np.asarray(_medians(np.ascontiguousarray(values), first))


def _fit(
    points: Floats,
    order: Index | None,
    first: Index,
    start: Floats,
    floor: Floats,
    size: int,
    noise: Floats | None = None,
) -> Fits:
    count = len(start)
    points = np.ascontiguousarray(points, np.float64)
    fits = Fits(
        np.full((count, 3), np.nan),
        np.full((count, size, size), np.nan),
        np.zeros(len(points)),
        np.zeros(count),
        np.full(count, np.nan),
        np.full(len(points), np.nan),
    )
    kernel = circles if size == 3 else lines
    kernel(
        points if order is None else points[order],
        first,
        start,
        np.asarray(floor, np.float64),
        np.zeros(len(points)) if noise is None else np.ascontiguousarray(noise, np.float64),
        fits.params,
        fits.shape,
        fits.weights,
        fits.used,
        fits.rms,
        fits.residuals,
    )
    if order is None:
        return fits
    weights, residuals = np.empty_like(fits.weights), np.empty_like(fits.residuals)
    weights[order], residuals[order] = fits.weights, fits.residuals
    return Fits(fits.params, fits.shape, weights, fits.used, fits.rms, residuals)


def _segments(index: Index, count: int) -> tuple[Index | None, Index]:
    """What sorts the points by feature (None: they are), and (count + 1,) where each feature begins."""
    sizes = np.bincount(index, minlength=count)[:count]
    first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp)
    if bool((index[1:] >= index[:-1]).all()):
        return None, first
    return np.argsort(index, kind="stable"), first


@compiled
def _medians(values: Floats, first: Index) -> Floats:
    found = np.full(len(first) - 1, np.nan)
    scratch, near = np.empty(len(values) + 1), 0.0
    for f in range(len(found)):
        if first[f + 1] > first[f]:
            # One feature's points are much like the next one's.
            found[f] = near = typical(values[first[f] : first[f + 1]], near, scratch)
    return found
