"""What goes wrong with a part's face on the shop floor: a mark that says something else, or damage of a known size."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from station.errors import InputError
from station.order.geometry import Point
from station.twin.face import axes_of, pieces_of
from station.twin.letters import Letter
from station.twin.made import made_polygons
from station.twin.marks import CodeMark, DefectKind, FaceDefect, TextMark, scratch, spot
from station.twin.part import MadePart

LOOK_ALIKES = ("0OQDC", "1I7LT", "2Z", "5S", "6G", "8B", "UV")
TRIES = 2000
CLEAR_MM = 0.1  # between a defect and whatever else is on the face
CHORD_ERROR_MM = 0.01
BEND = 0.06  # how far a scratch's middle lies beside the line between its ends, of its length


def misspelt(part: MadePart, rng: np.random.Generator) -> MadePart:
    """The part with one letter of its text wrong: another letter, or another digit, that does not look like it.

    Raises:
        InputError: there is no letter or digit on the part.
    """
    places = [
        (number, at)
        for number, mark in enumerate(part.marks)
        if isinstance(mark, TextMark)
        for at, letter in enumerate(mark.text)
        if letter.isascii() and letter.isalnum()
    ]
    if not places:
        raise InputError("no letter is on the part that could be wrong", place="text")
    number, at = places[int(rng.integers(len(places)))]
    text = part.marks[number]
    assert isinstance(text, TextMark)
    right = text.text[at]
    like = {right, *(letter for group in LOOK_ALIKES if right.upper() in group for letter in group)}
    others = [letter for letter in ("23456789" if right.isdigit() else "AEFHKMNPRWXY") if letter not in like]
    wrong = others[int(rng.integers(len(others)))]
    spelt = replace(text, text=text.text[:at] + wrong + text.text[at + 1 :])
    return replace(part, marks=(*part.marks[:number], spelt, *part.marks[number + 1 :]))


def unwritten(part: MadePart) -> MadePart:
    """The part whose texts nobody wrote."""
    return replace(part, marks=tuple(mark for mark in part.marks if not isinstance(mark, TextMark)))


def miscoded(part: MadePart, content: str) -> MadePart:
    """The part with another part's content in its code."""
    return replace(
        part, marks=tuple(replace(mark, content=content) if isinstance(mark, CodeMark) else mark for mark in part.marks)
    )


def damaged(part: MadePart, kind: DefectKind, size_mm: float, rng: np.random.Generator) -> MadePart:
    """The part with one more defect of this extent, clear of its edges and marks.

    Raises:
        InputError: there is no room for it.
    """
    keep_out = _keep_out(part)
    outlines = np.concatenate(keep_out)
    low, high = outlines.min(axis=0), outlines.max(axis=0)
    for _ in range(TRIES):
        x, y = (float(one) for one in rng.uniform(low, high))
        defect = _of_size(kind, (x, y), size_mm, rng)
        if _is_clear(defect, keep_out, len(part.silhouette.outer)):
            return replace(part, defects=(*part.defects, defect))
    raise InputError(f"there is no room for a {kind} of {size_mm:g} mm on the part", place="face")


def _of_size(kind: DefectKind, center_mm: Point, size_mm: float, rng: np.random.Generator) -> FaceDefect:
    if kind is DefectKind.SCRATCH:
        width, (x, y) = min(0.06, size_mm / 4), center_mm
        heading, half, aside = float(rng.uniform(0.0, math.pi)), (size_mm - width) / 2, BEND * size_mm
        cos, sin = math.cos(heading), math.sin(heading)
        ways = [(half * t, aside * (1.0 - t * t)) for t in np.linspace(-1.0, 1.0, 9).tolist()]
        return scratch(tuple((x + u * cos - v * sin, y + u * sin + v * cos) for u, v in ways), width, -0.45)
    defect = spot(kind, center_mm, size_mm, -0.15 if kind is DefectKind.STAIN else -0.5, rng)
    shape = np.asarray(defect.outline_mm) - center_mm
    outline = center_mm + shape * (size_mm / defect.extent_mm)
    return replace(defect, outline_mm=tuple((float(u), float(v)) for u, v in outline))


def _keep_out(part: MadePart) -> list[NDArray[np.float32]]:
    """Outlines (n, 2): first those of the material, then those of openings, marks and defects."""
    found = made_polygons(replace(part, bend=None), CHORD_ERROR_MM)
    for piece, place in pieces_of(part):
        if isinstance(piece, FaceDefect):
            found.append(np.asarray(piece.outline_mm))
            continue
        half = piece.height_mm if isinstance(piece, Letter) else 0.6 * piece.size_mm
        corners = half * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
        axes = axes_of(place, part.marked)
        found.append(corners @ axes[:, :2].T + axes[:, 2])
    return [np.asarray(one, np.float32) for one in found]


def _is_clear(defect: FaceDefect, keep_out: list[NDArray[np.float32]], outer: int) -> bool:
    """Whether it lies inside the material and outside everything else; what it lies around would be outside of it."""
    for number, outline in enumerate(keep_out):
        sign = 1.0 if number < outer else -1.0
        for point in defect.outline_mm[:: max(1, len(defect.outline_mm) // 24)]:
            if sign * cv2.pointPolygonTest(outline, point, True) < CLEAR_MM:
                return False
    return True
