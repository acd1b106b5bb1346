"""Datum systems in the plane (ISO 5459): which rigid motion brings the measured part onto its drawing.

A circle fixes two translations by its centre; a line fixes the rotation and the translation across it. What the datums
leave free stays free: the caller says for which points the best remaining motion may be taken.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.metrology.associated import frame_of
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
    straight: NDArray[np.bool_]  # of each datum: is it a line
    drawn: Floats  # (d, 3) where the drawing has each

    def apply(self, points_mm: Floats) -> Floats:
        """Measured points (n, 2) in the drawing's frame."""
        c, s = math.cos(self.turn_rad), math.sin(self.turn_rad)
        return np.asarray(points_mm @ np.array([[c, -s], [s, c]]).T + self.shift_mm)


def drawn_row(feature: Feature) -> tuple[float, float, float]:
    """Where the drawing has a feature: x, y of the centre of a round one or the middle of a line (mm), and the angle of
    a line's normal out of the material (rad; 0 for a round one).

    Raises:
        ValueError: a contour has no centre.
    """
    match feature:
        case CircleFeature() | ArcFeature():
            return (*feature.center_mm, 0.0)
        case LineFeature():
            (ax, ay), (bx, by) = feature.start_mm, feature.end_mm
            side = 1.0 if feature.material_left else -1.0
            return (ax + bx) / 2.0, (ay + by) / 2.0, math.atan2(side * (ax - bx), side * (by - ay))
    raise ValueError(f"{feature.id} has no centre")


def check_datums(datums: Sequence[tuple[Feature, Kind]]) -> None:
    """Refuse datums that fix no frame (a third has nothing left to fix in the plane).

    Raises:
        ValueError: a contour as datum, or a second datum that says nothing new (same centre, parallel lines).
    """
    first, kind = datums[0]
    straight = isinstance(first, LineFeature)
    if not straight and kind is not Kind.CIRCLE:
        raise ValueError(f"{first.id} cannot be a datum: neither round nor straight")
    x, y, normal = drawn_row(first)
    if len(datums) == 1:
        return
    other, _ = datums[1]
    there_x, there_y, other_normal = drawn_row(other)
    if straight and isinstance(other, LineFeature):
        if abs(math.sin(other_normal - normal)) < 0.02:
            raise ValueError(f"datums {first.id} and {other.id} are parallel: the place along them stays free")
    elif not straight and not isinstance(other, LineFeature) and math.hypot(there_x - x, there_y - y) < 1e-6:
        raise ValueError(f"datums {first.id} and {other.id} have the same centre: the rotation stays free")


def datum_frame(datums: Sequence[tuple[Feature, MeasuredFeature]]) -> DatumFrame:
    """The frame of up to two datums in order of precedence.

    Raises:
        ValueError: as `check_datums`.
    """
    check_datums([(feature, seen.kind) for feature, seen in datums])
    used = datums[:2]
    drawn = np.array([drawn_row(feature) for feature, _ in used])
    straight = np.array([seen.kind is Kind.LINE for _, seen in used])
    turn, x, y = frame_of(len(used), straight, np.array([seen.params for _, seen in used]), drawn)
    alone, first_straight = len(used) == 1, bool(straight[0])
    along = np.array([-math.sin(drawn[0, 2]), math.cos(drawn[0, 2])])
    return DatumFrame(
        turn_rad=turn,
        shift_mm=np.array([x, y]),
        free_turn=alone and not first_straight,
        pivot_mm=drawn[0, :2],
        free_slide=along if alone and first_straight else None,
        straight=straight,
        drawn=drawn,
    )


def frames_of(params: Sequence[Floats], frame: DatumFrame) -> Floats:
    """(m, 3) turn, x and y of the frame if its datums had the parameters (m, 3) each."""
    return np.asarray(_frames(np.ascontiguousarray(np.stack(params[:2], axis=1)), frame.straight, frame.drawn))


@compiled
def _frames(params: Floats, straight: NDArray[np.bool_], drawn: Floats) -> Floats:
    found = np.empty((len(params), 3))
    for k in range(len(params)):
        found[k] = frame_of(len(straight), straight, params[k], drawn)
    return found
