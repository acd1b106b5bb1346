"""A running median along closed outlines, against numpy's."""

from __future__ import annotations

import numpy as np
import pytest

from station.vision.running import worst_by_outline


def plain(values: np.ndarray) -> tuple[float, int]:
    stack = np.abs(np.stack([np.roll(values, k) for k in (-2, -1, 0, 1, 2)]))
    usable = np.isfinite(stack).sum(axis=0) >= 3
    if not usable.any():
        return float("nan"), 0
    median = np.full(len(values), -1.0)
    median[usable] = np.nanmedian(stack[:, usable], axis=0)
    return float(median.max()), int(median.argmax())


def worst_of(outlines: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """One after the other, with something between them that belongs to none."""
    end = np.cumsum([len(outline) + 1 for outline in outlines])
    values = np.concatenate([np.append(99.0, outline) for outline in outlines] or [np.zeros(0)])
    return worst_by_outline(values, end - [len(outline) for outline in outlines], end)


@pytest.mark.parametrize("seed", range(20))
def test_it_is_the_median_of_five_known_neighbours(seed: int) -> None:
    rng = np.random.default_rng(seed)
    outlines = [rng.normal(0.0, 1.0, rng.integers(1, 40)) for _ in range(30)]
    for outline in outlines:
        outline[rng.random(len(outline)) < 0.4] = np.nan
    worst, place = worst_of(outlines)
    for n, outline in enumerate(outlines):
        expected = plain(outline)
        assert worst[n] == pytest.approx(expected[0], nan_ok=True)
        assert place[n] == expected[1]


def test_a_speck_is_no_deviation_and_nothing_is_nothing() -> None:
    outline = np.zeros(50)
    outline[10:12] = 9.0
    worst, _ = worst_of([outline, np.full(9, np.nan), np.zeros(0)])
    assert worst[0] == 0.0
    assert np.isnan(worst[1:]).all()
    assert len(worst_of([])[0]) == 0
