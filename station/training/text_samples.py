"""Rendered strips of marked metal with what they say: the recogniser's training, validation and bench samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from station.training.metal import Faces, light
from station.training.text_fonts import Drawer
from station.training.text_strings import string
from station.twin.dot_letters import can_matrix, matrix_dots, stroke_dots, struck
from station.twin.lettering import Face, Letters, Line, draw, length_caps
from station.twin.marking import burned, engraved, peened

Gray: TypeAlias = NDArray[np.uint8]
Levels: TypeAlias = NDArray[np.float32]

KINDS = ("engraved", "laser", "dots")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sample is to be: `kind` of KINDS, `cap_px` height of a capital, the `text`, `bad` light; None: any.
    `widths`: the strip is as wide as one of these, in 32nds of its height, where the line fits into one."""

    kind: str | None = None
    cap_px: float | None = None
    text: str | None = None
    bad: bool | None = None
    longest: int = 16
    widths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A strip (h, w) as a camera and the rectification give it, its text without spaces, each letter's middle column,
    and the height of a capital, pixels."""

    strip: Gray
    text: str
    columns_px: NDArray[np.float64]
    cap_px: float
    kind: str


class Samples:
    """A source of samples that goes on for ever."""

    def __init__(self, drawer: Drawer, faces: Faces) -> None:
        self._drawer, self._faces = drawer, faces

    def one(self, rng: np.random.Generator, asked: Asked = Asked()) -> Drawn:  # noqa: B008
        """A strip whose capitals take 0.42 to 0.8 of its height."""
        kind = asked.kind or str(rng.choice(KINDS, p=[0.36, 0.3, 0.34]))
        bad = bool(rng.random() < 0.3) if asked.bad is None else asked.bad
        cap = asked.cap_px or float(np.exp(rng.uniform(np.log(7.5), np.log(40))))
        cap = max(cap, 10.0) if kind == "dots" and asked.cap_px is None else cap
        text, face, strokes = self._lettering(rng, kind, asked)
        share = rng.uniform(0.42, 0.8)
        height = round(cap / share)
        line = Line((0, 0), cap, 0.0, 0.0, 1.0)
        tracking = float(rng.choice([0.0, rng.uniform(-0.03, 0.3)], p=[0.5, 0.5]))
        stretch = float(rng.choice([1.0, rng.uniform(0.75, 1.35)]))
        gap = int(rng.choice([1, 1, 1, 2]))
        length = cap * _length(text, face, strokes, tracking, stretch, gap)
        margins = cap * rng.uniform(0.05, 1.5, 2)
        wider = [w * height / 32 for w in asked.widths if w * height / 32 >= length + margins.sum()]
        if wider:
            margins[0] += rng.uniform(0, 1) * (wider[0] - length - margins.sum())
            margins[1] = wider[0] - length - margins[0]
        width = round(length + margins.sum())
        room = height - cap
        baseline = cap + room * rng.uniform(0.25, 0.75)
        tilt = float(rng.normal(0, 1.2))
        tilt = float(np.clip(tilt, -1, 1) * min(abs(tilt), np.degrees(0.3 * room / max(length, 1.0)) + 0.5))
        rise = np.tan(np.radians(tilt)) * length / 2
        radius = float(rng.choice([-1, 1]) * cap * rng.uniform(15, 60)) if rng.random() < 0.1 else None
        line = Line(
            (float(margins[0]), float(baseline - rise)),
            cap,
            tilt,
            tracking,
            stretch,
            radius,
            float(rng.choice([0.0, rng.normal(0, 0.12)])),
        )
        if radius is not None:  # the middle of a bent line stands at the height of the strip's
            half = 0.5 * length / radius
            line = Line(
                (line.start_px[0], float(baseline + radius * (1 - np.cos(half)))),
                cap,
                -float(np.degrees(half)),
                tracking,
                stretch,
                radius,
                line.slant,
            )
        letters = self._mask(rng, text, kind, face, strokes, line, (height, width), gap)
        picture = self._seen(rng, letters.mask, kind, cap, bad)
        shown = [i for i, letter in enumerate(text) if not letter.isspace()]
        return Drawn(
            picture, "".join(text[i] for i in shown), letters.middles_px[shown, 0], cap, kind
        )

    def _lettering(self, rng: np.random.Generator, kind: str, asked: Asked) -> tuple[str, Face | None, bool]:
        """Text, face (None: the dot matrix), and whether dots follow its strokes."""
        for _ in range(50):
            text = asked.text if asked.text is not None else string(rng, asked.longest)
            stroke = self._drawer.stroke(rng)
            if kind == "dots":
                if stroke is not None and rng.random() < 0.35 and stroke.can(text):
                    return text, stroke, True
                if can_matrix(text):
                    return (text.upper() if asked.text is None and rng.random() < 0.6 else text), None, False
                if asked.text is None:
                    continue
            face = stroke if stroke is not None and rng.random() < 0.3 else self._drawer.outline(rng)
            if face.can(text):
                return text, face, False
        return "A1" if asked.text is None else asked.text, self._drawer.outline(rng), False

    def _mask(self, rng, text, kind, face, strokes, line, shape, gap) -> Letters:  # type: ignore[no-untyped-def]
        if kind == "dots" and (face is None or strokes):
            if face is None:
                dots = matrix_dots(text, line, gap=gap, slashed=bool(rng.random() < 0.2))
            else:
                dots = stroke_dots(text, face, line, float(rng.uniform(0.12, 0.2)))
            radius = dots.pitch_px * rng.uniform(0.22, 0.5)
            missing = rng.random(len(dots.points_px)) < rng.choice([0.0, 0.01])
            kept = type(dots)(dots.points_px[~missing], dots.pitch_px, dots.middles_px)
            return Letters(struck(kept, shape, radius, rng, float(rng.uniform(0, 1))), dots.middles_px)
        letters = draw(text, face, line, shape)
        mask = letters.mask
        if line.cap_px > 18 and rng.random() < 0.06:  # only the outlines are cut
            kernel = np.ones((3, 3), np.uint8)
            mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, kernel), np.float32)
        return Letters(mask, letters.middles_px)

    def _seen(self, rng: np.random.Generator, mask: Levels, kind: str, cap: float, bad: bool) -> Gray:
        shape = mask.shape
        face = self._faces.cut(rng, (shape[0], shape[1]))
        u = rng.uniform
        if rng.random() < 0.12:
            mask = _neighbours(rng, mask, cap)
        least = 1.6 * float(face.std()) + (0.04 if bad else 0.1)
        contrast = float(np.clip(rng.lognormal(-1.0, 0.5) * (0.7 if bad else 1.0), min(least, 0.8), 0.85))
        turn, wall = u(0, 2 * np.pi), u(0.3, 0.3 + 0.07 * cap)
        sign = rng.choice([-1, 1], p=[0.65, 0.35])
        if kind == "laser":
            grain = np.float32(1) * rng.standard_normal(shape).astype(np.float32)
            made = burned(face, mask, change=sign * contrast, grain=grain, ragged=u(0, 0.4))
        elif kind == "engraved":
            made = engraved(
                face, mask, floor=sign * contrast * u(0.1, 1.0), walls=contrast * u(0.3, 1.3), wall_px=wall, light_rad=turn
            )
        else:
            made = peened(
                face,
                mask,
                floor=sign * contrast * u(0.1, 1.0),
                glint=contrast * u(0.0, 1.5),
                wall_px=u(0.3, 0.3 + 0.03 * cap),
                light_rad=turn,
                rim=contrast * u(0, 0.6),
            )
        made = made * light(rng, shape, bad=bad)
        if rng.random() < 0.6:
            made = cv2.GaussianBlur(made, (0, 0), u(0.3, 0.35 + (0.06 if bad else 0.04) * cap))
        full = 10 ** u(2.6 if bad else 3.0, 4.3)
        made = made * u(0.12 if bad else 0.25, 0.75)
        made = made + rng.standard_normal(shape) * np.sqrt(np.maximum(made, 0) / full + 1e-6)
        gray = np.clip(np.rint(made * 255), 0, 255).astype(np.uint8)
        if rng.random() < 0.15:
            gray = cv2.imdecode(cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 98))])[1], 0)
        return np.asarray(gray, np.uint8)


def _length(text: str, face: Face | None, strokes: bool, tracking: float, stretch: float, gap: int) -> float:
    if face is None:
        return stretch * len(text) * ((5 + gap) / 6 + tracking)
    return length_caps(text, face, tracking, stretch)


def _neighbours(rng: np.random.Generator, mask: Levels, cap: float) -> Levels:
    """Something else near the line: a rule above or below it, or at one end."""
    out = mask.copy()
    thick = max(1, round(cap * rng.uniform(0.03, 0.15)))
    at = rng.integers(3)
    if at == 0:
        out[:thick] = 1
    elif at == 1:
        out[-thick:] = 1
    else:
        out[:, :thick] = 1
    return out
