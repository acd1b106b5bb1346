"""A Grbl peer in virtual time under the real driver: hours of motion in a second, and the same every time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import pytest

from station.devices.grbl import GrblFacts, GrblStage, link
from station.errors import LostDeviceError
from station.twin.grbl import Controller, Mechanics, Memory
from station.twin.grbl.troubles import Troubles


def machine_memory(**more: float) -> Memory:
    """A small, quick machine with switches; `more` settings as s22=0."""
    memory = Memory()
    memory.values |= {20: 1.0, 21: 1.0, 22: 1.0, 24: 120.0, 25: 1200.0, 26: 50.0}
    for axis in range(3):
        memory.values |= {110 + axis: 3000.0, 120 + axis: 200.0, 130 + axis: 60.0 - 10.0 * axis}
    memory.values |= {int(name[1:]): value for name, value in more.items()}
    return memory


class Bench:
    """The controller, its cable, and the time of both."""

    def __init__(self, memory: Memory | None = None, mechanics: Mechanics | None = None) -> None:
        self.memory = memory or machine_memory()
        self.mechanics = mechanics or Mechanics()
        self.troubles = Troubles()
        self.controller: Controller | None = None
        self.heard = bytearray()
        self.plugged = True
        self.at_once: list[tuple[float, Callable[[], object]]] = []
        self._now, self._rest = 0.0, b""
        self._late: deque[tuple[float, bytes]] = deque()
        self.power_on()

    def power_on(self, boots_s: float = 0.0) -> None:
        self.controller = Controller(self.memory, self.mechanics, start_s=self._now + boots_s)

    def power_off(self) -> None:
        self.controller = None

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        """Does something so long from now, whatever the driver does then."""
        self.at_once.append((self._now + seconds, act))

    @property
    def chip(self):
        assert self.controller is not None
        return self.controller.chip

    def clock(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        until = self._now + seconds
        while self._now < until - 1e-9:
            self._now = min(until, self._now + 0.001)
            due = [act for at, act in self.at_once if at <= self._now]
            self.at_once = [one for one in self.at_once if one[0] > self._now]
            for act in due:
                act()
            if self.controller is not None and self._now >= self.chip.now_s:
                self.controller.advance(self._now)
                self._late.extend((at + self.troubles.late_s, data) for at, data in self.controller.said())
            while self._late and self._late[0][0] <= self._now:
                data = self.troubles.to_host(self._late.popleft()[1])
                self._rest += b"" if self.troubles.silent else data

    def stage(self, monkeypatch: pytest.MonkeyPatch, **facts) -> GrblStage:
        """The real driver on this bench."""
        bench = self

        class Line:
            def __init__(self, port: str, baud: int, *, clock: Callable[[], float]) -> None:
                if not bench.plugged:
                    raise LostDeviceError("the port cannot be opened", place=port)
                if bench.troubles.resets_on_open:
                    bench.power_on(bench.troubles.boots_s)

            def write(self, data: bytes) -> None:
                if not bench.plugged:
                    raise LostDeviceError("the port is gone", place="port")
                data = bench.troubles.to_controller(data)
                if bench.controller is not None and bench._now >= bench.chip.now_s:
                    bench.heard += data
                    bench.controller.receive(data)

            def read_line(self, timeout_s: float) -> bytes | None:
                until = bench._now + timeout_s
                while True:
                    line, found, rest = bench._rest.partition(b"\n")
                    if found:
                        bench._rest = rest
                        return line
                    if not bench.plugged:
                        raise LostDeviceError("the port is gone", place="port")
                    if bench._now >= until:
                        return None
                    bench.sleep(0.001)

            def close(self) -> None:
                pass

        monkeypatch.setattr(link, "SerialLine", Line)
        return GrblStage(GrblFacts("bench", **facts), clock=self.clock, sleep=self.sleep)


def g_code_sent(bench: Bench) -> list[bytes]:
    """The lines of g-code that reached the controller."""
    return [one for one in bytes(bench.heard).replace(b"?", b"").split(b"\n") if b"G53" in one]
