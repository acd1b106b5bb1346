"""The line handshake over Modbus TCP: the station is the server, the PLC polls and writes. See `register_map`.

When the PLC is gone (its heartbeat stands still for `plc_silent_s`, whatever its connection does) a result is
withdrawn, its trigger counts as fallen, and `wait_trigger` and `check` say so; when it is back it must lower the
trigger before it can raise it. When the station is gone its connection breaks or its heartbeat stands still, and
no result comes: the PLC rejects when its window ends. Modbus has no passwords: put both on a network of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from station.devices.line_signals import LineSignals
from station.devices.modbus import register_map as rm
from station.errors import DeviceError, InputError, LostDeviceError

_HEARTBEAT_S = 0.1
_START_S = 15.0  # reading pymodbus from a memory card takes seconds
_WRITES_COILS, _WRITES_REGISTERS = (5, 15), (6, 16, 22, 23)


@dataclass(frozen=True, slots=True)
class HandshakeFacts:
    """Where to listen. Ports below 1024 need a right (AmbientCapabilities=CAP_NET_BIND_SERVICE under systemd)."""

    host: str = "0.0.0.0"  # the line's network is told apart by the firewall or by the address given here
    port: int = 502
    device_id: int = 1
    plc_silent_s: float = 2.0


class Handshake:
    """A server in a thread of its own."""

    def __init__(
        self, facts: HandshakeFacts, place: str = "handshake", clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Listens from now on, all signals off. Raises: InputError, LostDeviceError."""
        if not 0.1 <= facts.plc_silent_s <= 60.0 or not 0 <= facts.device_id <= 247 or not 0 <= facts.port <= 65535:
            raise InputError("plc_silent_s is 0.1 to 60, device_id 0 to 247, port 0 to 65535", place=place)
        self._facts, self._clock = facts, clock
        self._place = f"{place} {facts.host}:{facts.port}"
        self._signals, self._request, self._asked = LineSignals(), rm.Request(), False
        self._plc, self._coil = [0] * rm.HOLDING_REGISTERS, False
        self._began_s, self._heard_s, self._is_heard, self._closed = clock(), clock(), False, False
        self._is_lost = False
        self._change = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._open = self._bind()
        self._thread = threading.Thread(target=self._serve, name="modbus", daemon=True)
        self._thread.start()
        with self._change:
            if not self._change.wait_for(lambda: self._loop is not None, _START_S):
                self._closed = True  # one that comes too late ends by itself, and keeps no port
                raise LostDeviceError("the Modbus server does not start", place=self._place)

    @property
    def port(self) -> int:
        """The port it listens on: what the facts say, or for 0 a free one."""
        return self._open

    def _bind(self) -> int:
        """Whether the port is to be had, with the system's own reason if not."""
        try:
            with socket.create_server((self._facts.host, self._facts.port)) as probe:
                return int(probe.getsockname()[1])
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise LostDeviceError(f"nothing can listen on this address ({why})", place=self._place) from error

    def _serve(self) -> None:
        with contextlib.suppress(
            RuntimeError
        ):  # another program took the port meanwhile: nobody hears us, and we say so
            asyncio.run(self._run())

    async def _run(self) -> None:
        from pymodbus.server import ModbusTcpServer
        from pymodbus.simulator import DataType, SimData, SimDevice

        blocks = (
            [SimData(0, count=16, values=False, datatype=DataType.BITS)],
            [SimData(0, count=16, values=False, datatype=DataType.BITS)],
            [SimData(0, count=rm.HOLDING_REGISTERS, values=0, datatype=DataType.REGISTERS)],
            [SimData(0, count=rm.INPUT_REGISTERS, values=0, datatype=DataType.REGISTERS)],
        )
        device = SimDevice(self._facts.device_id, simdata=blocks, action=self._access)
        server: Any = ModbusTcpServer(device, address=(self._facts.host, self._open))
        await server.serve_forever(background=True)
        with self._change:
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            self._change.notify_all()
        while not (self._stop.is_set() or self._closed):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), _HEARTBEAT_S)
            with self._change:
                self._watch_plc()
        await server.shutdown()

    async def _access(
        self, function: int, _start: int, address: int, _count: int, registers: list[int], values: list[Any] | None
    ) -> None:
        """Called by pymodbus for every request, before it reads `registers` or after it was told to write `values`."""
        with self._change:
            if function in _WRITES_COILS and values is not None:
                if address == 0:
                    self._trigger(bool(values[0]))
            elif function in _WRITES_REGISTERS and values is not None:
                if self._plc[address : address + len(values)] != values:
                    self._hear()
                self._plc[address : address + len(values)] = values
            elif function == 2:
                registers[0] = rm.signal_bits(self._signals.now)
            elif function == 4:
                heartbeat = int((self._clock() - self._began_s) / _HEARTBEAT_S)
                registers[: rm.INPUT_REGISTERS] = rm.input_registers(self._signals.now, heartbeat, self._request)

    def _trigger(self, on: bool) -> None:
        if on != self._coil:
            self._hear()
            self._coil = on
        if self._signals.trigger(on):
            self._request = rm.Request(self._plc[rm.PLC_REQUEST], rm.register_text(self._plc[rm.PLC_SERIAL :]))
            self._asked = True
            self._change.notify_all()

    def _hear(self) -> None:
        """Only what changes is a sign of life: a PLC's network card goes on writing when its program has stopped."""
        self._watch_plc()
        self._heard_s, self._is_heard, self._is_lost = self._clock(), True, False

    def _silent_s(self) -> float:
        return self._clock() - self._heard_s

    def _watch_plc(self) -> None:
        """A PLC that falls silent has no trigger on from then. Call it under the lock."""
        if self._silent_s() > self._facts.plc_silent_s and not self._is_lost:
            self._is_lost = True
            self._signals.lose_line()
            self._change.notify_all()

    def _check_listening(self) -> None:
        if self._closed or not self._thread.is_alive():
            raise LostDeviceError("nobody listens for the line's controller any more", place=self._place)

    def _check_plc(self) -> None:
        self._check_listening()
        if self._silent_s() > self._facts.plc_silent_s:
            said = f"has been silent for {self._silent_s():.1f} s" if self._is_heard else "has not been heard yet"
            raise LostDeviceError(f"the line's controller {said}", place=self._place)

    def set_ready(self, ready: bool) -> None:
        """Whether a trigger will be answered; withdraws any result."""
        with self._change:
            if ready and self._asked and self._signals.is_awaited:
                return  # the line triggered meanwhile: that is for the next `wait_trigger`
            self._asked = self._asked and not ready
            self._signals.set_ready(ready)

    def wait_trigger(self, timeout_s: float) -> bool:
        """Whether the line asks for a part. Raises: LostDeviceError when its controller is silent."""
        with self._change:
            self._change.wait_for(lambda: self._asked or self._silent_s() > self._facts.plc_silent_s, timeout_s)
            asked, self._asked = self._asked, False
            if not asked:
                self._check_plc()
            return asked

    @property
    def request(self) -> rm.Request:
        """What the last trigger asked for."""
        with self._change:
            return self._request

    def serial(self) -> str:
        """Which part the PLC triggered for; empty where it did not say."""
        return self.request.serial

    def give(self, ok: bool) -> None:
        """OK or NOK, then result valid, then busy no more; withdrawn when the trigger falls or the PLC falls silent."""
        with self._change:
            self._watch_plc()
            try:
                self._signals.give(ok)
            except DeviceError as error:
                raise DeviceError(error.sentence, place=self._place) from error

    def set_fault(self, fault: bool) -> None:
        """Whether the station needs a person; with a fault no result is valid."""
        with self._change:
            self._signals.set_fault(fault)

    def check(self) -> str:
        """What it is. Raises: LostDeviceError when the PLC is silent."""
        with self._change:
            self._check_plc()
            return f"Modbus TCP on {self._facts.host}:{self._open}, the line's controller lives"

    def recover(self) -> None:
        """The PLC has to come back by itself: to open anew would only break its connection.

        Raises:
            LostDeviceError: nobody listens any more, so it has to be opened anew.
        """
        self._check_listening()

    def close(self) -> None:
        """No signal is on, and no connection."""
        with self._change:
            if self._closed:
                return
            self._closed, self._signals = True, LineSignals()
            if self._loop is not None and self._stop is not None:
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(2.0)
