"""The program in the chip, from power-up on, in its own time: bytes and pins in, bytes with their times out."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator

from station.twin.grbl.chip import Chip
from station.twin.grbl.lines import run
from station.twin.grbl.mechanics import Mechanics
from station.twin.grbl.realtime import execute
from station.twin.grbl.reports import BANNER, StatusFields
from station.twin.grbl.settings import Memory
from station.twin.grbl.words import Modes

_TICK_S = 0.001
_LINE = 80
_PLANS_S = 0.003  # reading and planning a line takes the chip so long: the real one's positions come 2 to 4 ms late


class Controller:
    """One controller with power on. `memory` outlives it; `mechanics` is what it drives, or nothing.

    `checks_limits` is a choice of the firmware's build (CHECK_LIMITS_AT_INIT): with hard limits a switch that is
    pressed at a start locks it.
    """

    def __init__(
        self,
        memory: Memory | None = None,
        mechanics: Mechanics | None = None,
        *,
        baud: int = 115200,
        start_s: float = 0.0,
        checks_limits: bool = True,
    ) -> None:
        self.chip = Chip(memory or Memory(), mechanics, baud)
        self.chip.now_s = start_s
        self.chip.motion.advance(start_s)
        self._checks_limits, self._byte_s = checks_limits, 10.0 / baud
        self._wire: deque[tuple[float, int]] = deque()
        self._program = self._main()

    def receive(self, data: bytes) -> None:
        """Bytes that the host sends now; they arrive one after the other as the wire carries them."""
        at = max(self.chip.now_s, self._wire[-1][0] if self._wire else 0.0)
        for byte in data:
            at += self._byte_s
            self._wire.append((at, byte))

    def set_limit(self, axis: int, pressed: bool) -> None:
        """A limit switch from outside, for a controller without mechanics."""
        limits = self.chip.limits
        self.chip.limits_changed(limits | {axis} if pressed else limits - {axis})

    def set_door(self, is_open: bool) -> None:
        """The door's input."""
        if is_open and not self.chip.door_open:
            self.chip.flags.add("door")
        self.chip.door_open = is_open

    def advance(self, until_s: float) -> None:
        """Lets time pass."""
        chip = self.chip
        while chip.now_s < until_s:
            now = min(until_s, chip.now_s + _TICK_S)
            chip.step(now)
            while self._wire and self._wire[0][0] <= now:
                chip.take(self._wire.popleft()[1])
            if now >= chip.stalled_until_s:
                next(self._program)

    def said(self) -> list[tuple[float, bytes]]:
        """What has come out since the last call, each line with the time of its end."""
        out = []
        while self.chip.sent and self.chip.sent[0][0] <= self.chip.now_s:
            out.append(self.chip.sent.popleft())
        return out

    def _main(self) -> Generator[None, None, None]:
        chip = self.chip
        unread = chip.memory.blank
        if unread:
            chip.say("error:7")
            chip.memory.blank = False
            for line in chip.memory.lines():
                chip.say(line)
        chip.state = "Alarm" if chip.memory.flag(22) else "Idle"
        while True:
            chip.flags, chip.suspend, chip.alarm = set(), set(), 0
            chip.abort = chip.holding = chip.stepping_home = chip.soft_limit = False
            chip.received.clear()
            chip.modes, chip.shift, chip.fields = Modes(), (0.0, 0.0, 0.0), StatusFields()
            chip.motion.kill()
            chip.go_idle()
            yield
            chip.say(BANNER)
            yield from self._protocol(unread)
            unread = False

    def _protocol(self, unread: bool) -> Generator[None, None, None]:
        """Until a reset."""
        chip = self.chip
        if self._checks_limits and chip.memory.flag(21) and chip.limits:
            chip.say("[MSG:Check Limits]")
            chip.state = "Alarm"
        if chip.state in ("Alarm", "Sleep"):
            chip.say("[MSG:'$H'|'$X' to unlock]")
            chip.state = "Alarm"
        else:
            chip.state = "Idle"
            if chip.door_open:
                chip.flags.add("door")
                yield from execute(chip)
            for block in chip.memory.startup:
                if unread:
                    chip.say(">:error:7")
                elif block:
                    error = yield from run(chip, block)
                    chip.say(f">{block}:{f'error:{error}' if error else 'ok'}")
        text, overflow, comment = "", False, ""
        while not chip.aborting():
            while chip.received:
                letter = chr(chip.received.popleft())
                if letter in "\r\n":
                    yield from execute(chip)
                    if chip.aborting():
                        return
                    yield from chip.delay(_PLANS_S if text else 0.0)
                    error = 11 if overflow else (yield from run(chip, text)) if text else 0
                    chip.say(f"error:{error}" if error else "ok")
                    text, overflow, comment = "", False, ""
                elif comment or letter in "(;":
                    comment = "" if letter == ")" and comment == "(" else comment or letter
                elif letter <= " " or letter == "/" or overflow:
                    continue
                elif len(text) >= _LINE - 1:
                    overflow = True
                else:
                    text += letter.upper()
            if chip.motion.queue:
                chip.flags.add("start")
            yield from execute(chip)
            yield
