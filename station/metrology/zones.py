"""Minimum zones (Chebyshev): the smallest half width that holds all deviations, after a motion the tolerance leaves
free.

Roundness, straightness and profile are one problem: minimise max |d - B·x| over x, a linear programme in a few
unknowns. Stiefel's exchange solves its dual on as few points as there are unknowns and one, from one such reference to
the next better; what it returns is certified, or else the programme itself is solved.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from station.compiled import compiled

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

NOTHING = 1e-9  # deviations below are rounding, and a programme over them would not solve
_SINGULAR = 1e-10  # pivot of a reference whose rows are scaled to 1
_EXCHANGES = 200
_CERTIFIED = 1e-11  # of the largest deviation: what a point may stand beyond the levelled reference


def minimum_zone(deviations: Floats, basis: Floats) -> tuple[float, Floats]:
    """(half width, residuals (n,)) of the Chebyshev fit of `deviations` (n,) by the columns of `basis` (n, p).

    Exact for the linearised motion of ISO/TS 12181-1's minimum zone circles. Source: E. Stiefel, "Über diskrete und
    lineare Tschebyscheff-Approximationen", Numer. Math. 1 (1959).
    """
    count, size = basis.shape
    b, d = np.array(basis, order="C"), np.array(deviations)
    unit = to_one(b, d)
    if count <= size or unit < NOTHING:
        return 0.0, np.zeros(count)
    residuals = np.empty(count)
    if not exchanged(b, d, residuals, np.empty(size + 1, np.intp), np.empty(size + 1), False):
        residuals = _programmed(b, d)
    residuals *= unit
    return max(float(residuals.max()), -float(residuals.min())), residuals


@compiled
def to_one(basis: Floats, deviations: Floats) -> float:
    """Scales columns and deviations, in place, to a largest value of 1; the largest deviation before."""
    unit = 0.0
    for i in range(len(deviations)):
        unit = max(unit, abs(deviations[i]))
    share = 1.0 / max(unit, 1e-300)
    for i in range(len(deviations)):
        deviations[i] *= share
    for j in range(basis.shape[1]):
        largest = 1e-300
        for i in range(len(deviations)):
            largest = max(largest, abs(basis[i, j]))
        share = 1.0 / largest
        for i in range(len(deviations)):
            basis[i, j] *= share
    return unit


@compiled
def exchanged(b: Floats, d: Floats, residuals: Floats, which: Index, sign: Floats, near: bool) -> bool:
    """Residuals of the Chebyshev fit by single exchange; False where it cannot be certified.

    A reference of p + 1 points has weights θ ≥ 0, Σθ = 1, Σ θ s b = 0 with the signs s of its residuals, and a level
    Σ θ s d below which no motion brings the largest residual. The point standing farthest out enters with its sign,
    the one whose weight first falls to zero leaves, and the level rises until nothing stands beyond it. The last
    reference is left in `which` and `sign` (p + 1,); with `near` the search starts from what they hold.
    """
    count, size = b.shape
    m = size + 1
    if not near:
        for k in range(m):
            which[k] = (2 * k + 1) * count // (2 * m)
    a, inverse, x, enter = np.empty((m, m)), np.empty((m, m)), np.empty(m), np.empty(m)
    if not near and not _first_signs(b, which, sign):
        return False
    for round_ in range(_EXCHANGES):
        for k in range(m):
            for j in range(size):
                a[j, k] = sign[k] * b[which[k], j]
            a[size, k] = 1.0
        if not _inverted(a, inverse):
            return False
        if near and round_ == 0:
            for k in range(m):
                if inverse[k, size] < 0.0:
                    return False
        # Weights are the last column of the inverse; motion and level solve the transposed equations.
        x[:] = 0.0
        for k in range(m):
            for j in range(m):
                x[j] += inverse[k, j] * sign[k] * d[which[k]]
        if round_ == 0 and x[size] < 0.0:
            sign[:] = -sign
            continue
        worst, farthest = 0, -1.0
        for i in range(count):
            left = d[i]
            for j in range(size):
                left -= b[i, j] * x[j]
            residuals[i] = left
            if abs(left) > farthest:
                worst, farthest = i, abs(left)
        if not math.isfinite(farthest) or not math.isfinite(x[size]):
            return False
        if farthest <= x[size] + _CERTIFIED:
            return True
        for j in range(size):
            enter[j] = math.copysign(1.0, residuals[worst]) * b[worst, j]
        enter[size] = 1.0
        leaves, least = -1, math.inf
        for k in range(m):
            share = 0.0
            for j in range(m):
                share += inverse[k, j] * enter[j]
            if share > 1e-12 and inverse[k, size] / share < least:
                leaves, least = k, inverse[k, size] / share
        if leaves < 0:
            return False
        which[leaves], sign[leaves] = worst, math.copysign(1.0, residuals[worst])
    return False


@compiled
def _first_signs(b: Floats, which: Index, sign: Floats) -> bool:
    """Signs of the one linear dependence between the rows of a reference; False where there is more than one."""
    m = len(which)
    size = m - 1
    t, column = np.empty((size, m)), np.arange(m)
    for j in range(size):
        for k in range(m):
            t[j, k] = b[which[k], j]
    for j in range(size):
        best, row, place = 0.0, j, j
        for i in range(j, size):
            for k in range(j, m):
                if abs(t[i, k]) > best:
                    best, row, place = abs(t[i, k]), i, k
        if not best > _SINGULAR:
            return False
        for k in range(m):
            t[j, k], t[row, k] = t[row, k], t[j, k]
        for i in range(size):
            t[i, j], t[i, place] = t[i, place], t[i, j]
        column[j], column[place] = column[place], column[j]
        for i in range(size):
            if i != j:
                factor = t[i, j] / t[j, j]
                for k in range(j, m):
                    t[i, k] -= factor * t[j, k]
    sign[column[size]] = 1.0
    for j in range(size):
        sign[column[j]] = -1.0 if t[j, size] / t[j, j] > 0.0 else 1.0
    return True


@compiled
def _inverted(a: Floats, inverse: Floats) -> bool:
    """Inverse of a small matrix, which is destroyed, by elimination with row pivots; False where it is singular."""
    m = len(a)
    inverse[:] = 0.0
    for k in range(m):
        inverse[k, k] = 1.0
    for j in range(m):
        pivot = j
        for i in range(j + 1, m):
            if abs(a[i, j]) > abs(a[pivot, j]):
                pivot = i
        if not abs(a[pivot, j]) > _SINGULAR:
            return False
        for k in range(m):
            a[j, k], a[pivot, k] = a[pivot, k], a[j, k]
            inverse[j, k], inverse[pivot, k] = inverse[pivot, k], inverse[j, k]
        scale = 1.0 / a[j, j]
        for k in range(m):
            a[j, k] *= scale
            inverse[j, k] *= scale
        for i in range(m):
            factor = a[i, j]
            if i != j and factor != 0.0:
                for k in range(m):
                    a[i, k] -= factor * a[j, k]
                    inverse[i, k] -= factor * inverse[j, k]
    return True


def _programmed(b: Floats, d: Floats) -> Floats:
    """Residuals (n,) by linear programming, for columns that depend on each other and references that cycle.

    Solved on few points, the worst offenders added until none is left; the deviations themselves when the programme
    cannot be solved.
    """
    count, size = b.shape
    active = np.unique(
        np.concatenate([np.linspace(0, count - 1, min(count, 16)).astype(int), [int(d.argmax()), int(d.argmin())]])
    )
    x = np.zeros(size)
    for _ in range(60):
        rows = b[active]
        ones = np.ones((len(active), 1))
        solved = linprog(
            np.append(np.zeros(size), 1.0),
            A_ub=np.block([[rows, -ones], [-rows, -ones]]),
            b_ub=np.concatenate([d[active], -d[active]]),
            bounds=[(None, None)] * size + [(0, None)],
            method="highs",
        )
        if solved.x is None:
            break
        x, half = solved.x[:size], float(solved.x[size])
        excess = np.abs(d - b @ x) - half
        if excess.max() <= 1e-9:
            break
        worst = np.argsort(-excess)[:8]
        active = np.union1d(active, worst[excess[worst] > 1e-9])
    return np.asarray(d - b @ x)
