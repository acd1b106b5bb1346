"""How the measuring plane bends with what the calibration does not know of the lens, and what that does to features.

The covariance of a camera model (`CameraEvidence.spread`) is a sum of independent errors of its numbers. Each moves
every point of the plane; together they are a few fields that bend it, kept as a table. The mean scale over what the
board covered is taken out, as `Calibration.u_scale` has it: where a board's points lie evenly, least squares leaves the
two uncorrelated. So are a shift and a turn of everything, which no value feels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from station.compiled import compiled
from station.metrology.camera import CameraModel
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.lens_uncertainty import shifted

Floats = NDArray[np.float64]

_NODES = 49  # of the table along the longer side: a straight piece between two nodes is bent enough
_BORDER = 0.02  # of the field, around it
_NOTHING = 1e-3  # of the largest field: a smaller one is left out
_MANY_LOOKS = 40  # that tell how far any of its points moves
_LOOKS = 12  # points of a feature that tell how it moves


@dataclass(frozen=True, slots=True, eq=False)
class LensField:
    """Displacements (mm) of the plane by one standard deviation of each independent error: `bends` (r, ny, nx, 2) at
    the nodes of a table that begins at `low_mm` (2,) with steps of `step_mm` (2,)."""

    low_mm: Floats
    step_mm: Floats
    bends: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Bending:
    """A lens field as a part feels it that lies in the plane by plane = matrix · part + origin."""

    field: LensField
    matrix: Floats
    origin: Floats

    def moves(self, points_mm: Floats) -> Floats:
        """(r, n, 2) how points (n, 2) of the part's frame seem to move, mm in that frame."""
        moved = np.empty((len(self.field.bends), *points_mm.shape))
        _moves(self.field.bends, self.field.low_mm, self.field.step_mm, self.matrix, self.origin, points_mm, moved)
        return moved

    def changes(self, features: Sequence[MeasuredFeature]) -> Floats:
        """(f, r, 3) how the parameters of each feature seem to change: circle x, y, radius; line angle and offset."""
        looks, square = np.empty((len(features), _LOOKS, 2)), np.empty((len(features), _LOOKS, 2))
        for f, feature in enumerate(features):
            count = len(feature.points_mm)
            picks = (
                (np.arange(_LOOKS) + 0.5) * (count / _LOOKS) if feature.closed else np.linspace(0, count - 1, _LOOKS)
            )
            looks[f], square[f] = (v.take(picks.astype(np.intp), axis=0) for v in (feature.points_mm, feature.normals))
        moves = self.moves(looks.reshape(-1, 2)).reshape(-1, len(features), _LOOKS, 2)
        straight = np.array([feature.kind is Kind.LINE for feature in features], np.bool_)
        params = np.array([feature.params if feature.params else (0.0, 0.0, 0.0) for feature in features])
        outward = np.array([feature.outward for feature in features])
        found = np.zeros((len(features), len(moves), 3))
        _changes(straight, params, outward, looks, square, moves, found)
        return found

    def most(self, features: Sequence[MeasuredFeature]) -> Floats:
        """(r,) the largest move (mm) of any point of features against the others, after a shift and a turn of all."""
        looks = [f.points_mm[:: max(1, len(f.points_mm) // _MANY_LOOKS)] for f in features]
        points = np.concatenate(looks) if len(looks) > 1 else looks[0]
        most = np.empty(len(self.field.bends))
        _farthest(points, self.moves(points), most)
        return most

    def bent(self, feature: MeasuredFeature, sign: float) -> list[MeasuredFeature]:
        """The feature moved by each of the r errors, its points and what is associated with them."""
        moves = sign * self.moves(feature.points_mm)
        changes = self.changes([feature])[0] if feature.params else np.zeros((len(moves), 0))
        return [
            replace(feature, points_mm=feature.points_mm + move).nudged(sign * change)
            for move, change in zip(moves, changes, strict=True)
        ]


@lru_cache(maxsize=4)
def lens_field(camera: CameraModel) -> LensField | None:
    """The table of a camera; None where its covariance is not known, or is nothing but a scale."""
    spread = camera.evidence.spread if camera.evidence is not None else ()
    if not spread:
        return None
    border = _border(camera)
    low, high = border.min(axis=0), border.max(axis=0)
    low, high = low - _BORDER * (high - low), high + _BORDER * (high - low)
    size = high - low
    count = np.maximum(2, np.rint(_NODES * size / size.max())).astype(int)
    x, y = (np.linspace(low[k], high[k], count[k]) for k in (0, 1))
    nodes = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    covered, points = _covered(camera)
    here, at = camera.to_mm(covered), camera.to_px(nodes)
    away = []
    for row in spread:
        other = shifted(camera, row)
        away.append(_without_scale(other.to_mm(at) - nodes, nodes, other.to_mm(covered) - here, here, points))
    _, sizes, fields = np.linalg.svd(np.nan_to_num(np.array(away)), full_matrices=False)
    kept = np.flatnonzero(sizes > max(_NOTHING * sizes[0], 1e-15 * size.max()))
    if not len(kept):
        return None
    bends = (sizes[kept, None] * fields[kept]).reshape(len(kept), count[1], count[0], 2)
    return LensField(low, size / (count - 1), np.ascontiguousarray(bends))


def _border(camera: CameraModel) -> Floats:
    """Points (n, 2) in mm around the picture."""
    x, y = np.linspace(-0.5, camera.width_px - 0.5, 17), np.linspace(-0.5, camera.height_px - 0.5, 17)
    sides = [np.column_stack([x, np.full(17, v)]) for v in (y[0], y[-1])]
    sides += [np.column_stack([np.full(17, v), y]) for v in (x[0], x[-1])]
    return camera.to_mm(np.concatenate(sides))


def _covered(camera: CameraModel) -> tuple[Floats, Floats]:
    """Pixels (n, 2) in the middle of the cells of the field where the board was seen, and how many points (n,) were
    there; all alike if nobody kept that."""
    seen = np.array(camera.evidence.coverage if camera.evidence is not None else (), np.float64)
    if seen.ndim != 2 or not seen.any():
        seen = np.ones((12, 16))
    rows, columns = np.nonzero(seen)
    x = (columns + 0.5) * camera.width_px / seen.shape[1] - 0.5
    y = (rows + 0.5) * camera.height_px / seen.shape[0] - 0.5
    return np.column_stack([x, y]), seen[rows, columns]


def _without_scale(moves: Floats, points: Floats, covered_moves: Floats, covered: Floats, weights: Floats) -> Floats:
    """(2n,) moves of points (n, 2) without the scale, turn and shift that serve those of the covered points best."""
    middle, shift = np.average(covered, 0, weights), np.average(covered_moves, 0, weights)
    (x, y), (sx, sy) = (covered - middle).T, (covered_moves - shift).T
    square = float(weights @ (x * x + y * y))
    scale, turn = float(weights @ (x * sx + y * sy)) / square, float(weights @ (x * sy - y * sx)) / square
    dx, dy = (points - middle).T
    rest = moves - shift - np.column_stack([scale * dx - turn * dy, scale * dy + turn * dx])
    return np.asarray(rest).ravel()


@compiled
def _moves(
    bends: Floats, low: Floats, step: Floats, matrix: Floats, origin: Floats, points: Floats, moved: Floats
) -> None:
    rows, columns = bends.shape[1], bends.shape[2]
    for i in range(len(points)):
        px = matrix[0, 0] * points[i, 0] + matrix[0, 1] * points[i, 1] + origin[0]
        py = matrix[1, 0] * points[i, 0] + matrix[1, 1] * points[i, 1] + origin[1]
        a, b = (px - low[0]) / step[0], (py - low[1]) / step[1]
        column, row = min(max(int(a), 0), columns - 2), min(max(int(b), 0), rows - 2)
        a, b = a - column, b - row
        for r in range(len(bends)):
            near, far = bends[r, row], bends[r, row + 1]
            dx = (1.0 - b) * ((1.0 - a) * near[column, 0] + a * near[column + 1, 0])
            dx += b * ((1.0 - a) * far[column, 0] + a * far[column + 1, 0])
            dy = (1.0 - b) * ((1.0 - a) * near[column, 1] + a * near[column + 1, 1])
            dy += b * ((1.0 - a) * far[column, 1] + a * far[column + 1, 1])
            # Back into the part's frame: the matrix is a rotation, mirrored or not.
            moved[r, i, 0] = matrix[0, 0] * dx + matrix[1, 0] * dy
            moved[r, i, 1] = matrix[0, 1] * dx + matrix[1, 1] * dy


@compiled
def _farthest(points: Floats, moves: Floats, most: Floats) -> None:
    count, x0, y0, square = len(points), 0.0, 0.0, 1e-300
    for i in range(count):
        x0, y0 = x0 + points[i, 0] / count, y0 + points[i, 1] / count
    for i in range(count):
        square += (points[i, 0] - x0) ** 2 + (points[i, 1] - y0) ** 2
    for r in range(len(moves)):
        dx, dy, turn, far = 0.0, 0.0, 0.0, 0.0
        for i in range(count):
            dx, dy = dx + moves[r, i, 0] / count, dy + moves[r, i, 1] / count
            turn += ((points[i, 0] - x0) * moves[r, i, 1] - (points[i, 1] - y0) * moves[r, i, 0]) / square
        for i in range(count):
            x = moves[r, i, 0] - dx + turn * (points[i, 1] - y0)
            y = moves[r, i, 1] - dy - turn * (points[i, 0] - x0)
            far = max(far, x * x + y * y)
        most[r] = np.sqrt(far)


@compiled
def _changes(
    straight: NDArray[np.bool_], params: Floats, outward: Floats, looks: Floats, square: Floats, moves: Floats,
    found: Floats,
) -> None:  # fmt: skip
    """Least squares of the moves square to each edge, as a fit would follow them."""
    count = looks.shape[1]
    basis, right = np.empty((count, 3)), np.empty(3)
    for f in range(len(looks)):
        size = 2 if straight[f] else 3
        c, s = np.cos(params[f, 0]), np.sin(params[f, 0])
        for i in range(count):
            if straight[f]:
                run = c * looks[f, i, 1] - s * looks[f, i, 0]
                basis[i, 0], basis[i, 1] = params[f, 2] - run, 1.0
            else:
                basis[i, 0], basis[i, 1], basis[i, 2] = square[f, i, 0], square[f, i, 1], outward[f]
        normal = np.zeros((size, size))
        for i in range(count):
            for a in range(size):
                for b in range(size):
                    normal[a, b] += basis[i, a] * basis[i, b]
        for r in range(len(moves)):
            right[:] = 0.0
            for i in range(count):
                off = square[f, i, 0] * moves[r, f, i, 0] + square[f, i, 1] * moves[r, f, i, 1]
                for a in range(size):
                    right[a] += basis[i, a] * off
            _solve(normal.copy(), right, size, found[f, r])


@compiled
def _solve(matrix: Floats, right: Floats, size: int, found: Floats) -> None:
    """Gauss's elimination of a positive matrix; what it does not tell stays nothing."""
    for k in range(size):
        if matrix[k, k] < 1e-12:
            return
        for i in range(k + 1, size):
            share = matrix[i, k] / matrix[k, k]
            for j in range(k, size):
                matrix[i, j] -= share * matrix[k, j]
            right[i] -= share * right[k]
    for k in range(size - 1, -1, -1):
        total = right[k]
        for j in range(k + 1, size):
            total -= matrix[k, j] * found[j]
        found[k] = total / matrix[k, k]
