"""The chip: its time, its interrupts (wire, pins, steps), and what its program shares with them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from station.twin.grbl.mechanics import Mechanics
from station.twin.grbl.motion import Motion
from station.twin.grbl.reports import StatusFields, millimetres
from station.twin.grbl.settings import Memory
from station.twin.grbl.words import Modes

RX_BYTES = 128  # one of them stays empty
MOVING = ("Run", "Home", "Jog")


class Chip:
    """Registers and interrupts. `state` is Idle, Run, Hold, Jog, Alarm, Door, Check, Home or Sleep."""

    def __init__(self, memory: Memory, mechanics: Mechanics | None, baud: int) -> None:
        self.memory, self.mechanics, self.motion = memory, mechanics, Motion()
        self.now_s = 0.0
        self.state = "Idle"
        self.flags: set[str] = set()  # reset, status, start, hold, door, sleep, cycle end, motion cancel
        self.suspend: set[str] = set()  # held, retracted, ajar, restored, restoring, jog cancel, motion cancel
        self.alarm = 0
        self.abort = self.holding = self.stepping_home = self.soft_limit = False
        self.stalled_until_s = 0.0  # an interrupt keeps the program from running
        self.modes, self.fields = Modes(), StatusFields()
        self.shift: tuple[float, ...] = (0.0, 0.0, 0.0)
        self.spindle, self.coolant, self.running_rpm = "M5", "M9", 0.0
        self.received: deque[int] = deque()
        self.limits: set[int] = set()  # switches pressed
        self.door_open = False
        self._byte_s, self._sent_until_s = 10.0 / baud, 0.0
        self.sent: deque[tuple[float, bytes]] = deque()

    def aborting(self) -> bool:
        """Whether the program is on its way back to its start."""
        return self.abort

    def say(self, line: str) -> None:
        """One line; it is out when the wire has carried it."""
        data = line.encode("ascii") + b"\r\n"
        self._sent_until_s = max(self.now_s, self._sent_until_s) + len(data) * self._byte_s
        self.sent.append((self._sent_until_s, data))

    def delay(self, seconds: float) -> Iterator[None]:
        """The program waits, and looks at nothing."""
        until = self.now_s + seconds
        while self.now_s < until - 1e-9:
            yield

    def take(self, byte: int) -> None:
        """The receive interrupt: real-time bytes act, others wait in the buffer, bytes too many are lost."""
        flag = {ord("?"): "status", ord("~"): "start", ord("!"): "hold", 0x84: "door"}.get(byte)
        if flag:
            self.flags.add(flag)
        elif byte == 0x18:
            self.kill()
        elif byte == 0x85:
            if self.state == "Jog":
                self.flags.add("motion cancel")
        elif byte < 0x80 and len(self.received) < RX_BYTES - 1:
            self.received.append(byte)

    def kill(self) -> None:
        """A reset is asked for: what is powered goes off, steps in the middle of a motion are lost."""
        if "reset" in self.flags:
            return
        self.flags.add("reset")
        self.spindle, self.coolant = "M5", "M9"
        if self.state in MOVING or self.holding or self.stepping_home:
            if self.state == "Home":
                self.alarm = self.alarm or 6
            else:
                self.alarm = 3
            self.motion.kill()
            self.go_idle()

    def go_idle(self) -> None:
        """The steppers' delay before their lock ends stops everything else."""
        if self.memory.values[1] != 255:
            self.stalled_until_s = self.now_s + self.memory.values[1] / 1000.0

    def limits_changed(self, pressed: set[int]) -> None:
        """The pin-change interrupt: with hard limits any change is an alarm."""
        if pressed == self.limits:
            return
        self.limits = pressed
        if self.memory.flag(21) and self.state not in ("Alarm", "Home") and not self.alarm:
            self.kill()
            self.alarm = 1

    def step(self, now_s: float) -> None:
        """The step interrupt, and the carriages with it."""
        self.now_s = now_s
        before = self.motion.steps
        ended = self.motion.advance(now_s)
        if self.mechanics is not None:
            if before != self.motion.steps:
                per_mm = self.memory.axis(100)
                trio = zip(self.motion.steps, before, per_mm, strict=True)
                self.mechanics.move([(new - old) / per for new, old, per in trio])
            self.limits_changed(self.mechanics.pressed())
        if ended:
            if self.state != "Home":
                self.go_idle()
            self.flags.add("cycle end")

    def position_mm(self) -> tuple[float, ...]:
        """Where the machine is by its own count."""
        return tuple(step / per for step, per in zip(self.motion.steps, self.memory.axis(100), strict=True))

    def offset_mm(self) -> tuple[float, ...]:
        """From machine to work coordinates."""
        system = self.memory.systems[f"G{self.modes.system}"]
        return tuple(a + b for a, b in zip(system, self.shift, strict=True))

    def report(self) -> str:
        """The answer to a question mark."""
        machine, offset = self.position_mm(), self.offset_mm()
        with_offset, with_overrides = self.fields.next(self.state in (*MOVING, "Hold", "Door"))
        if int(self.memory.values[10]) & 1:
            place = f"MPos:{millimetres(machine)}"
        else:
            place = f"WPos:{millimetres([a - b for a, b in zip(machine, offset, strict=True)])}"
        parts = [self._state_word(), place]
        if int(self.memory.values[10]) & 2:
            parts.append(f"Bf:{15 - len(self.motion.queue)},{RX_BYTES - 1 - len(self.received)}")
        parts.append(f"FS:{self.motion.speed_mm_per_min():.0f},{self.running_rpm if self.spindle != 'M5' else 0:.0f}")
        if self.limits:
            parts.append("Pn:" + "".join(letter for axis, letter in enumerate("XYZ") if axis in self.limits))
        if with_offset:
            parts.append(f"WCO:{millimetres(offset)}")
        if with_overrides:
            parts.append("Ov:100,100,100")
            if self.spindle != "M5" or self.coolant != "M9":
                letter = {"M3": "S", "M4": "C", "M5": ""}[self.spindle]
                parts.append(f"A:{letter}{'F' if self.coolant == 'M8' else ''}")
        return "<" + "|".join(parts) + ">"

    def _state_word(self) -> str:
        if self.state == "Hold":
            if "jog cancel" in self.suspend:
                return "Jog"
            return "Hold:0" if "held" in self.suspend else "Hold:1"
        if self.state == "Door":
            if "restoring" in self.suspend:
                return "Door:3"
            if "retracted" in self.suspend:
                return "Door:1" if "ajar" in self.suspend else "Door:0"
            return "Door:2"
        return self.state
