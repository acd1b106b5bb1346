"""The marks that an order asks for, as a shop would put them on the part."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from station.errors import InputError
from station.order.geometry import LineSegment, Outline, Point, Silhouette, outlines_of, polygon
from station.order.model import Characteristic, CharacteristicType, Face, Order
from station.twin.letters import text_length_mm
from station.twin.marks import CodeMark, Mark, StraightLine, TextMark
from station.twin.modules import code_modules

BLANK_MM = (9.0, 6.0)  # what an order of marks only is marked on
CHORD_ERROR_MM = 0.01
QUIET = 0.75  # of a region's side that a code fills
LETTER = 0.6  # of a region's height that its letters have where nothing is said
ARC_LETTER = 0.12  # of the radius
FILLED = 0.95  # of its line that lettering takes at most

Box: TypeAlias = tuple[Point, Point]


def blank() -> Silhouette:
    """The plate that an order without features is marked on."""
    x, y = (side / 2 for side in BLANK_MM)
    corners = [(-x, -y), (x, -y), (x, y), (-x, y)]
    sides = tuple(LineSegment(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True))
    return Silhouette((Outline(sides, True, "BLANK"),), ())


def marks_of_order(order: Order, silhouette: Silhouette) -> tuple[Mark, ...]:
    """A code and a text for each that the order asks for, in its region; those that have none share the part's middle.

    What the twin has no tool for (a symbology, a letter) it leaves out, as a shop would that overlooked it.
    """
    asked = [c for c in order.characteristics if c.type in (CharacteristicType.CODE, CharacteristicType.TEXT)]
    homeless = [c.id for c in asked if c.region is None and c.arc is None]
    shared = dict(zip(homeless, _rows(_around(silhouette.outer), len(homeless)), strict=True))
    found = []
    for c in asked:
        box = _around(outlines_of(order.geometry.features[c.region])) if isinstance(c.region, str) else c.region
        try:
            found.append(_mark(c, box or shared.get(c.id), order.geometry.face))
        except InputError:
            continue
    return tuple(found)


def _mark(c: Characteristic, box: Box | None, face: Face) -> Mark:
    if box is None:  # it stands along an arc
        return _text(c)
    return _code(c, box, face) if c.type is CharacteristicType.CODE else _text_in(c, box, face)


def _code(c: Characteristic, box: Box, face: Face) -> CodeMark:
    (left, low), (right, top) = box
    rows, columns = code_modules(c.symbology, c.expected, bool(c.gs1)).shape
    size = QUIET * min((right - left) / columns, (top - low) / rows) * max(rows, columns)
    upright = 180.0 if face is Face.BOTTOM else 0.0
    return CodeMark(c.symbology, c.expected, _middle(box), size, upright, bool(c.gs1))


def _text(c: Characteristic) -> TextMark:
    assert c.arc is not None, "a text without a box stands along an arc"
    one = TextMark(c.expected, c.arc, 1.0)
    fits = min(ARC_LETTER * c.arc.radius_mm, FILLED * c.arc.length_mm / text_length_mm(one))
    return replace(one, height_mm=c.height_mm or fits)


def _text_in(c: Characteristic, box: Box, face: Face) -> TextMark:
    (left, low), (right, top) = box
    x, y = _middle(box)
    cos, sin = math.cos(math.radians(c.direction_deg)), math.sin(math.radians(c.direction_deg))
    along = (right - left) * abs(cos) + (top - low) * abs(sin)
    across = (right - left) * abs(sin) + (top - low) * abs(cos)
    one = TextMark(c.expected, StraightLine((x, y), c.direction_deg), 1.0)
    height = c.height_mm or min(LETTER * across, FILLED * along / text_length_mm(one))
    back, down = text_length_mm(one) * height / 2, height / 2 * (-1.0 if face is Face.BOTTOM else 1.0)
    start = (x - back * cos + down * sin, y - back * sin - down * cos)
    return replace(one, line=StraightLine(start, c.direction_deg), height_mm=height)


def _middle(box: Box) -> Point:
    (left, low), (right, top) = box
    return (left + right) / 2, (low + top) / 2


def _around(outlines: Iterable[Outline]) -> Box:
    points = np.concatenate([polygon(outline, CHORD_ERROR_MM) for outline in outlines])
    (left, low), (right, top) = points.min(axis=0), points.max(axis=0)
    return (float(left), float(low)), (float(right), float(top))


def _rows(box: Box, count: int) -> list[Box]:
    """The box in so many rows, from the top, with some room around."""
    (left, low), (right, top) = box
    x, (across, height) = (left + right) / 2, (0.4 * (right - left), 0.9 * (top - low) / max(count, 1))
    first = (top + low) / 2 + 0.45 * (top - low)
    return [((x - across, first - (row + 1) * height), (x + across, first - row * height)) for row in range(count)]
