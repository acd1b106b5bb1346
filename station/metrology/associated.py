"""Sizes, distances, angles and places: everything that is a function of associated circles and lines alone, compiled.

A feature is a row of three numbers: circle x, y, radius; line normal angle (rad), offset, position along it. Where the
drawing has it is another of four: x, y of its centre or middle, the angle of a line's outward normal, half its length.
Definitions after ISO 1101:2017, ISO 14405-1 and ISO 5459.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from station.compiled import compiled
from station.metrology.frames import Flags, Floats, Index, center_of, common_frame, frame_of
from station.metrology.medians import symmetry
from station.order.limits import MOST_DATUM_FEATURES

MOST_SLOTS = 2 + MOST_DATUM_FEATURES  # what is asked about, and the features of its datums
NOBODY = -1
ASKED = -1  # the level of a feature that is asked about; datums have theirs from 0


class Measurand(IntEnum):
    """What is asked of a feature, of two, or of a feature in its datum system."""

    DIAMETER = 0
    RADIUS = 1
    DISTANCE = 2
    ANGLE = 3
    CONCENTRICITY = 4
    POSITION = 5
    SYMMETRY = 6


@dataclass(frozen=True, slots=True)
class Associated:
    """Features f of one part: `straight` (f,) is it a line, `params` (f, 3) and `drawn` (f, 4) as above, `outward`
    (f,), `edge` (f,) the kind of its edge, `scatter` (f, 3, 3): one independent one-sigma change of the parameters a
    row."""

    straight: Flags
    params: Floats
    drawn: Floats
    outward: Floats
    edge: Index
    scatter: Floats


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions q: `what` (q,) a `Measurand`, `slots` (q, s) rows of what is asked about and of its datums (`NOBODY`:
    none), `levels` (q, s): `ASKED`, or the precedence of the datum; `nominal` (q,) of an angle in degrees."""

    what: Index
    slots: Index
    levels: Index
    nominal: Floats


def values(of: Associated, asked: Asked) -> tuple[Floats, Floats]:
    """Values (q,) and where (q, 2) they are decided, without their sensitivities."""
    where = np.empty((len(asked.what), 2))
    return _values(of.straight, of.params, of.drawn, asked.what, asked.slots, asked.levels, asked.nominal, where), where


@compiled
def _across(row: Floats, x: float, y: float) -> float:
    """Signed distance of a point from a line."""
    return float(math.cos(row[0]) * x + math.sin(row[0]) * y - row[1])


@compiled
def _distance(straight: Flags, p: Floats) -> float:
    ax, ay = center_of(straight[0], p[0])
    bx, by = center_of(straight[1], p[1])
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
def _position(levels: Index, straight: Flags, p: Floats, drawn: Floats) -> float:
    datums = len(levels)
    if datums > 2 or (datums == 2 and levels[1] == levels[0]):
        return _position_in_common(levels, straight, p, drawn)
    turn, x, y = frame_of(levels, straight[1:], p[1:], drawn[1:])
    cx, cy = center_of(straight[0], p[0])
    c, s = math.cos(turn), math.sin(turn)
    hx, hy = c * cx - s * cy + x, s * cx + c * cy + y
    dx, dy = hx - drawn[0, 0], hy - drawn[0, 1]
    if datums == 1 and not straight[1]:  # the rotation about the datum's centre is free
        wanted = math.hypot(drawn[0, 0] - drawn[1, 0], drawn[0, 1] - drawn[1, 1])
        return 2.0 * abs(math.hypot(hx - drawn[1, 0], hy - drawn[1, 1]) - wanted)
    if datums == 1:  # so is the place along the datum
        along_x, along_y = -math.sin(drawn[1, 2]), math.cos(drawn[1, 2])
        slide = dx * along_x + dy * along_y
        dx, dy = dx - slide * along_x, dy - slide * along_y
    return 2.0 * math.hypot(dx, dy)


@compiled
def _position_in_common(levels: Index, straight: Flags, p: Floats, drawn: Floats) -> float:
    """As `_position`; of the motions that stay free the one that brings the centre nearest to its place."""
    motion, free = np.zeros(3), np.empty((3, 3))
    left, _ = common_frame(levels, straight[1:], p[1:], drawn[1:], motion, free)
    cx, cy = center_of(straight[0], p[0])
    c, s = math.cos(motion[0]), math.sin(motion[0])
    hx, hy = c * cx - s * cy + motion[1], s * cx + c * cy + motion[2]
    dx, dy = hx - drawn[0, 0], hy - drawn[0, 1]
    if left > 0:
        # The way the centre would go. About a pivot it goes in a circle: only how far away it is counts.
        wx, wy = free[0, 1] - free[0, 0] * hy, free[0, 2] + free[0, 0] * hx
        length = max(math.hypot(wx, wy), 1e-300)
        if abs(free[0, 0]) > 1e-9 * length:
            px, py = -free[0, 2] / free[0, 0], free[0, 1] / free[0, 0]
            away = math.hypot(hx - px, hy - py) - math.hypot(drawn[0, 0] - px, drawn[0, 1] - py)
            return 2.0 * abs(away)
        slide = (dx * wx + dy * wy) / length
        dx, dy = dx - slide * wx / length, dy - slide * wy / length
    return 2.0 * math.hypot(dx, dy)


@compiled
def value_of(what: int, levels: Index, straight: Flags, p: Floats, drawn: Floats, nominal: float) -> float:
    """What (a `Measurand`) is asked of the features in the first rows; `nominal` (degrees) of an angle."""
    slots = len(levels)
    if what == 0:
        return float(2.0 * p[0, 2])
    if what == 1:
        return float(p[0, 2])
    if what == 2:
        return _distance(straight, p)
    if what == 3:
        return _angle(p, drawn, nominal)
    if what == 4:
        ax, ay = center_of(straight[0], p[0])
        bx, by = center_of(straight[1], p[1])
        return 2.0 * math.hypot(ax - bx, ay - by)
    if what == 5:
        return _position(levels[1:], straight[:slots], p[:slots], drawn[:slots])
    asked = 2 if slots > 1 and levels[1] == ASKED else 1
    return symmetry(asked, straight[:slots], p[:slots], drawn[:slots])


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
    where[0], where[1] = center_of(straight[0], p[0])
    if what == 2 or what == 3:
        x, y = center_of(straight[1], p[1])
        where[0], where[1] = (where[0] + x) / 2.0, (where[1] + y) / 2.0


@compiled
def _values(
    flags: Flags, params: Floats, drawn: Floats, what: Index, slots: Index, levels: Index, nominal: Floats,
    where: Floats,
) -> Floats:  # fmt: skip
    found = np.empty(len(what))
    straight, p, at = np.zeros(MOST_SLOTS, np.bool_), np.zeros((MOST_SLOTS, 3)), np.zeros((MOST_SLOTS, 4))
    for q in range(len(what)):
        count = gather(slots[q], params, flags, at, drawn, straight, p)
        found[q] = value_of(what[q], levels[q, :count], straight, p, at, nominal[q])
        where_of(what[q], straight, p, where[q])
    return found
