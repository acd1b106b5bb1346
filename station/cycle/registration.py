"""Where exactly the part lies: the pose refined by the edges themselves, and how well they fit it then."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from station.cycle.placing import place_probes, some_of, stretches_of, to_part
from station.metrology.calibration import Calibration
from station.plan.plan import Plan
from station.plan.track import Track
from station.vision.edges import find_edges
from station.vision.field import Field
from station.vision.picture import Picture
from station.vision.pose import Pose, rigid_step, tukey_weights
from station.vision.seek import seek

Floats = NDArray[np.float64]

_ROUGH_PROBES = 1000
_FINE_PROBES = 10_000
_UNKNOWN_BLUR_PX = 1.0


def register(
    plan: Plan, calibration: Calibration, picture: Picture, field: Field, pose: Pose, reach_px: float
) -> tuple[Pose, float]:
    """The pose refined at full resolution, and the edge spread (px; NaN where hardly an edge is seen).

    A few rounds by crossings at single probes, then one by the edges themselves along stretches of the outline: a part
    of the outline tells the pose nearly as well as all of it, and all of it is used where it is not long.
    """
    rough = some_of(plan.track, _ROUGH_PROBES)
    blur = float("nan")
    for round_ in range(3):
        probes = place_probes(rough, pose, calibration, plan.mm_per_px)
        # The first look may be off by the decimation, the part by its tolerance: later rounds look closer.
        offset, spread = seek(picture, field, probes, max(reach_px, 12.0) * (2.0 if round_ == 0 else 1.0))
        if np.isfinite(offset).sum() < 8:
            return pose, float("nan")
        pose = _moved(rough, pose, to_part(rough, probes, offset, pose, calibration), 0.3 * plan.mm_per_px)
        shown = spread[np.isfinite(spread)]
        blur = float(np.median(shown)) if len(shown) else _UNKNOWN_BLUR_PX
    fine = stretches_of(plan.track, _FINE_PROBES)
    probes = place_probes(fine, pose, calibration, plan.mm_per_px)
    edges = find_edges(picture, field, probes, blur, 12.0)
    if edges.found.sum() < 8:
        return pose, float("nan")
    offset = edges.offset_px - calibration.edge_offset_px
    pose = _moved(fine, pose, to_part(fine, probes, offset, pose, calibration), 0.02 * plan.mm_per_px)
    return pose, float(np.median(edges.sigma_px[edges.found]))


def _moved(track: Track, pose: Pose, measured_mm: Floats, floor_mm: float) -> Pose:
    """The pose that brings the track's points nearest to the measured ones (part frame, NaN where there is none)."""
    gap = np.einsum("ij,ij->i", measured_mm - track.points_mm, track.normals)
    weights = tukey_weights(gap, floor_mm, 8.0)
    x, y = track.points_mm.T
    about = np.array([x.mean(), y.mean()])
    turn, *shift = rigid_step(track.points_mm, track.normals, np.nan_to_num(gap), weights, about).tolist()
    # In the part's frame so far; seen in a mirror it turns the other way.
    dx, dy = pose.turn(np.array([shift]))[0].tolist()
    return pose.nudged(-turn if pose.mirrored else turn, dx, dy, pose.to_plane(about))


def mean_gap(plan: Plan, calibration: Calibration, picture: Picture, field: Field, pose: Pose) -> float:
    """Mean distance (px) of the picture's edges from the drawing at a pose; 12 where no edge is near."""
    offset = _offsets(plan, calibration, picture, field, pose)
    return float(np.mean(np.minimum(np.abs(np.nan_to_num(offset, nan=12.0)), 12.0)))


def share_seen(plan: Plan, calibration: Calibration, picture: Picture, field: Field, pose: Pose) -> float:
    """Share of the probes that have an edge within three pixels."""
    offset = _offsets(plan, calibration, picture, field, pose)
    return float((np.abs(np.nan_to_num(offset, nan=99.0)) < 3.0).mean())


def _offsets(plan: Plan, calibration: Calibration, picture: Picture, field: Field, pose: Pose) -> Floats:
    """How far (px) the nearest edge lies from each of some probes of the plan; NaN where there is none."""
    probes = place_probes(some_of(plan.track, _ROUGH_PROBES), pose, calibration, plan.mm_per_px)
    return seek(picture, field, probes, 12.0)[0]
