"""How well scores tell defects from good surface, as the literature counts it, with intervals over the pictures.

Pixel AUROC over all pixels of the defective pictures; PRO, the mean share of each defect's pixels over threshold,
integrated up to 30 % false positives (Bergmann et al. 2020); hit@3, whether a defect is among a picture's three
strongest spots; image AUROC, defective pictures against good ones. Scores become ranks in 4096 steps once, so that the
thousand resamples of the pictures (Efron 1979) cost little.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, rankdata

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

STEPS = 4096
FALSE_LIMIT = 0.3
LEAST_REGION_PX = 3
SPOTS, SPOT_PX, NEAR_PX = 3, 12, 3
RESAMPLES = 1000
NOWHERE = -1e9


@dataclass(frozen=True, slots=True)
class Scored:
    """One picture: its scores (h, w), the true defect pixels (none: a good one), the region, and one number for all."""

    scores: Floats
    defect: Bools
    valid: Bools
    whole: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.2f}–{self.high:.2f}]"


@dataclass(frozen=True, slots=True)
class Figures:
    """What one method reaches on a set of pictures."""

    pixel_auroc: Figure
    pro: Figure
    hit_3: Figure
    image_auroc: Figure


@dataclass(frozen=True, slots=True)
class _Counted:
    """A picture's pixels by rank of their score, highest first: good ones, defective ones, those of each defect."""

    good: NDArray[np.int64]
    bad: NDArray[np.int64]
    regions: NDArray[np.int64]
    hit: bool


def figures(pictures: Sequence[Scored], seed: int = 1) -> Figures:
    """Values and intervals; the pictures with defects for pixels and spots, these and the good ones for the rest."""
    bad = [one for one in pictures if one.defect.any()]
    good = [one for one in pictures if not one.defect.any()]
    values = np.concatenate([one.scores[one.valid] for one in bad])
    edges = np.unique(np.quantile(values, np.linspace(0.0, 1.0, STEPS + 1))[1:-1])
    counted = [_counted(one, edges) for one in bad]
    bad_whole, good_whole = (np.array([one.whole for one in some]) for some in (bad, good))
    rng = np.random.default_rng(seed)
    all_bad = np.arange(len(bad))

    def over(value: Callable[[list[_Counted]], float]) -> Figure:
        draws = [value([counted[k] for k in rng.integers(0, len(bad), len(bad))]) for _ in range(RESAMPLES)]
        return _figure(value([counted[k] for k in all_bad]), draws)

    draws = [
        auroc(rng.choice(bad_whole, len(bad_whole)), rng.choice(good_whole, len(good_whole)))
        for _ in range(RESAMPLES if len(good_whole) else 0)
    ]
    return Figures(
        over(_pixel_auroc),
        over(_pro),
        over(lambda some: float(np.mean([one.hit for one in some]))),
        _figure(auroc(bad_whole, good_whole), draws),
    )


def auroc(bad: NDArray[np.float64], good: NDArray[np.float64]) -> float:
    """The probability that a defective one scores higher than a good one (Mann and Whitney 1947)."""
    if not len(bad) or not len(good):
        return math.nan
    ranks = rankdata(np.concatenate([bad, good]))
    return float((ranks[: len(bad)].sum() - len(bad) * (len(bad) + 1) / 2) / (len(bad) * len(good)))


def wilson(hits: int, of: int) -> Figure:
    """A share with its 95 % interval (Wilson 1927)."""
    if of == 0:
        return Figure(math.nan, 0.0, 1.0)
    interval = binomtest(hits, of).proportion_ci(method="wilson")
    return Figure(hits / of, float(interval.low), float(interval.high))


def hit_3(scores: Floats, defect: Bools, valid: Bools) -> bool:
    """Whether one of the three strongest spots, each 12 px around, lies within 3 px of a defect."""
    left = np.where(valid, scores, np.float32(NOWHERE))
    side = 2 * NEAR_PX + 1
    near = cv2.dilate(defect.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))) > 0
    for _ in range(SPOTS):
        row, column = np.unravel_index(int(left.argmax()), left.shape)
        if near[row, column]:
            return True
        cv2.circle(left, (int(column), int(row)), SPOT_PX, NOWHERE, -1)
    return False


def _counted(one: Scored, edges: NDArray[np.floating]) -> _Counted:
    rank = len(edges) - np.searchsorted(edges, one.scores, side="right")
    size = len(edges) + 1

    def by_rank(mask: Bools) -> NDArray[np.int64]:
        return np.bincount(rank[mask & one.valid], minlength=size)

    count, labels, boxes, _ = cv2.connectedComponentsWithStats(one.defect.astype(np.uint8), connectivity=8)
    large = [k for k in range(1, count) if boxes[k, cv2.CC_STAT_AREA] >= LEAST_REGION_PX]
    regions = np.array([by_rank(labels == k) for k in large]).reshape(-1, size)
    return _Counted(by_rank(~one.defect), by_rank(one.defect), regions, hit_3(one.scores, one.defect, one.valid))


def _pixel_auroc(pictures: list[_Counted]) -> float:
    good, bad = (np.sum([getattr(one, of) for one in pictures], axis=0) for of in ("good", "bad"))
    above = np.cumsum(bad) - bad / 2.0
    return float(np.sum(good * above) / (good.sum() * bad.sum()))


def _pro(pictures: list[_Counted]) -> float:
    false = np.cumsum(np.sum([one.good for one in pictures], axis=0)).astype(np.float64)
    false /= false[-1]
    regions = np.concatenate([one.regions for one in pictures])
    inside = np.cumsum(regions, axis=1) / np.maximum(regions.sum(axis=1, keepdims=True), 1)
    at = np.linspace(0.0, FALSE_LIMIT, 301)
    return float(np.mean(np.interp(at, np.r_[0.0, false], np.r_[0.0, inside.mean(axis=0)])))


def _figure(value: float, draws: list[float]) -> Figure:
    low, high = np.quantile(draws, [0.025, 0.975]) if draws else (math.nan, math.nan)
    return Figure(value, float(low), float(high))
