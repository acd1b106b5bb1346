"""Verdict symbols and numbered balloons: one shape per verdict, the same in the picture and in the table."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from station.cycle.overlay.canvas import BOLD, Canvas
from station.cycle.overlay.palette import INK, QUIET, STYLES, WHITE, Colour, Shape
from station.metrology.decision import Verdict

Floats = NDArray[np.float64]

RADIUS = 19.0
LETTERS = 22
ROOM = 90.0  # display pixels for a balloon's text in the picture
_CORNERS = {
    Shape.CIRCLE: (48, math.pi / 48),
    Shape.OCTAGON: (8, math.pi / 8),
    Shape.DIAMOND: (4, 0.0),
    Shape.SQUARE: (4, math.pi / 4),
}
_REACH = {Shape.CIRCLE: 1.0, Shape.OCTAGON: 1.08, Shape.DIAMOND: 1.25, Shape.SQUARE: 1.27}  # of a corner, in radii


def outline_of(shape: Shape, x: float, y: float, radius: float, stretch: float = 0.0) -> Floats:
    """(n, 2) polygon about (x, y), its left and right halves moved apart by `stretch` each."""
    corners, turn = _CORNERS[shape]
    reach = _REACH[shape] * radius
    angle = turn + 2.0 * math.pi * np.arange(corners) / corners
    away = reach * np.column_stack([np.cos(angle), np.sin(angle)])
    if stretch:
        apart = np.array([stretch, 0.0])
        both = np.concatenate([away + apart, away - apart]).astype(np.float32)
        away = np.asarray(cv2.convexHull(both), np.float64).reshape(-1, 2)
    return np.asarray(away + np.array([x, y]))


def draw_symbol(
    canvas: Canvas, verdict: Verdict, x: float, y: float, radius: float, ink: Colour, ground: Colour
) -> None:
    """The verdict's shape filled with `ground`, and its sign in it: tick, cross, question or exclamation mark."""
    canvas.fill(outline_of(STYLES[verdict].shape, x, y, radius), ground)
    pen, r = max(2, round(0.2 * radius)), radius
    match verdict:
        case Verdict.PASS:
            canvas.line(
                [(x - 0.45 * r, y + 0.02 * r), (x - 0.12 * r, y + 0.36 * r), (x + 0.48 * r, y - 0.36 * r)], ink, pen
            )
        case Verdict.FAIL:
            for turn in (-1.0, 1.0):
                canvas.line([(x - 0.42 * r, y - turn * 0.42 * r), (x + 0.42 * r, y + turn * 0.42 * r)], ink, pen)
        case Verdict.UNDECIDED | Verdict.ERROR:
            sign = "?" if verdict is Verdict.UNDECIDED else "!"
            canvas.text(x, y + 0.48 * r, sign, round(1.4 * r), ink, 700, 0.5)


def balloon_width(canvas: Canvas, verdict: Verdict, label: str) -> float:
    """Width that a balloon with this label takes."""
    reach = _REACH[STYLES[verdict].shape]
    return 2.0 * (max(reach, 1.0) * RADIUS + _stretch(canvas, canvas.cut(label, LETTERS, ROOM, BOLD))) + 4.0


def draw_balloon(
    canvas: Canvas, verdict: Verdict, x: float, y: float, label: str, *, hollow: bool = False, room: float = ROOM
) -> None:
    """A characteristic's number as on a drawing; in colour only where it is not PASS, and never where `hollow`."""
    style = STYLES[verdict]
    quiet = hollow or verdict is Verdict.PASS
    text = canvas.cut(label, LETTERS, room, BOLD)
    stretch = _stretch(canvas, text)
    canvas.fill(outline_of(style.shape, x, y, RADIUS + 2.5, stretch), WHITE)
    edge = outline_of(style.shape, x, y, RADIUS, stretch)
    canvas.fill(edge, WHITE if quiet else style.block)
    canvas.line(edge, QUIET if quiet else style.block, 2, closed=True)
    canvas.text(x, y + 0.36 * LETTERS, text, LETTERS, INK if quiet else style.on_block, BOLD, 0.5)


def _stretch(canvas: Canvas, text: str) -> float:
    return max(0.0, canvas.measure(text, LETTERS, BOLD) / 2.0 - 0.68 * RADIUS)
