"""What the twin's devices have in common: the part in the rig, the light, the troubles, the history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np

from station.devices.protocols import View
from station.order.model import Face, Order
from station.twin.demo_case import DemoCase
from station.twin.part import MadePart, part_of_order
from station.twin.rig_file import TwinFacts
from station.twin.scene import Scene


class Trouble(StrEnum):
    """How the twin misbehaves on request."""

    CAMERA_LOST = "camera lost"  # capture fails
    STALE_FRAME = "stale frame"  # the frame before the last change is delivered, with its own time
    WRONG_EXPOSURE = "wrong exposure"  # the camera keeps half of the exposure asked for
    HIDDEN_GAIN = "hidden gain"  # a digital gain of 1.5, as the metadata admit
    LAMP_DEAD = "lamp dead"  # the lamp does not light, and nothing says so
    GATE_STUCK = "gate stuck"  # it holds and does not open


@dataclass(frozen=True, slots=True)
class Workpiece:
    """A part waiting in the feeder."""

    serial: str
    part: MadePart
    face: Face = Face.TOP
    order_file: Path | None = None


def workpiece_of_case(case: DemoCase, folder: Path | None = None) -> Workpiece:
    """The part of a demo case whose order was written into `folder`."""
    return Workpiece(case.serial, case.part, case.face, folder / case.order_file if folder is not None else None)


def workpiece_of_order(order: Order, order_file: Path | None = None) -> Workpiece:
    """A part made exactly as ordered. Raises: InputError when the order's geometry is not a whole silhouette."""
    return Workpiece(order.part.serial, part_of_order(order), order.geometry.face, order_file)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at the bench."""

    at_s: float
    device: str
    what: str


@dataclass(slots=True)
class Bench:
    """What the five devices have in common."""

    facts: TwinFacts
    waiting: list[Workpiece]
    clock: Callable[[], float]
    rng: np.random.Generator
    troubles: set[Trouble] = field(default_factory=set)
    history: list[Event] = field(default_factory=list)
    lit: View | None = None
    lit_since_s: float = 0.0
    scene: Scene = field(default_factory=Scene)
    serial: str = ""
    open: bool = False

    def note(self, device: str, what: str) -> None:
        """Remember that something happened now."""
        self.history.append(Event(self.clock(), device, what))

    def warmth(self, at_s: float) -> float:
        """How much of its full light the lamp gives: from a third when it is lit up to all when it has settled."""
        settled = (at_s - self.lit_since_s) / self.facts.settle_s if self.facts.settle_s > 0 else 1.0
        return 1 / 3 + 2 / 3 * min(1.0, max(0.0, settled))
