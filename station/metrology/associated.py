"""Sizes, distances, angles and places: everything that is a function of associated circles and lines alone, compiled.

A feature is a row of three numbers: circle x, y, radius; line normal angle (rad), offset, position along it. Where the
drawing has it is another: x, y of its centre or middle, and the angle of a line's outward normal. Definitions after
ISO 1101:2017, ISO 14405-1 and ISO 5459.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled

Floats = NDArray[np.float64]
Index = NDArray[np.intp]
Flags = NDArray[np.bool_]

MOST_SLOTS = 3  # a feature and the two datums that fix anything in a plane
NOBODY = -1


class Measurand(IntEnum):
    """What is asked of a feature, of two, or of a feature in its datum system."""

    DIAMETER = 0
    RADIUS = 1
    DISTANCE = 2
    ANGLE = 3
    CONCENTRICITY = 4
    POSITION = 5


@dataclass(frozen=True, slots=True)
class Associated:
    """Features f of one part: `straight` (f,) is it a line, `params` and `drawn` (f, 3) as above, `outward` (f,),
    `scatter` (f, 3, 3): one independent one-sigma change of the parameters a row."""

    straight: Flags
    params: Floats
    drawn: Floats
    outward: Floats
    scatter: Floats


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions q: `what` (q,) a `Measurand`, `slots` (q, 3) rows of the feature and of the second feature or the
    datums (`NOBODY`: none), `nominal` (q,) of an angle in degrees."""

    what: Index
    slots: Index
    nominal: Floats


def values(of: Associated, asked: Asked) -> tuple[Floats, Floats]:
    """Values (q,) and where (q, 2) they are decided, without their sensitivities."""
    where = np.empty((len(asked.what), 2))
    return _values(of.straight, of.params, of.drawn, asked.what, asked.slots, asked.nominal, where), where


@compiled
def _center(straight: bool, row: Floats) -> tuple[float, float]:
    """Centre of a circle, middle of a line's measured part."""
    if not straight:
        return row[0], row[1]
    c, s = math.cos(row[0]), math.sin(row[0])
    return c * row[1] - s * row[2], s * row[1] + c * row[2]


@compiled
def _across(row: Floats, x: float, y: float) -> float:
    """Signed distance of a point from a line."""
    return float(math.cos(row[0]) * x + math.sin(row[0]) * y - row[1])


@compiled
def _distance(straight: Flags, p: Floats) -> float:
    ax, ay = _center(straight[0], p[0])
    bx, by = _center(straight[1], p[1])
    if straight[0] and straight[1]:
        return (abs(_across(p[0], bx, by)) + abs(_across(p[1], ax, ay))) / 2.0
    if straight[0]:
        return abs(_across(p[0], bx, by))
    if straight[1]:
        return abs(_across(p[1], ax, ay))
    return math.hypot(ax - bx, ay - by)


@compiled
def _enclosed(turn_deg: float, which: int) -> float:
    """The angles that two lines enclose, each a smooth function of the turn between their normals."""
    if which == 0:
        return turn_deg
    if which == 1:
        return 360.0 - turn_deg
    return 180.0 - turn_deg if which == 2 else turn_deg - 180.0


@compiled
def _angle(p: Floats, drawn: Floats, nominal_deg: float) -> float:
    # Which of the possible angles is meant is told by the drawing: 89 and 91 degrees are equally near to 90.
    wanted = math.degrees(drawn[1, 2] - drawn[0, 2]) % 360.0
    meant = 0
    for which in range(1, 4):
        if abs(_enclosed(wanted, which) - nominal_deg) < abs(_enclosed(wanted, meant) - nominal_deg):
            meant = which
    off = math.degrees(p[1, 0] - p[0, 0]) - wanted
    return abs(_enclosed(wanted + off - 360.0 * np.rint(off / 360.0), meant))


@compiled
def frame_of(datums: int, straight: Flags, seen: Floats, drawn: Floats) -> tuple[float, float, float]:
    """The motion (turn, x, y) that brings the measured part onto its drawing: nominal = R(turn)·measured + (x, y).

    `datums` 1 or 2 rows, by precedence. A circle fixes both translations by its centre, a line the rotation and the
    translation across it; of what the datums leave free, nothing is done.
    """
    mx, my = _center(straight[0], seen[0])
    turn = 0.0
    if straight[0]:
        turn = drawn[0, 2] - seen[0, 0]
    elif datums > 1 and straight[1]:
        turn = drawn[1, 2] - seen[1, 0]
    elif datums > 1:
        ox, oy = _center(straight[1], seen[1])
        wanted = math.atan2(drawn[1, 1] - drawn[0, 1], drawn[1, 0] - drawn[0, 0])
        turn = wanted - math.atan2(oy - my, ox - mx)
    c, s = math.cos(turn), math.sin(turn)
    x, y = drawn[0, 0] - (c * mx - s * my), drawn[0, 1] - (s * mx + c * my)
    if straight[0] and datums > 1:
        # So far the line's middle stands on its drawing's middle, which says nothing about the place along it.
        along_x, along_y = -math.sin(drawn[0, 2]), math.cos(drawn[0, 2])
        ox, oy = _center(straight[1], seen[1])
        dx, dy = drawn[1, 0] - (c * ox - s * oy + x), drawn[1, 1] - (s * ox + c * oy + y)
        if straight[1]:
            nx, ny = math.cos(drawn[1, 2]), math.sin(drawn[1, 2])
            slide = (nx * dx + ny * dy) / (nx * along_x + ny * along_y)
        else:
            slide = along_x * dx + along_y * dy
        x, y = x + slide * along_x, y + slide * along_y
    return turn, x, y


@compiled
def _position(datums: int, straight: Flags, p: Floats, drawn: Floats) -> float:
    turn, x, y = frame_of(datums, straight[1:], p[1:], drawn[1:])
    cx, cy = _center(straight[0], p[0])
    c, s = math.cos(turn), math.sin(turn)
    hx, hy = c * cx - s * cy + x, s * cx + c * cy + y
    dx, dy = hx - drawn[0, 0], hy - drawn[0, 1]
    if straight[0]:
        return float(2.0 * abs(dx * math.cos(p[0, 0]) + dy * math.sin(p[0, 0])))
    if datums == 1 and not straight[1]:  # the rotation about the datum's centre is free
        wanted = math.hypot(drawn[0, 0] - drawn[1, 0], drawn[0, 1] - drawn[1, 1])
        return 2.0 * abs(math.hypot(hx - drawn[1, 0], hy - drawn[1, 1]) - wanted)
    if datums == 1:  # so is the place along the datum
        along_x, along_y = -math.sin(drawn[1, 2]), math.cos(drawn[1, 2])
        slide = dx * along_x + dy * along_y
        dx, dy = dx - slide * along_x, dy - slide * along_y
    return 2.0 * math.hypot(dx, dy)


@compiled
def value_of(what: int, slots: int, straight: Flags, p: Floats, drawn: Floats, nominal: float) -> float:
    """What (a `Measurand`) is asked of the features in the first `slots` rows; `nominal` (degrees) of an angle."""
    if what == 0:
        return float(2.0 * p[0, 2])
    if what == 1:
        return float(p[0, 2])
    if what == 2:
        return _distance(straight, p)
    if what == 3:
        return _angle(p, drawn, nominal)
    if what == 4:
        ax, ay = _center(straight[0], p[0])
        bx, by = _center(straight[1], p[1])
        return 2.0 * math.hypot(ax - bx, ay - by)
    return _position(slots - 1, straight, p, drawn)


@compiled
def gather(rows: Index, of: Floats, flags: Flags, at: Floats, drawn: Floats, straight: Flags, into: Floats) -> int:
    """Copies the rows of a question's features; how many there are."""
    slots = 0
    for j in range(MOST_SLOTS):
        if rows[j] != NOBODY:
            straight[j], into[j], at[j] = flags[rows[j]], of[rows[j]], drawn[rows[j]]
            slots = j + 1
    return slots


@compiled
def where_of(what: int, straight: Flags, p: Floats, where: Floats) -> None:
    """The centre of what is asked for, half-way between two."""
    where[0], where[1] = _center(straight[0], p[0])
    if what == 2 or what == 3:
        x, y = _center(straight[1], p[1])
        where[0], where[1] = (where[0] + x) / 2.0, (where[1] + y) / 2.0


@compiled
def _values(
    flags: Flags, params: Floats, drawn: Floats, what: Index, slots: Index, nominal: Floats, where: Floats
) -> Floats:
    found = np.empty(len(what))
    straight, p, at = np.zeros(MOST_SLOTS, np.bool_), np.zeros((MOST_SLOTS, 3)), np.zeros((MOST_SLOTS, 3))
    for q in range(len(what)):
        count = gather(slots[q], params, flags, at, drawn, straight, p)
        found[q] = value_of(what[q], count, straight, p, at, nominal[q])
        where_of(what[q], straight, p, where[q])
    return found
