"""Letters as a dot-peening machine strikes them: middles of the dots of a line, and the mask of their craters.

Two kinds: the 5 x 7 matrix (columns of seven dots, as character displays and markers use it), and dots struck along the
strokes of a single-stroke font.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from station.twin.lettering import Face, Floats, Line, Mask, frame, hershey

_MATRIX = (  # ASCII 32 to 126, five columns of each, the lowest bit on top
    "0000000000 00005F0000 0007000700 147F147F14 242A7F2A12 2313086462 3649562050 0008070300 001C224100 0041221C00"
    "2A1C7F1C2A 08083E0808 0080703000 0808080808 0000606000 2010080402 3E4141413E 00427F4000 7249494946 2141494D33"
    "1814127F10 2745454539 3C4A494931 4121110907 3649494936 464949291E 0000140000 0040340000 0008142241 1414141414"
    "0041221408 0201590906 3E415D594E 7C1211127C 7F49494936 3E41414122 7F4141413E 7F49494941 7F09090901 3E41415173"
    "7F0808087F 00417F4100 2040413F01 7F08142241 7F40404040 7F021C027F 7F0408107F 3E4141413E 7F09090906 3E4151215E"
    "7F09192946 2649494932 03017F0103 3F4040403F 1F2040201F 3F4038403F 6314081463 0304780403 6159494D43 007F414141"
    "0204081020 004141417F 0402010204 4040404040 0003070800 2054547840 7F28444438 3844444428 384444287F 3854545418"
    "00087E0902 18A4A49C78 7F08040478 00447D4000 2040403D00 7F10284400 00417F4000 7C04780478 7C08040478 3844444438"
    "FC18242418 18242418FC 7C08040408 4854545424 04043F4424 3C4040207C 1C2040201C 3C4030403C 4428102844 4C9090907C"
    "4464544C44 0008364100 0000770000 0041360800 0201020402"
)
_BYTES = bytes.fromhex(_MATRIX.replace(" ", ""))
_SLASHED_ZERO = bytes.fromhex("3E5149453E")
_PITCH = 1 / 6  # of the matrix, in heights of a capital

Gray: TypeAlias = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Dots:
    """A line's dots: `points_px` (n, 2), the `pitch_px` they have, and the letters' `middles_px` (m, 2)."""

    points_px: Floats
    pitch_px: float
    middles_px: Floats


def can_matrix(text: str) -> bool:
    """Whether the 5 x 7 matrix has every letter of `text`."""
    return all(" " <= letter <= "~" for letter in text)


def matrix_dots(text: str, line: Line, *, gap: int = 1, slashed: bool = False) -> Dots:
    """The dots of a line in the 5 x 7 matrix, `gap` empty columns between letters."""
    places, middles = [], []
    for number, letter in enumerate(text):
        left = number * ((5 + gap) * _PITCH + line.tracking)
        turn = frame(line, line.stretch * (left + 2 * _PITCH))
        middles.append(turn @ (0.0, -0.5, 1.0))
        index = ord(letter) - 32
        columns = _SLASHED_ZERO if slashed and letter == "0" else _BYTES[5 * index : 5 * index + 5]
        for column, bits in enumerate(columns):
            for row in range(8):
                if bits >> row & 1:
                    y = (row - 6) * _PITCH
                    places.append(turn @ ((column - 2) * _PITCH * line.stretch - line.slant * y, y, 1.0))
    return Dots(_table(places), _PITCH * line.cap_px, _table(middles))


def stroke_dots(text: str, face: Face, line: Line, pitch_caps: float) -> Dots:
    """Dots struck along the strokes of a single-stroke font, about `pitch_caps` heights of a capital apart."""
    letters = hershey(face.file)
    places, middles, along = [], [], 0.0
    for letter in text:
        strokes = letters[letter]
        turn = frame(line, line.stretch * (along + 0.5 * strokes.advance))
        middles.append(turn @ (0.0, -0.5, 1.0))
        for stroke in strokes.lines:
            for x, y in _spaced(stroke, pitch_caps):
                places.append(turn @ ((x - 0.5 * strokes.advance) * line.stretch - line.slant * y, y, 1.0))
        along += strokes.advance + line.tracking
    return Dots(_table(places), pitch_caps * line.cap_px, _table(middles))


def struck(dots: Dots, shape: tuple[int, int], radius_px: float, rng: np.random.Generator, scatter: float) -> Mask:
    """The mask (h, w) of craters of about this radius; `scatter` is that of their places, sizes and depths."""
    k = 4 if dots.pitch_px < 12 else 2
    fine = np.zeros((shape[0] * k, shape[1] * k), np.uint8)
    places = dots.points_px + rng.normal(0.0, 0.12 * scatter * dots.pitch_px, dots.points_px.shape)
    radii = np.maximum(0.35, radius_px * (1 + 0.12 * scatter * rng.standard_normal(len(places))))
    depths = np.clip(1 - 0.25 * scatter * rng.random(len(places)), 0.0, 1.0)
    for (x, y), radius, depth in zip(places, radii, depths, strict=True):
        at = (round(((x + 0.5) * k - 0.5) * 16), round(((y + 0.5) * k - 0.5) * 16))
        cv2.circle(fine, at, round(max(radius * k - 0.5, 0.5) * 16), int(255 * depth), -1, cv2.LINE_AA, 4)
    small = cv2.resize(fine, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255)


def _spaced(stroke: Floats, pitch: float) -> Floats:
    """Points along a polyline, at equal distances, both ends among them."""
    steps = np.hypot(*np.diff(stroke, axis=0).T)
    way = np.concatenate([[0.0], np.cumsum(steps)])
    at = np.linspace(0.0, way[-1], max(2, round(way[-1] / pitch) + 1))
    return np.column_stack([np.interp(at, way, stroke[:, 0]), np.interp(at, way, stroke[:, 1])])


def _table(places: list[Floats]) -> Floats:
    return np.array(places, np.float64).reshape(-1, 2)
