"""An edge ends where its neighbour is, not where that was drawn: what lies beyond the corner is no form of the edge."""

from __future__ import annotations

import numpy as np
import pytest

from station.twin.part import LineDeviation

from ..order.builders import zone
from .scenes_for_measure import PLATE_HOLES, PLATE_OUTLINE, anywhere, exact, inspected, made, optics, order, photograph

ASKED = (
    zone("straightness", "E1", 0.02),
    {**zone("straightness", "E1", 0.02), "association": "LS"},
    zone("perpendicularity", "E2", 0.02, "A"),
)


@pytest.mark.parametrize("moved_mm", [-0.03, -0.02, 0.02])
def test_a_straight_edge_stays_straight_beside_a_neighbour_off_its_place(moved_mm: float) -> None:
    what = order([*PLATE_OUTLINE, *PLATE_HOLES], *ASKED, datums={"A": "E1"})
    rng = np.random.default_rng(7)
    for _ in range(3):
        seen = optics(400, 400)
        part = made(what, LineDeviation("E2", moved_mm), LineDeviation("E5", moved_mm))
        found = inspected(what, photograph(part, seen, rng, anywhere(rng)), exact(seen))
        for item in found.items:
            assert item.value is not None, item.reason
            assert item.u is not None
            assert item.value < 2.0 * item.u
