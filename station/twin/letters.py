"""Where each letter of a text stands on the part: straight on or turned along an arc, never bent."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from station.errors import InputError
from station.order.geometry import Point
from station.order.model import TextArc
from station.twin.dot_letters import can_matrix
from station.twin.lettering import Face
from station.twin.marks import MarkStyle, StraightLine, TextMark

FONT = "DejaVuSans.ttf"  # matplotlib brings it
MATRIX_ADVANCE = 0.85  # of peened letters
CUTTER = -0.05  # a cutter's strokes are thinner than the font's, in heights of a capital


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter, its baseline's middle at (0, 0)."""

    character: str
    height_mm: float
    style: MarkStyle
    contrast: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where a piece lies on the part, and towards where its own right points."""

    at_mm: Point = (0.0, 0.0)
    angle_deg: float = 0.0


def letters_of(text: TextMark) -> Iterator[tuple[Letter, Place]]:
    """The letters and where they stand.

    Raises:
        InputError: a letter that the twin's font does not have.
    """
    at = 0.0
    widths = [advance(character, text.style) + text.spacing for character in text.text]
    if isinstance(text.line, TextArc):
        at = (text.line.length_mm / text.height_mm - sum(widths)) / 2
    for character, width in zip(text.text, widths, strict=True):
        if not character.isspace():
            place = _along(text.line, (at + width / 2) * text.height_mm)
            yield Letter(character, text.height_mm, text.style, text.contrast), place
        at += width


def text_length_mm(text: TextMark) -> float:
    """How long the line of lettering is."""
    return text.height_mm * sum(advance(character, text.style) + text.spacing for character in text.text)


def advance(character: str, style: MarkStyle) -> float:
    """How wide a letter is, in heights of a capital.

    Raises:
        InputError: the twin's font does not have it.
    """
    if style is MarkStyle.PEENED:
        if can_matrix(character):
            return MATRIX_ADVANCE
    elif (glyph := font(style).glyph(character)) is not None:
        return glyph.advance
    raise InputError(f"the twin cannot write the letter {character!r}", place="text")


@lru_cache(maxsize=4)
def font(style: MarkStyle) -> Face:
    """The letters that a style is written in; peened ones are dots of a matrix instead."""
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        raise InputError("matplotlib, which brings the twin's font, is not installed", place="text")
    file = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / FONT
    return Face(file, CUTTER if style is MarkStyle.ENGRAVED else 0.0)


def _along(line: StraightLine | TextArc, way_mm: float) -> Place:
    """The point of the baseline so far from its start, and the direction of reading there."""
    if isinstance(line, StraightLine):
        heading = math.radians(line.direction_deg)
        x, y = line.start_mm
        return Place((x + way_mm * math.cos(heading), y + way_mm * math.sin(heading)), line.direction_deg)
    sense = 1.0 if line.inwards else -1.0
    turned = line.start_deg + sense * math.degrees(way_mm / line.radius_mm)
    x, y = line.center
    angle = math.radians(turned)
    return Place((x + line.radius_mm * math.cos(angle), y + line.radius_mm * math.sin(angle)), turned + sense * 90.0)
