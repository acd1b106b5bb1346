"""Light controllers over Modbus (Opto Engineering's LTDVE and their like): one holding register a channel.

Which registers, and what full light is in their unit, stands in the rig's file, taken from the controller's manual
(LTDVE: 14.2, "Register file": 512 holding registers from 0, written by function 0x06, currents in mA).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from station.devices.lamp_levels import check_levels
from station.devices.protocols import View
from station.errors import DeviceError, InputError, LostDeviceError


@dataclass(frozen=True, slots=True)
class LightFacts:
    """`where` is "tcp://host" ("tcp://host:502") or a serial port ("/dev/serial/by-id/…"). `registers` names the
    holding register (from 0) of each view's channel, `full_scale` its value at full light, `levels` (0 to 1) what a
    view gets (1 if not said). `setup` is written on open and after the controller was lost: register = value, such as
    the channel's mode (continuous) or its rated current. `error_register` (if not negative) is 0 while the controller
    is well. One that cannot be read back has `read_back` false.
    """

    where: str
    registers: dict[str, int]
    levels: dict[str, float] = field(default_factory=dict)
    setup: dict[str, int] = field(default_factory=dict)
    full_scale: int = 1000
    device_id: int = 1
    baud: int = 19200
    parity: str = "N"
    read_back: bool = True
    error_register: int = -1
    settle_ms: float = 50.0
    timeout_ms: float = 500.0


class Light:
    """Lamps; all dark on open and on close. A lamp stays lit when the program dies: it does nobody harm.

    What was written is read back, so that a controller that was reset or adjusts values is found. Nothing is sent
    again by itself; after a failure the next call connects anew and sets everything up again.
    """

    def __init__(self, facts: LightFacts, place: str = "light", clock: Callable[[], float] = time.monotonic) -> None:
        """Raises: InputError, LostDeviceError, DeviceError when the controller refuses its setup."""
        self._facts, self._clock, self._place = facts, clock, f"{place} {facts.where}"
        _check(facts, self._place)
        self._values = {View(view): round(facts.full_scale * facts.levels.get(view, 1.0)) for view in facts.registers}
        self._lit: View | None = None
        self._lit_since_s, self._is_set_up = 0.0, False
        self._client = self._new_client()
        try:
            self.turn_off()
        except DeviceError:
            self._client.close()
            raise

    def _new_client(self) -> Any:
        from pymodbus.client import ModbusSerialClient, ModbusTcpClient

        logging.getLogger("pymodbus.logging").addHandler(logging.NullHandler())  # we say it ourselves, once
        facts, timeout_s = self._facts, self._facts.timeout_ms / 1000.0
        if facts.where.startswith("tcp://"):
            there = urlsplit(facts.where)
            return ModbusTcpClient(str(there.hostname), port=there.port or 502, timeout=timeout_s, retries=0)
        return ModbusSerialClient(facts.where, baudrate=facts.baud, parity=facts.parity, timeout=timeout_s, retries=0)

    def _ask(self, method: str, register: int, **arguments: Any) -> Any:
        """One request and its answer; after a failure the connection is closed, so that no late answer is taken."""
        from pymodbus.exceptions import ModbusException

        try:
            if not self._client.connected:
                self._is_set_up, self._lit = False, None
            if not self._client.connect():
                raise LostDeviceError("the light controller cannot be reached", place=self._place)
            answer = getattr(self._client, method)(register, device_id=self._facts.device_id, **arguments)
        except (ModbusException, OSError) as error:
            self._client.close()
            self._is_set_up, self._lit = False, None
            raise LostDeviceError("the light controller does not answer", place=self._place) from error
        if answer.isError():
            code = getattr(answer, "exception_code", "?")
            raise DeviceError(
                f"the light controller refuses register {register} (Modbus exception {code})", place=self._place
            )
        return answer

    def _write(self, register: int, value: int) -> None:
        self._ask("write_register", register, value=value)
        if self._facts.read_back and (read := self._read(register)) != value:
            raise DeviceError(f"register {register} was set to {value} and reads {read}", place=self._place)

    def _read(self, register: int) -> int:
        return int(self._ask("read_holding_registers", register, count=1).registers[0])

    def _set_up(self) -> None:
        if not self._is_set_up:
            for register in self._facts.registers.values():
                self._write(register, 0)
            for register_text, value in self._facts.setup.items():
                self._write(int(register_text), value)
            self._is_set_up, self._lit = True, None

    @property
    def views(self) -> frozenset[View]:
        """The views that there is a lamp for."""
        return frozenset(self._values)

    def turn_on(self, view: View) -> float:
        """Light this view alone; the time from which its light is steady. Raises: DeviceError without such a lamp."""
        if view not in self._values:
            raise DeviceError(f"this rig has no lamp for the view {view.value!r}", place=self._place)
        register, value = self._facts.registers[view], self._values[view]
        if self._lit is view and self._facts.read_back and self._read(register) != value:
            self._lit, self._is_set_up = None, False  # it was reset meanwhile
        self._set_up()
        if self._lit is not view:
            self.turn_off()
            self._write(register, value)
            self._lit, self._lit_since_s = view, self._clock()
        self._check_errors()
        return self._lit_since_s + self._facts.settle_ms / 1000.0

    def turn_off(self) -> None:
        """All lamps dark."""
        self._set_up()
        self._lit = None
        for register in self._facts.registers.values():
            self._write(register, 0)

    def _check_errors(self) -> None:
        if self._facts.error_register >= 0 and (word := self._read(self._facts.error_register)):
            raise DeviceError(f"the light controller reports errors (0x{word:04x}, see its manual)", place=self._place)

    def check(self) -> str:
        """What it is. Raises: DeviceError."""
        self._check_errors()
        values = [self._read(register) for register in self._facts.registers.values()]
        return f"Modbus light controller with {len(values)} channels, {sum(map(bool, values))} lit"

    def close(self) -> None:
        """All lamps dark, and let go of them."""
        if self._client.connected:
            with suppress(DeviceError):  # it is gone
                self.turn_off()
        self._client.close()


def _check(facts: LightFacts, place: str) -> None:
    check_levels(facts.registers, facts.levels, "register", place)
    for text in facts.setup:
        if not (text.isascii() and text.isdecimal()):
            raise InputError(f"{text!r} in setup is not the number of a register", place=place)
    numbers = [*facts.registers.values(), *facts.setup.values(), *map(int, facts.setup), facts.full_scale]
    if not all(0 <= number <= 0xFFFF for number in numbers):
        raise InputError("registers and their values are within 0 to 65535", place=place)
    if len(set(facts.registers.values())) != len(facts.registers):
        raise InputError("two views have the same register", place=place)
    if not 0 <= facts.device_id <= 247 or not facts.error_register <= 0xFFFF:
        raise InputError("device_id is 0 to 247, error_register at most 65535", place=place)
    if facts.parity not in ("N", "E", "O") or not 10.0 <= facts.timeout_ms <= 10_000.0:
        raise InputError('parity is "N", "E" or "O" and timeout_ms within 10 to 10000', place=place)
    if facts.where.startswith("tcp://"):
        try:
            if urlsplit(facts.where).hostname and urlsplit(facts.where).port is not False:
                return
        except ValueError:
            pass
        raise InputError("this is no tcp://host:port", place=place)
