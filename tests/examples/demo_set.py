"""A day's records for Tryton: every verdict, and why it is one. The verdicts are the station's own decisions."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

from station.genealogy.inspection import CharacteristicRecord, Finding, Inspection, StationRecord
from station.genealogy.store import Genealogy
from station.metrology.decision import Verdict, decide, worst
from tests.cli.small import ring_order
from tests.genealogy.builders import NOW, draft, evidence

REAL = StationRecord(id="cell-3", software="0.3.1", rig="bench", simulated=False)
SIMULATED = StationRecord(id="cell-3", software="0.3.1", rig="twin", simulated=True)
U_MM = 0.0009  # guard band 1.65 u = 0.001485 mm


def size(
    value: float | None,
    lower: float | None,
    upper: float | None,
    *,
    u: float = U_MM,
    rule: str = "iso14253-1",
    unseen: bool = False,
    **more: Any,
) -> CharacteristicRecord:
    """A decided size in millimetres; `unseen`: dirt hides a part of the edge, so that nothing is shown."""
    fields: dict[str, Any] = {"id": "1", "type": "diameter", "unit": "mm", "lower_limit": lower, "upper_limit": upper}
    if value is None:
        return CharacteristicRecord(
            **{**fields, "verdict": "ERROR", "measured": False, "reason": "The edge was not found.", **more}
        )
    decision = decide(value, u, lower, upper, rule=rule)
    verdict = Verdict.UNDECIDED if unseen else decision.verdict
    fields |= {
        "value": value,
        "verdict": str(verdict),
        "standard_uncertainty": u,
        "guard_band": decision.guard_band if math.isfinite(decision.guard_band) else None,
        "reason": "" if verdict is Verdict.PASS else "Dirt hides the edge." if unseen else f"It is {verdict}.",
    }
    return CharacteristicRecord(**{**fields, **more})


def mark(id: str, type: str, verdict: str) -> CharacteristicRecord:
    """A code, a text or a surface."""
    return CharacteristicRecord(id=id, type=type, verdict=verdict, value="ANNA", expected="ANNA")


def part(
    genealogy: Genealogy,
    order_id: str,
    *characteristics: CharacteristicRecord,
    finding: str = "PASS",
    station: StationRecord = REAL,
    part_number: str | None = "RING-4",
) -> Inspection:
    """One record; the part's verdict follows from what was decided and found."""
    about = {"serial": f"{order_id}-1"} | ({"part_number": part_number} if part_number else {})
    proof = replace(evidence(), order=json.dumps(ring_order(order_id=order_id, part=about)).encode())
    verdict = worst([Verdict(one.verdict) for one in characteristics] + [Verdict(finding)] * bool(characteristics))
    reason = next((one.reason for one in characteristics if one.verdict == verdict), "") or (
        "" if verdict is Verdict.PASS else f"It is {verdict}."
    )
    record = draft(
        order_id=order_id, serial=about["serial"], verdict=str(verdict), reason=reason, station=station,
        characteristics=characteristics, findings=(Finding(kind="burr", verdict=finding, size_mm=0.1),),
    )  # fmt: skip
    return genealogy.commit(record, proof, committed=NOW)


def remeasured(genealogy: Genealogy) -> None:
    """Measured again: undecided then good; bad then good; and one that is bad."""
    part(genealogy, "MO-AGAIN", size(23.6505, 23.65, 23.75))  # inside by less than the guard band
    part(genealogy, "MO-AGAIN", size(23.6516, 23.65, 23.75))
    part(genealogy, "MO-BAD-THEN-GOOD", size(23.64, 23.65, 23.75))
    part(genealogy, "MO-BAD-THEN-GOOD", size(23.66, 23.65, 23.75))
    part(genealogy, "MO-BAD", size(23.7684, 23.65, 23.75), size(0.005, None, 0.06, id="2", type="roundness"))


def a_day(genealogy: Genealogy) -> None:
    """Everything that a verdict can rest on."""
    remeasured(genealogy)
    teeth = size(64.0, 64.0, 64.0, u=0.0, type="count", id="3", unit="1")
    marks = mark("7", "code", "PASS"), mark("8", "text", "PASS"), mark("9", "surface", "PASS")
    part(genealogy, "MO-GOOD", size(23.668412345678902, 23.65, 23.75), teeth, *marks, part_number="WHEEL-64")
    # On the limit, by the rule of simple acceptance. The double nearest to 23.7 lies below it, that of 8.9 above.
    part(genealogy, "MO-ON-LIMIT", size(23.7, None, 23.7, rule="simple"), size(8.9, 8.9, None, rule="simple", id="2"))
    part(genealogy, "MO-INSIDE-GUARD", size(23.7499, 23.65, 23.75), size(0.0595, None, 0.06, id="2", type="roundness"))
    part(genealogy, "MO-OUTSIDE-GUARD", size(23.7501, 23.65, 23.75), size(23.6491, 23.65, 23.75, id="2"))
    part(genealogy, "MO-WIDE-U", size(23.70, 23.65, 23.75, u=0.03))  # no value at all could pass with this u
    part(genealogy, "MO-DIRT", size(0.0048, None, 0.02, type="roundness", unseen=True), part_number=None)
    part(genealogy, "MO-NOTHING")
    part(genealogy, "MO-HALF", size(23.7684, 23.65, 23.75), size(None, None, 0.06, id="2", type="roundness"))
    part(genealogy, "MO-BURR", size(23.66, 23.65, 23.75), finding="FAIL")
    part(genealogy, "MO-WRONG-MARK", size(23.66, 23.65, 23.75), mark("7", "code", "FAIL"))
    part(genealogy, "MO-TWIN", size(23.66, 23.65, 23.75), station=SIMULATED)
