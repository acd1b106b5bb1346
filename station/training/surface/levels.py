"""Where the lines are drawn through the scores: by rendered faces that the network has never seen, and by no others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from station.training.surface.judged import Judged, Sized, sizes

FALSE_SHARE = 0.01  # of good faces may have a finding; 1 in 50 is what was promised
DOUBT_SHARE = 0.10  # of good faces may have a place that only a person can judge
LOWEST_OUTLINE = -4.0
SPLIT = 0.0  # the level at which findings are told apart while no other is chosen yet
STEPS = 12  # from there to the threshold
SMALL_PX = 14.0  # below, 2 px are more than 15 %
RUN = 30  # defects next to each other in size
UNKNOWN_PX = 1000.0  # too few defects to say: nothing smaller is decided


@dataclass(frozen=True, slots=True)
class Levels:
    """`defect`: from here on it is a finding, unless it runs along the lay. `doubt`: below it there is nothing; between
    the two nobody knows.
    `outline`: the score at a defect's border, where sizes come out right. Then what a size is worth: its standard
    uncertainty as a fraction of it and in pixels, and the smallest size from which on defects are found.
    """

    defect: float
    doubt: float
    outline: float
    u_relative: float
    u_px: float
    least_px: float


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
    """The lowest thresholds at which the promised shares of good faces hold, the outline level without bias, and what
    sizes are worth there.
    """
    defect = _above([_certain_peak(one) for one in good], FALSE_SHARE)
    doubt = min(_above([one.peak for one in good], DOUBT_SHARE), defect)
    grid = np.linspace(LOWEST_OUTLINE, defect, STEPS)
    biases = [abs(_bias(bad, defect, float(level))) for level in grid]
    outline = round(float(grid[int(np.argmin(biases))]), 3)
    found = _found(bad, defect, outline)
    # Half of what 95 of 100 stay within: sizes have longer tails than a normal distribution.
    u_px = _half_95([abs(one.found_px - one.true_px) for one in found if one.true_px < SMALL_PX])
    u_relative = _half_95([abs(one.found_px / one.true_px - 1.0) for one in found if one.true_px >= SMALL_PX])
    return Levels(defect, doubt, outline, u_relative, u_px, _least_px(bad, doubt, outline))


def quality(good: Sequence[Judged], bad: Sequence[Judged], levels: Levels) -> Quality:
    """How good the station is with these levels."""
    defects = sum(len(one.truth) for one in bad)
    found = _found(bad, levels.defect, levels.outline, certain=True)
    seen = _found(bad, levels.doubt, levels.outline)
    return Quality(
        float(np.mean([bool(one.findings(levels.defect, levels.outline, certain=True)) for one in good])),
        float(np.mean([one.peak >= levels.doubt for one in good])),
        len(found) / max(defects, 1),
        len(seen) / max(defects, 1),
        float(np.median([abs(size.found_px - size.true_px) for size in found])) if found else math.nan,
        _bias(bad, levels.defect, levels.outline),
        float(np.mean([size.close for size in found])) if found else math.nan,
    )


def _certain_peak(judged: Judged) -> float:
    return max((one.peak_score for one in judged.findings(SPLIT, SPLIT, certain=True)), default=SPLIT)


def _above(values: Sequence[float], share: float) -> float:
    """The level that at most this share of the values reaches."""
    falling = np.sort(values)[::-1]
    return round(math.ceil(1000.0 * float(falling[int(share * len(falling))])) / 1000.0 + 0.001, 3)


def _found(bad: Sequence[Judged], threshold: float, outline: float, *, certain: bool = False) -> list[Sized]:
    measured = (size for one in bad for size in sizes(one, threshold, outline, certain=certain))
    return [size for size in measured if not math.isnan(size.found_px)]


def _bias(bad: Sequence[Judged], threshold: float, outline: float) -> float:
    """The median of the logarithm of found over true size; infinite where nothing is found."""
    ratios = [math.log(size.found_px / size.true_px) for size in _found(bad, threshold, outline)]
    return float(np.median(ratios)) if ratios else math.inf


def _half_95(errors: Sequence[float]) -> float:
    return round(float(np.quantile(errors, 0.95)) / 2.0, 3) if errors else UNKNOWN_PX


def _least_px(bad: Sequence[Judged], threshold: float, outline: float) -> float:
    """The smallest size from which on the share of defects that are seen is as large as among all larger ones."""
    measured = sorted((size for one in bad for size in sizes(one, threshold, outline)), key=lambda size: size.true_px)
    seen = np.array([not math.isnan(size.found_px) for size in measured], np.float64)
    if len(seen) < 2 * RUN:
        return UNKNOWN_PX
    usual = float(np.mean(seen[len(seen) // 2 :]))
    here = np.convolve(seen, np.ones(RUN) / RUN, "valid")
    enough = np.flatnonzero(here >= 0.9 * usual)
    return round(measured[int(enough[0])].true_px, 1) if len(enough) else UNKNOWN_PX
