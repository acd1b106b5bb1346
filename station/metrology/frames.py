"""The motion that brings a measured part onto its drawing by its datums, compiled (ISO 5459 in the plane).

A feature is a row of three numbers: circle x, y, radius; line normal angle (rad), offset, position along it. Where the
drawing has it is another of four: x, y of its centre or middle, the angle of a line's outward normal, half its length.
A motion is turn, x, y: nominal = R(turn)·measured + (x, y).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled

Floats = NDArray[np.float64]
Index = NDArray[np.intp]
Flags = NDArray[np.bool_]

_ROUNDS = 12
_SETTLED = 1e-13  # of the part's size: what a further round would move it
_SAYS_NOTHING = 1e-6  # share of a motion that its datum features would have to see to fix it


@compiled
def center_of(straight: bool, row: Floats) -> tuple[float, float]:
    """Centre of a circle, middle of a line's measured part."""
    if not straight:
        return row[0], row[1]
    c, s = math.cos(row[0]), math.sin(row[0])
    return c * row[1] - s * row[2], s * row[1] + c * row[2]


@compiled
def frame_of(levels: Index, straight: Flags, seen: Floats, drawn: Floats) -> tuple[float, float, float]:
    """The motion by datum features (d, 3) in order of precedence: `levels` (d,) from 0, equal ones are one common
    datum.

    Of what the datums leave free, nothing is done. One circle or line after the other is solved in closed form.
    """
    count = len(levels)
    if count <= 2 and (count < 2 or levels[1] > levels[0]):
        return _ordered(count, straight, seen, drawn)
    motion, free = np.zeros(3), np.empty((3, 3))
    common_frame(levels, straight, seen, drawn, motion, free)
    return motion[0], motion[1], motion[2]


@compiled
def _ordered(datums: int, straight: Flags, seen: Floats, drawn: Floats) -> tuple[float, float, float]:
    """One datum, or two single ones by precedence. A circle fixes both translations by its centre, a line the rotation
    and the translation across it."""
    mx, my = center_of(straight[0], seen[0])
    turn = 0.0
    if straight[0]:
        turn = drawn[0, 2] - seen[0, 0]
    elif datums > 1 and straight[1]:
        turn = drawn[1, 2] - seen[1, 0]
    elif datums > 1:
        ox, oy = center_of(straight[1], seen[1])
        wanted = math.atan2(drawn[1, 1] - drawn[0, 1], drawn[1, 0] - drawn[0, 0])
        turn = wanted - math.atan2(oy - my, ox - mx)
    c, s = math.cos(turn), math.sin(turn)
    x, y = drawn[0, 0] - (c * mx - s * my), drawn[0, 1] - (s * mx + c * my)
    if straight[0] and datums > 1:
        # So far the line's middle stands on its drawing's middle, which says nothing about the place along it.
        along_x, along_y = -math.sin(drawn[0, 2]), math.cos(drawn[0, 2])
        ox, oy = center_of(straight[1], seen[1])
        dx, dy = drawn[1, 0] - (c * ox - s * oy + x), drawn[1, 1] - (s * ox + c * oy + y)
        if straight[1]:
            nx, ny = math.cos(drawn[1, 2]), math.sin(drawn[1, 2])
            slide = (nx * dx + ny * dy) / (nx * along_x + ny * along_y)
        else:
            slide = along_x * dx + along_y * dy
        x, y = x + slide * along_x, y + slide * along_y
    return turn, x, y


@compiled
def common_frame(
    levels: Index, straight: Flags, seen: Floats, drawn: Floats, motion: Floats, free: Floats
) -> tuple[int, bool]:
    """Datums of which some are common, or more than two: fills in `motion` (3,) and, in its first rows, a basis `free`
    (3, 3) of the small motions (turn about the drawing's origin, x, y) that the datums leave open.

    How many those are, and whether every datum fixed something. The features of a common datum are fitted together,
    as rigid as the drawing has them: least squares of their centres, and of points all along their lines (Gauss–Newton
    within what higher datums leave free). A single line below another datum gives its direction where that is free,
    its place otherwise.
    """
    size = _lever(drawn)
    motion[:] = 0.0
    free[:] = 0.0
    free[0, 0], free[1, 1], free[2, 2] = 1.0 / size, 1.0, 1.0
    left, begin, telling = 3, 0, True
    while begin < len(levels) and left > 0:
        end = begin + 1
        while end < len(levels) and levels[end] == levels[begin]:
            end += 1
        fixed = _settle(begin, end, straight, seen, drawn, size, motion, free, left)
        telling = telling and fixed > 0
        left -= fixed
        begin = end
    return left, telling and begin == len(levels)


@compiled
def _lever(drawn: Floats) -> float:
    """How far datum features reach (mm): by that a turn counts beside a shift."""
    size = 1e-3
    for i in range(len(drawn)):
        for j in range(i):
            size = max(size, math.hypot(drawn[i, 0] - drawn[j, 0], drawn[i, 1] - drawn[j, 1]))
        size = max(size, drawn[i, 3])
    return size


@compiled
def _settle(
    begin: int, end: int, straight: Flags, seen: Floats, drawn: Floats, size: float, motion: Floats, free: Floats,
    left: int,
) -> int:  # fmt: skip
    """Fits one datum, features from `begin` to `end`, within the `left` motions of `free`; how many of them it fixed,
    the rest of which are left in the first rows of `free`."""
    normal, right, nowhere = np.zeros((3, 3)), np.zeros(3), np.zeros(3)
    turns = max(abs(free[0, 0]), abs(free[1, 0]), abs(free[2, 0])) * size > _SAYS_NOTHING
    alone = begin > 0 and end == begin + 1 and straight[begin] and turns
    # What is fixed is told by the drawing: circles about one centre say nothing of a turn wherever they were made.
    for i in range(begin, end):
        x, y, angle = drawn[i, 0], drawn[i, 1], drawn[i, 2]
        _add_rows(straight[i], x, y, angle, drawn[i], alone, free, left, normal, nowhere)
    spread, axes = _eigen(normal, left)
    fixed, kept, held = 0, 0, np.zeros((3, 3))
    old = free[:left].copy()
    free[:] = 0.0
    for k in range(left):
        tells = spread[k] > _SAYS_NOTHING
        for j in range(left):
            if tells:
                held[fixed] += axes[j, k] * old[j]
            else:
                free[kept] += axes[j, k] * old[j]
        fixed, kept = fixed + (1 if tells else 0), kept + (0 if tells else 1)
    for _ in range(_ROUNDS):
        normal[:], right[:] = 0.0, 0.0
        c, s = math.cos(motion[0]), math.sin(motion[0])
        for i in range(begin, end):
            mx, my = center_of(straight[i], seen[i])
            x, y = c * mx - s * my + motion[1], s * mx + c * my + motion[2]
            _add_rows(straight[i], x, y, seen[i, 0] + motion[0], drawn[i], alone, held, fixed, normal, right)
        spread, axes = _eigen(normal, fixed)
        step = np.zeros(3)
        for k in range(fixed):
            share = 0.0
            for j in range(fixed):
                share += axes[j, k] * right[j]
            for j in range(fixed):
                step -= share / max(spread[k], 1e-300) * axes[j, k] * held[j]
        _move(motion, step)
        if abs(step[0]) * size + abs(step[1]) + abs(step[2]) < _SETTLED * size:
            break
    return fixed


@compiled
def _move(motion: Floats, step: Floats) -> None:
    """The finite motion that begins as `step` does, after `motion`: what a higher datum fixed stays where it is."""
    angle = step[0]
    c, s = math.cos(angle), math.sin(angle)
    # Exponential map of the plane's rigid motions; for small turns its series.
    a = s / angle if abs(angle) > 1e-6 else 1.0 - angle * angle / 6.0
    b = (1.0 - c) / angle if abs(angle) > 1e-6 else 0.5 * angle
    x, y = motion[1], motion[2]
    motion[0] += angle
    motion[1] = c * x - s * y + a * step[1] - b * step[2]
    motion[2] = s * x + c * y + b * step[1] + a * step[2]


@compiled
def _add_rows(
    straight: bool, x: float, y: float, angle: float, drawn: Floats, direction_only: bool, along: Floats, count: int,
    normal: Floats, right: Floats,
) -> None:  # fmt: skip
    """Adds what one feature, now at (x, y) with its normal at an angle, says of the first `count` motions `along` to
    their normal equations."""
    dx, dy = x - drawn[0], y - drawn[1]
    rows, off = np.zeros((2, 3)), np.zeros(2)
    if straight:
        nx, ny = math.cos(drawn[2]), math.sin(drawn[2])
        turn = angle - drawn[2]
        turn -= 2.0 * math.pi * np.rint(turn / (2.0 * math.pi))
        if not direction_only:
            rows[0, 0], rows[0, 1], rows[0, 2] = ny * x - nx * y, nx, ny
            off[0] = nx * dx + ny * dy
        # Points all along the line: its ends count by their distance from the middle.
        reach = max(drawn[3], 1e-6) / math.sqrt(3.0)
        rows[1, 0], off[1] = reach, reach * turn
    else:
        rows[0, 0], rows[0, 1], off[0] = -y, 1.0, dx
        rows[1, 0], rows[1, 2], off[1] = x, 1.0, dy
    for r in range(2):
        for i in range(count):
            a = rows[r, 0] * along[i, 0] + rows[r, 1] * along[i, 1] + rows[r, 2] * along[i, 2]
            right[i] += a * off[r]
            for j in range(count):
                b = rows[r, 0] * along[j, 0] + rows[r, 1] * along[j, 1] + rows[r, 2] * along[j, 2]
                normal[i, j] += a * b


@compiled
def _eigen(matrix: Floats, size: int) -> tuple[Floats, Floats]:
    """Eigenvalues and vectors (in columns) of the symmetric upper left of a matrix (3, 3): Jacobi's rotations."""
    a, v = matrix.copy(), np.eye(3)
    for _ in range(30):
        off = 0.0
        for i in range(size):
            for j in range(i):
                off = max(off, abs(a[i, j]))
        if off < 1e-300:
            break
        for p in range(size):
            for q in range(p + 1, size):
                if abs(a[p, q]) < 1e-300:
                    continue
                theta = (a[q, q] - a[p, p]) / (2.0 * a[p, q])
                t = math.copysign(1.0, theta) / (abs(theta) + math.sqrt(theta * theta + 1.0))
                c = 1.0 / math.sqrt(t * t + 1.0)
                s = t * c
                for k in range(size):
                    a[k, p], a[k, q] = c * a[k, p] - s * a[k, q], s * a[k, p] + c * a[k, q]
                for k in range(size):
                    a[p, k], a[q, k] = c * a[p, k] - s * a[q, k], s * a[p, k] + c * a[q, k]
                for k in range(size):
                    v[k, p], v[k, q] = c * v[k, p] - s * v[k, q], s * v[k, p] + c * v[k, q]
    return np.array([a[0, 0], a[1, 1], a[2, 2]]), v
