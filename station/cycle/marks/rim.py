"""The rim of a surface: burrs and missing material, which the silhouette shows better than the face.

A burr is as large as it is high, and missing material as it is deep, square to the edge (ISO 13715).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from station.cycle.marks.answer import SeenDefect
from station.cycle.marks.placing import Placement
from station.metrology.decision import decide
from station.order.model import DecisionRule
from station.plan.track import Track
from station.vision.surface.edges import EdgeDefect, EdgeDefectKind, find_edge_defects

Floats = NDArray[np.float64]

_CORNER_PX = 15.0  # from a corner of the drawing: what is rounded there is its edge's break
_BESIDE_PX = 3.0  # of a region's border: there the outline is its own


@dataclass(frozen=True, slots=True)
class Rim:
    """The part's outline as one picture shows it: how far (px, out of the material) each probe (n,) of the plan's track
    found its edge, NaN where none was, the points (n, 2) mm on the part, and their standard uncertainty (n,) px."""

    track: Track
    deviations_px: Floats
    points_mm: Floats
    u_px: Floats
    mm_per_px: float


@dataclass(frozen=True, slots=True)
class RimSeen:
    """What stands off, and the longest stretch (mm) of which nothing is known."""

    defects: tuple[SeenDefect, ...]
    unseen_mm: float


NO_RIM = RimSeen((), 0.0)


def look_at_rim(
    rim: Rim, region: Sequence[Floats], placement: Placement, local_px: float, limit_mm: float, rule: DecisionRule
) -> RimSeen:
    """Burrs and missing material along the outlines that bound a region (closed polygons, painted one after the
    other)."""
    defects, unseen = [], 0.0
    for rows, one in _stretches(rim):
        if not _bounds(rim.track.points_mm[rows], region, _BESIDE_PX * rim.mm_per_px):
            continue
        if one.kind is EdgeDefectKind.LOST_EDGE:
            unseen = max(unseen, one.length_px * rim.mm_per_px)
            continue
        size_mm = one.height_px * rim.mm_per_px
        u_mm = math.hypot(float(np.nanmax(rim.u_px[rows])), local_px) * rim.mm_per_px
        decision = decide(size_mm, u_mm, None, limit_mm, rule=rule.rule, probability=rule.conformance_probability)
        outline = np.concatenate([rim.track.points_mm[rows], rim.points_mm[rows][::-1]])
        outline = outline[np.isfinite(outline).all(axis=1)]
        middle = outline.mean(axis=0)
        defects.append(
            SeenDefect(
                decision.verdict,
                placement.to_px(outline),
                one.height_px,
                None,
                outline,
                (float(middle[0]), float(middle[1])),
                size_mm,
                u_mm,
                str(one.kind),
            )
        )
    return RimSeen(tuple(defects), unseen)


def _stretches(rim: Rim) -> Iterator[tuple[NDArray[np.intp], EdgeDefect]]:
    """The rows of the track of everything that stands off, and what it is."""
    track = rim.track
    for run, closed in enumerate(track.closed.tolist()):
        start, end = int(track.runs[run]), int(track.runs[run + 1])
        count = end - start
        if count < 3:
            continue
        step_px = float(np.hypot(*np.diff(track.points_mm[start:end], axis=0).T).mean()) / rim.mm_per_px
        margin = 0 if closed else math.ceil(_CORNER_PX / step_px)
        for one in find_edge_defects(rim.deviations_px[start:end], step_px, closed=closed):
            if one.first < margin or one.last >= count - margin:
                continue
            yield start + (one.first + np.arange((one.last - one.first) % count + 1)) % count, one


def _bounds(points_mm: Floats, region: Sequence[Floats], beside_mm: float) -> bool:
    """Whether these points (n, 2) lie on or in a region."""
    if not region:
        return True
    rings = [one.astype(np.float32).reshape(-1, 1, 2) for one in region]
    inside = 0
    for x, y in points_mm:
        away = [cv2.pointPolygonTest(ring, (float(x), float(y)), True) for ring in rings]
        inside += away[0] > -beside_mm and all(one < beside_mm for one in away[1:])
    return inside > len(points_mm) / 2
