"""What is on a part's face, in the part's own frame: codes, lettering, and what should not be there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np

from station.order.geometry import Point
from station.order.model import TextArc


class MarkStyle(StrEnum):
    """How a mark was made."""

    LASER = "laser"  # discoloured, with a soft edge
    PRINTED = "printed"  # discoloured, with a sharp edge
    ENGRAVED = "engraved"  # a groove with two flanks
    PEENED = "peened"  # round craters


@dataclass(frozen=True, slots=True)
class CodeMark:
    """A code lying with its own right towards `angle_deg`. `contrast` is a fraction of the face, below 0 darker; of
    what has a depth, how steep it is. `inverted`: what surrounds the modules was marked instead of them."""

    symbology: str
    content: str  # a GS1 code's as element string, FNC1 between the elements as \\x1d
    center_mm: Point
    size_mm: float  # the longer side, without the quiet zone
    angle_deg: float = 0.0
    gs1: bool = False
    style: MarkStyle = MarkStyle.LASER
    contrast: float = -0.55
    inverted: bool = False


@dataclass(frozen=True, slots=True)
class StraightLine:
    """A baseline from `start_mm` on towards `direction_deg`."""

    start_mm: Point
    direction_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class TextMark:
    """One line of lettering; on an arc it stands in the middle. `height_mm` is that of a capital, `spacing` what
    separates letters, in that height."""

    text: str
    line: StraightLine | TextArc
    height_mm: float
    style: MarkStyle = MarkStyle.LASER
    contrast: float = -0.5
    spacing: float = 0.08


class DefectKind(StrEnum):
    """What damages a face."""

    SCRATCH = "scratch"
    PIT = "pit"
    DENT = "dent"
    STAIN = "stain"
    BURR = "burr"


@dataclass(frozen=True, slots=True)
class FaceDefect:
    """A damaged place: its outline is exactly where the face is not as it should be. `contrast` as of a mark."""

    kind: DefectKind
    outline_mm: tuple[Point, ...]
    contrast: float = -0.4

    @property
    def extent_mm(self) -> float:
        """The largest distance between two points of its outline (Feret)."""
        points = np.asarray(self.outline_mm)
        return float(np.linalg.norm(points[:, None] - points, axis=2).max())


Mark: TypeAlias = CodeMark | TextMark


def scratch(path_mm: tuple[Point, ...], width_mm: float, contrast: float = -0.4) -> FaceDefect:
    """A groove of one width along a path that does not cross itself, with round ends."""
    points, half = np.asarray(path_mm, dtype=np.float64), width_mm / 2
    headings = np.unwrap(np.arctan2(np.diff(points[:, 1]), np.diff(points[:, 0])))
    along = np.concatenate([headings[:1], (headings[1:] + headings[:-1]) / 2, headings[-1:]])
    right = half * np.stack([np.sin(along), -np.cos(along)], axis=1)
    turn = np.linspace(-math.pi / 2, math.pi / 2, 9)
    tip = points[-1] + half * np.stack([np.cos(along[-1] + turn), np.sin(along[-1] + turn)], axis=1)
    tail = points[0] - half * np.stack([np.cos(along[0] + turn), np.sin(along[0] + turn)], axis=1)
    outline = np.concatenate([(points + right)[1:-1], tip, (points - right)[1:-1][::-1], tail])
    return FaceDefect(DefectKind.SCRATCH, _points(outline), contrast)


def spot(kind: DefectKind, center_mm: Point, size_mm: float, contrast: float, rng: np.random.Generator) -> FaceDefect:
    """A roundish ragged place, about `size_mm` across."""
    angle = np.linspace(0.0, 2.0 * math.pi, 72, endpoint=False)
    radius = np.ones_like(angle)
    for count in range(2, 6):
        radius += rng.normal(0.0, 0.12 / count) * np.cos(count * angle + rng.uniform(0.0, 6.3))
    outline = np.stack([np.cos(angle), np.sin(angle)], axis=1) * (size_mm / 2 * radius)[:, None] + center_mm
    return FaceDefect(kind, _points(outline), contrast)


def _points(outline: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[Point, ...]:
    return tuple((float(x), float(y)) for x, y in outline)
