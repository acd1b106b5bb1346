"""What is the part and what is noise along an edge: a Gaussian low-pass, and the motion that fits most points best."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled

Floats = NDArray[np.float64]

_SMALLEST_SIGMA = 0.3  # points: below, a low-pass does nothing
MOST_COLUMNS = 3
_TUKEY_WIDTH = 4.685
_DEPENDENT = 1e-13  # pivot of normal equations scaled to unit diagonal: such a column says nothing new
_ROUNDS, _HASTY = 200, 12  # in all, and those that may go farther than is safe
_LONGEST = 1.6
_HALVINGS = 64
_SETTLED = 1e-7  # of the robust scale: what all further rounds would still move any point
_LEAST, _SHRINKS = 0.1, 0.3  # steps that grow smaller at least so do so evenly: what is left of them can be told


def smooth(values: Floats, sigma_points: float, closed: bool, smooth_form: bool = True) -> Floats:
    """Low-pass (n,) along a contour, in points: Gaussian regression (ISO 16610-28).

    Of a `smooth_form`, of second order, which leaves waves 15 sigma long as they are where a plain Gaussian takes a
    twelfth; but beside a step it overshoots. So of first order where deviations jump at corners, and to open ends.
    """
    return np.asarray(smoothed(np.ascontiguousarray(values, np.float64), sigma_points, closed, smooth_form))


@compiled
def noise_left(sigma_points: float, smooth_form: bool = True) -> float:
    """Factor by which `smooth` reduces white noise: √(1 / (2 √π σ)), of second order √(27/16) times as much."""
    if sigma_points <= _SMALLEST_SIGMA:
        return 1.0
    return min(1.0, math.sqrt((27.0 / 16.0 if smooth_form else 1.0) / (2.0 * math.sqrt(math.pi) * sigma_points)))


def robust_residuals(deviations: Floats, basis: Floats, floor: float) -> Floats:
    """What is left (n,) of `deviations` after the motion along the columns of `basis` (n, p) that fits most best."""
    if basis.shape[1] == 0:
        return deviations
    return robust_motion(deviations, basis, floor)[1]


def robust_motion(
    deviations: Floats, basis: Floats, floor: float, start: tuple[float, ...] | None = None
) -> tuple[tuple[float, ...], Floats]:
    """The motion (3,) along the columns of `basis` (n, p ≤ 3), filled up with zeros, and what it leaves of the
    deviations (n,).

    Iteratively reweighted least squares with Tukey's biweight (width 4.685 robust standard deviations, at least
    `floor`), by normal equations; from least squares, or from a motion known to be near.
    """
    count, size = basis.shape
    if size < MOST_COLUMNS:
        basis = np.column_stack([basis, np.zeros((count, MOST_COLUMNS - size))])
    motion, residuals = np.zeros(MOST_COLUMNS) if start is None else np.array(start), np.empty(count)
    reweighted(
        deviations, np.ascontiguousarray(basis), floor, start is None, motion, residuals, np.empty(2 * count + 1)
    )
    return tuple(motion.tolist()), residuals


@compiled
def smoothed(values: Floats, sigma: float, closed: bool, smooth_form: bool = True) -> Floats:
    """`smooth`, compiled: the two halves of the kernel at once, one tap after the other over all points."""
    count = len(values)
    if sigma <= _SMALLEST_SIGMA or count < 5:
        return values
    reach = min(math.ceil(4.0 * sigma), count - 1)
    t = np.arange(reach + 1) / sigma
    kernel = np.exp(-0.5 * t * t)
    if smooth_form:  # weights that fit a parabola: 1.5 - t²/2 times the Gaussian's, but for sums over whole points
        second, fourth = 2.0 * (kernel * t * t).sum(), 2.0 * (kernel * t**4).sum()
        kernel *= fourth - second * t * t
    kernel /= kernel[0] + 2.0 * kernel[1:].sum()
    padded = np.zeros(count + 2 * reach)
    padded[reach : reach + count] = values
    if closed:
        padded[:reach], padded[reach + count :] = values[count - reach :], values[:reach]
    found = np.empty(count)
    for i in range(count):
        found[i] = kernel[0] * values[i]
    for j in range(1, reach + 1):
        before, after, weight = padded[reach - j :], padded[reach + j :], kernel[j]
        for i in range(count):
            found[i] += weight * (before[i] + after[i])
    if not closed:
        for i in range(min(reach, count)):
            found[i] = _at_end(values, i, reach, sigma)
            found[count - 1 - i] = _at_end(values, count - 1 - i, reach, sigma)
    return found


@compiled
def _at_end(values: Floats, at: int, reach: int, sigma: float) -> float:
    """The straight line through the neighbours of a point near an open end, weighed by their distance, there."""
    s0 = s1 = s2 = y0 = y1 = 0.0
    for i in range(max(at - reach, 0), min(at + reach, len(values) - 1) + 1):
        t = (i - at) / sigma
        w = math.exp(-0.5 * t * t)
        s0, s1, s2 = s0 + w, s1 + w * t, s2 + w * t * t
        y0, y1 = y0 + w * values[i], y1 + w * t * values[i]
    return (s2 * y0 - s1 * y1) / (s0 * s2 - s1 * s1)


@compiled
def typical(values: Floats, guess: float, scratch: Floats) -> float:
    """Median of values ≥ 0 (NaN of none), looked for near a guess first; `scratch` has room for one more than they are.

    The range that holds it is halved until it holds few: counting has no branch, putting in order has one a value.
    """
    count = len(values)
    first, last = (count - 1) // 2, count // 2
    low, high = 0.92 * guess, 1.08 * guess
    under, over = _below(values, low), _below(values, high)
    if under > first or over <= last:
        low, high, under, over = 0.0, np.nextafter(largest(values), np.inf), 0, count
    if count == 0 or not high < math.inf:
        return float(np.median(values)) if count > 0 else math.nan
    few = 32 + count // 256
    for _ in range(_HALVINGS):
        if over - under <= few:
            break
        middle = 0.5 * (low + high)
        if middle <= low or middle >= high:
            return low  # nothing is between: all that is left is equal
        n = _below(values, middle)
        if n <= first:
            low, under = middle, n
        elif n > last:
            high, over = middle, n
        else:
            break  # between the two middle ones of an even number
    inside = 0
    for i in range(count):
        scratch[inside] = values[i]
        inside += low <= values[i] < high
    left = scratch[:inside]
    left.sort()
    return float(0.5 * (left[first - under] + left[last - under]))


@compiled
def _below(values: Floats, limit: float) -> int:
    n = 0
    for i in range(len(values)):
        n += values[i] < limit
    return n


@compiled
def largest(values: Floats) -> float:
    """The largest magnitude; 0 of none."""
    most = 0.0
    for i in range(len(values)):
        most = max(most, abs(values[i]))
    return most


@compiled
def reweighted(
    deviations: Floats, basis: Floats, floor: float, cold: bool, motion: Floats, residuals: Floats, scratch: Floats,
    guess: float = 0.0,
) -> float:  # fmt: skip
    """`robust_motion`, compiled, of three columns, into `motion` and `residuals`, from least squares (`cold`) or
    from what `motion` is; `scratch` (2 n + 1,) is room to work. Returns
    the median magnitude that is left, for which there may be a `guess`."""
    count, floor = len(deviations), max(floor, 1e-12)
    most, normal, right, step = np.zeros(3), np.empty((3, 3)), np.empty(3), np.empty(3)
    magnitude, middle = scratch[count + 1 :], guess
    for i in range(count):
        for j in range(3):
            most[j] = max(most[j], abs(basis[i, j]))
    spread = moved = math.inf  # the first round of a cold start is plain least squares
    for round_ in range(_ROUNDS + 1):
        x, y, z = motion
        for i in range(count):
            left = deviations[i] - (basis[i, 0] * x + basis[i, 1] * y + basis[i, 2] * z)
            residuals[i], magnitude[i] = left, abs(left)
        if round_ > 0:
            before, moved = moved, (np.abs(step) * most).sum()
            shrinks = max(moved / before, _LEAST) if moved < _SHRINKS * before else 1.0
            if round_ == _ROUNDS or (spread < math.inf and moved * shrinks <= _SETTLED * spread):
                break
        if round_ > 0 or not cold:
            middle = typical(magnitude, middle, scratch[: count + 1])
            spread = max(1.4826 * middle, floor)
        width = 1.0 / (_TUKEY_WIDTH * spread)
        saa = sab = sac = sbb = sbc = scc = sa = sb = sc = total = slope = 0.0
        for i in range(count):
            ratio = magnitude[i] * width
            ratio = min(ratio * ratio, 1.0)
            weight = (1.0 - ratio) * (1.0 - ratio)
            total += weight
            slope += (1.0 - ratio) * (1.0 - 5.0 * ratio)
            a, b, c = basis[i, 0], basis[i, 1], basis[i, 2]
            wa, wb, wc, left = weight * a, weight * b, weight * c, residuals[i]
            saa += wa * a
            sab += wa * b
            sac += wa * c
            sbb += wb * b
            sbc += wb * c
            scc += wc * c
            sa += wa * left
            sb += wb * left
            sc += wc * left
        normal[0, 0], normal[1, 0], normal[1, 1] = saa, sab, sbb
        normal[2, 0], normal[2, 1], normal[2, 2] = sac, sbc, scc
        right[0], right[1], right[2] = sa, sb, sc
        _solved(normal, right, step)
        # A round goes Σψ' / Σw of the way; a step up to twice as long still lowers the loss it majorises.
        step *= min(total / slope, _LONGEST) if slope > 0.0 and round_ < _HASTY else 1.0
        motion += step
    return middle


@compiled
def _solved(normal: Floats, right: Floats, x: Floats) -> None:
    """A small positive semidefinite system (lower triangle given, destroyed) by elimination with diagonal pivots; what
    depends on the rest stays 0."""
    size = len(right)
    unit, open_ = np.empty(size), np.ones(size, np.bool_)
    for j in range(size):
        unit[j] = 1.0 / math.sqrt(max(normal[j, j], 1e-300))
        for k in range(j):
            normal[k, j] = normal[j, k]
    for j in range(size):
        right[j] *= unit[j]
        for k in range(size):
            normal[j, k] *= unit[j] * unit[k]
    for _ in range(size):
        best, pivot = _DEPENDENT, -1
        for j in range(size):
            if open_[j] and normal[j, j] > best:
                best, pivot = normal[j, j], j
        if pivot < 0:
            break
        open_[pivot] = False
        factor = 1.0 / normal[pivot, pivot]
        right[pivot] *= factor
        for k in range(size):
            normal[pivot, k] *= factor
        for i in range(size):
            if i != pivot:
                share = normal[i, pivot]
                right[i] -= share * right[pivot]
                for k in range(size):
                    normal[i, k] -= share * normal[pivot, k]
    for j in range(size):
        x[j] = 0.0 if open_[j] else right[j] * unit[j]
