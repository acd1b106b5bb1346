"""Grbl's g-code, word by word: what a line asks for, and the number of the error where it asks for nonsense.

Arcs, probing and tool lengths are not played: G2, G3, G38 and G43.1 are error 20 here, as any unknown command.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

_WORD = re.compile(r"([A-Z])([+-]?(?:\d+\.?\d*|\.\d+))")
_MOTION, _PLANE, _DISTANCE, _FEED, _UNITS = "motion", "plane", "distance", "feed", "units"
_SYSTEM, _PATH, _CUTTER, _LENGTH, _ARC_DISTANCE = "system", "path", "cutter", "length", "arc"
_GROUPS = {
    **dict.fromkeys(("0", "1", "80"), _MOTION),
    **dict.fromkeys(("17", "18", "19"), _PLANE),
    **dict.fromkeys(("90", "91"), _DISTANCE),
    "91.1": _ARC_DISTANCE,
    **dict.fromkeys(("93", "94"), _FEED),
    **dict.fromkeys(("20", "21"), _UNITS),
    **dict.fromkeys(("54", "55", "56", "57", "58", "59"), _SYSTEM),
    "61": _PATH,
    "40": _CUTTER,
    "49": _LENGTH,
    **dict.fromkeys(("4", "10", "28", "28.1", "30", "30.1", "53", "92", "92.1"), "once"),
    **{f"M{one}": "M stop" for one in ("0", "1", "2", "30")},
    **{f"M{one}": "M spindle" for one in ("3", "4", "5")},
    **{f"M{one}": "M coolant" for one in ("8", "9")},
}
_TAKES_AXES = frozenset(("10", "28", "30", "92"))
_VALUES = frozenset("FNPSTXYZLIJKRQ")


@dataclass(frozen=True, slots=True)
class Modes:
    """What stays from line to line."""

    motion: str = "0"
    system: str = "54"
    plane: str = "17"
    units: str = "21"
    distance: str = "90"
    feed: str = "94"
    spindle: str = "M5"
    coolant: str = "M9"
    tool: int = 0
    feed_mm_per_min: float = 0.0
    speed_rpm: float = 0.0

    def report(self) -> str:
        """As $G says it."""
        return (
            f"[GC:G{self.motion} G{self.system} G{self.plane} G{self.units} G{self.distance} G{self.feed} "
            f"{self.spindle} {self.coolant} T{self.tool} F{self.feed_mm_per_min:.0f} S{self.speed_rpm:.0f}]"
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """One line: the modes after it, what is done once, and axis words in millimetres by letter."""

    modes: Modes
    once: str = ""
    stop: str = ""
    axes: dict[str, float] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)
    moves: bool = False


def read(line: str, modes: Modes, jog: bool = False) -> Asked | int:
    """What a line (upper case, no blanks) asks for, or the number of its error."""
    commands: dict[str, str] = {}
    values: dict[str, float] = {}
    at = 0
    while at < len(line):
        if not line[at].isalpha():
            return 1
        match = _WORD.match(line, at)
        if match is None:
            return 2
        letter, text, at = match[1], match[2], match.end()
        error = _command(letter, text, commands) if letter in "GM" else _value(letter, text, values)
        if error:
            return error
    if "once" in commands and commands["once"] in _TAKES_AXES and "motion" in commands:
        return 24
    return _meaning(commands, values, modes, jog)


def _command(letter: str, text: str, commands: dict[str, str]) -> int:
    number = float(text)
    if letter == "M" and number != int(number):
        return 23
    name = f"{number:g}" if letter == "G" else f"M{int(number)}"
    group = _GROUPS.get(name)
    if group is None or number < 0:
        return 23 if letter == "G" and f"{int(number)}" in _GROUPS and number != int(number) else 20
    if group in commands:
        return 21
    commands[group] = name
    return 0


def _value(letter: str, text: str, values: dict[str, float]) -> int:
    if letter not in _VALUES:
        return 20
    if letter in values:
        return 25
    number = float(text)
    if letter == "N" and number > 10_000_000:
        return 27
    if letter in "FNPTS" and number < 0:
        return 4
    values[letter] = number
    return 0


def _meaning(commands: dict[str, str], values: dict[str, float], old: Modes, jog: bool) -> Asked | int:
    """Grbl's checks, in its order."""
    if jog and set(commands) - {_UNITS, _DISTANCE, "once"}:
        return 16
    values = {letter: value for letter, value in values.items() if letter != "N"}
    unit = 25.4 if commands.get(_UNITS, old.units) == "20" else 1.0
    once = commands.get("once", "")
    axes = {letter: values.pop(letter) * unit for letter in "XYZ" if letter in values}
    feed = values.pop("F") * unit if "F" in values else (0.0 if jog else old.feed_mm_per_min)
    new = replace(
        old,
        units=commands.get(_UNITS, old.units),
        plane=commands.get(_PLANE, old.plane),
        distance=commands.get(_DISTANCE, old.distance),
        feed=commands.get(_FEED, old.feed),
        system=commands.get(_SYSTEM, old.system),
        motion=commands.get(_MOTION, old.motion),
        spindle=commands.get("M spindle", old.spindle),
        coolant=commands.get("M coolant", old.coolant),
        feed_mm_per_min=feed,
        speed_rpm=values.pop("S", old.speed_rpm),
        tool=int(values.pop("T", old.tool)),
    )
    if new.tool > 255:
        return 38
    needed = {"4": "P", "10": "PL"}.get(once, "")
    if set(needed) - set(values):
        return 28
    used = {letter: values.pop(letter) for letter in needed}
    if once in ("10", "92") and not axes:
        return 26
    moves = bool(axes) and once not in _TAKES_AXES
    if jog:
        if not axes:
            return 26
        if feed <= 0.0:
            return 22
    elif moves or "motion" in commands:
        if new.motion == "80" and axes:
            return 31
        if once == "53" and new.motion not in ("0", "1"):
            return 30
        if new.motion == "1" and feed == 0.0 and axes:
            return 22
        if "motion" in commands and new.motion != "80" and not axes and new.motion == "1" and feed == 0.0:
            return 22
    elif once == "53" and new.motion not in ("0", "1"):
        return 30
    if values:
        return 36
    return Asked(new, once, commands.get("M stop", ""), axes, used, moves)
