"""The controller's stack light: red, yellow, green, blue in the meanings of EN 60204-1 (table 4).

Red: emergency; yellow: abnormal; green: normal; blue: a person must act. The firmware flashes the lamps, so a sign
stands still without the station. When the station falls silent the firmware shows yellow, flashing slowly.
"""

from __future__ import annotations

from contextlib import suppress

from station.devices.controller.client import Controller
from station.devices.protocols import TowerSign
from station.errors import LostDeviceError

_OFF, _ON, _SLOW, _QUICK = range(4)
_LOOKS = {  # red, yellow, green, blue
    TowerSign.OFF: (_OFF, _OFF, _OFF, _OFF),
    TowerSign.READY: (_OFF, _OFF, _SLOW, _OFF),
    TowerSign.BUSY: (_OFF, _OFF, _QUICK, _OFF),
    TowerSign.PASS: (_OFF, _OFF, _ON, _OFF),
    TowerSign.FAIL: (_OFF, _ON, _OFF, _OFF),
    TowerSign.UNDECIDED: (_OFF, _OFF, _OFF, _QUICK),
    TowerSign.ERROR: (_QUICK, _OFF, _OFF, _OFF),
}


class Tower:
    """Dark on open and on close. It tells people, it makes nothing safe."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller

    def show(self, sign: TowerSign) -> None:
        """Show this sign and no other. Raises: DeviceError."""
        self._controller.request("tower " + " ".join(map(str, _LOOKS[sign])))

    def check(self) -> str:
        """What it is and that it is well. Raises: DeviceError."""
        return f"tower at {self._controller.check()}"

    def close(self) -> None:
        """Dark; a controller that is lost says so itself."""
        with suppress(LostDeviceError):
            self.show(TowerSign.OFF)
