"""Small pieces of a face (one code, one letter, one defect) drawn on a grid of their own: how bright, how steep.

A stamp is drawn much finer than the picture and then blurred as lens and pixel do, so that it can be sampled anywhere.
Brightness is what the material itself does; the slopes are what every lamp shows in its own way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from station.order.geometry import Point
from station.twin.dot_letters import matrix_dots
from station.twin.lettering import Line, draw
from station.twin.letters import Letter, font
from station.twin.marks import CodeMark, DefectKind, FaceDefect, MarkStyle
from station.twin.modules import code_modules

Layer: TypeAlias = NDArray[np.float32]

CELLS_PER_PX = 2
FINER = 4  # drawn so many times finer than the cells,
MOST_CELLS = 4096  # while no side of the drawing is longer than this
SOFT_EDGE = 0.06  # of what a laser marked, of a module's or a letter's stroke
CRATER = 0.9  # diameter of a peened dot, of the dots' pitch
STROKE = 0.18  # of a letter, in its height


Piece: TypeAlias = CodeMark | Letter | FaceDefect


@dataclass(frozen=True, slots=True, eq=False)
class Stamp:
    """`layers` (4, rows, columns): the brightness, 1 = as the face around it, and of what is lit by it how steep it is
    and its slopes to the right and up. Cell (0, 0) has its middle at `corner_mm`, rows run down."""

    corner_mm: Point
    cell_mm: float
    layers: NDArray[np.float32]

    @property
    def outline_mm(self) -> NDArray[np.float64]:
        """Its four corners (4, 2)."""
        (x, y), (rows, columns) = self.corner_mm, self.layers.shape[1:]
        right, low = x + (columns - 1) * self.cell_mm, y - (rows - 1) * self.cell_mm
        return np.array([(x, y), (right, y), (right, low), (x, low)])


@lru_cache(maxsize=512)
def stamp_of(piece: Piece, mm_per_px: float, sigma_px: float) -> Stamp:
    """The piece as a lens of this blur and pixels of this size show it. A code and a letter lie upright about (0, 0), a
    defect lies where it is.

    Raises:
        InputError: a code that cannot be made, a letter that the twin cannot write.
    """
    canvas = _canvas(piece, mm_per_px, sigma_px)
    match piece:
        case CodeMark():
            brightness, height = _code(piece, canvas)
        case Letter():
            brightness, height = _letter(piece, canvas)
        case FaceDefect():
            brightness, height = _defect(piece, canvas)
    right, down = (np.zeros_like(brightness),) * 2
    if height is not None:
        right, down = np.gradient(height, axis=1), np.gradient(height, axis=0)
    layers = [brightness, brightness * np.hypot(right, down), brightness * right, -brightness * down]
    # Of the blur, the drawing's own cells and the sampling between them make up 1/16 px² already.
    sigma = CELLS_PER_PX * math.sqrt(max(sigma_px**2 + 1 / 12 - 1 / 16, 0.01))
    coarse = [
        cv2.resize(one, None, fx=1 / canvas.finer, fy=1 / canvas.finer, interpolation=cv2.INTER_AREA) for one in layers
    ]
    border = (cv2.BORDER_REPLICATE, *(cv2.BORDER_CONSTANT,) * 3)
    blurred = [cv2.GaussianBlur(one, (0, 0), sigma, borderType=edge) for one, edge in zip(coarse, border, strict=True)]
    half = (canvas.finer - 1) / 2 * canvas.fine_mm
    corner = (canvas.left_mm + half, canvas.top_mm - half)
    return Stamp(corner, canvas.fine_mm * canvas.finer, np.stack(blurred).astype(np.float32))


@dataclass(frozen=True, slots=True)
class _Canvas:
    """The fine grid: the middle of its cell (0, 0), its cells' side, how many of them make a coarse one."""

    left_mm: float
    top_mm: float
    fine_mm: float
    finer: int
    rows: int
    columns: int

    def cells(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (n, 2) as (column, row)."""
        return np.stack([points_mm[:, 0] - self.left_mm, self.top_mm - points_mm[:, 1]], axis=1) / self.fine_mm

    def filled(self, polygons_mm: list[NDArray[np.float64]]) -> Layer:
        """1 where a polygon covers or its outline passes, 0 elsewhere (rows, columns)."""
        mask = np.zeros((self.rows, self.columns), np.uint8)
        for polygon in polygons_mm:
            cv2.fillPoly(mask, [np.rint(self.cells(polygon) * 256).astype(np.int32)], 1, shift=8)
        return mask.astype(np.float32)


def _canvas(piece: Piece, mm_per_px: float, sigma_px: float) -> _Canvas:
    match piece:
        case CodeMark():
            half = 0.75 * piece.size_mm
            low, high = np.array([-half, -half]), np.array([half, half])
        case Letter():
            low, high = piece.height_mm * np.array([-0.9, -0.5]), piece.height_mm * np.array([0.9, 1.5])
        case FaceDefect():
            outline = np.asarray(piece.outline_mm)
            low, high = outline.min(axis=0), outline.max(axis=0)
    margin = (4.0 * sigma_px + 2.0) * mm_per_px
    cell = mm_per_px / CELLS_PER_PX
    columns, rows = (math.ceil(float(side) / cell) for side in high - low + 2 * margin)
    finer = max(1, min(FINER, MOST_CELLS // max(rows, columns)))
    fine = cell / finer
    left, top = float(low[0]) - margin + fine / 2, float(high[1]) + margin - fine / 2
    return _Canvas(left, top, fine, finer, rows * finer, columns * finer)


def _code(code: CodeMark, canvas: _Canvas) -> tuple[Layer, Layer | None]:
    modules = code_modules(code.symbology, code.content, code.gs1)
    if code.inverted:
        modules = np.pad(~modules, 1, constant_values=True)
    rows, columns = modules.shape
    rim = 2 if code.inverted else 0
    pitch = code.size_mm / (max(rows, columns) - rim)
    at = [(x, y) for y, x in np.argwhere(modules)]
    middles = np.array([((x + 0.5 - columns / 2) * pitch, (rows / 2 - y - 0.5) * pitch) for x, y in at])
    if code.style is MarkStyle.PEENED:
        return _flat(canvas), _craters(middles, CRATER * pitch, code.contrast, canvas)
    side = pitch / 2 * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    mask = canvas.filled([middle + side for middle in middles])
    return _marked(mask, code.style, code.contrast, pitch, canvas)


def _letter(letter: Letter, canvas: _Canvas) -> tuple[Layer, Layer | None]:
    if letter.style is MarkStyle.PEENED:
        dots = matrix_dots(letter.character, Line((0.0, 0.0), 1.0))
        middles = letter.height_mm * (dots.points_px - (2 * dots.pitch_px, 0.0)) * (1.0, -1.0)
        return _flat(canvas), _craters(middles, CRATER * dots.pitch_px * letter.height_mm, letter.contrast, canvas)
    face = font(letter.style)
    glyph = face.glyph(letter.character)
    assert glyph is not None, "the letter was placed by its width"
    cap = letter.height_mm / canvas.fine_mm
    x, y = canvas.cells(np.zeros((1, 2)))[0]
    line = Line((float(x) - glyph.advance / 2 * cap, float(y)), cap)
    mask = draw(letter.character, face, line, (canvas.rows, canvas.columns)).mask
    return _marked(mask, letter.style, letter.contrast, STROKE * letter.height_mm, canvas)


def _defect(defect: FaceDefect, canvas: _Canvas) -> tuple[Layer, Layer | None]:
    """A scratch and a dent are hollow, a burr stands up; a pit is hollow and dark, a stain only discoloured."""
    mask = canvas.filled([np.asarray(defect.outline_mm)])
    if defect.kind is DefectKind.STAIN:
        return np.float32(1.0) + np.float32(defect.contrast) * mask, None
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    reach = float(depth.max())
    if defect.kind is DefectKind.DENT:  # a shallow cap, steepest at its rim
        return _flat(canvas), -abs(defect.contrast) / 2 * (reach - (reach - depth) ** 2 / max(reach, 1.0)) * mask
    height = np.float32(abs(defect.contrast)) * depth
    if defect.kind is DefectKind.PIT:
        return np.float32(1.0) + np.float32(defect.contrast) * mask, -np.minimum(height, 0.3 * reach)
    return _flat(canvas), height if defect.kind is DefectKind.BURR else -height


def _flat(canvas: _Canvas) -> Layer:
    return np.ones((canvas.rows, canvas.columns), np.float32)


def _marked(
    mask: Layer, style: MarkStyle, contrast: float, stroke_mm: float, canvas: _Canvas
) -> tuple[Layer, Layer | None]:
    """A groove whose flanks are as steep as the contrast says, or a discoloured place."""
    if style is MarkStyle.ENGRAVED:
        depth = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
        return _flat(canvas), -np.float32(abs(contrast)) * depth
    if style is MarkStyle.LASER:
        soft = cv2.GaussianBlur(mask, (0, 0), max(0.3, SOFT_EDGE * stroke_mm / canvas.fine_mm))
        return np.asarray(1.0 + contrast * soft, np.float32), None
    return np.asarray(1.0 + contrast * mask, np.float32), None


def _craters(middles_mm: NDArray[np.float64], diameter_mm: float, contrast: float, canvas: _Canvas) -> Layer:
    """Round hollows, level in the middle (a highlight) and steepest at the rim."""
    height = np.zeros((canvas.rows, canvas.columns), np.float32)
    radius = diameter_mm / 2 / canvas.fine_mm
    for x, y in canvas.cells(middles_mm):
        left, top = max(0, math.floor(x - radius)), max(0, math.floor(y - radius))
        right, low = min(canvas.columns, math.ceil(x + radius) + 1), min(canvas.rows, math.ceil(y + radius) + 1)
        u, v = np.arange(left, right) - x, (np.arange(top, low) - y)[:, None]
        cap = np.maximum(1.0 - (u**2 + v**2) / radius**2, 0.0)
        height[top:low, left:right] = np.minimum(height[top:low, left:right], -abs(contrast) * radius / 2 * cap)
    return height
