"""How findings compare with the truth of rendered faces: false ones, missed ones, sizes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from station.training.surface.faces import Sample, make_sample
from station.vision.surface.findings import Defect, find_defects, largest_extent
from station.vision.surface.lay import runs_along_lay
from station.vision.surface.score import NOTHING, Network, defect_scores

Floats = NDArray[np.float32]

SHAPE = (320, 448)  # a face as the judge sees it: large enough for whole defects, and for tiles to meet
LEAST_REGION = 0.1  # of the picture, or there is nothing to judge
NEAR_PX = 3  # a finding this close to a defect is that defect


@dataclass(frozen=True, slots=True)
class Judged:
    """A rendered face, the network's scores of it, and its true defects as findings."""

    sample: Sample
    scores: Floats
    truth: tuple[Defect, ...]

    @property
    def peak(self) -> float:
        """The highest score of the face."""
        return float(self.scores.max())

    def findings(self, threshold: float, outline_level: float, *, certain: bool = False) -> tuple[Defect, ...]:
        """What is found with these levels; where only what is `certain` counts, without lines along the lay."""
        found = find_defects(self.scores, self.sample.valid, threshold, 1.0, outline_level=outline_level)
        if not certain:
            return found
        return tuple(one for one in found if not runs_along_lay(self.sample.grey, self.sample.valid, one))


@dataclass(frozen=True, slots=True)
class Sized:
    """True and found size (px) of one defect; NaN where nothing was found."""

    true_px: float
    found_px: float

    @property
    def close(self) -> bool:
        """Whether the error is within 15 % or 2 px, whichever is more."""
        return abs(self.found_px - self.true_px) <= max(0.15 * self.true_px, 2.0)


def judge(network: Network, faces: int, seed: int, *, defective: float) -> Iterator[Judged]:
    """Faces that the network has never seen, with its scores; each depends on the seed and its number alone."""
    for number in range(faces):
        rng = np.random.default_rng((seed, number))
        sample = make_sample(rng, SHAPE, defective)
        while sample.valid.mean() < LEAST_REGION:
            sample = make_sample(rng, SHAPE, defective)
        yield Judged(sample, defect_scores(sample.grey, sample.valid, network), true_defects(sample))


def true_defects(sample: Sample) -> tuple[Defect, ...]:
    """What is to be found, by the rules that findings have: close pieces are one."""
    certain = np.where(sample.defect, np.float32(1.0), NOTHING)
    return find_defects(certain, sample.valid, 0.0, 1.0)


def sizes(judged: Judged, threshold: float, outline_level: float, *, certain: bool = False) -> list[Sized]:
    """Every true defect with the largest finding that touches it. A finding that joins several is compared with what
    they measure together.
    """
    found = judged.findings(threshold, outline_level, certain=certain)
    shape = judged.scores.shape
    near = np.ones((2 * NEAR_PX + 1, 2 * NEAR_PX + 1), np.uint8)
    around = [cv2.dilate(_filled(true, shape), near) > 0 for true in judged.truth]
    touched = [[bool(np.any(mask & true)) for true in around] for mask in (_filled(one, shape) > 0 for one in found)]
    result = []
    for number, true in enumerate(judged.truth):
        # The findings come with the largest first.
        first = next((k for k, touches in enumerate(touched) if touches[number]), None)
        if first is None:
            result.append(Sized(true.size_px, math.nan))
            continue
        joined = [one.outline_px for one, touches in zip(judged.truth, touched[first], strict=True) if touches]
        true_px = true.size_px if len(joined) == 1 else largest_extent(np.concatenate(joined))
        result.append(Sized(true_px, found[first].size_px))
    return result


def _filled(defect: Defect, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.round(defect.outline_px).astype(np.int32)], 1)
    return mask
