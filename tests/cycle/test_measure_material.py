"""Position with a maximum material bonus: the vectors of ISO 2692 and ISO 5458, measured on the twin."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from station.metrology.decision import Verdict
from station.twin.part import CircleDeviation

from ..order.builders import circle, zone
from .scenes_for_measure import exact, inspected, made, optics, order, photograph

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "position_tolerance_mmc.json"


@pytest.mark.skipif(not REFERENCE.exists(), reason="the shared reference values are not beside this checkout")
@pytest.mark.parametrize("name", ["hole", "pin"])
@pytest.mark.parametrize("bonus", [True, False])
def test_the_vectors_pass_and_fail_as_they_say(name: str, bonus: bool) -> None:
    (row,) = [r for r in json.loads(REFERENCE.read_text(encoding="utf-8"))["rows"] if r["feature"] == name]
    side = "inner" if name == "hole" else "outer"
    datum = circle("D", "outer", [0, 0], 2.0) if name == "hole" else circle("D", "inner", [0, 0], 0.4)
    limits = sorted((row["MMC"], row["LMC"]))
    asked = zone("position", "F", row["tol"], "A", **({"modifier": "MMC"} if bonus else {}))
    sized = {"type": "diameter", "feature": "F", "limits": limits}
    what = order([datum, circle("F", side, [0, 0], row["MMC"])], sized, asked, datums={"A": "D"})
    off = CircleDeviation("F", row["actual"] - row["MMC"], (row["dx"], row["dy"]))
    seen = optics(260, 260)
    outcome = inspected(what, photograph(made(what, off), seen, np.random.default_rng(1)), exact(seen))
    size, place = outcome.items
    assert size.value == pytest.approx(row["actual"], abs=2e-4)
    assert place.value == pytest.approx(row["deviation"], abs=4e-4)
    passes = row["pass_MMC"] if bonus else row["pass_RFS"]
    if row["deviation"] == row["allowed"] and bonus:
        # The pin lies exactly on its limit: neither is shown.
        assert place.verdict is Verdict.UNDECIDED
    elif row["deviation"] != row["tol"] or bonus:
        assert place.verdict is (Verdict.PASS if passes else Verdict.FAIL)
