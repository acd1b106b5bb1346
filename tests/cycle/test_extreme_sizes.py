"""What stands on an edge does not belong to its fit, but it is there: an extreme size must not pass without it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from station.cycle.bonus import bonus_of, mating_of
from station.cycle.results import _doubt
from station.metrology.camera import telecentric
from station.metrology.decision import decide
from station.plan.compile import compile_plan

from ..metrology.calibrations_for_tests import exact_calibration
from ..metrology.features_for_tests import circle
from ..order.builders import circle as drawn
from ..order.builders import order, parse

RING = [drawn("OD", "outer", [0, 0], 4.0), drawn("ID", "inner", [0, 0], 2.0)]
SIZE = {"type": "diameter", "feature": "ID", "limits": [1.95, 2.05]}


def burred():
    """A bore with a burr of 0.2 mm into it, which the fit left out."""
    form = np.zeros(720)
    form[300:320] = -0.2
    return replace(circle("ID", radius=1.0, outward=-1.0, count=720, form=form), kept=form == 0.0)


def test_a_bore_with_a_burr_does_not_pass_gx() -> None:
    what = parse(order(RING, {**SIZE, "modifier": "GX"}))
    (item,) = compile_plan(what, exact_calibration(telecentric(800, 600, 0.01))).items
    said = _doubt(item, {"ID": burred()}, lambda value: decide(value, 1e-3, item.lower, item.upper), 0.01)
    assert "something stands on the edge" in said


def test_a_burr_earns_no_bonus() -> None:
    position = {"type": "position", "feature": "ID", "datum": "A", "tolerance": 0.02, "modifier": "MMC"}
    what = parse({**order(RING, SIZE, position), "datums": {"A": "OD"}})
    item = compile_plan(what, exact_calibration(telecentric(800, 600, 0.01))).items[1]
    clean = circle("ID", radius=1.0, outward=-1.0, count=720)
    for seen, bonus in ((burred(), 0.0), (clean, 0.05)):
        mating = mating_of(item, what, {"ID": seen})
        assert mating is not None
        assert abs(bonus_of(mating, {"ID": seen}, [0.0])[0] - bonus) < 1e-6
