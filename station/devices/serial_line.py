"""A line to a device: a serial port, or a TCP connection that stands for one. Bytes out, lines in, with a deadline."""

from __future__ import annotations

import termios
import time
from collections.abc import Callable

import serial

from station.errors import LostDeviceError

_TROUBLES = (OSError, TypeError, termios.error)  # TypeError: pyserial on a port that was closed meanwhile
_LONGEST = 4096  # bytes without an end of line: that is no line, but noise or another baud rate


class SerialLine:
    """One open port. Every trouble is a `LostDeviceError` that names the port."""

    def __init__(self, port: str, baud: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Opens `port`: a device (/dev/serial/by-id/…, /dev/ttyACM0) or a URL (socket://host:port).

        Raises:
            LostDeviceError: it is not there, or somebody else has it.
        """
        self.port, self._clock, self._rest = port, clock, b""
        try:
            self._serial = serial.serial_for_url(port, baud, timeout=0.0, write_timeout=1.0, exclusive=True)
        except (*_TROUBLES, ValueError) as error:
            raise LostDeviceError(f"the port cannot be opened ({_reason(error)})", place=port) from error

    def write(self, data: bytes) -> None:
        """Sends all of it. Raises: LostDeviceError."""
        try:
            self._serial.write(data)
        except serial.SerialTimeoutException as error:
            raise LostDeviceError("the port takes nothing any more", place=self.port) from error
        except _TROUBLES as error:
            raise self._gone() from error

    def read_line(self, timeout_s: float, end: bytes = b"\n") -> bytes | None:
        """The next line without its end; None when none came in that time, what came of it is kept.

        Raises:
            LostDeviceError: the port is gone, or what comes has no lines.
        """
        deadline = self._clock() + timeout_s
        while True:
            line, found, rest = self._rest.partition(end)
            if found:
                self._rest = rest
                return line
            if len(self._rest) > _LONGEST:
                self._rest = b""
                raise LostDeviceError("what comes has no ends of lines (another baud rate?)", place=self.port)
            left = deadline - self._clock()
            came = self._read(max(left, 0.0))  # over TCP no more than two bytes, whatever waits
            self._rest += came
            if left <= 0.0 and not came:
                return None

    def _read(self, timeout_s: float) -> bytes:
        """What is there; at least one byte where it comes in time."""
        try:
            self._serial.timeout = timeout_s
            first = self._serial.read(1)
            return first + (self._serial.read(self._serial.in_waiting) if first else b"")
        except _TROUBLES as error:
            raise self._gone() from error

    def _gone(self) -> LostDeviceError:
        # pyserial's own words ("reports readiness to read but returned no data") tell a person nothing.
        if "://" in self.port:
            return LostDeviceError("the port is gone: the other end has hung up", place=self.port)
        return LostDeviceError("the port is gone: unplugged, or another program reads from it", place=self.port)

    def clear(self) -> None:
        """Forgets what came so far, of a device that talks without end what came in a tenth of a second.

        Raises:
            LostDeviceError: the port is gone.
        """
        deadline = self._clock() + 0.1
        while self._read(0.0) and self._clock() < deadline:
            pass
        self._rest = b""

    def close(self) -> None:
        """Lets go of the port."""
        inner = getattr(self._serial, "_socket", None)
        self._serial.close()
        if inner is not None:
            inner.close()  # pyserial leaves it open where the other end has gone first


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
