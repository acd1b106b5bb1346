"""A stage behind a Grbl 1.1 controller (also grblHAL, FluidNC), for `station.devices.protocols.Stage`.

It is safe like this. Opening resets the controller: nothing moves, and the stage must be homed. A target outside of
the travel never reaches the machine. Only one way is ever in the controller, so when this process dies the machine
ends that one way and stands. Grbl's lines carry no check, so a garbled digit could send it elsewhere: every way is
watched, and what leaves it is halted. After anything unexpected the stage refuses to move until a person has called
`recover`.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from station.devices.grbl.acts import find_zero, halt, idle_position, learn, line_to
from station.devices.grbl.alarms import alarm_words
from station.devices.grbl.facts import GrblFacts
from station.devices.grbl.link import HOLD, RESET, GrblLink
from station.devices.grbl.machine import Machine, way_s
from station.devices.grbl.ride import Ride, place_words, state_words
from station.errors import DeviceError, LostDeviceError, StoppedError


class GrblStage:
    """One stage. Positions are in its own millimetres: the machine's, each times its sign."""

    def __init__(
        self,
        facts: GrblFacts,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Opens the port and resets the controller. Raises: LostDeviceError."""
        self._facts, self._clock, self._sleep = facts, clock, sleep
        self._signs = facts.signs or (1.0,) * len(facts.axes)
        self._lock, self._stopping = threading.RLock(), threading.Event()
        self._machine: Machine | None = None
        self._homed, self._homing, self._trouble = False, False, ""
        self._left_at: tuple[float, ...] = ()
        self._link: GrblLink | None = GrblLink(facts, clock=clock)

    def home(self) -> None:
        """Finds the machine's zero and stands there. Raises: StoppedError, LostDeviceError."""
        with self._lock, self._acting() as link:
            self._homed = False
            status, _ = link.status()
            if status.state not in ("Idle", "Alarm"):
                raise StoppedError(state_words(status.state, status.sub) or "The stage moves. Recover and home")
            self._machine = learn(link, self._facts)
            if self._facts.homing:
                self._homing = True
                try:
                    find_zero(link, self._facts, self._machine)
                finally:
                    self._homing = False
            self._left_at = self._turned(idle_position(link))
            self._homed = True

    def move_to(self, position_mm: tuple[float, ...]) -> None:
        """Goes there in a straight line, and returns when it stands there.

        Raises:
            StoppedError: not homed, or outside of the travel (nothing was sent); or stopped on the way.
            LostDeviceError: the controller does not answer; where the stage stands is not known.
        """
        with self._lock:
            machine, target = self._allowed(position_mm)
            with self._acting() as link:
                start = self._turned(idle_position(link))
                slack = tuple(1.5 * axis.step_mm + 0.002 for axis in machine.axes)
                if any(abs(a - b) > most for a, b, most in zip(start, self._left_at, slack, strict=True)):
                    raise StoppedError(
                        f"The stage is not where it was left: {place_words(start)} instead of "
                        f"{place_words(self._left_at)}. It started anew, or another program moved it; recover and home"
                    )
                feed = self._facts.feed_mm_per_min
                link.ask(line_to(self._facts.axes, self._turn(target), feed), self._facts.answer_s)
                longest_s = 1.5 * way_s(machine.axes, start, target, feed) + 2.0
                self._watch(link, Ride(start, target, slack, self._clock(), longest_s, self._facts.stall_s))

    def _watch(self, link: GrblLink, ride: Ride) -> None:
        """Returns when the stage stands at the target. Raises: StoppedError, LostDeviceError."""
        while True:
            status, report = link.status()
            if self._stopping.is_set():
                raise StoppedError("The stage was told to stop on its way")
            position = self._turned(report)
            if ride.arrived(self._clock(), status.state, status.sub, position):
                self._left_at = position
                return
            self._sleep(self._facts.poll_s)

    def position_mm(self) -> tuple[float, ...]:
        """Where it stands, by its own word. Raises: StoppedError, LostDeviceError."""
        with self._lock, self._acting(halting=False) as link:
            return self._turned(link.status()[1])

    def stop(self) -> None:
        """Stands still at once, also when called from another thread; it must be homed before it moves again.

        Raises:
            LostDeviceError: whether it stands is not known.
        """
        self._stopping.set()
        try:
            if (now := self._link) is not None:  # another thread may lose it meanwhile
                now.realtime(RESET if self._homing else HOLD)
            with self._lock:
                self._homed = False
                if (link := self._link) is not None and self._may_reset(link):
                    self._halt(link)
        finally:
            self._stopping.clear()

    def recover(self) -> str:
        """For a person who has mended the cause: resets the controller, or finds it again; says what had happened.

        Afterwards the stage must be homed, which lifts the controller's own lock; a machine without homing is unlocked
        here ($X).

        Raises:
            StoppedError: the cause is still there.
            LostDeviceError: the controller is still away.
        """
        with self._lock:
            before, self._homed = self._trouble or "Nothing had happened", False
            if self._link is None:
                self._link = GrblLink(self._facts, clock=self._clock)
            self._trouble = ""
            with self._acting(halting=False, heeding=False) as link:
                link.alarm = link.reset()
                if not self._may_reset(link):
                    link.heed()
                link.alarm = None
                status, _ = link.status()
                if status.state not in ("Idle", "Alarm"):
                    raise StoppedError(state_words(status.state, status.sub) or "The stage moves")
                if status.state == "Alarm" and not self._facts.homing:
                    link.ask("$X", self._facts.answer_s)
            return f"{before}. The controller is reset; home the stage before it moves"

    def check(self) -> str:
        """What it is and that it is well; one that wants to be homed is well. Raises: StoppedError, LostDeviceError."""
        with self._lock, self._acting(halting=False) as link:
            status, _ = link.status()
            if status.state not in ("Idle", "Alarm"):
                raise StoppedError(
                    state_words(status.state, status.sub) or "The stage moves, though nobody asked it to"
                )
            self._machine = learn(link, self._facts)
            words = f"{link.dialect} {link.version}, {'homed' if self._homed else 'not homed'}"
            return words if self._machine.soft_limits else f"{words}; its own soft limits are off ($20=0)"

    def close(self) -> None:
        """Stands still, and lets go of the port; twice is once."""
        with self._lock:
            link, self._link, self._homed = self._link, None, False
            if link is None:
                return
            with suppress(DeviceError):
                status, _ = link.status()
                if status.state not in ("Idle", "Alarm"):
                    self._halt(link)
            link.close()

    @contextmanager
    def _acting(self, halting: bool = True, heeding: bool = True) -> Iterator[GrblLink]:
        """The link, for one act; what goes wrong in it is kept for `recover`, and the machine is halted.

        `heeding`: what it shouted since the last act goes wrong, too.
        """
        self._refuse_trouble()
        link = self._link
        if link is None:
            raise LostDeviceError("the stage is closed", place=self._facts.port)
        try:
            if heeding:
                link.catch_up()
            yield link
        except DeviceError as error:
            error.place = error.place or self._facts.port
            self._homed = False
            if self._stopping.is_set():
                raise  # whoever stops it halts it
            self._trouble = error.sentence
            if halting and link.alarm is None:  # after an alarm the drives stand, and a person resets it
                with suppress(DeviceError):
                    self._halt(link)
            if isinstance(error, LostDeviceError):
                link.close()
                self._link = None
            raise

    def _refuse_trouble(self) -> None:
        if self._trouble:
            raise StoppedError(self._trouble, place=self._facts.port)

    def _halt(self, link: GrblLink) -> None:
        axes = self._machine.axes if self._machine else ()
        slowing_s = max((axis.rate_mm_per_s / axis.acceleration_mm_per_s2 for axis in axes), default=1.0)
        halt(link, slowing_s + self._facts.answer_s, self._facts.poll_s, self._clock, self._sleep)

    @staticmethod
    def _may_reset(link: GrblLink) -> bool:
        """Whether no alarm stands that a person must look at first."""
        return link.alarm is None or alarm_words(link.alarm, link.dialect).of_reset

    def _allowed(self, position_mm: Sequence[float]) -> tuple[Machine, tuple[float, ...]]:
        """The machine and the target as it will be sent. Raises: StoppedError; nothing was sent."""
        self._refuse_trouble()
        facts, place = self._facts, self._facts.port
        if not self._homed or self._machine is None:
            raise StoppedError("The stage does not know where it is. Home it before it moves", place=place)
        if len(position_mm) != len(facts.axes) or not all(math.isfinite(one) for one in position_mm):
            raise StoppedError(f"A position of this stage is {len(facts.axes)} finite numbers", place=place)
        target = tuple(round(one, 3) for one in position_mm)
        for at, letter in enumerate(facts.axes):
            low, high = self._travel(self._machine, at)
            if not low <= target[at] <= high:
                raise StoppedError(
                    f"{letter} {target[at]:.3f} mm lies outside of the travel from {low:.3f} to {high:.3f} mm; nothing "
                    "was sent",
                    place=place,
                )
        return self._machine, target

    def _travel(self, machine: Machine, at: int) -> tuple[float, float]:
        if self._facts.lowest_mm:
            return self._facts.lowest_mm[at], self._facts.highest_mm[at]
        ends = machine.axes[at].lowest_mm * self._signs[at], machine.axes[at].highest_mm * self._signs[at]
        return min(ends), max(ends)

    def _turned(self, report: Sequence[float]) -> tuple[float, ...]:
        """The stage's position from a report of all the machine's axes. Raises: StoppedError."""
        places = self._facts.places()
        if max(places) >= len(report):
            raise StoppedError(f"The machine has {len(report)} axes, the rig's file names {self._facts.axes}")
        return tuple(report[place] * sign for place, sign in zip(places, self._signs, strict=True))

    def _turn(self, position_mm: Sequence[float]) -> tuple[float, ...]:
        return tuple(one * sign for one, sign in zip(position_mm, self._signs, strict=True))
