"""The stack light at pins.

Colours by EN 60204-1 (10.3.2) and IEC 60073: red is danger or a fault, yellow abnormal, green normal, blue asks for an
act of a person, white says nothing of those. Quick flashing (2 Hz) is what to look at first, slow (0.5 Hz) is waiting.

    ready       white, or without one green flashing slowly
    busy        white flashing, or without one green flashing
    pass        green
    fail        yellow: a part that does not conform is held
    undecided   blue flashing, or without one yellow flashing: a person must decide
    error       red flashing, with the buzzer: the station needs a person

A part that fails is yellow here and red on the screen: red on a machine's tower is kept for what the machine itself
needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from station.devices.gpio.pins import close_outputs, level_of, open_output, pin_errors, words
from station.devices.protocols import TowerSign
from station.errors import InputError, LostDeviceError

QUICK_S, SLOW_S = 0.25, 1.0  # half periods
_Look = tuple[str, float]  # lamp, half period (0: steady)
_LOOKS: dict[TowerSign, Sequence[tuple[_Look, ...]]] = {  # of each group the first that this tower has
    TowerSign.OFF: (),
    TowerSign.READY: ((("white", 0.0), ("green", SLOW_S)),),
    TowerSign.BUSY: ((("white", QUICK_S), ("green", QUICK_S)),),
    TowerSign.PASS: ((("green", 0.0),),),
    TowerSign.FAIL: ((("yellow", 0.0),),),
    TowerSign.UNDECIDED: ((("blue", QUICK_S), ("yellow", QUICK_S)),),
    TowerSign.ERROR: ((("red", QUICK_S),), (("buzzer", SLOW_S),)),
}


@dataclass(frozen=True, slots=True)
class TowerFacts:
    """Pins of the lamps; blue, white and the buzzer may be missing."""

    red: str
    yellow: str
    green: str
    blue: str = ""
    white: str = ""
    buzzer: str = ""
    active: str = "high"


class Tower:
    """Lamps that are dark on open and on close. It warns people, it makes nothing safe."""

    def __init__(self, facts: TowerFacts, place: str = "tower") -> None:
        """Raises: InputError, LostDeviceError."""
        self._place, self._sign = place, TowerSign.OFF
        self._lamps: dict[str, Any] = {}
        try:
            for name in ("red", "yellow", "green", "blue", "white", "buzzer"):
                if pin := getattr(facts, name):
                    self._lamps[name] = open_output(pin, place, active_high=level_of(facts.active, place))
        except (InputError, LostDeviceError):
            self.close()
            raise

    def show(self, sign: TowerSign) -> None:
        """Show this sign and no other."""
        with pin_errors(self._place):
            for lamp in self._lamps.values():
                lamp.off()
            for looks in _LOOKS[sign]:
                name, half_s = next((look for look in looks if look[0] in self._lamps), ("", 0.0))
                if half_s:
                    self._lamps[name].blink(on_time=half_s, off_time=half_s)
                elif name:
                    self._lamps[name].on()
        self._sign = sign

    def check(self) -> str:
        """What it is."""
        with pin_errors(self._place):
            for lamp in self._lamps.values():
                _ = lamp.value
        return f"tower with {', '.join(self._lamps)}, shows {self._sign}: {words(len(self._lamps), 0)}"

    def close(self) -> None:
        """Dark, and let go of it."""
        close_outputs(*self._lamps.values())
        self._lamps = {}
