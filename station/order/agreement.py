"""Written edges that lie on the drawing's outlines must have their material on the same side."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from station.errors import OrderError
from station.order.drawing import Drawing
from station.order.geometry import ArcFeature, ArcSegment, LineFeature, LineSegment, outlines_of
from station.order.limits import WRITTEN_JOIN_MM


def refuse_wrong_sides(edges: Sequence[ArcFeature | LineFeature], drawing: Drawing) -> None:
    """Compare each written line and arc with the drawn ones it lies on; one that lies on none is not judged.

    Raises:
        OrderError: naming the first feature on the other side.
    """
    drawn = [step.segment for contour in drawing.closed for step in contour.path]
    lines = _Lines([segment for segment in drawn if isinstance(segment, LineSegment)])
    arcs = _Arcs([segment for segment in drawn if isinstance(segment, ArcSegment)])
    for edge in edges:
        segment = outlines_of(edge)[0].segments[0]
        agrees = lines.agree(segment) if isinstance(segment, LineSegment) else arcs.agree(segment)
        if agrees is False:
            raise OrderError(
                f"the drawing has the material of {edge.id!r} on its other side", place="geometry.features"
            )


class _Lines:
    def __init__(self, segments: Sequence[LineSegment]) -> None:
        self.start = np.array([segment.start_mm for segment in segments]).reshape(-1, 2)
        along = np.array([segment.end_mm for segment in segments]).reshape(-1, 2) - self.start
        self.length = np.hypot(along[:, 0], along[:, 1])
        self.direction = along / self.length[:, None]

    def agree(self, segment: LineSegment) -> bool | None:
        """Whether the drawn line that holds both ends runs the same way; None where there is none."""
        holds = np.ones(len(self.start), dtype=np.bool_)
        for end in (segment.start_mm, segment.end_mm):
            offset = np.asarray(end) - self.start
            along = (offset * self.direction).sum(axis=1)
            across = offset[:, 1] * self.direction[:, 0] - offset[:, 0] * self.direction[:, 1]
            holds &= (np.abs(across) <= WRITTEN_JOIN_MM) & (along >= -WRITTEN_JOIN_MM)
            holds &= along <= self.length + WRITTEN_JOIN_MM
        if not holds.any():
            return None
        run = np.asarray(segment.end_mm) - np.asarray(segment.start_mm)
        return bool(((self.direction[holds] * run).sum(axis=1) > 0).any())


class _Arcs:
    def __init__(self, segments: Sequence[ArcSegment]) -> None:
        self.segments = segments

    def agree(self, segment: ArcSegment) -> bool | None:
        """Whether the drawn arc of the same circle through its middle turns the same way; None where there is none."""
        middle = segment.start_deg + segment.sweep_deg / 2
        ways = [
            drawn.sweep_deg * segment.sweep_deg > 0
            for drawn in self.segments
            if math.dist(drawn.center_mm, segment.center_mm) <= WRITTEN_JOIN_MM
            and abs(drawn.radius_mm - segment.radius_mm) <= WRITTEN_JOIN_MM
            and _within(drawn, middle)
        ]
        return any(ways) if ways else None


def _within(arc: ArcSegment, angle_deg: float) -> bool:
    begin = min(arc.start_deg, arc.start_deg + arc.sweep_deg)
    return (angle_deg - begin) % 360.0 <= abs(arc.sweep_deg)
