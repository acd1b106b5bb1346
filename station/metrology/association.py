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
from station.metrology import circle, line
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


def fit_sorted(points: Floats, first: Index, start: Floats, floor: Floats, noise: Floats, *, circles: bool) -> Fits:
    """Least-squares circles, or lines, through points (n, 2) that stand feature by feature: feature f has the rows from
    `first[f]` to `first[f + 1]`, `first` is (f + 1,). `floor` (f,) is the least scale of the robust weights, `noise`
    (n,) the standard uncertainty of each point.

    Circles begin at `start` (f, 3) x, y, radius: Gauss–Newton on the orthogonal distances (Gander, Golub & Strebel
    1994, section 4).

    Lines take `start` (f, 2), the expected normals: the principal axis of the points (Pearson 1901), offset = normal ·
    point. The third parameter is the mean position along the line, about which angle and offset are independent; it
    carries no uncertainty of its own, and `shape` is (f, 2, 2) for (angle, offset at that position).
    """
    count, size = len(start), 3 if circles else 2
    fits = Fits(
        np.full((count, 3), np.nan),
        np.full((count, size, size), np.nan),
        np.zeros(len(points)),
        np.zeros(count),
        np.full(count, np.nan),
        np.full(len(points), np.nan),
    )
    fit = circle.circles if circles else line.lines
    fit(
        np.ascontiguousarray(points, np.float64),
        first,
        np.ascontiguousarray(start, np.float64),
        np.asarray(floor, np.float64),
        np.ascontiguousarray(noise, np.float64),
        fits.params,
        fits.shape,
        fits.weights,
        fits.used,
        fits.rms,
        fits.residuals,
    )
    return fits


def segmented_median(values: Floats, first: Index) -> Floats:
    """Median (f,) of the values ≥ 0 of each segment, from `first[f]` to `first[f + 1]`; NaN where it is empty."""
    return np.asarray(_medians(np.ascontiguousarray(values), first))


@compiled
def _medians(values: Floats, first: Index) -> Floats:
    found = np.full(len(first) - 1, np.nan)
    scratch, near = np.empty(len(values) + 1), 0.0
    for f in range(len(found)):
        if first[f + 1] > first[f]:
            # One feature's points are much like the next one's.
            found[f] = near = typical(values[first[f] : first[f + 1]], near, scratch)
    return found
