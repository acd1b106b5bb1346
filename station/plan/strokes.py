"""Outlines as one table, so that all of them are walked in one pass: probes a pixel apart, or corners of polygons.

A segment of an outline is a row whatever its kind; outlines are stretches of rows. The loops are compiled: arrays alone
would take an order of magnitude longer over outlines of a few dozen points each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.order.geometry import LineSegment, Outline

Floats = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

_CORNER_RAD = math.radians(12.0)
A, B, RADIUS, LENGTH = 2, 3, 4, 5  # columns; 0 and 1 are the place
_SHORT_STEPS = 8.0
_RESTART = 64  # steps of a rotation after which its rounding is thrown away


class Strokes(NamedTuple):
    """Segments of many outlines, material on the left: a tuple, which compiled loops can read.

    `table` (m, 6): of a line its start, the vector to its end, 0 and its length; of an arc its centre, start and sweep
    (rad, counter-clockwise positive), radius and length; mm. `first` (o + 1,): offsets of the outlines; `closed` (o,);
    `corner` (m,): whether direction or place jumps where a segment begins, as both do at the ends of an open outline.
    """

    table: Floats
    first: Index
    closed: Mask
    corner: Mask


@dataclass(frozen=True, slots=True)
class Samples:
    """Points along strokes, in order: `points_mm`, `normals` (n, 2) out of the material, `curvature_per_mm` (n,),
    positive where the material is convex; `first` (m + 1,): offsets of the strokes."""

    points_mm: Floats
    normals: Floats
    curvature_per_mm: Floats
    first: Index


def strokes_of(outlines: Sequence[Outline], most_gap_mm: float) -> Strokes:
    """The outlines as one table; a closed one with corners begins at one of them, so that each smooth stretch of it is
    in one piece. Where segments do not meet within `most_gap_mm` is a corner too."""
    numbers: list[float] = []
    first = [0]
    for outline in outlines:
        for segment in outline.segments:
            if isinstance(segment, LineSegment):
                (x, y), (u, v) = segment.start_mm, segment.end_mm
                numbers += x, y, u - x, v - y, 0.0, math.hypot(u - x, v - y)
            else:
                (x, y), radius = segment.center_mm, segment.radius_mm
                start, sweep = math.radians(segment.start_deg), math.radians(segment.sweep_deg)
                numbers += x, y, start, sweep, radius, abs(sweep) * radius
        first.append(len(numbers) // 6)
    table = np.array(numbers, np.float64).reshape(-1, 6)
    offsets = np.array(first, np.intp)
    closed = np.array([outline.closed for outline in outlines], np.bool_)
    corner = _corners(table, offsets, closed, most_gap_mm)
    for number in np.flatnonzero(closed & ~corner[offsets[:-1]]) if corner.any() else ():
        here = slice(offsets[number], offsets[number + 1])
        if corner[here].any():
            turn = -int(corner[here].argmax())
            table[here], corner[here] = np.roll(table[here], turn, axis=0), np.roll(corner[here], turn)
    return Strokes(table, offsets, closed, corner)


def sample(strokes: Strokes, step_mm: float) -> Samples:
    """Points about `step_mm` apart, at the middles of equal intervals of each segment (so none is a corner)."""
    steps = strokes.table[:, LENGTH] / step_mm
    # Odd: counts divisible by 4 about an integer centre would sample coherently with the pixels. Chords of a free curve
    # are too short for that, and many of them: one probe more than there are pixels in each would crowd it.
    counts = np.where(steps < _SHORT_STEPS, np.rint(steps).clip(1.0), np.ceil(steps)).astype(np.intp)
    counts |= steps >= _SHORT_STEPS
    return Samples(*_walk(strokes.table, counts, 0.5), _offsets(counts))


def vertices(strokes: Strokes, chord_error_mm: float) -> tuple[Floats, ...]:
    """For each closed outline the vertices (n, 2) of a polygon that stays within `chord_error_mm` of it."""
    table = strokes.table
    radius, counts = table[:, RADIUS], np.ones(len(table), np.intp)
    with np.errstate(divide="ignore", invalid="ignore"):
        step = np.maximum(2.0 * np.arccos(1.0 - np.minimum(1.0, chord_error_mm / radius)), 1e-4)
        counts = np.where(radius > 0.0, np.ceil(np.abs(table[:, B]) / step), 1.0).clip(1.0).astype(np.intp)
    points, _, _ = _walk(table, counts, 0.0)
    ends = _offsets(counts)[strokes.first].tolist()
    return tuple(points[a:b] for a, b in pairwise(ends))


def areas_mm2(strokes: Strokes) -> Floats:
    """Exact area (o,) that each closed outline encloses; positive where it runs counter-clockwise (Green's theorem)."""
    return _areas(strokes)


def near_corners(strokes: Strokes, samples: Samples, radius_mm: float) -> Index:
    """Which samples stand within `radius_mm` of a corner along their outline, ascending."""
    if not strokes.corner.any():
        return np.zeros(0, np.intp)
    return np.flatnonzero(_near_corners(strokes, samples.points_mm, samples.first, radius_mm))


def _offsets(counts: Index) -> Index:
    offsets = np.zeros(len(counts) + 1, np.intp)
    np.cumsum(counts, out=offsets[1:])
    return offsets


@compiled
def point_on(table: Floats, row: int, t: float) -> tuple[float, float]:
    """Where stroke `row` is after the share `t` of its length."""
    x, y, a, b, radius = table[row, 0], table[row, 1], table[row, 2], table[row, 3], table[row, 4]
    if radius == 0.0:
        return x + t * a, y + t * b
    angle = a + t * b
    return x + radius * math.cos(angle), y + radius * math.sin(angle)


@compiled
def _direction(table: Floats, row: int, t: float) -> float:
    """Direction of travel (rad)."""
    a, b = table[row, 2], table[row, 3]
    if table[row, 4] == 0.0:
        return math.atan2(b, a)
    return float(a + t * b + math.copysign(0.5 * math.pi, b))


@compiled
def _corners(table: Floats, first: Index, closed: Mask, most_gap: float) -> Mask:
    corner = np.zeros(len(table), np.bool_)
    for outline in range(len(closed)):
        begin, end = first[outline], first[outline + 1]
        for row in range(begin, end):
            if row == begin and not closed[outline]:
                corner[row] = True
                continue
            before = row - 1 if row > begin else end - 1
            turn = _direction(table, row, 0.0) - _direction(table, before, 1.0)
            turn -= 2.0 * math.pi * np.rint(turn / (2.0 * math.pi))
            x, y = point_on(table, before, 1.0)
            u, v = point_on(table, row, 0.0)
            corner[row] = abs(turn) > _CORNER_RAD or math.hypot(u - x, v - y) > most_gap
    return corner


@compiled
def _areas(strokes: Strokes) -> Floats:
    areas = np.zeros(len(strokes.closed))
    for outline in range(len(areas)):
        for row in range(strokes.first[outline], strokes.first[outline + 1]):
            x, y = point_on(strokes.table, row, 0.0)
            u, v = point_on(strokes.table, row, 1.0)
            areas[outline] += 0.5 * (x * v - u * y)
            if strokes.table[row, RADIUS] > 0.0:
                sweep = strokes.table[row, B]
                areas[outline] += 0.5 * strokes.table[row, RADIUS] ** 2 * (sweep - math.sin(sweep))
    return areas


@compiled
def _walk(table: Floats, counts: Index, offset: float) -> tuple[Floats, Floats, Floats]:
    """`counts` points of each stroke at the shares (i + offset) / count of its length; their normals and curvature."""
    total = counts.sum()
    points, normals, curvature = np.empty((total, 2)), np.empty((total, 2)), np.empty(total)
    place = 0
    for row in range(len(table)):
        x, y, a, b, radius = table[row, 0], table[row, 1], table[row, 2], table[row, 3], table[row, 4]
        count = counts[row]
        if radius == 0.0:
            length = max(table[row, 5], 1e-300)
            for i in range(count):
                t = (i + offset) / count
                points[place, 0], points[place, 1] = x + t * a, y + t * b
                normals[place, 0], normals[place, 1] = b / length, -a / length
                curvature[place] = 0.0
                place += 1
            continue
        convex = 1.0 if b > 0.0 else -1.0
        turn_c, turn_s = math.cos(b / count), math.sin(b / count)
        c, s = 1.0, 0.0
        for i in range(count):
            if i % _RESTART == 0:
                angle = a + (i + offset) / count * b
                c, s = math.cos(angle), math.sin(angle)
            else:  # a rotation by one step: much cheaper than the functions, and as exact over so few
                c, s = c * turn_c - s * turn_s, s * turn_c + c * turn_s
            points[place, 0], points[place, 1] = x + radius * c, y + radius * s
            normals[place, 0], normals[place, 1] = convex * c, convex * s
            curvature[place] = convex / radius
            place += 1
    return points, normals, curvature


@compiled
def _near_corners(strokes: Strokes, points: Floats, samples: Index, radius: float) -> Mask:
    table, first, closed, corner = strokes.table, strokes.first, strokes.closed, strokes.corner
    near = np.zeros(len(points), np.bool_)
    for outline in range(len(closed)):
        begin, end = samples[first[outline]], samples[first[outline + 1]]
        for row in range(first[outline], first[outline + 1] + 1):
            if row == first[outline + 1]:
                if closed[outline]:
                    continue
                x, y = point_on(table, row - 1, 1.0)
            elif corner[row]:
                x, y = point_on(table, row, 0.0)
            else:
                continue
            for way in (1, -1):
                at = samples[row] if way == 1 else samples[row] - 1
                for _ in range(end - begin):
                    if at < begin or at >= end:
                        if not closed[outline]:
                            break
                        at = end - 1 if at < begin else begin
                    if (points[at, 0] - x) ** 2 + (points[at, 1] - y) ** 2 > radius * radius:
                        break
                    near[at] = True
                    at += way
    return near
