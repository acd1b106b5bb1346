"""How much of each pixel a polygon covers, seen through a Gaussian lens: exact but for rounding, no super-sampling.

The image of a region is its indicator convolved with K(x, y) = k(x)·k(y), k the Gaussian convolved with the pixel's
box. Green's theorem turns the integral over the region into one along its outline,

    I(p) = ∮ Ψ(p_x - q_x) · k(p_y - q_y) dq_y,        Ψ the integral of k,

which Gauss-Legendre quadrature on short pieces solves to about 1e-6. Differences of Ψ along a row are zero away from
the outline, so each node touches a small patch only, and one cumulative sum finishes the image.
"""

from __future__ import annotations

import math
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled

_Row: TypeAlias = NDArray[np.float64]
_Image: TypeAlias = NDArray[np.float64]

REACH_SIGMAS = 6.0
PIECE_SIGMAS = 0.7


@compiled
def _gauss_integral(t: float, sigma: float) -> float:
    """Second integral of the Gaussian: ∫ Φ(s/σ) ds up to `t`."""
    z = t / sigma
    return t * 0.5 * math.erfc(-z / math.sqrt(2.0)) + sigma * math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


@compiled
def _gauss_step(t: float, sigma: float) -> float:
    return 0.5 * math.erfc(-t / (sigma * math.sqrt(2.0)))


@compiled
def _nodes(length: float, sigma: float) -> tuple[int, float, float]:
    """How many Gauss-Legendre nodes a piece needs, the distance of the outer ones from its middle, their weight."""
    if length < 0.06 * sigma:
        return 1, 0.0, 1.0
    if length < 0.35 * sigma:
        return 2, math.sqrt(1.0 / 12.0), 0.5
    return 3, math.sqrt(0.15), 5.0 / 18.0


@compiled
def _splat_node(x: float, y: float, weight: float, sigma: float, patch: _Row, steps: _Image) -> None:
    """Add one node of the line integral; `patch` is scratch space of at least the reach's width."""
    height, width = steps.shape
    reach = REACH_SIGMAS * sigma + 0.5
    first_row, last_row = max(0, math.ceil(y - reach)), min(height - 1, math.floor(y + reach))
    first_column, last_column = math.ceil(x - reach), math.floor(x + reach) + 1
    if first_row > last_row or first_column > width - 1:
        return
    if last_column <= 0:
        first_column = last_column = 0
    previous, lower = 0.0, _gauss_integral(first_column - x - 0.5, sigma)
    for column in range(first_column, last_column):
        upper = _gauss_integral(column - x + 0.5, sigma)
        patch[column - first_column] = upper - lower - previous
        previous, lower = upper - lower, upper
    patch[last_column - first_column] = 1.0 - previous
    below = _gauss_step(first_row - y - 0.5, sigma)
    for row in range(first_row, last_row + 1):
        above = _gauss_step(row - y + 0.5, sigma)
        k = weight * (above - below)
        below = above
        for column in range(first_column, min(last_column, width - 1) + 1):
            steps[row, max(column, 0)] += k * patch[column - first_column]


@compiled
def _splat(vertices: _Image, sigma: float, steps: _Image) -> None:
    """Add the outline's row differences to `steps` (height, width)."""
    height, width = steps.shape
    reach = REACH_SIGMAS * sigma + 0.5
    patch = np.empty(math.ceil(2 * reach) + 4)
    count = vertices.shape[0]
    for index in range(count):
        x0, y0 = vertices[index]
        x1, y1 = vertices[(index + 1) % count]
        dx, dy = x1 - x0, y1 - y0
        if dy == 0.0 or max(y0, y1) < -reach or min(y0, y1) > height - 1 + reach or min(x0, x1) > width - 1 + reach:
            continue
        length = math.hypot(dx, dy)
        pieces = max(1, math.ceil(length / (PIECE_SIGMAS * sigma)))
        nodes, apart, weight = _nodes(length / pieces, sigma)
        for piece in range(pieces):
            for node in range(nodes):
                side = 2.0 * node / (nodes - 1.0) - 1.0 if nodes > 1 else 0.0
                t = (piece + 0.5 + side * apart) / pieces
                share = 8.0 / 18.0 if nodes == 3 and node == 1 else weight
                _splat_node(x0 + t * dx, y0 + t * dy, share * dy / pieces, sigma, patch, steps)


def polygon_coverage(
    polygons_px: list[NDArray[np.float64]], width_px: int, height_px: int, sigma_px: float
) -> NDArray[np.float64]:
    """Blurred coverage (height, width) of closed polygons, each (n, 2) of (x, y) in pixels, y down.

    A polygon whose material is on its left in millimetres (y up) counts +1 inside, an opening -1, so the sum is the
    silhouette. `sigma_px` is the optical Gaussian; the pixel's box comes on top. Sharp optics (σ < 0.2 px) are refused.
    """
    if not sigma_px >= 0.2:
        raise ValueError("the optical blur must be at least 0.2 px")
    steps = np.zeros((height_px, width_px))
    for vertices in polygons_px:
        _splat(np.ascontiguousarray(vertices, dtype=np.float64), sigma_px, steps)
    return cast(NDArray[np.float64], np.cumsum(steps, axis=1, out=steps))
