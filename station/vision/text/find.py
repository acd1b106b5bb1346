"""Where a line of text may be in a whole picture, in any rotation: for orders of marks only, which have no scale.

Letters are patches darker or brighter than what is around them, each about as large as the next one and close to it.
Patches are looked for at several sizes of letters and joined to lines; the recogniser, which reads each in both
directions, tells which is text. Codes look like text and have to be named beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from station.vision.text.lines import CAP_SHARE, MARGIN_CAPS

Gray: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float64]
Maps: TypeAlias = NDArray[np.float32]

_LETTERS_PX = (10.0, 16.0, 26.0, 42.0, 68.0, 110.0, 180.0)  # heights of a capital that are looked for
_WORKING_PX = 16.0  # what such a height is shrunk to
_LEAST_CONTRAST, _ABOVE_TEXTURE = 0.06, 4.0  # of a letter, of its surroundings' level, and in deviations of the texture
_DARK = 8.0  # grey levels that keep a dark field's noise from counting as contrast
_SIZES = (0.35, 1.7)  # of a letter or a part of one, in the height that is looked for
_FILLED = 0.04  # of that height's square
_APART = 1.45  # heights between the middles of neighbours
_HIGH = (0.5, 2.0)  # of a line, in the same heights
_LEAST_ASPECT = 1.2  # of a line: two letters
_MOST_PATCHES = 3000  # at one size: more are texture
_BEYOND_CODE = 0.4  # of such a height, what is left out around a code
_OVERLAP = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class FoundLine:
    """A line that may be text: its middle, length along and height of its letters across `angle_deg` (clockwise in the
    picture), pixels; `strength`: how far its letters stand out of the face, times the root of their number."""

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
    """Places of a picture (h, w) that may be lines of text, the strongest first; `codes_px` are polygons (n, 2) of what
    is known to be a code."""
    found = [
        line for letter in _LETTERS_PX if letter * 2 <= min(grey.shape) for line in _at_size(grey, codes_px, letter)
    ]
    kept: list[FoundLine] = []
    for line in sorted(found, key=lambda one: -one.strength):
        if len(kept) < most and not any(_same(line, other) for other in kept):
            kept.append(line)
    return tuple(kept)


def _at_size(grey: Gray, codes_px: Sequence[Floats], letter: float) -> Iterator[FoundLine]:
    """Lines of letters about `letter` px high, darker or brighter than the face."""
    scale = min(1.0, _WORKING_PX / letter)
    high = letter * scale
    contrast, free = _contrast(grey, scale, high), _free(grey.shape, codes_px, scale, high)
    texture = 1.4826 * float(np.median(np.abs(contrast)))
    for sign in (-1.0, 1.0):
        stands = sign * contrast
        mask = ((stands > max(_LEAST_CONTRAST, _ABOVE_TEXTURE * texture)) & free).astype(np.uint8)
        _, labels, boxes, middles = cv2.connectedComponentsWithStats(mask, connectivity=8)
        size = np.maximum(boxes[:, cv2.CC_STAT_WIDTH], boxes[:, cv2.CC_STAT_HEIGHT])
        letters = (size > _SIZES[0] * high) & (size < _SIZES[1] * high)
        letters &= boxes[:, cv2.CC_STAT_AREA] > _FILLED * high**2
        letters[0] = False  # the face itself
        number = np.flatnonzero(letters)
        if not 2 <= len(number) <= _MOST_PATCHES:
            continue
        near = cKDTree(middles[number]).sparse_distance_matrix(cKDTree(middles[number]), _APART * high)
        count, of = connected_components(near.tocsr(), directed=False)
        group = np.full(len(boxes), -1)
        group[number] = of
        of_pixel = np.where(mask > 0, group[labels], -1)
        rows, columns = np.nonzero(of_pixel >= 0)
        order = np.argsort(of_pixel[rows, columns], kind="stable")
        ends = np.searchsorted(of_pixel[rows, columns][order], np.arange(count + 1))
        for one in np.flatnonzero(np.bincount(of, minlength=count) >= 2):
            here = order[ends[one] : ends[one + 1]]
            points = np.column_stack([columns[here], rows[here]]).astype(np.float32)
            (x, y), (a, b), angle = cv2.minAreaRect(points)
            long, across = max(a, b), min(a, b)
            if not _HIGH[0] * high <= across <= _HIGH[1] * high or long < _LEAST_ASPECT * across:
                continue
            strength = float(stands[rows[here], columns[here]].mean()) * float(np.sqrt((of == one).sum()))
            middle = ((x + 0.5) / scale - 0.5, (y + 0.5) / scale - 0.5)
            turned = angle if a >= b else angle + 90.0
            yield FoundLine(middle, (long + 1.0) / scale, (across + 1.0) / scale, _upright(turned), strength)


def _contrast(grey: Gray, scale: float, high: float) -> Maps:
    """How far every pixel of the picture at this scale stands out of what is around it, as a share of its level."""
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32)
    around = cv2.GaussianBlur(small, (0, 0), 0.8 * high)
    fine = cv2.GaussianBlur(small, (0, 0), 0.05 * high)
    return np.asarray((fine - around) / (around + _DARK), np.float32)


def _free(shape: tuple[int, ...], codes_px: Sequence[Floats], scale: float, high: float) -> NDArray[np.bool_]:
    """Where no code is, nor what its edge blurs into."""
    free = np.ones((round(shape[0] * scale), round(shape[1] * scale)), np.uint8)
    for polygon in codes_px:
        cv2.fillPoly(free, [np.round(polygon * scale).astype(np.int32)], 0)
    beyond = 2 * round(_BEYOND_CODE * high) + 1
    return np.asarray(cv2.erode(free, np.ones((beyond, beyond), np.uint8)) > 0)


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
