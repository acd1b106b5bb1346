"""A scanner that types, through the kernel's own input devices: $STATION_UINPUT is the device through which a program
is a keyboard (/dev/uinput)."""

import fcntl
import os
import struct
import time
from pathlib import Path

import pytest

from station.devices.scanner_keyboard import Scanner, ScannerFacts
from station.errors import DeviceError, LostDeviceError

UINPUT = os.environ.get("STATION_UINPUT", "")
pytestmark = pytest.mark.skipif(not UINPUT, reason="needs the kernel's uinput: scripts/test_vm sets STATION_UINPUT")

# linux/uinput.h
UI_SET_EVBIT, UI_SET_KEYBIT, UI_DEV_SETUP, UI_DEV_CREATE, UI_DEV_DESTROY = (
    0x40045564,
    0x40045565,
    0x405C5503,
    0x5501,
    0x5502,
)
UI_GET_SYSNAME = 0x8040552C
CODES = {"R": 19, "I": 23, "N": 49, "G": 34, "1": 2}


class Keyboard:
    """A keyboard of the kernel's; `device` is where it is read."""

    def __init__(self):
        self._file = os.open(UINPUT, os.O_WRONLY)
        fcntl.ioctl(self._file, UI_SET_EVBIT, 1)
        for code in range(1, 128):
            fcntl.ioctl(self._file, UI_SET_KEYBIT, code)
        fcntl.ioctl(self._file, UI_DEV_SETUP, struct.pack("HHHH80sI", 3, 0x0C2E, 0x0B61, 1, b"Station test scanner", 0))
        fcntl.ioctl(self._file, UI_DEV_CREATE)
        name = fcntl.ioctl(self._file, UI_GET_SYSNAME, bytes(64)).partition(b"\0")[0].decode()
        folder = Path("/sys/devices/virtual/input") / name
        until_s = time.monotonic() + 10.0
        while time.monotonic() < until_s:
            found = [Path("/dev/input") / one.name for one in folder.glob("event*")]
            if found and found[0].exists():
                break
            time.sleep(0.05)
        self.device = str(found[0])

    def press(self, *codes):
        for code, value in [*((code, 1) for code in codes), *((code, 0) for code in reversed(codes))]:
            os.write(self._file, struct.pack("llHHi", 0, 0, 1, code, value) + struct.pack("llHHi", 0, 0, 0, 0, 0))

    def scan(self, text):
        for one in text:
            self.press(42, CODES[one]) if one.isupper() else self.press(CODES[one])
        self.press(28)

    def pull_out(self):
        fcntl.ioctl(self._file, UI_DEV_DESTROY)
        os.close(self._file)


def test_scans_are_read_grabbed_from_everybody_else_and_a_pulled_scanner_is_said():
    keyboard = Keyboard()
    bystander = os.open(keyboard.device, os.O_RDONLY | os.O_NONBLOCK)
    scanner = Scanner(ScannerFacts(keyboard.device))
    keyboard.scan("RING1")
    assert scanner.read(30.0) == "RING1"
    assert scanner.read(0.05) == ""
    with pytest.raises(BlockingIOError):
        os.read(bystander, 24)  # nobody else hears it
    with pytest.raises(LostDeviceError, match="another program has it"):
        Scanner(ScannerFacts(keyboard.device))
    for _ in range(40):  # far more than the kernel keeps: nothing of it may be taken for a code that it was not
        keyboard.scan("RING1")
    try:
        assert scanner.read(30.0) == "RING1"
    except DeviceError as error:
        refused = str(error)
        assert "lost some of its keys" in refused
    keyboard.pull_out()
    with pytest.raises(LostDeviceError, match="the scanner is gone"):
        scanner.read(30.0)
    scanner.close()
    os.close(bystander)
