"""What field and material look like beside an edge: the level of flat pixels on both sides of each probe.

Pixels within the blur of the edge or of the next one are left out; where no flat ones are left, the middle between two
edges tells the level less what both let in.
"""

from __future__ import annotations

from math import erfc

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.vision.lamp import brightness, is_even
from station.vision.probe import Floats, Run

LEAST_PIXELS = 0.1
_LEAST_ROOM = 1.5  # sigmas to either edge: what is narrower than twice that shows next to nothing of its own level
_FACING = 0.9  # cosine: of two edges that lean more to each other the middle is no plateau


@compiled
def _apart(curvature: float, away: float) -> float:
    """How far apart neighbours' normals still are `away` from the contour: inside a hole they share their pixels."""
    return min(max(1.0 + curvature * away, LEAST_PIXELS), 1.0)


@compiled
def upright(reach: Floats, spacing: float, k: int) -> float:
    """Cosine of the angle at which the next edge leans to that of probe k: from how the reach changes along the run.

    Where it jumps from one edge to another, one side alone tells.
    """
    change = np.inf
    if k > 0:
        change = abs(reach[k] - reach[k - 1])
    if k + 1 < len(reach):
        change = min(change, abs(reach[k + 1] - reach[k]))
    change /= spacing
    return 1.0 / np.sqrt(1.0 + change * change) if change < np.inf else 1.0


@compiled
def facing(free: float, reach: float) -> float:
    """Cosine of the angle between a probe's edge and the next: 1 where they face each other, 0 at right angles.

    At s from the corner of two edges at the angle α the free disc is 2 s tan(α/2) wide and the reach s tan(α), which
    leaves cos α = q/(2 − q) of their quotient q. An edge that the ray passes by makes q small, too.
    """
    return free / (2.0 * reach - free)


@compiled
def plateaus(
    means: NDArray[np.generic],
    block_px: int,
    run: Run,
    side: int,
    offset: Floats,
    blurred_px: float,
    longest_px: float,
    lamp: Floats,
    mean: Floats,
    count: Floats,
) -> None:
    """Mean level of a strip of flat pixels on one side (0 in, 1 out) of a run's edges at `offset`, and their number.

    Read off the block means (`block_px` each way) of a picture, every block whole; `longest_px` limits the strip.
    Pixels nearer than `blurred_px` to the edge or to the next one are left out. Levels are relative to `lamp`. Probes
    that have a count already are passed over.
    """
    height, width = means.shape
    outward, free = 2.0 * side - 1.0, run.free[side]
    clear = blurred_px + (0.0 if block_px == 1 else 0.71 * block_px)
    per_block = 1.0 / block_px
    even = is_even(lamp)
    for k in range(len(offset)):
        at = offset[k]
        if count[k] > 0.0 or at != at:
            continue
        # Within the free disc every pixel is that far from any edge, from those beside the strip as well.
        room = free[k] - outward * at - clear
        number = int(min(longest_px, room - clear) * per_block + 1.0) if room > clear else 0
        nx, ny = outward * run.normals[k, 0], outward * run.normals[k, 1]
        x = (run.points[k, 0] + 0.5 + (outward * at + clear) * nx) * per_block
        y = (run.points[k, 1] + 0.5 + (outward * at + clear) * ny) * per_block
        total = 0.0
        seen = 0
        for _ in range(number):
            if not (0.0 <= x < width and 0.0 <= y < height):
                break
            column, row = np.uint32(x), np.uint32(y)
            light = 1.0 if even else brightness(lamp, (column + 0.5) * block_px - 0.5, (row + 0.5) * block_px - 0.5)
            total += means[row, column] / light
            seen += 1
            x += nx
            y += ny
        # Only every fourth probe has an offset yet: a block stands for the pixels of four.
        count[k] = seen * block_px * block_px * _apart(run.curvature[k] * outward, clear + 0.5 * seen * block_px)
        mean[k] = total / max(seen, 1)


@compiled
def between(
    pixels: NDArray[np.generic],
    run: Run,
    side: int,
    offset: Floats,
    sigma: float,
    other: float,
    lamp: Floats,
    mean: Floats,
    count: Floats,
) -> None:
    """Where there is no flat pixel between two edges: the level of the one in their middle, less what both let in.

    `other` is the level beyond the edges. Of the pixel nearest the middle the share s of it is Φ(−d/σ) + Φ(−(a − d)/σ),
    d and a − d its distances from both.
    """
    height, width = pixels.shape
    outward, reach, free = 2.0 * side - 1.0, run.reach[side], run.free[side]
    for k in range(len(offset)):
        at = offset[k]
        room = free[k] - outward * at
        if count[k] > 0.0 or at != at or room < 2.0 * _LEAST_ROOM * sigma or room > 12.0 * sigma:
            continue
        straight_on = facing(room, reach[k] - outward * at)
        if straight_on < _FACING:
            continue
        nx, ny = outward * run.normals[k, 0], outward * run.normals[k, 1]
        x, y = run.points[k, 0] + (outward * at) * nx, run.points[k, 1] + (outward * at) * ny
        column, row = np.floor(x + 0.5 * room * nx + 0.5), np.floor(y + 0.5 * room * ny + 0.5)
        if not (0.0 <= column < width and 0.0 <= row < height):
            continue
        away = (column - x) * nx + (row - y) * ny
        beyond = 0.5 * room + (0.5 * room - away) * straight_on
        spill = 0.5 * (erfc(away / (sigma * 2.0**0.5)) + erfc(beyond / (sigma * 2.0**0.5)))
        if spill < 0.5:
            mean[k] = (pixels[np.uint32(row), np.uint32(column)] - other * spill) / (1.0 - spill)
            mean[k] /= brightness(lamp, column, row)
            count[k] = _apart(run.curvature[k] * outward, 0.5 * room)
