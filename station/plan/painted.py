"""How regions and the part's face lie to each other, asked of a small painted picture of the part."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.uint8]

_MOST_PX = 1000  # of the painting's longer side
_SHIFT = 4  # corners are painted to a 16th of a pixel
_SLIVER_PX = 5  # what is narrower is the rounding of the painting


class Painted:
    """The part's face painted: polygons (n, 2) in mm, `outer` filled and `openings` cleared."""

    def __init__(self, outer: Sequence[Floats], openings: Sequence[Floats], least_mm_per_px: float) -> None:
        points = np.concatenate(list(outer))
        self._low, high = points.min(axis=0), points.max(axis=0)
        self._mm_per_px = max(float((high - self._low).max()) / _MOST_PX, least_mm_per_px)
        margin = 2 * _SLIVER_PX
        self._low = self._low - margin * self._mm_per_px
        wide, high_px = np.ceil((high - self._low) / self._mm_per_px).astype(int) + margin
        self._size = (int(high_px), int(wide))
        self._filled = self.paint(tuple(outer))
        self._face = self.paint((*outer, *openings))

    def paint(self, polygons: Sequence[Floats]) -> Mask:
        """Polygons one after the other: counter-clockwise ones are filled with 1, clockwise ones cleared."""
        mask = np.zeros(self._size, np.uint8)
        for points in polygons:
            pixels = (points - self._low) / self._mm_per_px
            filled = area_mm2(points) > 0.0
            corners = np.clip(np.rint(pixels * 2**_SHIFT), -(2**27), 2**27).astype(np.int32)
            cv2.fillPoly(mask, [corners], int(filled), cv2.LINE_8, _SHIFT)
        return mask

    def share_on_part(self, region: Sequence[Floats]) -> float:
        """Share of a region that is face of the part; what lies beyond the painting counts as region."""
        painted = self.paint(region)
        within, whole = float(self.paint(region[:1]).sum()), area_mm2(region[0]) / self._mm_per_px**2
        return float((painted & self._face).sum()) / max(float(painted.sum()) + max(whole - within, 0.0), 1.0)

    def share_left(self, region: Sequence[Floats]) -> float:
        """Share of a region's boundary polygon that all of its polygons leave, and that is face of the part."""
        return float((self.paint(region) & self._face).sum()) / max(float(self.paint(region[:1]).sum()), 1.0)

    def share_covered(self, region: Sequence[Floats], by: Floats) -> float:
        """Share of a region that another polygon covers."""
        own, other = self.paint(region), self.paint((by,))
        return float((own & other).sum()) / max(float(own.sum()), 1.0)

    def hides(self, region: Sequence[Floats], openings: Sequence[Floats]) -> bool:
        """Whether openings that are taken out of a region take some of the part's face with them: a piece of the part
        that stands in one of them."""
        lost = self.paint(region) & self._face & (1 - self.paint((*region, *openings)))
        return _any_of(lost)

    def sticks_out(self, region: Sequence[Floats]) -> bool:
        """Whether a region reaches beyond the part's outline by more than the painting's rounding."""
        high = self._low + np.array(self._size[::-1]) * self._mm_per_px
        if (region[0] < self._low).any() or (region[0] > high).any():
            return True
        return _any_of(self.paint(region) & (1 - self._filled))


def _any_of(mask: Mask) -> bool:
    """Whether there is more of it than the rounding of the painting."""
    return bool(cv2.erode(mask, np.ones((_SLIVER_PX, _SLIVER_PX), np.uint8)).any())


def area_mm2(points: Floats) -> float:
    """Enclosed area of a polygon (n, 2) in mm; positive when it runs counter-clockwise."""
    x, y = points.T
    return 0.5 * float(x @ np.roll(y, -1) - y @ np.roll(x, -1))
