"""A series of exposures above its dark level, ready to be fitted, or why it says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from station.errors import CalibrationError
from station.metrology.dark import Level, dark_at

Floats = NDArray[np.float64]

LEAST_EXPOSURES = 4
ADVISED_EXPOSURES = 9


class Series(NamedTuple):
    """Arrays (n,) by exposure: level above dark with its u, variance above the dark's with its u."""

    exposure_us: Floats
    signal: Floats
    u_signal: Floats
    variance: Floats
    u_variance: Floats


def series_of(bright: Sequence[Level], dark: Sequence[Level], notes: list[str]) -> Series:
    """Both sorted by exposure; what is to be said about them goes into `notes`.

    Raises:
        CalibrationError: too few exposures, saturated everywhere, dark frames brighter than bright ones.
    """
    _check(bright, dark)
    exposure = np.array([level.exposure_us for level in bright])
    black, black_variance, u_black_variance = dark_at(exposure, dark, notes)
    signal = np.array([level.mean_dn for level in bright]) - black
    if (signal <= 0.0).any():
        worst = bright[int(np.argmin(signal))]
        raise CalibrationError(
            f"the bright frames of {worst.exposure_us:g} µs are no brighter than the dark ones: "
            "were they mixed up, or was the light off?"
        )
    return Series(
        exposure,
        signal,
        np.array([level.u_mean_dn for level in bright]),
        np.array([level.variance_dn2 for level in bright]) - black_variance,
        np.hypot([level.u_variance_dn2 for level in bright], u_black_variance),
    )


def _check(bright: Sequence[Level], dark: Sequence[Level]) -> None:
    if not dark:
        raise CalibrationError("there are no dark frames: take at least two with the light off and the lens covered")
    if len(bright) < LEAST_EXPOSURES:
        raise CalibrationError(
            f"there are {len(bright)} exposures with light, at least {LEAST_EXPOSURES} are needed "
            f"({ADVISED_EXPOSURES} or more are better)"
        )
    if min(level.at_full for level in bright) > 0.01:
        raise CalibrationError("every bright frame is saturated: shorten the exposures or dim the lamp")
    if max(level.mean_dn for level in bright) <= max(level.mean_dn for level in dark):
        raise CalibrationError("the dark frames are brighter than the bright ones: were they mixed up?")
