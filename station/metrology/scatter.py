"""Noise as it shows along an edge, where it is more than the camera's.

A camera's noise is read where the picture is flat. What a compression or the demosaicing of a colour camera does beside
an edge does not show there, and neighbours share it. It shows along the edge: form is smooth, so it drops out of second
differences of neighbouring points, or of the means of neighbouring stretches (von Neumann's successive differences,
taken twice). Form of short waves does not: what is found here is the most that noise can be.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled

Floats = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

_TOGETHER = 8  # neighbours that compression and mosaics treat alike
_LEAST_TRIPLES = 6
_CHANCE = 2.0  # standard deviations that chance may add, so that clean pictures are left alone


@compiled
def excess(residuals: Floats, used: Mask, noise: Floats, first: Index) -> Floats:
    """How many times (f,), at least 1, the points of each feature scatter more than their `noise` (n,) says.

    `residuals` (n,) are along the edges, in sequence; `used` (n,) those that count; feature i has the points `first[i]`
    to `first[i + 1]`.
    """
    factor = np.ones(len(first) - 1)
    for f in range(len(factor)):
        begin, end = first[f], first[f + 1]
        expected, count = 0.0, 0
        for k in range(begin, end):
            if used[k]:
                expected += noise[k] * noise[k]
                count += 1
        if expected <= 0.0:
            continue
        expected /= count
        for together in (1, _TOGETHER):
            variance, triples = _successive(residuals, used, begin, end, together)
            if triples >= _LEAST_TRIPLES:
                # Overlapping differences know half as much as their number says.
                seen = together * variance / expected - _CHANCE * np.sqrt(4.0 / triples)
                factor[f] = max(factor[f], np.sqrt(max(seen, 0.0)))
    return factor


@compiled
def _successive(residuals: Floats, used: Mask, begin: int, end: int, together: int) -> tuple[float, int]:
    """Variance of the means of `together` neighbours, from second differences, and from how many."""
    squares, triples = 0.0, 0
    before, last = np.nan, np.nan
    for start in range(begin, end - together + 1, together):
        mean = 0.0
        for k in range(start, start + together):
            mean += residuals[k] / together if used[k] else np.nan
        bend = before - 2.0 * last + mean
        if bend == bend:
            squares += bend * bend
            triples += 1
        before, last = last, mean
    return squares / (6.0 * max(triples, 1)), triples
