"""How far outlines lie off their drawing, but for single specks: a running median along each closed outline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled

Floats = NDArray[np.float64]


def worst_by_outline(values: Sequence[Floats]) -> tuple[Floats, NDArray[np.int64]]:
    """For each closed outline the largest median of five neighbours' magnitudes, and its place along the outline.

    `values` are those of each outline, NaN where nothing was found. Of five neighbours three must be known; an outline
    without such a place has NaN, at 0.
    """
    first = np.concatenate([[0], np.cumsum([len(v) for v in values])]).astype(np.int64)
    together = np.abs(np.concatenate([np.zeros(0), *values]))
    worst, place = np.full(len(values), np.nan), np.zeros(len(values), np.int64)
    _largest_medians(together, first, worst, place)
    return worst, place


@compiled
def _largest_medians(values: Floats, first: NDArray[np.int64], worst: Floats, place: NDArray[np.int64]) -> None:
    known = np.empty(5)
    for k in range(len(worst)):
        count = first[k + 1] - first[k]
        for i in range(count):
            n = 0
            for step in range(-2, 3):
                value = values[first[k] + (i + step) % count]
                if np.isnan(value):
                    continue
                j = n
                while j > 0 and known[j - 1] > value:
                    known[j] = known[j - 1]
                    j -= 1
                known[j] = value
                n += 1
            if n < 3:
                continue
            median = 0.5 * (known[(n - 1) // 2] + known[n // 2])
            if not median <= worst[k]:
                worst[k], place[k] = median, i
