"""Datum systems in the plane (ISO 5459): which rigid motion brings the measured part onto its drawing.

A circle fixes two translations by its centre; a line fixes the rotation and the translation across it. What the datums
leave free stays free: the caller says for which points the best remaining motion may be taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.metrology.features import Kind, MeasuredFeature
from station.order.geometry import ArcFeature, CircleFeature, Feature, LineFeature

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DatumFrame:
    """nominal = R(turn)·measured + shift. `free_turn` about `pivot` (nominal frame) and `free_slide` along a direction
    are what the datums do not fix."""

    turn_rad: float
    shift_mm: Floats
    free_turn: bool
    pivot_mm: Floats
    free_slide: Floats | None

    def apply(self, points_mm: Floats) -> Floats:
        """Measured points (n, 2) in the drawing's frame."""
        c, s = math.cos(self.turn_rad), math.sin(self.turn_rad)
        return np.asarray(points_mm @ np.array([[c, -s], [s, c]]).T + self.shift_mm)


def nominal_center(feature: Feature) -> Floats:
    """Centre of a round feature, middle of a line."""
    match feature:
        case CircleFeature() | ArcFeature():
            return np.asarray(feature.center_mm, dtype=float)
        case LineFeature():
            return np.asarray((np.asarray(feature.start_mm) + np.asarray(feature.end_mm)) / 2.0)
    raise ValueError(f"{feature.id} has no centre")


def nominal_normal(feature: LineFeature) -> Floats:
    """Unit normal of a line, out of the material."""
    direction = np.asarray(feature.end_mm) - np.asarray(feature.start_mm)
    direction = direction / np.hypot(*direction)
    outward = np.array([direction[1], -direction[0]])
    return outward if feature.material_left else -outward


def datum_frame(datums: list[tuple[Feature, MeasuredFeature]]) -> DatumFrame:
    """The frame of up to two datums in order of precedence (a third has nothing left to fix in the plane).

    Raises:
        ValueError: a contour as datum, or a second datum that says nothing new (same centre, parallel lines).
    """
    first, measured = datums[0]
    second = datums[1] if len(datums) > 1 else None
    if isinstance(first, LineFeature):
        turn = _angle(nominal_normal(first)) - _angle(measured.normal)
        return _after_line(turn, first, measured, second)
    if measured.kind is not Kind.CIRCLE:
        raise ValueError(f"{first.id} cannot be a datum: neither round nor straight")
    pivot = nominal_center(first)
    if second is None:
        return _about(0.0, measured.center_mm, pivot, free_turn=True)
    other, seen = second
    if isinstance(other, LineFeature):
        turn = _angle(nominal_normal(other)) - _angle(seen.normal)
    else:
        wanted, got = nominal_center(other) - pivot, seen.center_mm - measured.center_mm
        if np.hypot(*wanted) < 1e-6:
            raise ValueError(f"datums {first.id} and {other.id} have the same centre: the rotation stays free")
        turn = _angle(wanted) - _angle(got)
    return _about(turn, measured.center_mm, pivot, free_turn=False)


def _after_line(
    turn: float, first: LineFeature, measured: MeasuredFeature, second: tuple[Feature, MeasuredFeature] | None
) -> DatumFrame:
    frame = _about(turn, measured.center_mm, nominal_center(first), free_turn=False)
    along = np.array([-nominal_normal(first)[1], nominal_normal(first)[0]])
    # So far the line's middle stands on its drawing's middle, which says nothing about the place along it.
    if second is None:
        return DatumFrame(frame.turn_rad, frame.shift_mm, False, frame.pivot_mm, along)
    other, seen = second
    if isinstance(other, LineFeature):
        normal = nominal_normal(other)
        slope = float(normal @ along)
        if abs(slope) < 0.02:
            raise ValueError(f"datums {first.id} and {other.id} are parallel: the place along them stays free")
        gap = float(normal @ (nominal_center(other) - frame.apply(seen.center_mm[None, :])[0]))
        slide = gap / slope
    else:
        slide = float(along @ (nominal_center(other) - frame.apply(seen.center_mm[None, :])[0]))
    return DatumFrame(frame.turn_rad, frame.shift_mm + slide * along, False, frame.pivot_mm, None)


def _about(turn: float, measured_mm: Floats, nominal_mm: Floats, *, free_turn: bool) -> DatumFrame:
    c, s = math.cos(turn), math.sin(turn)
    return DatumFrame(turn, nominal_mm - np.array([[c, -s], [s, c]]) @ measured_mm, free_turn, nominal_mm, None)


def _angle(vector: Floats) -> float:
    return math.atan2(float(vector[1]), float(vector[0]))
