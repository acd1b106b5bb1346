"""A code scanner that types (HID keyboard wedge), read from the kernel's own events and grabbed: what it scans is typed
into no terminal and no browser, and what is typed at a keyboard is no scan."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import struct
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from station.devices.found import Found
from station.devices.scanner_text import GS, LONGEST, MAKERS, scanned_text
from station.errors import DeviceError, InputError, LostDeviceError

# linux/input.h and linux/input-event-codes.h; a 64-bit system has a timeval of two longs in front of each event
_EVENT = struct.Struct("llHHi")
_EVIOCGRAB = 0x40044590
_EV_SYN, _EV_KEY, _SYN_DROPPED = 0, 1, 3
_ENTER, _SHIFT, _CONTROL, _RIGHT_BRACE = {28, 96}, {42, 54}, {29, 97}, 27
_SILENT = {1, 15, 56, 58, 69, 70, 100, 125, 126}  # keys that write nothing: Esc, Tab, Alt, locks, Meta


def _row(first: int, plain: str, shifted: str) -> dict[int, tuple[str, str]]:
    return {first + at: pair for at, pair in enumerate(zip(plain, shifted, strict=True))}


_US = {
    **_row(2, "1234567890-=", "!@#$%^&*()_+"),
    **_row(16, "qwertyuiop[]", "QWERTYUIOP{}"),
    **_row(30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    **_row(43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    **_row(71, "789-456+1230.", "789-456+1230."),
    55: ("*", "*"),
    57: (" ", " "),
    86: ("\\", "|"),
    98: ("/", "/"),
}


@dataclass(frozen=True, slots=True)
class ScannerFacts:
    """`device` is best one that stays: /dev/input/by-id/usb-…-event-kbd. A scanner is set to the US layout by a code of
    its manual; where it cannot be, `keys` says what differs, a key's number and what it writes plain and with shift
    (for a German one `"21" = "zZ"`, `"44" = "yY"`, `"12" = "ß?"`, `"53" = "-_"`)."""

    device: str
    keys: dict[str, str] = field(default_factory=dict)
    aim: bool = False


class Scanner:
    """Each scan ends with Enter and is read once; of several the last counts."""

    def __init__(
        self, facts: ScannerFacts, place: str = "scanner", clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Grabs it; what was typed before is forgotten. Raises: InputError, LostDeviceError."""
        self._facts, self._clock, self._place = facts, clock, f"{place} {facts.device}"
        self._keys = {**_US, **_other_keys(facts.keys, self._place)}
        self._held: set[int] = set()
        self._text, self._bad = "", ""
        self._scans: deque[tuple[str, str]] = deque(maxlen=16)  # text, or why it is none
        try:
            self._file = os.open(facts.device, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as error:
            raise LostDeviceError(f"it cannot be opened ({error.strerror})", place=self._place) from error
        try:
            fcntl.ioctl(self._file, _EVIOCGRAB, 1)
        except OSError as error:
            os.close(self._file)
            busy = "another program has it" if error.errno == errno.EBUSY else "this is no keyboard"
            raise LostDeviceError(f"{busy} ({error.strerror})", place=self._place) from error

    def read(self, timeout_s: float) -> str:
        """What was scanned since the last call, or within the time; empty when nothing was.

        Raises:
            DeviceError: what came is no text; it is forgotten, the next call is new.
            LostDeviceError: it was pulled out.
        """
        deadline_s = self._clock() + timeout_s
        self._listen(0.0)
        while not self._scans and (left_s := deadline_s - self._clock()) > 0.0:
            self._listen(left_s)
        if not self._scans:
            return ""
        text, bad = self._scans.pop()
        self._scans.clear()
        if bad:
            raise DeviceError(f"what was scanned is no text: {bad}", place=self._place)
        return scanned_text(text.encode(), self._place, aim=self._facts.aim)

    def _listen(self, timeout_s: float) -> None:
        """Takes the events that are there, or the first that come within the time."""
        try:
            while select.select([self._file], [], [], timeout_s)[0]:
                data = os.read(self._file, 64 * _EVENT.size)
                if not data:
                    raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
                for _, _, kind, code, value in _EVENT.iter_unpack(data[: len(data) // _EVENT.size * _EVENT.size]):
                    self._take(kind, code, value)
                timeout_s = 0.0
        except (OSError, ValueError) as error:  # ValueError: it was closed
            why = getattr(error, "strerror", None) or str(error)
            raise LostDeviceError(f"the scanner is gone ({why})", place=self._place) from error

    def _take(self, kind: int, code: int, value: int) -> None:
        if (kind, code) == (_EV_SYN, _SYN_DROPPED):
            self._bad, self._held = "the kernel lost some of its keys", set()
        elif kind == _EV_KEY and value == 0:
            self._held.discard(code)
        elif kind == _EV_KEY and value == 1:
            self._held.add(code)
            self._press(code)

    def _press(self, code: int) -> None:
        if code in _ENTER:
            if self._text or self._bad:
                self._scans.append((self._text, self._bad))
            self._text, self._bad = "", ""
        elif code in _SHIFT | _CONTROL | _SILENT:
            pass
        elif self._held & _CONTROL:  # GS1's separator comes as Ctrl+]
            self._text += GS if code == _RIGHT_BRACE else ""
            self._bad = self._bad or ("" if code == _RIGHT_BRACE else f"Ctrl with key {code}")
        elif code not in self._keys:
            self._bad = self._bad or f"key {code} is not in the layout"
        elif len(self._text) <= LONGEST:
            self._text += self._keys[code][bool(self._held & _SHIFT)]

    def check(self) -> str:
        """What it is. Raises: LostDeviceError when it was pulled out."""
        self._listen(0.0)
        return "scanner that types, grabbed"

    def close(self) -> None:
        """Let go of it."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _other_keys(keys: dict[str, str], place: str) -> dict[int, tuple[str, str]]:
    for code, written in keys.items():
        if not (code.isascii() and code.isdecimal()) or len(written) != 2:
            raise InputError(f"the key {code!r} = {written!r} is not a number and two characters", place=place)
    return {int(code): (written[0], written[1]) for code, written in keys.items()}


def find() -> list[Found]:
    """Keyboards whose name is that of a scanner, or of a maker of scanners."""
    devices = sorted(Path("/dev/input/by-id").glob("*-event-kbd"))
    return [Found("scanner", "keyboard", str(one), one.name) for one in devices if MAKERS.search(one.name)]
