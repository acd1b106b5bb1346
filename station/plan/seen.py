"""What was found of a target in a picture."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Seen(NamedTuple):
    """What was found of a target: `points_mm`, `nominal_mm`, `normals` (n, 2) in the part's frame and `noise_mm` (n,);
    `local_mm` how far the whole edge may be off beyond noise; how many times the picture differs more from a clean
    step than noise explains (`unexplained`); `clear` (n,) which points may be fitted (None: all); the longest stretch
    (mm) without an edge, and its middle."""

    points_mm: Floats
    nominal_mm: Floats
    normals: Floats
    noise_mm: Floats
    local_mm: float
    unexplained: float = 1.0
    clear: Mask | None = None
    gap_mm: float = 0.0
    gap_at_mm: tuple[float, float] = (0.0, 0.0)

    def fitted(self, values: Floats) -> Floats:
        """Those of its points that may be fitted."""
        return values if self.clear is None else values[self.clear]

    def without(self, dropped: Mask) -> Seen:
        """As if the points `dropped` (n,) had not been looked for."""
        stay = np.flatnonzero(~dropped)
        return self._replace(
            points_mm=self.points_mm[stay],
            nominal_mm=self.nominal_mm[stay],
            normals=self.normals[stay],
            noise_mm=self.noise_mm[stay],
            clear=None if self.clear is None else self.clear[stay],
        )

    @property
    def size(self) -> int:
        """How many points may be fitted."""
        return len(self.points_mm) if self.clear is None else int(np.count_nonzero(self.clear))
