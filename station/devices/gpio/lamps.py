"""Lamps at pins: each view's lamp behind a driver (MOSFET, relay), switched or dimmed by PWM."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from station.devices.gpio.pins import close_outputs, level_of, open_output, pin_errors, words
from station.devices.lamp_levels import check_levels
from station.devices.protocols import View
from station.errors import DeviceError, InputError, LostDeviceError


@dataclass(frozen=True, slots=True)
class LightFacts:
    """`pins`: which pin lights which view. A view that is in `levels` (0 to 1) is dimmed by PWM of `frequency_hz`.

    lgpio's PWM is software, at most 10 kHz, and wanders when the Pi is busy: expose for many periods, or let a
    controller do it. `settle_ms` is how long the lamp and its driver take until the light is steady.
    """

    pins: dict[str, str]
    levels: dict[str, float] = field(default_factory=dict)
    frequency_hz: float = 1000.0
    active: str = "high"
    settle_ms: float = 50.0


class Light:
    """Lamps; all dark on open, on close, and for a dead program as far as `pins` says."""

    def __init__(self, facts: LightFacts, place: str = "light", clock: Callable[[], float] = time.monotonic) -> None:
        """Raises: InputError, LostDeviceError."""
        check_levels(facts.pins, facts.levels, "pin", place)
        if not 0.0 < facts.frequency_hz <= 10_000.0:
            raise InputError(f"{facts.frequency_hz:g} Hz is not within 0 to 10000", place=place)
        self._facts, self._place, self._clock = facts, place, clock
        self._lit: View | None = None
        self._lit_since_s = 0.0
        self._lamps: dict[View, Any] = {}
        try:
            for view, pin in facts.pins.items():
                frequency_hz = facts.frequency_hz if view in facts.levels else 0.0
                active_high = level_of(facts.active, place)
                self._lamps[View(view)] = open_output(pin, place, active_high=active_high, frequency_hz=frequency_hz)
        except (InputError, LostDeviceError):
            self.close()
            raise

    @property
    def views(self) -> frozenset[View]:
        """The views that there is a lamp for."""
        return frozenset(self._lamps)

    def turn_on(self, view: View) -> float:
        """Light this view alone; the time from which its light is steady. Raises: DeviceError without such a lamp."""
        if view not in self._lamps:
            raise DeviceError(f"this rig has no lamp for the view {view.value!r}", place=self._place)
        if self._lit is not view:
            self.turn_off()
            with pin_errors(self._place):
                self._lamps[view].value = self._facts.levels.get(view, 1.0)
            self._lit, self._lit_since_s = view, self._clock()
        return self._lit_since_s + self._facts.settle_ms / 1000.0

    def turn_off(self) -> None:
        """All lamps dark."""
        self._lit = None
        with pin_errors(self._place):
            for lamp in self._lamps.values():
                lamp.off()

    def check(self) -> str:
        """What it is."""
        with pin_errors(self._place):
            for lamp in self._lamps.values():
                _ = lamp.value
        return f"lamps for {', '.join(self._lamps)}: {words(len(self._lamps), 0)}"

    def close(self) -> None:
        """All lamps dark, and let go of them."""
        close_outputs(*self._lamps.values())
        self._lamps, self._lit = {}, None
