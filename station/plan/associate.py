"""From edge points to measured features: all circles in one batch, all lines in another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from station.metrology.association import Fits, fit_circles, fit_lines
from station.metrology.features import Kind, MeasuredFeature
from station.plan.targets import Target

Floats = NDArray[np.float64]

PHASE_PX = 0.0011  # seen on rendered plates with known centres


def associate(
    targets: Sequence[Target],
    points_mm: Sequence[Floats],
    nominal_mm: Sequence[Floats],
    normals: Sequence[Floats],
    noise_mm: Sequence[Floats],
    gaps: Sequence[tuple[float, tuple[float, float]]],
    local_mm: Sequence[float],
) -> list[MeasuredFeature]:
    """One measured feature per target; `points_mm` etc. hold what was found of each (n_i, 2), part frame; `gaps` the
    longest stretch (mm) without an edge and its middle; `local_mm` how far each whole edge may be off beyond noise.

    The covariance of a fit is that of its points' noise plus `local_mm`, the standard uncertainty of a whole edge's
    place that noise does not explain: it acts as if it were independent over the contour, so that a short arc's centre
    pays for it as it should.
    """
    fitted: dict[int, tuple[tuple[float, ...], Floats, Floats]] = {}
    for kind in (Kind.CIRCLE, Kind.LINE):
        members = [i for i, target in enumerate(targets) if target.kind is kind and len(points_mm[i]) >= 5]
        if not members:
            continue
        points = np.concatenate([points_mm[i] for i in members])
        index = np.repeat(np.arange(len(members)), [len(points_mm[i]) for i in members])
        floor = np.array([2.0 * float(np.median(noise_mm[i])) for i in members])
        if kind is Kind.CIRCLE:
            fits = fit_circles(points, index, np.array([targets[i].start for i in members]), floor)
        else:
            fits = fit_lines(points, index, np.array([normals[i].mean(axis=0) for i in members]), floor)
        for place, i in enumerate(members):
            fitted[i] = _with_covariance(fits, place, index == place, noise_mm[i], local_mm[i], targets[i])
    features = []
    for i, target in enumerate(targets):
        params, covariance, weights = fitted.get(i, ((), np.zeros((0, 0)), np.ones(len(points_mm[i]))))
        failed = target.kind is not Kind.CONTOUR and (not params or not np.isfinite(params).all())
        features.append(
            MeasuredFeature(
                id=target.id,
                kind=target.kind,
                points_mm=points_mm[i],
                nominal_mm=nominal_mm[i],
                normals=normals[i],
                u_mm=noise_mm[i],
                spacing_mm=target.spacing_mm,
                closed=target.closed,
                params=() if failed else params,
                covariance=np.zeros((0, 0)) if failed else covariance,
                outward=target.outward,
                expected=len(target),
                kept=weights > 0.0,
                gap_mm=gaps[i][0],
                gap_at_mm=gaps[i][1],
            )
        )
    return features


def _with_covariance(
    fits: Fits, place: int, rows: NDArray[np.bool_], noise_mm: Floats, local_mm: float, target: Target
) -> tuple[tuple[float, ...], Floats, Floats]:
    used = float(fits.used[place])
    noise = float(np.sqrt(np.mean(noise_mm**2)))
    covariance = fits.shape[place] * (noise**2 + used * local_mm**2)
    if target.kind is Kind.CIRCLE:
        # Bilinear interpolation's error depends on the pixel phase: it averages out in a radius, not in a centre.
        covariance = covariance + np.diag([1.0, 1.0, 0.0]) * (PHASE_PX * target.spacing_mm) ** 2
    params = tuple(float(p) for p in fits.params[place])
    return params, np.nan_to_num(covariance, nan=0.0, posinf=0.0), fits.weights[rows]
