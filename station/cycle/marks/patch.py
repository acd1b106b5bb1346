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

    `corner_mm` is the part's point at the middle of pixel (0, 0); columns go along x, or against it where the part
    shows its other face (letters can be read, nothing is mirrored), rows against y. Without a corner it is the picture
    itself; `mm_per_px` and `placement` are None where no scale is known.
    """

    grey: Grey
    valid: NDArray[np.bool_]
    seen: float
    mm_per_px: float | None
    corner_mm: tuple[float, float] | None = None
    placement: Placement | None = None

    def to_mm(self, points_px: Floats) -> Floats | None:
        """(n, 2) pixels of the patch to mm of the part's frame; None where no scale is known."""
        if self.placement is None or self.mm_per_px is None:
            return None
        if self.corner_mm is None:
            return self.placement.to_part(points_px)
        return np.asarray(np.array(self.corner_mm) + points_px * _step(self.placement, self.mm_per_px))

    def to_picture(self, points_px: Floats) -> Floats:
        """(n, 2) pixels of the patch to pixels of the picture."""
        if self.placement is None or self.corner_mm is None or self.mm_per_px is None:
            return points_px
        return self.placement.to_px(np.array(self.corner_mm) + points_px * _step(self.placement, self.mm_per_px))


def eight_bits(picture: Picture) -> Grey:
    """The picture as readers and networks take it: 8 bits, 255 the camera's full scale."""
    if picture.grey.dtype == np.uint8:
        return np.asarray(picture.grey, np.uint8)
    return np.asarray(cv2.convertScaleAbs(picture.grey, alpha=255.0 / picture.full_scale), np.uint8)


def whole_patch(grey: Grey, placement: Placement | None = None) -> Patch:
    """The picture itself; `placement` gives its scale where the camera is known, and where the part lies if that is."""
    scale = None if placement is None else placement.calibration.camera.scale_mm_per_px()
    return Patch(grey, np.ones(grey.shape, np.bool_), 1.0, scale, None, placement)


def region_patch(
    grey: Grey, placement: Placement, outlines_mm: Sequence[Floats], mm_per_px: float, margin_px: float = 0.0
) -> Patch:
    """A region that closed polygons ((n, 2) mm of the part's frame) paint one after the other, counter-clockwise ones
    what is asked for and clockwise ones what is not; the first has all others within. With a margin around it that is
    shown but not valid.

    Raises:
        ValueError: the region has more than `MOST_PX` pixels.
    """
    step = _step(placement, mm_per_px)
    ends = outlines_mm[0] / step
    low, high = ends.min(axis=0) - margin_px, ends.max(axis=0) + margin_px
    columns, rows = (int(n) for n in np.ceil(high - low) + 1)
    if columns * rows > MOST_PX:
        millions = columns * rows / 1e6
        raise ValueError(f"the region has {millions:.0f} million pixels, at most {MOST_PX / 1e6:.0f} are read")
    corner = low * step
    at = _where(placement, corner, step, rows, columns)
    flat = sampled(grey, at)
    asked = np.zeros((rows, columns), np.uint8)
    for outline in outlines_mm:
        level = 1 if _is_counter_clockwise(outline) else 0
        pixels = np.round((outline - corner) / step * 2**_SHIFT).astype(np.int32)
        cv2.fillPoly(asked, [pixels], level, cv2.LINE_8, _SHIFT)
    height, width = grey.shape
    x, y = at[..., 0], at[..., 1]
    inside = (x >= 0.0) & (x <= width - 1.0) & (y >= 0.0) & (y <= height - 1.0)
    valid = inside & (asked > 0)
    seen = float(valid.sum() / max(int(asked.sum()), 1))
    return Patch(flat, valid, seen, mm_per_px, (float(corner[0]), float(corner[1])), placement)


def sampled(grey: Grey, at_px: NDArray[np.float32]) -> Grey:
    """The picture at (h, w, 2) places, bilinearly; what lies outside of it is black."""
    x, y = cv2.split(at_px)
    return np.asarray(cv2.remap(grey, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), np.uint8)


def _is_counter_clockwise(outline: Floats) -> bool:
    (x, y), (along, up) = outline.T, np.roll(outline, -1, axis=0).T
    return bool((x * up - along * y).sum() > 0.0)


def _step(placement: Placement, mm_per_px: float) -> Floats:
    """(2,) mm of the part's frame from one column to the next, and from one row to the next."""
    return np.asarray(placement.reading * np.array([mm_per_px, -mm_per_px]))


def _where(placement: Placement, corner_mm: Floats, step_mm: Floats, rows: int, columns: int) -> NDArray[np.float32]:
    """(rows, columns, 2): where in the picture each pixel of a patch is."""
    down, across = (-(-count // _KNOT_PX) + 1 for count in (rows, columns))
    y, x = np.mgrid[:down, :across] * float(_KNOT_PX)
    points = corner_mm + np.column_stack([x.ravel(), y.ravel()]) * step_mm
    knots = placement.to_px(points).reshape(down, across, 2).astype(np.float32)
    # Between knots linearly: pixel k lies k / _KNOT_PX knots along.
    to_knots = np.array([[1.0 / _KNOT_PX, 0.0, 0.0], [0.0, 1.0 / _KNOT_PX, 0.0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(knots, to_knots, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE))
