"""How far the points of an edge lie from a circle, a line or the drawing, and how small motions change that."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled

Floats = NDArray[np.float64]


@compiled
def from_circle(points: Floats, x: float, y: float, radius: float) -> tuple[Floats, Floats]:
    """Deviations (n,) outwards, and their change (n, 3) with the circle's centre and radius."""
    deviations, basis = np.empty(len(points)), np.empty((len(points), 3))
    for i in range(len(points)):
        dx, dy = points[i, 0] - x, points[i, 1] - y
        distance = math.sqrt(dx * dx + dy * dy)
        deviations[i] = distance - radius
        basis[i, 0], basis[i, 1], basis[i, 2] = dx / distance, dy / distance, 1.0
    return deviations, basis


@compiled
def from_line(points: Floats, angle: float, offset: float, along: float) -> tuple[Floats, Floats]:
    """Deviations (n,) along the normal, and their change (n, 2) with the line's turn and offset: the position along it
    from its middle, and 1."""
    c, s = math.cos(angle), math.sin(angle)
    x, y = c * offset - s * along, s * offset + c * along
    deviations, basis = np.empty(len(points)), np.empty((len(points), 2))
    for i in range(len(points)):
        dx, dy = points[i, 0] - x, points[i, 1] - y
        deviations[i] = dx * c + dy * s
        basis[i, 0], basis[i, 1] = dy * c - dx * s, 1.0
    return deviations, basis


@compiled
def from_drawing(points: Floats, nominal: Floats, normals: Floats, turn: float, x: float, y: float) -> Floats:
    """Deviations (n,) out of the material of R(turn)·points + (x, y) from where the drawing has them."""
    c, s = math.cos(turn), math.sin(turn)
    deviations = np.empty(len(points))
    for i in range(len(points)):
        dx = c * points[i, 0] - s * points[i, 1] + x - nominal[i, 0]
        dy = s * points[i, 0] + c * points[i, 1] + y - nominal[i, 1]
        deviations[i] = dx * normals[i, 0] + dy * normals[i, 1]
    return deviations


@compiled
def turning(points: Floats, normals: Floats, x: float, y: float) -> Floats:
    """Change (n, 3) of deviations with a turn about (x, y); the other columns are 0."""
    basis = np.zeros((len(points), 3))
    for i in range(len(points)):
        basis[i, 0] = (points[i, 0] - x) * normals[i, 1] - (points[i, 1] - y) * normals[i, 0]
    return basis


@compiled
def sliding(normals: Floats, x: float, y: float) -> Floats:
    """Change (n, 3) of deviations with a shift along (x, y); the other columns are 0."""
    basis = np.zeros((len(normals), 3))
    for i in range(len(normals)):
        basis[i, 0] = normals[i, 0] * x + normals[i, 1] * y
    return basis


@compiled
def moving(points: Floats, normals: Floats) -> Floats:
    """Change (n, 3) of deviations with a shift along x and y and a turn about the middle of the points."""
    count = len(points)
    x = y = 0.0
    for i in range(count):
        x += points[i, 0]
        y += points[i, 1]
    x, y = x / count, y / count
    basis = np.empty((count, 3))
    for i in range(count):
        basis[i, 0], basis[i, 1] = normals[i, 0], normals[i, 1]
        basis[i, 2] = (points[i, 0] - x) * normals[i, 1] - (points[i, 1] - y) * normals[i, 0]
    return basis


@compiled
def farthest(residuals: Floats) -> int:
    """Where the largest absolute value stands; of several that are equal but for rounding (the points that hold a zone)
    the first.
    """
    most = 0.0
    for i in range(len(residuals)):
        most = max(most, abs(residuals[i]))
    for i in range(len(residuals)):
        if abs(residuals[i]) >= most * (1.0 - 1e-9):
            return i
    return 0
