"""Rendered strips of marked metal with what they say and where: what the recogniser learns from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from station.training.text.fonts import Drawer
from station.training.text.marks import BAD, CLEAR, KINDS, POOR, Gray, Levels, Style, marked, seen, styled
from station.training.text.metal import Faces
from station.twin.lettering import Line

_OFTEN = (0.36, 0.3, 0.34)
_SIGHTS, _SEEN = (CLEAR, POOR, BAD), (0.45, 0.35, 0.2)  # of strips that nobody can read there is nothing to learn
_CAPS_PX = (7.5, 40.0)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A strip (h, w) as a camera and the rectification give it, and its text without spaces."""

    strip: Gray
    text: str


def sample(rng: np.random.Generator, drawer: Drawer, faces: Faces, ratios: tuple[float, ...]) -> Drawn:
    """A strip whose capitals take 0.42 to 0.8 of its height; as wide as the next of `ratios` (of width to height) where
    its line fits into one."""
    kind = str(rng.choice(KINDS, p=_OFTEN))
    smallest = _CAPS_PX[0] * (1.4 if kind == "dots" else 1.0)
    cap = float(np.exp(rng.uniform(np.log(smallest), np.log(_CAPS_PX[1]))))
    style = styled(rng, drawer, kind)
    height = round(cap / rng.uniform(0.42, 0.8))
    length = cap * style.length_caps
    left, right = cap * rng.uniform(0.05, 1.5, 2)
    wider = [ratio * height for ratio in ratios if ratio * height >= left + length + right]
    if wider:
        left += rng.uniform(0, 1) * (wider[0] - left - length - right)
        right = wider[0] - length - left
    line = _line(rng, style, cap, height, left)
    shape = (height, round(left + length + right))
    letters = marked(rng, style, line, shape)
    mask = _ruled(rng, letters.mask, cap) if rng.random() < 0.12 else letters.mask
    sight = _SIGHTS[int(rng.choice(len(_SIGHTS), p=_SEEN))]
    strip = seen(rng, faces.cut(rng, shape), mask, kind, cap, sight)
    return Drawn(strip, "".join(style.text.split()))


def _line(rng: np.random.Generator, style: Style, cap: float, height: int, left: float) -> Line:
    """Somewhere in the strip: a little high or low, a little tilted, now and then a little bent."""
    room, length = height - cap, cap * style.length_caps
    baseline = cap + room * rng.uniform(0.25, 0.75)
    if rng.random() < 0.1:
        radius = float(rng.choice([-1, 1]) * cap * rng.uniform(15, 60))
        half = 0.5 * length / radius  # the middle of the line stands at the height of the strip's
        return style.line((left, float(baseline + radius * (1 - np.cos(half)))), cap, -float(np.degrees(half)), radius)
    steepest = np.degrees(0.3 * room / max(length, 1.0)) + 0.5
    tilt = float(np.clip(rng.normal(0, 1.2), -steepest, steepest))
    rise = np.tan(np.radians(tilt)) * length / 2
    return style.line((left, float(baseline - rise)), cap, tilt, None)


def _ruled(rng: np.random.Generator, mask: Levels, cap: float) -> Levels:
    """A rule above or below the line, or at its beginning: an edge of the part, a frame, an underline."""
    out = mask.copy()
    thick = max(1, round(cap * rng.uniform(0.03, 0.15)))
    side = rng.integers(3)
    if side == 0:
        out[:thick] = 1
    elif side == 1:
        out[-thick:] = 1
    else:
        out[:, :thick] = 1
    return out
