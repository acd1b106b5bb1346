"""Sizes of ISO 14405-1 other than least squares (GG): largest inscribed GX, smallest circumscribed GN, two-point LP.

They are read off points after the low-pass that form is read after, and less what noise alone adds to an extreme. A
least-squares size says how large the part is on the whole, these say where it will touch, or break.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.metrology.ends import DOUBT, with_ends
from station.metrology.excess import excess_above, excess_at_contact
from station.metrology.extremal import circumscribed_circle, inscribed_circle, parallels_between
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.forms import quiet_circle
from station.metrology.smoothing import noise_left, smooth

Floats = NDArray[np.float64]

_PER_EDGE = math.sqrt(2.0)  # noise of a size in that of the points it is between


@dataclass(frozen=True, slots=True)
class LocalSize:
    """`value` (mm) and where it is (mm); `noise` it has from single points and the `excess` noise would add to it;
    how much it grows when every edge moves out of the material by 1; `edges`, whose own residuals it has, as a root
    of the sum of squares; `ends` the standard uncertainty that unseen ends leave."""

    value: float
    where_mm: tuple[float, float]
    noise: float
    excess: float
    per_edge: float
    edges: float
    ends: float = 0.0


def circle_size(feature: MeasuredFeature, how: str, sigma: float, middle: float | None) -> LocalSize:
    """Diameter of a circle; of all two-point diameters the one that lies farthest from `middle`.

    Raises:
        ValueError: no circle, or its points do not go round.
    """
    if feature.kind is not Kind.CIRCLE or not feature.params:
        raise ValueError(f"{feature.id} has no {how} diameter: nothing round fits its edge")
    points = quiet_circle(feature, sigma) - feature.center_mm
    noise = _quiet_noise(feature, sigma)
    if how == "LP":
        # In order of angle: neighbours share their noise, and both ends of a diameter are the same size.
        points = points[np.argsort(np.arctan2(points[:, 1], points[:, 0]))]
        sizes = _across(points)
        worst = _worst(sizes, 2.0 * feature.radius_mm if middle is None else middle)
        value, where = float(sizes[worst]), feature.center_mm + points[worst]
        above = 1.0 if value >= float(sizes.mean()) else -1.0
        excess = excess_above(above * sizes[: len(sizes) // 2], _PER_EDGE * noise, sigma, False, True)
    else:
        above = -1.0 if how == "GX" else 1.0
        x, y, radius = (inscribed_circle if how == "GX" else circumscribed_circle)(points)
        value, where = 2.0 * radius, feature.center_mm + np.array([x, y])
        reach = np.hypot(points[:, 0] - x, points[:, 1] - y)
        excess = 2.0 * excess_at_contact(above * reach, noise, sigma, True, True)
    return LocalSize(
        value - above * excess, (float(where[0]), float(where[1])), _PER_EDGE * noise, excess,
        2.0 * feature.outward, 2.0,
    )  # fmt: skip


def width_size(
    a: MeasuredFeature, b: MeasuredFeature, how: str, sigma: float, middle: float | None,
    unseen: Sequence[tuple[float, float]],
) -> LocalSize:  # fmt: skip
    """Distance of two edges that face each other; of all two-point sizes the one that lies farthest from `middle`.

    `unseen` (mm) is how far each edge goes on before its first point and behind its last one.

    Raises:
        ValueError: no two lines, or they do not face each other.
    """
    for feature in (a, b):
        if feature.kind is not Kind.LINE or not feature.params:
            raise ValueError(f"{feature.id} has no {how} width: nothing straight fits its edge")
    if float(a.normal @ b.normal) > -0.9:
        raise ValueError(f"{a.id} and {b.id} do not face each other: there is no {how} width between them")
    normal = a.normal - b.normal
    normal /= np.hypot(*normal)
    if float((b.center_mm - a.center_mm) @ normal) < 0.0:
        normal = -normal
    along = np.array([normal[1], -normal[0]])
    middle_mm = (a.center_mm + b.center_mm) / 2.0
    sides = [
        _profile(f.points_mm - middle_mm, along, normal, sigma, *ends) for f, ends in zip((a, b), unseen, strict=True)
    ]
    (below, under), (above, over) = sides
    first, last = max(below[0, 0], above[0, 0]), min(below[-1, 0], above[-1, 0])
    if first >= last:
        raise ValueError(f"{a.id} and {b.id} do not lie opposite each other")
    run = np.linspace(first, last, max(len(below), len(above)))
    sizes = np.interp(run, above[:, 0], above[:, 1]) - np.interp(run, below[:, 0], below[:, 1])
    plain = float((b.center_mm - a.center_mm) @ normal)
    noise = math.hypot(_quiet_noise(a, sigma), _quiet_noise(b, sigma))
    worst = _worst(sizes, plain if middle is None else middle)
    if how == "LP":
        value = float(sizes[worst])
        outside = value >= float(sizes.mean())
        excess = excess_above(sizes if outside else -sizes, noise, sigma, False, True)
    else:
        value, outside = parallels_between(below, above, how == "GX"), how == "GN"
        side = 1.0 if outside else -1.0
        excess = sum(
            excess_at_contact(side * sign * _upright(edge), noise / _PER_EDGE, sigma, False, True)
            for sign, edge in ((-1.0, below), (1.0, above))
        )
    where = middle_mm + run[worst] * along
    outwards = 2.0 if float(a.normal @ (b.center_mm - a.center_mm)) < 0.0 else -2.0
    return LocalSize(
        value - excess if outside else value + excess, (float(where[0]), float(where[1])), noise, excess, outwards,
        _PER_EDGE, DOUBT * math.hypot(under, over),
    )  # fmt: skip


def _profile(
    points: Floats, along: Floats, normal: Floats, sigma: float, before: float, after: float
) -> tuple[Floats, float]:
    """(n, 2) of an edge's points along and across, smoothed and with its unseen ends, in order; how far its form goes
    on there."""
    run, off = points @ along, points @ normal
    quiet, run, more = with_ends(smooth(off, min(sigma, len(run) / 40.0), False), run, before, after)
    order = np.argsort(run)
    return np.column_stack([run[order], quiet[order]]), more


def _across(points: Floats) -> Floats:
    """(n,) distances from each point through the centre, at (0, 0), to the other side."""
    angle, distance = np.arctan2(points[:, 1], points[:, 0]), np.hypot(points[:, 0], points[:, 1])
    order = np.argsort(angle)
    opposite = np.interp(angle + math.pi, angle[order], distance[order], period=2.0 * math.pi)
    return np.asarray(distance + opposite)


def _upright(edge: Floats) -> Floats:
    """(n,) of an edge (n, 2) along and across, across a line through it."""
    tilt = np.polyfit(edge[:, 0], edge[:, 1], 1)
    return np.asarray(edge[:, 1] - np.polyval(tilt, edge[:, 0]))


def _worst(sizes: Floats, middle: float) -> int:
    high, low = int(sizes.argmax()), int(sizes.argmin())
    return high if sizes[high] - middle >= middle - sizes[low] else low


def _quiet_noise(feature: MeasuredFeature, sigma: float) -> float:
    return float(np.median(feature.u_mm)) * noise_left(sigma)
