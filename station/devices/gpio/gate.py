"""The gate at a pin: low holds, whatever happens.

Three ways to open it, safest first:

- **kicked** (`kick_hz` > 0): while the gate is open the pin toggles, into a retriggerable monostable, a charge pump or
  a watchdog relay that drives the gate. A level that stands, high or low, is hold. So a hung Pi, a killed program and
  a frozen kernel close the gate after the relay's own time (choose it at three periods), with no other measure.
- **pulsed** (`open_ms` short, a gate that falls shut by itself after one part: an escapement, a single-shot valve).
- **a level** for at most `open_ms`: the program takes it back by a thread of its own, also when its cycle hangs. But
  a Pi that freezes while the gate is open leaves it open, and a killed program does so too unless the kernel drops its
  lines (see `pins`). Where a wrong part must not pass, kick it, or use the light and I/O controller, whose own
  watchdog holds.

Seen on the kernel's gpio-sim (tests/rig/test_gpio.py): a killed program's line falls with it, whether kicked or not; a
frozen program (SIGSTOP) leaves its level standing high until it is killed, while a kicked line has no edge any more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from station.devices.gpio.pins import POLL_S, Input, InputFacts, close_outputs, open_output, pin_errors, words
from station.errors import DeviceError, InputError, LostDeviceError


@dataclass(frozen=True, slots=True)
class GateFacts:
    """`pin` high opens; no active level to choose. `open_ms` is the longest it stays open. Where a contact senses the
    gate, it is closed while the gate holds (`sense_pin`, closed reads `sense_closed`) and the gate moves within
    `travel_ms`."""

    pin: str
    open_ms: float = 2000.0
    kick_hz: float = 0.0
    sense_pin: str = ""
    sense_closed: str = "low"
    sense_pull: str = "up"
    travel_ms: float = 500.0


class Gate:
    """Holds on open, on close and at the end of `open_ms`; for a dead program as the module says."""

    def __init__(
        self,
        facts: GateFacts,
        place: str = "gate",
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raises: InputError, LostDeviceError."""
        if not 0.0 < facts.open_ms <= 60_000.0 or not 0.0 <= facts.kick_hz <= 200.0:
            raise InputError("open_ms is within 0 to 60000 and kick_hz within 0 to 200", place=place)
        self._facts, self._place, self._clock, self._sleep = facts, place, clock, sleep
        self._opening: threading.Event | None = None  # ends the thread that keeps the gate open
        self._lock, self._sense = threading.Lock(), None
        self._pin = open_output(facts.pin, place)
        if facts.sense_pin:
            sense = InputFacts(facts.sense_pin, facts.sense_closed, facts.sense_pull)
            try:
                self._sense = Input(sense, f"{place} sense", clock, fail_safe=True)
            except (InputError, LostDeviceError):
                close_outputs(self._pin)
                raise

    def hold(self) -> None:
        """Let nothing through. Raises: DeviceError when the gate itself says that it does not hold."""
        self._shut()
        self._wait_until(True, "the gate does not hold")

    def _shut(self) -> None:
        with self._lock:
            if self._opening is not None:
                self._opening.set()
            self._opening = None
            with pin_errors(self._place):
                self._pin.off()

    def let_through(self) -> None:
        """Open, for `open_ms` at most. Raises: DeviceError when the gate itself says that it did not open."""
        self._shut()
        with self._lock, pin_errors(self._place):
            end = self._opening = threading.Event()
            # Who shuts it is there before it opens; it waits for the lock.
            threading.Thread(target=self._keep_open, args=(end,), name="gate", daemon=True).start()
            self._pin.on()
        try:
            self._wait_until(False, "the gate did not open")
        except DeviceError:
            self._shut()
            raise

    def _keep_open(self, end: threading.Event) -> None:
        """Kicks the pin where it must be kicked; shuts the gate at the end of its time, in the device's own clock."""
        until_s = time.monotonic() + self._facts.open_ms / 1000.0
        half_s = 0.5 / self._facts.kick_hz if self._facts.kick_hz else self._facts.open_ms / 1000.0
        with suppress(Exception):  # whatever becomes of a kick
            while (left_s := until_s - time.monotonic()) > 0.0 and not end.wait(min(half_s, left_s)):
                with self._lock:
                    if not end.is_set() and self._facts.kick_hz:
                        self._pin.toggle()
        with self._lock, suppress(Exception):  # where the line is gone nothing more can be done
            if not end.is_set():
                end.set()
                self._pin.off()

    def is_holding(self) -> bool:
        """What the gate's contact says; without one, what it was told."""
        if self._sense is not None:
            return self._sense.is_steady()
        return self._opening is None or self._opening.is_set()

    def _wait_until(self, holding: bool, trouble: str) -> None:
        if self._sense is None:
            return
        deadline_s = self._clock() + self._facts.travel_ms / 1000.0
        while not self._sense.is_steady(holding):
            if self._clock() >= deadline_s:
                raise DeviceError(trouble, place=self._sense.place)
            self._sleep(POLL_S)

    def check(self) -> str:
        """What it is. Raises: DeviceError when it is told to hold and says that it does not."""
        told = self._opening is None or self._opening.is_set()
        if told and not self.is_holding():
            raise DeviceError("the gate does not hold", place=self._place)
        way = f"kicked at {self._facts.kick_hz:g} Hz" if self._facts.kick_hz else "by level"
        return f"gate, {way}, {'holds' if self.is_holding() else 'open'}: {words(1, int(self._sense is not None))}"

    def close(self) -> None:
        """Hold, and let go of it."""
        with suppress(DeviceError):
            self._shut()
        close_outputs(self._pin)
        if self._sense is not None:
            self._sense.close()
