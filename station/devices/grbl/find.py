"""Looks for controllers that speak Grbl on the serial ports. Asks only how they are: resets nothing, moves nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from serial.tools import list_ports

from station.devices.found import Found
from station.devices.grbl.said import Banner, Status, understand
from station.devices.serial_line import SerialLine
from station.errors import DeviceError

_BOOT_S = 2.5  # a board that restarts when its port is opened says nothing for so long


def find(
    ports: Sequence[str] | None = None, *, baud: int = 115200, clock: Callable[[], float] = time.monotonic
) -> list[Found]:
    """What answers like Grbl on these ports; by default on all USB ports. A port that is in use is passed over.

    Opening a port restarts some boards, as it does for any program.
    """
    return [found for port in (_usb_ports() if ports is None else ports) if (found := _ask(port, baud, clock))]


def _ask(port: str, baud: int, clock: Callable[[], float]) -> Found | None:
    try:
        line = SerialLine(port, baud, clock=clock)
    except DeviceError:
        return None
    try:
        deadline, banner = clock() + _BOOT_S, None
        while clock() < deadline:
            line.write(b"?")
            raw = line.read_line(0.3)
            while raw is not None:
                said = understand(raw)
                if isinstance(said, Banner):
                    banner = said
                if isinstance(said, Status):
                    what = f"{banner.dialect} {banner.version}" if banner else "Grbl"
                    return Found("stage", "grbl", port, f"{what}, {said.state.lower()}")
                raw = line.read_line(0.3)
        return None
    except DeviceError:
        return None
    finally:
        line.close()


def _usb_ports() -> list[str]:
    """Ports on USB, each by the name that stays the same wherever it is plugged in, where there is one."""
    stable = Path("/dev/serial/by-id")
    names = {str(one.resolve()): str(one) for one in sorted(stable.iterdir())} if stable.is_dir() else {}
    return [names.get(port.device, port.device) for port in list_ports.comports() if port.vid is not None]
