"""Verdict symbols and numbered balloons: one shape per verdict, the same in the picture and in the table."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from station.cycle.overlay.canvas import BOLD, Canvas
from station.cycle.overlay.palette import INK, STYLES, WHITE, Colour, Shape
from station.metrology.decision import Verdict

Floats = NDArray[np.float64]

RADIUS = 19.0
LETTERS = 22


def outline_of(shape: Shape, x: float, y: float, radius: float, stretch: float = 0.0) -> Floats:
    """(n, 2) polygon about (x, y), its left and right halves moved apart by `stretch` each."""
    match shape:
        case Shape.CIRCLE:
            corners, turn, reach = 48, math.pi / 48, radius
        case Shape.OCTAGON:
            corners, turn, reach = 8, math.pi / 8, 1.08 * radius
        case Shape.DIAMOND:
            corners, turn, reach = 4, 0.0, 1.3 * radius
        case Shape.SQUARE:
            corners, turn, reach = 4, math.pi / 4, 1.27 * radius
    angle = turn + 2.0 * math.pi * np.arange(corners) / corners
    away = reach * np.column_stack([np.cos(angle), np.sin(angle)])
    if stretch:
        apart = np.array([stretch, 0.0])
        away = np.concatenate([away + apart, away - apart])
        away = away[np.argsort(np.arctan2(away[:, 1], away[:, 0]), kind="stable")]
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


def balloon_width(canvas: Canvas, label: str) -> float:
    """Width that a balloon with this label takes."""
    return 2.0 * (RADIUS + _stretch(canvas, label)) + 4.0


def draw_balloon(canvas: Canvas, verdict: Verdict, x: float, y: float, label: str) -> None:
    """A characteristic's number as on a drawing; filled with colour only where it is not PASS."""
    style = STYLES[verdict]
    quiet = verdict is Verdict.PASS
    stretch = _stretch(canvas, label)
    canvas.fill(outline_of(style.shape, x, y, RADIUS + 2.5, stretch), WHITE)
    edge = outline_of(style.shape, x, y, RADIUS, stretch)
    canvas.fill(edge, WHITE if quiet else style.block)
    canvas.line(edge, style.line if quiet else style.block, 2, closed=True)
    text = canvas.cut(label, LETTERS, 90.0, BOLD)
    canvas.text(x, y + 0.36 * LETTERS, text, LETTERS, INK if quiet else style.on_block, BOLD, 0.5)


def _stretch(canvas: Canvas, label: str) -> float:
    text = canvas.cut(label, LETTERS, 90.0, BOLD)
    return max(0.0, canvas.measure(text, LETTERS, BOLD) / 2.0 - 0.68 * RADIUS)
