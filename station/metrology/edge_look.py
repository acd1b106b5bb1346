"""How the masters' edges look, and how far another edge's look is from theirs.

A chamfer, a rounded or dirty edge, another light or focus make a step that is wider than the masters', or of another
shape. Where the edge then lies cannot be told from the picture. A step split in two, the share s of it a way w before
the rest, is wider by the variance s (1 - s) w², and what was taken for the edge lies (1 - s) w off the part's end: as
much as the added standard deviation, times sqrt((1 - s)/s), which is 0.8 to 1.5 for shares of 60 to 30 %.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from station.errors import CalibrationError
from station.metrology.calibration_origin import number_from

MARGIN = 0.01  # of the spread: light that falls off, and where in the field a master did not lie
SURE = 3.0  # standard uncertainties of a spread before it counts as another one
LEAST_MISFIT = 0.02  # of the step: below that pixels' noise, compression and mosaics do as much


@dataclass(frozen=True, slots=True)
class EdgeLook:
    """Over the `n` edges of all masters' pictures: median, least and most of the edge spread (px), and median and most
    of the misfit, by how much of the step a pixel beside the edge differs from a blurred step beyond noise (rms)."""

    n: int
    spread_px: float
    least_spread_px: float
    most_spread_px: float
    misfit: float
    most_misfit: float

    def odd_px(self, spread_px: float, u_spread_px: float) -> float:
        """How far (px, one standard uncertainty) an edge of this spread may lie off beyond the masters'; 0 where it
        looks like theirs."""
        sure, margin = SURE * u_spread_px, MARGIN * self.spread_px
        wide = max(spread_px - sure, 0.0) ** 2 - (self.most_spread_px + margin) ** 2
        narrow = max(self.least_spread_px - margin, 0.0) ** 2 - (spread_px + sure) ** 2
        return math.sqrt(max(wide, narrow, 0.0))

    def is_other_step(self, misfit: float) -> bool:
        """Whether pixels beside an edge differ clearly more from a blurred step than beside the masters' edges."""
        return misfit > max(2.0 * self.most_misfit, self.most_misfit + LEAST_MISFIT)


def edge_look(spreads_px: Sequence[float], misfits: Sequence[float]) -> EdgeLook | None:
    """The look of edges with these spreads and misfits; None without any."""
    if not spreads_px:
        return None
    spread, misfit = np.array(spreads_px), np.array(misfits)
    return EdgeLook(
        len(spread),
        float(np.median(spread)),
        float(spread.min()),
        float(spread.max()),
        float(np.median(misfit)),
        float(misfit.max()),
    )


def look_document(look: EdgeLook) -> dict[str, Any]:
    """`look` as JSON."""
    return asdict(look)


def look_from(document: object, place: str) -> EdgeLook:
    """The look that a document holds. Raises: CalibrationError with the place."""
    keys = ("n", "spread_px", "least_spread_px", "most_spread_px", "misfit", "most_misfit")
    if not isinstance(document, Mapping) or set(document) != set(keys):
        raise CalibrationError(f"this does not have exactly the keys {', '.join(keys)}", place=place)
    n, *values = (number_from(document[key], f"{place}.{key}", low=0.0) for key in keys)
    return EdgeLook(int(n), *values)
