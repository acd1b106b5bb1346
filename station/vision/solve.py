"""From the sums over pixels to places: the step of Fisher scoring, the blur that neighbours share, what is found."""

from __future__ import annotations

import numpy as np

from station.compiled import compiled
from station.vision.levels import BLOCK, along_run
from station.vision.probe import Floats, Mask

MOST_MISFIT = 0.2  # root mean square residual, of the step's height: more is no edge
LEAST_MISFIT = 0.05  # less is never held against an edge
_TIMES_MISFIT = 3.0  # the run's own: more is dirt on the edge
_EVERY = 4  # probe looked at for the run's own misfit
_FARTHEST = 0.8  # σ from the expected place
_BLUR_BLOCKS = 3  # neighbours on each side that share a blur, where it changes along the contour
_FOR_BLUR = 0.6  # σ: farther from the expected place a probe says little of the blur


@compiled
def misfit_limit(sums: Floats, first: int, last: int) -> float:
    """Mean square residual up to which a run's probes show an edge: a multiple of what they show in general."""
    ratio = np.empty((last - first) // _EVERY + 1)
    count = 0
    for k in range(first, last, _EVERY):
        if sums[k, 6] > 0.0:
            ratio[count] = sums[k, 5] / sums[k, 6]
            count += 1
    own = np.median(ratio[:count]) if count > 0 else 0.0
    return float(min(max(_TIMES_MISFIT * _TIMES_MISFIT * own, LEAST_MISFIT * LEAST_MISFIT), MOST_MISFIT * MOST_MISFIT))


@compiled
def solve(sums: Floats, variance: float, first: int, last: int, closed: bool, place: Floats, widening: Floats) -> None:
    """Into `place` (n,) the places in σ of a run's edges, into `widening` (n,) the relative error of their blur.

    `variance` is that of a pixel of weight 1, relative to the step's height squared. The second and third order of the
    step's expansion about the expected place are taken out: for an edge at e, y = B/A = e + X/(2A) e² + (S/A − 1) e³/6
    and Q = X e + S e²/2.
    """
    limit = misfit_limit(sums, first, last)
    blocks = max(1, (last - first) // BLOCK)
    value, weight = np.zeros(blocks), np.zeros(blocks)
    for b in range(blocks):
        above = below = 0.0
        for k in range(first + b * (last - first) // blocks, first + (b + 1) * (last - first) // blocks):
            a, x, s = sums[k, 1], sums[k, 4], sums[k, 3]
            if a <= 0.0 or sums[k, 5] > limit * sums[k, 6]:
                continue
            y = sums[k, 0] / a
            if abs(y) > _FOR_BLUR:
                continue
            left = s - x * x / a
            above += sums[k, 2] - x * y - 0.5 * y * y * left
            below += left
        if below > 0.0:
            value[b] = above / below
            weight[b] = below / variance
    along_run(value, weight, _BLUR_BLOCKS, 0.0, first, last, closed, widening)
    for k in range(first, last):
        a, x, s = sums[k, 1], sums[k, 4], sums[k, 3]
        if a <= 0.0:
            place[k] = np.nan
            continue
        y = min(max((sums[k, 0] - x * widening[k]) / a, -1.0), 1.0)
        bend = 0.5 * x / a
        place[k] = y - bend * y * y + (2.0 * bend * bend + (1.0 - s / a) / 6.0) * y * y * y


@compiled
def finish(
    sums: Floats,
    curvature: Floats,
    sigma: Floats,
    place: Floats,
    widening: Floats,
    low: Floats,
    high: Floats,
    noise: float,
    level_noise: float,
    first: int,
    last: int,
    dirty: Mask,
    found: Mask,
    clear: Mask,
    offset: Floats,
    u: Floats,
) -> None:
    """From expected to measured offsets of a run: the last step, what counts as found, the blur's pull, the noise.

    Blur pulls a curved edge towards its centre of curvature by v κ / 2, κ that of the edge as it is: a hole that is
    larger as a whole bends less. `noise` and `level_noise` are variances of place·(high − low)/σ, in levels².
    """
    limit = misfit_limit(sums, first, last)
    total = count = a_total = x_total = s_total = 0.0
    for k in range(first, last):
        spread = sigma[k]
        offset[k] += place[k] * spread
        sigma[k] = spread * (1.0 + widening[k])
        step = sums[k, 1] > 0.0 and sums[k, 5] < MOST_MISFIT * MOST_MISFIT * sums[k, 6]
        clear[k] = sums[k, 5] < limit * sums[k, 6] and not dirty[k]
        found[k] = step and abs(place[k]) < _FARTHEST and offset[k] == offset[k]
        if not found[k]:
            offset[k] = np.nan
            continue
        total += offset[k]
        count += 1.0
        a_total += sums[k, 1]
        x_total += sums[k, 4]
        s_total += sums[k, 3]
    growth = total / max(count, 1.0)
    # Not knowing the blur costs all places of the run a little.
    known = 1.0 - x_total * x_total / max(a_total * s_total, 1e-12)
    for k in range(first, last):
        u[k] = np.nan
        if not found[k]:
            continue
        u[k] = sigma[k] / abs(high[k] - low[k]) * np.sqrt(noise / (known * sums[k, 1]) + level_noise)
        # The run's mean offset is still short by the pull itself.
        pull = 0.5 * sigma[k] * sigma[k] * curvature[k]
        bend = curvature[k] / max(1.0 + curvature[k] * (growth + pull), 0.2)
        offset[k] += 0.5 * sigma[k] * sigma[k] * bend
