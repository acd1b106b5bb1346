"""How far outlines lie off their drawing, but for single specks: a running median along each closed outline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled

Floats = NDArray[np.float64]
Index = NDArray[np.intp]


def worst_by_outline(values: Floats, first: Index, end: Index) -> tuple[Floats, Index]:
    """For each closed outline (m,) the largest median of five neighbours' magnitudes, and its place along the outline.

    The outline k has `values[first[k] : end[k]]`, NaN where nothing was found. Of five neighbours three must be known;
    an outline without such a place has NaN, at 0.
    """
    worst, place = np.full(len(first), np.nan), np.zeros(len(first), np.intp)
    _largest_medians(values, first, end, worst, place)
    return worst, place


@compiled
def _largest_medians(values: Floats, first: Index, end: Index, worst: Floats, place: Index) -> None:
    known = np.empty(5)
    for k in range(len(first)):
        worst[k], place[k] = _largest_median(values[first[k] : end[k]], known)


@compiled
def _largest_median(values: Floats, known: Floats) -> tuple[float, int]:
    """A median above the largest so far needs two values above it, and few places have them."""
    count, largest, place = len(values), -1.0, 0
    for i in range(min(2, count)):
        median = _median_of_five(values, i, known)
        if median > largest:
            largest, place = median, i
    before = last = -1  # the last two places that rose above the largest median of their time
    for i in range(count):
        if abs(values[i]) > largest:
            before, last = last, i
        if i >= 4 and before >= i - 4:
            median = _median_of_five(values, i - 2, known)
            if median > largest:
                largest, place = median, i - 2
    for i in range(max(count - 2, 2), count):
        median = _median_of_five(values, i, known)
        if median > largest:
            largest, place = median, i
    return (largest if largest >= 0.0 else np.nan), place


@compiled
def _median_of_five(values: Floats, middle: int, known: Floats) -> float:
    """Median of the magnitudes around a place of a closed outline that are known; NaN of less than three."""
    n = 0
    for step in range(-2, 3):
        value = abs(values[(middle + step) % len(values)])
        if np.isnan(value):
            continue
        j = n
        while j > 0 and known[j - 1] > value:
            known[j] = known[j - 1]
            j -= 1
        known[j] = value
        n += 1
    return 0.5 * (known[(n - 1) // 2] + known[n // 2]) if n >= 3 else np.nan
