"""A thermometer that the kernel shows as a file: hwmon and IIO sensors (SHT3x, TMP102, MCP9808, LM75…), 1-Wire."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from station.devices.found import Found
from station.errors import DeviceError, InputError, LostDeviceError


@dataclass(frozen=True, slots=True)
class FileThermometerFacts:
    """`file` holds one number (/sys/class/hwmon/hwmon2/temp1_input), `degrees_per_unit` what one of it is in °C.
    A value is refused outside `least_c` to `most_c`: no sensor at a part reads that. It is read at most every
    `max_age_s`, and given up after `timeout_s`."""

    file: str
    degrees_per_unit: float = 0.001
    least_c: float = 5.0
    most_c: float = 60.0
    max_age_s: float = 2.0
    timeout_s: float = 3.0


class FileThermometer:
    """Reads in a thread, since a sensor that hangs lets the kernel wait; never holds up the cycle for longer than
    `timeout_s`, and never gives a value older than `max_age_s`."""

    def __init__(
        self,
        facts: FileThermometerFacts,
        place: str = "thermometer",
        clock: Callable[[], float] = time.monotonic,
        parse: Callable[[str], float] | None = None,
    ) -> None:
        """`parse` makes degrees of the file's text, and raises ValueError with the reason where it cannot.

        Raises:
            InputError, LostDeviceError: the file is not there.
        """
        if not facts.least_c < facts.most_c or not facts.max_age_s >= 0.0 or not facts.timeout_s > 0.0:
            raise InputError("least_c is below most_c, and times are positive", place=place)
        self._facts, self._clock, self._place = facts, clock, f"{place} {facts.file}"
        self._parse = parse or self._number
        self._value_c, self._read_s = 0.0, -float("inf")
        self._answer: list[str | OSError] = []
        self._thread: threading.Thread | None = None
        if not Path(facts.file).exists():
            raise LostDeviceError("there is no such thermometer", place=self._place)

    def _number(self, text: str) -> float:
        return float(text) * self._facts.degrees_per_unit

    def temperature_c(self) -> float:
        """The temperature, °C, read not longer than `max_age_s` ago.

        Raises:
            LostDeviceError: it is gone, or does not answer in time.
            DeviceError: it reads what cannot be.
        """
        if self._clock() - self._read_s <= self._facts.max_age_s:
            return self._value_c
        asked_s = self._clock()
        text = self._text()
        try:
            value_c = self._parse(text)
        except ValueError as error:
            raise DeviceError(f"the thermometer's reading is wrong ({error})", place=self._place) from error
        if not self._facts.least_c <= value_c <= self._facts.most_c:
            between = f"{self._facts.least_c:g} to {self._facts.most_c:g} °C"
            raise DeviceError(f"the thermometer reads {value_c:g} °C, which is not within {between}", place=self._place)
        self._value_c, self._read_s = value_c, asked_s
        return value_c

    def _text(self) -> str:
        """What the file says. One thread at a time: one that hangs is waited for by the next call."""
        if self._thread is None:
            self._answer = []
            self._thread = threading.Thread(target=self._read, args=(self._answer,), name="thermometer", daemon=True)
            self._thread.start()
        self._thread.join(self._facts.timeout_s)
        if self._thread.is_alive():
            raise LostDeviceError(
                f"the thermometer does not answer within {self._facts.timeout_s:g} s", place=self._place
            )
        self._thread = None
        answer = self._answer[0]
        if isinstance(answer, OSError):
            raise LostDeviceError(f"the thermometer is gone ({answer.strerror})", place=self._place) from answer
        return answer

    def _read(self, answer: list[str | OSError]) -> None:
        try:
            answer.append(Path(self._facts.file).read_text(errors="replace"))
        except OSError as error:
            answer.append(error)

    def check(self) -> str:
        """What it is and what it reads. Raises: DeviceError."""
        return f"thermometer, {self.temperature_c():.2f} °C"

    def recover(self) -> None:
        """Nothing is held open; a reading that hangs has its thread, and another one would hang beside it."""

    def close(self) -> None:
        """Nothing to let go of."""


def find(root: Path = Path("/sys/class/hwmon")) -> list[Found]:
    """Sensors of the kernel's that are not those of a processor or a disk."""
    found = []
    for file in sorted(root.glob("hwmon*/temp*_input")):
        try:
            name = (file.parent / "name").read_text().strip()
        except OSError:
            continue  # it went away meanwhile
        if not name.startswith(("cpu", "core", "k10", "nvme", "drive", "acpi", "rp1", "gpu", "pwm")):
            found.append(Found("thermometer", "file", str(file), name))
    return found
