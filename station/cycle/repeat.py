"""One characteristic of the part in the rig measured again, as often as a study of the instrument asks.

Captured and examined exactly as the cell does it, but never an inspection of the part: nothing is committed and the
gate is not touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from station.cycle.capture import capture
from station.cycle.examine import examine, view_of
from station.cycle.inspect import Instrument, check_fit
from station.devices.protocols import Rig, View
from station.errors import CaptureError, InputError
from station.metrology.calibration import Calibration
from station.metrology.uncertainty import Conditions
from station.order.model import MARKS, Order
from station.plan.compile import compile_plan
from station.plan.plan import Item, Plan


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured again: a characteristic of an order, with the plan and the calibration."""

    order: Order
    plan: Plan
    item: Item
    calibration: Calibration

    @property
    def nominal(self) -> float | None:
        """The nominal of a size; None for a geometrical tolerance."""
        found = self.item.characteristic.limits.nominal
        return None if found is None else float(found)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the station said; `value` is None with a reason where it could not measure."""

    value: float | None
    reason: str = ""


def subject_of(order: Order, characteristic: str, instrument: Instrument, now: datetime) -> Subject:
    """The characteristic with this id, planned.

    Raises:
        InputError: there is none, it gives no number, or this station cannot measure it.
        CalibrationError: none, or expired.
    """
    known = [c.id for c in order.characteristics]
    if characteristic not in known:
        raise InputError(
            f"the order of {order.part.serial} has no characteristic {characteristic!r}; it has {', '.join(known)}",
            place="--characteristic",
        )
    if next(c for c in order.characteristics if c.id == characteristic).type in MARKS:
        raise InputError(f"characteristic {characteristic} gives no number to study", place="--characteristic")
    check_fit(instrument, order, [], now)
    calibration = instrument.calibration
    assert calibration is not None
    plan = compile_plan(order, calibration)
    item = next(i for i in plan.items if i.characteristic.id == characteristic)
    if refusal := plan.refusal or item.refusal:
        raise InputError(f"characteristic {characteristic} cannot be measured here: {refusal}", place=order.order_id)
    return Subject(order, plan, item, calibration)


def measure_again(rig: Rig, subject: Subject, exposure_us: float) -> Answer:
    """One reading of the part that lies in the rig; a frame that must not be trusted is an answer without a value.

    Raises:
        DeviceError: a device did not do what it was asked to.
    """
    view = view_of(subject.item.characteristic, [str(view) for view in View if view in rig.light.views])
    try:
        picture = capture(rig.camera, rig.light, View(view), exposure_us)
    except CaptureError as error:
        return Answer(None, str(error))
    conditions = Conditions(None, subject.order.part.cte_ppm_per_k)
    found = examine(subject.order, subject.plan, subject.calibration, [picture], conditions)
    result = next(i for i in found.items if i.item.characteristic.id == subject.item.characteristic.id)
    return Answer(result.value, "" if result.value is not None else result.reason or found.reason)
