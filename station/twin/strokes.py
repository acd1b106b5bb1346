"""Wandering lines and ragged blobs, and how much of every pixel they cover."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from station.twin.grain import Floats, Shape

Points = NDArray[np.float64]
STEP_PX = 2.0  # between the points of a path
FINER = 4  # sub-pixels per pixel and direction
BITS = 4  # of a sub-pixel's fraction in OpenCV's drawing


def wander(
    rng: np.random.Generator,
    length_px: float,
    wiggle: float,
    center_px: tuple[float, float],
    direction_rad: float | None = None,
) -> Points:
    """A path (n, 2) of about this length around a centre; `wiggle` (rad) is how much it turns from step to step."""
    count = max(2, round(length_px / STEP_PX))
    turn = rng.uniform(0.0, 2.0 * math.pi) if direction_rad is None else direction_rad
    angle = turn + 0.25 * np.cumsum(rng.normal(0.0, wiggle, count)) + rng.normal(0.0, 0.8 * wiggle, count)
    path = np.cumsum(STEP_PX * np.column_stack([np.cos(angle), np.sin(angle)]), axis=0)
    return np.asarray(path - (path[0] + path[-1]) / 2 + center_px)


def blob(
    rng: np.random.Generator, radius_px: float, rough: float, stretch: float, center_px: tuple[float, float]
) -> Points:
    """The outline (n, 2) of a ragged ellipse; `stretch` is the ratio of its axes."""
    angle = np.arange(0.0, 2.0 * math.pi, 0.08)
    radius = np.ones_like(angle)
    for order in range(1, 8):
        radius += rough / order * rng.normal() * np.cos(order * angle + rng.uniform(0.0, 6.3))
    radius = np.maximum(radius, 0.25) * radius_px
    x, y = np.cos(angle) * radius * math.sqrt(stretch), np.sin(angle) * radius / math.sqrt(stretch)
    turn = rng.uniform(0.0, math.pi)
    cos, sin = math.cos(turn), math.sin(turn)
    return np.column_stack([x * cos - y * sin, x * sin + y * cos]) + center_px


def cover_path(shape: Shape, path: Points, width_px: float, taper: Points | None = None) -> Floats:
    """The share (h, w) of every pixel that a line of this width covers; `taper` (n,) is its width along the path, as
    factors.
    """
    widths = np.full(len(path), width_px) if taper is None else width_px * taper
    canvas, corner = _canvas(shape, path, float(widths.max()))
    for piece in _pieces(path, widths):
        cv2.fillConvexPoly(canvas, _places(piece, corner), 255, cv2.LINE_8, BITS)
    return _covered(shape, canvas, corner)


def cover_polygon(shape: Shape, outline: Points) -> Floats:
    """The share (h, w) of every pixel inside the polygon."""
    canvas, corner = _canvas(shape, outline, 0.0)
    cv2.fillPoly(canvas, [_places(outline, corner)], 255, cv2.LINE_8, BITS)
    return _covered(shape, canvas, corner)


def _pieces(path: Points, widths_px: Points) -> Points:
    """Four corners (n, 4, 2) for every step of a path, a little longer than it so that bends have no gaps."""
    step = np.diff(path, axis=0)
    along = step / np.maximum(np.hypot(*step.T), 1e-9)[:, None]
    # OpenCV fills the pixels on the border, too: half a finer pixel on either side.
    half = np.maximum(widths_px - 1.0 / FINER, 0.25 / FINER)[:, None] / 2.0
    beside = np.column_stack([-along[:, 1], along[:, 0]])
    start, end = path[:-1] - 0.3 * half[:-1] * along, path[1:] + 0.3 * half[1:] * along
    first, last = half[:-1] * beside, half[1:] * beside
    return np.stack([start + first, end + last, end - last, start - first], axis=1)


def _canvas(shape: Shape, points: Points, width_px: float) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """An empty finer picture around the points, and its first pixel (x, y) in the picture."""
    size = np.array(shape[::-1])
    low = np.clip(np.floor(points.min(axis=0) - width_px - 2), 0, size - 1).astype(np.intp)
    high = np.clip(np.ceil(points.max(axis=0) + width_px + 3), low + 1, size).astype(np.intp)
    width, height = (high - low) * FINER
    return np.zeros((height, width), np.uint8), low


def _places(points: Points, corner: NDArray[np.intp]) -> NDArray[np.int32]:
    fine = (points - corner + 0.5) * FINER - 0.5
    return np.asarray(np.round(fine * 2**BITS), np.int32)


def _covered(shape: Shape, canvas: NDArray[np.uint8], corner: NDArray[np.intp]) -> Floats:
    height, width = canvas.shape[0] // FINER, canvas.shape[1] // FINER
    cover = np.zeros(shape, np.float32)
    small = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)
    cover[corner[1] : corner[1] + height, corner[0] : corner[0] + width] = small.astype(np.float32) / 255.0
    return cover
