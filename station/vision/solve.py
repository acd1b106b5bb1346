"""From the sums over pixels to places: the step of Fisher scoring, the blur that neighbours share, what is found."""

from __future__ import annotations

import numpy as np

from station.compiled import compiled
from station.vision.probe import Floats, Mask, Run
from station.vision.sharing import BLOCK, along_run

MOST_MISFIT = 0.2  # root mean square residual, of the step's height: more is no edge
LEAST_MISFIT = 0.05  # less is never held against an edge
_TIMES_MISFIT = 3.0  # the run's own: more is dirt on the edge
_LOOKED_AT = 48  # probes at least, for the run's own misfit, if it has as many
FARTHEST = 0.8  # σ from the expected place
_BLUR_BLOCKS = 3  # neighbours on each side that share a blur, where it changes along the contour
_CHANCE, _FREEDOM = 2.0, 3.0  # standard deviations; pixels of a probe beyond those that its place takes
_SKIRT = 4  # probes beside dirt that it may move
_SPARES = 32  # of so many probes one may be left out for its neighbour's sake
_LEAST_TURN = 1e-3  # rad: a kink that small moves an edge by less than a thousandth of a pixel
_MOST_NEIGHBOURS = 40  # that blur reaches, on each side
_FARTHEST_SIGMAS = 3.5
_FOR_BLUR = 0.6  # σ: farther from the expected place a probe says little of the blur


@compiled
def misfit_limit(sums: Floats) -> float:
    """Mean square residual up to which a run's probes show an edge: a multiple of what they show in general."""
    every = max(1, len(sums) // _LOOKED_AT)
    ratio = np.empty(len(sums) // every + 1)
    count = 0
    for k in range(0, len(sums), every):
        if sums[k, 6] > 0.0:
            ratio[count] = sums[k, 5] / sums[k, 6]
            count += 1
    own = np.median(ratio[:count]) if count > 0 else 0.0
    return float(min(max(_TIMES_MISFIT * _TIMES_MISFIT * own, LEAST_MISFIT * LEAST_MISFIT), MOST_MISFIT * MOST_MISFIT))


@compiled
def solve(sums: Floats, limit: float, variance: float, closed: bool, place: Floats, widening: Floats) -> None:
    """Into `place` (n,) the places in σ of a run's edges, into `widening` (n,) the relative error of their blur.

    `limit` is `misfit_limit`, `variance` that of a pixel of weight 1, relative to the step's height squared. The second
    and third order of the step's expansion about the expected place are taken out: for an edge at e,
    y = B/A = e + X/(2A) e² + (S/A − 1) e³/6 and Q = X e + S e²/2.
    """
    probes = len(sums)
    blocks = max(1, probes // BLOCK)
    value, weight = np.zeros(blocks), np.zeros(blocks)
    for b in range(blocks):
        above = below = 0.0
        for k in range(b * probes // blocks, (b + 1) * probes // blocks):
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
    along_run(value, weight, _BLUR_BLOCKS, 0.0, 0.0, 0.0, closed, widening)
    for k in range(probes):
        a, x, s = sums[k, 1], sums[k, 4], sums[k, 3]
        if a <= 0.0:
            place[k] = np.nan
            continue
        per_a = 1.0 / a
        y = min(max((sums[k, 0] - x * widening[k]) * per_a, -1.0), 1.0)
        bend = 0.5 * x * per_a
        place[k] = y - bend * y * y + (2.0 * bend * bend + (1.0 - s * per_a) / 6.0) * y * y * y


@compiled
def finish(
    run: Run,
    sums: Floats,
    limit: float,
    place: Floats,
    widening: Floats,
    low: Floats,
    high: Floats,
    noises: tuple[float, float, float],
    sigma: Floats,
    offset: Floats,
    u: Floats,
    found: Mask,
    clear: Mask,
) -> float:
    """From expected to measured offsets of a run: the last step, what counts as found, the blur's pull, the noise.

    Blur pulls a curved edge towards its centre of curvature by σ² κ / 2, κ that of the edge as it is: a hole that is
    larger as a whole bends less. `noises` are `noise` and `pixel_noise` of `StepModel` and what not knowing the levels
    costs, a variance of place·(high − low)/σ in levels²; `clear` (n,) says beside which probes nothing odd lies.
    Returns how many times the run's pixels differ more from the model than noise explains, at least 1.
    """
    noise, pixel_noise, level_noise = noises
    total = count = a_total = x_total = s_total = 0.0
    for k in range(len(sums)):
        spread = sigma[k]
        offset[k] += place[k] * spread
        sigma[k] = spread * (1.0 + widening[k])
        step = sums[k, 1] > 0.0 and sums[k, 5] < MOST_MISFIT * MOST_MISFIT * sums[k, 6]
        found[k] = step and abs(place[k]) < FARTHEST and offset[k] == offset[k]
        clear[k] = clear[k] and found[k] and sums[k, 5] < limit * sums[k, 6]
        if not found[k]:
            offset[k] = np.nan
            continue
        total += offset[k]
        count += 1.0
        a_total += sums[k, 1]
        x_total += sums[k, 4]
        s_total += sums[k, 3]
    _keep_clear_of_dirt(run.closed, clear)
    unexplained = _unexplained(sums, low, high, noise, pixel_noise, clear)
    growth = total / max(count, 1.0)
    # Not knowing the blur costs all places of the run a little.
    noise /= 1.0 - x_total * x_total / max(a_total * s_total, 1e-12)
    uneven = _uneven(run)
    for k in range(len(sums)):
        u[k] = np.nan
        if not found[k]:
            continue
        u[k] = sigma[k] / abs(high[k] - low[k]) * np.sqrt(noise / sums[k, 1] + level_noise)
        # The run's mean offset is still short by the pull itself.
        pull = 0.5 * sigma[k] * sigma[k] * run.curvature[k]
        smaller = max(1.0 + run.curvature[k] * (growth + pull), 0.2)
        if uneven:
            pull += _beyond_curvature(run, sigma[k], k)
        offset[k] += pull / smaller
    return unexplained


@compiled
def _unexplained(sums: Floats, low: Floats, high: Floats, noise: float, pixel_noise: float, clear: Mask) -> float:
    """Root of the residuals' mean square over what noise leaves, less what chance may add (Birge's ratio)."""
    left = expected = 0.0
    probes = 0
    for k in range(len(sums)):
        if clear[k]:
            left += (sums[k, 5] - sums[k, 0] * sums[k, 0] / sums[k, 1]) * (high[k] - low[k]) ** 2
            expected += pixel_noise * sums[k, 6] - noise
            probes += 1
    if expected <= 0.0:
        return 1.0
    ratio = left / expected - _CHANCE * np.sqrt(2.0 / (_FREEDOM * probes))
    return float(np.sqrt(max(ratio, 1.0)))


@compiled
def _keep_clear_of_dirt(closed: bool, clear: Mask) -> None:
    """What hides an edge is blurred too: its skirts move the edges beside it, by too little to be seen there."""
    count = len(clear)
    wide = min(_SKIRT, count // _SPARES)
    for k in np.flatnonzero(~clear):
        for j in range(k - wide, k + wide + 1):
            if closed:
                clear[j % count] = False
            elif 0 <= j < count:
                clear[j] = False


@compiled
def _uneven(run: Run) -> bool:
    """Whether a run's neighbours turn otherwise than their curvature says: joints, kinks, chords of a free curve."""
    normals, curvature = run.normals, run.curvature
    for k in range(len(normals) - 1):
        turn = abs(normals[k, 0] * normals[k + 1, 1] - normals[k, 1] * normals[k + 1, 0])
        expected = abs(curvature[k]) * run.spacing
        if abs(turn - expected) > _LEAST_TURN + 0.05 * expected or curvature[k] * curvature[k + 1] < 0.0:
            return True
    return False


@compiled
def _beyond_curvature(run: Run, sigma: float, k: int) -> float:
    """How much (px) farther blur pulls the edge at probe k inwards than its own curvature says.

    For small slopes a blurred step's middle is its contour averaged with the Gaussian along it. What is averaged here
    is how far the neighbours stand off the parabola of probe k; where a run ends they are taken to stand on it.
    """
    total = 0.0
    points, nx, ny, curvature = run.points, run.normals[k, 0], run.normals[k, 1], run.curvature[k]
    count = len(points)
    for way in (-1, 1):
        away = 0.0
        for step in range(1, min(count, _MOST_NEIGHBOURS)):
            j = k + way * step
            if run.closed:
                j %= count
            elif not 0 <= j < count:
                break
            dx, dy = points[j, 0] - points[k, 0], points[j, 1] - points[k, 1]
            along = dx * ny - dy * nx
            if abs(along) > _FARTHEST_SIGMAS * sigma or abs(along) <= away:
                break
            share = np.exp(-0.5 * along * along / (sigma * sigma)) * (abs(along) - away)
            away = abs(along)
            total -= share * (dx * nx + dy * ny + 0.5 * curvature * along * along)
    return float(total / (sigma * (2.0 * np.pi) ** 0.5))
