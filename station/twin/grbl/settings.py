"""What Grbl keeps in its EEPROM: the settings ($0 to $132), coordinate systems, start-up lines."""

from __future__ import annotations

from dataclasses import dataclass, field

_WHOLE = {0: 10, 1: 25, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 10: 1, 13: 0, 20: 0, 21: 0, 22: 0, 23: 0, 26: 250, 30: 1000}
_WHOLE |= {31: 0, 32: 0}
_FRACTION = {11: 0.01, 12: 0.002, 24: 25.0, 25: 500.0, 27: 1.0}
_FRACTION |= {block + axis: value for block, value in ((100, 250.0), (110, 500.0), (120, 10.0)) for axis in range(3)}
_FRACTION |= {130 + axis: 200.0 for axis in range(3)}
_FLAGS = frozenset((4, 5, 6, 13, 20, 21, 22, 32))  # stored as one bit: anything but 0 is 1
_BYTES = frozenset((0, 1, 2, 3, 10, 23))

SYSTEMS = ("G54", "G55", "G56", "G57", "G58", "G59", "G28", "G30")


def factory() -> dict[int, float]:
    """Grbl's generic settings, in its order."""
    return dict(sorted((_WHOLE | _FRACTION).items()))


@dataclass(slots=True)
class Memory:
    """The EEPROM; `blank` as the chip leaves its factory."""

    blank: bool = False
    values: dict[int, float] = field(default_factory=factory)
    systems: dict[str, tuple[float, ...]] = field(default_factory=lambda: dict.fromkeys(SYSTEMS, (0.0, 0.0, 0.0)))
    startup: list[str] = field(default_factory=lambda: ["", ""])

    def flag(self, number: int) -> bool:
        """A setting that is on or off."""
        return bool(self.values[number])

    def axis(self, block: int) -> tuple[float, ...]:
        """Three settings that follow each other, one for each axis."""
        return tuple(self.values[block + axis] for axis in range(3))

    def lines(self) -> list[str]:
        """All settings as $$ lists them."""
        return [f"${number}={setting_text(number, value)}" for number, value in self.values.items()]

    def store(self, number: int, value: float) -> int:
        """Sets one; 0, or the number of the error."""
        if value < 0.0:
            return 4
        if number not in self.values:
            return 3
        if number == 0 and value < 3:
            return 6
        if number == 20 and value and not self.flag(22):
            return 10
        if number == 22 and not value:
            self.values[20] = 0.0
        if number in _FLAGS:
            value = float(bool(int(value)))
        elif number in _BYTES:
            value = float(int(value) & 0xFF)
        elif number in _WHOLE:
            value = float(int(value))
        self.values[number] = value
        return 0


def setting_text(number: int, value: float) -> str:
    """The value as Grbl prints it."""
    return f"{int(value)}" if number in _WHOLE else f"{value:.3f}"
