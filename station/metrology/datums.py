"""Datum systems in the plane (ISO 5459): which rigid motion brings the measured part onto its drawing.

A circle fixes two translations by its centre; a line fixes the rotation and the translation across it. Several features
of equal precedence are one common datum and are fitted together: two circles are the axis through them, two facing
edges their median. What the datums leave free stays free: the caller says for which points the best remaining motion
may be taken. Every feature is associated by least squares, where ISO 5459 would let circles touch from outside: one
burr would move the whole frame.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.frames import common_frame, frame_of
from station.order.geometry import ArcFeature, CircleFeature, Feature, LineFeature

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

_PARALLEL = 0.02  # sine below which two lines do not fix the place along them
_SAME_MM = 1e-6


@dataclass(frozen=True, slots=True)
class DatumFrame:
    """nominal = R(turn)·measured + shift. `free_turn` about `pivot` (nominal frame) and `free_slide` along a direction
    are what the datums do not fix."""

    turn_rad: float
    shift_mm: Floats
    free_turn: bool
    pivot_mm: Floats
    free_slide: Floats | None
    levels: Index  # (d,) precedence of each datum feature; equal ones are one common datum
    straight: NDArray[np.bool_]  # of each: is it a line
    drawn: Floats  # (d, 4) where the drawing has each

    def apply(self, points_mm: Floats) -> Floats:
        """Measured points (n, 2) in the drawing's frame."""
        c, s = math.cos(self.turn_rad), math.sin(self.turn_rad)
        return np.asarray(points_mm @ np.array([[c, -s], [s, c]]).T + self.shift_mm)


def drawn_row(feature: Feature) -> tuple[float, float, float, float]:
    """Where the drawing has a feature: x, y of the centre of a round one or the middle of a line (mm), the angle of a
    line's normal out of the material (rad) and half its length (mm; both 0 for a round one).

    Raises:
        ValueError: a contour has no centre.
    """
    match feature:
        case CircleFeature() | ArcFeature():
            return (*feature.center_mm, 0.0, 0.0)
        case LineFeature():
            (ax, ay), (bx, by) = feature.start_mm, feature.end_mm
            side = 1.0 if feature.material_left else -1.0
            normal = math.atan2(side * (ax - bx), side * (by - ay))
            return (ax + bx) / 2.0, (ay + by) / 2.0, normal, math.dist(feature.start_mm, feature.end_mm) / 2.0
    raise ValueError(f"{feature.id} has no centre")


def check_datums(datums: Sequence[tuple[Feature, Kind]], levels: Sequence[int]) -> None:
    """Refuse datum features that fix no frame; one that finds nothing left to fix is allowed.

    Raises:
        ValueError: a contour as datum, or a datum that says nothing new (same centre, parallel lines) while something
            stays free.
    """
    for feature, kind in datums:
        if not isinstance(feature, LineFeature) and kind is not Kind.CIRCLE:
            raise ValueError(f"{feature.id} cannot be a datum: neither round nor straight")
    if len(datums) == 2 and levels[1] > levels[0]:
        _check_two(datums[0][0], datums[1][0])
    elif len(datums) > 1:
        shapes = [feature for feature, _ in datums]
        drawn, straight = drawn_rows(shapes)
        left, telling = common_frame(
            np.array(levels, np.intp), straight, as_drawn(straight, drawn), drawn, np.zeros(3), np.empty((3, 3))
        )
        if left > 0 and not telling:
            names = ", ".join(shape.id for shape in shapes)
            raise ValueError(f"of the datums {names} one fixes nothing that those before it leave free")


def _check_two(first: Feature, other: Feature) -> None:
    if isinstance(first, LineFeature) and isinstance(other, LineFeature):
        if abs(math.sin(drawn_row(other)[2] - drawn_row(first)[2])) < _PARALLEL:
            raise ValueError(f"datums {first.id} and {other.id} are parallel: the place along them stays free")
    elif not isinstance(first, LineFeature) and not isinstance(other, LineFeature):
        x, y, *_ = drawn_row(first)
        there_x, there_y, *_ = drawn_row(other)
        if math.hypot(there_x - x, there_y - y) < _SAME_MM:
            raise ValueError(f"datums {first.id} and {other.id} have the same centre: the rotation stays free")


def datum_frame(datums: Sequence[tuple[Feature, MeasuredFeature]], levels: Sequence[int]) -> DatumFrame:
    """The frame of datum features in order of precedence; those of one common datum have the same level.

    Raises:
        ValueError: as `check_datums`.
    """
    check_datums([(feature, seen.kind) for feature, seen in datums], levels)
    drawn, straight = drawn_rows([feature for feature, _ in datums])
    order, seen = np.array(levels, np.intp), np.array([seen.params for _, seen in datums])
    motion, free = np.zeros(3), np.empty((3, 3))
    left, _ = common_frame(order, straight, seen, drawn, motion, free)
    turn, x, y = frame_of(order, straight, seen, drawn)
    spin, along_x, along_y = free[0].tolist()
    free_turn = left > 0 and abs(spin) > 1e-9 * math.hypot(along_x, along_y)
    slides = left > 0 and not free_turn
    return DatumFrame(
        turn_rad=turn,
        shift_mm=np.array([x, y]),
        free_turn=free_turn,
        pivot_mm=np.array([-along_y / spin, along_x / spin]) if free_turn else drawn[0, :2],
        free_slide=np.array([along_x, along_y]) / math.hypot(along_x, along_y) if slides else None,
        levels=order,
        straight=straight,
        drawn=drawn,
    )


def drawn_rows(shapes: Sequence[Feature]) -> tuple[Floats, NDArray[np.bool_]]:
    """(d, 4) where the drawing has features, and which are lines."""
    return np.array([drawn_row(shape) for shape in shapes]), np.array([isinstance(s, LineFeature) for s in shapes])


def as_drawn(straight: NDArray[np.bool_], drawn: Floats) -> Floats:
    """(d, 3) parameters of features that were measured where the drawing has them."""
    c, s = np.cos(drawn[:, 2]), np.sin(drawn[:, 2])
    x, y = drawn[:, 0], drawn[:, 1]
    lines = np.column_stack([drawn[:, 2], c * x + s * y, c * y - s * x])
    return np.where(straight[:, None], lines, np.column_stack([x, y, np.zeros(len(drawn))]))


def frames_of(params: Sequence[Floats], frame: DatumFrame) -> Floats:
    """(m, 3) turn, x and y of the frame if its datum features had the parameters (m, 3) each."""
    seen = np.ascontiguousarray(np.stack(list(params), axis=1))
    return np.asarray(_frames(seen, frame.levels, frame.straight, frame.drawn))


@compiled
def _frames(params: Floats, levels: Index, straight: NDArray[np.bool_], drawn: Floats) -> Floats:
    found = np.empty((len(params), 3))
    for k in range(len(params)):
        found[k] = frame_of(levels, straight, params[k], drawn)
    return found
