"""Connectionist temporal classification: how likely a string is, given a score for each character in each column.

Graves et al., "Connectionist temporal classification" (2006): a path says one character or nothing in each column; of
equal neighbours one is left, then nothing is dropped. All in logarithms. The last class is "nothing".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
NEVER = -1e30


def merged(log_p: NDArray[np.floating], classes: Sequence[Sequence[int]]) -> Floats:
    """(t, c) with some classes' probabilities added: the columns of each group all hold their sum."""
    out = np.array(log_p, np.float64)
    for group in classes:
        out[:, list(group)] = np.logaddexp.reduce(out[:, list(group)], axis=1)[:, None]
    return out


def log_likelihoods(log_p: Floats, strings: Sequence[Sequence[int]]) -> Floats:
    """ln of the probability of each string, summed over all paths (forward algorithm), for (t, c) of ln p.

    Strings are computed at the same time, shorter ones padded; one that does not fit in t columns is NEVER.
    """
    blank = log_p.shape[1] - 1
    longest = max(map(len, strings), default=0)
    states = np.full((len(strings), 2 * longest + 1), blank, np.intp)
    for row, string in zip(states, strings, strict=True):
        row[1 : 2 * len(string) : 2] = string
    skips = np.zeros(states.shape, bool)
    skips[:, 2:] = (states[:, 2:] != blank) & (states[:, 2:] != states[:, :-2])
    alpha = np.full(states.shape, NEVER)
    alpha[:, 0] = 0.0  # before the first column: as if a nothing had been said
    first = True
    for column in log_p:
        one, two = np.full(states.shape, NEVER), np.full(states.shape, NEVER)
        one[:, 1:] = alpha[:, :-1]
        if not first:
            two[:, 2:] = np.where(skips[:, 2:], alpha[:, :-2], NEVER)
        alpha = np.maximum(np.logaddexp(np.logaddexp(alpha, one), two) + column[states], NEVER)
        first = False
    ends = np.array([2 * len(string) for string in strings], np.intp)
    rows = np.arange(len(strings))
    before = np.where(ends > 0, alpha[rows, np.maximum(ends - 1, 0)], NEVER)
    return np.asarray(np.logaddexp(alpha[rows, ends], before))


def best_path(log_p: Floats) -> list[int]:
    """The string of the likeliest path: the likeliest class of each column, melted."""
    blank = log_p.shape[1] - 1
    said = log_p.argmax(1)
    changes = np.concatenate([[True], said[1:] != said[:-1]])
    return [int(c) for c in said[changes] if c != blank]


def aligned(log_p: Floats, string: Sequence[int]) -> tuple[list[tuple[int, int]], float]:
    """The likeliest path that says `string`: for each character its first column and the one after its last; its ln p.

    Viterbi's algorithm over the states of the forward one. A string that does not fit: no columns, NEVER.
    """
    blank = log_p.shape[1] - 1
    states = np.full(2 * len(string) + 1, blank, np.intp)
    states[1::2] = string
    skips = np.zeros(len(states), bool)
    skips[2:] = (states[2:] != blank) & (states[2:] != states[:-2])
    score = np.full(len(states), NEVER)
    came = np.zeros((len(log_p), len(states)), np.int8)
    for t, column in enumerate(log_p):
        if t == 0:
            score[: min(2, len(states))] = column[states[:2]]
            continue
        options = np.full((3, len(states)), NEVER)
        options[0] = score
        options[1, 1:] = score[:-1]
        options[2, 2:] = np.where(skips[2:], score[:-2], NEVER)
        came[t] = options.argmax(0)
        score = np.maximum(options.max(0) + column[states], NEVER)
    state = len(states) - 1
    if len(states) > 1 and score[-2] > score[-1]:
        state -= 1
    total = float(score[state])
    if total <= NEVER / 2:
        return [], NEVER
    spans = [[len(log_p), 0] for _ in string]
    for t in range(len(log_p) - 1, -1, -1):
        if state % 2:
            spans[state // 2][0] = t
            spans[state // 2][1] = max(spans[state // 2][1], t + 1)
        state -= int(came[t, state])
    return [(a, b) for a, b in spans], total


def prefix_beam(log_p: Floats, width: int = 8, least: float = -6.0) -> list[tuple[tuple[int, ...], float]]:
    """The likeliest strings, best first, with their ln p (a bound from below): prefix beam search (Hannun et al. 2014).

    Classes whose ln p in a column is under `least` are not followed there.
    """
    blank = log_p.shape[1] - 1
    beam: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, NEVER)}  # ends with nothing, with its last character
    for values, likely in zip(log_p.tolist(), log_p > least, strict=True):
        letters = [int(c) for c in np.flatnonzero(likely[:blank])]
        grown: dict[tuple[int, ...], list[float]] = {}
        for prefix, (nothing, last) in beam.items():
            both = _sum(nothing, last)
            entry = grown.setdefault(prefix, [NEVER, NEVER])
            entry[0] = _sum(entry[0], both + values[blank])
            if prefix:
                entry[1] = _sum(entry[1], last + values[prefix[-1]])
            for c in letters:
                longer = grown.setdefault((*prefix, c), [NEVER, NEVER])
                before = nothing if prefix and prefix[-1] == c else both
                longer[1] = _sum(longer[1], before + values[c])
        ranked = sorted(grown.items(), key=lambda item: -_sum(*item[1]))[:width]
        beam = {prefix: (a, b) for prefix, (a, b) in ranked}
    return [(prefix, _sum(a, b)) for prefix, (a, b) in beam.items() if max(a, b) > NEVER / 2]


def _sum(a: float, b: float) -> float:
    """ln of the sum of two probabilities."""
    high, low = (a, b) if a > b else (b, a)
    return high + math.log1p(math.exp(low - high)) if low > NEVER / 2 else high
