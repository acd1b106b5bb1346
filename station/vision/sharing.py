"""Levels that neighbours share along a run, block by block; and what is odd among them.

A profile of its own knows its levels badly, and a level wrong by a hundredth moves an edge by a hundredth of its
spread. So the flat parts on both sides are averaged over stretches of a run: the middle half of the probes' means in
blocks of 16, in long runs of 32 (dust drops out). Blocks that agree share the run's level, and what the other runs of
the picture say of it (`pooling.py`). Light that changes slowly along the contour is followed.
"""

from __future__ import annotations

import numpy as np

from station.compiled import compiled
from station.vision.lamp import brightness, is_even
from station.vision.levels import LEAST_PIXELS
from station.vision.probe import Floats, Mask, Run
from station.vision.seek import LONG_RUN, every

BLOCK = 16
_MIDDLE_HALF = 1.19  # variance of the mean of the middle half, relative to that of the mean (normal noise)
_LEAST_BLOCKS = 6  # of a run, to tell an odd one from the others
_MOST_DIRT = 0.25  # share of a run's blocks that may be odd: if more are, the level itself varies
_LONGEST_DIRT = 4  # blocks: what is longer is no speck but another light
_DIRT_SIGMAS = 5.0
SIGNIFICANT = 3.0  # standard deviations of chi-squared above what noise explains


@compiled
def blocks_of(probes: int) -> int:
    """How many blocks a run of so many probes has: each has the levels of four probes."""
    return max(1, probes // (4 * every(probes)))


@compiled
def in_blocks(
    mean: Floats, count: Floats, variance: float, least: float, value: Floats, weight: Floats, dirty: Mask
) -> None:
    """Into `value`, `weight` (b,) the mean of the middle half of each block of a run, and its inverse variance.

    `variance` is that of one pixel (levels²). Where a few blocks differ from all others by more than noise and `least`
    levels, something lies there: they weigh nothing, their probes are marked in `dirty` (n,).
    """
    probes, blocks = len(mean), len(value)
    sorted_means, sorted_counts = np.empty(probes // blocks + 1), np.empty(probes // blocks + 1)
    for b in range(blocks):
        value[b] = weight[b] = 0.0
        n = 0
        pixels = 0.0
        for k in range(b * probes // blocks, (b + 1) * probes // blocks):
            if count[k] >= LEAST_PIXELS:
                place = n
                while place > 0 and sorted_means[place - 1] > mean[k]:
                    sorted_means[place], sorted_counts[place] = sorted_means[place - 1], sorted_counts[place - 1]
                    place -= 1
                sorted_means[place], sorted_counts[place] = mean[k], count[k]
                pixels += count[k]
                n += 1
        if n > 0:
            value[b] = _middle(sorted_means[:n], sorted_counts[:n], n // 4 / n * pixels, pixels)
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
def _middle(values: Floats, counts: Floats, cut: float, total: float) -> float:
    """Mean of what is left of sorted values, each there so many times, of `total`, without `cut` of them at each end.

    One strip has a pixel where another has sixteen: as equals, the one pixel would bring all its noise.
    """
    above = reached = 0.0
    for value, times in zip(values, counts):  # noqa: B905 — the compiler knows no strict
        left = max(min(reached + times, total - cut) - max(reached, cut), 0.0)
        above += left * value
        reached += times
    return above / (total - 2.0 * cut)


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
    neighbours = 0 if len(level) >= LONG_RUN else 1  # a long run's blocks are as long as two
    precision = along_run(value, weight, neighbours, known, sure, fallback, run.closed, level)
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
    if freedom < 1 or scatter < freedom + SIGNIFICANT * np.sqrt(2.0 * freedom):
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
