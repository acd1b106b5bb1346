"""What the twin's devices have in common: the part in the rig, the light, the troubles, the history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from station.devices.protocols import View
from station.errors import LostDeviceError, StoppedError
from station.order.model import Face, Order
from station.twin.demo_case import DemoCase
from station.twin.part import MadePart, part_of_order
from station.twin.rig_file import TwinFacts
from station.twin.scene import Scene
from station.twin.troubles import Trouble

CONTROLLER = {
    Trouble.BYTES_LOST: "the controller does not answer",
    Trouble.BYTES_GARBLED: "the controller's answers are garbled",
    Trouble.LATE_ANSWER: "the controller answered too late",
    Trouble.CONTROLLER_RESET: "the controller was reset",
}
INTERLOCK = {Trouble.DOOR_OPEN: "the door is open", Trouble.E_STOP: "the emergency stop is pressed"}
STAGE = {
    Trouble.STAGE_STALLED: "the stage does not move though it should",
    Trouble.LIMIT_ALARM: "the stage ran into a limit switch",
}


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
    """A part made and marked exactly as ordered. Raises: InputError when the order's geometry is not a whole
    silhouette."""
    return Workpiece(order.part.serial, part_of_order(order), order.geometry.face, order_file)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at the bench."""

    at_s: float
    device: str
    what: str


@dataclass(slots=True)
class Bench:
    """What the devices have in common."""

    facts: TwinFacts
    waiting: list[Workpiece]
    clock: Callable[[], float]
    rng: np.random.Generator
    troubles: set[Trouble] = field(default_factory=set)
    opened: set[Trouble] = field(default_factory=set)  # door and stop button since they were last asked
    history: list[Event] = field(default_factory=list)
    lit: View | None = None
    lit_since_s: float = 0.0
    scene: Scene = field(default_factory=Scene)
    serial: str = ""
    open: bool = False

    def misbehave(self, troubles: set[Trouble]) -> None:
        """From now on have these troubles and no others; what falls by itself falls at once."""
        self.opened |= (self.troubles | troubles) & set(INTERLOCK)
        self.troubles = troubles
        if troubles & {Trouble.E_STOP, Trouble.CONTROLLER_RESET, Trouble.BYTES_LOST, Trouble.BYTES_GARBLED}:
            # The stop button cuts the power; a controller that is reset or hears nothing lets everything fall.
            self.open, self.lit = False, None

    def check_controller(self) -> None:
        """Raises LostDeviceError where the controller of lamps, gate and tower does not answer as it should."""
        for trouble, sentence in CONTROLLER.items():
            if trouble in self.troubles:
                raise LostDeviceError(sentence, place="controller")

    def stopped_by(self) -> str:
        """What keeps the machine still, or did since the last call."""
        opened, self.opened = self.opened, set()
        reasons = [words for trouble, words in INTERLOCK.items() if trouble in self.troubles]
        reasons += [INTERLOCK[trouble].replace(" is ", " was ") for trouble in sorted(opened - self.troubles)]
        return " and ".join(reasons)

    def check_stage(self) -> None:
        """Raises StoppedError where the stage that brings parts stands."""
        for trouble, sentence in STAGE.items():
            if trouble in self.troubles:
                raise StoppedError(sentence, place="stage")

    def note(self, device: str, what: str) -> None:
        """Remember that something happened now."""
        self.history.append(Event(self.clock(), device, what))

    def warmth(self, at_s: float) -> float:
        """How much of its full light the lamp gives: from a third when it is lit up to all when it has settled."""
        settled = (at_s - self.lit_since_s) / self.facts.settle_s if self.facts.settle_s > 0 else 1.0
        return 1 / 3 + 2 / 3 * min(1.0, max(0.0, settled))
