"""How the masters' edges look, and how far another edge's look is from theirs.

A chamfer, a rounded or dirty edge, another light or focus make a step that is wider than the masters', or of another
shape. Where the edge then lies cannot be told from the picture. A step split in two, the share s of it a way w before
the rest, is wider by the variance s (1 - s) w², and what was taken for the edge lies (1 - s) w off the part's end: as
much as the added standard deviation, times sqrt((1 - s)/s), which is 0.8 to 1.5 for shares of 60 to 30 %.

Another focus widens or narrows all edges alike, leaves the shape of the step as it is and moves none of them. So what
all edges of a picture share, in the masters' shape, is focus and costs nothing, unless the focus is known to be fixed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from station.errors import CalibrationError
from station.metrology.calibration_origin import number_from

Floats = NDArray[np.float64]

MARGIN = 0.01  # of the spread: light that falls off, and where in the field a master did not lie
SURE = 3.0  # standard uncertainties of a spread before it counts as another one
LEAST_MISFIT = 0.02  # of the step: below that pixels' noise, compression and mosaics do as much
SAME_SHAPE = 0.006  # of the step, over all edges together: a step split by two pixels differs by 0.01
FEW = 0.05  # of the edges, by how well their spread is known: too few to tell the focus


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
    fixed_focus: bool = False

    def odd_px(self, spread_px: float, u_spread_px: float, focus: float = 1.0) -> float:
        """How far (px, one standard uncertainty) an edge of this spread may lie off beyond the masters'; 0 where it
        looks as theirs would, were all of them wider by the factor `focus`."""
        sure, margin = SURE * u_spread_px, MARGIN * self.spread_px
        wide = max(spread_px - sure, 0.0) ** 2 - (focus * (self.most_spread_px + margin)) ** 2
        narrow = (focus * max(self.least_spread_px - margin, 0.0)) ** 2 - (spread_px + sure) ** 2
        return math.sqrt(max(wide, narrow, 0.0))

    def is_other_step(self, misfit: float) -> bool:
        """Whether pixels beside an edge differ clearly more from a blurred step than beside the masters' edges."""
        return misfit > max(2.0 * self.most_misfit, self.most_misfit + LEAST_MISFIT)


def focus_of(
    looks: Sequence[EdgeLook], spreads_px: Sequence[float], u_spreads_px: Sequence[float], misfits: Sequence[float]
) -> float:
    """The factor by which all edges of a picture are wider than those of the masters of their kind (`looks`, one for
    each); 1 where the focus is fixed, or where their steps have another shape than the masters'.

    It is what even the edges nearest to the masters' are wider, or narrower, by: a chamfer on some of them, or on most,
    is not taken for focus.
    """
    if not looks or any(look.fixed_focus for look in looks):
        return 1.0
    spread, u, misfit = (np.array(values) for values in (spreads_px, u_spreads_px, misfits))
    weight = 1.0 / np.maximum(u, 1e-6) ** 2
    weight /= weight.sum()
    if abs(float(weight @ (misfit - np.array([look.misfit for look in looks])))) > SAME_SHAPE:
        return 1.0
    usual, least, most = np.array([(k.spread_px, k.least_spread_px, k.most_spread_px) for k in looks]).T
    if _first((spread + SURE * u) / most, weight) > 1.0:
        return _first((spread + SURE * u) / usual, weight)
    if _first(-(spread - SURE * u) / least, weight) > -1.0:
        return -_first(-(spread - SURE * u) / usual, weight)
    return 1.0


def _first(ratio: Floats, weight: Floats) -> float:
    """The smallest of the ratios, but for those of the few edges that come first."""
    order = np.argsort(ratio)
    return float(ratio[order][np.searchsorted(np.cumsum(weight[order]), FEW)])


def edge_look(spreads_px: Sequence[float], misfits: Sequence[float], fixed_focus: bool = False) -> EdgeLook | None:
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
        fixed_focus,
    )


def look_document(look: EdgeLook) -> dict[str, Any]:
    """`look` as JSON."""
    document = asdict(look)
    if not look.fixed_focus:
        del document["fixed_focus"]
    return document


def look_from(document: object, place: str) -> EdgeLook:
    """The look that a document holds. Raises: CalibrationError with the place."""
    keys = ("n", "spread_px", "least_spread_px", "most_spread_px", "misfit", "most_misfit")
    if not isinstance(document, Mapping) or set(document) - {"fixed_focus"} != set(keys):
        raise CalibrationError(f"this does not have exactly the keys {', '.join(keys)}", place=place)
    fixed = document.get("fixed_focus", False)
    if not isinstance(fixed, bool):
        raise CalibrationError("this is either true or false", place=f"{place}.fixed_focus")
    n, spread, least, most, misfit, most_misfit = (
        number_from(document[key], f"{place}.{key}", low=0.0) for key in keys
    )
    return EdgeLook(int(n), spread, least, most, misfit, most_misfit, fixed)
