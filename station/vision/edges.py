"""All edges of a picture in one go: look for them, learn the levels beside them, place them, learn the blur.

Two compiled passes, run by run, so that the pixels of a feature are still at hand when the next step wants them: first
the levels, which runs share with each other, then the places. The blur is estimated together with the places, so a
wrong assumption about it moves nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.vision.field import BLOCK_PX, Field
from station.vision.lamp import EVEN, is_even
from station.vision.lanes import SUMS
from station.vision.levels import between, plateaus
from station.vision.picture import Picture
from station.vision.pooling import pool
from station.vision.probe import Edges, Floats, Index, Mask, Outlines, Probes, Run, outlines_of, run_of
from station.vision.score import score, slopes
from station.vision.seek import (
    BILINEAR_VARIANCE,
    LONG_RUN,
    PROBIT,
    Steps,
    bracket_some,
    cross_all,
    cross_at,
    stride,
)
from station.vision.sharing import at_edges, blocks_of, in_blocks, shared
from station.vision.solve import FARTHEST, finish, misfit_limit, solve
from station.vision.step import step_model
from station.vision.strips import Expected

LEAST_SIGMA_PX = 0.45
MOST_SIGMA_PX = 8.0
LEAST_STEP, MOST_STEP = 0.35, 2.5  # of the picture's contrast
FLAT_PX = 26  # pixels read beside an edge, shared out by what both sides' noise does to the place
DIRT = 0.02  # of the contrast: blocks that differ more from the others are dirty
_ROUNDS = 4
_NEAR = 0.15  # σ: within this of the expected place one step is exact to a thousandth
_SAME_BLUR = 0.04
_WIDER = 1.1  # blur than assumed: levels were read too near the edges


class Light(NamedTuple):
    """What the first look knows, in pairs of material and field: levels, variances of a pixel (levels²), how the lamp
    falls off, how long the strips are that levels are read from (px)."""

    levels: tuple[float, float]
    variances: tuple[float, float]
    lamps: tuple[Floats, Floats]
    strips_px: tuple[float, float]


class Blocks(NamedTuple):
    """Levels of material and field in the blocks of all runs and their inverse variances, (2, b); run i has the blocks
    `starts[i]` to `starts[i + 1]`. `known`, `sure` (2, r): the same as the other runs tell."""

    value: Floats
    weight: Floats
    starts: Index
    known: Floats
    sure: Floats


class Model(NamedTuple):
    """`StepModel` as compiled loops read it; `pulls` are those of material and field."""

    weighed: tuple[float, float]
    noise: float
    pixel_noise: float
    pulls: tuple[float, float]


def find_edges(picture: Picture, field: Field, probes: Probes, sigma_px: float, distance_px: float) -> Edges:
    """The edge nearest each probe's point, not farther than `distance_px`, to the limit that the noise sets.

    `sigma_px` is the edge spread to begin with. Method: `step.py`.
    """
    step = step_model(*field.noise)
    costs = step.low_pull * field.part_noise**0.5, step.high_pull * field.field_noise**0.5
    light = Light(
        (field.part_level, field.field_level),
        field.noise,
        # Only what is lit follows the lamp.
        (EVEN, field.lamp) if field.dark_part else (field.lamp, EVEN),
        (FLAT_PX * costs[0] / sum(costs), FLAT_PX * costs[1] / sum(costs)),
    )
    model = Model(step.weighed, step.noise, step.pixel_noise, (step.low_pull, step.high_pull))
    count = len(probes)
    edges = Edges(
        offset_px=np.empty(count),
        u_px=np.empty(count),
        sigma_px=np.full(count, min(max(sigma_px, LEAST_SIGMA_PX), MOST_SIGMA_PX)),
        found=np.zeros(count, np.bool_),
        clear=np.zeros(count, np.bool_),
        unexplained=np.ones(len(probes.closed)),
    )
    outlines = outlines_of(probes)
    first = probes.runs[:-1][np.diff(probes.runs) > 0]
    assumed_px = edges.sigma_px[first]
    for _ in range(2):
        blocks = _read_levels(picture.grey, field.sums, outlines, light, distance_px, edges)
        _place(picture.grey, outlines, light, model, blocks, distance_px, edges)
        if not (edges.sigma_px[first] > _WIDER * assumed_px).any():
            break
    return edges


@compiled
def _longest(runs: Index) -> int:
    longest = 0
    for number in range(len(runs) - 1):
        longest = max(longest, runs[number + 1] - runs[number])
    return longest


@compiled
def _read_levels(
    pixels: NDArray[np.generic],
    sums: NDArray[np.generic],
    outlines: Outlines,
    light: Light,
    distance: float,
    edges: Edges,
) -> Blocks:
    """The levels beside all runs; into `edges` where some of them are, as `clear` where nothing odd lies beside."""
    runs, levels = outlines.runs, light.levels
    count = len(runs) - 1
    starts = np.zeros(count + 1, np.intp)
    for number in range(count):
        starts[number + 1] = starts[number] + blocks_of(runs[number + 1] - runs[number])
    value, weight, places = np.zeros((2, starts[-1])), np.zeros((2, starts[-1])), np.zeros((starts[-1], 2))
    # Of one run at a time, so that it stays in the processor's cache.
    longest = _longest(runs)
    step, rising = abs(levels[1] - levels[0]), levels[1] > levels[0]
    a_level = np.empty((2, longest))
    a_level[0], a_level[1] = levels
    a_mean, a_number, a_dirty = np.empty(longest), np.empty(longest), np.empty(longest, np.bool_)
    for number in range(count):
        first, last = runs[number], runs[number + 1]
        n = last - first
        if n == 0:
            continue
        run, offset, sigma = run_of(outlines, number), edges.offset_px[first:last], edges.sigma_px[first]
        mean, pixel_number, dirty = a_mean[:n], a_number[:n], a_dirty[:n]
        dirty[:] = False
        _fetch(pixels, run, stride(n), mean)
        bracket_some(pixels, run, distance, 0.5 * (levels[0] + levels[1]), rising, offset)
        thorough = n < LONG_RUN
        blurred, longer = 3.0 * sigma + 0.7, min(max(LONG_RUN / n, 1.0), 3.0)
        here = slice(starts[number], starts[number + 1])
        for b in range(starts[number], starts[number + 1]):
            places[b] = run.points[int((b - starts[number] + 0.5) * n / (starts[number + 1] - starts[number]))]
        spread = np.sqrt(sigma * sigma + BILINEAR_VARIANCE)
        steps = Steps(a_level[0, :n], a_level[1, :n], rising, spread, LEAST_STEP * step, MOST_STEP * step)
        for side in range(2):
            lamp, strip = light.lamps[side], light.strips_px[side] * longer + 2.0
            pixel_number[:] = 0.0
            plateaus(sums, BLOCK_PX, run, side, offset, blurred, strip, thorough, lamp, mean, pixel_number)
            other = levels[1 - side]
            between(pixels, run, side, offset, distance, steps, sigma, strip, thorough, other, lamp, mean, pixel_number)
            in_blocks(
                mean, pixel_number, light.variances[side], DIRT * step, value[side, here], weight[side, here], dirty
            )
        edges.clear[first:last] = ~dirty
    known, sure = np.zeros((2, count)), np.zeros((2, count))
    for side in range(2):
        pool(value[side], weight[side], places, starts, known[side], sure[side])
    return Blocks(value, weight, starts, known, sure)


@compiled
def _place(
    pixels: NDArray[np.generic],
    outlines: Outlines,
    light: Light,
    model: Model,
    blocks: Blocks,
    distance: float,
    edges: Edges,
) -> None:
    """All edges and their spread, from where some of them are and the levels beside them."""
    runs, levels, pulls = outlines.runs, light.levels, model.pulls
    step = abs(levels[1] - levels[0])
    longest = _longest(runs)
    a_level, a_fall, a_slope = np.empty((2, longest)), np.empty(longest), np.empty(longest)
    a_place, a_widening = np.empty(longest), np.empty(longest)
    a_again, a_sums = np.empty(longest, np.bool_), np.empty((longest, SUMS))
    for number in range(len(runs) - 1):
        first, last = runs[number], runs[number + 1]
        n = last - first
        if n == 0:
            continue
        run, offset, sigma = run_of(outlines, number), edges.offset_px[first:last], edges.sigma_px[first:last]
        low, high, fall = a_level[0, :n], a_level[1, :n], a_fall[:n]
        _fetch(pixels, run, 1, fall)
        level_noise = _shared_levels(run, number, light, pulls, blocks, a_level[:, :n])
        spread = np.sqrt(sigma[0] * sigma[0] + BILINEAR_VARIANCE)
        steps = Steps(low, high, levels[1] > levels[0], spread, LEAST_STEP * step, MOST_STEP * step)
        cross_all(pixels, run, distance, steps, PROBIT, offset)
        fall[:] = 0.0
        for side in range(2):
            if not is_even(light.lamps[side]):
                at_edges(run, light.lamps[side], offset, a_level[side, :n], fall)
        slope, place, widening, again, sums = a_slope[:n], a_place[:n], a_widening[:n], a_again[:n], a_sums[:n]
        sums[:] = 0.0
        expected = Expected(offset, slope, sigma, low, high, fall)
        for k in range(n):
            again[k] = offset[k] == offset[k]
        limit = 0.0
        for round_ in range(_ROUNDS):
            slopes(run, offset, slope)
            score(pixels, run, expected, model.weighed, again, sums)
            limit = misfit_limit(sums)
            solve(sums, limit, model.noise / (step * step), run.closed, place, widening)
            more = _once_more(place, widening, sigma, offset, again)
            if round_ == 0:
                more |= _look_again(pixels, run, distance, steps, limit, sums, place, sigma, offset, again)
            if not more:
                break
        found, clear, u = edges.found[first:last], edges.clear[first:last], edges.u_px[first:last]
        noises = model.noise, model.pixel_noise, level_noise
        edges.unexplained[number] = finish(
            run, sums, limit, place, widening, low, high, noises, sigma, offset, u, found, clear
        )


@compiled
def _shared_levels(
    run: Run, number: int, light: Light, pulls: tuple[float, float], blocks: Blocks, level: Floats
) -> float:
    """Into `level` (2, n) those beside each probe of a run; what not knowing them costs its places, as `finish` wants
    it: as if it were noise of each probe that averages out over the run."""
    here = slice(blocks.starts[number], blocks.starts[number + 1])
    noise = 0.0
    for side in range(2):
        variance = shared(
            run,
            blocks.value[side, here],
            blocks.weight[side, here],
            blocks.known[side, number],
            blocks.sure[side, number],
            light.levels[side],
            light.lamps[side],
            level[side],
        )
        noise += pulls[side] ** 2 * min(level.shape[1] * variance, 20.0 * light.variances[side])
    return noise


@compiled
def _fetch(pixels: NDArray[np.generic], run: Run, every: int, level: Floats) -> None:
    """Into `level` (n,) the pixel at `every`-th probe: for the processor, which so waits for many of them at once, not
    one by one later."""
    height, width = pixels.shape
    for k in range(0, len(level), every):
        x, y = run.points[k, 0], run.points[k, 1]
        level[k] = pixels[np.uint32(y), np.uint32(x)] if 0.0 <= x < width and 0.0 <= y < height else 0.0


@compiled
def _look_again(
    pixels: NDArray[np.generic],
    run: Run,
    distance: float,
    steps: Steps,
    limit: float,
    sums: Floats,
    place: Floats,
    sigma: Floats,
    offset: Floats,
    again: Mask,
) -> bool:
    """Whether some probes that see no edge where neighbours have theirs have one elsewhere: they are moved, marked."""
    some = False
    for k in range(len(place)):
        if sums[k, 5] > limit * sums[k, 6] or abs(place[k]) > FARTHEST:
            at = cross_at(pixels, run, k, distance, steps, PROBIT)
            if abs(at - offset[k]) > _NEAR * sigma[k]:
                offset[k], place[k] = at, 0.0
                again[k] = some = True
    return some


@compiled
def _once_more(place: Floats, widening: Floats, sigma: Floats, offset: Floats, again: Mask) -> bool:
    """Whether some probes of a run stood too far from their edges, or all had the wrong blur: they are moved, marked.

    Those that are not marked keep their sums: they were taken about the same blur.
    """
    blurred = some = False
    for k in range(len(place)):
        if place[k] == place[k] and abs(widening[k]) > _SAME_BLUR:
            blurred = True
    for k in range(len(place)):
        again[k] = place[k] == place[k] and (blurred or abs(place[k]) > _NEAR)
        if again[k]:
            some = True
            offset[k] += place[k] * sigma[k]
            place[k] = 0.0
        if blurred:
            changed = sigma[k] * (1.0 + min(max(widening[k], -0.3), 0.3))
            sigma[k] = min(max(changed, LEAST_SIGMA_PX), MOST_SIGMA_PX)
            widening[k] = 0.0
    return some
