"""A region of the part as a flat picture of its own: rectified by pose and lens, or the whole picture as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from station.cycle.marks.placing import Placement
from station.vision.picture import Picture

Floats = NDArray[np.float64]
Grey = NDArray[np.uint8]

MOST_PX = 16_000_000  # of one patch
_KNOT_PX = 32  # the lens bends smoothly: where it images things is computed at every so many pixels
_SHIFT = 6  # bits of a pixel's fraction in polygons that are filled


@dataclass(frozen=True, slots=True)
class Patch:
    """`grey` (h, w) of 0 to 255, and where it shows what was asked for (`valid`), which is the share `seen` of it.

    `corner_mm` is the part's point at the middle of pixel (0, 0); columns go along x, rows against y. Without a
    placement it is the picture itself; `mm_per_px` is None where no scale is known.
    """

    grey: Grey
    valid: NDArray[np.bool_]
    seen: float
    mm_per_px: float | None
    corner_mm: tuple[float, float] = (0.0, 0.0)
    placement: Placement | None = None

    def to_mm(self, points_px: Floats) -> Floats | None:
        """(n, 2) pixels of the patch to mm of the part's frame; None without a placement."""
        if self.placement is None or self.mm_per_px is None:
            return None
        return np.asarray(np.array(self.corner_mm) + points_px * np.array([self.mm_per_px, -self.mm_per_px]))

    def to_picture(self, points_px: Floats) -> Floats:
        """(n, 2) pixels of the patch to pixels of the picture."""
        points_mm = self.to_mm(points_px)
        return points_px if points_mm is None or self.placement is None else self.placement.to_px(points_mm)


def eight_bits(picture: Picture) -> Grey:
    """The picture as readers and networks take it: 8 bits, 255 the camera's full scale."""
    if picture.grey.dtype == np.uint8:
        return np.asarray(picture.grey, np.uint8)
    return np.asarray(cv2.convertScaleAbs(picture.grey, alpha=255.0 / picture.full_scale), np.uint8)


def whole_patch(grey: Grey, mm_per_px: float | None) -> Patch:
    """The picture itself."""
    return Patch(grey, np.ones(grey.shape, np.bool_), 1.0, mm_per_px)


def region_patch(
    grey: Grey, placement: Placement, outlines_mm: Sequence[Floats], mm_per_px: float, margin_px: float = 0.0
) -> Patch:
    """The region within the first of these closed polygons ((n, 2) mm) and outside of the others, with a margin around
    it that is shown but not valid.

    Raises:
        ValueError: the region has more than `MOST_PX` pixels.
    """
    low = outlines_mm[0].min(axis=0) / mm_per_px - margin_px
    high = outlines_mm[0].max(axis=0) / mm_per_px + margin_px
    columns, rows = (int(n) for n in np.ceil(high - low) + 1)
    if columns * rows > MOST_PX:
        raise ValueError(
            f"the region has {columns * rows / 1e6:.0f} million pixels, at most {MOST_PX / 1e6:.0f} are read"
        )
    corner = (float(low[0] * mm_per_px), float(high[1] * mm_per_px))
    at = _where(placement, corner, mm_per_px, rows, columns)
    flat = sampled(grey, at)
    asked = np.zeros((rows, columns), np.uint8)
    for number, outline in enumerate(outlines_mm):
        pixels = (outline - np.array(corner)) / np.array([mm_per_px, -mm_per_px])
        cv2.fillPoly(asked, [np.round(pixels * 2**_SHIFT).astype(np.int32)], 0 if number else 1, cv2.LINE_8, _SHIFT)
    height, width = grey.shape
    x, y = at[..., 0], at[..., 1]
    inside = (x >= 0.0) & (x <= width - 1.0) & (y >= 0.0) & (y <= height - 1.0)
    valid = inside & (asked > 0)
    return Patch(flat, valid, float(valid.sum() / max(int(asked.sum()), 1)), mm_per_px, corner, placement)


def sampled(grey: Grey, at_px: NDArray[np.float32]) -> Grey:
    """The picture at (h, w, 2) places, bilinearly; what lies outside of it is black."""
    return np.asarray(cv2.remap(grey, at_px, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), np.uint8)


def _where(
    placement: Placement, corner_mm: tuple[float, float], mm_per_px: float, rows: int, columns: int
) -> NDArray[np.float32]:
    """(rows, columns, 2): where in the picture each pixel of a patch is."""
    down, across = (-(-count // _KNOT_PX) + 1 for count in (rows, columns))
    y, x = np.mgrid[:down, :across] * float(_KNOT_PX)
    points = np.column_stack([corner_mm[0] + x.ravel() * mm_per_px, corner_mm[1] - y.ravel() * mm_per_px])
    knots = placement.to_px(points).reshape(down, across, 2).astype(np.float32)
    # Between knots linearly: pixel k lies k / _KNOT_PX knots along.
    to_knots = np.array([[1.0 / _KNOT_PX, 0.0, 0.0], [0.0, 1.0 / _KNOT_PX, 0.0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(knots, to_knots, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE))
