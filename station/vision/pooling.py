"""Levels that runs of a picture tell each other.

Runs that agree within their noise know what all of them know. Those that do not are compared with a lamp's fall-off, a
second-order surface: a small hole in the middle of a part that fills the picture is lit otherwise than its outer edge.
What is left after that is what runs scatter by themselves.
"""

from __future__ import annotations

import numpy as np

from station.compiled import compiled
from station.vision.probe import Floats, Index
from station.vision.sharing import SIGNIFICANT

_TERMS = 6  # 1, x, y, x², xy, y²
_USUAL_FALL = 0.05  # of the level, from the middle of the runs to their farthest: how much light commonly changes


@compiled
def pool(value: Floats, weight: Floats, places: Floats, starts: Index, known: Floats, sure: Floats) -> None:
    """Into `known`, `sure` (r,) what all other runs of the picture say of a run's level, and its inverse variance.

    Run i has the blocks `starts[i]` to `starts[i + 1]` of `value`, `weight` (b,) and `places` (b, 2). The scatter
    between runs beyond their noise is that of DerSimonian & Laird (Controlled Clinical Trials 7, 1986).
    """
    runs = len(known)
    own, mean = np.zeros(runs), np.zeros(runs)
    for i in range(runs):
        here = weight[starts[i] : starts[i + 1]]
        own[i] = here.sum()
        mean[i] = (here * value[starts[i] : starts[i + 1]]).sum() / own[i] if own[i] > 0.0 else 0.0
    known[:] = sure[:] = 0.0
    counted = (own > 0.0).sum()
    if counted < 2:
        return
    total = own.sum()
    middle = (own * mean).sum() / total
    scatter = (own * (mean - middle) ** 2).sum()
    freedom = counted - 1.0
    terms = np.ones((runs, 1))
    if scatter > freedom + SIGNIFICANT * np.sqrt(2.0 * freedom):
        terms = _surface_terms(weight, places, starts)
    share, between = own, 0.0
    spread = _spread(terms, share, middle)
    if terms.shape[1] > 1:
        level = terms @ (spread @ (terms.T @ (share * mean)))
        left, free = 0.0, float(counted)
        for i in range(runs):
            left += own[i] * (mean[i] - level[i]) ** 2
            free -= own[i] * _variance(terms[i], spread)
        between = max(left - free, 0.0) / (total - (own * own).sum() / total)
        share = own / (1.0 + own * between)
        spread = _spread(terms, share, middle)
    level = terms @ (spread @ (terms.T @ (share * mean)))
    for i in range(runs):
        # Without the run itself.
        variance = _variance(terms[i], spread)
        others = 1.0 - share[i] * variance
        if others > 1e-9:
            known[i] = (level[i] - share[i] * variance * mean[i]) / others
            sure[i] = 1.0 / (between + variance / others)


@compiled
def _surface_terms(weight: Floats, places: Floats, starts: Index) -> Floats:
    """(r, 6) the terms of the surface for each run's mean, of places relative to the middle of all and their reach."""
    runs = len(starts) - 1
    x, y = _to_one(places[:, 0]), _to_one(places[:, 1])
    terms = np.zeros((runs, _TERMS))
    for i in range(runs):
        unread = not weight[starts[i] : starts[i + 1]].any()
        total = 0.0
        for b in range(starts[i], starts[i + 1]):
            w = 1.0 if unread else weight[b]
            total += w
            terms[i] += w * np.array([1.0, x[b], y[b], x[b] * x[b], x[b] * y[b], y[b] * y[b]])
        terms[i] /= max(total, 1e-12)
    return terms


@compiled
def _to_one(places: Floats) -> Floats:
    low, high = places.min(), places.max()
    return np.asarray((places - 0.5 * (low + high)) / max(0.5 * (high - low), 1.0))


@compiled
def _spread(terms: Floats, share: Floats, level: float) -> Floats:
    """(t, t) covariance of the surface's coefficients; all but the first are beforehand expected about zero."""
    count = terms.shape[1]
    matrix = np.zeros((count, count))
    for k in range(1, count):
        matrix[k, k] = 1.0 / (_USUAL_FALL * level) ** 2
    for i in range(len(share)):
        for k in range(count):
            for j in range(count):
                matrix[k, j] += share[i] * terms[i, k] * terms[i, j]
    # Gauss and Jordan in place: the matrix is positive definite, no pivot is zero.
    for k in range(count):
        pivot = 1.0 / matrix[k, k]
        matrix[k, k] = 1.0
        matrix[k] *= pivot
        for j in range(count):
            if j != k:
                factor = matrix[j, k]
                matrix[j, k] = 0.0
                matrix[j] -= factor * matrix[k]
    return matrix


@compiled
def _variance(terms: Floats, spread: Floats) -> float:
    total = 0.0
    for k in range(len(terms)):
        for j in range(len(terms)):
            total += terms[k] * spread[k, j] * terms[j]
    return total
