"""Where on the part a line of text is: for every pixel of a strip, the point in millimetres that it shows.

Strips are read from left to right with the letters upright; y is up on the part, rows go down in a strip. A strip
carries a margin around its text, as the recogniser has learned it.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

CAP_SHARE = 0.58  # of a strip's height is a capital's
MARGIN_CAPS = 0.7  # beside the text, in heights of a capital
_MOST_PX = 4096


def straight_line(
    middle_mm: tuple[float, float],
    length_mm: float,
    height_mm: float,
    direction_deg: float,
    mm_per_px: float,
    *,
    shift_mm: float = 0.0,
    turn_deg: float = 0.0,
    share: float = CAP_SHARE,
) -> Floats:
    """Points (h, w, 2) of a strip around a straight line of text whose capitals are `height_mm` high.

    `middle_mm` is the middle of the text; `shift_mm` moves the strip up, `turn_deg` turns it (counter-clockwise);
    `share` of its height is a capital's.
    """
    tall = height_mm / share
    u, v = _grid(length_mm + 2 * MARGIN_CAPS * height_mm, tall, mm_per_px)
    angle = np.deg2rad(direction_deg + turn_deg)
    c, s = np.cos(angle), np.sin(angle)
    v = v + shift_mm
    return np.stack([middle_mm[0] + u * c - v * s, middle_mm[1] + u * s + v * c], axis=-1)


def arc_line(
    center_mm: tuple[float, float],
    radius_mm: float,
    start_deg: float,
    end_deg: float,
    height_mm: float,
    mm_per_px: float,
    *,
    shift_mm: float = 0.0,
    share: float = CAP_SHARE,
) -> Floats:
    """Points (h, w, 2) of a strip unrolled from an arc: `radius_mm` is the baseline's, from the first letter's angle to
    the last's. Clockwise (end < start) the letters' tops point outwards, counter-clockwise towards the middle."""
    outwards = 1.0 if end_deg < start_deg else -1.0
    half = radius_mm + outwards * 0.5 * height_mm  # of the middle of the letters, at which lengths are true
    turn = np.deg2rad(end_deg - start_deg)
    u, v = _grid(abs(turn) * half + 2 * MARGIN_CAPS * height_mm, height_mm / share, mm_per_px)
    radius = half + outwards * (v + shift_mm)
    angle = np.deg2rad(0.5 * (start_deg + end_deg)) - outwards * u / half
    return np.stack([center_mm[0] + radius * np.cos(angle), center_mm[1] + radius * np.sin(angle)], axis=-1)


def _grid(width_mm: float, height_mm: float, mm_per_px: float) -> tuple[Floats, Floats]:
    """Offsets (h, w) from the middle of a strip, along it and upwards."""
    w = int(np.clip(round(width_mm / mm_per_px), 2, _MOST_PX))
    h = int(np.clip(round(height_mm / mm_per_px), 2, _MOST_PX))
    u = (np.arange(w) + 0.5) / w * width_mm - 0.5 * width_mm
    v = 0.5 * height_mm - (np.arange(h) + 0.5) / h * height_mm
    across, down = np.meshgrid(u, v)
    return across, down
