"""From edge points to measured features: all circles in one batch, all lines in another."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from station.metrology.association import Fits, fit_sorted, segmented_median
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.scatter import excess
from station.plan.corners import clear_of_corners, doubt_ends, farther_mm
from station.plan.seen import Seen
from station.plan.targets import LEAST_PROBES, Target

Floats = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

_BREAK = 2.5  # spacings: where the points of a contour are farther apart there is a corner, or a piece is missing
PHASE_PX = 0.0003  # how a contour lies to the pixels: what a strip's few pixels leave, at most, over a run


def associate(targets: Sequence[Target], seen: Sequence[Seen]) -> list[MeasuredFeature]:
    """One measured feature per target.

    The covariance of a fit is that of its points' noise plus `local_mm`, the standard uncertainty of a whole edge's
    place that noise does not explain: it acts as if it were independent over the contour, so that a short arc's centre
    pays for it as it should. Noise that points show beyond the camera's counts as far as pixels show it too: form alone
    is no noise, and a picture of another kind of step is no scatter.
    """
    missed = [len(target) - len(s.points_mm) for target, s in zip(targets, seen, strict=True)]
    seen = _to_their_corners(targets, seen)
    sizes = [s.size for s in seen]
    noises = [s.noise_mm for s in seen]
    params: list[tuple[float, ...]] = [()] * len(targets)
    covariances: list[Floats] = [np.zeros((0, 0))] * len(targets)
    beyond: dict[int, tuple[float, float]] = {}
    kept: list[Mask | None] = [s.clear if t.kind is Kind.CONTOUR else None for t, s in zip(targets, seen, strict=True)]
    for kind in (Kind.CIRCLE, Kind.LINE):
        members = [i for i, target in enumerate(targets) if target.kind is kind and sizes[i] >= LEAST_PROBES]
        if not members:
            continue
        batch = _fit(kind, targets, seen, members)
        here, noise, first, fits = batch.seen, batch.noise_mm, batch.first, batch.fits
        size = np.diff(first)
        belongs, bounds = np.asarray(fits.weights > 0.0), first.tolist()
        more = np.minimum(excess(fits.residuals, belongs, noise, first), [s.unexplained for s in here])
        variance = more**2 * np.add.reduceat(noise**2, first[:-1]) / size
        covariance = _covariances(fits, variance, np.array([s.local_mm for s in here]))
        if kind is Kind.CIRCLE:
            # The error of a phase averages out in a radius, not in a centre.
            phase = np.array([PHASE_PX * targets[i].spacing_mm for i in members]) ** 2
            covariance[:, [0, 1], [0, 1]] += phase[:, None]
        for i, times in zip(members, more.tolist(), strict=True):
            noises[i] = noises[i] if times == 1.0 else times * noises[i]
        if kind is Kind.LINE:
            farther = farther_mm(batch.targets, fits.params)
            doubt_ends(batch.targets, here, batch.points_mm, fits, first, farther, covariance)
            beyond.update((i, (before, after)) for i, (before, after) in zip(members, farther.tolist(), strict=True))
        fitted = np.asarray(np.isfinite(fits.params).all(axis=1)).tolist()
        for place, (i, found) in enumerate(zip(members, fits.params.tolist(), strict=True)):
            if not fitted[place]:
                continue
            params[i], covariances[i] = tuple(found), covariance[place]
            kept[i] = belongs[bounds[place] : bounds[place + 1]]
            clear = seen[i].clear
            if clear is not None:
                whole = clear.copy()
                whole[clear] = kept[i]
                kept[i] = whole
    every = np.ones(max(map(len, (s.points_mm for s in seen)), default=0), np.bool_)
    everything = [every[: len(s.points_mm)] if k is None else k for k, s in zip(kept, seen, strict=True)]
    for i, (target, s) in enumerate(zip(targets, seen, strict=True)):
        if target.kind is Kind.CONTOUR and sizes[i]:
            noises[i] = noises[i] * min(_beyond_noise(target, s, everything[i]), s.unexplained)
    return [
        MeasuredFeature(
            id=target.id,
            kind=target.kind,
            points_mm=s.points_mm,
            nominal_mm=s.nominal_mm,
            normals=s.normals,
            u_mm=noises[i],
            spacing_mm=target.spacing_mm,
            closed=target.closed,
            params=params[i],
            covariance=covariances[i],
            outward=target.outward,
            expected=missed[i] + len(s.points_mm),
            kept=everything[i],
            gap_mm=s.gap_mm,
            gap_at_mm=s.gap_at_mm,
            edge=target.edge,
            local_mm=s.local_mm,
            beyond_mm=beyond.get(i, (0.0, 0.0)),
        )
        for i, (target, s) in enumerate(zip(targets, seen, strict=True))
    ]


class _Batch(NamedTuple):
    """Targets of one kind and what was seen of them: all their points (n, 2) one target after the other, offsets
    `first` (f + 1,), and what fits them."""

    targets: list[Target]
    seen: list[Seen]
    points_mm: Floats
    noise_mm: Floats
    first: Index
    fits: Fits


def _to_their_corners(targets: Sequence[Target], seen: Sequence[Seen]) -> list[Seen]:
    """What was seen, of straight edges only as far from their corners as the optics needs."""
    found = list(seen)
    lines = [i for i, t in enumerate(targets) if t.kind is Kind.LINE and seen[i].size >= LEAST_PROBES]
    if lines:
        batch = _fit(Kind.LINE, targets, seen, lines)
        farther = farther_mm(batch.targets, batch.fits.params)
        for place, clear in clear_of_corners(batch.targets, batch.seen, farther).items():
            found[lines[place]] = clear
    return found


def _fit(kind: Kind, targets: Sequence[Target], seen: Sequence[Seen], members: Sequence[int]) -> _Batch:
    """The `members` of the targets, all of one kind, fitted together."""
    own, here = [targets[i] for i in members], [seen[i] for i in members]
    first = np.array([0, *accumulate(s.size for s in here)], np.intp)
    noise = np.concatenate([s.fitted(s.noise_mm) for s in here])
    points = np.concatenate([s.fitted(s.points_mm) for s in here])
    floor = 2.0 * segmented_median(noise, first)
    if kind is Kind.CIRCLE:
        start = np.array([target.start for target in own])
    else:
        start = np.add.reduceat(np.concatenate([s.fitted(s.normals) for s in here]), first[:-1], axis=0)
        start /= np.diff(first)[:, None]
    return _Batch(
        own, here, points, noise, first, fit_sorted(points, first, start, floor, noise, circles=kind is Kind.CIRCLE)
    )


def _beyond_noise(target: Target, s: Seen, belongs: Mask) -> float:
    """How many times the points of a contour scatter more than their noise says, within each of its stretches: from one
    side of a corner to the other they jump by what the edges there are off."""
    offset = np.einsum("ij,ij->i", s.points_mm - s.nominal_mm, s.normals)
    apart = np.linalg.norm(np.diff(s.nominal_mm, axis=0), axis=1)
    breaks = np.flatnonzero(apart > _BREAK * target.spacing_mm) + 1
    # A point that is not used ends a run of neighbours.
    offset, noise = np.insert(offset, breaks, 0.0), np.insert(s.noise_mm, breaks, 0.0)
    return float(excess(offset, np.insert(belongs, breaks, False), noise, np.array([0, len(offset)]))[0])


def _covariances(fits: Fits, variance: Floats, local_mm: Floats) -> Floats:
    """(f, p, p) of the parameters: the mean variance of the points' noise, and what a whole edge may be off."""
    covariance = fits.shape * (variance + fits.used * local_mm**2)[:, None, None]
    return np.nan_to_num(covariance, nan=0.0, posinf=0.0)
