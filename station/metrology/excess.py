"""What noise alone adds to an extreme.

The largest of many noisy points lies above the largest of the edge. About a flat top many points compete for it and the
excess is that of a largest of N; about a sharp one few do, and it is small; and where there is no form at all, the
extreme is noise and nothing else.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled

Floats = NDArray[np.float64]

# Low-passed noise has as large extremes as independent points so many sigma of the filter apart (simulated for 60 to
# 1000 points, sigma 1 to 3: to 0.1 of its standard deviation).
_APART, _APART_SMOOTH_FORM = 1.4, 1.0
_BELOW, _ABOVE, _NODES = 3.0, 4.5, 16  # of the noise about the top: where the largest may come to lie
_CERTAIN = 1e-9  # a share of the distribution that says nothing any more
_NEAR = 0.125  # of a contour, to each side of where something touches: farther off is another contact
_BINOMIAL = (1.0 / 16.0, 4.0 / 16.0, 6.0 / 16.0)  # of five neighbours: their own noise must not look like form


@compiled
def excess_above(quiet: Floats, noise: float, sigma: float, closed: bool, smooth_form: bool) -> float:
    """By how much (as `quiet`) noise lifts the largest of the low-passed values (n,) along a contour, on the average.

    `noise` is their standard deviation, `sigma` (points) that of the low-pass. The expected largest of independent
    normal values about the form, less the form's own largest; where the extreme is hardly more than noise, that in
    quadrature. For the smallest, ask for the negative values.
    """
    return _largest_of(quiet, quiet, noise, sigma, closed, smooth_form)


@compiled
def excess_at_contact(quiet: Floats, noise: float, sigma: float, closed: bool, smooth_form: bool) -> float:
    """The same of a reference that touches at several points: each lifts it by what noise adds there alone."""
    count = len(quiet)
    most, near = int(np.argmax(quiet)), int(_NEAR * count)
    window = np.empty(2 * near + 1)
    inside = 0
    for i in range(most - near, most + near + 1):
        if closed or 0 <= i < count:
            window[inside] = quiet[i % count]
            inside += 1
    return _largest_of(quiet, window[:inside], noise, sigma, False, smooth_form)


@compiled
def _largest_of(quiet: Floats, rivals: Floats, noise: float, sigma: float, closed: bool, smooth_form: bool) -> float:
    """Of some of the points, `rivals`, that have the largest among them."""
    if len(quiet) < 2 or not noise > 0.0:
        return 0.0
    apart = max(int((_APART_SMOOTH_FORM if smooth_form else _APART) * sigma + 0.5), 1)
    form = _calmed(_means(rivals, apart), closed)
    off = quiet.max() - quiet.mean()
    alone = _expected_top(np.zeros(1), max(len(quiet) // apart, 1), noise)
    flat = off - math.sqrt(max(off * off - alone * alone, 0.0))
    return float(min(max(_expected_top(form, 1, noise) - form.max(), flat), off))


@compiled
def _means(values: Floats, together: int) -> Floats:
    number = max(len(values) // together, 1)
    found = np.zeros(number)
    for b in range(number):
        first, last = b * len(values) // number, (b + 1) * len(values) // number
        for i in range(first, last):
            found[b] += values[i]
        found[b] /= last - first
    return found


@compiled
def _calmed(values: Floats, closed: bool) -> Floats:
    count = len(values)
    if count < 5:
        return values
    found = np.empty(count)
    for i in range(count):
        total = _BINOMIAL[2] * values[i]
        for step in (1, 2):
            for k in (i - step, i + step):
                # Beyond an open end the edge goes on as it is.
                j = k % count if closed else min(max(k, 0), count - 1)
                total += _BINOMIAL[2 - step] * values[j]
        found[i] = total
    return found


@compiled
def _expected_top(form: Floats, times: int, noise: float) -> float:
    """Of the largest of independent normal values about `form` (n,), each there so many `times`: its distribution
    function is their product."""
    top = form.max()
    step = (_BELOW + _ABOVE) * noise / (_NODES - 1)
    expected = start = top - _BELOW * noise
    scale = -1.0 / (noise * math.sqrt(2.0))
    for node in range(_NODES):
        t = start + node * step
        near, below = t - _ABOVE * noise, 1.0
        for value in form:
            if value > near:
                below *= 0.5 * math.erfc((t - value) * scale)
                if below < _CERTAIN:
                    break
        if times > 1:
            below = below**times
        expected += (0.5 if node in (0, _NODES - 1) else 1.0) * step * (1.0 - below)
    return float(expected)
