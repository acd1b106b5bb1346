"""A target as exact shapes in millimetres: what is dark, the bars that check the print's scale, and what stands beside.

The frame has its origin in the middle of the pattern, x right, y up.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from station.errors import InputError
from station.targets.cells import Loop, Point, cell_areas
from station.vision.boards import Board

PAPERS_MM = {"A4": (210.0, 297.0), "A3": (297.0, 420.0), "A2": (420.0, 594.0), "letter": (215.9, 279.4)}
_PRINTER_MM = 5.0  # that printers leave white at the border of a sheet
_BARS_MM = (200.0, 100.0, 50.0, 20.0, 10.0, 5.0, 2.0, 1.0)
_MOST_MM = 2000.0
_ROOM_TEXTS = 3.0  # heights of text that the bars and the name take beside the pattern


@dataclass(frozen=True, slots=True)
class Disc:
    """A dark disc."""

    center: Point
    diameter: float


@dataclass(frozen=True, slots=True)
class Area:
    """A dark area inside one closed loop of corners, without what its holes enclose."""

    outer: Loop
    holes: tuple[Loop, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text; `at` is its left end on the base line."""

    at: Point
    height: float
    text: str


@dataclass(frozen=True, slots=True)
class Target:
    """A sheet of `width_mm` x `height_mm` about the origin.

    `pattern` is what the camera is to see, `pattern_mm` its width and height;
    `bars` what a person checks with a rule or a microscope: crosshairs at the pattern's corners and scale bars, each
    `bar_mm` long (0 if there was no room).
    """

    name: str
    width_mm: float
    height_mm: float
    pattern: tuple[Disc | Area, ...]
    pattern_mm: tuple[float, float]
    bars: tuple[Area, ...] = ()
    labels: tuple[Label, ...] = ()
    bar_mm: float = 0.0
    notes: tuple[str, ...] = field(default_factory=tuple)


def board_target(board: Board, spec: str, *, paper: str | None = None) -> Target:
    """The board on a sheet: on paper of that name (turned if need be), or with just the margin that it needs.

    Raises:
        InputError: it does not fit.
    """
    pattern, width, height = _pattern(board)
    margin = _clear_mm(board) + _ROOM_TEXTS * _text_mm(board)
    need = width + 2 * margin, height + 2 * margin
    if max(need) > _MOST_MM:
        raise InputError(
            f"the board is {width:g} x {height:g} mm: larger than anything that is printed", place="--board"
        )
    sheet = need if paper is None else _on_paper(need, (width, height), paper)
    bars, labels, bar_mm = _beside(board, width, height, sheet, spec)
    return Target(spec, *sheet, pattern, (width, height), bars, labels, bar_mm, _notes(board, width, height))


def fitting_paper(board: Board) -> str:
    """The smallest paper on which the board can be printed with its scale bars.

    Raises:
        InputError: none is large enough.
    """
    _, width, height = _pattern(board)
    margin = _clear_mm(board) + _ROOM_TEXTS * _text_mm(board)
    for name in ("A4", "A3", "A2"):
        if _fits((width + 2 * margin, height + 2 * margin), name):
            return name
    raise InputError(f"the board is {width:g} x {height:g} mm: say --paper none, and have it made", place="--paper")


def rectangle(x: float, y: float, width: float, height: float) -> Loop:
    """Corners counter-clockwise from the lower left one."""
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


def _pattern(board: Board) -> tuple[tuple[Disc | Area, ...], float, float]:
    side = board.square_mm
    if board.kind in ("dots", "dots-asym"):
        corners = board.corners_mm()
        centres = corners - 0.5 * (corners.min(axis=0) + corners.max(axis=0))
        diameter = board.diameter_mm or 0.5 * side
        width, height = np.ptp(corners, axis=0) + diameter
        discs = tuple(Disc((round(float(x), 9), round(float(y), 9)), diameter) for x, y in centres)
        return discs, float(width), float(height)
    more = 1 if board.kind == "chessboard" else 0
    columns, rows = board.columns + more, board.rows + more
    left, top = -0.5 * columns * side, 0.5 * rows * side
    squares = [
        Area(rectangle(left + c * side, top - (r + 1) * side, side, side))
        for r in range(rows)
        for c in range(columns)
        if (r + c) % 2 == 0
    ]
    if board.kind == "charuco":
        squares += _markers(board, left, top)
    return tuple(squares), columns * side, rows * side


def _markers(board: Board, left: float, top: float) -> list[Area]:
    """The markers in the light squares, as OpenCV's board (4.6 and later) numbers them."""
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, board.dictionary))
    cells = int(dictionary.markerSize) + 2
    pitch, indent = board.marker_mm / cells, 0.5 * (board.square_mm - board.marker_mm)
    areas, number = [], 0
    for row in range(board.rows):
        for column in range(board.columns):
            if (row + column) % 2 == 0:
                continue
            image = np.asarray(cv2.aruco.generateImageMarker(dictionary, number, cells, borderBits=1))
            x0, y0 = left + column * board.square_mm + indent, top - row * board.square_mm - indent
            for outer, *holes in cell_areas(image == 0):
                placed = [_placed(loop, x0, y0, pitch) for loop in (outer, *holes)]
                areas.append(Area(placed[0], tuple(placed[1:])))
            number += 1
    return areas


def _placed(loop: Loop, x0: float, y0: float, pitch: float) -> Loop:
    return tuple((round(x0 + x * pitch, 9), round(y0 - y * pitch, 9)) for x, y in loop)


def _clear_mm(board: Board) -> float:
    """White between the pattern and what stands beside it: finders want it."""
    return board.square_mm if board.kind in ("dots", "dots-asym") else 0.5 * board.square_mm


def _text_mm(board: Board) -> float:
    return min(3.0, 0.5 * board.square_mm)


def _fits(size: tuple[float, float], paper: str) -> bool:
    room = [side - 2 * _PRINTER_MM for side in PAPERS_MM[paper]]
    return min(size) <= min(room) and max(size) <= max(room)


def _on_paper(need: tuple[float, float], size: tuple[float, float], paper: str) -> tuple[float, float]:
    if paper not in PAPERS_MM:
        raise InputError(f"the papers are {', '.join(PAPERS_MM)} or none, not {paper[:20]}", place="--paper")
    if not _fits(size, paper):
        raise InputError(f"the board is {size[0]:g} x {size[1]:g} mm and does not fit on {paper}", place="--paper")
    low, high = sorted(PAPERS_MM[paper])
    return (high, low) if need[0] > need[1] else (low, high)


def _beside(
    board: Board, width: float, height: float, sheet: tuple[float, float], spec: str
) -> tuple[tuple[Area, ...], tuple[Label, ...], float]:
    """Scale bars below and beside the pattern, crosshairs at its corners, and its name: all clear of the pattern."""
    clear, text = _clear_mm(board), _text_mm(board)
    stroke = min(0.2, 0.05 * board.square_mm)
    room = 0.5 * sheet[1] - 0.5 * height - clear, 0.5 * sheet[0] - 0.5 * width - clear
    bars: list[Area] = []
    labels: list[Label] = []
    fitting = [b for b in _BARS_MM if b <= 0.9 * min(width, height)]
    bar_mm = fitting[0] if fitting and room[0] >= _ROOM_TEXTS * text - 1e-9 else 0.0
    below = -0.5 * height - clear
    if bar_mm:
        tick = 0.8 * text
        bars += _bar(bar_mm, -0.5 * width, below - tick, tick, stroke)
        labels.append(Label((-0.5 * width + bar_mm + 0.6 * text, below - tick), text, f"{bar_mm:g} mm"))
        if room[1] > tick:
            for area in _bar(bar_mm, -0.5 * height, 0.5 * width + clear, tick, stroke):
                bars.append(Area(tuple((y, x) for x, y in reversed(area.outer))))
        name = f"{spec} · print at 100 %"
        labels.append(Label((-0.5 * width, below - tick - 1.6 * text), text, name))
    arm = min(0.5 * board.square_mm, 3.0)
    if min(room) > arm:
        for sx in (-1, 1):
            for sy in (-1, 1):
                x, y = sx * (0.5 * width + clear), sy * (0.5 * height + clear)
                if bar_mm and (sy < 0 or sx > 0):
                    continue  # there the bars' ends serve
                bars.append(_cross(x, y, arm, stroke))
    return tuple(bars), tuple(labels), bar_mm


def _bar(length: float, x: float, y: float, tick: float, stroke: float) -> list[Area]:
    """A rule from x on: one area whose outer edges of the first and last tick are `length` apart."""
    inner = [x + length * k / 10.0 - 0.5 * stroke for k in range(1, 10)]
    top = [(x + length, y + tick), (x + length - stroke, y + tick), (x + length - stroke, y + stroke)]
    for at in reversed(inner):
        top += [(at + stroke, y + stroke), (at + stroke, y + 0.6 * tick), (at, y + 0.6 * tick), (at, y + stroke)]
    top += [(x + stroke, y + stroke), (x + stroke, y + tick), (x, y + tick)]
    return [Area(((x, y), (x + length, y), *top))]


def _cross(x: float, y: float, arm: float, stroke: float) -> Area:
    s, a = 0.5 * stroke, 0.5 * arm
    corners = (
        (-s, -a),
        (s, -a),
        (s, -s),
        (a, -s),
        (a, s),
        (s, s),
        (s, a),
        (-s, a),
        (-s, s),
        (-a, s),
        (-a, -s),
        (-s, -s),
    )
    return Area(tuple((x + dx, y + dy) for dx, dy in corners))


def _notes(board: Board, width: float, height: float) -> tuple[str, ...]:
    tolerance = max(0.0002, min(0.05, 1e-4 * max(width, height)))
    return (
        f"Pattern {width:g} x {height:g} mm, pitch {board.square_mm:g} mm. Dark where the areas are closed; "
        "tone, side of the coating and mirroring to be confirmed before it is made.",
        f"Places of all edges and middles within {1000 * tolerance:.3g} um over the whole pattern; edges to 0.001 mm "
        "or 1/500 of the pitch, whichever is larger; no pinhole or speck larger than 1/20 of the pitch.",
        "Certificate: measured pitch in x and y over the longest span, squareness, temperature of measurement, "
        "expanded uncertainty (k = 2), traceable (ISO/IEC 17025).",
    )
