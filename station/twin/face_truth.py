"""Where marks and defects of a part lie in its picture: exact, for whoever judges what was found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.order.model import Face
from station.twin.face import axes_of
from station.twin.letters import Place, advance, letters_of
from station.twin.marks import CodeMark, FaceDefect, TextMark
from station.twin.modules import code_modules
from station.twin.projection import to_pixels
from station.twin.scene import Optics, PlacedPart

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class TrueMark:
    """A code and its corners in the picture (4, 2), from its upper left clockwise as it is read; or a text and, letter
    by letter, the same corners of each capital's box (4 n, 2)."""

    mark: CodeMark | TextMark
    corners_px: Floats


@dataclass(frozen=True, slots=True, eq=False)
class TrueDefect:
    """A defect and its outline in the picture (n, 2)."""

    defect: FaceDefect
    outline_px: Floats


@dataclass(frozen=True, slots=True)
class FaceTruth:
    """All that the picture of one part shows on its face; nothing on the face that it does not show."""

    marks: tuple[TrueMark, ...]
    defects: tuple[TrueDefect, ...]


def face_truth(placed: PlacedPart, optics: Optics) -> FaceTruth:
    """What lies where, in pixels. Raises: InputError as drawing it does."""
    part = placed.part
    if part.marked is not placed.face:
        return FaceTruth((), ())
    marks = tuple(TrueMark(mark, _seen(_corners(mark, placed.face), placed, optics)) for mark in part.marks)
    defects = (TrueDefect(one, _seen(np.asarray(one.outline_mm), placed, optics)) for one in part.defects)
    return FaceTruth(marks, tuple(defects))


def _corners(mark: CodeMark | TextMark, face: Face) -> Floats:
    """Corners (n, 2) in the part's frame."""
    if isinstance(mark, TextMark):
        high = mark.height_mm
        halves = [high / 2 * advance(letter.character, letter.style) for letter, _ in letters_of(mark)]
        boxes = zip(letters_of(mark), halves, strict=True)
        return np.concatenate([_box(place, -half, 0.0, half, high, face) for (_, place), half in boxes])
    rows, columns = code_modules(mark.symbology, mark.content, mark.gs1).shape
    right, top = (mark.size_mm / 2 * side / max(rows, columns) for side in (columns, rows))
    return _box(Place(mark.center_mm, mark.angle_deg), -right, -top, right, top, face)


def _box(place: Place, left: float, low: float, right: float, top: float, face: Face) -> Floats:
    axes = axes_of(place, face)
    return np.asarray(np.array([(left, top), (right, top), (right, low), (left, low)]) @ axes[:, :2].T + axes[:, 2])


def _seen(points_mm: Floats, placed: PlacedPart, optics: Optics) -> Floats:
    """Points in the picture, in their own sequence."""
    points = to_pixels(points_mm, placed.pose, placed.face, optics)
    return points[::-1] if placed.face is Face.BOTTOM else points
