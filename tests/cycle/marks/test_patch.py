"""Regions of a part as flat pictures: what lies where is what the picture shows there."""

from __future__ import annotations

import numpy as np
import pytest

from station.cycle.marks.patch import MOST_PX, eight_bits, region_patch, sampled, whole_patch
from station.cycle.marks.placing import Placement
from station.metrology.camera import CameraModel, telecentric
from station.vision.picture import picture_from
from station.vision.pose import Pose

from ...metrology.calibrations_for_tests import exact_calibration

MM_PER_PX = 0.01
BOX = np.array([[-1.0, -0.5], [1.0, -0.5], [1.0, 0.5], [-1.0, 0.5]])
HOLE = np.array([[-0.1, -0.1], [-0.1, 0.1], [0.1, 0.1], [0.1, -0.1]])


def placed(pose: Pose, camera: CameraModel | None = None) -> Placement:
    return Placement(pose, exact_calibration(camera or telecentric(800, 600, MM_PER_PX)))


def ramp() -> np.ndarray:
    """Levels that say where they are: linear in x and y, which bilinear sampling keeps."""
    y, x = np.mgrid[:600, :800]
    return np.round(0.2 * x + 0.1 * y).astype(np.uint8)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("angle", [0.0, 0.7, -2.5])
def test_a_patch_shows_what_the_picture_shows_there(angle: float, mirrored: bool) -> None:
    placement = placed(Pose(angle, 0.3, -0.2, mirrored))
    patch = region_patch(ramp(), placement, [BOX], MM_PER_PX)
    assert patch.grey.shape == (101, 201)
    pixels = np.array([[0.0, 0.0], [200.0, 0.0], [57.0, 33.0], [100.0, 100.0]])
    at = patch.to_picture(pixels)
    shown = patch.grey[pixels[:, 1].astype(int), pixels[:, 0].astype(int)]
    assert shown == pytest.approx(0.2 * at[:, 0] + 0.1 * at[:, 1], abs=1.1)
    where_mm = patch.to_mm(pixels)
    assert where_mm is not None
    assert where_mm[0] == pytest.approx([-1.0, 0.5])
    assert where_mm[3] == pytest.approx([0.0, -0.5])
    assert placement.to_px(where_mm) == pytest.approx(at)


def test_through_a_lens_that_bends() -> None:
    camera = CameraModel.similarity(800, 600, MM_PER_PX)
    plain = placed(Pose(0.4, 0.0, 0.0), camera)
    patch = region_patch(ramp(), plain, [BOX], MM_PER_PX)
    y, x = np.mgrid[:101:10, :201:10]
    pixels = np.column_stack([x.ravel(), y.ravel()]).astype(float)
    at = patch.to_picture(pixels)
    assert patch.grey[y.ravel(), x.ravel()] == pytest.approx(0.2 * at[:, 0] + 0.1 * at[:, 1], abs=1.1)


def test_openings_are_not_valid_and_the_margin_neither() -> None:
    patch = region_patch(ramp(), placed(Pose(0.0, 0.0, 0.0)), [BOX, HOLE], MM_PER_PX, margin_px=20.0)
    assert patch.grey.shape == (141, 241)
    assert patch.valid.sum() == pytest.approx(200 * 100 - 20 * 20, rel=0.03)
    assert not patch.valid[70, 120]
    assert not patch.valid[:19].any()
    assert patch.seen == 1.0


def test_a_region_that_the_picture_does_not_show_whole_says_so() -> None:
    patch = region_patch(ramp(), placed(Pose(0.0, 3.995, 0.0)), [BOX], MM_PER_PX)
    assert patch.seen == pytest.approx(0.5, abs=0.02)
    assert not patch.valid[:, 120:].any()
    assert region_patch(ramp(), placed(Pose(0.0, 50.0, 0.0)), [BOX], MM_PER_PX).seen == 0.0


def test_a_region_beyond_all_measure_is_refused() -> None:
    with pytest.raises(ValueError, match=f"at most {MOST_PX / 1e6:.0f} are read"):
        region_patch(ramp(), placed(Pose(0.0, 0.0, 0.0)), [1000.0 * BOX], MM_PER_PX)


def test_the_whole_picture_is_itself() -> None:
    patch = whole_patch(ramp(), None)
    points = np.array([[3.0, 4.0]])
    assert patch.valid.all()
    assert patch.to_mm(points) is None
    assert patch.to_picture(points) == pytest.approx(points)


def test_pictures_of_more_bits_keep_their_share_of_full_scale() -> None:
    deep = picture_from(np.array([[0, 2048, 4095]], np.uint16))
    assert eight_bits(deep).tolist() == [[0, 128, 255]]
    flat = picture_from(ramp())
    assert eight_bits(flat) is flat.grey


def test_beyond_the_border_it_is_black() -> None:
    at = np.array([[[-5.0, 0.0], [10.0, 10.0]]], np.float32)
    assert sampled(np.full((20, 20), 90, np.uint8), at).tolist() == [[0, 90]]
