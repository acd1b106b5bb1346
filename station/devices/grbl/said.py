"""What a Grbl controller says, line by line. Pure: a line in, one frozen word out; what is no such line is `Noise`.

After the project's own description of its interface (gnea/grbl, doc/markdown/interface.md), with the wider forms that
grblHAL and FluidNC have: more axes, more states, more fields.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

_STATES = frozenset(("Idle", "Run", "Hold", "Jog", "Alarm", "Door", "Check", "Home", "Sleep", "Tool"))
_STATUS = re.compile(r"<([A-Za-z]+)(?::(\d{1,3}))?((?:\|[^|<>]*)+)>")
_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,6})?")
_MESSAGE = re.compile(r"\[([A-Za-z][A-Za-z0-9_. +-]*):(.*)\]")
_SETTING = re.compile(r"\$([0-9A-Za-z/_.-]{1,80})=(.*)")
_BANNER = re.compile(r"(Grbl(?:HAL)?) (\d\S*)(.*)")
_STARTUP = re.compile(r">(.*):(ok|error:(\d{1,3}))")
_CODE = re.compile(r"(error|ALARM):(\d{1,3})")
_HOW_MANY = {"FS": (2, 3), "F": (1, 1), "Bf": (2, 2), "Ln": (1, 1), "Ov": (3, 3)}  # how many numbers a field may have


class Dialect(StrEnum):
    """Whose controller it is: they share words, but not the numbers of the rarer alarms and errors."""

    GRBL = "Grbl"
    GRBLHAL = "grblHAL"
    FLUIDNC = "FluidNC"


@dataclass(frozen=True, slots=True)
class Status:
    """A status report. `machine_mm` or `work_mm` is there, `offset_mm` (WCO) now and then; other fields as given.

    `sub` is the number behind the state: of Hold 0 stands, 1 still slows down; of Door 0 closed again, 1 open and
    standing, 2 open and slowing down, 3 closed and starting again.
    """

    state: str
    sub: int | None = None
    machine_mm: tuple[float, ...] = ()
    work_mm: tuple[float, ...] = ()
    offset_mm: tuple[float, ...] = ()
    feed_mm_per_min: float | None = None
    speed_rpm: float | None = None
    pins: str = ""
    accessories: str = ""
    overrides: tuple[int, ...] = ()
    buffer: tuple[int, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Ok:
    """The last line was taken."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The last line was not taken: error:`number`."""

    number: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """ALARM:`number`, unasked."""

    number: int


@dataclass(frozen=True, slots=True)
class Message:
    """Anything in brackets: [MSG:…], [VER:…], [OPT:…], [GC:…], [G54:…]."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Setting:
    """$`name`=`value`."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Banner:
    """It has just started."""

    dialect: Dialect
    version: str


@dataclass(frozen=True, slots=True)
class StartupLine:
    """A start-up block that ran by itself; `error` is None where it was taken."""

    block: str
    error: int | None


@dataclass(frozen=True, slots=True)
class Noise:
    """Not a line of Grbl: garbled, cut, or another device."""

    raw: bytes = field(repr=False)


Said = Status | Ok | Refused | Alarm | Message | Setting | Banner | StartupLine | Noise


def understand(raw: bytes) -> Said | None:
    """One line, without its end; None for an empty one. Never raises."""
    try:
        line = raw.decode("ascii").strip("\r\n \t")
    except UnicodeDecodeError:
        return Noise(raw)
    if not line:
        return None
    if line == "ok":
        return Ok()
    if match := _CODE.fullmatch(line):
        return Refused(int(match[2])) if match[1] == "error" else Alarm(int(match[2]))
    if match := _STATUS.fullmatch(line):
        return _status(match) or Noise(raw)
    if match := _MESSAGE.fullmatch(line):
        return Message(match[1], match[2])
    if match := _SETTING.fullmatch(line):
        return Setting(match[1], match[2])
    if match := _BANNER.fullmatch(line):
        return Banner(_dialect(match[1], match[3]), match[2])
    if match := _STARTUP.fullmatch(line):
        return StartupLine(match[1], None if match[2] == "ok" else int(match[3]))
    return Noise(raw)


def _dialect(name: str, rest: str) -> Dialect:
    if name == "GrblHAL":
        return Dialect.GRBLHAL
    return Dialect.FLUIDNC if "FluidNC" in rest else Dialect.GRBL


def _status(match: re.Match[str]) -> Status | None:
    """None where a known field is not what it must be, or the position is missing: then nothing of it is believed."""
    state, sub, rest = match[1], match[2], match[3]
    if state not in _STATES:
        return None
    texts: dict[str, str] = {}
    for one in rest[1:].split("|"):
        name, _, text = one.partition(":")
        if name in texts:
            return None
        texts[name] = text
    positions = {name: _numbers(texts[name], (1, 6)) for name in ("MPos", "WPos", "WCO") if name in texts}
    others = {name: _numbers(texts[name], span) for name, span in _HOW_MANY.items() if name in texts}
    if None in positions.values() or None in others.values() or not ("MPos" in positions) ^ ("WPos" in positions):
        return None
    if not re.fullmatch(r"[A-Z]*", texts.get("Pn", "") + texts.get("A", "")):
        return None
    rates = others.get("FS") or others.get("F") or ()
    line = others.get("Ln")
    return Status(
        state,
        None if sub is None else int(sub),
        positions.get("MPos") or (),
        positions.get("WPos") or (),
        positions.get("WCO") or (),
        rates[0] if rates else None,
        rates[1] if len(rates) > 1 else None,
        texts.get("Pn", ""),
        texts.get("A", ""),
        tuple(int(one) for one in others.get("Ov") or ()),
        tuple(int(one) for one in others.get("Bf") or ()),
        int(line[0]) if line else None,
    )


def _numbers(text: str, how_many: tuple[int, int]) -> tuple[float, ...] | None:
    parts = text.split(",")
    if not how_many[0] <= len(parts) <= how_many[1] or not all(_NUMBER.fullmatch(one) for one in parts):
        return None
    return tuple(float(one) for one in parts)
