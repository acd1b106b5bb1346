"""How far an outline lies from contours, and the motion that brings it there.

The nearest contour point of any place is looked up in a map made once by a distance transform. The motion is found by
point-to-line registration (ICP with Tukey's weights).
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.vision.pose import Floats

Labels: TypeAlias = NDArray[np.int32]

_CELLS = 256  # across the map of nearest points
_MOST_CELLS = 64  # across the outline, when points near one another are looked for
_TUKEY = 4.685
_SETTLED = 1e-3  # of the distance that counts: a registration that moves less is at its end


class Nearest(NamedTuple):
    """For any place the nearest of `points` (n, 2), for compiled loops to read: `labels` names it for every cell about
    `center`, `rows` (m,) says which point a name belongs to."""

    points: Floats
    labels: Labels
    rows: Labels
    center: Floats
    cells_per_unit: float


def nearest_to(points: Floats, center: Floats, radius: float) -> Nearest:
    """A map of the nearest of `points`, reaching `radius` about `center`."""
    per_unit = (_CELLS / 2 - 2) / radius
    cells = np.empty(len(points), np.intp)
    _cells_of(points, center, per_unit, cells)
    canvas = np.ones(_CELLS * _CELLS, np.uint8)
    canvas[cells] = 0
    _, found = cv2.distanceTransformWithLabels(
        canvas.reshape(_CELLS, _CELLS), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    labels = np.asarray(found, np.int32).ravel()
    rows = np.zeros(len(points) + 1, np.int32)
    rows[labels[cells]] = np.arange(len(points))
    return Nearest(np.ascontiguousarray(points), labels, rows, center, per_unit)


@compiled
def gap_back(pose: Floats, points: Floats, others: Floats, cap: float) -> float:
    """Mean distance of `points` at `pose` from the nearest of `others`, capped: those are sorted into cells as wide as
    the cap, so that only the nine about a point have to be looked at."""
    left, top = others[:, 0].min(), others[:, 1].min()
    wide, high = others[:, 0].max() - left, others[:, 1].max() - top
    cell = max(cap, max(wide, high) / _MOST_CELLS)
    columns, lines = int(wide / cell) + 1, int(high / cell) + 1
    where = np.empty(len(others), np.intp)
    first = np.zeros(columns * lines + 1, np.intp)
    for k in range(len(others)):
        where[k] = int((others[k, 1] - top) / cell) * columns + int((others[k, 0] - left) / cell)
        first[where[k] + 1] += 1
    for k in range(columns * lines):
        first[k + 1] += first[k]
    free, sorted_ = first[:-1].copy(), np.empty_like(others)
    for k in range(len(others)):
        sorted_[free[where[k]]] = others[k]
        free[where[k]] += 1
    c, s = np.cos(pose[0]), np.sin(pose[0])
    total = 0.0
    for k in range(len(points)):
        x = c * points[k, 0] - s * points[k, 1] + pose[1]
        y = s * points[k, 0] + c * points[k, 1] + pose[2]
        column, line = int(np.floor((x - left) / cell)), int(np.floor((y - top) / cell))
        least = cap * cap
        if -2 < column <= columns and -2 < line <= lines:
            for i in range(max(line - 1, 0), min(line + 2, lines)):
                begin, end = i * columns + max(column - 1, 0), i * columns + min(column + 2, columns)
                for j in range(first[begin], first[end]):
                    dx, dy = sorted_[j, 0] - x, sorted_[j, 1] - y
                    least = min(least, dx * dx + dy * dy)
        total += np.sqrt(least)
    return total / len(points)


@compiled
def _cells_of(points: Floats, center: Floats, per_unit: float, cells: NDArray[np.intp]) -> None:
    for k in range(len(points)):
        cells[k] = _cell_at(points[k, 0], points[k, 1], center, per_unit)


@compiled
def _cell_at(x: float, y: float, center: Floats, per_unit: float) -> int:
    """Number of the map's cell at a place; beyond its border that of the border."""
    column = min(max(int((x - center[0]) * per_unit + _CELLS / 2), 0), _CELLS - 1)
    row = min(max(int((y - center[1]) * per_unit + _CELLS / 2), 0), _CELLS - 1)
    return row * _CELLS + column


@compiled
def _row_at(x: float, y: float, there: Nearest) -> int:
    return int(there.rows[there.labels[_cell_at(x, y, there.center, there.cells_per_unit)]])


@compiled
def gap_of(pose: Floats, points: Floats, there: Nearest, cap: float) -> tuple[float, float]:
    """Mean distance of `points` at `pose` from the nearest of `there`, capped, and the share nearer than `cap`."""
    c, s = np.cos(pose[0]), np.sin(pose[0])
    total = near = 0.0
    for k in range(len(points)):
        x = c * points[k, 0] - s * points[k, 1] + pose[1]
        y = s * points[k, 0] + c * points[k, 1] + pose[2]
        j = _row_at(x, y, there)
        distance = np.sqrt((there.points[j, 0] - x) ** 2 + (there.points[j, 1] - y) ** 2)
        total += min(distance, cap)
        near += distance < cap
    return total / len(points), near / len(points)


@compiled
def registered(pose: Floats, points: Floats, normals: Floats, there: Nearest, cap: float, rounds: int) -> float:
    """Moves `pose` (angle, x, y) in place so that the outline lies on the contour; returns the mean gap, capped.

    Point-to-line ICP with Tukey's weights: Gauss–Newton in (turn, x, y) about the outline's middle.
    """
    count = len(points)
    gap, arm, nx, ny = np.empty(count), np.empty(count), np.empty(count), np.empty(count)
    mx, my = points[:, 0].mean(), points[:, 1].mean()
    extent = np.sqrt(((points[:, 0] - mx) ** 2 + (points[:, 1] - my) ** 2).mean())
    mean = cap
    for round_ in range(rounds + 1):
        c, s = np.cos(pose[0]), np.sin(pose[0])
        total = 0.0
        for k in range(count):
            rx = c * (points[k, 0] - mx) - s * (points[k, 1] - my)
            ry = s * (points[k, 0] - mx) + c * (points[k, 1] - my)
            x = rx + c * mx - s * my + pose[1]
            y = ry + s * mx + c * my + pose[2]
            nx[k] = c * normals[k, 0] - s * normals[k, 1]
            ny[k] = s * normals[k, 0] + c * normals[k, 1]
            j = _row_at(x, y, there)
            dx, dy = there.points[j, 0] - x, there.points[j, 1] - y
            total += min(np.sqrt(dx * dx + dy * dy), cap)
            gap[k] = dx * nx[k] + dy * ny[k]
            arm[k] = (rx * ny[k] - ry * nx[k]) / extent
        mean = total / count
        if round_ == rounds:
            break
        width = _TUKEY * max(1.4826 * np.median(np.abs(gap)), 0.02 * cap)
        normal, right = np.zeros((3, 3)), np.zeros(3)
        for k in range(count):
            ratio = gap[k] / width
            if abs(ratio) < 1.0:
                weight = (1.0 - ratio * ratio) ** 2
                row = (arm[k], nx[k], ny[k])
                for a in range(3):
                    right[a] += weight * row[a] * gap[k]
                    for b in range(3):
                        normal[a, b] += weight * row[a] * row[b]
        # What the outline does not determine (the rotation of a disc) stays as it is.
        for a in range(3):
            normal[a, a] += 1e-4 * count
        step = np.linalg.solve(normal, right)
        turn = step[0] / extent
        # About the outline's middle in the plane.
        px, py = c * mx - s * my + pose[1], s * mx + c * my + pose[2]
        pose[0] += turn
        c, s = np.cos(pose[0]), np.sin(pose[0])
        pose[1] = px + step[1] - (c * mx - s * my)
        pose[2] = py + step[2] - (s * mx + c * my)
        if abs(step[0]) + abs(step[1]) + abs(step[2]) < _SETTLED * cap:
            break
    return mean
