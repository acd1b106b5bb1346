"""What may lie deep in a shape: its pixels that have others of it far to their left and right, up and down."""

from __future__ import annotations

import numpy as np

from station.compiled import compiled
from station.vision.runs import FEW, Integers, Runs, room_for_more


def surrounded(runs: Runs, of: Integers, shape: Runs, far_px: int, height: int) -> tuple[Runs, Integers]:
    """The pixels of `runs` with pixels of `shape` `far_px` to their left, right, up and down, and the number of the run
    that each piece comes from.

    `of` (n,) is the run of `shape` (the drawing's material, or all that is not) that holds each run. No other pixel can
    lie deeper in it than `far_px` + 1.
    """
    start, end, number = _surrounded(
        runs.start, runs.end, of, shape.start, shape.end, runs.stride, height, max(far_px, 0)
    )
    return Runs(start, end, runs.stride), number


def inner(shape: Runs, far_px: int) -> tuple[Runs, Integers]:
    """The pixels of `shape` that have others of it `far_px` to their left and right, and their runs' numbers.

    Nothing is known of what lies beyond the view: its border is no outline.
    """
    far, row = np.int32(max(far_px, 0)), shape.start // np.int32(shape.stride) * np.int32(shape.stride)
    start = np.where(shape.start > row, shape.start + far, shape.start)
    end = np.where(shape.end < row + np.int32(shape.stride - 1), shape.end - far, shape.end)
    number = np.flatnonzero(start < end).astype(np.int32)
    return Runs(start[number], end[number], shape.stride), number


@compiled
def _surrounded(
    start: Integers,
    end: Integers,
    of: Integers,
    shape_start: Integers,
    shape_end: Integers,
    stride: int,
    height: int,
    far: int,
) -> tuple[Integers, Integers, Integers]:
    """Nothing is known of what lies beyond the view: its border is no outline."""
    found = np.empty((3, FEW), np.int32)
    n = row = base = up = down = 0
    for i in range(len(start)):
        while start[i] >= base + stride:
            row, base = row + 1, base + stride
        at, last = start[i], end[i]
        if shape_start[of[i]] > base:
            at = max(at, shape_start[of[i]] + far)
        if shape_end[of[i]] < base + stride - 1:
            last = min(last, shape_end[of[i]] - far)
        while at < last:
            begin, until = at, last
            if row - far >= 0:
                begin, until, up = _across(at, begin, until, -far * stride, up, shape_start, shape_end)
            if row + far < height:
                begin, until, down = _across(at, begin, until, far * stride, down, shape_start, shape_end)
            if begin < until:
                if n == found.shape[1]:
                    found = room_for_more(found)
                found[0, n], found[1, n], found[2, n] = begin, until, i
                n += 1
                at = until
            else:
                at = begin
    return found[0, :n].copy(), found[1, :n].copy(), found[2, :n].copy()


@compiled
def _across(
    at: int, begin: int, until: int, shift: int, k: int, shape_start: Integers, shape_end: Integers
) -> tuple[int, int, int]:
    """What of [begin, until) has the first run of the shape that ends beyond `at` beside it, `shift` positions on; the
    run's number is not less than `k`, which it is for the next that is asked for."""
    while k < len(shape_end) and shape_end[k] <= at + shift:
        k += 1
    if k == len(shape_end):
        return until, until, k
    return max(begin, shape_start[k] - shift), min(until, shape_end[k] - shift), k
