"""How often the station is wrong when it decides: rendered faces against limits, by the station's own decision."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from station.cycle.marks.patch import Patch
from station.cycle.marks.surface import decide_surface
from station.metrology.decision import Verdict
from station.networks.load import Model
from station.order.model import DecisionRule
from station.order.read import parse_order
from station.plan.compile import compile_marks
from station.plan.plan import Item
from station.training.surface.judged import Judged

MM_PER_PX = 0.01
LIMITS_PX = (12.0, 25.0, 50.0)


@dataclass(frozen=True, slots=True)
class Decided:
    """One limit: how many faces conform and how many do not, and what became of them."""

    limit_mm: float
    good: int
    passed: int
    good_failed: int
    bad: int
    failed: int
    bad_passed: int

    @property
    def undecided(self) -> int:
        """Faces that a person has to look at."""
        return self.good + self.bad - self.passed - self.good_failed - self.failed - self.bad_passed


def decided(judged: Sequence[Judged], model: Model, tell: Callable[[str], None]) -> list[Decided]:
    """Every face against every limit. A face conforms when no true defect is larger than the limit."""
    found = []
    for limit_px in LIMITS_PX:
        item = _item(limit_px * MM_PER_PX)
        counts: dict[tuple[bool, Verdict], int] = {}
        for number, one in enumerate(judged, 1):
            tell(f"deciding: {limit_px * MM_PER_PX:g} mm, {number} of {len(judged)}")
            patch = Patch(one.sample.grey, one.sample.valid, 1.0, MM_PER_PX)
            verdict = decide_surface(item, patch, "front", "S", model, DecisionRule()).verdict
            bad = any(true.size_px > limit_px for true in one.truth)
            counts[bad, verdict] = counts.get((bad, verdict), 0) + 1
        found.append(_counted(limit_px * MM_PER_PX, counts))
    return found


def _counted(limit_mm: float, counts: dict[tuple[bool, Verdict], int]) -> Decided:
    good, bad = (sum(n for (is_bad, _), n in counts.items() if is_bad is kind) for kind in (False, True))

    def count(is_bad: bool, verdict: Verdict) -> int:
        return counts.get((is_bad, verdict), 0)

    return Decided(
        limit_mm,
        good,
        count(False, Verdict.PASS),
        count(False, Verdict.FAIL),
        bad,
        count(True, Verdict.FAIL),
        count(True, Verdict.PASS),
    )


def _item(limit_mm: float) -> Item:
    document = {
        "schema": "order/1",
        "order_id": "BENCH",
        "part": {"serial": "BENCH-1"},
        "geometry": {"features": []},
        "characteristics": [{"id": "S", "type": "surface", "max_defect_mm": limit_mm}],
    }
    return compile_marks(parse_order(json.dumps(document).encode(), None, "bench")).items[0]
