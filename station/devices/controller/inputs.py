"""The controller's inputs: start button, door, emergency stop."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from station.devices.controller.client import Controller, Inputs

_LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class InterlockFacts:
    """Which of the two contacts this rig has. One that it has not is never asked for."""

    door: bool = True
    estop: bool = True


class Button:
    """The start button. The firmware debounces and counts: no press is lost, however busy the station is."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._seen = controller.latest().starts

    def wait(self, timeout_s: float) -> bool:
        """Whether it was pressed (anew: a held one counts once) since the last call, or within the time.

        Raises:
            LostDeviceError: the controller is lost.
        """
        deadline = self._controller.clock() + timeout_s
        while True:
            starts = self._controller.latest().starts
            if starts != self._seen:
                self._seen = starts
                return True
            left = deadline - self._controller.clock()
            if left <= 0.0:
                return False
            self._controller.sleep(min(left, _LOOK_S))

    def check(self) -> str:
        """What it is and that it is well. Raises: DeviceError."""
        state = "pressed" if self._controller.inputs().start else "not pressed"
        return f"start button ({state}) at {self._controller.check()}"

    def close(self) -> None:
        """Nothing to let go of."""


class Interlock:
    """Door and emergency stop, normally closed contacts: a broken wire reads as open and pressed."""

    def __init__(self, facts: InterlockFacts, controller: Controller) -> None:
        self._facts, self._controller = facts, controller

    def stopped_by(self) -> str:
        """What keeps the machine still, or did since the last call; empty when nothing does. Raises: DeviceError."""
        return self._reasons(self._controller.inputs(), self._controller.opened())

    def _reasons(self, inputs: Inputs, opened: Set[str] = frozenset()) -> str:
        reasons = []
        if self._facts.estop and (not inputs.estop or "estop" in opened):
            reasons.append(f"the emergency stop {'was' if inputs.estop else 'is'} pressed")
        if self._facts.door and (not inputs.door or "door" in opened):
            reasons.append(f"the door {'was' if inputs.door else 'is'} open")
        return " and ".join(reasons)

    def check(self) -> str:
        """What it is and that it is well. Raises: DeviceError."""
        reasons = self._reasons(self._controller.inputs())
        return f"interlock ({reasons or 'nothing stops'}) at {self._controller.check()}"

    def close(self) -> None:
        """Nothing to let go of."""
