"""The camera model and its calibration, against OpenCV's projection, known geometry and simulated noise."""

import json
import math
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.errors import CalibrationError
from station.metrology.camera import CameraModel, on_plane, telecentric
from station.metrology.lens import calibrate

FACING = np.diag([1.0, -1.0, -1.0])  # a plane with y up and z towards the camera, seen straight on
LENS = CameraModel(
    2048,
    1536,
    (2850.0, 2850.0, 1030.0, 760.0),
    (-0.1, 0.05, 1e-3, -5e-4, 0.01),
    ((1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0)),
)
PLAIN = CameraModel(1600, 1200, (3000.0, 3000.0, 799.5, 599.5), (-0.12, 0.05, 0.0, 0.0, 0.0), LENS.plane)


def turned(*rotation_vector):
    return cv2.Rodrigues(np.array(rotation_vector, dtype=float))[0] @ FACING


def placed(lens, rotation, translation):
    return on_plane(lens, np.column_stack([rotation[:, :2], translation]))


ROTATION, TRANSLATION = turned(0.1, -0.2, 0.3), np.array([3.0, -5.0, 300.0])
MODEL = placed(LENS, ROTATION, TRANSLATION)


def opencv_projection(points_mm, height_mm=0.0):
    fx, fy, cx, cy = MODEL.matrix
    points = np.column_stack([points_mm, np.full(len(points_mm), height_mm)])
    matrix = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
    return cv2.projectPoints(points, ROTATION, TRANSLATION, matrix, np.array(MODEL.distortion))[0].reshape(-1, 2)


def some_points(reach_mm=40.0):
    return np.random.default_rng(1).uniform(-reach_mm, reach_mm, (500, 2))


class TestCameraModel:
    def test_projects_as_opencv_does(self):
        points = some_points()
        seen = opencv_projection(points)
        assert np.abs(MODEL.to_px(points) - seen).max() < 1e-9
        assert np.abs(MODEL.to_mm(seen) - points).max() < 1e-9

    def test_pose_distance_and_tilt_are_those_of_the_plane(self):
        rotation, translation = MODEL.pose()
        assert np.allclose(rotation, ROTATION, atol=1e-12)
        assert np.allclose(translation, TRANSLATION, atol=1e-9)
        normal = ROTATION[:, 2]
        assert pytest.approx(normal @ TRANSLATION / normal[2]) == MODEL.distance_mm
        assert pytest.approx(math.degrees(math.acos(-normal[2]))) == MODEL.tilt_deg

    @pytest.mark.parametrize("offset_mm", [10.0, -7.5, 0.98])
    def test_raised_plane_sees_points_at_that_height(self, offset_mm):
        points = some_points()
        raised = MODEL.raised_by(offset_mm)
        assert np.abs(raised.to_mm(opencv_projection(points, offset_mm)) - points).max() < 1e-9
        assert raised.tilt_deg == MODEL.tilt_deg
        assert raised.distance_mm == pytest.approx(MODEL.distance_mm + offset_mm / ROTATION[2, 2], abs=1e-9)

    def test_raising_a_frontal_plane_by_a_hundredth_of_its_distance_takes_a_hundredth_off_its_lengths(self):
        frontal = placed(PLAIN, FACING, np.array([0.0, 0.0, 500.0]))
        ends = np.array([[300.0, 500.0], [1300.0, 700.0]])
        before, after = (np.linalg.norm(np.diff(m.to_mm(ends), axis=0)) for m in (frontal, frontal.raised_by(5.0)))
        assert after / before == pytest.approx(0.99, abs=1e-12)
        scaled = frontal.scaled(0.99)
        assert np.allclose(scaled.to_mm(ends), frontal.raised_by(5.0).to_mm(ends), atol=1e-9)
        assert scaled.distance_mm == pytest.approx(495.0)

    def test_raising_needs_the_distance_and_stays_before_the_camera(self):
        with pytest.raises(CalibrationError, match="distance"):
            CameraModel.similarity(640, 480, 0.02).raised_by(1.0)
        with pytest.raises(CalibrationError, match="reach the camera"):
            MODEL.raised_by(400.0)

    @settings(deadline=None)
    @given(st.floats(-0.3, 0.3), st.floats(-0.2, 0.2), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.floats(-3, 3))
    def test_round_trips_are_exact(self, k1, k2, tilt_x, tilt_y, spin):
        lens = CameraModel(1600, 1200, PLAIN.matrix, (k1, k2, 5e-4, -5e-4, 0.0), PLAIN.plane)
        model = placed(lens, turned(tilt_x, tilt_y, 0) @ turned(0, 0, spin) @ FACING, np.array([5.0, 8.0, 400.0]))
        x, y = np.meshgrid(np.linspace(0, 1599, 9), np.linspace(0, 1199, 9))
        pixels = np.column_stack([x.ravel(), y.ravel()])
        on_part = model.to_mm(pixels)
        seen = model.to_px(on_part)
        assert np.abs(seen - pixels).max() < 1e-7
        assert np.abs(model.to_mm(seen) - on_part).max() < 1e-9

    @pytest.mark.parametrize("model", [MODEL, telecentric(2048, 1536, 0.0174)])
    def test_jacobian_is_the_derivative(self, model):
        pixels = np.random.default_rng(2).uniform(0, 1500, (50, 2))
        step = 1e-3
        columns = [
            (model.to_mm(pixels + nudge) - model.to_mm(pixels - nudge)) / (2 * step)
            for nudge in (np.array([step, 0]), np.array([0, step]))
        ]
        assert np.abs(model.mm_per_px(pixels) - np.stack(columns, axis=2)).max() < 1e-9

    def test_a_telecentric_lens_is_a_similarity_with_y_up_about_the_centre(self):
        model = telecentric(2048, 1536, 0.0174)
        assert np.allclose(model.to_mm([[1023.5, 767.5], [1123.5, 667.5]]), [[0, 0], [1.74, 1.74]], atol=1e-12)
        assert model.raised_by(3.0) is model
        assert model.scale_mm_per_px() == pytest.approx(0.0174)
        assert model.to_mm(np.empty((0, 2))).shape == (0, 2)

    def test_pixels_that_the_distortion_cannot_reach_are_not_numbers(self):
        barrel = CameraModel(1600, 1200, (800.0, 800.0, 799.5, 599.5), (-0.3, 0, 0, 0, 0), PLAIN.plane)
        assert np.isnan(barrel.to_mm([[9000.0, 600.0]])).all()
        assert np.isfinite(barrel.to_mm([[800.0, 600.0]])).all()

    def test_points_have_two_columns(self):
        with pytest.raises(ValueError, match="shape"):
            MODEL.to_mm([1.0, 2.0])


class TestDocument:
    def test_round_trip_is_equal(self):
        for model in (MODEL, telecentric(2048, 1536, 0.0174)):
            assert CameraModel.from_document(json.loads(json.dumps(model.to_document()))) == model

    @pytest.mark.parametrize(
        ("key", "value", "sentence"),
        [
            ("matrix", [1, 2, 3], "list of 4"),
            ("matrix", [0.0, 1.0, 0.0, 0.0], "focal length"),
            ("distortion", [0, 0, 0, 0, math.nan], "finite"),
            ("plane", [[1, 0, 0], [0, 1, 0]], "three rows"),
            ("plane", [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "mirrored"),
            ("plane", [[1, 0, 0], [1, 0, 0], [0, 0, 1]], "inverse"),
            ("plane", [[1, 0, 0], [0, -1, 0], [9, 0, 1]], "folds"),
            ("distortion", [-9.0, 0, 0, 0, 0], "folds"),
            ("width_px", 10.5, "whole"),
            ("width_px", True, "finite number"),
            ("width_px", 0, "makes no sense"),
            ("distance_mm", -1, "not positive"),
            ("tilt_deg", "0", "finite number"),
            ("telecentric", 1, "true nor false"),
            ("extra", 1, "unknown"),
        ],
    )
    def test_nonsense_is_refused_with_a_sentence(self, key, value, sentence):
        with pytest.raises(CalibrationError, match=sentence) as caught:
            CameraModel.from_document(MODEL.to_document() | {key: value})
        assert str(caught.value).startswith("camera")

    def test_missing_key_is_named(self):
        document = MODEL.to_document()
        del document["plane"]
        with pytest.raises(CalibrationError, match="'plane' is missing"):
            CameraModel.from_document(document)


@dataclass
class SimulatedView:
    points_px: np.ndarray
    points_mm: np.ndarray
    sharpness: float = 1.0
    name: str = ""
    dot_mm: float = 0.0


BOARD = np.stack(np.meshgrid(np.arange(14) * 15.0, -np.arange(10) * 15.0), axis=-1).reshape(-1, 2)
TILTS = [(0, 0, 0.02), (0.3, 0, 0), (-0.3, 0.1, 0.3), (0.1, 0.35, -0.2), (0, -0.3, 1), (0.25, 0.25, 0), (-0.2, -0.3, 0)]


def simulated(tilt, noise_px, rng, distance_mm=600.0, name=""):
    truth = placed(PLAIN, turned(*tilt), np.array([-97.0, 67.0, distance_mm]))
    return SimulatedView(truth.to_px(BOARD) + rng.normal(0, noise_px, BOARD.shape), BOARD, name=name), truth


def extent(points):
    return float(np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean()))


class TestCalibrate:
    @pytest.mark.parametrize("tilts", [TILTS[:1], TILTS], ids=["one view", "seven views"])
    def test_scale_is_recovered_within_the_stated_uncertainty(self, tilts):
        scores = []
        for seed in range(12):
            rng = np.random.default_rng(seed)
            made = [simulated(tilt, 0.2, rng, 430.0 if i == 0 else 600.0) for i, tilt in enumerate(tilts)]
            found = calibrate([view for view, _ in made], 1600, 1200)
            view, truth = made[0]
            error = extent(found.model.to_mm(view.points_px)) / extent(truth.to_mm(view.points_px)) - 1
            scores.append(error / found.scale_relative_u)
            assert found.model.rms_px == pytest.approx(0.2 * math.sqrt(2), rel=0.15)
            assert found.scale_relative_u < 6e-5
        # chi-square of 12 degrees of freedom at 0.001 and 0.999
        assert 2.2 < sum(score**2 for score in scores) < 32.9

    def test_one_view_maps_its_plane_exactly_whatever_the_focal_length(self):
        view, truth = simulated((0.02, -0.03, 0.5), 0.0, np.random.default_rng(0))
        for focal in (None, 2000.0, 6000.0):
            found = calibrate([view], 1600, 1200, focal_length_px=focal)
            mine, theirs = (model.to_mm(view.points_px) for model in (found.model, truth))
            apart = np.linalg.norm(mine[:, None] - mine, axis=2) - np.linalg.norm(theirs[:, None] - theirs, axis=2)
            assert np.abs(apart).max() < 2e-3
            assert (found.model.distance_mm is None) == (focal is None)
        known = calibrate([view], 1600, 1200, focal_length_px=3000.0).model
        assert known.distance_mm == pytest.approx(truth.distance_mm, rel=1e-3)

    def test_the_frame_is_the_pictures(self):
        view, _ = simulated((0.1, 0.1, 2.0), 0.0, np.random.default_rng(0))
        model = calibrate([view], 1600, 1200).model
        centre, right, above = model.to_mm([[799.5, 599.5], [800.5, 599.5], [799.5, 598.5]])
        assert np.allclose(centre, 0, atol=1e-9)
        assert right[0] > 0
        assert abs(right[1]) < 1e-4 * right[0]
        assert above[1] > 0

    def test_several_views_tell_focal_length_distance_and_distortion(self):
        rng = np.random.default_rng(5)
        made = [simulated(tilt, 0.1, rng) for tilt in TILTS]
        found = calibrate([view for view, _ in made], 1600, 1200, plane_view=2)
        assert found.model.matrix[0] == pytest.approx(3000.0, abs=4 * found.focal_relative_u * 3000)
        assert found.focal_relative_u < 2e-3
        assert found.model.distortion[0] == pytest.approx(-0.12, abs=0.01)
        assert found.model.distance_mm == pytest.approx(made[2][1].distance_mm, rel=4 * found.focal_relative_u)
        assert found.model.tilt_deg == pytest.approx(made[2][1].tilt_deg, abs=0.2)
        assert found.residuals.shape == (7 * 140, 4)

    def test_bad_views_are_rejected_by_name_and_stray_corners_dropped(self):
        rng = np.random.default_rng(6)
        views = [simulated(tilt, 0.1, rng, name=f"v{index}")[0] for index, tilt in enumerate(TILTS)]
        views[1].sharpness = 0.2
        views[3].points_px, views[3].points_mm = views[3].points_px[:15], views[3].points_mm[:15]
        views[5].points_px = views[5].points_px + rng.normal(0, 3, BOARD.shape)
        views[6].points_px[7] += 5
        found = calibrate(views, 1600, 1200)
        reasons = {view.name: view.reason.split()[0].rstrip(":") for view in found.rejected}
        assert reasons == {"v1": "blurred", "v3": "nearly", "v5": "outlying"}
        assert [view.name for view in found.views] == ["v0", "v2", "v4", "v6"]
        assert found.dropped_corners == 1
        assert found.model.rms_px < 0.2
        with pytest.raises(CalibrationError, match="v3, is rejected: nearly empty"):
            calibrate(views, 1600, 1200, plane_view=3)

    def test_errors_that_neighbours_share_raise_the_uncertainty(self):
        rng = np.random.default_rng(7)
        plain, _ = simulated(TILTS[0], 0.2, rng)
        shared, _ = simulated(TILTS[0], 0.0, rng)
        smooth = cv2.GaussianBlur(rng.normal(0, 1, (10, 14, 2)), (0, 0), 1.0).reshape(-1, 2)
        shared.points_px = shared.points_px + 0.2 * smooth / smooth.std()
        independent, correlated = (calibrate([view], 1600, 1200).scale_relative_u for view in (plain, shared))
        assert correlated > 1.7 * independent

    def test_unusable_input_is_refused(self):
        line = SimulatedView(BOARD[:14] * 5 + 100, BOARD[:14])
        with pytest.raises(CalibrationError, match="one line"):
            calibrate([line], 1600, 1200)
        with pytest.raises(CalibrationError, match="no view number"):
            calibrate([], 1600, 1200)
        with pytest.raises(CalibrationError, match="focal length"):
            calibrate([line], 1600, 1200, focal_length_px=-1.0)
