"""Regions of a picture as sorted runs of pixels: a few hundred thousand numbers where a mask would have 12 million.

A run is the interval [start, end) of positions row · stride + column. The stride is one more than the width, so that
no run touches the next row's, and what is cut out of two regions is a walk along two sorted lists. Components are
joined run by run with a union-find: He, Ren, Gao, Zhao, Yao, Chao, "The connected-component labeling problem: a review
of state-of-the-art algorithms", Pattern Recognition 70 (2017) 25-43.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled

Integers = NDArray[np.int32]
_ONE, _HIGHEST_BYTE = np.uint64(1), np.uint64(56)
_LOWEST_BITS = np.uint64(0x0101010101010101)  # of the bytes of a word


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


@dataclass(frozen=True, slots=True)
class Components:
    """Connected runs: `of` (n,) is each run's component; `area_px` (m,) and `box` (m, 4) left, top, right, bottom,
    right and bottom inclusive, of each component. They are numbered as their first runs come."""

    of: Integers
    area_px: Integers
    box: Integers

    def touching(self, width: int, height: int) -> NDArray[np.bool_]:
        """(m,) whether a component touches the border."""
        left, top, right, bottom = self.box.T
        return np.asarray((left == 0) | (top == 0) | (right == width - 1) | (bottom == height - 1))

    @property
    def middles(self) -> NDArray[np.float64]:
        """(m, 2) middles (x, y) of the boxes."""
        return np.asarray((self.box[:, :2] + self.box[:, 2:]) / 2.0)


def encode(pixels: NDArray[np.generic], box: tuple[int, int, int, int], level: float, *, above: bool) -> Runs:
    """Runs of the pixels above `level` or of all others, of `pixels` (h, w) of 8 or 16 bits or float32, within `box`
    (left, top, right, bottom; the last two exclusive)."""
    left, top, right, bottom = box
    whole = np.ascontiguousarray(pixels)
    start, end = _encode(whole, left, top, right, bottom, _least_above(whole, level), above)
    return Runs(start, end, right - left + 1)


def encode_within(
    pixels: NDArray[np.generic], corner: tuple[int, int], level: float, region: Runs
) -> tuple[Runs, Integers]:
    """Runs of the pixels above `level` in a region of the view whose first pixel is `corner` (left, top), and for each
    the number of the region's run it lies in. Where there is none, that costs a glance."""
    whole = np.ascontiguousarray(pixels)
    limit = _least_above(whole, level)
    start, end, of = _encode_within(whole, corner[0], corner[1], limit, region.start, region.end, region.stride)
    return Runs(start, end, region.stride), of


def _least_above(pixels: NDArray[np.generic], level: float) -> Any:
    """The least value above a level, in the type of the pixels: what is not below it is above the level."""
    if np.issubdtype(pixels.dtype, np.integer):
        most = np.iinfo(pixels.dtype).max  # type: ignore[type-var]
        return pixels.dtype.type(min(max(float(np.floor(level)) + 1.0, 0.0), most))
    return np.nextafter(np.float32(level), np.float32(np.inf))


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


def components(runs: Runs, corners: bool) -> Components:
    """Connected components; with `corners` diagonal neighbours are connected too (8- instead of 4-connectivity)."""
    label, count = _label(runs.start, runs.end, runs.stride, int(corners))
    area, box = _measure(runs.start, runs.end, runs.stride, label, count)
    return Components(label, area, box)


@compiled
def _encode(
    pixels: NDArray[Any], left: int, top: int, right: int, bottom: int, limit: Any, above: bool
) -> tuple[Integers, Integers]:
    """Each row becomes a row of flags that stays in the cache, and eight pixels without a change are passed over at
    once: no branch hangs on a pixel but where a run begins or ends."""
    width = right - left
    stride = width + 1
    words = width // 8 + 1
    inside = np.zeros(8 * words + 1, np.bool_)  # one beyond the row on both sides, where nothing is
    changed = np.zeros(8 * words, np.uint8)
    eight = changed.view(np.uint64)
    ends = np.empty(8 * (bottom - top) + 2 * stride, np.int32)
    n = 0
    for y in range(top, bottom):
        row = pixels[y, left:right]
        for x in range(width):
            inside[x + 1] = (row[x] >= limit) == above
        for x in range(stride):
            changed[x] = inside[x + 1] != inside[x]
        if n + stride > len(ends):
            ends = _grown(ends, 2 * len(ends) + stride)
        base = (y - top) * stride
        for k in range(words):
            flags = eight[k]
            while flags != 0:
                first = flags & (~flags + _ONE)
                # The bytes below the lowest flag, counted by adding them up in the highest byte.
                ends[n] = base + 8 * k + np.int64((((first - _ONE) & _LOWEST_BITS) * _LOWEST_BITS) >> _HIGHEST_BYTE)
                n += 1
                flags ^= first
    return ends[:n:2].copy(), ends[1:n:2].copy()


@compiled
def _encode_within(
    pixels: NDArray[Any], left: int, top: int, limit: Any, start: Integers, end: Integers, stride: int
) -> tuple[Integers, Integers, Integers]:
    size = 64
    found = np.empty((3, size), np.int32)
    n = row = base = 0
    for i in range(len(start)):
        while start[i] >= base + stride:
            row, base = row + 1, base + stride
        here = pixels[top + row, left + start[i] - base : left + end[i] - base]
        some = inside = False
        for x in range(len(here)):
            some |= here[x] >= limit
        if not some:
            continue
        for x in range(len(here) + 1):
            if inside == (x < len(here) and here[x] >= limit):
                continue
            inside = not inside
            if inside:
                if n == size:
                    size *= 2
                    grown = np.empty((3, size), np.int32)
                    grown[:, :n] = found
                    found = grown
                found[0, n], found[2, n] = start[i] + x, i
            else:
                found[1, n] = start[i] + x
                n += 1
    return found[0, :n].copy(), found[1, :n].copy(), found[2, :n].copy()


@compiled
def _grown(values: Integers, size: int) -> Integers:
    grown = np.empty(size, values.dtype)
    grown[: len(values)] = values
    return grown


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
def _label(start: Integers, end: Integers, stride: int, corners: int) -> tuple[Integers, int]:
    """Each run joins the runs of the row above that it touches; roots are always the earlier runs."""
    parent = np.arange(len(start)).astype(np.int32)
    j = 0
    for i in range(len(start)):
        low, high = start[i] - stride - corners, end[i] - stride + corners
        while end[j] <= low:
            j += 1
        k = j
        while k < i and start[k] < high:
            a, b = _root(parent, i), _root(parent, k)
            parent[max(a, b)] = min(a, b)
            k += 1
    count = 0
    for i in range(len(start)):
        if parent[i] == i:
            parent[i] = count
            count += 1
        else:
            parent[i] = parent[parent[i]]
    return parent, count


@compiled
def _root(parent: Integers, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@compiled
def _measure(start: Integers, end: Integers, stride: int, label: Integers, count: int) -> tuple[Integers, Integers]:
    area = np.zeros(count, np.int32)
    box = np.empty((count, 4), np.int32)
    box[:, :2] = np.iinfo(np.int32).max
    box[:, 2:] = -1
    row = base = 0
    for i in range(len(start)):
        while start[i] >= base + stride:
            row, base = row + 1, base + stride
        k = label[i]
        area[k] += end[i] - start[i]
        box[k, 0] = min(box[k, 0], start[i] - base)
        box[k, 1] = min(box[k, 1], row)
        box[k, 2] = max(box[k, 2], end[i] - 1 - base)
        box[k, 3] = max(box[k, 3], row)
    return area, box
