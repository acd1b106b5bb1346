"""A code scanner on a serial line (or its USB port that stands for one): each scan is a frame."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from station.devices.found import Found
from station.devices.scanner_text import MAKERS, scanned_text
from station.devices.serial_line import SerialLine
from station.errors import DeviceError, InputError

_ENDS = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "etx": b"\x03"}
_STX = b"\x02"


@dataclass(frozen=True, slots=True)
class ScannerFacts:
    """`port` is a device (/dev/serial/by-id/…) or socket://host:port. A scan ends with `end`: "cr", "lf", "crlf" or
    "etx"; with `stx` it begins with STX, and half a scan before that is left out. `aim`: it begins with the AIM
    identifier of its symbology."""

    port: str
    baud: int = 9600
    end: str = "cr"
    stx: bool = False
    aim: bool = False


class Scanner:
    """Each scan is read once; of several the last counts, as that of the part in the operator's hand."""

    def __init__(
        self, facts: ScannerFacts, place: str = "scanner", clock: Callable[[], float] = time.monotonic
    ) -> None:
        """What was scanned before is forgotten. Raises: InputError, LostDeviceError."""
        if facts.end not in _ENDS:
            raise InputError(f"the end {facts.end!r} is none of {', '.join(_ENDS)}", place=place)
        self._facts, self._clock, self._place = facts, clock, f"{place} {facts.port}"
        self._scans: deque[bytes] = deque(maxlen=16)
        self._line = SerialLine(facts.port, facts.baud, clock=clock)
        try:
            self._line.clear()
        except DeviceError:
            self._line.close()
            raise

    def read(self, timeout_s: float) -> str:
        """What was scanned since the last call, or within the time; empty when nothing was.

        Raises:
            DeviceError: what came is garbage; it is forgotten, the next call is new.
            LostDeviceError: the port is gone, or what comes has no ends.
        """
        deadline_s = self._clock() + timeout_s
        self._listen(0.0)
        while not self._scans and (left_s := deadline_s - self._clock()) > 0.0:
            self._listen(left_s)
        if not self._scans:
            return ""
        last = self._scans.pop()
        self._scans.clear()
        return scanned_text(self._unframed(last), self._place, aim=self._facts.aim)

    def _listen(self, timeout_s: float) -> None:
        """Keeps what comes: the first scan within the time, and all that are there with it."""
        deadline_s = self._clock() + timeout_s
        while (data := self._line.read_line(max(deadline_s - self._clock(), 0.0), _ENDS[self._facts.end])) is not None:
            if data := data.strip(b"\r\n"):  # a scanner that ends with both, where one was agreed
                self._scans.append(data)
                deadline_s = self._clock()

    def _unframed(self, data: bytes) -> bytes:
        if not self._facts.stx:
            return data
        _, began, text = data.rpartition(_STX)
        if not began:
            raise DeviceError("a scan came without its beginning (STX)", place=self._place)
        return text

    def check(self) -> str:
        """What it is. A scanner answers nothing: that its port is there is all that can be known."""
        self._listen(0.0)
        return f"serial scanner at {self._facts.baud} baud, a scan ends with {self._facts.end}"

    def close(self) -> None:
        """Let go of it."""
        self._line.close()


def find() -> list[Found]:
    """Serial ports that call themselves a scanner, or whose maker makes scanners."""
    from serial.tools.list_ports import comports

    ports = [
        (one.device, f"{one.manufacturer or ''} {one.product or one.description or ''}".strip()) for one in comports()
    ]
    return [Found("scanner", "serial", device, words) for device, words in ports if MAKERS.search(words)]
