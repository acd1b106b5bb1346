"""Where a line of text may be in a whole picture, in any rotation: for orders of marks only, which have no scale.

Letters are edges close together, in a band as high as they are: the strength of edges, smoothed over about a letter,
stands out of a face's texture there. Bands are found at several sizes of letters; the recogniser, which reads each in
both directions, tells which is text. Codes look like text and have to be named beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from station.vision.text.lines import CAP_SHARE, MARGIN_CAPS

Gray: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float64]
Maps: TypeAlias = NDArray[np.float32]

_LETTERS_PX = (10.0, 16.0, 26.0, 42.0, 68.0, 110.0, 180.0)  # heights of a capital that are looked for
_WORKING_PX = 12.0  # what such a height is shrunk to
_LEAST_ASPECT = 1.2  # of a line: two letters
_BEYOND_CODE = 0.25  # of a letter's height, what is left out around a code
_SPREADS = (4.0, 8.0, 16.0, 32.0)  # above the usual strength of edges, in its robust standard deviations
_INSIDE = (0.02, 0.98)  # of a band's strong edges lie between the ends of its letters
_HALF = 0.4  # of the usual number of edges in a row of letters: there they end
_EDGE_PX = 1.2  # an edge's strength reaches so far beyond it
_LEAST_EDGES = 12
_MOST_TURN_DEG, _TURNS = 25.0, 20  # how a band's direction is mended
_OVERLAP = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class FoundLine:
    """A band that may be text: its middle, length along and height of its letters across `angle_deg` (clockwise in the
    picture), pixels; `strength`: how far its edges stand out of the face's,
    times the root of its area."""

    middle_px: tuple[float, float]
    length_px: float
    cap_px: float
    angle_deg: float
    strength: float

    def points_px(self, *, turned: bool = False) -> Maps:
        """(h, w, 2): where in the picture each pixel of a strip of this line is; `turned`: read from its other end."""
        cap = self.cap_px
        tall, wide = cap / CAP_SHARE, self.length_px + 2 * MARGIN_CAPS * cap
        h, w = max(8, round(tall)), max(8, round(wide))
        u, v = np.meshgrid(
            ((np.arange(w) + 0.5) / w - 0.5) * wide, ((np.arange(h) + 0.5) / h - 0.5) * tall, indexing="xy"
        )
        angle = np.deg2rad(self.angle_deg + (180.0 if turned else 0.0))
        c, s = np.cos(angle), np.sin(angle)
        x, y = self.middle_px
        return np.stack([x + u * c - v * s, y + u * s + v * c], axis=-1).astype(np.float32)


def find_lines(grey: Gray, codes_px: Sequence[Floats] = (), most: int = 8) -> tuple[FoundLine, ...]:
    """Bands of a picture (h, w) that may be lines of text, the strongest first; `codes_px` are polygons (n, 2) of what
    is known to be a code."""
    found: list[FoundLine] = []
    for letter in _LETTERS_PX:
        if letter * 2 > min(grey.shape):
            break
        found += _at_size(grey, codes_px, letter)
    found = [_refined(grey, _refined(grey, line)) for line in sorted(found, key=lambda one: -one.strength)[: 3 * most]]
    kept: list[FoundLine] = []
    for line in sorted(found, key=lambda one: -one.strength):
        if len(kept) < most and not any(_same(line, other) for other in kept):
            kept.append(line)
    return tuple(kept)


def _at_size(grey: Gray, codes_px: Sequence[Floats], letter: float) -> list[FoundLine]:
    scale = min(1.0, _WORKING_PX / letter)
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32)
    edges = _edges(small)
    free = np.ones(small.shape, np.uint8)
    for polygon in codes_px:
        cv2.fillPoly(free, [np.round(polygon * scale).astype(np.int32)], 0)
    around = 2 * round(_BEYOND_CODE * letter * scale) + 1
    free = np.asarray(cv2.erode(free, np.ones((around, around), np.uint8)), np.uint8)
    edges *= free
    sigma = 0.35 * letter * scale
    band = cv2.GaussianBlur(edges, (0, 0), sigma)
    usual = float(np.median(band[free > 0])) if free.any() else 0.0
    spread = 1.4826 * float(np.median(np.abs(band[free > 0] - usual))) if free.any() else 0.0
    lines = []
    for above in _SPREADS:
        mask = (band > usual + above * spread).astype(np.uint8)
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        for contour in contours:
            band_box = _banded(contour, letter * scale)
            line = None if band_box is None else _trimmed(edges, *band_box, sigma)
            if band_box is None or line is None:
                continue
            (x, y), length, cap, angle, strength = line
            middle = ((x + 0.5) / scale - 0.5, (y + 0.5) / scale - 0.5)
            strong = (strength / max(usual, 1e-6) - 1.0) * np.sqrt(length * cap) / scale
            lines.append(FoundLine(middle, length / scale, cap / scale, _upright(angle), float(strong)))
    return lines


def _banded(contour: Any, letter: float) -> tuple[tuple[float, float], float, float, float] | None:
    """Middle, length, height and angle of a blob that is a band about as high as a letter."""
    middle, (a, b), angle = cv2.minAreaRect(contour)
    long, high = max(a, b), min(a, b)
    if not (0.7 * letter <= high <= 2.6 * letter and long >= _LEAST_ASPECT * high):
        return None
    if 3.0 * cv2.contourArea(contour) < a * b:  # a curve or a frame: not a band
        return None
    return (float(middle[0]), float(middle[1])), long, high, angle if a >= b else angle + 90.0


def _edges(small: NDArray[np.float32]) -> NDArray[np.float32]:
    """The strength of edges, whatever the light."""
    smooth = cv2.GaussianBlur(small, (0, 0), 0.8)
    steep = cv2.magnitude(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    around = cv2.GaussianBlur(small, (0, 0), 12.0)
    return np.asarray(steep / (around + 8.0), np.float32)


def _trimmed(
    edges: NDArray[np.float32], at: tuple[float, float], long: float, high: float, angle: float, sigma: float
) -> tuple[tuple[float, float], float, float, float, float] | None:
    """Middle, length, height of letters, angle, strength of a band: it lies where its rows end most sharply."""
    half_u, half_v = 0.5 * long + sigma, 0.5 * high + sigma
    v, u = np.mgrid[-np.ceil(half_v) : half_v, -np.ceil(half_u) : half_u].astype(np.float32)
    c, s = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    x, y = (at[0] + u * c - v * s).astype(np.float32), (at[1] + u * s + v * c).astype(np.float32)
    seen = cv2.remap(edges, x, y, cv2.INTER_LINEAR)
    level = (255.0 * seen / max(float(seen.max()), 1e-9)).astype(np.uint8)
    limit, _ = cv2.threshold(level, 0, 255, cv2.THRESH_OTSU)
    strong = level > limit
    if strong.sum() < _LEAST_EDGES:
        return None
    across, down = u[strong], v[strong]
    most = min(_MOST_TURN_DEG, float(np.degrees(np.arctan2(high, long))))
    turns = np.linspace(-most, most, 2 * _TURNS + 1)
    sharp = [
        float((np.bincount(((down - across * np.tan(t)) + 2 * half_v + 1e3).astype(int)) ** 2.0).sum())
        for t in np.deg2rad(turns)
    ]
    turn = float(turns[int(np.argmax(sharp))])
    tc, ts = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
    along, over = across * tc + down * ts, down * tc - across * ts
    rows = np.bincount((over + 2 * half_v).astype(int))
    high_rows = np.flatnonzero(rows > _HALF * np.quantile(rows[rows > 0], 0.9))
    top, bottom = float(high_rows[0]) - 2 * half_v, float(high_rows[-1]) - 2 * half_v
    left, right = np.quantile(along[(over >= top) & (over <= bottom + 1)], _INSIDE)
    length, cap = float(right - left) + 1.0 - 2 * _EDGE_PX, float(bottom - top) + 1.0 - 2 * _EDGE_PX
    if cap < 4 or length < cap:
        return None
    du, dv = 0.5 * (left + right), 0.5 * (top + bottom)
    turned = np.deg2rad(angle + turn)
    middle = (at[0] + du * np.cos(turned) - dv * np.sin(turned), at[1] + du * np.sin(turned) + dv * np.cos(turned))
    return (float(middle[0]), float(middle[1])), length, cap, angle + turn, float(seen[strong].mean())


def _refined(grey: Gray, line: FoundLine) -> FoundLine:
    """The same line, measured at the size of its own letters."""
    scale = _WORKING_PX / line.cap_px
    w, h = round(scale * (line.length_px + line.cap_px)), round(1.8 * _WORKING_PX)
    to_strip = np.asarray(cv2.getRotationMatrix2D(line.middle_px, line.angle_deg, scale), np.float64)
    to_strip[:, 2] += np.array([0.5 * (w - 1), 0.5 * (h - 1)]) - line.middle_px
    smooth = grey if scale > 0.7 else cv2.GaussianBlur(grey, (0, 0), 0.4 / scale)
    strip = cv2.warpAffine(smooth, to_strip, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    edges = _edges(strip.astype(np.float32))
    centre = (0.5 * (w - 1), 0.5 * (h - 1))
    better = _trimmed(edges, centre, float(w), float(h), 0.0, 0.0)
    if better is None:
        return line
    (x, y), length, cap, turn, _ = better
    back = np.asarray(cv2.invertAffineTransform(to_strip), np.float64) @ (x, y, 1.0)
    angle = _upright(line.angle_deg + turn)
    strength = line.strength * np.sqrt(length * cap / (line.length_px * line.cap_px)) / scale
    return FoundLine((float(back[0]), float(back[1])), length / scale, cap / scale, angle, float(strength))


def _upright(angle_deg: float) -> float:
    """The same line, within ±90°."""
    return (angle_deg + 90.0) % 180.0 - 90.0


def _same(line: FoundLine, other: FoundLine) -> bool:
    """Whether two bands lie over each other for the most part."""
    one, two = ((x.middle_px, (x.length_px, x.cap_px), x.angle_deg) for x in (line, other))
    kind, common = cv2.rotatedRectangleIntersection(one, two)
    if kind == cv2.INTERSECT_NONE or common is None:
        return False
    area = cv2.contourArea(cv2.convexHull(common))
    return bool(area > _OVERLAP * min(line.length_px * line.cap_px, other.length_px * other.cap_px))
