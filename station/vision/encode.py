"""From pixels to runs: which of them lie above a level, eight at a time where nothing changes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.vision.runs import FEW, Integers, Runs, room_for_more

_ONE, _HIGHEST_BYTE = np.uint64(1), np.uint64(56)
_LOWEST_BITS = np.uint64(0x0101010101010101)  # of the bytes of a word


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
        most = np.iinfo(pixels.dtype).max  # type: ignore[type-var]  # an integer type: asked above
        return pixels.dtype.type(min(max(float(np.floor(level)) + 1.0, 0.0), most))
    return np.nextafter(np.float32(level), np.float32(np.inf))


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
    found = np.empty((3, FEW), np.int32)
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
                if n == found.shape[1]:
                    found = room_for_more(found)
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
