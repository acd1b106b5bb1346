"""Colours, and what each verdict looks like: a word, a shape and a colour, so that none has to be told by colour alone.

Grey is normal. Red and amber mean what they mean on a stack light (EN 60204-1), and blue that somebody must act: ERROR
says nothing about the part. All colours are (blue, green, red), as OpenCV has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TypeAlias

from station.metrology.decision import Verdict

Colour: TypeAlias = tuple[int, int, int]


def _rgb(code: int) -> Colour:
    return code & 255, code >> 8 & 255, code >> 16


PAGE = _rgb(0xE6E8EA)
PAPER = _rgb(0xF7F8F8)
RULE = _rgb(0xC3C8CC)
QUIET = _rgb(0x59636C)
INK = _rgb(0x1C2328)
WHITE = _rgb(0xFFFFFF)
GREEN = _rgb(0x3F7A5A)
AMBER = _rgb(0xF0A202)
DARK_AMBER = _rgb(0xA86400)
RED = _rgb(0xC8161E)
BLUE = _rgb(0x1F5C9E)
ZONE = _rgb(0xD3D8DB)
GUARD = _rgb(0xF3DDAE)


class State(IntEnum):
    """How much of its tolerance an edge uses up, and how its line is drawn."""

    INSIDE = 0
    GUARD_BAND = 1
    OUTSIDE = 2


class Shape(StrEnum):
    """Outline of a balloon and of the verdict's symbol."""

    CIRCLE = "circle"
    OCTAGON = "octagon"
    DIAMOND = "diamond"
    SQUARE = "square"


@dataclass(frozen=True, slots=True)
class Style:
    """`block` fills the verdict's block with `on_block` written on it; `line` is for marks in the picture."""

    shape: Shape
    block: Colour
    on_block: Colour
    line: Colour


STYLES: dict[Verdict, Style] = {
    Verdict.PASS: Style(Shape.CIRCLE, GREEN, WHITE, QUIET),
    Verdict.FAIL: Style(Shape.OCTAGON, RED, WHITE, RED),
    Verdict.UNDECIDED: Style(Shape.DIAMOND, AMBER, INK, DARK_AMBER),
    Verdict.ERROR: Style(Shape.SQUARE, BLUE, WHITE, BLUE),
}

STATE_COLOUR: dict[State, Colour] = {State.INSIDE: QUIET, State.GUARD_BAND: DARK_AMBER, State.OUTSIDE: RED}
