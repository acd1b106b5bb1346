"""Letters as a machine cuts, burns or peens them: a mask (h, w) of what is marked, 0 to 1, on a line or along an arc.

A face holds glyphs whose capitals are 1 high, drawn from an outline font (TrueType, OpenType), or from a single-stroke
font of Hershey's as engravers' machines use them. Glyphs are kept in several sizes, so that a line costs little.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.float32]

_FINE_PX = 64  # height of a capital in the largest size of a glyph
_PAD = 6  # px around a glyph, in every size
_LEVELS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Glyph:
    """One character: `sizes` are masks of it with capitals 64, 32, 16, 8 px high; `left`, `top` where their corner lies
    and `advance` how far the next one is, in heights of a capital, y down from the baseline."""

    sizes: tuple[Mask, ...]
    left: float
    top: float
    advance: float


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A font that is ready to be drawn: `file`, and how much thicker its strokes are, in heights of a capital; a
    single-stroke font's thickness itself."""

    file: Path
    weight: float = 0.0
    _glyphs: dict[str, Glyph | None] = field(default_factory=dict, repr=False)

    def glyph(self, letter: str) -> Glyph | None:
        """The glyph of a letter, None where the font has none."""
        if letter not in self._glyphs:
            draw = _stroked if self.file.suffix == ".jhf" else _outlined
            self._glyphs[letter] = draw(self.file, letter, self.weight)
        return self._glyphs[letter]

    def can(self, text: str) -> bool:
        """Whether the font has all the letters of `text`."""
        return all(self.glyph(letter) is not None for letter in text)


@dataclass(frozen=True, slots=True)
class Line:
    """Where a line stands in a picture, pixels: the baseline begins at `start_px`, capitals are `cap_px` high, letters
    `tracking` (heights of a capital) further apart than the font has them and `stretch` times as wide. Straight in
    `angle_deg` (clockwise in the picture), or, with a radius, along a circle: letters' tops point away from its middle
    for a positive one, towards it for a negative one."""

    start_px: tuple[float, float]
    cap_px: float
    angle_deg: float = 0.0
    tracking: float = 0.0
    stretch: float = 1.0
    radius_px: float | None = None
    slant: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Letters:
    """What was drawn: `mask` (h, w), and `middles_px` (n, 2) of the letters' boxes at half the height of a capital;
    spaces have one too."""

    mask: Mask
    middles_px: Floats


def length_caps(text: str, face: Face, tracking: float = 0.0, stretch: float = 1.0) -> float:
    """How long the line is, in heights of a capital."""
    return stretch * sum(g.advance + tracking for g in map(face.glyph, text) if g is not None)


def draw(text: str, face: Face, line: Line, shape: tuple[int, int]) -> Letters:
    """`text` as a mask of this shape; letters that the font does not have are left out."""
    mask = np.zeros(shape, np.float32)
    middles = []
    for letter, along in _laid(text, face, line):
        glyph = face.glyph(letter)
        assert glyph is not None
        middle = along + 0.5 * line.stretch * glyph.advance
        turn = frame(line, middle)
        middles.append(turn @ (0.0, -0.5, 1.0))
        if letter != " ":
            _paste(mask, glyph, turn, -0.5 * line.stretch * glyph.advance, line)
    return Letters(mask, np.array(middles, np.float64).reshape(-1, 2))


def frame(line: Line, along_caps: float) -> Floats:
    """(2, 3): from (x, y) around the point of the baseline at `along_caps`, in capitals, y down, to pixels."""
    cap = line.cap_px
    if line.radius_px is None:
        angle = np.deg2rad(line.angle_deg)
        where = np.array(line.start_px) + cap * along_caps * np.array([np.cos(angle), np.sin(angle)])
    else:
        begin = np.deg2rad(line.angle_deg)
        angle = begin + cap * along_caps / line.radius_px
        middle = np.array(line.start_px) - line.radius_px * np.array([np.sin(begin), -np.cos(begin)])
        where = middle + line.radius_px * np.array([np.sin(angle), -np.cos(angle)])
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[cap * c, -cap * s, where[0]], [cap * s, cap * c, where[1]]])


def _laid(text: str, face: Face, line: Line) -> Iterator[tuple[str, float]]:
    along = 0.0
    for letter in text:
        glyph = face.glyph(letter)
        if glyph is not None:
            yield letter, along
            along += line.stretch * (glyph.advance + line.tracking)


def _paste(mask: Mask, glyph: Glyph, turn: Floats, left: float, line: Line) -> None:
    """Add a glyph, from the size next above the one asked for."""
    level = int(np.clip(np.floor(np.log2(_FINE_PX / line.cap_px)), 0, _LEVELS - 1))
    image, size = glyph.sizes[level], _FINE_PX / 2**level
    # from the glyph's pixels to capitals; pixel centres are whole numbers in both pictures
    x0, y0 = left + line.stretch * (glyph.left - (_PAD - 0.5) / size), glyph.top - (_PAD - 0.5) / size
    inner = np.array([[line.stretch / size, -line.slant / size, x0 - line.slant * y0], [0.0, 1 / size, y0], [0, 0, 1]])
    to_picture = turn @ inner
    h, w = image.shape
    corners = to_picture @ np.array([[0, w, 0, w], [0, 0, h, h], [1, 1, 1, 1]], float)
    low = np.maximum(np.floor(corners.min(1)).astype(int), 0)
    high = np.minimum(np.ceil(corners.max(1)).astype(int) + 1, mask.shape[::-1])
    if (high <= low).any():
        return
    to_picture[:, 2] -= low
    drawn = cv2.warpAffine(image, to_picture, (int(high[0] - low[0]), int(high[1] - low[1])), flags=cv2.INTER_LINEAR)
    window = mask[low[1] : high[1], low[0] : high[0]]
    np.maximum(window, drawn, out=window)


def _sizes(fine: NDArray[np.uint8], left_px: float, top_px: float, advance: float) -> Glyph:
    """The glyph from its largest picture, whose corner is at (left, top)."""
    h, w = -(-fine.shape[0] // 8) * 8, -(-fine.shape[1] // 8) * 8
    whole = np.zeros((h, w), np.float32)
    whole[: fine.shape[0], : fine.shape[1]] = fine / np.float32(255)
    sizes = []
    for level in range(_LEVELS):
        k = 2**level
        small = cv2.resize(whole, (w // k, h // k), interpolation=cv2.INTER_AREA)
        sizes.append(cv2.copyMakeBorder(small, _PAD, _PAD, _PAD, _PAD, cv2.BORDER_CONSTANT, value=0))
    return Glyph(tuple(np.asarray(s, np.float32) for s in sizes), left_px / _FINE_PX, top_px / _FINE_PX, advance)


def _outlined(file: Path, letter: str, weight: float) -> Glyph | None:
    from PIL import Image, ImageDraw

    font = _font(file)
    advance = font.getlength(letter) / _FINE_PX
    if letter.isspace():
        return _sizes(np.zeros((8, 8), np.uint8), 0, 0, advance)
    if _looks(font, letter) == _looks(font, "\uffff"):
        return None
    x0, y0, x1, y1 = font.getbbox(letter, anchor="ls")
    if x1 <= x0 or y1 <= y0 or max(x1 - x0, y1 - y0) > 6 * _FINE_PX:
        return None
    more = max(0, int(np.ceil(weight * _FINE_PX))) + 1
    image = Image.new("L", (int(x1 - x0) + 2 * more, int(y1 - y0) + 2 * more))
    ImageDraw.Draw(image).text((more - x0, more - y0), letter, font=font, fill=255, anchor="ls")
    fine = np.asarray(image, np.uint8)
    radius = round(abs(weight) * _FINE_PX / 2)
    if radius:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        fine = np.asarray((cv2.dilate if weight > 0 else cv2.erode)(fine, kernel), np.uint8)
    return _sizes(fine, x0 - more, y0 - more, advance)


def _looks(font: object, letter: str) -> bytes:
    return bytes(font.getmask(letter))  # type: ignore[attr-defined]


@lru_cache(maxsize=256)
def _font(file: Path):  # type: ignore[no-untyped-def]
    """The font at the size at which its H is 64 px high."""
    from PIL import ImageFont

    probe = ImageFont.truetype(str(file), 200)
    _, top, _, bottom = probe.getbbox("H", anchor="ls")
    return ImageFont.truetype(str(file), 200 * _FINE_PX / max(bottom - top, 1))


def _stroked(file: Path, letter: str, weight: float) -> Glyph | None:
    strokes = hershey(file).get(letter)
    if strokes is None:
        return None
    if not strokes.lines:
        return _sizes(np.zeros((8, 8), np.uint8), 0, 0, strokes.advance)
    thick = max(2, round(weight * _FINE_PX))
    points = np.concatenate(strokes.lines) * _FINE_PX
    low = np.floor(points.min(0)).astype(int) - thick
    w, h = np.ceil(points.max(0)).astype(int) + thick + 1 - low
    fine = np.zeros((int(h), int(w)), np.uint8)
    for polyline in strokes.lines:
        at = np.round((polyline * _FINE_PX - low) * 16).astype(np.int32)
        cv2.polylines(fine, [at.reshape(-1, 1, 2)], False, 255, thick, cv2.LINE_AA, 4)
    return _sizes(fine, low[0], low[1], strokes.advance)


@dataclass(frozen=True, slots=True, eq=False)
class Strokes:
    """A letter as pen strokes: polylines (n, 2) and the advance, in heights of a capital, y down from the baseline."""

    lines: tuple[Floats, ...]
    advance: float


@lru_cache(maxsize=32)
def hershey(file: Path) -> dict[str, Strokes]:
    """A font of Hershey's in the format of the Usenet distribution (.jhf): the printable characters of ASCII in order.

    Each record: five digits of a number, three of the count of pairs, the pairs; a pair is two letters whose distance
    from R is a coordinate, the first pair left and right bound, " R" lifts the pen.
    """
    text = file.read_text("ascii").replace("\r", "").replace("\n", "")
    letters: dict[str, Strokes] = {}
    at = 0
    while at + 8 <= len(text) and len(letters) < 95:
        pairs = int(text[at + 5 : at + 8])
        body = text[at + 8 : at + 8 + 2 * pairs]
        at += 8 + 2 * pairs
        coordinates = np.array([ord(c) - ord("R") for c in body], float).reshape(-1, 2)
        left, right = coordinates[0]
        lines: list[list[Floats]] = [[]]
        for pair, place in zip(range(1, pairs), coordinates[1:], strict=True):
            if body[2 * pair : 2 * pair + 2] == " R":
                lines.append([])
            else:
                lines[-1].append((place - (left, 9.0)) / 21.0)
        drawn = tuple(np.array(line) for line in lines if line)
        letters[chr(32 + len(letters))] = Strokes(drawn, float(right - left) / 21.0)
    return letters
