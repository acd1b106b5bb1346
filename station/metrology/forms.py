"""Form and profile of an edge's points, and how they answer to small changes of everything that was measured.

Compiled, one call per characteristic: a budget asks for the same value under a few changes, every search starts where
the unchanged one ended, and no changed feature is ever built.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.metrology.changes import Changes, points_moved
from station.metrology.datums import DatumFrame, frames_of
from station.metrology.deviations import farthest, from_circle, from_drawing, from_line, moving, sliding, turning
from station.metrology.ends import DOUBT, with_ends
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.smoothing import largest, noise_left, reweighted, smooth, smoothed, typical
from station.metrology.zones import NOTHING, exchanged, minimum_zone, to_one

Floats = NDArray[np.float64]
Ends: TypeAlias = tuple[float, float]  # how far an edge goes on, unseen, before its first point and behind its last one
_SEEN: Ends = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Found:
    """`values` (m,) of a form under each change; of the unchanged one `worst`, the number of the point that decides it,
    the `noise` left in its points by smoothing, the `excess` that noise adds to a zone, and what the unseen `ends` of
    an edge leave as a standard uncertainty."""

    values: Floats
    worst: int
    noise: float
    excess: float
    ends: float = 0.0


def zones(
    feature: MeasuredFeature, changes: Changes, sigma: float, sigma_per_radius: float = math.inf, unseen: Ends = _SEEN
) -> Found:
    """Widths of the minimum zones about a circle or a line of its smoothed points, less what noise alone adds to a
    zone.

    Smoothed by `sigma` points, about a circle by `sigma_per_radius` (points per mm) times the radius if that is less.
    Noise widens a zone; independent of the form it adds about in quadrature. An edge has `unseen` ends.
    """
    straight, params, widths = feature.kind is Kind.LINE, changes.of(feature), np.empty(len(changes))
    points, normals, u_mm, closed = feature.points_mm, feature.normals, feature.u_mm, _is_ring(feature)
    growth, sigmas = changes.growth_of(feature), np.empty(len(changes))
    certified, worst, noise, excess, ends = _zones(
        straight, points, normals, u_mm, changes.relative, growth, params, sigma, sigma_per_radius, closed,
        unseen, sigmas, widths,
    )  # fmt: skip
    if not certified:
        for k in np.flatnonzero(np.isnan(widths)).tolist():
            quiet, basis, _ = _seen(straight, points, normals, growth[k], params[k], sigmas[k], closed, unseen)
            half, residuals = minimum_zone(quiet, basis)
            worst = _of_seen(farthest(residuals), len(points)) if k == 0 else worst
            widths[k] = _less(2.0 * half, _noise(u_mm, sigmas[k], straight)[1])
        widths[1:] = np.where(changes.relative[1:] == 0.0, widths[1:], widths[0] * (1.0 + changes.relative[1:]))
    return Found(widths, worst, noise, excess, DOUBT * ends)


def ranges(
    feature: MeasuredFeature, about: Floats, changes: Changes, sigma: float, sigma_per_radius: float = math.inf,
    unseen: Ends = _SEEN,
) -> Found:  # fmt: skip
    """Farthest less nearest distance of the smoothed points from a centre, `about` (m, 2) under each change, or of a
    line's points from that line; less what noise alone adds.
    """
    straight, widths = feature.kind is Kind.LINE, np.empty(len(changes))
    params = changes.of(feature)
    if not straight:
        params[:, :2] = about
    sigma = sigma if straight else min(sigma, sigma_per_radius * feature.radius_mm)
    worst, noise, excess, ends = _ranges(
        straight, feature.points_mm, feature.normals, feature.u_mm, changes.relative, changes.growth_of(feature),
        params, sigma, _is_ring(feature), unseen, widths,
    )  # fmt: skip
    return Found(widths, worst, noise, excess, DOUBT * ends)


def parallels(
    feature: MeasuredFeature, datum: MeasuredFeature, changes: Changes, turn_rad: float, unseen: Ends, sigma: float
) -> Found:
    """Distances of two parallels at an angle to the datum that hold an edge with its `unseen` ends, to which its tilt
    and its bend go on."""
    widths = np.empty(len(changes))
    params, turn = changes.of(feature), changes.of(datum)[:, 0] + turn_rad
    worst, noise, excess, ends = _parallels(
        feature.points_mm, feature.normals, feature.u_mm, changes.relative, changes.growth_of(feature), params, turn,
        unseen, sigma, _is_ring(feature), widths,
    )  # fmt: skip
    return Found(widths, worst, noise, excess, DOUBT * ends)


def profiles(
    feature: MeasuredFeature,
    datums: Sequence[MeasuredFeature],
    frame: DatumFrame | None,
    changes: Changes,
    sigma: float,
    unseen: Ends = _SEEN,
) -> Found:
    """Twice the largest deviations from the drawing in the `frame` of the `datums`, or after the best of all motions.

    Fit first, smooth what is left: across a corner neighbouring deviations belong to different directions.
    """
    free, fixed, motions = _ALL, np.zeros(2), np.zeros((len(changes), 3))
    if frame is not None:
        motions = frames_of([changes.of(datum) for datum in datums], frame)
        free = _TURN if frame.free_turn else _NONE
        if frame.free_turn:
            fixed = frame.pivot_mm
        elif frame.free_slide is not None:
            free, fixed = _SLIDE, frame.free_slide
    values = np.empty(len(changes))
    bend = feature.outward / feature.radius_mm if feature.kind is Kind.CIRCLE and feature.params else 0.0
    worst, noise, ends = _profiles(
        feature.points_mm, feature.nominal_mm, feature.normals, feature.u_mm, changes.relative,
        changes.growth_of(feature), motions, free, fixed, sigma, _is_ring(feature), feature.kind is Kind.LINE,
        feature.kind is not Kind.CONTOUR, bend, unseen, values,
    )  # fmt: skip
    return Found(values, worst, noise, 2.0 * noise, 2.0 * DOUBT * ends)


def round_profile(feature: MeasuredFeature, radius_mm: float, changes: Changes, sigma: float) -> Found:
    """Twice the largest deviations of a whole circle from its drawn radius, about its own centre.

    Least squares of motions alone would mean the same, but for the points of a hole off its place, which do not stand
    evenly about the drawing's centre.
    """
    distance = np.hypot(*(quiet_circle(feature, sigma) - feature.center_mm).T)
    seen = distance * (1.0 + changes.relative)[:, None] + feature.outward * changes.growth_of(feature)[:, None]
    off = np.abs(seen - radius_mm)
    noise = float(np.median(feature.u_mm)) * noise_left(sigma)
    return Found(2.0 * off.max(axis=1), int(off[0].argmax()), noise, 2.0 * noise)


def quiet_circle(feature: MeasuredFeature, sigma: float, smooth_form: bool = True) -> Floats:
    """The points (n, 2) of a circle, smoothed along its radius."""
    away = feature.points_mm - feature.center_mm
    distance = np.hypot(away[:, 0], away[:, 1])
    quiet = smooth(distance - feature.radius_mm, sigma, _is_ring(feature), smooth_form) + feature.radius_mm
    return np.asarray(feature.center_mm + (quiet / distance)[:, None] * away)


_BENT_ROUNDS = 3  # each leaves of a shift its share of the radius
_NONE, _TURN, _SLIDE, _ALL = range(4)  # what is left free to be fitted


def _is_ring(feature: MeasuredFeature) -> bool:
    return feature.closed and len(feature.points_mm) == feature.expected


@compiled
def _noise(u_mm: Floats, sigma: float, smooth_form: bool) -> tuple[float, float]:
    """A point's noise left by smoothing, and the width of zone that noise alone would show."""
    noise = typical(u_mm, 0.0, np.empty(len(u_mm) + 1)) * noise_left(sigma, smooth_form)
    independent = max(len(u_mm) / max(2.0 * math.sqrt(math.pi) * sigma, 1.0), 2.0)
    return noise, 2.0 * noise * math.sqrt(2.0 * math.log(independent))


@compiled
def _less(width: float, excess: float) -> float:
    return math.sqrt(max(width * width - excess * excess, 0.0))


@compiled
def _seen(
    straight: bool, points: Floats, normals: Floats, growth: float, params: Floats, sigma: float, closed: bool,
    unseen: Ends,
) -> tuple[Floats, Floats, float]:  # fmt: skip
    """Smoothed deviations from a circle or a line, and how they change with it; how far the form of a line goes on at
    its unseen ends, which have two more rows."""
    moved = points_moved(points, normals, 0.0, growth, np.empty_like(points))
    if straight:
        deviations, basis = from_line(moved, params[0], params[1], params[2])
        quiet, run, ends = with_ends(smoothed(deviations, sigma, closed), basis[:, 0], unseen[0], unseen[1])
        longer = np.ones((len(run), 2))
        longer[:, 0] = run
        return quiet, longer, ends
    deviations, basis = from_circle(moved, params[0], params[1], params[2])
    # The standard's filter of roundness is the plain Gaussian (ISO 12181-2, ISO 16610-21).
    return smoothed(deviations, sigma, closed, False), basis, 0.0


@compiled
def _of_seen(worst: int, count: int) -> int:
    """The point that stands for the unseen end beside it."""
    if worst < count:
        return worst
    return 0 if worst == count else count - 1


@compiled
def _zones(
    straight: bool, points: Floats, normals: Floats, u_mm: Floats, relative: Floats, growth: Floats, params: Floats,
    sigma: float, sigma_per_radius: float, closed: bool, unseen: Ends, sigmas: Floats, widths: Floats,
) -> tuple[bool, int, float, float, float]:  # fmt: skip
    """Fills in the widths, NaN where the exchange cannot certify one (then the first result is False)."""
    residuals, worst, held, certified = np.empty(len(points) + (2 if straight else 0)), 0, False, True
    which, sign = np.empty(4, np.intp), np.empty(4)
    noise = excess = adds = ends = 0.0
    for k in range(len(widths)):
        if relative[k] != 0.0:
            # What is longer by some share in all its lengths has a zone wider by as much.
            widths[k] = widths[0] * (1.0 + relative[k])
            continue
        sigmas[k] = sigma if straight else min(sigma, sigma_per_radius * params[k, 2])
        if k == 0:
            noise, excess = _noise(u_mm, sigmas[0], straight)
            adds = excess
        elif sigmas[k] != sigmas[0]:
            adds = _noise(u_mm, sigmas[k], straight)[1]
        quiet, basis, more = _seen(straight, points, normals, growth[k], params[k], sigmas[k], closed, unseen)
        ends = more if k == 0 else ends
        size = basis.shape[1]
        unit = to_one(basis, quiet)
        if len(points) <= size or unit < NOTHING:
            widths[k] = 0.0
            continue
        here, signs = which[: size + 1], sign[: size + 1]
        held = (held and exchanged(basis, quiet, residuals, here, signs, True)) or exchanged(
            basis, quiet, residuals, here, signs, False
        )
        if not held:
            widths[k], certified = math.nan, False
            continue
        if k == 0:
            worst = _of_seen(farthest(residuals), len(points))
        widths[k] = _less(2.0 * unit * largest(residuals), adds)
    return certified, worst, noise, excess, ends


@compiled
def _ranges(
    straight: bool, points: Floats, normals: Floats, u_mm: Floats, relative: Floats, growth: Floats, params: Floats,
    sigma: float, closed: bool, unseen: Ends, widths: Floats,
) -> tuple[int, float, float, float]:  # fmt: skip
    noise, excess = _noise(u_mm, sigma, straight)
    worst, ends, moved = 0, 0.0, np.empty_like(points)
    for k in range(len(widths)):
        seen = points_moved(points, normals, relative[k], growth[k], moved)
        quiet, _, more = _seen(straight, seen, normals, 0.0, params[k], sigma, closed, unseen)
        low, high = quiet.min(), quiet.max()
        widths[k] = _less(high - low, excess * (1.0 + relative[k]))
        if k == 0:
            worst, ends = _of_seen(farthest(quiet - 0.5 * (high + low)), len(points)), more
    return worst, noise, excess, ends


@compiled
def _parallels(
    points: Floats, normals: Floats, u_mm: Floats, relative: Floats, growth: Floats, params: Floats, turn: Floats,
    unseen: Ends, sigma: float, closed: bool, widths: Floats,
) -> tuple[int, float, float, float]:  # fmt: skip
    noise, excess = _noise(u_mm, sigma, True)
    worst, ends, moved = 0, 0.0, np.empty_like(points)
    for k in range(len(widths)):
        seen = points_moved(points, normals, relative[k], growth[k], moved)
        # Smoothing acts on the form alone: the tilt comes after it.
        form, basis, more = _seen(True, seen, normals, 0.0, params[k], sigma, closed, unseen)
        run = basis[:, 0]
        # How the edge's own normal lies to the one that is asked for.
        side, tilt = math.copysign(1.0, math.cos(turn[k] - params[k, 0])), math.sin(turn[k] - params[k, 0])
        low, high = math.inf, -math.inf
        for i in range(len(form)):
            form[i] = form[i] * side + run[i] * tilt
            low, high = min(low, form[i]), max(high, form[i])
        widths[k] = _less(high - low, excess * (1.0 + relative[k]))
        if k == 0:
            worst, ends = _of_seen(farthest(form - 0.5 * (high + low)), len(points)), more
    return worst, noise, excess, ends


@compiled
def _profiles(
    points: Floats, nominal: Floats, normals: Floats, u_mm: Floats, relative: Floats, growth: Floats, motions: Floats,
    free: int, fixed: Floats, sigma: float, closed: bool, straight: bool, smooth_form: bool, bend: float,
    unseen: Ends, values: Floats,
) -> tuple[int, float, float]:  # fmt: skip
    count = len(points)
    moved, left, scratch = np.empty_like(points), np.empty(count), np.empty(2 * count + 1)
    usual = typical(u_mm, 0.0, scratch)
    tangents, run = np.empty_like(normals), np.empty(count)
    for i in range(count):
        tangents[i, 0], tangents[i, 1] = -normals[i, 1], normals[i, 0]
        run[i] = math.hypot(nominal[i, 0] - nominal[0, 0], nominal[i, 1] - nominal[0, 1])
    near, motion, middle, worst, ends = np.zeros(3), np.zeros(3), 0.0, 0, 0.0
    for k in range(len(values)):
        seen = points_moved(points, normals, relative[k], growth[k], moved)
        turn, x, y = motions[k]
        flat = from_drawing(seen, nominal, normals, turn, x, y)
        aside = from_drawing(seen, nominal, tangents, turn, x, y)
        basis = _motions(free, seen, nominal, normals, fixed, x, y)
        along = _motions(free, seen, nominal, tangents, fixed, x, y)
        if bend != 0.0 and free == _ALL:
            basis[:, 2], along[:, 2] = 0.0, 0.0  # what is round turns into itself
        # Changes come in pairs, up and down: the second motion is nearly the first one's mirror image.
        motion[:] = 2.0 * near - motion if k > 0 and k % 2 == 0 else near
        floor = max(usual * (1.0 + relative[k]), NOTHING)
        for round_ in range(_BENT_ROUNDS if bend != 0.0 else 1):
            deviations = flat.copy()
            if bend != 0.0:
                # Beside its place on a round drawing a point is farther out than the tangent says.
                for i in range(count):
                    t = aside[i]
                    if round_ > 0 and free != _NONE:
                        t -= along[i, 0] * motion[0] + along[i, 1] * motion[1] + along[i, 2] * motion[2]
                    deviations[i] += 0.5 * bend * t * t
            if free == _NONE:
                left[:] = deviations
                continue
            middle = reweighted(deviations, basis, floor, k == 0, motion, left, scratch, middle)
        if k == 0:
            near[:] = motion
        quiet, more = smoothed(left, sigma, closed, smooth_form), 0.0
        if straight:
            quiet, _, more = with_ends(quiet, run, unseen[0], unseen[1])
        most = farthest(quiet)
        values[k] = 2.0 * abs(quiet[most])
        if k == 0:
            worst, ends = _of_seen(most, count), more
    return worst, usual * noise_left(sigma, smooth_form), ends


@compiled
def _motions(free: int, seen: Floats, nominal: Floats, across: Floats, fixed: Floats, x: float, y: float) -> Floats:
    """(n, 3) by how much points move `across` with each motion that is free."""
    if free == _TURN:
        return turning(seen, across, fixed[0] - x, fixed[1] - y)
    if free == _SLIDE:
        return sliding(across, fixed[0], fixed[1])
    if free == _ALL:
        return moving(nominal, across)
    return np.zeros((0, 3))
