"""What a real Grbl 1.1h was told and said, byte for byte, with times."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

FILE = Path(__file__).resolve().parents[4] / "shared" / "reference" / "grbl-1.1h-transcript.txt"
needs_transcript = pytest.mark.skipif(
    not FILE.exists(), reason="the shared reference values are not beside this checkout"
)

_EVENT = re.compile(r"\s*(\d+\.\d+) (?:([<>]) (b['\"].*)|pin S ([BC]\d) ([01]))")


@dataclass(frozen=True)
class Event:
    """At this time: bytes to (`>`) or from (`<`) the controller, or a pin."""

    at_s: float
    kind: str
    data: bytes = b""
    pin: str = ""
    high: bool = False


def events() -> list[Event]:
    out = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        match = _EVENT.fullmatch(line)
        assert match, line
        if match[2]:
            out.append(Event(float(match[1]), match[2], ast.literal_eval(match[3])))
        else:
            out.append(Event(float(match[1]), "pin", pin=match[4], high=match[5] == "1"))
    return out


def lines() -> list[tuple[float, bytes]]:
    """Every line that it said, with the time at which its end was read."""
    out, rest = [], b""
    for event in events():
        if event.kind == "<":
            *whole, rest = (rest + event.data).split(b"\r\n")
            out += [(event.at_s, line) for line in whole]
    assert not rest
    return out
