"""Pictures of dot grids through a known camera: each dot a polygon of exact area, covered pixels computed exactly."""

from __future__ import annotations

import numpy as np

from station.twin.coverage import polygon_coverage

LOW, HIGH = 20.0, 220.0
CORNERS = 96


def dots_mm(columns: int, rows: int, pitch_mm: float) -> np.ndarray:
    """(n, 2) middles, row by row from the top left, about the grid's own middle, y up."""
    row, column = np.divmod(np.arange(columns * rows), columns)
    return np.column_stack([column - (columns - 1) / 2, (rows - 1) / 2 - row]) * pitch_mm


def dots_picture(
    centres_mm: np.ndarray,
    diameter_mm: float | np.ndarray,
    to_px,
    width: int,
    height: int,
    *,
    psf_px: float = 1.0,
    noise: float = 2.0,
    dark: bool = True,
    seed: int = 0,
) -> np.ndarray:
    """Grey picture of 8 bits; `to_px` takes (n, 2) mm to (n, 2) px."""
    angle = 2 * np.pi * np.arange(CORNERS) / CORNERS
    grown = np.sqrt(2 * np.pi / CORNERS / np.sin(2 * np.pi / CORNERS))  # a polygon of the circle's area
    unit = grown * np.column_stack([np.cos(angle), np.sin(angle)])
    radii = np.broadcast_to(np.asarray(diameter_mm) / 2, len(centres_mm))
    outlines = (centres_mm[:, None] + radii[:, None, None] * unit).reshape(-1, 2)
    covered = np.zeros((height, width))
    for polygon in np.split(to_px(outlines), len(centres_mm)):
        low = np.floor(polygon.min(axis=0)).astype(int) - 8
        high = np.ceil(polygon.max(axis=0)).astype(int) + 9
        low, high = np.maximum(low, 0), np.minimum(high, [width, height])
        if (low >= high).any():
            continue
        x, y = polygon[:, 0], polygon[:, 1]
        if float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) > 0:
            polygon = polygon[::-1]
        size = high - low
        part = polygon_coverage([np.ascontiguousarray(polygon - low)], int(size[0]), int(size[1]), psf_px)
        covered[low[1] : high[1], low[0] : high[0]] += part
    share = np.clip(covered, 0, 1)
    levels = LOW + (HIGH - LOW) * (1 - share if dark else share)
    levels = levels + np.random.default_rng(seed).normal(0, noise, levels.shape)
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)
