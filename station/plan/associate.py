"""From edge points to measured features: all circles in one batch, all lines in another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from station.metrology.association import Fits, fit_circles, fit_lines, segmented_median
from station.metrology.features import Kind, MeasuredFeature
from station.plan.targets import Target

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

PHASE_PX = 0.0003  # how a contour lies to the pixels: what a strip's few pixels leave, at most, over a run


def associate(
    targets: Sequence[Target],
    points_mm: Sequence[Floats],
    nominal_mm: Sequence[Floats],
    normals: Sequence[Floats],
    noise_mm: Sequence[Floats],
    gaps: Sequence[tuple[float, tuple[float, float]]],
    local_mm: Sequence[float],
    clear: Sequence[Mask] | None = None,
) -> list[MeasuredFeature]:
    """One measured feature per target; `points_mm` etc. hold what was found of each (n_i, 2), part frame; `gaps` the
    longest stretch (mm) without an edge and its middle; `local_mm` how far each whole edge may be off beyond noise;
    `clear` which points may be fitted (None: all).

    The covariance of a fit is that of its points' noise plus `local_mm`, the standard uncertainty of a whole edge's
    place that noise does not explain: it acts as if it were independent over the contour, so that a short arc's centre
    pays for it as it should.
    """
    used = [np.ones(len(p), bool) for p in points_mm] if clear is None else clear
    whole = [bool(mask.all()) for mask in used]

    def fitted_of(values: Sequence[Floats], i: int) -> Floats:
        return values[i] if whole[i] else values[i][used[i]]

    params: list[tuple[float, ...]] = [()] * len(targets)
    covariances: list[Floats] = [np.zeros((0, 0))] * len(targets)
    kept = list(used)
    for kind in (Kind.CIRCLE, Kind.LINE):
        members = [i for i, target in enumerate(targets) if target.kind is kind and used[i].sum() >= 5]
        if not members:
            continue
        sizes = np.array([used[i].sum() for i in members])
        index = np.repeat(np.arange(len(members)), sizes)
        noise = np.concatenate([fitted_of(noise_mm, i) for i in members])
        floor = 2.0 * segmented_median(noise, index, len(members))
        first = np.concatenate([[0], np.cumsum(sizes)])
        points = np.concatenate([fitted_of(points_mm, i) for i in members])
        if kind is Kind.CIRCLE:
            fits = fit_circles(points, index, np.array([targets[i].start for i in members]), floor)
        else:
            expected = np.add.reduceat(np.concatenate([fitted_of(normals, i) for i in members]), first[:-1], axis=0)
            fits = fit_lines(points, index, expected / sizes[:, None], floor)
        variance = np.add.reduceat(noise**2, first[:-1]) / sizes
        covariance = _covariances(fits, variance, np.array([local_mm[i] for i in members]))
        if kind is Kind.CIRCLE:
            # The error of a phase averages out in a radius, not in a centre.
            phase = np.array([PHASE_PX * targets[i].spacing_mm for i in members]) ** 2
            covariance[:, [0, 1], [0, 1]] += phase[:, None]
        belongs, bounds = np.asarray(fits.weights > 0.0), first.tolist()
        fitted = np.asarray(np.isfinite(fits.params).all(axis=1)).tolist()
        for place, (i, found) in enumerate(zip(members, fits.params.tolist(), strict=True)):
            mine = belongs[bounds[place] : bounds[place + 1]]
            if whole[i]:
                kept[i] = mine
            else:
                kept[i] = used[i].copy()
                kept[i][used[i]] = mine
            if fitted[place]:
                params[i], covariances[i] = tuple(found), covariance[place]
    return [
        MeasuredFeature(
            id=target.id,
            kind=target.kind,
            points_mm=points_mm[i],
            nominal_mm=nominal_mm[i],
            normals=normals[i],
            u_mm=noise_mm[i],
            spacing_mm=target.spacing_mm,
            closed=target.closed,
            params=params[i],
            covariance=covariances[i],
            outward=target.outward,
            expected=len(target),
            kept=kept[i] if params[i] or target.kind is Kind.CONTOUR else np.ones(len(points_mm[i]), bool),
            gap_mm=gaps[i][0],
            gap_at_mm=gaps[i][1],
        )
        for i, target in enumerate(targets)
    ]


def _covariances(fits: Fits, variance: Floats, local_mm: Floats) -> Floats:
    """(f, p, p) of the parameters: the mean variance of the points' noise, and what a whole edge may be off."""
    covariance = fits.shape * (variance + fits.used * local_mm**2)[:, None, None]
    return np.nan_to_num(covariance, nan=0.0, posinf=0.0)
