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
from station.vision.lamp import EVEN
from station.vision.levels import between, plateaus, shared
from station.vision.picture import Picture
from station.vision.probe import Edges, Floats, Index, Mask, Probes
from station.vision.score import SUMS, score, slopes, spacing_of
from station.vision.seek import PROBIT, bracket_some, cross_all
from station.vision.solve import finish, solve
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
    low, high = np.empty(count), np.empty(count)
    sigma = np.full(count, min(max(sigma_px, LEAST_SIGMA_PX), MOST_SIGMA_PX))
    part, other = field.noise
    pulls = table.low_pull * part**0.5, table.high_pull * other**0.5
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
        field.part_level,
        field.field_level,
        # Only what is lit follows the lamp.
        (EVEN, field.lamp) if field.dark_part else (field.lamp, EVEN),
        (part, other),
        (table.noise, table.low_pull, table.high_pull),
        (FLAT_PX * pulls[0] / sum(pulls), FLAT_PX * pulls[1] / sum(pulls)),
        table.rows,
        PROBIT,
        sigma,
        low,
        high,
        offset,
        u,
        found,
        clear,
    )
    return Edges(offset, u, sigma, np.abs(high - low), found, found & clear)


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
    part_level: float,
    field_level: float,
    lamps: tuple[Floats, Floats],
    variances: tuple[float, float],
    factors: tuple[float, float, float],
    flat_px: tuple[float, float],
    table: Floats,
    probit: Floats,
    sigma: Floats,
    low: Floats,
    high: Floats,
    offset: Floats,
    u: Floats,
    found: Mask,
    clear: Mask,
) -> None:
    rising = field_level > part_level
    contrast = abs(field_level - part_level)
    variance = factors[0] / (contrast * contrast)
    longest = 0
    for run in range(len(closed)):
        longest = max(longest, runs[run + 1] - runs[run])
    count = len(points)
    in_px, out_px = np.minimum(reach_in, distance), np.minimum(reach_out, distance)
    mean, number, slope, place = np.empty(count), np.zeros(count), np.empty(count), np.empty(count)
    dirty, least = np.zeros(count, np.bool_), DIRT * contrast
    widening, again, sums = np.empty(count), np.empty(count, np.bool_), np.empty((count, SUMS))
    for run in range(len(closed)):
        first, last, around = runs[run], runs[run + 1], closed[run]
        if first == last:
            continue
        bracket_some(
            pixels, points, normals, in_px, out_px, 0.5 * (part_level + field_level), rising, first, last, offset
        )
        blurred = 3.0 * sigma[first] + 0.7
        longer = min(max(SHORT_RUN / (last - first), 1.0), 3.0)
        strip = flat_px[0] * longer + 2.0
        plateaus(
            means,
            BLOCK_PX,
            points,
            normals,
            curvature,
            offset,
            blurred,
            reach_in,
            -1.0,
            strip,
            lamps[0],
            first,
            last,
            mean,
            number,
        )
        plateaus(
            pixels,
            1,
            points,
            normals,
            curvature,
            offset,
            blurred,
            reach_in,
            -1.0,
            strip,
            lamps[0],
            first,
            last,
            mean,
            number,
        )
        between(
            pixels,
            points,
            normals,
            curvature,
            offset,
            sigma[first],
            reach_in,
            -1.0,
            field_level,
            lamps[0],
            first,
            last,
            mean,
            number,
        )
        low_count = shared(
            points, mean, number, variances[0], part_level, lamps[0], least, first, last, around, low, dirty
        )
        number[first:last] = 0.0
        strip = flat_px[1] * longer + 2.0
        plateaus(
            means,
            BLOCK_PX,
            points,
            normals,
            curvature,
            offset,
            blurred,
            reach_out,
            1.0,
            strip,
            lamps[1],
            first,
            last,
            mean,
            number,
        )
        plateaus(
            pixels,
            1,
            points,
            normals,
            curvature,
            offset,
            blurred,
            reach_out,
            1.0,
            strip,
            lamps[1],
            first,
            last,
            mean,
            number,
        )
        between(
            pixels,
            points,
            normals,
            curvature,
            offset,
            sigma[first],
            reach_out,
            1.0,
            part_level,
            lamps[1],
            first,
            last,
            mean,
            number,
        )
        high_count = shared(
            points, mean, number, variances[1], field_level, lamps[1], least, first, last, around, high, dirty
        )
        cross_all(
            pixels,
            points,
            normals,
            in_px,
            out_px,
            rising,
            low,
            high,
            sigma[first],
            probit,
            LEAST_STEP * contrast,
            MOST_STEP * contrast,
            first,
            last,
            offset,
        )
        for k in range(first, last):
            again[k] = offset[k] == offset[k]
            for i in range(SUMS):
                sums[k, i] = 0.0
        spacing = spacing_of(points, first, last)
        for _ in range(_ROUNDS):
            slopes(points, normals, offset, spacing, first, last, around, slope)
            score(
                pixels,
                points,
                normals,
                curvature,
                spacing,
                offset,
                slope,
                sigma,
                low,
                high,
                reach_in,
                reach_out,
                table,
                first,
                last,
                again,
                sums,
            )
            solve(sums, variance, first, last, around, place, widening)
            if not _once_more(first, last, place, widening, sigma, offset, again):
                break
        level_noise = factors[1] ** 2 * variances[0] / max(low_count, 0.05)
        level_noise += factors[2] ** 2 * variances[1] / max(high_count, 0.05)
        finish(
            sums,
            curvature,
            sigma,
            place,
            widening,
            low,
            high,
            factors[0],
            level_noise,
            first,
            last,
            dirty,
            found,
            clear,
            offset,
            u,
        )


@compiled
def _once_more(
    first: int, last: int, place: Floats, widening: Floats, sigma: Floats, offset: Floats, again: Mask
) -> bool:
    """Whether some probes of a run stood too far from their edges, or all had the wrong blur: they are moved, marked.

    Those that are not marked keep their sums: they were taken about the same blur.
    """
    blurred = False
    for k in range(first, last):
        if place[k] == place[k] and abs(widening[k]) > _SAME_BLUR:
            blurred = True
    some = False
    for k in range(first, last):
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
