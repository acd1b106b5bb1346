"""Where the lines are drawn through the scores: by rendered faces that the network has never seen, and by no others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from station.training.surface.judged import Judged, sizes

FALSE_SHARE = 0.01  # of good faces may have a finding; 1 in 50 is what was promised
DOUBT_SHARE = 0.10  # of good faces may have a place that only a person can judge
STEPS = 12  # between the lowest outline level and the threshold


@dataclass(frozen=True, slots=True)
class Levels:
    """`defect`: from here on it is a finding. `doubt`: below it there is nothing; between the two nobody knows.
    `outline`: the score at a defect's border, where sizes come out right.
    """

    defect: float
    doubt: float
    outline: float


@dataclass(frozen=True, slots=True)
class Quality:
    """What the levels give on rendered faces: shares, and the size error (px) at its median."""

    false_share: float
    doubt_share: float
    found_share: float
    seen_share: float
    size_error_px: float
    size_bias: float
    size_close_share: float


def choose(good: Sequence[Judged], bad: Sequence[Judged]) -> Levels:
    """The lowest thresholds at which the promised shares of good faces hold, and the outline level without bias."""
    peaks = np.sort([one.peak for one in good])[::-1]
    defect = _above(peaks, FALSE_SHARE)
    doubt = min(_above(peaks, DOUBT_SHARE), defect)
    grid = np.linspace(-4.0, defect, STEPS)
    biases = [abs(_bias(bad, defect, float(level))) for level in grid]
    return Levels(defect, doubt, round(float(grid[int(np.argmin(biases))]), 3))


def quality(good: Sequence[Judged], bad: Sequence[Judged], levels: Levels) -> Quality:
    """How good the station is with these levels."""
    measured = [size for one in bad for size in sizes(one, levels.defect, levels.outline)]
    found = [size for size in measured if not math.isnan(size.found_px)]
    seen = [size for one in bad for size in sizes(one, levels.doubt, levels.outline)]
    return Quality(
        float(np.mean([one.peak >= levels.defect for one in good])),
        float(np.mean([one.peak >= levels.doubt for one in good])),
        len(found) / max(len(measured), 1),
        float(np.mean([not math.isnan(size.found_px) for size in seen])) if seen else math.nan,
        float(np.median([abs(size.found_px - size.true_px) for size in found])) if found else math.nan,
        _bias(bad, levels.defect, levels.outline),
        float(np.mean([size.close for size in found])) if found else math.nan,
    )


def _above(falling: np.ndarray, share: float) -> float:
    """The level that at most this share of the values reaches."""
    return math.ceil(1000.0 * float(falling[int(share * len(falling))])) / 1000.0 + 0.001


def _bias(bad: Sequence[Judged], threshold: float, outline: float) -> float:
    """The median of the logarithm of found over true size; large where nothing is found."""
    pairs = [size for one in bad for size in sizes(one, threshold, outline) if not math.isnan(size.found_px)]
    return float(np.median([math.log(size.found_px / size.true_px) for size in pairs])) if pairs else math.inf
