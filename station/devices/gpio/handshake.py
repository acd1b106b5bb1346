"""The line handshake over pins: six outputs and the line's trigger.

A program that died gives no result. Its pins fall where the kernel drops them (see `pins`); where it may not, wire
`alive_pin`: it toggles as long as the program lives, and the line takes no result while it stands still.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from station.devices.gpio.pins import POLL_S, Input, InputFacts, close_outputs, open_output, pin_errors, words
from station.devices.line_signals import LineSignals, Signals, steps
from station.errors import DeviceError, InputError, LostDeviceError, StationError


@dataclass(frozen=True, slots=True)
class HandshakeFacts:
    """Outputs are high for on. The trigger reads `trigger_active` and counts when it stood for `debounce_ms`."""

    ready: str
    trigger: str
    busy: str
    result_valid: str
    ok: str
    nok: str
    fault: str
    trigger_active: str = "high"
    trigger_pull: str = "down"
    debounce_ms: float = 5.0
    alive_pin: str = ""
    alive_hz: float = 5.0


class Handshake:
    """A thread of its own follows the trigger: a result goes when the trigger falls, whatever the cycle does."""

    def __init__(self, facts: HandshakeFacts, place: str = "handshake") -> None:
        """All signals off. Raises: InputError, LostDeviceError."""
        if not 0.0 < facts.alive_hz <= 50.0:
            raise InputError(f"alive_hz {facts.alive_hz:g} is not within 0 to 50", place=place)
        self._facts, self._place = facts, place
        self._signals, self._shown = LineSignals(), Signals()
        self._lost: Exception | None = None
        self._change, self._asked = threading.Condition(), False
        self._pins: dict[str, Any] = {}
        self._trigger: Input | None = None
        self._thread: threading.Thread | None = None
        self._end = threading.Event()
        try:
            for name in ("ready", "busy", "result_valid", "ok", "nok", "fault"):
                self._pins[name] = open_output(getattr(facts, name), place)
            if facts.alive_pin:
                self._pins["alive"] = open_output(facts.alive_pin, place)
            contact = InputFacts(facts.trigger, facts.trigger_active, facts.trigger_pull, facts.debounce_ms)
            self._trigger = Input(contact, f"{place} trigger", time.monotonic, fail_safe=True)
        except (InputError, LostDeviceError):
            self.close()
            raise
        self._signals.trigger(self._trigger.reads())
        self._thread = threading.Thread(target=self._follow, args=(self._trigger,), name="handshake", daemon=True)
        self._thread.start()

    def _follow(self, trigger: Input) -> None:
        next_s = 0.0
        while not self._end.wait(POLL_S):
            try:
                with self._change:
                    for on in trigger.changes():
                        self._asked = self._signals.trigger(on) or self._asked
                        self._show()
                    if self._facts.alive_pin and time.monotonic() >= next_s:
                        next_s = time.monotonic() + 0.5 / self._facts.alive_hz
                        with pin_errors(self._place):
                            self._pins["alive"].toggle()
            except Exception as error:  # whatever it is: nobody follows the trigger any more, so no result may stand
                with self._change, suppress(StationError):
                    self._lost, self._signals = error, LineSignals()
                    self._change.notify_all()
                    self._show()
                return

    def _show(self) -> None:
        """Brings the pins to what the signals say. Call it under the lock."""
        for name, on in steps(self._shown, self._signals.now):
            with pin_errors(self._place):
                self._pins[name].value = int(on)
        self._shown = self._signals.now
        self._change.notify_all()

    def _check_lost(self) -> None:
        if isinstance(self._lost, StationError):
            raise LostDeviceError(self._lost.sentence, place=self._lost.place)
        if self._lost is not None:
            raise LostDeviceError(f"the trigger is not followed any more ({self._lost})", place=self._place)

    def set_ready(self, ready: bool) -> None:
        """Whether a trigger will be answered; withdraws any result."""
        with self._change:
            self._check_lost()
            if ready and self._asked and self._signals.is_awaited:
                return  # the line triggered meanwhile: that is for the next `wait_trigger`
            self._asked = self._asked and not ready
            self._signals.set_ready(ready)
            self._show()

    def wait_trigger(self, timeout_s: float) -> bool:
        """Whether the line asks for a part: a rising trigger while ready. Busy from then on, ready no more."""
        with self._change:
            self._change.wait_for(lambda: self._asked or self._lost is not None, timeout_s)
            self._check_lost()
            asked, self._asked = self._asked, False
            return asked

    def serial(self) -> str:
        """Empty: pins do not say which part it is."""
        return ""

    def give(self, ok: bool) -> None:
        """OK or NOK, then result valid, then busy no more; withdrawn when the trigger falls."""
        with self._change:
            self._check_lost()
            try:
                self._signals.give(ok)
            except DeviceError as error:
                raise DeviceError(error.sentence, place=self._place) from error
            self._show()

    def set_fault(self, fault: bool) -> None:
        """Whether the station needs a person; with a fault no result is valid."""
        with self._change:
            self._check_lost()
            self._signals.set_fault(fault)
            self._show()

    def check(self) -> str:
        """What it is."""
        with self._change:
            self._check_lost()
            on = [name for name in ("ready", "busy", "result_valid", "fault") if getattr(self._shown, name)]
            return f"line handshake, {', '.join(on) or 'no signal on'}: {words(len(self._pins), 1)}"

    def close(self) -> None:
        """No signal is on, and let go of it."""
        self._end.set()
        if self._thread is not None:
            self._thread.join(1.0)
        with self._change, suppress(Exception):
            self._signals = LineSignals()
            self._show()
        close_outputs(*self._pins.values())
        if self._trigger is not None:
            self._trigger.close()
