"""Lamps of the controller: steady ones for a view, and strobes in step with the camera's trigger."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from station.devices.controller.client import DARK, Controller
from station.devices.controller.frames import Answer
from station.devices.lamp_levels import check_levels
from station.devices.protocols import View
from station.errors import DeviceError, InputError, LostDeviceError

LAMPS = 8
FULL = 255


@dataclass(frozen=True, slots=True)
class LightFacts:
    """`channels`: which lamps (1 to 8) light which view; a view that is in `levels` (0 to 1) is dimmed, to the nearest
    of 256 steps. `settle_ms` is how long lamp and driver take until the light is steady."""

    channels: dict[str, tuple[int, ...]]
    levels: dict[str, float] = field(default_factory=dict)
    settle_ms: float = 50.0


@dataclass(frozen=True, slots=True)
class Shot:
    """A pulse of a view's lamp, and one of the camera's trigger output (`camera_width_us` 0: none). Both delays count
    from the same moment and are at least 80 µs; the edges of one pulse stay 20 µs away from those of the other."""

    view: View
    delay_us: int
    width_us: int
    camera_delay_us: int = 0
    camera_width_us: int = 0


class Light:
    """Dark on open (the session's beginning), on close, and by the firmware 500 ms after the process died."""

    def __init__(self, facts: LightFacts, controller: Controller, place: str = "light") -> None:
        """Raises: InputError for a view, lamp or level that cannot be."""
        self._facts, self._controller, self._place = facts, controller, place
        self._lit: View | None = None
        self._steady_s = 0.0
        check_levels(facts.channels, facts.levels, "channel", place)
        self._levels = {View(view): _levels(facts, view, place) for view in facts.channels}

    @property
    def views(self) -> frozenset[View]:
        """The views that there is a lamp for."""
        return frozenset(self._levels)

    def turn_on(self, view: View) -> float:
        """Light this view alone; the time from which it is steady. Raises: DeviceError."""
        levels = self._levels_of(view)
        self._controller.request("lamps " + " ".join(map(str, levels)))  # again too: it may have been reset
        if self._lit is not view:
            self._lit, self._steady_s = view, self._controller.clock() + self._facts.settle_ms / 1000.0
        return self._steady_s

    def turn_off(self) -> None:
        """All lamps dark. Raises: DeviceError."""
        self._lit = None
        self._controller.request(DARK)

    def strobe(self, shot: Shot) -> None:
        """Fires now and returns when it is over; all other lamps are dark. Raises: DeviceError."""
        before = self._made()
        self._start("strobe", shot)
        ends_us = max(shot.delay_us + shot.width_us, shot.camera_delay_us + shot.camera_width_us)
        deadline = self._controller.clock() + ends_us / 1e6 + 0.5
        while (made := self._made()) == before:
            if self._controller.clock() > deadline:
                raise DeviceError("the strobe did not fire", place=self._place)
            self._controller.sleep(0.005)
        if made[1] != before[1]:
            raise DeviceError("the strobe came late, the picture must not be used", place=self._place)

    def arm(self, shot: Shot) -> None:
        """Fires at every edge of the trigger input from now on. Raises: DeviceError."""
        self._start("arm", shot)

    def disarm(self) -> int:
        """No more; how many shots were made since the controller's reset. Raises: DeviceError."""
        self._controller.request("disarm")
        return self._made()[0]

    def check(self) -> str:
        """What it is and that it is well. Raises: DeviceError."""
        return f"lamps for {', '.join(self._levels)} at {self._controller.check()}"

    def close(self) -> None:
        """All lamps dark; a controller that is lost is dark by itself."""
        with suppress(LostDeviceError):
            self.disarm()
            self.turn_off()

    def _start(self, command: str, shot: Shot) -> None:
        lamps = [at for at, level in enumerate(self._levels_of(shot.view), 1) if level]
        if len(lamps) != 1:
            raise DeviceError(f"{len(lamps)} lamps light the view {shot.view}; one can be strobed", place=self._place)
        self.turn_off()
        times = f"{shot.delay_us:d} {shot.width_us:d} {shot.camera_delay_us:d} {shot.camera_width_us:d}"
        self._controller.request(f"{command} {lamps[0]} {times}")

    def _made(self) -> tuple[int, int]:
        """Shots, and of these late ones."""
        answer: Answer = self._controller.request("status")
        return int(answer.value("shots") or 0), int(answer.value("late") or 0)

    def _levels_of(self, view: View) -> tuple[int, ...]:
        levels = self._levels.get(view)
        if levels is None:
            raise DeviceError(f"this rig has no lamp for the view {view.value!r}", place=self._place)
        return levels


def _levels(facts: LightFacts, view: str, place: str) -> tuple[int, ...]:
    """The level of every lamp for this view."""
    lamps = facts.channels[view]
    if not lamps or not all(1 <= lamp <= LAMPS for lamp in lamps):
        raise InputError(f"lamps are 1 to {LAMPS}", place=f"{place}.channels.{view}")
    level = max(1, round(facts.levels.get(view, 1.0) * FULL))
    return tuple(level if lamp in lamps else 0 for lamp in range(1, LAMPS + 1))
