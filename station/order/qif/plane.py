"""The one plane that a plan's features lie in, and what they are in it.

The plane is the one that most circles, arcs, slots, lines and curves of the plan lie in (its first, where several
have as many). It is seen from the side where the largest component of its normal is positive: x runs along the
document's x axis laid into the plane (its y axis where x stands on it), y a quarter turn counter-clockwise from it,
and (0, 0) is where the document's origin falls on the plane.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from station.errors import OrderError

Triple: TypeAlias = tuple[Decimal, Decimal, Decimal]
Axis: TypeAlias = tuple[float, float, float]

PARALLEL = 1e-4  # sine of the angle up to which two directions are the same
IN_PLANE_MM = 0.01
PLACES = 9  # of a coordinate that had to be computed
MOST_PLANES = 100  # different ones among which the plane is looked for


@dataclass(frozen=True, slots=True)
class Candidate:
    """A feature's own plane: a unit normal of either sign, and a point in mm."""

    normal: Axis
    point: Triple


@dataclass(frozen=True, slots=True)
class Plane:
    """The plane: unit axes in the document's frame, and how far along `z` it lies (mm)."""

    x: Axis
    y: Axis
    z: Axis
    offset_mm: float

    @property
    def is_document(self) -> bool:
        """Whether its axes are the document's own."""
        return self.x == (1.0, 0.0, 0.0) and self.y == (0.0, 1.0, 0.0)

    def at(self, point: Triple) -> tuple[Decimal, Decimal]:
        """Where a point (mm) that lies in the plane is in it. Raises: OrderError: it does not."""
        off = abs(float(along(self.z, point)) - self.offset_mm)
        if off > IN_PLANE_MM:
            raise OrderError(f"it lies {off:.4g} mm beside the plane of the other features")
        return self.below(point)

    def below(self, point: Triple) -> tuple[Decimal, Decimal]:
        """Where the line through a point along the plane's normal meets it."""
        return along(self.x, point), along(self.y, point)

    def check_normal(self, normal: Axis) -> float:
        """+1 or -1: which way a normal points. Raises: OrderError: it is not that of the plane."""
        if not parallel(normal, self.z):
            raise OrderError("it does not lie in the plane of the other features")
        return math.copysign(1.0, _dot(normal, self.z))

    def direction(self, vector: Axis) -> tuple[float, float]:
        """A direction in the plane, as a unit vector. Raises: OrderError: it leads out of it."""
        if abs(_dot(vector, self.z)) > PARALLEL:
            raise OrderError("its direction leads out of the plane of the other features")
        return _dot(vector, self.x), _dot(vector, self.y)


def main_plane(candidates: Sequence[Candidate]) -> Plane:
    """The plane of most. Raises: OrderError: there is nothing to choose from."""
    groups: list[tuple[Axis, float, list[Candidate]]] = []
    for candidate in candidates:
        normal = _seen_from_front(candidate.normal)
        height = float(along(normal, candidate.point))
        for known, offset, members in groups:
            if parallel(known, normal) and abs(offset - height) <= IN_PLANE_MM:
                members.append(candidate)
                break
        else:
            if len(groups) < MOST_PLANES:
                groups.append((normal, height, [candidate]))
    if not groups:
        raise OrderError("the plan has no circle, arc, slot, line or curve with a place, so no plane to look at")
    normal, height, _ = max(groups, key=lambda group: len(group[2]))
    across = (1.0, 0.0, 0.0) if abs(normal[0]) < 1.0 - PARALLEL else (0.0, 1.0, 0.0)
    lean = _dot(across, normal)
    x = unit(tuple(value - lean * part for value, part in zip(across, normal, strict=True)))
    y = unit(_cross(normal, x))
    return Plane(x, y, normal, height)


def unit(vector: tuple[float, ...]) -> Axis:
    """The direction of a vector; exact along an axis. Raises: OrderError: it has none."""
    length = math.sqrt(sum(value * value for value in vector))
    if not 1e-9 < length < 1e9:
        raise OrderError("a direction has no length")
    x, y, z = (value / length + 0.0 for value in vector)
    whole = [round(value) for value in (x, y, z)]
    if max(abs(value - near) for value, near in zip((x, y, z), whole, strict=True)) < 1e-12:
        x, y, z = (float(near) for near in whole)
    return x, y, z


def parallel(one: Axis, other: Axis) -> bool:
    """Whether two unit vectors lie along one line."""
    return math.hypot(*_cross(one, other)) <= PARALLEL


def along(axis: Axis, point: Triple) -> Decimal:
    """A point's coordinate along a unit axis, in mm; exact where it is an axis of the document."""
    if all(value in (-1.0, 0.0, 1.0) for value in axis):
        return sum((int(value) * part for value, part in zip(axis, point, strict=True) if value), Decimal(0))
    return rounded(sum(value * float(part) for value, part in zip(axis, point, strict=True)))


def rounded(value: float) -> Decimal:
    """A computed number without the noise of its computation."""
    return Decimal(repr(round(value, PLACES))) + 0


def _seen_from_front(normal: Axis) -> Axis:
    largest = max(normal, key=abs)
    x, y, z = (math.copysign(1.0, largest) * value + 0.0 for value in normal)
    return x, y, z


def _dot(one: Axis, other: Axis) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def _cross(one: Axis, other: Axis) -> Axis:
    (a, b, c), (d, e, f) = one, other
    return b * f - c * e, c * d - a * f, a * e - b * d
