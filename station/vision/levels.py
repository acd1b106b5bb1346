"""What field and material look like beside an edge: levels shared by neighbours along the contour.

A profile of its own knows its levels badly, and a level wrong by a hundredth moves an edge by a hundredth of its
spread. So the flat parts on both sides are averaged over stretches of a run: the middle half of the probes' means in
blocks of 16 (dust drops out). Blocks that agree share the run's level, and runs that agree the picture's. Light that
changes slowly along the contour is followed.
"""

from __future__ import annotations

from math import erfc

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.vision.lamp import brightness, is_even
from station.vision.probe import Floats, Index, Mask, Run

BLOCK = 16
_LEAST_PIXELS = 0.1
_LEAST_ROOM = 1.5  # sigmas to either edge: what is narrower than twice that shows next to nothing of its own level
_MIDDLE_HALF = 1.19  # variance of the mean of the middle half, relative to that of the mean (normal noise)
_LEAST_BLOCKS = 6  # of a run, to tell an odd one from the others
_MOST_DIRT = 0.25  # share of a run's blocks that may be odd: if more are, the level itself varies
_LONGEST_DIRT = 4  # blocks: what is longer is no speck but another light
_DIRT_SIGMAS = 5.0
_SIGNIFICANT = 3.0  # standard deviations of chi-squared above what noise explains


@compiled
def _apart(curvature: float, away: float) -> float:
    """How far apart neighbours' normals still are `away` from the contour: inside a hole they share their pixels."""
    return min(max(1.0 + curvature * away, _LEAST_PIXELS), 1.0)


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
    outward, reach = 2.0 * side - 1.0, run.reach[side]
    clear = blurred_px + (0.0 if block_px == 1 else 0.71 * block_px)
    per_block = 1.0 / block_px
    even = is_even(lamp)
    for k in range(len(offset)):
        at = offset[k]
        if count[k] > 0.0 or at != at:
            continue
        # Where the next edge leans, its blur reaches farther along the strip.
        room = reach[k] - outward * at - clear / upright(reach, run.spacing, k)
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
    outward, reach = 2.0 * side - 1.0, run.reach[side]
    for k in range(len(offset)):
        at = offset[k]
        room = reach[k] - outward * at
        if count[k] > 0.0 or at != at or room < 2.0 * _LEAST_ROOM * sigma or room > 12.0 * sigma:
            continue
        nx, ny = outward * run.normals[k, 0], outward * run.normals[k, 1]
        x, y = run.points[k, 0] + (outward * at) * nx, run.points[k, 1] + (outward * at) * ny
        column, row = np.floor(x + 0.5 * room * nx + 0.5), np.floor(y + 0.5 * room * ny + 0.5)
        if not (0.0 <= column < width and 0.0 <= row < height):
            continue
        away = (column - x) * nx + (row - y) * ny
        beyond = (room - away) * upright(reach, run.spacing, k)
        spill = 0.5 * (erfc(away / (sigma * 2.0**0.5)) + erfc(beyond / (sigma * 2.0**0.5)))
        if spill < 0.5:
            mean[k] = (pixels[np.uint32(row), np.uint32(column)] - other * spill) / (1.0 - spill)
            mean[k] /= brightness(lamp, column, row)
            count[k] = _apart(run.curvature[k] * outward, 0.5 * room)


@compiled
def blocks_of(probes: int) -> int:
    """How many blocks a run of so many probes has."""
    return max(1, probes // BLOCK)


@compiled
def in_blocks(
    mean: Floats, count: Floats, variance: float, least: float, value: Floats, weight: Floats, dirty: Mask
) -> None:
    """Into `value`, `weight` (b,) the mean of the middle half of each block of a run, and its inverse variance.

    `variance` is that of one pixel (levels²). Where a few blocks differ from all others by more than noise and `least`
    levels, something lies there: they weigh nothing, their probes are marked in `dirty` (n,).
    """
    sorted_means = np.empty(2 * BLOCK)
    probes, blocks = len(mean), len(value)
    for b in range(blocks):
        value[b] = weight[b] = 0.0
        n = 0
        pixels = 0.0
        for k in range(b * probes // blocks, (b + 1) * probes // blocks):
            if count[k] >= _LEAST_PIXELS:
                place = n
                while place > 0 and sorted_means[place - 1] > mean[k]:
                    sorted_means[place] = sorted_means[place - 1]
                    place -= 1
                sorted_means[place] = mean[k]
                pixels += count[k]
                n += 1
        if n > 0:
            cut = n // 4
            value[b] = sorted_means[cut : n - cut].mean()
            weight[b] = pixels / (variance * _MIDDLE_HALF)
    if blocks < _LEAST_BLOCKS or not weight.any():
        return
    limit = np.maximum(least, _DIRT_SIGMAS / np.sqrt(np.maximum(weight, 1e-12)))
    odd = (weight > 0.0) & (np.abs(value - np.median(value[weight > 0.0])) > limit)
    if odd.sum() > _MOST_DIRT * blocks:
        return
    begin = 0
    for b in range(blocks):
        end = b + 1
        if not odd[b]:
            begin = end
        elif (end == blocks or not odd[end]) and end - begin <= _LONGEST_DIRT:
            weight[begin:end] = 0.0
            dirty[begin * probes // blocks : end * probes // blocks] = True


@compiled
def pool(value: Floats, weight: Floats, starts: Index, known: Floats, sure: Floats) -> None:
    """Into `known`, `sure` (r,) what all other runs of the picture say of a run's level, and its inverse variance.

    Run i has the blocks `starts[i]` to `starts[i + 1]`. Runs that agree within their noise know what all of them know;
    else the variance between them is what they scatter more (DerSimonian & Laird, Controlled Clinical Trials 7, 1986).
    """
    runs = len(known)
    own, mean = np.zeros(runs), np.zeros(runs)
    for i in range(runs):
        here = weight[starts[i] : starts[i + 1]]
        own[i] = here.sum()
        mean[i] = (here * value[starts[i] : starts[i + 1]]).sum() / own[i] if own[i] > 0.0 else 0.0
    known[:] = sure[:] = 0.0
    total = own.sum()
    counted = (own > 0.0).sum()
    if counted < 2:
        return
    middle = (own * mean).sum() / total
    scatter = (own * (mean - middle) ** 2).sum()
    freedom = counted - 1.0
    between = 0.0
    if scatter > freedom + _SIGNIFICANT * np.sqrt(2.0 * freedom):
        between = (scatter - freedom) / (total - (own * own).sum() / total)
    share = np.zeros(runs)
    for i in range(runs):
        share[i] = 1.0 / (1.0 / own[i] + between) if own[i] > 0.0 else 0.0
    total = share.sum()
    for i in range(runs):
        others = total - share[i]
        if others > 0.0:
            known[i] = ((share * mean).sum() - share[i] * mean[i]) / others
            sure[i] = 1.0 / (between + 1.0 / others)


@compiled
def shared(
    run: Run,
    value: Floats,
    weight: Floats,
    known: float,
    sure: float,
    fallback: float,
    lamp: Floats,
    level: Floats,
) -> float:
    """Into `level` (n,) that of the neighbourhood of each probe, `fallback` where nothing is known; its variance.

    `value`, `weight` are the run's blocks, `known` and `sure` what the other runs say.
    """
    precision = along_run(value, weight, 1, known, sure, fallback, run.closed, level)
    if not is_even(lamp):
        for k in range(len(level)):
            level[k] *= brightness(lamp, run.points[k, 0], run.points[k, 1])
    return 1.0 / max(precision, 1e-12)


@compiled
def at_edges(run: Run, lamp: Floats, offset: Floats, level: Floats, fall: Floats) -> None:
    """Levels of the lit side, known for the probes' points, brought to the edges found at `offset` (n,), in place.

    Into `fall` (n,) how the light changes there, per pixel along the normal and relative to itself.
    """
    for k in range(len(level)):
        fall[k] = 0.0
        if offset[k] == offset[k]:
            x, y, nx, ny = run.points[k, 0], run.points[k, 1], run.normals[k, 0], run.normals[k, 1]
            light = brightness(lamp, x + offset[k] * nx, y + offset[k] * ny)
            level[k] *= light / brightness(lamp, x, y)
            x, y = x + offset[k] * nx, y + offset[k] * ny
            fall[k] = 0.5 * (brightness(lamp, x + nx, y + ny) - brightness(lamp, x - nx, y - ny)) / light


@compiled
def along_run(
    value: Floats, weight: Floats, window: int, known: float, sure: float, rest: float, closed: bool, out: Floats
) -> float:
    """A quantity known in the blocks of one run, for its probes: into `out` (n,). Returns its inverse variance.

    `weight` is the inverse of each block's variance. If the blocks agree within their noise, all probes get the run's
    mean together with what is `known` elsewhere (inverse variance `sure`), for what is constant is known best from
    everything; else each block is averaged with `window` neighbours on both sides (itself twice) and interpolated.
    `rest` where nothing is known.
    """
    blocks = len(value)
    total = weight.sum()
    mean = (weight * value).sum() / total if total > 0.0 else rest
    scatter = (weight * (value - mean) ** 2).sum()
    freedom = (weight > 0.0).sum() - 1
    if freedom < 1 or scatter < freedom + _SIGNIFICANT * np.sqrt(2.0 * freedom):
        sum_of = total + sure
        out[:] = (total * mean + sure * known) / sum_of if sum_of > 0.0 else rest
        return float(sum_of)
    smooth = np.empty(blocks)
    for b in range(blocks):
        above, below = weight[b] * value[b], weight[b]
        for step in range(-window, window + 1):
            other = b + step
            if closed:
                other %= blocks
            if 0 <= other < blocks:
                above += weight[other] * value[other]
                below += weight[other]
        smooth[b] = above / below if below > 0.0 else mean
    length = len(out) / blocks
    for k in range(len(out)):
        place = (k + 0.5) / length - 0.5
        b = int(np.floor(place))
        f = place - b
        if closed:
            left, right = b % blocks, (b + 1) % blocks
        else:
            left, right = max(b, 0), min(b + 1, blocks - 1)
        out[k] = smooth[left] * (1.0 - f) + smooth[right] * f
    return float(total)
