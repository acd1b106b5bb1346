"""The readings a string is held against: itself with one character replaced, all at once.

From the forward and backward probabilities of connectionist temporal classification (Graves et al. 2006): what comes
before a place and what comes after it is computed once, and each class is put between.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from station.vision.text.ctc import NEVER

Floats: TypeAlias = NDArray[np.float64]

UNSEEN = -8.0  # in a column


def with_one_replaced(log_p: Floats, string: Sequence[int]) -> Floats:
    """(n, c): ln of the probability of the string with character n replaced by class c, NEVER for "nothing" and for
    classes that are UNSEEN in every column. `string` must not be empty; log_p is (t, c)."""
    columns, classes = log_p.shape
    blank, count = classes - 1, len(string)
    states = np.full(2 * count + 1, blank, np.intp)
    states[1::2] = string
    alpha, beta = _forward(log_p, states), _backward(log_p, states)
    seen = np.flatnonzero((log_p > UNSEEN).any(0))  # the others are no rivals: they would only cost time
    classed = np.union1d(seen[seen != blank], [string[0]])
    before = np.array([-1, *string[:-1]])[:, None]  # the characters on either side of each place
    after = np.array([*string[1:], -1])[:, None]
    last, following = np.arange(0, 2 * count, 2), np.arange(2, 2 * count + 1, 2)  # the "nothing" on either side
    inside = np.full((count, len(classed)), NEVER)
    total = np.full((count, len(classed)), NEVER)
    for t in range(columns):
        if t == 0:
            enters = np.full((count, len(classed)), NEVER)
            enters[0] = 0.0
        else:
            skipped = np.where(last > 0, alpha[t - 1, np.maximum(last - 1, 0)], NEVER)[:, None]
            enters = np.logaddexp(alpha[t - 1, last][:, None], np.where(before == classed, NEVER, skipped))
        inside = np.maximum(np.logaddexp(inside, enters) + log_p[t, classed], NEVER)
        if t == columns - 1:
            leaves = np.full((count, len(classed)), NEVER)
            leaves[-1] = 0.0
        else:
            skipped = np.where(following < 2 * count, beta[t + 1, np.minimum(following + 1, 2 * count)], NEVER)[:, None]
            leaves = np.logaddexp(beta[t + 1, following][:, None], np.where(after == classed, NEVER, skipped))
        total = np.logaddexp(total, inside + leaves)
    replaced = np.full((count, classes), NEVER)
    replaced[:, classed] = total
    return replaced


def _forward(log_p: Floats, states: NDArray[np.intp]) -> Floats:
    """(t, s) ln of the probability of all beginnings of paths that are in state s in column t."""
    blank = log_p.shape[1] - 1
    skips = np.zeros(len(states), bool)
    skips[2:] = (states[2:] != blank) & (states[2:] != states[:-2])
    alpha = np.full((len(log_p), len(states)), NEVER)
    alpha[0, :2] = log_p[0, states[:2]]
    for t in range(1, len(log_p)):
        one, two = np.full(len(states), NEVER), np.full(len(states), NEVER)
        one[1:] = alpha[t - 1, :-1]
        two[2:] = np.where(skips[2:], alpha[t - 1, :-2], NEVER)
        come = np.logaddexp(np.logaddexp(alpha[t - 1], one), two)
        alpha[t] = np.maximum(come + log_p[t, states], NEVER)
    return alpha


def _backward(log_p: Floats, states: NDArray[np.intp]) -> Floats:
    """(t, s) of all ends of paths from state s in column t, that column included."""
    return _forward(log_p[::-1], states[::-1])[::-1, ::-1]
