"""Balloons and findings in the picture, with leaders to the places that they are about."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from station.cycle.overlay.canvas import BOLD, MEDIUM, Canvas
from station.cycle.overlay.dimensions import Dimension
from station.cycle.overlay.palette import INK, PAPER, STYLES, WHITE, Colour
from station.cycle.overlay.placing import Clutter
from station.cycle.overlay.symbols import RADIUS, balloon_width, draw_balloon
from station.cycle.overlay.wording import short_value
from station.metrology.decision import Verdict

Floats = NDArray[np.float64]

MOST_BALLOONS = 20
MOST_TAGS = 5  # values written beside their balloons
MOST_FINDINGS = 8
_LABEL = 22


def letter_of(number: int) -> str:
    """A, B, C, … of a finding."""
    return chr(ord("A") + number) if number < 26 else f"A{number}"


def draw_balloons(canvas: Canvas, clutter: Clutter, dimensions: list[Dimension]) -> None:
    """Numbered balloons, worst first; those that are not PASS carry their value."""
    tags = 0
    for dimension in dimensions:
        verdict = dimension.item.verdict
        label = dimension.item.item.characteristic.id
        told = verdict is not Verdict.PASS and tags < MOST_TAGS
        words = (dimension.note or short_value(dimension.item)) if told else ""
        tags += bool(words)
        round_ = balloon_width(canvas, verdict, label)
        width = round_ + (canvas.measure(words, _LABEL, BOLD) + 18.0 if words else 0.0)
        at = clutter.place(dimension.anchor, width, 2.0 * RADIUS + 8.0)
        colour = STYLES[verdict].line
        draw_leader(canvas, dimension.anchor, at, colour, 2 if verdict is Verdict.PASS else 3)
        x = at[0] - width / 2.0 + round_ / 2.0
        if words:
            draw_tag(canvas, x, at[1], width - round_ / 2.0, colour)
            canvas.text(x + round_ / 2.0 + 6.0, at[1] + 8.0, words, _LABEL, INK, BOLD)
        draw_balloon(canvas, verdict, float(x), float(at[1]), label)


def draw_place(
    canvas: Canvas, clutter: Clutter, at: Floats, radius: float, verdict: Verdict, label: str, words: str
) -> None:
    """A ring with a crosshair's ticks about a place, and beside it what was found there in words."""
    colour = STYLES[verdict].line
    draw_ring(canvas, at, radius, colour)
    round_ = balloon_width(canvas, verdict, label)
    width = round_ + canvas.measure(words, _LABEL, MEDIUM) + 18.0
    clutter.box(at[0] - radius, at[1] - radius, 2.0 * radius, 2.0 * radius, 6.0)
    place = clutter.place(at, width, 2.0 * RADIUS + 10.0, radius)
    way = (place - at) / max(float(np.hypot(*(place - at))), 1e-9)
    draw_leader(canvas, at + radius * way, place, colour, 3, dot=False)
    x = place[0] - width / 2.0 + round_ / 2.0
    draw_tag(canvas, x, place[1], width - round_ / 2.0, colour)
    canvas.text(x + round_ / 2.0 + 6.0, place[1] + 8.0, words, _LABEL, INK, MEDIUM)
    draw_balloon(canvas, verdict, float(x), float(place[1]), label)


def draw_ring(canvas: Canvas, at: Floats, radius: float, colour: Colour) -> None:
    """A ring on a light ground, with four ticks that point to its middle."""
    canvas.circle(at, radius, WHITE, 8)
    canvas.circle(at, radius, colour, 4)
    for way in np.array([(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)]):
        tick = np.stack([at + (radius - 7.0) * way, at + (radius + 14.0) * way])
        canvas.line(tick, WHITE, 7)
        canvas.line(tick, colour, 4)


def draw_tag(canvas: Canvas, x: float, y: float, width: float, colour: Colour) -> None:
    """The box beside a balloon whose middle is at (x, y)."""
    canvas.box(x, y - RADIUS - 1, width, 2.0 * RADIUS + 2, PAPER)
    canvas.box(x, y - RADIUS - 1, width, 2.0 * RADIUS + 2, colour, 2)


def draw_leader(canvas: Canvas, anchor: Floats, to: Floats, colour: Colour, width: int, *, dot: bool = True) -> None:
    """A line on a light ground, with a dot where it points."""
    line = np.stack([anchor, to])
    canvas.line(line, WHITE, width + 2)
    if dot:
        canvas.circle(anchor, 6.5, WHITE)
        canvas.circle(anchor, 4.5, colour)
    canvas.line(line, colour, width)
