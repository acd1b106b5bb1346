"""The controller's gate output."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from station.devices.controller.client import Controller
from station.errors import InputError, LostDeviceError

LONGEST_MS = 10_000


@dataclass(frozen=True, slots=True)
class GateFacts:
    """`open_ms`: the longest that one part needs to get through. The firmware shuts the gate after it, whatever became
    of the station."""

    open_ms: int = 2000


class Gate:
    """Holds unless told otherwise: de-energised by the firmware when `open_ms` is over, 500 ms after the process died,
    and by every reset."""

    def __init__(self, facts: GateFacts, controller: Controller, place: str = "gate") -> None:
        """Raises: InputError."""
        if not 1 <= facts.open_ms <= LONGEST_MS:
            raise InputError(f"the gate may be open for 1 to {LONGEST_MS} ms, not {facts.open_ms}", place=place)
        self._facts, self._controller = facts, controller

    def hold(self) -> None:
        """Let nothing through. Raises: DeviceError."""
        self._controller.request("reject")

    def let_through(self) -> None:
        """Open for the part in the rig, for `open_ms` at most. Raises: DeviceError."""
        self._controller.request(f"pass {self._facts.open_ms}")

    def is_holding(self) -> bool:
        """What the controller's pin says. Raises: DeviceError."""
        return not self._controller.inputs().gate_passing

    def check(self) -> str:
        """What it is and that it is well. Raises: DeviceError."""
        return f"gate at {self._controller.check()}"

    def close(self) -> None:
        """Hold; a controller that is lost holds by itself."""
        with suppress(LostDeviceError):
            self.hold()
