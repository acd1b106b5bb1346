"""Which fragments are one defect: close together, or long ones of which one continues the other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

NEAR_PX = 4.0  # fragments closer than this are one
LONG = 3.0  # times as long as wide: it has a direction
REACH = 0.6  # of the longer fragment's length that a scratch may be interrupted for
MOST_REACH_PX = 40.0
SLOPE = math.tan(math.radians(15.0))  # how far off its direction the next fragment may begin, or turn
MOST = 400  # fragments that are compared with each other


@dataclass(frozen=True, slots=True)
class _Fragment:
    """One connected place: its border's pixels (n, 2), middle, direction, and half its length along it."""

    label: int
    points: NDArray[np.float64]
    middle: NDArray[np.float64]
    along: NDArray[np.float64]
    half_px: float
    long: bool


def join_fragments(
    labels: NDArray[np.int32], boxes: NDArray[np.int32], chosen: NDArray[np.intp]
) -> tuple[tuple[int, ...], ...]:
    """Groups of the `chosen` labels that are one defect each.

    `boxes` (count, 5) are left, top, width, height and area by label. With more than 400 labels only the largest are
    looked at.
    """
    areas = boxes[chosen, 4]
    kept = sorted(chosen[np.argsort(-areas, kind="stable")[:MOST]].tolist())
    fragments = [_fragment(labels, boxes, label) for label in kept]
    group = list(range(len(fragments)))
    for number, first in enumerate(fragments):
        for other, second in enumerate(fragments[:number]):
            if group[number] != group[other] and (_near(first, second) or _continues(first, second)):
                old, new = group[number], group[other]
                group = [new if one == old else one for one in group]
    together: dict[int, list[int]] = {}
    for one, label in zip(group, kept, strict=True):
        together.setdefault(one, []).append(label)
    return tuple(tuple(members) for members in together.values())


def _fragment(labels: NDArray[np.int32], boxes: NDArray[np.int32], label: int) -> _Fragment:
    left, top, width, height, _ = boxes[label].tolist()
    mask = (labels[top : top + height, left : left + width] == label).astype(np.uint8)
    border = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0][0][:, 0]
    points = border.astype(np.float64) + (left, top)
    middle = points.mean(axis=0)
    _, _, axes = np.linalg.svd(points - middle, full_matrices=False)
    along = axes[0] if len(axes) else np.array([1.0, 0.0])
    off = points - middle
    length = np.ptp(off @ along) + 1.0
    across = np.ptp(off @ np.array([-along[1], along[0]])) + 1.0
    return _Fragment(label, points, middle, along, float(length) / 2.0, bool(length >= LONG * across))


def _gap(first: _Fragment, second: _Fragment) -> float:
    off = first.points[:, None] - second.points[None]
    return float(np.sqrt((off**2).sum(axis=2).min()))


def _near(first: _Fragment, second: _Fragment) -> bool:
    apart = float(np.hypot(*(first.middle - second.middle)))
    # Borders lie within their fragments' reach: most pairs need no closer look.
    reach = sum(float(np.hypot(*(one.points - one.middle).T).max()) for one in (first, second))
    return apart <= reach + NEAR_PX and _gap(first, second) <= NEAR_PX


def _continues(first: _Fragment, second: _Fragment) -> bool:
    """Whether both are long, run the same way, lie on one line, and are not farther apart than that makes likely."""
    if not (first.long and second.long):
        return False
    turn = abs(float(first.along[0] * second.along[1] - first.along[1] * second.along[0]))
    if turn > math.sin(math.atan(SLOPE)):
        return False
    longer = max(first, second, key=lambda f: f.half_px)
    between = second.middle - first.middle
    along = abs(float(between @ longer.along))
    across = abs(float(between[1] * longer.along[0] - between[0] * longer.along[1]))
    gap = along - first.half_px - second.half_px
    return gap <= min(2.0 * REACH * longer.half_px, MOST_REACH_PX) and across <= SLOPE * max(along, NEAR_PX) * 0.5
