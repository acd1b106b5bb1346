"""Regions of a picture as sorted runs of pixels: a few hundred thousand numbers where a mask would have 12 million.

A run is the interval [start, end) of positions row · stride + column. The stride is one more than the width, so that
no run touches the next row's, and what is cut out of two regions is a walk along two sorted lists.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled

Integers = NDArray[np.int32]
FEW = 64  # columns that a search for runs begins with


@dataclass(frozen=True, slots=True)
class Runs:
    """Sorted `start` and `end` (n,) positions; none empty, none across the end of a row."""

    start: Integers
    end: Integers
    stride: int

    def __len__(self) -> int:
        return len(self.start)

    @property
    def length(self) -> Integers:
        """(n,) pixels."""
        return np.asarray(self.end - self.start)

    def only(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Runs:
        """The chosen ones."""
        if which.dtype == np.bool_ and which.all():
            return self
        return Runs(self.start[which], self.end[which], self.stride)


def whole_rows(stride: int, height: int) -> Runs:
    """All pixels."""
    start = np.arange(height, dtype=np.int32) * np.int32(stride)
    return Runs(start, np.asarray(start + np.int32(stride - 1)), stride)


def common(a: Runs, b: Runs) -> tuple[Runs, Integers, Integers]:
    """What both cover, and for each piece the numbers of the run of `a` and of the run of `b` it comes from."""
    start, end, of_a, of_b = _common(a.start, a.end, b.start, b.end)
    return Runs(start, end, a.stride), of_a, of_b


def shared(a: Runs, group: Integers, groups: int, b: Runs) -> NDArray[np.int64]:
    """How many pixels of each group of the runs of `a` (`group` (n,) their numbers) `b` covers, too."""
    return np.asarray(_shared(a.start, a.end, group, groups, b.start, b.end))


def without(a: Runs, b: Runs) -> Runs:
    """What `a` covers and `b` does not."""
    start, end = _without(a.start, a.end, b.start, b.end)
    return Runs(start, end, a.stride)


def united(a: Runs, b: Runs, within: Runs) -> Runs:
    """What either covers, of `within`."""
    return without(within, without(without(within, a), b))


@compiled
def _common(
    a_start: Integers, a_end: Integers, b_start: Integers, b_end: Integers
) -> tuple[Integers, Integers, Integers, Integers]:
    most = len(a_start) + len(b_start)
    start, end = np.empty(most, np.int32), np.empty(most, np.int32)
    of_a, of_b = np.empty(most, np.int32), np.empty(most, np.int32)
    n = i = j = 0
    while i < len(a_start) and j < len(b_start):
        low, high = max(a_start[i], b_start[j]), min(a_end[i], b_end[j])
        if low < high:
            start[n], end[n], of_a[n], of_b[n] = low, high, i, j
            n += 1
        if a_end[i] < b_end[j]:
            i += 1
        else:
            j += 1
    return start[:n].copy(), end[:n].copy(), of_a[:n].copy(), of_b[:n].copy()


@compiled
def _shared(
    a_start: Integers, a_end: Integers, group: Integers, groups: int, b_start: Integers, b_end: Integers
) -> NDArray[np.int64]:
    found = np.zeros(groups, np.int64)
    i = j = 0
    while i < len(a_start) and j < len(b_start):
        found[group[i]] += max(min(a_end[i], b_end[j]) - max(a_start[i], b_start[j]), 0)
        if a_end[i] < b_end[j]:
            i += 1
        else:
            j += 1
    return found


@compiled
def _without(a_start: Integers, a_end: Integers, b_start: Integers, b_end: Integers) -> tuple[Integers, Integers]:
    most = len(a_start) + len(b_start)
    start, end = np.empty(most, np.int32), np.empty(most, np.int32)
    n = j = 0
    for i in range(len(a_start)):
        low = a_start[i]
        while j < len(b_start) and b_end[j] <= low:
            j += 1
        k = j
        while k < len(b_start) and b_start[k] < a_end[i]:
            if b_start[k] > low:
                start[n], end[n] = low, b_start[k]
                n += 1
            low = b_end[k]
            k += 1
        if low < a_end[i]:
            start[n], end[n] = low, a_end[i]
            n += 1
        j = max(j, k - 1)
    return start[:n].copy(), end[:n].copy()


@compiled
def room_for_more(found: Integers) -> Integers:
    """What a search has `found` (3, n), with as much room again."""
    count = found.shape[1]
    more = np.empty((3, 2 * count), np.int32)
    more[:, :count] = found
    return more
