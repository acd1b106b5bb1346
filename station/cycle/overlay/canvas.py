"""A picture to draw on, anti-aliased, in pixels (x right, y down, integer = pixel centre).

Text is OpenCV's built-in variable font (Rubik), which every OpenCV 5 carries: no font file, and µ, Ø, ±, × and accents
are all there; Pillow's built-in font has none of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from station.cycle.overlay.palette import Colour

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]

REGULAR, MEDIUM, BOLD = 400, 500, 650
_SHIFT = 4
_FAR = 30_000.0
_PARENTHESES = re.compile(r"([()])")
_TIGHTER = 0.14  # of the size, on both sides of a parenthesis


@dataclass(frozen=True, slots=True)
class Canvas:
    """`image` (height, width, 3) uint8 BGR, drawn on in place."""

    image: Bytes
    font: cv2.FontFace = field(default_factory=lambda: cv2.FontFace("sans"))

    @property
    def width(self) -> int:
        """Pixels across."""
        return int(self.image.shape[1])

    @property
    def height(self) -> int:
        """Pixels down."""
        return int(self.image.shape[0])

    def part(self, x: int, y: int, width: int, height: int) -> Canvas:
        """A window onto this canvas with its own origin; what is drawn beyond its border is cut off."""
        return Canvas(self.image[y : y + height, x : x + width], self.font)

    def line(self, points: ArrayLike, colour: Colour, width: int = 1, *, closed: bool = False) -> None:
        """A polyline through (n, 2) points."""
        cv2.polylines(self.image, [_fixed(points)], closed, colour, width, cv2.LINE_AA, _SHIFT)

    def lines(self, segments: ArrayLike, colour: Colour, width: int = 1) -> None:
        """Separate straight segments (n, 2, 2)."""
        pieces = list(_fixed(segments).reshape(-1, 2, 1, 2))
        if pieces:
            cv2.polylines(self.image, pieces, False, colour, width, cv2.LINE_AA, _SHIFT)

    def fill(self, points: ArrayLike, colour: Colour) -> None:
        """A filled polygon (n, 2)."""
        cv2.fillPoly(self.image, [_fixed(points)], colour, cv2.LINE_AA, _SHIFT)

    def tint(self, polygons: list[Floats], colour: Colour, share: float) -> None:
        """Polygons mixed into what is there; where they overlap, once."""
        if not polygons:
            return
        mask = np.zeros(self.image.shape[:2], np.uint8)
        for polygon in polygons:
            cv2.fillPoly(mask, [_fixed(polygon)], (255,), cv2.LINE_AA, _SHIFT)
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not len(rows):
            return
        window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        weight = mask[window][..., None].astype(np.float32) * np.float32(share / 255.0)
        there = self.image[window]
        there[...] = np.rint(there + (np.array(colour, np.float32) - there) * weight).astype(np.uint8)

    def box(self, x: float, y: float, width: float, height: float, colour: Colour, line: int = -1) -> None:
        """A rectangle from its upper left corner; filled unless a line width is given."""
        low, high = (round(x), round(y)), (round(x + width) - 1, round(y + height) - 1)
        cv2.rectangle(self.image, low, high, colour, line)

    def circle(self, center: ArrayLike, radius: float, colour: Colour, width: int = -1) -> None:
        """A circle; filled unless a line width is given."""
        x, y = _fixed(center).reshape(2).tolist()
        cv2.circle(self.image, (x, y), round(radius * 2**_SHIFT), colour, width, cv2.LINE_AA, _SHIFT)

    def text(
        self, x: float, y: float, text: str, size: int, colour: Colour, weight: int = REGULAR, align: float = 0.0
    ) -> float:
        """One line with its baseline at y; `align` 0 starts, 0.5 centres and 1 ends it at x. Returns its width."""
        pieces = self._pieces(plain(text), size, weight)
        width = sum(advance for _, _, advance in pieces)
        left = x - align * width
        for piece, bearing, advance in pieces:
            cv2.putText(self.image, piece, (round(left - bearing), round(y)), colour, self.font, size, weight)
            left += advance
        return width

    def measure(self, text: str, size: int, weight: int = REGULAR) -> float:
        """Width of a line of text."""
        return sum(advance for _, _, advance in self._pieces(plain(text), size, weight))

    def _pieces(self, text: str, size: int, weight: int) -> list[tuple[str, float, float]]:
        """Pieces of a line with their left bearing and advance; the font's parentheses stand too far apart."""
        pieces = []
        for piece in filter(None, _PARENTHESES.split(text)):
            width = float(cv2.getTextSize((0, 0), piece, (0, 0), self.font, size, weight)[2])
            tight = _TIGHTER * size if piece in "()" else 0.0
            pieces.append((piece, tight, width - 2.0 * tight))
        return pieces

    def cut(self, text: str, size: int, width: float, weight: int = REGULAR) -> str:
        """The text, shortened with an ellipsis where it is wider than `width`."""
        shown = plain(text)
        if self.measure(shown, size, weight) <= width:
            return shown
        low, high = 0, len(shown)
        while low < high:
            middle = (low + high + 1) // 2
            fits = self.measure(shown[:middle] + "…", size, weight) <= width
            low, high = (middle, high) if fits else (low, middle - 1)
        return shown[:low].rstrip() + "…"

    def wrap(self, text: str, size: int, width: float, most: int) -> list[str]:
        """Lines of at most `width`, at most `most` of them; what does not fit ends in an ellipsis."""
        lines: list[str] = []
        words = plain(text).split(" ") if plain(text) else []
        while words and len(lines) < most:
            count = 1
            while count < len(words) and self.measure(" ".join(words[: count + 1]), size) <= width:
                count += 1
            if len(lines) == most - 1:
                count = len(words)
            lines.append(self.cut(" ".join(words[:count]), size, width))
            words = words[count:]
        return lines


def plain(text: str) -> str:
    """One line without control characters; the text may come from an order."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _fixed(points: ArrayLike) -> NDArray[np.int32]:
    scaled = np.clip(np.nan_to_num(np.asarray(points, np.float64)), -_FAR, _FAR) * 2**_SHIFT
    return np.asarray(np.rint(scaled), np.int32).reshape(-1, 1, 2)
