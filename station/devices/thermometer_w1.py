"""DS18B20 and its like on a 1-Wire bus, as the kernel's w1_therm shows them (dtoverlay=w1-gpio on a Pi).

A reading takes up to 750 ms. Three of its values are none (data sheet, and Linux' w1_therm): 85 °C is what the chip
holds after power-on before it has measured; all bytes 0, whose check sum is right, is a bus shorted to ground; and a
line that says NO had a wrong check sum.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from station.devices.found import Found
from station.devices.thermometer_file import FileThermometer, FileThermometerFacts
from station.errors import InputError

_BUS = Path("/sys/bus/w1/devices")
_FAMILIES = {"10": "DS18S20", "22": "DS1822", "28": "DS18B20", "3b": "DS1825", "42": "DS28EA00"}
_READING = re.compile(r"((?:[0-9a-f]{2} ){9}): crc=[0-9a-f]{2} (YES|NO)\n.* t=(-?\d+)\s*")
_POWER_ON = 85_000


@dataclass(frozen=True, slots=True)
class W1ThermometerFacts:
    """`sensor` is its number on the bus, "28-0316a2794cff"; the rest as in `thermometer_file`."""

    sensor: str
    least_c: float = 5.0
    most_c: float = 60.0
    max_age_s: float = 5.0
    timeout_s: float = 3.0


class W1Thermometer(FileThermometer):
    """One sensor of the bus."""

    def __init__(
        self,
        facts: W1ThermometerFacts,
        place: str = "thermometer",
        clock: Callable[[], float] = time.monotonic,
        bus: Path = _BUS,
    ) -> None:
        """Raises: InputError; LostDeviceError when the bus has no such sensor."""
        if not re.fullmatch(r"[0-9a-f]{2}-[0-9a-f]{12}", facts.sensor):
            raise InputError(f"{facts.sensor!r} is no number of a sensor, such as 28-0316a2794cff", place=place)
        file = FileThermometerFacts(
            str(bus / facts.sensor / "w1_slave"), 0.001, facts.least_c, facts.most_c, facts.max_age_s, facts.timeout_s
        )
        super().__init__(file, place, clock, w1_temperature_c)


def w1_temperature_c(text: str) -> float:
    """Degrees from the two lines of w1_slave. Raises: ValueError with the reason."""
    reading = _READING.fullmatch(text)
    if reading is None:
        raise ValueError("this is no reading of a 1-Wire sensor" if text.strip() else "the sensor does not answer")
    if reading[2] == "NO":
        raise ValueError("its check sum is wrong: the line is disturbed or too long")
    if not reading[1].replace("0", "").strip():
        raise ValueError("all its bytes are 0: the data line is short circuited")
    if int(reading[3]) == _POWER_ON:
        raise ValueError("85 °C is what it holds before it has measured: its supply breaks down")
    return int(reading[3]) / 1000.0


def find(bus: Path = _BUS) -> list[Found]:
    """The sensors of the bus."""
    sensors = sorted(one.name for one in bus.glob("*-*") if one.name[:2] in _FAMILIES)
    return [Found("thermometer", "w1", sensor, _FAMILIES[sensor[:2]]) for sensor in sensors]
