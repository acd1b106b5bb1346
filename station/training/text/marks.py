"""One line of marks: drawn in a style of its own as a mask, and seen by a camera on a face under a light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from station.training.text.fonts import Drawer
from station.training.text.metal import light
from station.training.text.strings import string
from station.twin.dot_letters import can_matrix, matrix_dots, stroke_dots, struck
from station.twin.lettering import Face, Letters, Line, draw, length_caps
from station.twin.marking import burned, engraved, peened

Gray: TypeAlias = NDArray[np.uint8]
Levels: TypeAlias = NDArray[np.float32]

Texts: TypeAlias = Callable[[np.random.Generator, int], str]
"""A random text of at most so many characters."""

Marking: TypeAlias = Callable[[Levels, Levels, float], Levels]
"""Face (h, w), mask (h, w) and contrast to the marked face."""

KINDS = ("engraved", "laser", "dots")
_MOST_CONTRAST = 0.85


@dataclass(frozen=True, slots=True)
class Sight:
    """How well a mark is seen: `stands_out` is how many times texture and noise, taken together, it changes the picture
    at least; `widest_blur` is in heights of a capital, `contrast` in those of good light, `dimmest` of full scale,
    `fewest_electrons` of a full pixel; in `uneven` light there is a glare."""

    name: str
    stands_out: float
    widest_blur: float
    contrast: float = 1.0
    dimmest: float = 0.25
    fewest_electrons: float = 1000.0
    uneven: bool = False


CLEAR = Sight("clear", 4.0, 0.02)
POOR = Sight("poor", 2.0, 0.04)
BAD = Sight("bad light", 1.2, 0.06, contrast=0.7, dimmest=0.12, fewest_electrons=400.0, uneven=True)
"""What a cell that is set up sees, what it sees of a worn or rough part or slightly out of focus, and in bad light."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is marked: `kind` of KINDS, with a font, or in the dot matrix (no `face`), dots along the strokes of
    the font where `dotted`; distances in heights of a capital."""

    text: str
    kind: str
    face: Face | None
    dotted: bool
    tracking: float
    stretch: float
    slant: float
    gap: int

    @property
    def length_caps(self) -> float:
        """From the first letter to the last."""
        if self.face is None:
            return self.stretch * len(self.text) * ((5 + self.gap) / 6 + self.tracking)
        return length_caps(self.text, self.face, self.tracking, self.stretch)

    def line(self, start_px: tuple[float, float], cap_px: float, angle_deg: float, radius_px: float | None) -> Line:
        """The line on which this text stands."""
        return Line(start_px, cap_px, angle_deg, self.tracking, self.stretch, radius_px, self.slant)


def styled(rng: np.random.Generator, drawer: Drawer, kind: str, texts: Texts = string, longest: int = 16) -> Style:
    """A random style of this kind, and one of the `texts` that it can draw."""
    u = rng.uniform
    tracking = float(rng.choice([0.0, u(-0.03, 0.3)], p=[0.5, 0.5]))
    stretch = float(rng.choice([1.0, u(0.75, 1.35)]))
    slant = float(rng.choice([0.0, rng.normal(0, 0.12)]))
    gap = int(rng.choice([1, 1, 1, 2]))
    for _ in range(100):
        said = texts(rng, longest)
        style = Style(said, kind, None, False, tracking, stretch, slant, gap)
        stroke = drawer.stroke(rng)
        if kind == "dots":
            if stroke is not None and rng.random() < 0.35 and stroke.can(said):
                return replace(style, face=stroke, dotted=True)
            if can_matrix(said):
                upper = rng.random() < 0.6
                return replace(style, text=said.upper() if upper else said, tracking=max(tracking, 0.0))
        else:
            face = stroke if stroke is not None and rng.random() < 0.3 else drawer.outline(rng)
            if face.can(said):
                return replace(style, face=face)
    raise ValueError("no font at hand can draw such texts")


def marked(rng: np.random.Generator, style: Style, line: Line, shape: tuple[int, int]) -> Letters:
    """The mask (h, w) of what is marked."""
    if style.kind == "dots" and (style.face is None or style.dotted):
        if style.face is None:
            dots = matrix_dots(style.text, line, gap=style.gap, slashed=bool(rng.random() < 0.2))
        else:
            dots = stroke_dots(style.text, style.face, line, float(rng.uniform(0.12, 0.2)))
        radius = dots.pitch_px * rng.uniform(0.22, 0.5)
        kept = rng.random(len(dots.points_px)) >= rng.choice([0.0, 0.01])
        there = replace(dots, points_px=dots.points_px[kept])
        return Letters(struck(there, shape, radius, rng, float(rng.uniform(0, 1))), dots.middles_px)
    assert style.face is not None
    letters = draw(style.text, style.face, line, shape)
    if line.cap_px > 18 and rng.random() < 0.06:  # only the outlines are cut
        edges = cv2.morphologyEx(letters.mask, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
        return replace(letters, mask=np.asarray(edges, np.float32))
    return letters


def _made(rng: np.random.Generator, kind: str, shape: tuple[int, int], cap_px: float) -> Marking:
    """How a mark of this kind changes a face, at a contrast that is still to be chosen."""
    u = rng.uniform
    turn, sign, floor = u(0, 2 * np.pi), rng.choice([-1, 1], p=[0.65, 0.35]), u(0.1, 1.0)
    if kind == "laser":
        grain, ragged = rng.standard_normal(shape).astype(np.float32), u(0, 0.4)
        return lambda face, mask, c: burned(face, mask, change=sign * c, grain=grain, ragged=ragged)
    if kind == "engraved":
        wall, walls = u(0.3, 0.3 + 0.07 * cap_px), u(0.3, 1.3)
        return lambda face, mask, c: engraved(
            face, mask, floor=sign * c * floor, walls=c * walls, wall_px=wall, light_rad=turn
        )
    wall, glint, rim = u(0.3, 0.3 + 0.03 * cap_px), u(0.0, 1.5), u(0, 0.6)
    return lambda face, mask, c: peened(
        face, mask, floor=sign * c * floor, glint=c * glint, wall_px=wall, light_rad=turn, rim=c * rim
    )


def _soft(levels: Levels, sigma_px: float) -> Levels:
    if sigma_px == 0.0:
        return levels
    return np.asarray(cv2.GaussianBlur(levels, (0, 0), sigma_px), np.float32)


def seen(rng: np.random.Generator, face: Levels, mask: Levels, kind: str, cap_px: float, sight: Sight) -> Gray:
    """The picture (h, w), uint8, of a marked face: contrast, light, sharpness, noise at random, as the `sight` allows.
    The contrast is drawn again, stronger, until the mark stands out of texture and noise: what nobody could read judges
    nobody."""
    shape = (mask.shape[0], mask.shape[1])
    u = rng.uniform
    least = 0.05 if sight.uneven else 0.12
    contrast = float(np.clip(rng.lognormal(-1.0, 0.5) * sight.contrast, least, _MOST_CONTRAST))
    lit = light(rng, shape, bad=sight.uneven) * u(sight.dimmest, 0.75)
    sigma = u(0.3, 0.35 + sight.widest_blur * cap_px) if rng.random() < 0.6 else 0.0
    full = 10 ** u(np.log10(sight.fewest_electrons), 4.3)
    bare = _soft(face * lit, sigma)
    inside = mask > 0.5 * mask.max()
    noise = np.sqrt(np.maximum(bare[inside], 0).mean() / full + 1e-6)
    hidden = float(np.hypot(noise, (bare - _soft(bare, cap_px))[inside].std()))
    mark = _made(rng, kind, shape, cap_px)
    while True:
        level = _soft(mark(face, mask, contrast) * lit, sigma)
        stands_out = float(np.sqrt(((level - bare)[inside] ** 2).mean()))
        if stands_out >= sight.stands_out * hidden or contrast >= _MOST_CONTRAST:
            break
        contrast = min(1.3 * contrast, _MOST_CONTRAST)
    noisy = level + rng.standard_normal(shape) * np.sqrt(np.maximum(level, 0) / full + 1e-6)
    gray = np.clip(np.rint(noisy * 255), 0, 255).astype(np.uint8)
    if rng.random() < 0.15:
        stored = cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 98))])[1]
        return np.asarray(cv2.imdecode(stored, cv2.IMREAD_GRAYSCALE), np.uint8)
    return np.asarray(gray)
