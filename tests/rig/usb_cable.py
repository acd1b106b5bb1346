"""The virtual machine's USB cable: a serial port that is really unplugged and plugged in again, and its other end.

STATION_USB_SERIAL is the port's name, STATION_USB_PEER its other end, and STATION_USB_PLUG the file that says what the
cable is plugged into: the kernel is both the computer and what is attached to it.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import serial

from station.errors import LostDeviceError

PORT, PEER = Path(os.environ.get("STATION_USB_SERIAL", "")), Path(os.environ.get("STATION_USB_PEER", ""))
PLUG = Path(os.environ.get("STATION_USB_PLUG", ""))
SOON_S = 20.0  # an emulated processor is slow
needs_usb_cable = pytest.mark.skipif(
    "STATION_USB_SERIAL" not in os.environ, reason="no USB serial port to unplug: scripts/test_vm has one"
)


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def plug_in() -> None:
    """Does nothing if it is."""
    if not PORT.exists():
        PLUG.write_text("dummy_udc.0\n")
        wait_until(PORT.exists)


def pull_out() -> None:
    PLUG.write_text("\n")


def wait_until_out() -> None:
    """Until the port's name is gone too, which an open line does not wait for."""
    wait_until(lambda: not PORT.exists())


def lost_after_s(act: Callable[[], object], pulled_after_s: float) -> float:
    """How long after the cable was out `act` said that its device is lost."""
    out_s: list[float] = []

    def pull() -> None:
        pull_out()
        out_s.append(time.monotonic())

    timer = threading.Timer(pulled_after_s, pull)
    timer.start()
    with pytest.raises(LostDeviceError, match=PORT.name) as lost:
        act()
    said_s = time.monotonic()
    timer.join()
    wait_until_out()
    print(f"{1000 * (said_s - out_s[0]):.0f} ms after the cable was out: {lost.value}")
    return said_s - out_s[0]


class AttachedDevice:
    """What is at the other end: what comes goes to `hear`, and `say` sends; it lives through unplugging."""

    def __init__(self, hear: Callable[[bytes], None]) -> None:
        self._hear, self._ended = hear, threading.Event()
        self._port = serial.Serial(str(PEER), timeout=0.1)
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                self._hear(self._port.read(1) + self._port.read(self._port.in_waiting))
            except OSError:  # the cable was pulled: what the kernel hung up must be opened again
                self._port.close()
                time.sleep(0.05)
                self._port.open()

    def say(self, data: bytes) -> None:
        """What is said into no cable is lost."""
        with suppress(OSError):
            self._port.write(data)

    def __enter__(self) -> AttachedDevice:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._port.close()


class Bridge(AttachedDevice):
    """Puts a device that sits at a pseudo-terminal to the other end of the cable."""

    def __init__(self, device: str) -> None:
        self._device = os.open(device, os.O_RDWR | os.O_NOCTTY)
        super().__init__(lambda data: data and os.write(self._device, data))
        self._back = threading.Thread(target=self._answer)
        self._back.start()

    def _answer(self) -> None:
        while not self._ended.is_set():
            if select.select([self._device], [], [], 0.1)[0]:
                self.say(os.read(self._device, 4096))

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._back.join()
        os.close(self._device)
