"""The algorithms of connectionist temporal classification against counting every path."""

from __future__ import annotations

from itertools import groupby, product

import numpy as np
import pytest

from station.vision.text.ctc import NEVER, aligned, best_path, log_likelihoods, merged, prefix_beam
from station.vision.text.rivals import with_one_replaced

BLANK = 2


def _columns(seed: int, count: int, classes: int = BLANK + 1) -> np.ndarray:
    p = np.random.default_rng(seed).dirichlet(np.ones(classes), count)
    return np.log(p)


def _counted(log_p: np.ndarray) -> dict[tuple[int, ...], float]:
    """The probability of every string, by enumeration."""
    found: dict[tuple[int, ...], float] = {}
    blank = log_p.shape[1] - 1
    for path in product(range(log_p.shape[1]), repeat=len(log_p)):
        said = tuple(c for c, _ in groupby(path) if c != blank)
        found[said] = found.get(said, 0.0) + float(np.exp(sum(log_p[t, c] for t, c in enumerate(path))))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_forward_sums_all_paths(seed: int) -> None:
    log_p = _columns(seed, 6)
    counted = _counted(log_p)
    strings = list(counted)
    assert np.exp(log_likelihoods(log_p, strings)) == pytest.approx([counted[s] for s in strings], rel=1e-9)
    assert sum(counted.values()) == pytest.approx(1.0)


def test_a_string_that_does_not_fit_is_never() -> None:
    assert log_likelihoods(_columns(1, 3), [(0, 0)])[0] > NEVER / 2
    assert log_likelihoods(_columns(1, 2), [(0, 0)])[0] < NEVER / 2
    assert aligned(_columns(1, 2), (0, 0)) == ([], NEVER)


@pytest.mark.parametrize("seed", range(4))
def test_replacing_one_character_is_the_forward_of_the_replaced_string(seed: int) -> None:
    log_p = _columns(seed, 6, 4)
    string = (0, 1, 1) if seed % 2 else (2, 0)
    found = with_one_replaced(log_p, string)
    for place in range(len(string)):
        for c in range(3):
            other = (*string[:place], c, *string[place + 1 :])
            assert found[place, c] == pytest.approx(float(log_likelihoods(log_p, [other])[0]), rel=1e-9)
    assert (found[:, 3] == NEVER).all()


@pytest.mark.parametrize("seed", range(4))
def test_a_wide_beam_finds_every_string_and_its_probability(seed: int) -> None:
    log_p = _columns(seed, 5)
    counted = _counted(log_p)
    beam = prefix_beam(log_p, width=1000, least=-100.0)
    assert dict(beam).keys() == counted.keys()
    for string, value in beam:
        assert np.exp(value) == pytest.approx(counted[string], rel=1e-9)
    assert beam[0][0] == max(counted, key=lambda s: counted[s])


def test_the_best_path_melts_neighbours() -> None:
    said = [2, 0, 0, 2, 0, 1, 1, 2]
    log_p = np.log(np.full((8, 3), 0.1) + 0.7 * np.eye(3)[said])
    assert best_path(log_p) == [0, 0, 1]


def test_alignment_says_where_each_character_stands() -> None:
    said = [2, 0, 0, 2, 0, 1, 1, 2]
    log_p = np.log(np.full((8, 3), 0.1) + 0.7 * np.eye(3)[said])
    spans, total = aligned(log_p, (0, 0, 1))
    assert spans == [(1, 3), (4, 5), (5, 7)]
    assert total == pytest.approx(8 * np.log(0.8))


def test_merged_classes_hold_the_sum_of_their_probabilities() -> None:
    log_p = _columns(0, 4, 5)
    out = merged(log_p, [[0, 3]])
    assert np.exp(out[:, 0]) == pytest.approx(np.exp(log_p[:, 0]) + np.exp(log_p[:, 3]))
    assert (out[:, 0] == out[:, 3]).all()
    assert (out[:, [1, 2, 4]] == log_p[:, [1, 2, 4]]).all()
