"""What a plan's uncertainties will be on a part at nominal, and what they are too large to decide.

For people who plan: an inspection measures and does not need it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from station.metrology.calibration import Calibration
from station.metrology.decision import guard_band_factor, pass_probability
from station.metrology.features import MeasuredFeature
from station.metrology.lens_field import Bending, lens_field
from station.metrology.uncertainty import Conditions, Measurement, measure
from station.order.model import CharacteristicType, Order
from station.plan.associate import associate
from station.plan.plan import Item, Plan
from station.plan.seen import Seen

PREDICTED_NOISE_PX = 0.04  # scatter of one edge point in a well-exposed 8-bit picture


@dataclass(frozen=True, slots=True)
class Prediction:
    """One characteristic of the plan: the standard uncertainty expected (None if refused, or of a mark), a `warning`
    where it can never PASS (the uncertainty is too large for the tolerance, a mark has no scale), and how likely a part
    at nominal PASSes (None without limits)."""

    u: float | None
    warning: str = ""
    passes: float | None = None


def predict(plan: Plan, order: Order, calibration: Calibration) -> tuple[Prediction, ...]:
    """A prediction for each item of the plan."""
    expected = {feature.id: feature for feature in _as_nominal(plan, calibration)}
    lens = _in_the_middle(plan, calibration)
    return tuple(_predicted(item, plan, order, expected, calibration, lens) for item in plan.items)


def predict_marks(plan: Plan) -> tuple[Prediction, ...]:
    """The same of a plan without geometry (`compile_marks`)."""
    return tuple(Prediction(None, "" if item.mark is None else item.mark.doubt) for item in plan.items)


def _predicted(
    item: Item,
    plan: Plan,
    order: Order,
    expected: Mapping[str, MeasuredFeature],
    calibration: Calibration,
    lens: Bending | None,
) -> Prediction:
    if item.refusal:
        return Prediction(None)
    if item.mark is not None:
        return Prediction(None, item.mark.doubt)
    if item.characteristic.type is CharacteristicType.COUNT:
        return Prediction(0.0, passes=1.0)
    conditions = Conditions(None, order.part.cte_ppm_per_k)
    found = measure(item.question, expected, calibration, plan.mm_per_px, conditions, lens)
    rule, probability = order.decision.rule, order.decision.conformance_probability
    passes = None
    if item.lower is not None or item.upper is not None:
        passes = pass_probability(found.value, found.u, item.lower, item.upper, rule, probability)
    return Prediction(found.u, _warning(item, order, found), passes)


def _warning(item: Item, order: Order, found: Measurement) -> str:
    c, lower, upper, u = item.characteristic, item.lower, item.upper, found.u
    if lower is not None and upper is not None:
        cannot = math.isinf(guard_band_factor((upper - lower) / max(u, 1e-12), order.decision.conformance_probability))
    else:
        cannot = upper is not None and lower is None and found.value + 1.65 * u > upper and c.limits.source == "zone"
    if not cannot or order.decision.rule == "simple":
        return ""
    room = upper - lower if lower is not None and upper is not None else upper
    return f"U = {2 * u:.2g} {c.unit} is too large for the tolerance of {room:.4g} {c.unit}: it can never PASS"


def _in_the_middle(plan: Plan, calibration: Calibration) -> Bending | None:
    """How the lens's errors bend a part that lies upright in the middle of the field."""
    field = lens_field(calibration.camera)
    if field is None or not len(plan.track):
        return None
    camera, points = calibration.camera, plan.track.points_mm
    (center,) = camera.to_mm([((camera.width_px - 1) / 2.0, (camera.height_px - 1) / 2.0)])
    return Bending(field, np.eye(2), center - (points.min(axis=0) + points.max(axis=0)) / 2.0)


def _as_nominal(plan: Plan, calibration: Calibration) -> list[MeasuredFeature]:
    """What would be measured of a part exactly at nominal, with the noise of a well-exposed picture."""
    local_mm, noise_mm = calibration.local_px * plan.mm_per_px, PREDICTED_NOISE_PX * plan.mm_per_px
    seen = [Seen(t.points_mm, t.points_mm, t.normals, np.full(len(t), noise_mm), local_mm) for t in plan.targets]
    return associate(plan.targets, seen)
