"""From edge points to measured features: all circles in one batch, all lines in another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from station.metrology.association import Fits, fit_sorted, segmented_median
from station.metrology.ends import whole_line
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.scatter import excess
from station.plan.targets import LEAST_PROBES, Target

Floats = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

PHASE_PX = 0.0003  # how a contour lies to the pixels: what a strip's few pixels leave, at most, over a run


class Seen(NamedTuple):
    """What was found of a target: `points_mm`, `nominal_mm`, `normals` (n, 2) in the part's frame and `noise_mm` (n,);
    `local_mm` how far the whole edge may be off beyond noise; how many times the picture differs more from a clean
    step than noise explains (`unexplained`); `clear` (n,) which points may be fitted (None: all); the longest stretch
    (mm) without an edge, and its middle."""

    points_mm: Floats
    nominal_mm: Floats
    normals: Floats
    noise_mm: Floats
    local_mm: float
    unexplained: float = 1.0
    clear: Mask | None = None
    gap_mm: float = 0.0
    gap_at_mm: tuple[float, float] = (0.0, 0.0)

    def fitted(self, values: Floats) -> Floats:
        """Those of its points that may be fitted."""
        return values if self.clear is None else values[self.clear]


def associate(targets: Sequence[Target], seen: Sequence[Seen]) -> list[MeasuredFeature]:
    """One measured feature per target.

    The covariance of a fit is that of its points' noise plus `local_mm`, the standard uncertainty of a whole edge's
    place that noise does not explain: it acts as if it were independent over the contour, so that a short arc's centre
    pays for it as it should. Noise that points show beyond the camera's counts as far as pixels show it too: form alone
    is no noise, and a picture of another kind of step is no scatter.
    """
    sizes = [len(s.points_mm) if s.clear is None else int(np.count_nonzero(s.clear)) for s in seen]
    noises = [s.noise_mm for s in seen]
    params: list[tuple[float, ...]] = [()] * len(targets)
    covariances: list[Floats] = [np.zeros((0, 0))] * len(targets)
    kept: list[Mask | None] = [s.clear if t.kind is Kind.CONTOUR else None for t, s in zip(targets, seen, strict=True)]
    for kind in (Kind.CIRCLE, Kind.LINE):
        members = [i for i, target in enumerate(targets) if target.kind is kind and sizes[i] >= LEAST_PROBES]
        if not members:
            continue
        here = [seen[i] for i in members]
        first = np.array([0, *accumulate(sizes[i] for i in members)], np.intp)
        size = np.diff(first)
        noise = np.concatenate([s.fitted(s.noise_mm) for s in here])
        points = np.concatenate([s.fitted(s.points_mm) for s in here])
        floor = 2.0 * segmented_median(noise, first)
        if kind is Kind.CIRCLE:
            start = np.array([targets[i].start for i in members])
        else:
            start = np.add.reduceat(np.concatenate([s.fitted(s.normals) for s in here]), first[:-1], axis=0)
            start /= size[:, None]
        fits = fit_sorted(points, first, start, floor, noise, circles=kind is Kind.CIRCLE)
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
        else:
            _doubt_ends([targets[i] for i in members], here, points, fits, first, covariance)
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
            offset = np.einsum("ij,ij->i", s.points_mm - s.nominal_mm, s.normals)
            more = excess(offset, everything[i], noises[i], np.array([0, len(offset)]))
            noises[i] = noises[i] * min(more[0], s.unexplained)
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
            expected=len(target),
            kept=everything[i],
            gap_mm=s.gap_mm,
            gap_at_mm=s.gap_at_mm,
            edge=target.edge,
        )
        for i, (target, s) in enumerate(zip(targets, seen, strict=True))
    ]


def _doubt_ends(
    targets: Sequence[Target], seen: Sequence[Seen], points: Floats, fits: Fits, first: Index, covariance: Floats
) -> None:
    """Adds to the covariance of lines what their unseen ends may do: the drawing's edge is all of it."""
    for f, (target, s) in enumerate(zip(targets, seen, strict=True)):
        nominal = s.fitted(s.nominal_mm)
        if target.ends_mm is None or not math.isfinite(fits.params[f, 0]):
            continue
        before, after = math.dist(nominal[0], target.ends_mm[0]), math.dist(nominal[-1], target.ends_mm[1])
        here = slice(first[f], first[f + 1])
        c, s_ = math.cos(fits.params[f, 0]), math.sin(fits.params[f, 0])
        run = c * points[here, 1] - s_ * points[here, 0]
        turn, shift = whole_line(fits.residuals[here], run, before, after)
        covariance[f, 0, 0] += turn**2
        covariance[f, 1, 1] += shift**2


def _covariances(fits: Fits, variance: Floats, local_mm: Floats) -> Floats:
    """(f, p, p) of the parameters: the mean variance of the points' noise, and what a whole edge may be off."""
    covariance = fits.shape * (variance + fits.used * local_mm**2)[:, None, None]
    return np.nan_to_num(covariance, nan=0.0, posinf=0.0)
