"""How much room there is beside an edge: the widest disc that touches it at a place and holds no other edge.

A ray says how far it is straight ahead; an edge that it passes without meeting it lies nearer. A disc that touches a
probe's edge there and a point q of another has the diameter |q − p|² / ((q − p)·n); the least of these is the part's
thickness there, and the disc's centre is on the medial axis (Ma, Bae and Choi, "3D medial axis point approximation
using nearest neighbors and the normal field", The Visual Computer 28, 2012). At the distance t along the normal no edge
is nearer than the smaller of t and the diameter less t.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled

Floats = NDArray[np.float64]

EVERY = 2  # probe is met with discs: from one to the next their size hardly bends


@compiled
def shrink(
    points: Floats,
    normals: Floats,
    begin: int,
    end: int,
    piece: Floats,
    ignored: float,
    inward: Floats,
    outward: Floats,
) -> None:
    """Make the discs beside the probes `begin` to `end` so small that they hold nothing of a piece of an edge.

    `inward`, `outward` (n,) are their diameters; only those of every `EVERY`-th probe and of the last are looked
    at. What rises less than `ignored` above the probe's edge is that edge itself.
    """
    middle_x, middle_y, size = piece[0], piece[1], piece[2]
    i = begin
    while True:
        nx, ny = normals[i, 0], normals[i, 1]
        dx, dy = middle_x - points[i, 0], middle_y - points[i, 1]
        ahead, square = dx * nx + dy * ny, dx * dx + dy * dy - size * size
        # Whether the disc meets the circle around the piece.
        if square < outward[i] * (size + ahead):
            outward[i] = _beside(points[i, 0], points[i, 1], nx, ny, piece, ignored, outward[i])
        if square < inward[i] * (size - ahead):
            inward[i] = _beside(points[i, 0], points[i, 1], -nx, -ny, piece, ignored, inward[i])
        if i == end - 1:
            return
        i = min(i + EVERY, end - 1)


@compiled
def _beside(x: float, y: float, nx: float, ny: float, piece: Floats, ignored: float, wide: float) -> float:
    """Diameter, at most `wide`, of the disc between (x, y), to which (nx, ny) points, and a piece of an edge."""
    if piece[3] == 0.0:
        return _beside_line(x, y, nx, ny, piece, ignored, wide)
    return _beside_arc(x, y, nx, ny, piece, ignored, wide)


@compiled
def fill(begin: int, end: int, wide: Floats) -> None:
    """The discs beside the probes `begin` to `end` that were not looked at, from those that were."""
    for first in range(begin, end - 1, EVERY):
        last = min(first + EVERY, end - 1)
        rise = (wide[last] - wide[first]) / (last - first)
        for i in range(first + 1, last):
            wide[i] = wide[first] + (i - first) * rise


@compiled
def _beside_line(x: float, y: float, nx: float, ny: float, piece: Floats, ignored: float, wide: float) -> float:
    """The same for a straight piece."""
    dx, dy, u, v = piece[4] - x, piece[5] - y, piece[6], piece[7]
    length = 2.0 * piece[2]
    # The way to the line, and how much of the normal goes that way, both times the length.
    away, facing = dx * v - dy * u, nx * v - ny * u
    if away < 0.0:
        away, facing = -away, -facing
    if 2.0 * away >= wide * (length + facing):
        return wide  # not even the endless line is met
    if away > ignored * length:
        radius = away / (length + facing)
        along = (radius * nx - dx) * u + (radius * ny - dy) * v
        if 0.0 <= along <= length * length:
            return float(2.0 * radius)
    wide = _beside_point(dx, dy, nx, ny, ignored, wide)
    return _beside_point(dx + u, dy + v, nx, ny, ignored, wide)


@compiled
def _beside_arc(x: float, y: float, nx: float, ny: float, piece: Floats, ignored: float, wide: float) -> float:
    """The same for a round piece."""
    dx, dy, u, v, bend = piece[4] - x, piece[5] - y, piece[6], piece[7], abs(piece[3])
    room, ahead = bend * bend - dx * dx - dy * dy, bend - dx * nx - dy * ny
    if room < 0.0:  # from outside the circle a disc touches its near side, from inside its far one
        room, ahead = -room, 2.0 * bend - ahead
    if room >= wide * ahead:
        return wide  # not even the whole circle is met
    radius = 0.5 * room / ahead
    a, b = radius * nx - dx, radius * ny - dy  # from the circle's centre to the disc's
    apart = math.sqrt(a * a + b * b)
    if a * u + b * v >= apart * piece[8]:
        out = bend / max(apart, 1e-12 * bend)
        if (a * out + dx) * nx + (b * out + dy) * ny > ignored:
            return float(2.0 * radius)
    c, s = bend * piece[8], bend * math.sqrt(max(1.0 - piece[8] * piece[8], 0.0))
    dx, dy = dx + c * u, dy + c * v
    wide = _beside_point(dx - s * v, dy + s * u, nx, ny, ignored, wide)
    return _beside_point(dx + s * v, dy - s * u, nx, ny, ignored, wide)


@compiled
def _beside_point(dx: float, dy: float, nx: float, ny: float, ignored: float, wide: float) -> float:
    """The same for a point (dx, dy) away from the probe."""
    above, apart = dx * nx + dy * ny, dx * dx + dy * dy
    return apart / above if above > ignored and apart < wide * above else wide
