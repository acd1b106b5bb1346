"""All edges of a picture in one go: look for them, learn the levels beside them, place them, learn the blur.

One compiled pass, run by run, so that the pixels of a feature are still at hand when the next step wants them. What
neighbours share (levels, blur) is estimated along the contour. The blur is estimated together with the places, so a
wrong assumption about it moves nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.vision.field import BLOCK_PX, Field
from station.vision.lamp import EVEN, is_even
from station.vision.levels import at_edges, between, blocks_of, in_blocks, plateaus, pool, shared
from station.vision.picture import Picture
from station.vision.probe import Edges, Floats, Index, Mask, Probes, Run, run_of
from station.vision.score import SUMS, score, slopes
from station.vision.seek import BILINEAR_VARIANCE, PROBIT, STRIDE, Steps, bracket_some, cross_all, cross_at
from station.vision.solve import FARTHEST, finish, misfit_limit, solve
from station.vision.step import step_table

LEAST_SIGMA_PX = 0.45
MOST_SIGMA_PX = 8.0
LEAST_STEP, MOST_STEP = 0.35, 2.5  # of the picture's contrast
FLAT_PX = 26  # pixels read beside an edge, shared out by what both sides' noise does to the place
SHORT_RUN = 300  # probes: a shorter contour needs longer strips for the same share of its noise
DIRT = 0.02  # of the contrast: blocks that differ more from the others are dirty
_ROUNDS = 4
_NEAR = 0.15  # σ: within this of the expected place one step is exact to a thousandth
_SAME_BLUR = 0.04


def find_edges(picture: Picture, field: Field, probes: Probes, sigma_px: float, distance_px: float) -> Edges:
    """The edge nearest each probe's point, not farther than `distance_px`, to the limit that the noise sets.

    `sigma_px` is the edge spread to begin with. Method: `step.py`.
    """
    table = step_table(*field.noise)
    count = len(probes)
    offset, u = np.empty(count), np.empty(count)
    found, clear = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    unexplained = np.ones(len(probes.closed))
    sigma = np.full(count, min(max(sigma_px, LEAST_SIGMA_PX), MOST_SIGMA_PX))
    pulls = table.low_pull * field.part_noise**0.5, table.high_pull * field.field_noise**0.5
    _find(
        picture.grey,
        field.means,
        probes.points_px,
        probes.normals,
        probes.curvature_per_px,
        probes.reach_in_px,
        probes.reach_out_px,
        probes.runs,
        probes.closed,
        distance_px,
        (field.part_level, field.field_level),
        field.noise,
        # Only what is lit follows the lamp.
        (EVEN, field.lamp) if field.dark_part else (field.lamp, EVEN),
        (FLAT_PX * pulls[0] / sum(pulls), FLAT_PX * pulls[1] / sum(pulls)),
        (table.noise, table.pixel_noise),
        (table.low_pull, table.high_pull),
        table.rows,
        PROBIT,
        sigma,
        offset,
        u,
        found,
        clear,
        unexplained,
    )
    return Edges(offset, u, sigma, found, clear, unexplained)


@compiled
def _find(
    pixels: NDArray[np.generic],
    means: NDArray[np.generic],
    points: Floats,
    normals: Floats,
    curvature: Floats,
    reach_in: Floats,
    reach_out: Floats,
    runs: Index,
    closed: Mask,
    distance: float,
    levels: tuple[float, float],
    variances: tuple[float, float],
    lamps: tuple[Floats, Floats],
    flat_px: tuple[float, float],
    noise: tuple[float, float],
    pulls: tuple[float, float],
    table: Floats,
    probit: Floats,
    all_sigma: Floats,
    all_offset: Floats,
    all_u: Floats,
    all_found: Mask,
    all_clear: Mask,
    unexplained: Floats,
) -> None:
    """Levels, variances, lamps, strips and pulls come in pairs: of the material, of the field."""
    rising = levels[1] > levels[0]
    step = abs(levels[1] - levels[0])
    longest = 0
    for number in range(len(closed)):
        longest = max(longest, runs[number + 1] - runs[number])
    starts = np.zeros(len(closed) + 1, np.intp)
    for number in range(len(closed)):
        starts[number + 1] = starts[number] + blocks_of(runs[number + 1] - runs[number])
    value, weight = np.zeros((2, starts[-1])), np.zeros((2, starts[-1]))
    known, sure = np.zeros((2, len(closed))), np.zeros((2, len(closed)))
    # Of one run at a time, so that it stays in the processor's cache.
    a_mean, a_count, a_dirty = np.empty(longest), np.empty(longest), np.empty(longest, np.bool_)
    for number in range(len(closed)):
        first, last = runs[number], runs[number + 1]
        n = last - first
        if n == 0:
            continue
        run = run_of(points, normals, curvature, reach_in, reach_out, first, last, closed[number])
        mean, count, dirty = a_mean[:n], a_count[:n], a_dirty[:n]
        offset, sigma = all_offset[first:last], all_sigma[first]
        dirty[:] = False
        _fetch(pixels, run, STRIDE, mean)
        bracket_some(pixels, run, distance, 0.5 * (levels[0] + levels[1]), rising, offset)
        blurred, longer = 3.0 * sigma + 0.7, min(max(SHORT_RUN / n, 1.0), 3.0)
        for side in range(2):
            lamp, strip = lamps[side], flat_px[side] * longer + 2.0
            count[:] = 0.0
            plateaus(means, BLOCK_PX, run, side, offset, blurred, strip, lamp, mean, count)
            plateaus(pixels, 1, run, side, offset, blurred, strip, lamp, mean, count)
            between(pixels, run, side, offset, sigma, levels[1 - side], lamp, mean, count)
            here = slice(starts[number], starts[number + 1])
            in_blocks(mean, count, variances[side], DIRT * step, value[side, here], weight[side, here], dirty)
        all_clear[first:last] = ~dirty
    for side in range(2):
        pool(value[side], weight[side], starts, known[side], sure[side])
    a_level, a_fall, a_slope = np.empty((2, longest)), np.empty(longest), np.empty(longest)
    a_place, a_widening = np.empty(longest), np.empty(longest)
    a_again, a_sums = np.empty(longest, np.bool_), np.empty((longest, SUMS))
    for number in range(len(closed)):
        first, last = runs[number], runs[number + 1]
        n = last - first
        if n == 0:
            continue
        run = run_of(points, normals, curvature, reach_in, reach_out, first, last, closed[number])
        offset, sigma = all_offset[first:last], all_sigma[first:last]
        low, high, fall = a_level[0, :n], a_level[1, :n], a_fall[:n]
        _fetch(pixels, run, 1, fall)
        level_noise = 0.0
        for side in range(2):
            here = slice(starts[number], starts[number + 1])
            level_variance = shared(
                run,
                value[side, here],
                weight[side, here],
                known[side, number],
                sure[side, number],
                levels[side],
                lamps[side],
                a_level[side, :n],
            )
            # As if it were noise of each probe that averages out over the run.
            level_noise += pulls[side] ** 2 * min(n * level_variance, 20.0 * variances[side])
        spread = np.sqrt(sigma[0] * sigma[0] + BILINEAR_VARIANCE)
        steps = Steps(low, high, rising, spread, LEAST_STEP * step, MOST_STEP * step)
        cross_all(pixels, run, distance, steps, probit, offset)
        fall[:] = 0.0
        for side in range(2):
            if not is_even(lamps[side]):
                at_edges(run, lamps[side], offset, a_level[side, :n], fall)
        slope, place, widening, again, sums = a_slope[:n], a_place[:n], a_widening[:n], a_again[:n], a_sums[:n]
        sums[:] = 0.0
        for k in range(n):
            again[k] = offset[k] == offset[k]
        limit = 0.0
        for round_ in range(_ROUNDS):
            slopes(run, offset, slope)
            score(pixels, run, offset, slope, sigma, low, high, fall, table, again, sums)
            limit = misfit_limit(sums)
            solve(sums, limit, noise[0] / (step * step), run.closed, place, widening)
            more = _once_more(place, widening, sigma, offset, again)
            if round_ == 0:
                more |= _look_again(pixels, run, distance, steps, probit, limit, sums, place, sigma, offset, again)
            if not more:
                break
        found, clear, u = all_found[first:last], all_clear[first:last], all_u[first:last]
        unexplained[number] = finish(
            run,
            sums,
            limit,
            place,
            widening,
            low,
            high,
            noise[0],
            noise[1],
            level_noise,
            sigma,
            offset,
            u,
            found,
            clear,
        )


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
    probit: Floats,
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
            at = cross_at(pixels, run, k, distance, steps, probit)
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
