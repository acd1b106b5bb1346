"""How far measured points lie off the true outline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from station.cycle.measure import Outcome
from station.order.geometry import ArcSegment, LineSegment, Outline
from station.twin.scene import Pose, Scene

from .scenes import MM_PER_PX

Floats = NDArray[np.float64]
_ROWS = 2000  # points at a time: bounds the memory


def point_errors(outcome: Outcome, scene: Scene) -> Floats:
    """Signed distances (n,) in px of all measured points of an outcome from the true outline, positive outwards.

    The points go to the camera's plane by the pose that the station found, and back by the true one: what counts is
    where in the picture the edge was found, and a pose of a symmetric part may be any of its equals.
    """
    sighting = outcome.sighting
    assert sighting is not None
    points = np.concatenate([feature.points_mm for feature in outcome.features])
    placed = scene.parts[0]
    back = to_part(sighting.pose.to_plane(points), placed.pose)
    return offsets_mm(back, placed.part.silhouette.outlines) / MM_PER_PX


def to_part(plane_mm: Floats, pose: Pose) -> Floats:
    """Points (n, 2) of the camera's plane in the frame of a part lying at `pose`."""
    c, s = np.cos(np.radians(pose.angle_deg)), np.sin(np.radians(pose.angle_deg))
    moved = plane_mm - (pose.x_mm, pose.y_mm)
    return np.column_stack([c * moved[:, 0] + s * moved[:, 1], -s * moved[:, 0] + c * moved[:, 1]])


def offsets_mm(points_mm: Floats, outlines: Sequence[Outline]) -> Floats:
    """Signed distance (n,) of points (n, 2) from the nearest segment of outlines with their material on the left."""
    segments = [segment for outline in outlines for segment in outline.segments]
    lines = [s for s in segments if isinstance(s, LineSegment)]
    arcs = [s for s in segments if isinstance(s, ArcSegment)]
    found = []
    for first in range(0, len(points_mm), _ROWS):
        some = points_mm[first : first + _ROWS]
        candidates = [_from_lines(some, lines)] if lines else []
        candidates += [_from_arcs(some, arcs)] if arcs else []
        offset = np.concatenate([c[0] for c in candidates], axis=1)
        distance = np.concatenate([c[1] for c in candidates], axis=1)
        found.append(offset[np.arange(len(some)), distance.argmin(axis=1)])
    return np.concatenate(found)


def _from_lines(points: Floats, lines: Sequence[LineSegment]) -> tuple[Floats, Floats]:
    """Signed offset (n, s) from the endless lines, and distance (n, s) from the pieces."""
    start, end = np.array([s.start_mm for s in lines]), np.array([s.end_mm for s in lines])
    length = np.hypot(*(end - start).T)
    direction = (end - start) / length[:, None]
    away = points[:, None, :] - start[None]
    along = (away * direction).sum(axis=2)
    across = away[:, :, 0] * direction[:, 1] - away[:, :, 1] * direction[:, 0]
    beyond = np.maximum(np.maximum(-along, along - length), 0.0)
    return across, np.hypot(across, beyond)


def _from_arcs(points: Floats, arcs: Sequence[ArcSegment]) -> tuple[Floats, Floats]:
    center = np.array([s.center_mm for s in arcs])
    radius = np.array([s.radius_mm for s in arcs])
    sweep = np.radians([s.sweep_deg for s in arcs])
    middle = np.radians([s.start_deg for s in arcs]) + sweep / 2.0
    away = points[:, None, :] - center[None]
    distance = np.hypot(away[:, :, 0], away[:, :, 1])
    turn = np.arctan2(away[:, :, 1], away[:, :, 0]) - middle
    off = np.abs((turn + np.pi) % (2.0 * np.pi) - np.pi) - np.abs(sweep) / 2.0
    beyond = np.maximum(off, 0.0) * radius
    radial = distance - radius
    return radial * np.sign(sweep), np.hypot(radial, beyond)
