"""Calibration boards: what a specification says, and where a picture shows its corners or dots.

Specifications: ``chessboard:14x10:15mm`` counts inner corners; ``charuco:20x20:4mm:3.2mm:DICT_4X4_1000`` counts
squares and gives the squares' and the markers' sides; ``dots:25x25:1mm:0.5mm`` counts dots and gives their pitch and,
if it is known, their diameter; ``dots-asym:4x11:2mm`` is OpenCV's grid of staggered rows, 4 dots in each of 11 rows
that lie 2 mm apart. The board's frame is in mm, x along its columns, y against its rows (up in an upright picture),
so that it is right-handed with z towards the camera.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from station.errors import ImageError, InputError
from station.vision.dots import find_grid
from station.vision.picture import picture_from

Floats: TypeAlias = NDArray[np.float64]
Gray: TypeAlias = NDArray[np.uint8]

MAX_SQUARES = 200
MIN_CORNERS = 12
BLURRED_PX = 3.0
_NUMBER = r"(\d{1,4}(?:\.\d{1,6})?)"
_CHESSBOARD = re.compile(rf"chessboard:(\d{{1,3}})x(\d{{1,3}}):{_NUMBER}mm")
_DOTS = re.compile(rf"(dots|dots-asym):(\d{{1,3}})x(\d{{1,3}}):{_NUMBER}mm(?::{_NUMBER}mm)?")
_CHARUCO = re.compile(rf"charuco:(\d{{1,3}})x(\d{{1,3}}):{_NUMBER}mm:{_NUMBER}mm:(DICT_\w{{3,20}})")
FORMS = ("chessboard:14x10:15mm", "charuco:20x20:4mm:3.2mm:DICT_4X4_1000", "dots:25x25:1mm:0.5mm", "dots-asym:4x11:2mm")
# A saddle's neighbourhood for refinement, in squares: the widest that stays clear of the neighbours' edges.
_REFINE_SQUARES = 0.18


@dataclass(frozen=True, slots=True)
class Board:
    """A printed board; `columns` and `rows` count what the specification counts (see the module).

    `square_mm` is the side of a square or the pitch of dots, `diameter_mm` that of the dots (0: to be measured).
    """

    kind: Literal["chessboard", "charuco", "dots", "dots-asym"]
    columns: int
    rows: int
    square_mm: float
    marker_mm: float = 0.0
    dictionary: str = ""
    diameter_mm: float = 0.0

    @property
    def corner_grid(self) -> tuple[int, int]:
        """Inner corners or dots (across, down)."""
        less = 1 if self.kind == "charuco" else 0
        return self.columns - less, self.rows - less

    def corners_mm(self) -> Floats:
        """(n, 2): every inner corner or dot by its id (row by row from the top left), in mm from the first."""
        across, down = self.corner_grid
        row, column = np.divmod(np.arange(across * down), across)
        if self.kind == "dots-asym":
            column = 2 * column + row % 2
        return np.column_stack([column * self.square_mm, -row * self.square_mm])


@dataclass(frozen=True, slots=True, eq=False)
class BoardView:
    """A board as one picture shows it.

    Attributes:
        points_px: (n, 2) sub-pixel corners.
        points_mm: (n, 2) the same corners on the board.
        ids: (n,) their ids.
        sharpness: 1 / px: the reciprocal of the corners' median edge blur (sigma of a Gaussian), at most about 2.
        name: whatever the caller calls the picture.
        dot_mm: diameter of the dots whose middles the points are; 0 for corners.
        remark: what a person should know of how the board was found, in sentences.
    """

    points_px: Floats
    points_mm: Floats
    ids: NDArray[np.int64]
    sharpness: float
    name: str = ""
    dot_mm: float = 0.0
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a picture does not serve; `corners` is how many were found."""

    reason: Literal["blurred", "too few corners", "nothing found"]
    corners: int
    sentence: str
    name: str = ""


def parse_board(spec: str) -> Board:
    """The board a specification describes.

    Raises:
        InputError: one sentence.
    """
    text = spec.strip()
    if match := _CHESSBOARD.fullmatch(text):
        board = Board("chessboard", int(match[1]), int(match[2]), float(match[3]))
    elif match := _CHARUCO.fullmatch(text):
        board = Board("charuco", int(match[1]), int(match[2]), float(match[3]), float(match[4]), match[5])
    elif match := _DOTS.fullmatch(text):
        kind: Literal["dots", "dots-asym"] = "dots" if match[1] == "dots" else "dots-asym"
        board = Board(kind, int(match[2]), int(match[3]), float(match[4]), diameter_mm=float(match[5] or 0))
    else:
        raise InputError(f"the board {spec[:80]!r} is not of the form {', '.join(FORMS[:-1])} or {FORMS[-1]}")
    if not 3 <= min(board.columns, board.rows) <= max(board.columns, board.rows) <= MAX_SQUARES:
        raise InputError(f"a board of {board.columns}x{board.rows} is outside 3x3 to {MAX_SQUARES}x{MAX_SQUARES}")
    if board.square_mm <= 0:
        raise InputError("a board's squares are larger than nothing")
    if board.kind == "charuco":
        if not 0 < board.marker_mm < board.square_mm:
            raise InputError("a board's markers are smaller than its squares and larger than nothing")
        needed, held = board.columns * board.rows // 2, len(_dictionary(board.dictionary).bytesList)
        if needed > held:
            raise InputError(f"the board needs {needed} markers, but {board.dictionary} holds {held}")
    between = board.square_mm * (math.sqrt(2.0) if board.kind == "dots-asym" else 1.0)
    if board.diameter_mm >= between:
        raise InputError("a board's dots are smaller than their pitch")
    return board


def find_board(image: NDArray[np.generic], board: Board, *, name: str = "") -> BoardView | Refusal:
    """The board's corners or dots in a picture: grey, colour (BGR or BGRA), 8 or 16 bits.

    Chessboards: Duda and Frese, "Accurate detection and localization of checkerboard corners" (2018) as OpenCV has
    it, with the classic detector as the second try; then OpenCV's gradient-orthogonality refinement. ChArUco boards:
    OpenCV's detector, with the pattern of its versions before or since 4.6, whichever explains more corners. Grids of
    dots: `station.vision.dots`.

    Raises:
        ImageError: when the array is not a picture.
    """
    gray = _to_gray(image)
    if board.kind in ("dots", "dots-asym"):
        return _dots(gray, image, board, name)
    points, ids = _chessboard(gray, board) if board.kind == "chessboard" else _charuco(gray, board)
    if len(points) < MIN_CORNERS:
        blur = _blur_px(gray, None)
        if BLURRED_PX < blur < np.inf:
            return Refusal("blurred", len(points), f"the picture is blurred over about {blur:.1f} px", name)
        if len(points) == 0:
            return Refusal("nothing found", 0, "the picture shows no such board", name)
        sentence = f"only {len(points)} of the {MIN_CORNERS} corners needed were found"
        return Refusal("too few corners", len(points), sentence, name)
    return BoardView(points, board.corners_mm()[ids], ids, 1.0 / _blur_px(gray, points), name)


def _dots(gray: Gray, image: NDArray[np.generic], board: Board, name: str) -> BoardView | Refusal:
    picture = picture_from(image) if image.dtype in (np.uint8, np.uint16) else picture_from(gray)
    found = find_grid(picture, gray, (board.columns, board.rows), staggered=board.kind == "dots-asym")
    if isinstance(found, str):
        blur = _blur_px(gray, None)
        if BLURRED_PX < blur < np.inf:
            return Refusal("blurred", 0, f"the picture is blurred over about {blur:.1f} px, and {found}", name)
        return Refusal("nothing found", 0, found, name)
    count = len(found.points_px)
    if count < MIN_CORNERS:
        sentence = f"only {count} of the {MIN_CORNERS} dots needed were found"
        return Refusal("too few corners", count, sentence, name)
    measured_mm = found.diameter_pitches * board.square_mm
    remark = found.remark
    if board.diameter_mm and not 0.8 < measured_mm / board.diameter_mm < 1.25:
        remark += f"; the dots measure {measured_mm:.4g} mm where {board.diameter_mm:g} mm were given"
    points_mm = found.grid * np.array([board.square_mm, -board.square_mm])
    ids = found.grid[:, 1] * board.columns + found.grid[:, 0] // (2 if board.kind == "dots-asym" else 1)
    diameter_mm = board.diameter_mm or measured_mm
    return BoardView(found.points_px, points_mm, ids, 1.0 / found.blur_px, name, diameter_mm, remark)


def _chessboard(gray: Gray, board: Board) -> tuple[Floats, NDArray[np.int64]]:
    across, down = board.corner_grid
    found, corners = cv2.findChessboardCornersSB(gray, (across, down), flags=cv2.CALIB_CB_NORMALIZE_IMAGE)
    if not found:
        flags = cv2.CALIB_CB_ADAPTIVE_THRESH | cv2.CALIB_CB_NORMALIZE_IMAGE | cv2.CALIB_CB_FAST_CHECK
        found, corners = cv2.findChessboardCorners(gray, (across, down), flags=flags)
    if not found or corners is None or corners.size != 2 * across * down:
        return np.empty((0, 2)), np.empty(0, dtype=np.int64)
    grid = np.asarray(corners, dtype=np.float32).reshape(down, across, 2)
    along_row, along_column = np.diff(grid, axis=1).mean(axis=(0, 1)), np.diff(grid, axis=0).mean(axis=(0, 1))
    if along_row[0] * along_column[1] - along_row[1] * along_column[0] < 0:
        grid = grid[::-1]  # numbered in the mirror; the board is the same either way
    side = min(
        float(np.linalg.norm(np.diff(grid, axis=0), axis=2).min()),
        float(np.linalg.norm(np.diff(grid, axis=1), axis=2).min()),
    )
    half = max(2, round(_REFINE_SQUARES * side))
    points = np.ascontiguousarray(grid.reshape(-1, 1, 2))
    refined = cv2.cornerSubPix(
        gray, points, (half, half), (-1, -1), (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 100, 1e-4)
    )
    return np.asarray(refined, dtype=np.float64).reshape(-1, 2), np.arange(across * down)


def _charuco(gray: Gray, board: Board) -> tuple[Floats, NDArray[np.int64]]:
    best_points, best_ids = np.empty((0, 2)), np.empty(0, dtype=np.int64)
    for legacy in (False, True):
        layout = cv2.aruco.CharucoBoard(
            (board.columns, board.rows), board.square_mm, board.marker_mm, _dictionary(board.dictionary)
        )
        layout.setLegacyPattern(legacy)
        corners, ids, _, markers = cv2.aruco.CharucoDetector(layout).detectBoard(gray)
        if ids is not None and len(ids) > len(best_ids):
            best_points = np.asarray(corners, dtype=np.float64).reshape(-1, 2)
            best_ids = np.asarray(ids, dtype=np.int64).ravel()
        if markers is None or 2 * len(best_ids) > len(markers):
            break
    return best_points, best_ids


def _dictionary(name: str) -> cv2.aruco.Dictionary:
    number = getattr(cv2.aruco, name, None)
    if not isinstance(number, int):
        raise InputError(f"there is no marker dictionary {name[:40]}")
    return cv2.aruco.getPredefinedDictionary(number)


def _blur_px(gray: Gray, points: Floats | None) -> float:
    """Sigma of the Gaussian that an ideal edge's height and steepest slope stand for: height / (sqrt(2 pi) slope).

    The median over windows about the points, or over a grid of windows with contrast; infinite without any contrast.
    """
    height, width = gray.shape
    if points is None:
        x, y = np.meshgrid(np.linspace(0, width - 1, 18)[1:-1], np.linspace(0, height - 1, 14)[1:-1])
        centres, reach, least = np.column_stack([x.ravel(), y.ravel()]), 24, 30.0
    else:
        centres, reach, least = points, 8, 5.0
    blurs = []
    for x0, y0 in np.rint(centres).astype(int):
        window = gray[max(0, y0 - reach) : y0 + reach + 1, max(0, x0 - reach) : x0 + reach + 1].astype(np.float64)
        if min(window.shape) < 5:
            continue
        low, high = np.percentile(window, [5, 95])
        if high - low < least:
            continue
        slope_y, slope_x = np.gradient(window)
        steepest = float(np.percentile(np.hypot(slope_x, slope_y), 98))
        blurs.append((high - low) / (np.sqrt(2 * np.pi) * max(steepest, 1e-3)))
    return float(np.median(blurs)) if blurs else np.inf


def _to_gray(image: NDArray[np.generic]) -> Gray:
    if image.ndim not in (2, 3) or min(image.shape[:2]) < 16 or (image.ndim == 3 and image.shape[2] not in (1, 3, 4)):
        raise ImageError(f"an array of the shape {image.shape} is not a picture")
    if image.dtype not in (np.uint8, np.uint16, np.float32, np.float64):
        raise ImageError(f"a picture of {image.dtype} is not supported")
    deep = image.astype(np.float32)
    if not np.isfinite(deep).all():
        raise ImageError("the picture holds values that are not finite")
    if deep.ndim == 3:
        deep = deep[:, :, 0] if deep.shape[2] == 1 else np.asarray(cv2.cvtColor(deep[:, :, :3], cv2.COLOR_BGR2GRAY))
    if image.dtype != np.uint8:
        low, high = np.percentile(deep, [0.1, 99.9])
        deep = (deep - low) * (255.0 / max(high - low, 1e-12))
    return np.ascontiguousarray(np.clip(np.rint(deep), 0, 255), dtype=np.uint8)
