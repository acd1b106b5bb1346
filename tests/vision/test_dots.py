"""Grids of dots rendered exactly through known cameras, and real pictures of one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.spatial import cKDTree

from station.metrology.camera import CameraModel, on_plane
from station.metrology.eccentricity import eccentricity_px
from station.metrology.lens import calibrate
from station.vision.boards import BoardView, Refusal, find_board, parse_board
from station.vision.lattice import lattice

from .grids_for_tests import dots_mm, dots_picture

DATA = Path(__file__).parents[3] / "shared" / "data"
WIDTH, HEIGHT = 900, 700
GRID = dots_mm(19, 15, 1.2)
BOARD = parse_board("dots:19x15:1.2mm:0.6mm")


def camera(tilt, distance_mm=100.0, k1=-0.1):
    lens = CameraModel(
        WIDTH, HEIGHT, (3000.0, 3000.0, 449.5, 349.5), (k1, 0, 0, 0, 0), ((1, 0, 0), (0, -1, 0), (0, 0, 1))
    )
    turn = cv2.Rodrigues(np.array(tilt, float))[0] @ np.diag([1.0, -1.0, -1.0])
    return on_plane(lens, np.column_stack([turn[:, :2], [0.3, -0.2, distance_mm]]))


def matched(view, seen_by, grid=GRID, diameter_mm=0.6):
    """(n, 2) how far the view's dots lie off where the camera shows their ellipses; the true grid points they are."""
    truth = seen_by.to_px(grid) + eccentricity_px(grid, diameter_mm, seen_by.to_px)
    _, index = cKDTree(truth).query(view.points_px)
    return view.points_px - truth[index], grid[index]


def rigid_misfit(points_mm, true_mm):
    """Largest distance after the best turn and shift: numbering is right up to those, and never mirrored."""
    a, b = points_mm - points_mm.mean(axis=0), true_mm - true_mm.mean(axis=0)
    u, _, vt = np.linalg.svd(a.T @ b)
    assert np.linalg.det(u @ vt) > 0
    return float(np.abs(a @ (u @ vt) - b).max())


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("tilt", [(0.01, 0.02, 0.03), (0.45, 0.3, 0.4), (0.0, 0.1, 1.7)])
def test_middles_to_a_hundredth_of_a_pixel_in_any_pose(tilt, dark):
    made = camera(tilt, 120.0)
    view = find_board(dots_picture(GRID, 0.6, made.to_px, WIDTH, HEIGHT, dark=dark), BOARD)
    assert isinstance(view, BoardView)
    off, true_mm = matched(view, made)
    assert len(view.ids) == len(GRID)
    assert np.sqrt((off**2).mean()) < 0.006
    assert np.abs(off.mean(axis=0)).max() < 0.001
    assert rigid_misfit(view.points_mm, true_mm) < 1e-9
    assert view.sharpness == pytest.approx(1.0, abs=0.1)
    assert "half turn" in view.remark


def test_a_square_grid_says_quarter_turn_and_part_of_a_grid_that_it_is_part():
    grid = dots_mm(15, 15, 1.2)
    whole = find_board(
        dots_picture(grid, 0.6, camera((0, 0, 0.1)).to_px, WIDTH, HEIGHT), parse_board("dots:15x15:1.2mm")
    )
    assert isinstance(whole, BoardView)
    assert "quarter turn" in whole.remark
    assert whole.dot_mm == pytest.approx(0.6, rel=2e-3)  # measured, since it was not given
    made = camera((0.1, 0.1, 0.3), 60.0)
    part = find_board(dots_picture(grid, 0.6, made.to_px, WIDTH, HEIGHT), parse_board("dots:15x15:1.2mm"))
    assert isinstance(part, BoardView)
    assert "in view; which of them" in part.remark
    assert rigid_misfit(part.points_mm, matched(part, made, grid)[1]) < 1e-9


def test_missing_dots_dirt_marks_and_uneven_light_do_not_matter():
    rng = np.random.default_rng(3)
    kept = rng.random(len(GRID)) > 0.12
    diameters = np.where(np.arange(len(GRID)) == 142, 0.9, 0.6)  # a mark
    kept[142] = True
    made = camera((0.2, -0.2, 0.5), 115.0)
    picture = dots_picture(GRID[kept], diameters[kept], made.to_px, WIDTH, HEIGHT)
    for x, y in rng.uniform(50, 650, (25, 2)):
        cv2.circle(picture, (round(x), round(y)), int(rng.integers(1, 9)), 40, -1)
    cv2.line(picture, (100, 100), (700, 420), 60, 2)
    light = np.linspace(1.0, 0.7, WIDTH)[None, :] * np.linspace(0.9, 1.0, HEIGHT)[:, None]
    view = find_board((picture * light).astype(np.uint8), BOARD)
    assert isinstance(view, BoardView)
    off, true_mm = matched(view, made, GRID[kept])
    assert len(view.ids) > 0.8 * kept.sum() - 25
    assert rigid_misfit(view.points_mm, true_mm) < 1e-9
    assert np.median(np.hypot(*off.T)) < 0.02
    assert np.abs(off).max() < 0.3
    assert "another size" in view.remark
    assert not (np.hypot(*(true_mm - GRID[142]).T) < 1e-6).any()


def test_staggered_rows_as_opencv_counts_them():
    board = parse_board("dots-asym:4x11:1.2mm:0.8mm")
    grid = board.corners_mm()
    grid = grid - grid.mean(axis=0)
    made = camera((0.1, 0.2, 0.1))
    picture = dots_picture(grid, 0.8, made.to_px, WIDTH, HEIGHT)
    view = find_board(picture, board)
    assert isinstance(view, BoardView)
    assert sorted(view.ids.tolist()) == list(range(44))
    assert rigid_misfit(view.points_mm, matched(view, made, grid, 0.8)[1]) < 1e-9
    found, theirs = cv2.findCirclesGrid(picture, (4, 11), flags=cv2.CALIB_CB_ASYMMETRIC_GRID)
    assert found
    apart, _ = cKDTree(theirs.reshape(-1, 2)).query(view.points_px)
    assert apart.max() < 0.3


def test_opencv_finds_the_same_dots_less_exactly():
    made = camera((0.3, 0.1, 0.05), 115.0)
    picture = dots_picture(GRID, 0.6, made.to_px, WIDTH, HEIGHT)
    parameters = cv2.SimpleBlobDetector_Params()
    parameters.minDistBetweenBlobs, parameters.minArea = 5, 20
    blobs = cv2.SimpleBlobDetector_create(parameters)
    found, theirs = cv2.findCirclesGrid(picture, (19, 15), flags=cv2.CALIB_CB_SYMMETRIC_GRID, blobDetector=blobs)
    view = find_board(picture, BOARD)
    assert found
    assert isinstance(view, BoardView)
    truth = cKDTree(made.to_px(GRID) + eccentricity_px(GRID, 0.6, made.to_px))
    ours, opencv = (truth.query(points)[0] for points in (view.points_px, theirs.reshape(-1, 2)))
    assert np.sqrt((opencv**2).mean()) > 1.7 * np.sqrt((ours**2).mean())


@pytest.mark.parametrize(
    ("picture", "word"),
    [
        (np.full((400, 500), 128, np.uint8), "no grid"),
        (np.random.default_rng(0).integers(0, 255, (400, 500)).astype(np.uint8), "."),
        (dots_picture(GRID, 0.6, camera((0, 0, 0)).to_px, WIDTH, HEIGHT, psf_px=7.0), "."),
    ],
    ids=["nothing", "noise", "blurred"],
)
def test_what_shows_no_grid_is_refused_with_a_sentence(picture, word):
    found = find_board(picture, BOARD, name="A")
    assert isinstance(found, Refusal) or np.isfinite(found.points_px).all()
    if isinstance(found, Refusal):
        assert word == "." or word in found.sentence
        assert found.name == "A"


def test_more_dots_than_the_board_has_are_another_board():
    picture = dots_picture(GRID, 0.6, camera((0, 0, 0)).to_px, WIDTH, HEIGHT)
    found = find_board(picture, parse_board("dots:8x8:1.2mm"))
    assert isinstance(found, Refusal)
    assert "more than the board's 8 x 8" in found.sentence


def test_a_bent_lattice_with_strays_is_numbered_right():
    rng = np.random.default_rng(4)
    place = np.stack(np.meshgrid(np.arange(20), np.arange(14)), axis=-1).reshape(-1, 2)
    x, y = (place - [9.5, 6.5]).T * 30.0
    bend = 1 + 2e-7 * (x * x + y * y)
    points = np.column_stack([500 + x * bend + 0.1 * y, 400 + y * bend - 0.05 * x])
    keep = rng.random(len(points)) > 0.1
    strays = rng.uniform([200, 200], [800, 600], (15, 2))
    index, found = lattice(np.vstack([points[keep], strays]))
    ours = index < keep.sum()
    assert ours.mean() > 0.97
    shift = found[ours] - place[keep][index[ours]]
    assert (shift == shift[0]).all()
    assert len(lattice(points[:5])[0]) == 0


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared pictures are not beside the project")
class TestRealDots:
    """A printed dot pattern; the files hold the raw mosaic of a colour sensor."""

    @staticmethod
    def _mosaic(name: str) -> np.ndarray:
        (path,) = (DATA / "exposure").glob(f"*_{name}_*.tif")
        return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)

    @pytest.mark.parametrize("name", ["100ms", "250ms", "500ms"])
    def test_one_colour_of_the_mosaic_fits_a_plane_to_a_tenth_of_a_pixel(self, name):
        green = np.ascontiguousarray(self._mosaic(name)[0::2, 0::2])
        view = find_board(green, parse_board("dots:20x15:1mm"))
        assert isinstance(view, BoardView)
        assert len(view.ids) >= 18
        found = calibrate([view], green.shape[1], green.shape[0])
        assert found.model.rms_px < 0.1

    def test_the_raw_mosaic_is_not_measured_as_if_it_were_grey(self):
        assert isinstance(find_board(self._mosaic("500ms"), parse_board("dots:20x15:1mm")), Refusal)
