"""The plan's track in the picture and back: against the camera model alone, for every kind of lens and both faces."""

from __future__ import annotations

import math

import numpy as np
import pytest

from station.cycle.placing import place_probes, some_of, stretches_of, to_part, to_picture
from station.metrology.calibration import Calibration
from station.metrology.camera import CameraModel, Matrix3
from station.plan.track import Track, no_track
from station.vision.pose import Pose

from ..metrology.calibrations_for_tests import exact_calibration

MM_PER_PX = 0.02
EVEN = CameraModel.similarity(1600, 1200, MM_PER_PX)
NO_BEND = (0.0, 0.0, 0.0, 0.0, 0.0)


def plane(tilt_x: float, tilt_y: float) -> Matrix3:
    """Pixels of 0.02 mm, y up, seen at a slant."""
    return ((60.0, 1.5, 2.0), (0.4, -60.0, -1.0), (tilt_x, tilt_y, 1.0))


def lens(bend: tuple[float, float, float, float, float], tilt_x: float = 0.0, tilt_y: float = 0.0) -> CameraModel:
    return CameraModel(1600, 1200, (3000.0, 2990.0, 799.5, 599.5), bend, plane(tilt_x, tilt_y))


CAMERAS = {
    "similarity": EVEN,
    "affine": lens(NO_BEND),
    "pinhole": lens(NO_BEND, 0.05, -0.08),
    "barrel": lens((-0.12, 0.05, 0.0, 0.0, 0.0)),
    "all of it": lens((-0.12, 0.05, 5e-4, -5e-4, 0.0), 0.05, -0.08),
}
POSES = [
    Pose(0.0, 0.0, 0.0),
    Pose(0.7, 1.3, -2.1),
    Pose(-2.9, -1.0, 0.5, mirrored=True),
    Pose(1.6, 0.1, 3.0, mirrored=True),
]


def calibration(camera: CameraModel) -> Calibration:
    return exact_calibration(camera, u_scale=1e-4, u_edge_px=0.01, local_px=0.01, psf_sigma_px=1.0)


def track_of(*counts: int, closed: tuple[bool, ...] = ()) -> Track:
    """Circles of material, one per run, of `counts` probes and different sizes."""
    points, normals, curvature = [], [], []
    for number, count in enumerate(counts):
        angle = 2.0 * math.pi * np.arange(count) / max(count, 1)
        outward = np.column_stack([np.cos(angle), np.sin(angle)])
        radius = 1.0 + 0.5 * number
        points.append((0.3, -0.2) + radius * outward)
        normals.append(outward)
        curvature.append(np.full(count, 1.0 / radius))
    total = sum(counts)
    return Track(
        points_mm=np.concatenate(points),
        normals=np.concatenate(normals),
        curvature_per_mm=np.concatenate(curvature),
        reach_in_mm=0.5 + 0.001 * np.arange(total),
        reach_out_mm=0.7 + 0.001 * np.arange(total),
        free_in_mm=0.4 + 0.001 * np.arange(total),
        free_out_mm=0.6 + 0.001 * np.arange(total),
        runs=np.concatenate([[0], np.cumsum(counts)]).astype(np.intp),
        closed=np.array(closed if closed else [True] * len(counts), np.bool_),
    )


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("name", CAMERAS)
def test_probes_stand_where_the_camera_sees_the_part(name: str, pose: Pose) -> None:
    camera, track = CAMERAS[name], track_of(150, 220)
    probes = place_probes(track, pose, calibration(camera), MM_PER_PX)
    assert probes.points_px == pytest.approx(camera.to_px(pose.to_plane(track.points_mm)), abs=1e-9)
    assert camera.to_mm(probes.points_px) == pytest.approx(pose.to_plane(track.points_mm), abs=1e-9)
    assert probes.curvature_per_px == pytest.approx(track.curvature_per_mm * MM_PER_PX)
    assert probes.reach_in_px == pytest.approx(track.reach_in_mm / MM_PER_PX)
    assert probes.reach_out_px == pytest.approx(track.reach_out_mm / MM_PER_PX)
    assert probes.free_in_px == pytest.approx(track.free_in_mm / MM_PER_PX)
    assert probes.free_out_px == pytest.approx(track.free_out_mm / MM_PER_PX)
    assert np.array_equal(probes.runs, track.runs)
    assert np.array_equal(probes.closed, track.closed)
    # The kernels read them row by row.
    assert probes.points_px.dtype == probes.normals.dtype == np.float64


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("name", CAMERAS)
def test_normals_are_square_to_the_contour_in_the_picture_and_point_out_of_the_material(name: str, pose: Pose) -> None:
    camera, track = CAMERAS[name], track_of(150, 220)
    points, normals = to_picture(track.points_mm, track.normals, pose, calibration(camera), MM_PER_PX)
    assert np.hypot(*normals.T) == pytest.approx(np.ones(len(track)))
    step = 1e-4
    tangent = np.column_stack([-track.normals[:, 1], track.normals[:, 0]])

    def seen(points_mm: np.ndarray) -> np.ndarray:
        return camera.to_px(pose.to_plane(points_mm))

    along = seen(track.points_mm + step * tangent) - seen(track.points_mm - step * tangent)
    along /= np.hypot(*along.T)[:, None]
    assert (along * normals).sum(axis=1) == pytest.approx(np.zeros(len(track)), abs=1e-6)
    outside = seen(track.points_mm + step * track.normals) - points
    assert ((outside * normals).sum(axis=1) > 0.0).all()


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("name", CAMERAS)
def test_edges_come_back_as_the_camera_says(name: str, pose: Pose) -> None:
    camera, track = CAMERAS[name], track_of(150, 220)
    known = calibration(camera)
    probes = place_probes(track, pose, known, MM_PER_PX)
    offset = np.random.default_rng(1).uniform(-8.0, 8.0, len(track))
    offset[::50] = np.nan
    points = to_part(track, probes, offset, pose, known)
    expected = pose.to_part(camera.to_mm(probes.points_px + offset[:, None] * probes.normals))
    assert np.array_equal(np.isnan(points), np.isnan(expected))
    assert points == pytest.approx(expected, abs=1e-9, nan_ok=True)
    nowhere = to_part(track, probes, np.zeros(len(track)), pose, known)
    assert nowhere == pytest.approx(track.points_mm, abs=1e-9)


@pytest.mark.parametrize("pose", POSES)
def test_an_edge_found_farther_out_is_farther_out_on_the_part(pose: Pose) -> None:
    track, known = track_of(100), calibration(EVEN)
    probes = place_probes(track, pose, known, MM_PER_PX)
    points = to_part(track, probes, np.full(100, 3.0), pose, known)
    assert points == pytest.approx(track.points_mm + 3.0 * MM_PER_PX * track.normals, abs=1e-12)


def test_without_probes_nothing_is_placed_and_nothing_fails() -> None:
    for camera in CAMERAS.values():
        known = calibration(camera)
        probes = place_probes(no_track(), POSES[1], known, MM_PER_PX)
        assert len(probes) == 0
        assert to_part(no_track(), probes, np.zeros(0), POSES[1], known).shape == (0, 2)


def rows_of(part: Track, track: Track) -> list[int]:
    """Which probes of `track` a part of it holds; the reaches number them."""
    rows = np.rint((part.reach_in_mm - 0.5) * 1000.0).astype(int)
    for name in (
        "points_mm",
        "normals",
        "curvature_per_mm",
        "reach_in_mm",
        "reach_out_mm",
        "free_in_mm",
        "free_out_mm",
    ):
        assert np.array_equal(getattr(part, name), getattr(track, name)[rows]), name
    return rows.tolist()


@pytest.mark.parametrize("most", [1, 2, 7, 100, 369, 370, 371, 10_000])
def test_some_probes_are_evenly_taken_and_nobodys_neighbours(most: int) -> None:
    track = track_of(150, 220)
    part = some_of(track, most)
    rows = rows_of(part, track)
    assert len(set(rows)) == len(rows)
    assert set(np.diff(rows).tolist()) <= {max(1, 370 // most)}
    assert min(most, 370) <= len(part) < 2 * min(most, 370) + 1
    assert np.array_equal(part.runs, np.arange(len(part) + 1))
    assert not part.closed.any()
    assert len(part.closed) == len(part)


@pytest.mark.parametrize("counts", [(150, 220), (1000,), (96, 96, 192), (5, 0, 300, 1, 97), (3,) * 200, (95, 1000, 1)])
@pytest.mark.parametrize("most", [1, 50, 120, 200, 300])
def test_stretches_are_of_neighbours_and_none_is_taken_twice(counts: tuple[int, ...], most: int) -> None:
    track = track_of(*counts)
    part = stretches_of(track, most)
    rows = rows_of(part, track)
    assert len(set(rows)) == len(rows)
    if len(track) <= most:
        assert part is track
        return
    assert part.runs[0] == 0
    assert part.runs[-1] == len(part)
    assert part.runs.dtype == np.intp
    assert len(part.closed) == len(part.runs) - 1
    assert not part.closed.any()
    of_run = np.repeat(np.arange(len(counts)), counts)
    for begin, end in zip(part.runs[:-1], part.runs[1:], strict=True):
        stretch = rows[begin:end]
        assert 0 < len(stretch) <= 96
        assert stretch == list(range(stretch[0], stretch[-1] + 1))
        assert len(set(of_run[stretch].tolist())) == 1
    # Evenly: of stretches of any length about the share asked for, a stretch more or less.
    assert len(part) <= most + 96
    assert len(part) >= min(most, len(track)) / 3.0 - 96


def test_all_of_a_small_track_is_taken_as_it_is() -> None:
    track = track_of(40, 50)
    assert stretches_of(track, 90) is track
    assert stretches_of(no_track(), 10) is not None
    assert len(some_of(no_track(), 10)) == 0
