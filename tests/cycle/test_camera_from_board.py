"""A camera's calibration from pictures of a board that are drawn here, so that the truth is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from station.cycle.camera import BoardPlane, LensKind, calibrate_from_board
from station.errors import CalibrationError, ImageError, InputError
from station.metrology.calibration import Calibration, Clipping
from tests.cli.small import write_picture

MADE = datetime(2026, 11, 22, tzinfo=UTC)
SQUARE_MM, ACROSS, DOWN = 3.0, 9, 7
F, WIDTH, HEIGHT = 900.0, 640, 480
SPEC = "chessboard:9x7:3mm"
PLANE = BoardPlane(None, 0.0, 0.0, 0.0)


def board_picture(
    tilt_x: float = 0.0, tilt_y: float = 0.0, distance_mm: float = 60.0, turn: float = 0.0
) -> NDArray[np.uint8]:
    """A chessboard of 9 × 7 inner corners through a pinhole of 900 px, tilted (degrees) at a distance (mm)."""
    fine = 24
    squares = (np.indices((DOWN + 1, ACROSS + 1)).sum(axis=0) % 2 * 215 + 25).astype(np.uint8)
    flat = np.pad(np.kron(squares, np.ones((fine, fine), np.uint8)), 2 * fine, constant_values=240)
    to_mm = np.array(
        [
            [SQUARE_MM / fine, 0, -((ACROSS + 1) / 2 + 2) * SQUARE_MM + SQUARE_MM / fine / 2],
            [0, SQUARE_MM / fine, -((DOWN + 1) / 2 + 2) * SQUARE_MM + SQUARE_MM / fine / 2],
            [0, 0, 1],
        ]
    )
    turned, _ = cv2.Rodrigues(np.radians([tilt_x, tilt_y, turn]))
    camera = np.array([[F, 0, WIDTH / 2 - 0.5], [0, F, HEIGHT / 2 - 0.5], [0, 0, 1]])
    plane = np.column_stack([turned[:, 0], turned[:, 1], [0.0, 0.0, distance_mm]])
    large = np.diag([4.0, 4.0, 1.0]) @ np.array([[1, 0, 0.375], [0, 1, 0.375], [0, 0, 1]])
    seen = cv2.warpPerspective(
        flat, large @ camera @ plane @ to_mm, (4 * WIDTH, 4 * HEIGHT), borderValue=(240.0,), flags=cv2.INTER_LINEAR
    )
    small = cv2.resize(seen, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 0.7), np.uint8)


def calibrate(*images: Path, plane: BoardPlane = PLANE, spec: str = SPEC, focal: float | None = None) -> Any:
    return calibrate_from_board(
        images, spec, plane, lens=LensKind(focal), made=MADE, valid_for=timedelta(days=9), identity="B-1"
    )


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    return write_picture(tmp_path / "flat.png", board_picture())


def _scale(made: Calibration) -> float:
    return float(made.camera.scale_mm_per_px())


def test_one_flat_picture_gives_the_scale_of_its_plane(flat: Path) -> None:
    made, report = calibrate(flat)
    assert _scale(made) == pytest.approx(60.0 / F, rel=5e-4)
    assert (made.camera.width_px, made.camera.height_px) == (WIDTH, HEIGHT)
    assert report.refused == ()
    assert (made.clipping, made.u_edge_px) == (Clipping.ANY, 0.3)
    assert made.valid_until == MADE + timedelta(days=9)


def test_the_unknown_plane_is_paid_for_unless_it_is_known(flat: Path) -> None:
    unknown, _ = calibrate(flat, plane=BoardPlane(None, 0.0, None, 1e-4))
    known, _ = calibrate(flat, plane=BoardPlane(None, 0.0, 0.0, 1e-4))
    assert unknown.u_scale == pytest.approx(0.009, rel=0.1)
    assert 1e-4 <= known.u_scale < 0.002


def _several(folder: Path) -> list[Path]:
    poses = [(0, 0, 60, 0), (25, 0, 62, 5), (-25, 5, 60, 80), (4, 28, 63, 10), (-6, -26, 61, -15), (18, 18, 64, 40)]
    return [write_picture(folder / f"p{n}.png", board_picture(*pose)) for n, pose in enumerate(poses)]


def test_several_tilted_pictures_give_focal_length_and_distance(tmp_path: Path) -> None:
    made, report = calibrate(*_several(tmp_path))
    assert made.camera.matrix[0] == pytest.approx(F, rel=0.01)
    assert made.camera.distance_mm == pytest.approx(60.0, rel=0.015)
    assert _scale(made) == pytest.approx(60.0 / F, rel=1e-3)
    assert len(report.fit.views) == 6
    assert made.camera.rms_px < 0.2


def test_a_part_nearer_to_the_camera_is_larger_in_the_picture(tmp_path: Path) -> None:
    pictures = _several(tmp_path)
    made, _ = calibrate(*pictures, plane=BoardPlane(None, 2.0, None, 0.0))
    assert _scale(made) == pytest.approx(58.0 / F, rel=2e-3)
    assert made.u_scale >= 0.001


def test_an_offset_needs_a_distance_or_the_focal_length(flat: Path) -> None:
    with pytest.raises(CalibrationError):
        calibrate(flat, plane=BoardPlane(None, 2.0, None, 0.0))
    made, _ = calibrate(flat, plane=BoardPlane(None, 2.0, None, 0.0), focal=F)
    assert _scale(made) == pytest.approx(58.0 / F, rel=2e-3)


def test_the_plane_of_another_picture_can_be_the_parts(tmp_path: Path) -> None:
    pictures = _several(tmp_path)
    far = write_picture(tmp_path / "far.png", board_picture(distance_mm=70.0))
    made, _ = calibrate(*pictures, far, plane=BoardPlane(far, 0.0, 0.0, 0.0))
    assert _scale(made) == pytest.approx(70.0 / F, rel=1e-3)
    with pytest.raises(CalibrationError, match=r"other\.png"):
        calibrate(*pictures, plane=BoardPlane(tmp_path / "other.png", 0.0, 0.0, 0.0))


def test_pictures_without_the_board_are_named_and_the_others_serve(tmp_path: Path, flat: Path) -> None:
    empty = write_picture(tmp_path / "empty.png", np.full((HEIGHT, WIDTH), 200, np.uint8))
    blurred = write_picture(tmp_path / "blurred.png", cv2.GaussianBlur(board_picture(), (0, 0), 40))
    made, report = calibrate(empty, flat, blurred)
    assert {name for name, _ in report.refused} == {"empty.png", "blurred.png"}
    assert all(reason for _, reason in report.refused)
    assert _scale(made) == pytest.approx(60.0 / F, rel=5e-4)
    with pytest.raises(CalibrationError, match=r"empty\.png"):
        calibrate(empty)


def test_pictures_of_two_sizes_and_unreadable_ones_are_refused(tmp_path: Path, flat: Path) -> None:
    other = write_picture(tmp_path / "other.png", board_picture()[:400])
    with pytest.raises(CalibrationError, match="differ in size"):
        calibrate(flat, other)
    with pytest.raises(ImageError, match=r"none\.png"):
        calibrate(tmp_path / "none.png")


@pytest.mark.parametrize(
    "spec",
    ["", "chessboard", "chessboard:9x7", "chessboard:9x7:0mm", "chessboard:1x1:3mm", "chessboard:9x7:3in",
     "circles:9x7:3mm", "chessboard:9x7:nanmm", "charuco:20x20:3mm:4mm:DICT_4X4_1000", "charuco:20x20:4mm:3mm:DICT_X",
     "chessboard:-9x7:3mm", "chessboard:9999999x7:3mm"],
)  # fmt: skip
def test_a_board_that_cannot_be_is_refused(flat: Path, spec: str) -> None:
    with pytest.raises(InputError):
        calibrate(flat, spec=spec)
