"""The next part's order and plan, made while the cell does something else."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from station.background import in_background
from station.metrology.calibration import Calibration
from station.order.model import Order
from station.order.read import read_order, still_says
from station.plan.compile import compile_marks, compile_plan
from station.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class Prepared:
    """An order with its plan; `calibration` is the one it was planned with (None: it asks for marks only)."""

    order: Order
    calibration: Calibration | None
    plan: Plan


def prepare(path: Path, calibration: Calibration | None) -> Prepared:
    """The order of a file, and its plan. Raises as `read_order` and `compile_plan` do."""
    order = read_order(path)
    used = calibration if order.geometry.features else None
    return Prepared(order, used, plan_of(order, used))


def plan_of(order: Order, calibration: Calibration | None) -> Plan:
    """The plan of an order; `calibration` is None for one that asks for marks only."""
    return compile_marks(order) if calibration is None else compile_plan(order, calibration)


class Ahead:
    """Prepares one order beside the thread that asks. What is taken is as if it had been read and planned just now."""

    def __init__(self) -> None:
        self._begun: tuple[Path, Future[Prepared]] | None = None

    def begin(self, path: Path, calibration: Calibration | None) -> None:
        """Prepares this order, and no other one any more."""
        if self._begun is not None and self._begun[0] == path:
            return  # what changed meanwhile is noticed when it is taken
        self._begun = path, in_background(lambda: prepare(path, calibration), "the next order")

    def take(self, path: Path) -> Prepared | None:
        """The order of this file, if it was prepared and the file says the same still."""
        begun, self._begun = self._begun, None
        if begun is None or begun[0] != path:
            return None
        try:
            prepared = begun[1].result()
        except Exception:  # read anew, it says what is wrong where somebody listens
            return None
        return prepared if still_says(path, prepared.order) else None
