"""What lies in the middle of features, and how far from a datum's middle it lies: symmetry of ISO 1101, compiled.

Two edges have a median line, two centres a middle or the axis through them. Rows of numbers are those of
`station.metrology.frames`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from station.compiled import compiled
from station.metrology.datums import as_drawn, drawn_rows
from station.metrology.frames import Flags, Floats, center_of
from station.order.geometry import Feature, LineFeature

NOT_SYMMETRICAL_MM = 1e-3  # in the drawing itself: rounding of coordinates


def check_symmetry(features: Sequence[Feature], datums: Sequence[Feature]) -> None:
    """Refuse what has no middle, and what the drawing itself does not have in the middle.

    Raises:
        ValueError: with one sentence.
    """
    names, others = " and ".join(f.id for f in features), " and ".join(f.id for f in datums)
    for group, called in ((features, names), (datums, others)):
        if not 1 <= len(group) <= 2 or len({isinstance(f, LineFeature) for f in group}) > 1:
            raise ValueError(f"{called} have no middle: it takes one feature, two edges or two centres")
    if len(features) == 1 and isinstance(features[0], LineFeature):
        raise ValueError(f"the edge {names} alone has no middle: name the two edges it lies between")
    drawn, straight = drawn_rows([*features, *datums])
    off = symmetry(len(features), straight, as_drawn(straight, drawn), drawn) / 2.0
    if off > NOT_SYMMETRICAL_MM:
        raise ValueError(f"in the drawing the middle of {names} is not that of {others}: it is off by {off:.4g} mm")


@compiled
def median(straight: Flags, p: Floats, axis: bool) -> tuple[bool, float, float, float, float]:
    """What lies in the middle of one feature or two: whether it is a line, a point of it, a line's normal.

    Of two edges the line that is as far from both; of two centres their middle, or with `axis` the line through them.
    """
    x, y = center_of(straight[0], p[0])
    if len(p) == 1:
        return straight[0], x, y, math.cos(p[0, 0]), math.sin(p[0, 0])
    ox, oy = center_of(straight[1], p[1])
    mx, my = (x + ox) / 2.0, (y + oy) / 2.0
    if not straight[0]:
        length = max(math.hypot(ox - x, oy - y), 1e-300)
        return axis, mx, my, (y - oy) / length, (ox - x) / length
    ax, ay, bx, by = math.cos(p[0, 0]), math.sin(p[0, 0]), math.cos(p[1, 0]), math.sin(p[1, 0])
    # Edges that face each other enclose their middle, edges side by side share it.
    side = -1.0 if ax * bx + ay * by < 0.0 else 1.0
    nx, ny, offset = ax + side * bx, ay + side * by, p[0, 1] + side * p[1, 1]
    length = math.hypot(nx, ny)
    nx, ny, offset = nx / length, ny / length, offset / length
    off = nx * mx + ny * my - offset
    return True, mx - off * nx, my - off * ny, nx, ny


@compiled
def symmetry(asked: int, straight: Flags, p: Floats, drawn: Floats) -> float:
    """Width (mm) of the zone about the datum's middle that holds the middle of the first `asked` features."""
    line, x, y, nx, ny = median(straight[:asked], p[:asked], False)
    datum_line, dx, dy, mx, my = median(straight[asked:], p[asked:], True)
    if not datum_line:
        return 2.0 * (abs(nx * (dx - x) + ny * (dy - y)) if line else math.hypot(dx - x, dy - y))
    off = mx * (x - dx) + my * (y - dy)
    if not line:
        return 2.0 * abs(off)
    half = 0.0
    for i in range(asked):
        half = max(half, drawn[i, 3])
    # From the middle to the ends of the median line, as long as the longer edge.
    return 2.0 * (abs(off) + half * abs(nx * my - ny * mx))
