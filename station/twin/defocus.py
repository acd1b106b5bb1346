"""A blur that grows over the field, as where a part lies tilted: every edge is seen through the blur of its own place.

A pixel near an edge gets what a picture of one blur shows there, of the blur where the outline passes nearest. Pictures
of a few blurs are enough: a blurred edge is smooth in the blur, so Chebyshev nodes over its logarithm and barycentric
interpolation (Berrut and Trefethen, "Barycentric Lagrange interpolation", 2004) reach 1e-6 where it grows threefold.
The outline is looked up every quarter of a pixel, which along a growing blur costs up to 1e-4 of the levels, both ways.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from station.twin.coverage import REACH_SIGMAS, polygon_coverage

Floats = NDArray[np.float64]

NODES = 12
STEP_PX = 0.25  # of the outline, between the places whose blur is looked up


def growing_coverage(
    polygons_px: list[Floats], width_px: int, height_px: int, sigma_px: float, slope: tuple[float, float]
) -> Floats:
    """Like `polygon_coverage`, with a Gaussian of `sigma_px` at pixel (0, 0) that grows by `slope` per pixel of x, y.

    Raises:
        ValueError: somewhere along an outline in the picture it is sharper than 0.2 px.
    """
    outline = np.concatenate([_dense(points) for points in polygons_px])
    sigmas = sigma_px + outline @ np.asarray(slope)
    reach = REACH_SIGMAS * float(sigmas.max()) + 1.0
    near = ((outline > -reach) & (outline < np.array([width_px, height_px]) + reach)).all(axis=1)
    outline, sigmas = outline[near], sigmas[near]
    middle = sigma_px + 0.5 * (slope[0] * width_px + slope[1] * height_px)
    low, high = (float(sigmas.min()), float(sigmas.max())) if len(sigmas) else (middle, middle)
    if not low >= 0.2:
        raise ValueError("the optical blur must be at least 0.2 px")
    widest = polygon_coverage(polygons_px, width_px, height_px, high)
    if high - low < 1e-9:
        return widest
    rows, columns = np.nonzero((np.abs(widest) > 1e-9) & (np.abs(widest - 1.0) > 1e-9))
    if not len(sigmas) or not len(rows):
        return widest
    _, nearest = cKDTree(outline).query(np.column_stack([columns, rows]))
    at = _position(sigmas[nearest], low, high)
    # The first kind's nodes lie inside the interval; widened a little, so do all blurs that are asked for.
    angles = math.pi * (np.arange(NODES) + 0.5) / NODES
    nodes, weights = np.cos(angles), np.sin(angles) * (-1.0) ** np.arange(NODES)
    above, below = np.zeros(len(rows)), np.zeros(len(rows))
    for node, weight in zip(nodes, weights, strict=True):
        sigma = math.sqrt(low * high) * (high / low) ** (0.5 * float(node))
        gap = at - node
        share = weight / np.where(np.abs(gap) < 1e-12, 1e-12, gap)
        above += share * polygon_coverage(polygons_px, width_px, height_px, sigma)[rows, columns]
        below += share
    widest[rows, columns] = above / below
    return widest


def _position(sigmas: Floats, low: float, high: float) -> Floats:
    """Where blurs lie on the logarithmic scale from `low` (-1) to `high` (+1)."""
    return np.asarray(2.0 * np.log(sigmas / low) / math.log(high / low) - 1.0)


def _dense(points: Floats) -> Floats:
    """A closed polygon (n, 2) with no side longer than `STEP_PX`."""
    side = np.roll(points, -1, axis=0) - points
    count = np.maximum(np.ceil(np.hypot(side[:, 0], side[:, 1]) / STEP_PX), 1).astype(int)
    index = np.repeat(np.arange(len(points)), count)
    part = (np.arange(len(index)) - np.repeat(np.cumsum(count) - count, count)) / count[index]
    return np.asarray(points[index] + part[:, None] * side[index])
