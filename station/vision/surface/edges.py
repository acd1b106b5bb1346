"""Burrs and nicks on an outline: short stretches that stand off from the outline's own smooth course.

The comparison of the whole silhouette finds what is beyond every tolerance of the drawing. A burr far smaller than a
profile's tolerance is still a burr: it is told from form by being short. The course is the running median of the edge's
deviations, taken twice so that it follows curves; a stretch shorter than half its window does not move it (Tukey 1977).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float64]

WINDOW_PX = 120.0  # of the running median: longer stretches than half of it are form
SIGMAS = 5.0  # of the edge's own scatter
LEAST_PX = 0.5  # nothing lower stands out of an edge's roughness in one picture
BRIDGED = 2  # probes between two stretches that are one


class EdgeDefectKind(StrEnum):
    """What stands off."""

    BURR = "burr"
    MISSING_MATERIAL = "missing material"
    LOST_EDGE = "edge not found"


@dataclass(frozen=True, slots=True)
class EdgeDefect:
    """Probes `first` to `last` (both in it; on a closed outline `last` may be smaller), how far they stand off at most
    (0 for a lost edge), and how long the stretch is; all in pixels."""

    kind: EdgeDefectKind
    first: int
    last: int
    height_px: float
    length_px: float


def find_edge_defects(
    outward_px: Floats,
    step_px: float,
    *,
    closed: bool,
    window_px: float = WINDOW_PX,
    least_px: float = LEAST_PX,
) -> tuple[EdgeDefect, ...]:
    """Burrs, missing material and lost stretches along one outline, the highest first.

    `outward_px` (n,) is how far the edge lies outside of the drawing at probes `step_px` apart, NaN where none was
    found. An outline of which less than half was found gives one lost stretch.

    Raises:
        ValueError: the step or the window is not positive.
    """
    if not (step_px > 0.0 and window_px > 0.0):
        raise ValueError("step and window must be positive")
    count = len(outward_px)
    seen = np.isfinite(outward_px)
    if count == 0:
        return ()
    if np.count_nonzero(seen) < max(count / 2.0, 3.0):
        return (EdgeDefect(EdgeDefectKind.LOST_EDGE, 0, count - 1, 0.0, count * step_px),)
    places = np.arange(count)
    filled = np.interp(places, places[seen], outward_px[seen], period=count if closed else None)
    width = min(2 * int(window_px / step_px / 2.0) + 1, count)
    off = filled
    for _ in range(2):
        off = off - ndimage.median_filter(off, width, mode="wrap" if closed else "reflect")
    scatter = 1.4826 * float(np.median(np.abs(off[seen])))
    limit = max(SIGMAS * scatter, least_px)
    found = [
        EdgeDefect(kind, first, last, float(np.max(sign * off[_along(first, last, count)])), length * step_px)
        for kind, sign in ((EdgeDefectKind.BURR, 1.0), (EdgeDefectKind.MISSING_MATERIAL, -1.0))
        for first, last, length in _stretches(seen & (sign * off > limit), closed)
    ]
    found.sort(key=lambda d: (-d.height_px, d.first))
    lost = [
        EdgeDefect(EdgeDefectKind.LOST_EDGE, first, last, 0.0, length * step_px)
        for first, last, length in _stretches(~seen, closed)
        if length > BRIDGED
    ]
    return (*found, *lost)


def _stretches(standing: NDArray[np.bool_], closed: bool) -> list[tuple[int, int, int]]:
    """First and last probe and the number of probes of every stretch, small gaps bridged."""
    at = np.flatnonzero(standing)
    if len(at) == 0:
        return []
    breaks = np.flatnonzero(np.diff(at) > BRIDGED + 1)
    firsts, lasts = at[[0, *(breaks + 1)]].tolist(), at[[*breaks, len(at) - 1]].tolist()
    count = len(standing)
    if closed and len(firsts) > 1 and firsts[0] + count - lasts[-1] <= BRIDGED + 1:
        firsts[0] = firsts.pop()
        lasts.pop()
    return [(a, b, (b - a) % count + 1) for a, b in zip(firsts, lasts, strict=True)]


def _along(first: int, last: int, count: int) -> NDArray[np.intp]:
    return (first + np.arange((last - first) % count + 1)) % count
