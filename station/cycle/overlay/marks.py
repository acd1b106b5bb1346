"""Marks in the picture: where a code, a text or a surface was looked at, what is wrong with it, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from station.cycle.overlay.callouts import MOST_BALLOONS, MOST_FINDINGS, draw_leader, draw_ring, draw_tag
from station.cycle.overlay.canvas import MEDIUM, Canvas
from station.cycle.overlay.palette import INK, QUIET, STYLES, WHITE, Colour
from station.cycle.overlay.placing import Clutter
from station.cycle.overlay.symbols import RADIUS, balloon_width, draw_balloon
from station.cycle.overlay.view import View, view_of, whole
from station.metrology.decision import SEVERITY, Verdict
from station.vision.picture import Picture

Floats = NDArray[np.float64]

_ROOM = 0.2  # of what is shown, on each side of the marks
_CONTEXT_PX = 240.0  # of the camera's picture: a small code is shown with what lies about it
_SMALL = 26.0  # display pixels: what is smaller gets a ring
_LABEL, _LONGEST = 22, 420.0  # of the words beside a balloon, display pixels
_WRONG_SHARE = 0.35
_CLEAR = 6  # display pixels between what is outlined and its line
_FAR = 3000.0  # display pixels: nobody sees what lies beyond


class MarkKind(StrEnum):
    """What is drawn: the corners of a code, the line of a text, the region of a surface."""

    CODE = "code"
    TEXT = "text"
    SURFACE = "surface"


@dataclass(frozen=True, slots=True)
class DrawnSpot:
    """A defect: its outline (n, 2), its letter and its words (`scratch, 0.43 mm`). Picture pixels."""

    outline_px: Floats
    verdict: Verdict
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class DrawnMark:
    """One characteristic: `outlines_px` are closed polygons (n, 2) in picture pixels, of a region the boundary and its
    holes, of a code its corners, of a text its line. `label` is its id; `words` stand beside it where it is not PASS.

    `wrong_px` are the places of characters that are not as ordered.
    """

    kind: MarkKind
    label: str
    verdict: Verdict
    outlines_px: tuple[Floats, ...]
    words: str = ""
    wrong_px: tuple[Floats, ...] = ()
    spots: tuple[DrawnSpot, ...] = ()


def view_of_marks(picture: Picture, marks: Sequence[DrawnMark], width: int, height: int) -> View:
    """The view that shows all marks with what lies about them; the whole picture where none has a place."""
    everything = whole(picture, width, height)
    found = [outline for mark in marks for outline in (*mark.outlines_px, *(s.outline_px for s in mark.spots))]
    border = np.array([picture.width_px - 1.0, picture.height_px - 1.0])
    points = np.concatenate([np.empty((0, 2)), *found])
    points = np.clip(points[np.isfinite(points).all(axis=1)], 0.0, border)
    if not len(points):
        return everything
    low, high = points.min(axis=0), points.max(axis=0)
    more = np.maximum(_CONTEXT_PX - (high - low), 0.0) / 2.0
    view = view_of(np.stack([low - more, high + more]), width, height, _ROOM)
    return view if view.zoom > everything.zoom else everything


def draw_marks(pane: Canvas, clutter: Clutter, view: View, marks: Sequence[DrawnMark]) -> None:
    """Every outline, then defects with their sizes, then the balloons of the marks; the worst first."""
    ordered = sorted(marks, key=lambda mark: SEVERITY.index(mark.verdict))
    for mark in ordered:
        _draw_outlines(pane, clutter, view, mark)
    spots = sorted((spot for mark in ordered for spot in mark.spots), key=lambda one: SEVERITY.index(one.verdict))
    shown = [(spot, _shown(view, spot.outline_px)) for spot in spots if len(spot.outline_px)]
    for spot, outline in shown:
        _draw_spot(pane, clutter, outline, STYLES[spot.verdict].line)
    for spot, outline in shown[:MOST_FINDINGS]:
        _call_out(pane, clutter, outline, spot.verdict, spot.label, spot.words)
    placed = [mark for mark in ordered if mark.outlines_px and len(mark.outlines_px[0])]
    for mark in placed[:MOST_BALLOONS]:
        words = "" if mark.verdict is Verdict.PASS else mark.words
        _call_out(pane, clutter, _shown(view, mark.outlines_px[0]), mark.verdict, mark.label, words)


def _draw_outlines(pane: Canvas, clutter: Clutter, view: View, mark: DrawnMark) -> None:
    """A region stays quiet where its defects say what is wrong."""
    told = mark.kind is MarkKind.SURFACE and bool(mark.spots)
    colour = QUIET if told else STYLES[mark.verdict].line
    width = 2 if mark.kind is MarkKind.SURFACE or mark.verdict is Verdict.PASS else 3
    for outline_px in filter(len, mark.outlines_px):
        outline = _shown(view, outline_px)
        _draw_closed(pane, clutter, _around(outline) if mark.kind is MarkKind.CODE else outline, colour, width)
    for wrong_px in filter(len, mark.wrong_px):
        wrong = _shown(view, wrong_px)
        pane.tint([wrong], STYLES[mark.verdict].line, _WRONG_SHARE)
        _draw_closed(pane, clutter, wrong, STYLES[mark.verdict].line, 3)


def _draw_spot(pane: Canvas, clutter: Clutter, outline: Floats, colour: Colour) -> None:
    if _extent(outline) < _SMALL:
        draw_ring(pane, _middle(outline), _SMALL, colour)
    _draw_closed(pane, clutter, _around(outline), colour, 2)


def _draw_closed(pane: Canvas, clutter: Clutter, outline: Floats, colour: Colour, width: int) -> None:
    """A closed line on a light ground."""
    pane.line(outline, WHITE, width + 2, closed=True)
    pane.line(outline, colour, width, closed=True)
    clutter.line(np.concatenate([outline, outline[:1]]), 2.0)


def _call_out(pane: Canvas, clutter: Clutter, outline: Floats, verdict: Verdict, label: str, words: str) -> None:
    """A balloon, and where there are words a tag, with a leader to the nearest point of an outline."""
    words = pane.cut(words, _LABEL, _LONGEST, MEDIUM) if words else ""
    colour = STYLES[verdict].line
    round_ = balloon_width(pane, verdict, label)
    width = round_ + (pane.measure(words, _LABEL, MEDIUM) + 18.0 if words else 0.0)
    middle, size = _middle(outline), _extent(outline)
    large = size > 0.5 * min(pane.width, pane.height)
    anchor = outline[int(np.argmax(outline[:, 0] - outline[:, 1]))] if large else middle  # of a large one its corner
    place = clutter.place(anchor, width, 2.0 * RADIUS + 10.0, 0.0 if large else max(size / 2.0, _SMALL))
    if size < _SMALL:
        away = place - middle
        start = middle + _SMALL * away / max(float(np.hypot(*away)), 1e-9)
    else:
        line = _along(outline)
        start = line[int(np.argmin(((line - place) ** 2).sum(axis=1)))]
    draw_leader(pane, start, place, colour, 2 if verdict is Verdict.PASS else 3, dot=size >= _SMALL)
    x = float(place[0] - width / 2.0 + round_ / 2.0)
    if words:
        draw_tag(pane, x, float(place[1]), width - round_ / 2.0, colour)
        pane.text(x + round_ / 2.0 + 6.0, float(place[1]) + 8.0, words, _LABEL, INK, MEDIUM)
    draw_balloon(pane, verdict, x, float(place[1]), label)


def _shown(view: View, outline_px: Floats) -> Floats:
    """An outline in display pixels, near enough to be drawn."""
    return np.asarray(np.clip(np.nan_to_num(view.to_display(outline_px)), -_FAR, _FAR))


def _around(outline: Floats) -> Floats:
    """The outline of what lies within `_CLEAR` of it: a line there hides neither a thin scratch nor a code's border."""
    corner = np.floor(outline.min(axis=0)) - 2 * _CLEAR
    size = np.ceil(outline.max(axis=0) - corner).astype(int) + 2 * _CLEAR
    mask = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillPoly(mask, [np.rint(outline - corner).astype(np.int32)], (255,))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _CLEAR + 1, 2 * _CLEAR + 1))
    contours, _ = cv2.findContours(cv2.dilate(mask, disc), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(max(contours, key=len).reshape(-1, 2) + corner)


def _along(outline: Floats) -> Floats:
    """Points along a closed outline, some on each side of it."""
    share = np.linspace(0.0, 1.0, 16, endpoint=False)[None, :, None]
    ahead = np.roll(outline, -1, axis=0)
    return np.asarray((outline[:, None] + share * (ahead - outline)[:, None]).reshape(-1, 2))


def _middle(outline: Floats) -> Floats:
    return np.asarray((outline.min(axis=0) + outline.max(axis=0)) / 2.0)


def _extent(outline: Floats) -> float:
    return float((outline.max(axis=0) - outline.min(axis=0)).max())
