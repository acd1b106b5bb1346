"""A standard deviation from ranges: of subgroups of a check standard, or of the trials on a master.

R̄ / d2* with the degrees of freedom that go with it (Patnaik 1950, David 1951; AIAG MSA 4th edition, appendix C): d2* is
what makes (R̄ / d2*)² unbiased, and df that of the chi distribution with the same mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq

from station.metrology.studies.constants import c4_of_df, d2, d2_star

MOST_DF = 1e9


@dataclass(frozen=True, slots=True)
class RangeSd:
    """A standard deviation with its degrees of freedom, and what it is made of."""

    sd: float
    df: float
    mean_range: float
    d2_star: float
    subgroup_size: int
    subgroups: int


def range_sd(groups: Sequence[Sequence[float]]) -> RangeSd:
    """The standard deviation within equal groups, by their ranges.

    Raises:
        ValueError: no group, groups of unlike size, or of a single value.
    """
    sizes = {len(group) for group in groups}
    if len(sizes) != 1 or min(sizes) < 2:
        raise ValueError("ranges need subgroups of at least 2 readings, all of one size")
    size = sizes.pop()
    mean_range = float(np.mean([np.ptp(group) for group in groups]))
    return from_mean_range(mean_range, size, len(groups))


def from_mean_range(mean_range: float, size: int, groups: int) -> RangeSd:
    """The same of a mean range that is known already."""
    star = d2_star(size, groups)
    return RangeSd(mean_range / star, range_df(size, groups), mean_range, star, size, groups)


@lru_cache(maxsize=256)
def range_df(size: int, groups: int) -> float:
    """Degrees of freedom of the mean of `groups` ranges of `size` values."""
    ratio = d2(size) / d2_star(size, groups)
    if ratio >= c4_of_df(MOST_DF):
        return MOST_DF
    return float(brentq(lambda df: c4_of_df(df) - ratio, 0.5, MOST_DF))
