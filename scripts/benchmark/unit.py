"""The unit of time: one single-threaded 5×5 Gaussian blur of the same 12 MP picture, timed beside what is measured."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

cv2.setNumThreads(1)

Pixels = NDArray[np.uint8]
_LINE_BYTES, _OFF_BYTES = 64, 16  # of a processor's cache; where most large arrays begin in it


def placed(pixels: Pixels) -> Pixels:
    """A copy of a picture at the place in memory where OpenCV blurs it fastest.

    A blur of rows that begin on 32 bytes takes up to twice as long, and where an array begins is chance: the station
    would look up to twice as fast.
    """
    room = np.empty(pixels.size + _LINE_BYTES, np.uint8)
    first = (_OFF_BYTES - room.ctypes.data) % _LINE_BYTES
    copy = room[first : first + pixels.size].reshape(pixels.shape)
    copy[:] = pixels
    return copy


def seconds(run: Callable[[], Any]) -> float:
    """Wall-clock time of one call."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def blur_seconds(pixels: Pixels, times: int = 3) -> float:
    """Median time of a blur of `pixels` (h, w) uint8 that is at hand, as is the memory it goes to.

    Memory that was just allocated costs two or three times as much to fill, which would make a blur look slow and the
    station fast: what it goes to is kept, and touched once before.
    """
    out = _kept(pixels.shape)
    cv2.GaussianBlur(pixels, (5, 5), 0, dst=out)
    return statistics.median(seconds(lambda: cv2.GaussianBlur(pixels, (5, 5), 0, dst=out)) for _ in range(times))


@cache
def _kept(shape: tuple[int, ...]) -> Pixels:
    return placed(np.zeros(shape, np.uint8))


def in_blurs(run: Callable[[], Any], pixels: Pixels, pairs: int, limit_s: float) -> float:
    """Median over pairs of (time of `run` / time of a blur), blurs before and after each run.

    The first run warms up and is not counted. A figure that takes longer than `limit_s` gets fewer pairs, at least two.
    """
    run()
    ratios: list[float] = []
    began, before = time.perf_counter(), blur_seconds(pixels)
    while len(ratios) < pairs and (len(ratios) < 2 or time.perf_counter() - began < limit_s):
        taken = seconds(run)
        after = blur_seconds(pixels)
        ratios.append(2.0 * taken / (before + after))
        before = after
    return statistics.median(ratios)
