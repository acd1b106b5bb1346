"""The plan's track as probes in the picture, and edges found there as points on the part: pose, plane, lens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.metrology.calibration import Calibration
from station.metrology.lens_field import Bending, lens_field
from station.plan.track import Track
from station.vision.pose import Pose
from station.vision.probe import Probes

Floats = NDArray[np.float64]


def place_probes(track: Track, pose: Pose, calibration: Calibration, mm_per_px: float) -> Probes:
    """The track's probes in pixels for a part at a pose."""
    points, normals = to_picture(track.points_mm, track.normals, pose, calibration, mm_per_px)
    return Probes(
        points,
        normals,
        track.curvature_per_mm * mm_per_px,
        track.reach_in_mm / mm_per_px,
        track.reach_out_mm / mm_per_px,
        track.free_in_mm / mm_per_px,
        track.free_out_mm / mm_per_px,
        track.runs,
        track.closed,
    )


def to_picture(
    points_mm: Floats, normals: Floats, pose: Pose, calibration: Calibration, mm_per_px: float
) -> tuple[Floats, Floats]:
    """Points (n, 2) of the part's frame in pixels, and their unit normals there."""
    affine = _part_to_px(pose, calibration)
    if affine is None:
        return _through_lens(points_mm, normals, pose, calibration, mm_per_px)
    at, normal = np.empty_like(points_mm), np.empty_like(normals)
    inverse = np.asarray(np.linalg.inv(affine[:, :2]), np.float64)
    _affinely(points_mm, normals, affine, inverse, at, normal)
    return at, normal


@compiled
def _affinely(points: Floats, normals: Floats, to_px: Floats, to_mm: Floats, at: Floats, normal: Floats) -> None:
    for k in range(len(points)):
        x, y, nx, ny = points[k, 0], points[k, 1], normals[k, 0], normals[k, 1]
        at[k, 0] = to_px[0, 0] * x + to_px[0, 1] * y + to_px[0, 2]
        at[k, 1] = to_px[1, 0] * x + to_px[1, 1] * y + to_px[1, 2]
        # Normals go with the inverse transpose, which keeps them square to the contour.
        px, py = nx * to_mm[0, 0] + ny * to_mm[1, 0], nx * to_mm[0, 1] + ny * to_mm[1, 1]
        per_length = 1.0 / np.sqrt(px * px + py * py)
        normal[k, 0], normal[k, 1] = px * per_length, py * per_length


def to_part(track: Track, probes: Probes, offset_px: Floats, pose: Pose, calibration: Calibration) -> Floats:
    """(n, 2) mm in the part's frame of edges `offset_px` (n,) away from their probes along the normals."""
    affine = _part_to_px(pose, calibration)
    if affine is None:
        return pose.to_part(calibration.camera.to_mm(probes.points_px + offset_px[:, None] * probes.normals))
    points = np.empty_like(track.points_mm)
    inverse = np.asarray(np.linalg.inv(affine[:, :2]), np.float64)
    _back(track.points_mm, probes.normals, offset_px, inverse, points)
    return points


@compiled
def _back(points: Floats, normals: Floats, offset: Floats, to_mm: Floats, moved: Floats) -> None:
    # From the nominal points, not from pixels: nothing is lost to rounding.
    for k in range(len(points)):
        dx, dy = offset[k] * normals[k, 0], offset[k] * normals[k, 1]
        moved[k, 0] = points[k, 0] + to_mm[0, 0] * dx + to_mm[0, 1] * dy
        moved[k, 1] = points[k, 1] + to_mm[1, 0] * dx + to_mm[1, 1] * dy


def bending(calibration: Calibration, pose: Pose) -> Bending | None:
    """What the calibration does not know of the lens, as a part at a pose feels it."""
    field = lens_field(calibration.camera)
    return None if field is None else Bending(field, pose.matrix, np.array([pose.x, pose.y]))


def some_of(track: Track, most: int) -> Track:
    """About `most` probes of the track, evenly taken, none of them neighbours."""
    rows = slice(None, None, max(1, len(track) // most))
    count = len(range(len(track))[rows])
    return _rows(track, rows, np.arange(count + 1, dtype=np.intp), np.zeros(count, np.bool_))


def stretches_of(track: Track, most: int, length: int = 96) -> Track:
    """About `most` probes of the track in stretches of neighbours, evenly taken; all of them if they are not more."""
    if len(track) <= most:
        return track
    counts = -(-np.diff(track.runs) // length)
    run = np.repeat(np.arange(len(counts)), counts)
    begins = track.runs[run] + length * (np.arange(len(run)) - (np.cumsum(counts) - counts)[run])
    keep = slice(None, None, -(-len(track) // most))
    begins, ends = begins[keep], np.minimum(begins + length, track.runs[run + 1])[keep]
    runs = np.concatenate([[0], np.cumsum(ends - begins)]).astype(np.intp)
    rows = np.arange(runs[-1]) + np.repeat(begins - runs[:-1], ends - begins)
    return _rows(track, rows, runs, np.zeros(len(begins), np.bool_))


def _rows(track: Track, rows: slice | NDArray[np.intp], runs: NDArray[np.intp], closed: NDArray[np.bool_]) -> Track:
    def taken(values: Floats) -> Floats:
        return np.ascontiguousarray(values[rows])

    return Track(
        taken(track.points_mm),
        taken(track.normals),
        taken(track.curvature_per_mm),
        taken(track.reach_in_mm),
        taken(track.reach_out_mm),
        taken(track.free_in_mm),
        taken(track.free_out_mm),
        runs,
        closed,
    )


def _part_to_px(pose: Pose, calibration: Calibration) -> Floats | None:
    """(2, 3) from the part's frame to pixels where the camera is one affine map, else None."""
    to_mm = calibration.camera.affine
    if to_mm is None:
        return None
    to_px = np.linalg.inv(to_mm[:, :2])
    return np.column_stack([to_px @ pose.matrix, to_px @ (np.array([pose.x, pose.y]) - to_mm[:, 2])])


def _through_lens(
    points_mm: Floats, normals: Floats, pose: Pose, calibration: Calibration, mm_per_px: float
) -> tuple[Floats, Floats]:
    """Points and normals in pixels: the normal is square to the tangent as the lens images it."""
    camera = calibration.camera
    plane, direction = pose.to_plane(points_mm), pose.turn(normals)
    tangent = np.column_stack([-direction[:, 1], direction[:, 0]])
    h = 0.5 * mm_per_px
    at = camera.to_px(plane)
    along = camera.to_px(plane + h * tangent) - camera.to_px(plane - h * tangent)
    away = camera.to_px(plane + h * direction) - at
    normal = np.column_stack([along[:, 1], -along[:, 0]])
    normal *= np.where((normal * away).sum(axis=1) < 0.0, -1.0, 1.0)[:, None]
    return at, normal / np.sqrt(np.einsum("ij,ij->i", normal, normal))[:, None]
