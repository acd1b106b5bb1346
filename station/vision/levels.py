"""What field and material look like beside an edge: the level of flat pixels on both sides of each probe.

A strip beside the edge is read, as wide as the probes that are read are apart, so that every pixel is read about once.
Where there is room it is read off whole blocks, beyond the blur of the edge and of the next one. Where there is
little (a small disc, a narrow bar) it is read off single pixels from nearer on, less what both edges let in.
"""

from __future__ import annotations

from math import erfc

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.vision.lamp import brightness, is_even
from station.vision.probe import Floats, Run
from station.vision.seek import PROBIT, Steps, cross_at, every

LEAST_PIXELS = 0.1
_LEAST_BLOCKS = 3  # in a row: fewer of them miss too many of the flat pixels
# Sigmas from either edge that pixels are read from, less the spill. There it is 0.3 %: a blur assumed wrong by a tenth
# moves the diameter of a disc of 12 px by half its scatter, at 2.5 sigmas by all of it for no better level.
_NEAR = 2.75
_LEAST_ROOM = 1.5  # sigmas to either edge: what is narrower than twice that shows next to nothing of its own level
_FACING = 0.9  # cosine: of edges that lean more to each other a strip's two sides are not alike, its middle no plateau
_FLAT = 5.0  # sigmas from an edge: nothing spills there


@compiled
def _beyond(run: Run, bent: float) -> float:
    """How far (px) inside a closed run that bends by `bent` per pixel its strips may reach: they meet in its centre."""
    return -1.0 / bent if run.closed and bent < 0.0 else np.inf


@compiled
def _across(wide: float, whole: bool) -> tuple[int, float, float]:
    """How many blocks to read side by side in a strip that many blocks `wide`, how far apart, how much of each counts.

    Only the middle one, if it shall not be read `whole`.
    """
    if not whole or wide < 1.5:
        return 1, 0.0, min(max(wide, LEAST_PIXELS), 1.0)
    columns = int(wide + 0.5)
    return columns, wide / columns, min(wide / columns, 1.0)


@compiled
def facing(free: float, reach: float) -> float:
    """Cosine of the angle between a probe's edge and the next: 1 where they face each other, 0 at right angles.

    At s from the corner of two edges at the angle α the free disc is 2 s tan(α/2) wide and the reach s tan(α), which
    leaves cos α = q/(2 − q) of their quotient q. An edge that the ray passes by makes q small, too.
    """
    return free / (2.0 * reach - free)


@compiled
def plateaus(
    sums: NDArray[np.generic],
    block_px: int,
    run: Run,
    side: int,
    offset: Floats,
    blurred_px: float,
    longest_px: float,
    thorough: bool,
    lamp: Floats,
    mean: Floats,
    count: Floats,
) -> None:
    """Mean level of a strip of flat pixels on one side (0 in, 1 out) of a run's edges at `offset`, and their number.

    Read off sums over the blocks (`block_px` each way) of a picture, every block whole. Pixels nearer than `blurred_px`
    to the edge or to the next one are left out; `longest_px` limits the strip. Levels are relative to `lamp`. A
    `thorough` look leaves to single pixels what is shorter than three blocks.
    """
    height, width = sums.shape
    outward, reach, free = 2.0 * side - 1.0, run.reach[side], run.free[side]
    clear = blurred_px + 0.71 * block_px
    per_block = 1.0 / block_px
    even = is_even(lamp)
    apart_px = every(len(offset)) * run.spacing
    for k in range(len(offset)):
        at = offset[k]
        if at != at:
            continue
        # Within the free disc every pixel is that far from any edge, from those beside the strip as well.
        bent, room = run.curvature[k] * outward, free[k] - outward * at
        far = min(room - clear, _beyond(run, bent))
        if far - clear < (_LEAST_BLOCKS * block_px if thorough else 0.0):
            continue
        whole = facing(room, reach[k] - outward * at) > _FACING
        nx, ny = outward * run.normals[k, 0], outward * run.normals[k, 1]
        x = (run.points[k, 0] + 0.5 + outward * at * nx) * per_block
        y = (run.points[k, 1] + 0.5 + outward * at * ny) * per_block
        steps = int(min(longest_px, far - clear) * per_block + 1.0)
        begin, wide, wider = clear * per_block, apart_px * per_block, apart_px * bent
        # Only where a strip could leave the picture is every block checked.
        margin = begin + steps + max(wide, wide + wider * (begin + steps))
        inside = margin <= x < width - margin and margin <= y < height - margin
        total = seen = 0.0
        for step in range(steps):
            away = begin + step
            columns, apart, share = _across(wide + wider * away, whole)
            for i in range(columns):
                e = (i - 0.5 * (columns - 1)) * apart
                bx, by = x + away * nx - e * ny, y + away * ny + e * nx
                if not inside and not (0.0 <= bx < width and 0.0 <= by < height):
                    continue
                column, row = np.uint32(bx), np.uint32(by)
                light = 1.0 if even else brightness(lamp, (column + 0.5) * block_px - 0.5, (row + 0.5) * block_px - 0.5)
                total += share * sums[row, column] / light
                seen += share
        count[k] = seen * block_px * block_px
        mean[k] = total / max(count[k], 1e-12)


@compiled
def between(
    pixels: NDArray[np.generic],
    run: Run,
    side: int,
    offset: Floats,
    distance_px: float,
    steps: Steps,
    sigma: float,
    longest_px: float,
    thorough: bool,
    other: float,
    lamp: Floats,
    mean: Floats,
    count: Floats,
) -> None:
    """The same off single pixels, less what spills into them, for probes that have no count yet.

    Of a pixel the share s is of the level `other` beyond the edges: s = Φ(−d/σ) + Φ(−(a − d)/σ), d and a − d its
    distances from both. Where less than 2.75 σ is left between them, the middle one is read. A pixel 2.75 σ from an
    edge changes by 2 % of the step per σ, so a `thorough` look places the edge first (`steps`, `distance_px` as
    in `cross_at`): at its blurred place, of which the spill is Φ to first order of the curvature.
    """
    height, width = pixels.shape
    outward, reach, free = 2.0 * side - 1.0, run.reach[side], run.free[side]
    clear = _NEAR * sigma + 0.5
    even = is_even(lamp)
    per_sigma = 1.0 / (sigma * 2.0**0.5)
    apart_px = every(len(offset)) * run.spacing
    for k in range(len(offset)):
        at = offset[k]
        if count[k] > 0.0 or at != at:
            continue
        if thorough:
            at = cross_at(pixels, run, k, distance_px, steps, PROBIT)
        room = free[k] - outward * at
        if at != at or room < 2.0 * _LEAST_ROOM * sigma:
            continue
        straight_on = facing(room, reach[k] - outward * at)
        if straight_on < _FACING and room < 2.0 * clear:
            continue
        bent = run.curvature[k] * outward
        near = min(clear, 0.5 * room)
        far = max(min(room - clear, _beyond(run, bent)), near)
        nx, ny = outward * run.normals[k, 0], outward * run.normals[k, 1]
        x, y = run.points[k, 0] + (outward * at) * nx, run.points[k, 1] + (outward * at) * ny
        total = seen = 0.0
        for step in range(int(min(longest_px, far - near) + 1.0)):
            away = near + step
            columns, apart, share = _across(apart_px * (1.0 + bent * away), thorough and straight_on > _FACING)
            flat = min(away, room - away) > _FLAT * sigma
            for i in range(columns):
                e = (i - 0.5 * (columns - 1)) * apart
                px, py = x + away * nx - e * ny + 0.5, y + away * ny + e * nx + 0.5
                if not (0.0 <= px < width and 0.0 <= py < height):
                    continue
                column, row = np.floor(px), np.floor(py)
                spill = 0.0
                if not flat:
                    here = (column - x) * nx + (row - y) * ny
                    spill = 0.5 * (
                        erfc(here * per_sigma) + erfc((0.5 * room + (0.5 * room - here) * straight_on) * per_sigma)
                    )
                    if spill >= 0.5:
                        continue
                light = 1.0 if even else brightness(lamp, column, row)
                total += share * (pixels[np.uint32(row), np.uint32(column)] - other * spill) / ((1.0 - spill) * light)
                seen += share
        if seen > 0.0:
            mean[k], count[k] = total / seen, seen
