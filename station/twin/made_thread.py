"""Screws as they come out of a machine, and the shadow they throw: the outermost of all sections through the axis.

The shadow is found by turning the section about the axis in small steps, without any formula of the station's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.order.geometry import LineSegment, Outline, Point, Silhouette
from station.twin.part import MadePart

Floats = NDArray[np.float64]

_STEPS = 721  # of a quarter turn to both sides
_ALONG = 0.004  # of a pitch: between points of the shadow


@dataclass(frozen=True, slots=True)
class MadeThread:
    """The axial section of a screw: half angles of the flanks that look ahead (away from the head) and back, flats of
    crest and root follow from diameters and `ridge_mm`, the width of a ridge at the diameter `pitch_diameter_mm`.
    `crest_mm`: where the middle of a ridge lies on the left side."""

    pitch_mm: float
    major_mm: float
    minor_mm: float
    pitch_diameter_mm: float
    ahead_deg: float
    back_deg: float
    crest_mm: float
    starts: int = 1

    @property
    def flank_angle_deg(self) -> float:
        """Included angle."""
        return self.ahead_deg + self.back_deg

    def radius_mm(self, along_mm: Floats) -> Floats:
        """Of the section, at places along the axis on the left side."""
        off = (along_mm - self.crest_mm + 0.5 * self.pitch_mm) % self.pitch_mm - 0.5 * self.pitch_mm
        beyond = np.abs(off) - 0.25 * self.pitch_mm
        slope = np.where(off > 0.0, math.tan(math.radians(self.ahead_deg)), math.tan(math.radians(self.back_deg)))
        return np.clip(0.5 * self.pitch_diameter_mm - beyond / slope, 0.5 * self.minor_mm, 0.5 * self.major_mm)


def shadow(thread: MadeThread, along_mm: Floats, *, left: bool) -> Floats:
    """How far the shadow reaches from the axis at places along it."""
    turn = np.linspace(-0.5 * math.pi, 0.5 * math.pi, _STEPS)
    lead = thread.starts * thread.pitch_mm
    begin = 0.0 if left else 0.5 * lead
    found = np.zeros(len(along_mm))
    for angle in turn.tolist():
        section = thread.radius_mm(along_mm - begin - lead * angle / (2.0 * math.pi))
        found = np.maximum(found, section * math.cos(angle))
    return found


def screw(thread: MadeThread, length_mm: float, head_mm: tuple[float, float]) -> MadePart:
    """A screw along +x from its end at 0; behind `length_mm` of thread its head of a diameter and a height."""
    along = np.linspace(0.0, length_mm, math.ceil(length_mm / (_ALONG * thread.pitch_mm)) + 1)
    lower, upper = (shadow(thread, along, left=left) for left in (False, True))
    diameter, height = head_mm
    head = [(length_mm, -diameter / 2), (length_mm + height, -diameter / 2)]
    head += [(x, -y) for x, y in reversed(head)]
    points: list[Point] = [
        *zip(along.tolist(), (-lower).tolist(), strict=True),
        *head,
        *zip(along[::-1].tolist(), upper[::-1].tolist(), strict=True),
    ]
    segments = tuple(LineSegment(a, b) for a, b in zip(points, [*points[1:], points[0]], strict=True))
    return MadePart(Silhouette((Outline(segments, True, "SCREW"),), ()))
