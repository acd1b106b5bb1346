"""Parts with a line of text somewhere on them, and the strips that the station cuts: what judges, not what teaches.

A picture has 1 mm per pixel and its y down, so that a point (x, y) of the part is the pixel (x, -y). Strips are cut
with errors of place and direction as an order's region and a located pose leave them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from station.training.text.fonts import Drawer
from station.training.text.marks import CLEAR, Gray, Sight, Style, Texts, marked, seen, styled
from station.training.text.metal import Faces
from station.training.text.strings import common_string
from station.twin.lettering import Line
from station.vision.text.alphabet import ALPHABET, spoken
from station.vision.text.lines import arc_line, straight_line

Floats: TypeAlias = NDArray[np.float64]

LAYOUTS = ("straight", "rotated", "arc")
_PLACE_CAPS, _TURN_DEG, _HEIGHT = 0.06, 0.7, 0.04  # standard deviations: place, direction, height of a capital


@dataclass(frozen=True, slots=True)
class Case:
    """What is judged: `kind` of mark, `layout`, range of heights of a capital, how well it is seen, in how many
    lights, and what it says."""

    kind: str
    layout: str
    caps_px: tuple[float, float]
    sight: Sight = CLEAR
    lights: int = 1
    texts: Texts = common_string

    @property
    def about(self) -> tuple[bool, tuple[float, float], Sight]:
        """The class in which limits are chosen: dots or lines, size, sight."""
        return self.kind == "dots", self.caps_px, self.sight


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Pictures (h, w) of one part, one per light, what it says, and the strips cut from each."""

    pictures: tuple[Gray, ...]
    strips: tuple[Gray, ...]
    text: str


def scene(rng: np.random.Generator, drawer: Drawer, faces: Faces, case: Case) -> Scene:
    """A part of this case."""
    style = styled(rng, drawer, case.kind, case.texts, longest=14)
    cap = float(rng.uniform(*case.caps_px))
    length = cap * style.length_caps
    tall = cap * (1 + rng.normal(0, _HEIGHT))  # what the order says of the height
    off = rng.normal(0, _PLACE_CAPS * cap, 2)
    if case.layout == "arc":
        shape, letters_line, points = _on_arc(rng, style, cap, length, tall, off)
    else:
        shape, letters_line, points = _on_line(rng, style, cap, length, tall, off, rotated=case.layout == "rotated")
    letters = marked(rng, style, letters_line, shape)
    face = faces.cut(rng, shape)
    pictures = tuple(seen(rng, face, letters.mask, case.kind, cap, case.sight) for _ in range(case.lights))
    return Scene(pictures, tuple(cut(picture, points) for picture in pictures), style.text)


def cut(picture: Gray, points: Floats) -> Gray:
    """The strip (h, w) at points of the part (h, w, 2); what lies outside the picture goes on as its border does."""
    at = points.astype(np.float32)
    strip = cv2.remap(picture, at[..., 0], -at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(strip, np.uint8)


def with_one_wrong(rng: np.random.Generator, text: str) -> str:
    """`text` with one character replaced, left out or put in, so that a person could see it."""
    while True:
        place = int(rng.integers(len(text)))
        if text[place].isspace():
            continue
        kin = next(group for group in _KINDS if text[place] in group)
        other = str(rng.choice(list(kin)))
        change = rng.random()
        if change < 0.8:
            wrong = text[:place] + other + text[place + 1 :]
        elif change < 0.9 and len(text) > 2:
            wrong = text[:place] + text[place + 1 :]
        else:
            wrong = text[:place] + other + text[place:]
        if spoken(wrong).casefold() != spoken(text).casefold():
            return wrong


def _on_line(
    rng: np.random.Generator, style: Style, cap: float, length: float, tall: float, off: Floats, *, rotated: bool
) -> tuple[tuple[int, int], Line, Floats]:
    """Shape of the picture, the line of a straight text, and the points of its strip."""
    angle = float(rng.uniform(-180, 180)) if rotated else float(rng.normal(0, 1.0))
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    w, h = (int(length * abs(a) + 3 * cap * abs(b) + 3 * cap) for a, b in ((c, s), (s, c)))
    along, up = np.array([c, s]), np.array([s, -c])
    start = np.array([w, h]) / 2 - along * length / 2 - up * cap / 2
    line = style.line((float(start[0]), float(start[1])), cap, angle, None)
    middle = np.array([w, h]) / 2 + off
    turn = rng.normal(0, min(_TURN_DEG, np.degrees(0.12 * cap / max(length / 2, 1.0))))
    points = straight_line((float(middle[0]), -float(middle[1])), length, tall, -angle, 1.0, turn_deg=float(turn))
    return (h, w), line, points


def _on_arc(
    rng: np.random.Generator, style: Style, cap: float, length: float, tall: float, off: Floats
) -> tuple[tuple[int, int], Line, Floats]:
    """The same for a text along an arc, its letters towards the middle or away from it."""
    radius = max(rng.uniform(4, 12) * cap, length / np.radians(280))
    outwards = bool(rng.random() < 0.5)
    size = int(2 * radius + 5 * cap)
    middle = np.array([size, size]) / 2
    begin = float(rng.uniform(-180, 180))
    signed = radius if outwards else -radius
    b = np.radians(begin)
    start = middle + signed * np.array([np.sin(b), -np.cos(b)])
    line = style.line((float(start[0]), float(start[1])), cap, begin, signed)
    from_deg = 90 - begin if outwards else -90 - begin
    sweep = float(np.degrees(length / radius))
    to_deg = from_deg - sweep if outwards else from_deg + sweep
    center = middle + off
    points = arc_line((float(center[0]), -float(center[1])), radius, from_deg, to_deg, tall, 1.0)
    return (size, size), line, points


_KINDS = ("0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", ALPHABET)
