"""From scores to findings: where a defect is, its outline, how long and how wide it is.

Hysteresis (Canny 1986): a finding is what lies above the outline level and somewhere above the threshold. Fragments of
one scratch are joined where one continues the other. What decides is the size; the score only proposes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from station.vision.surface.joining import join_fragments

Floats = NDArray[np.float32]
Outline = NDArray[np.float64]

MOST = 200  # findings of one region: a face with more is not looked at one by one


@dataclass(frozen=True, slots=True)
class Defect:
    """A finding in pixels (x, y): its closed outline (n, 2), its middle, the largest extent (Feret), the largest width
    across (of the circle that fits inside), the area, and the highest score in it.
    """

    outline_px: Outline
    center_px: tuple[float, float]
    size_px: float
    width_px: float
    area_px: float
    peak_score: float


def find_defects(
    scores: Floats,
    valid: NDArray[np.bool_],
    threshold: float,
    mm_per_px: float,
    *,
    outline_level: float | None = None,
    least_mm: float = 0.0,
) -> tuple[Defect, ...]:
    """Findings of a picture of scores (h, w) inside `valid` (h, w), the largest first; at most 200.

    `outline_level` (default: `threshold`) is the score at a defect's border; `least_mm` is the size below which nobody
    wants to know. No finding means that nothing reached the threshold.

    Raises:
        ValueError: the shapes differ, or the scale is not positive.
    """
    if scores.shape != valid.shape or scores.ndim != 2:
        raise ValueError("scores and valid must be two pictures of one size")
    if not mm_per_px > 0.0:
        raise ValueError("the scale must be positive")
    level = threshold if outline_level is None else min(outline_level, threshold)
    inside = ((scores >= level) & valid).astype(np.uint8)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
    # Row and column of what reached the threshold; everything else is never looked at.
    strong = np.zeros(count, np.bool_)
    strong[labels[(scores >= threshold) & valid]] = True
    strong[0] = False
    groups = join_fragments(labels, boxes, np.flatnonzero(strong))
    found = [_measured(scores, labels, boxes, group) for group in groups]
    kept = [d for d in found if d.size_px * mm_per_px >= least_mm]
    # Ties are broken by place: the same picture gives the same list.
    kept.sort(key=lambda d: (-d.size_px, d.center_px[1], d.center_px[0]))
    return tuple(kept[:MOST])


def largest_extent(points: Outline) -> float:
    """The largest distance of two of the points (n, 2)."""
    hull = cv2.convexHull(points.astype(np.float32))[:, 0]
    return float(np.sqrt(((hull[:, None] - hull[None]) ** 2).sum(axis=2)).max())


def extent_of(mask: NDArray[np.bool_]) -> tuple[float, float]:
    """Largest extent and width (px) of the pixels of a mask (h, w), which have a size of their own."""
    points = cv2.findNonZero(mask.astype(np.uint8))
    if points is None:
        return 0.0, 0.0
    return largest_extent(points[:, 0].astype(np.float64)) + 1.0, _width(mask.astype(np.uint8))


def _width(mask: NDArray[np.uint8]) -> float:
    # The distance is to the next empty pixel's centre, half a pixel beyond the border.
    return 2.0 * float(cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_L2, 5).max()) - 1.0


def _measured(scores: Floats, labels: NDArray[np.int32], boxes: NDArray[np.int32], group: tuple[int, ...]) -> Defect:
    left, top = boxes[list(group), :2].min(axis=0)
    right, bottom = (boxes[list(group), :2] + boxes[list(group), 2:4]).max(axis=0)
    window = (slice(top, bottom), slice(left, right))
    mask = np.isin(labels[window], group).astype(np.uint8)
    size, width = extent_of(mask > 0)
    area, peak = float(mask.sum()), float(scores[window][mask > 0].max())
    outline = _outline(mask) + (left, top)
    center = outline.min(axis=0) / 2.0 + outline.max(axis=0) / 2.0
    return Defect(outline, (float(center[0]), float(center[1])), size, max(width, 1.0), area, peak)


def _outline(mask: NDArray[np.uint8]) -> Outline:
    """One closed polygon (n, 2) around the borders of the pixels; pieces of one finding are joined by a line."""
    contours = _contours(mask)
    if len(contours) > 1:
        bridged = mask.copy()
        middles = np.array([c.mean(axis=0) for c in contours])
        spread = middles - middles.mean(axis=0)
        along = np.linalg.svd(spread, full_matrices=False)[2][0]
        order = np.argsort(spread @ along)
        for first, second in zip(order[:-1], order[1:], strict=True):
            start, end = _nearest(contours[first], contours[second])
            cv2.line(bridged, start, end, 1, 1)
        contours = _contours(bridged)
    # The picture four times as fine, so that the polygon runs along the pixels' borders and not through their middles.
    largest = max(contours, key=lambda c: (cv2.contourArea(c.astype(np.float32)), len(c)))
    filled = np.zeros(np.array(mask.shape) + 2, np.uint8)
    cv2.drawContours(filled, [(largest + 1).astype(np.int32)], -1, 1, -1)
    fine = cv2.resize(filled, None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST)
    border = cv2.findContours(fine, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
    whole = cv2.approxPolyDP(max(border, key=len), 2.0, True)[:, 0]
    return np.asarray((whole + 0.5) / 4.0 - 1.5, np.float64)


def _contours(mask: NDArray[np.uint8]) -> list[NDArray[np.int32]]:
    found = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    return [np.asarray(c[:, 0], np.int32) for c in found]


def _nearest(first: NDArray[np.int32], second: NDArray[np.int32]) -> tuple[tuple[int, int], tuple[int, int]]:
    gaps = np.hypot(*(first[:, None] - second[None]).astype(np.float64).transpose(2, 0, 1))
    at, other = np.unravel_index(int(gaps.argmin()), gaps.shape)
    start, end = first[at].tolist(), second[other].tolist()
    return (start[0], start[1]), (end[0], end[1])


def mass(scores: Floats, valid: NDArray[np.bool_], level: float) -> float:
    """How much of a picture looks like one defect: the largest sum of scores over `level` in one connected place.

    One number for a whole picture, for ranking pictures; what decides about a part is a finding's size.
    """
    above = np.where(valid, scores - np.float32(level), np.float32(0.0))
    if not (above > 0.0).any():
        return float(above[valid].max()) if valid.any() else -math.inf
    _, labels = cv2.connectedComponents((above > 0.0).astype(np.uint8), connectivity=8)
    return float(np.bincount(labels.ravel(), np.maximum(above, 0.0).ravel())[1:].max())
