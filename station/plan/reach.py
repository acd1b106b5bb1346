"""How far a profile may look across an edge before it meets another one, and how much room there is beside it.

A ray along each probe's normal is met with the straight and round pieces of the silhouette near it (line and line, line
and circle), and so are the discs that touch the probe (`discs.py`): the answer is exact for any shape.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.plan.discs import fill, shrink
from station.plan.edges import Edges

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

MAX_REACH_PX = 40.0
LEAST_REACH_PX = 1.25  # nothing is looked at closer than this
OWN_EDGE_PX = 0.25  # what lies nearer is the edge itself
BESIDE_PX = 1.5  # a feature drawn twice, once a little beside the other, has one edge
_BLOCK = 32  # probes of one stroke that look together


@dataclass(frozen=True, slots=True)
class Reach:
    """`inward_mm`, `outward_mm` (n,) along the normal; `free_in_mm`, `free_out_mm` (n,): diameters of the widest discs
    that touch the edge at the probe and hold no other, never more than the reach; `side` (n,): 1 where the silhouette
    has an edge within 1.5 pixels of the probe and its material inward, -1 where it has it outward, 0 where none."""

    inward_mm: Floats
    outward_mm: Floats
    free_in_mm: Floats
    free_out_mm: Floats
    side: NDArray[np.int8]


def reach_of(
    points_mm: Floats, normals: Floats, first: Index, edges: Edges, pixel_mm: float, *, on_edges: bool
) -> Reach:
    """Reach of probes (n, 2), at most 40 pixels. `first` (m + 1,) are the offsets of their strokes: the strokes of the
    `edges` where they are `on_edges`, others that may lie beside one where not."""
    limits = (MAX_REACH_PX * pixel_mm, OWN_EDGE_PX * pixel_mm, BESIDE_PX * pixel_mm)
    reach, free, side = _reach(points_mm, normals, first, on_edges, edges, *limits)
    np.maximum(reach, LEAST_REACH_PX * pixel_mm, out=reach)
    np.minimum(free, reach, out=free)
    return Reach(reach[0], reach[1], free[0], free[1], np.sign(side))


@compiled
def _reach(
    points: Floats,
    normals: Floats,
    first: Index,
    on_edges: bool,
    edges: Edges,
    limit: float,
    own_edge: float,
    beside: float,
) -> tuple[Floats, Floats, NDArray[np.int8]]:
    """Reach and free discs (2, n), inwards and outwards; which side has its material inwards, by votes of edges."""
    pieces, owner, low, cell, shape = edges.pieces, edges.owner, edges.low_mm, edges.cell_mm, edges.shape
    count = len(points)
    reach, free, side = np.full((2, count), limit), np.full((2, count), limit), np.zeros(count, np.int8)
    reach_in, reach_out, free_in, free_out = reach[0], reach[1], free[0], free[1]
    seen = np.full(len(pieces), -1, np.intp)
    ignored = own_edge if on_edges else beside
    begin = own = 0
    while begin < count:
        while begin >= first[own + 1]:
            own += 1
        end = min(begin + _BLOCK, first[own + 1])
        x, y = points[(begin + end) // 2, 0], points[(begin + end) // 2, 1]
        around = limit
        for i in range(begin, end):
            around = max(around, limit + math.hypot(points[i, 0] - x, points[i, 1] - y))
        left, right = max(int((x - around - low[0]) / cell), 0), min(int((x + around - low[0]) / cell), shape[0] - 1)
        bottom, top = max(int((y - around - low[1]) / cell), 0), min(int((y + around - low[1]) / cell), shape[1] - 1)
        for row in range(bottom, top + 1):
            if left > right:
                break
            for at in range(edges.start[row * shape[0] + left], edges.start[row * shape[0] + right + 1]):
                j = edges.members[at]
                if seen[j] == begin:
                    continue
                seen[j] = begin
                if on_edges and owner[j] == own:
                    across = 2.0 * abs(pieces[j, 3])
                    if not 0.0 < across < limit:
                        continue  # a line never meets itself, a circle only across its diameter
                    wide = free_in if pieces[j, 3] > 0.0 else free_out
                    for i in range(begin, end):
                        wide[i] = min(wide[i], across)
                apart = around + pieces[j, 2]
                if (pieces[j, 0] - x) ** 2 + (pieces[j, 1] - y) ** 2 <= apart * apart:
                    piece = pieces[j]
                    _meet(points, normals, begin, end, piece, ignored, beside, reach_in, reach_out, side)
                    if not on_edges or owner[j] != own:
                        shrink(points, normals, begin, end, piece, ignored, free_in, free_out)
        fill(begin, end, free_in)
        fill(begin, end, free_out)
        begin = end
    return reach, free, side


@compiled
def _meet(
    points: Floats,
    normals: Floats,
    begin: int,
    end: int,
    piece: Floats,
    ignored: float,
    beside: float,
    inward: Floats,
    outward: Floats,
    side: NDArray[np.int8],
) -> None:
    """Where the lines through the probes `begin` to `end` along their normals meet a piece of an edge."""
    size, radius = piece[2], piece[3]
    u, v = piece[6], piece[7]
    for i in range(begin, end):
        nx, ny = normals[i, 0], normals[i, 1]
        dx, dy = piece[0] - points[i, 0], piece[1] - points[i, 1]
        along = dx * nx + dy * ny
        if abs(dx * ny - dy * nx) > size or along - size > outward[i] or along + size < -inward[i]:
            continue
        dx, dy = piece[4] - points[i, 0], piece[5] - points[i, 1]
        if radius == 0.0:
            across = nx * v - ny * u
            if abs(across) > 1e-12 * size and -1e-9 <= (dx * ny - dy * nx) / across <= 1.0 + 1e-9:
                _note(i, (dx * v - dy * u) / across, across, ignored, beside, inward, outward, side)
            continue
        ahead, off = dx * nx + dy * ny, dx * ny - dy * nx
        room = radius * radius - off * off
        if room < 0.0:
            continue
        half = math.sqrt(room)
        for t in (ahead - half, ahead + half):
            x, y = t * nx - dx, t * ny - dy
            if x * u + y * v >= abs(radius) * (piece[8] - 1e-9):
                _note(i, t, (x * nx + y * ny) * radius, ignored, beside, inward, outward, side)


@compiled
def _note(
    i: int,
    t: float,
    leaving: float,
    ignored: float,
    beside: float,
    inward: Floats,
    outward: Floats,
    side: NDArray[np.int8],
) -> None:
    """An edge at distance `t` along a normal; the way out leaves the material where `leaving` > 0."""
    if abs(t) <= beside:
        side[i] += 1 if leaving > 0.0 else -1
    if t > ignored:
        outward[i] = min(outward[i], t)
    elif t < -ignored:
        inward[i] = min(inward[i], -t)
