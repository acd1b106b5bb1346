"""Boards: their specifications, corners in rendered boards with a known truth, and real pictures of boards."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from station.errors import ImageError, InputError
from station.metrology.lens import calibrate
from station.vision.boards import Board, BoardView, Refusal, find_board, parse_board

DATA = Path(__file__).parents[3] / "shared" / "data"
CHESSBOARD = parse_board("chessboard:9x6:10mm")
CHARUCO = parse_board("charuco:8x6:4mm:3.2mm:DICT_4X4_50")

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the shared pictures are not beside the project")


class TestSpecification:
    def test_as_the_contract_writes_them(self):
        assert parse_board("chessboard:14x10:15mm") == Board("chessboard", 14, 10, 15.0)
        wanted = Board("charuco", 20, 20, 4.0, 3.2, "DICT_4X4_1000")
        assert parse_board("charuco:20x20:4mm:3.2mm:DICT_4X4_1000") == wanted

    def test_corners_run_right_and_down_with_y_up(self):
        corners = parse_board("charuco:4x3:4mm:3mm:DICT_4X4_50").corners_mm()
        assert corners.tolist() == [[0, 0], [4, 0], [8, 0], [0, -4], [4, -4], [8, -4]]

    @pytest.mark.parametrize(
        ("spec", "sentence"),
        [
            ("", "not of the form"),
            ("chessboard:14x10", "not of the form"),
            ("chessboard:14x10:15", "not of the form"),
            ("chessboard:14x10:-15mm", "not of the form"),
            ("chessboard:14x10:nanmm", "not of the form"),
            ("chessboard:2x10:15mm", "outside"),
            ("chessboard:999x10:15mm", "outside"),
            ("chessboard:14x10:0mm", "larger than nothing"),
            ("charuco:20x20:4mm:4mm:DICT_4X4_1000", "smaller than its squares"),
            ("charuco:20x20:4mm:3mm:DICT_4X4_50", "needs 200 markers"),
            ("charuco:20x20:4mm:3mm:DICT_9X9_50", "no marker dictionary"),
        ],
    )
    def test_bad_ones_get_a_sentence(self, spec, sentence):
        with pytest.raises(InputError, match=sentence):
            parse_board(spec)


def rendered(board, *, legacy=False, blur=1.0, noise=1.0, size=(900, 700)):
    """A picture of the board through a known homography, and where its corners truly are."""
    pitch, over = 60, 4  # pixels of the pattern per square, and oversampling of the picture
    if board.kind == "charuco":
        dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, board.dictionary))
        layout = cv2.aruco.CharucoBoard((board.columns, board.rows), board.square_mm, board.marker_mm, dictionary)
        layout.setLegacyPattern(legacy)
        pattern = layout.generateImage((board.columns * pitch, board.rows * pitch), marginSize=0)
    else:
        row, column = np.indices((board.rows + 1, board.columns + 1))
        pattern = np.kron((row + column) % 2, np.ones((pitch, pitch))).astype(np.uint8) * 255
    pattern = cv2.copyMakeBorder(pattern, 60, 60, 60, 60, cv2.BORDER_CONSTANT, value=255)
    height, width = pattern.shape
    corners = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    seen = np.float32([[60, 70], [830, 40], [860, 650], [30, 610]])
    to_picture = cv2.getPerspectiveTransform(corners, seen).astype(float)  # of continuous coordinates, edge = 0
    fine = np.diag([over, over, 1.0]) @ to_picture
    shift = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    big = cv2.warpPerspective(
        pattern, np.linalg.inv(shift) @ fine @ shift, (size[0] * over, size[1] * over), borderValue=255
    )
    picture = cv2.resize(big, size, interpolation=cv2.INTER_AREA).astype(float) * (180 / 255) + 30
    picture = cv2.GaussianBlur(picture, (0, 0), blur) + np.random.default_rng(0).normal(0, noise, picture.shape)
    on_pattern = 60 + pitch * (1 + board.corners_mm() * [1, -1] / board.square_mm)
    truth = cv2.perspectiveTransform(on_pattern[:, None], to_picture).reshape(-1, 2) - 0.5
    return np.clip(picture, 0, 255).astype(np.uint8), truth


class TestFindBoard:
    def test_chessboard_corners_to_a_thirtieth_of_a_pixel(self):
        picture, truth = rendered(CHESSBOARD)
        view = find_board(picture, CHESSBOARD, name="A")
        assert isinstance(view, BoardView)
        # the board looks the same from its other end
        error = min(np.abs(view.points_px - order).max() for order in (truth, truth[::-1]))
        assert error < 0.1
        assert min(np.sqrt(np.mean((view.points_px - order) ** 2)) for order in (truth, truth[::-1])) < 0.03
        assert view.sharpness == pytest.approx(1.0, abs=0.35)
        assert view.name == "A"

    @pytest.mark.parametrize("legacy", [False, True])
    def test_both_generations_of_charuco_boards(self, legacy):
        picture, truth = rendered(CHARUCO, legacy=legacy)
        view = find_board(picture, CHARUCO)
        assert isinstance(view, BoardView)
        assert len(view.ids) == 35
        assert np.sqrt(np.mean((view.points_px - truth[view.ids]) ** 2)) < 0.1
        assert np.array_equal(view.points_mm, CHARUCO.corners_mm()[view.ids])

    @pytest.mark.parametrize("quarter_turns", [0, 1, 2, 3])
    def test_the_boards_frame_is_never_mirrored(self, quarter_turns):
        picture, _ = rendered(CHESSBOARD)
        view = find_board(np.ascontiguousarray(np.rot90(picture, quarter_turns)), CHESSBOARD)
        assert isinstance(view, BoardView)
        homography, _ = cv2.findHomography(view.points_mm, view.points_px * [1, -1])
        assert np.linalg.det(homography[:2, :2]) > 0

    def test_any_kind_of_picture(self):
        gray, _ = rendered(CHESSBOARD, noise=0)
        reference = find_board(gray, CHESSBOARD)
        assert isinstance(reference, BoardView)
        colour = np.repeat(gray[:, :, None], 3, axis=2)
        alpha = np.dstack([colour, np.zeros_like(gray)])
        for picture in (colour, alpha, gray[:, :, None], gray.astype(np.uint16) * 16, gray / 255.0):
            view = find_board(picture, CHESSBOARD)
            assert isinstance(view, BoardView)
            assert np.abs(view.points_px - reference.points_px).max() < 0.05

    def test_failures_are_data_with_a_reason(self):
        empty = np.full((700, 900), 128, np.uint8)
        blurred, _ = rendered(CHARUCO, blur=9.0)
        sharp, _ = rendered(CHARUCO)
        sharp[:, 300:] = 30
        for picture, reason in ((empty, "nothing found"), (blurred, "blurred"), (sharp, "too few corners")):
            refusal = find_board(picture, CHARUCO, name="B")
            assert isinstance(refusal, Refusal)
            assert (refusal.reason, refusal.name) == (reason, "B")
        assert 0 < refusal.corners < 12
        assert str(refusal.corners) in refusal.sentence

    @pytest.mark.parametrize(
        "picture", [np.zeros((5, 5), np.uint8), np.zeros((99, 99, 2), np.uint8), np.full((99, 99), np.nan)]
    )
    def test_what_is_no_picture_is_an_input_error(self, picture):
        with pytest.raises(ImageError):
            find_board(picture, CHESSBOARD)


@needs_data
class TestRealBoards:
    def test_chessboard_picture(self):
        picture = cv2.imread(str(DATA / "plate" / "chessboard-14x10-15mm.png"), cv2.IMREAD_UNCHANGED)
        view = find_board(picture, parse_board("chessboard:14x10:15mm"))
        assert isinstance(view, BoardView)
        found = calibrate([view], picture.shape[1], picture.shape[0])
        assert found.model.rms_px < 0.3
        assert found.model.scale_mm_per_px() == pytest.approx(0.146, abs=0.0005)
        assert found.model.tilt_deg < 3
        assert found.model.distance_mm is None
        assert 1e-5 < found.scale_relative_u < 5e-4

    def test_charuco_frames(self):
        board = parse_board("charuco:20x20:4mm:3.2mm:DICT_4X4_1000")
        paths = sorted((DATA / "charuco").glob("*.jpg"))
        seen = [find_board(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), board, name=path.stem) for path in paths]
        assert [item.name for item in seen if isinstance(item, Refusal)] == [
            f"frame-{number}" for number in (14, 20, 21, 22)
        ]
        found = calibrate([item for item in seen if isinstance(item, BoardView)], 1280, 1024)
        assert found.model.matrix[0] == pytest.approx(2850, abs=30)
        assert found.model.rms_px == pytest.approx(1.0, abs=0.15)
        assert found.focal_relative_u is not None
        assert found.focal_relative_u < 0.01
        assert [view.name for view in found.rejected] == ["frame-13", "frame-15"]
        assert len(found.views) == 16
