"""Least-squares fit of an object-side telecentric lens to views of a board.

The board's plane is seen in parallel projection: x_px = c + F d(A X / F), with d the Brown-Conrady distortion about c
in units of F, half the picture's diagonal (so k1 is the relative distortion in its corners), and A (2, 2) px per mm
for each view. Views in the measuring plane differ by a turn and a shift; a view tilted out of it is shortened along
one direction; a view at another height is larger or smaller by the residual telecentricity, a relative change of
magnification per mm. Terms beyond scale and k1 are kept only where an F test finds them significant.

Source of the model: D. Li, J. Tian, "An accurate calibration method for a camera with telecentric lenses" (2013).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import least_squares
from scipy.stats import f as f_distribution

from station.metrology.camera import CameraModel, as_matrix3
from station.metrology.distortion import Floats, distort
from station.metrology.lens_fit import SIGNIFICANT, Corners, LensFit, inverse_normal

LEAST_TILT = 6e-4  # shortening of a view that counts as tilted: 2 degrees
# Groups of free terms in the order in which they are tried; their columns in the shared parameters.
_TERMS: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("k1", (4,)), ("k2", (5,)), ("pixels", (1, 2)), ("centre", (6, 7)), ("tangential", (8, 9)),
)  # fmt: skip
_SHARED = 10  # log scale, aspect, skew, telecentricity, k1, k2, cx, cy, p1, p2


def fit_telecentric(
    views: Sequence[Corners],
    width_px: int,
    height_px: int,
    *,
    plane_view: int,
    heights_mm: Sequence[float | None] | None = None,
) -> LensFit:
    """The lens, measuring on the plane of `views[plane_view]`.

    `heights_mm`: of each view's board above some common plane, towards the camera; None where it is not known, which
    is taken as that of the chosen view. With two different heights the residual telecentricity is fitted.
    """
    heights = np.zeros(len(views))
    if heights_mm is not None:
        own = heights_mm[plane_view] or 0.0
        heights = np.array([0.0 if h is None else h - own for h in heights_mm])
    fitter = _Fitter(views, width_px, height_px, heights, plane_view)
    return fitter.run()


class _Fitter:
    """The data of one fit, and the layout of its parameters: the shared ones, then per view turn, shift, tilt."""

    def __init__(
        self, views: Sequence[Corners], width_px: int, height_px: int, heights: Floats, plane_view: int
    ) -> None:
        self.views, self.size, self.heights, self.plane_view = views, (width_px, height_px), heights, plane_view
        self.half = 0.5 * math.hypot(width_px, height_px)
        self.centre = np.array([(width_px - 1) / 2, (height_px - 1) / 2])
        self.tilted: list[int] = []

    def run(self) -> LensFit:
        start = self._start()
        free: list[int] = [0]
        if np.ptp(self.heights) > 0:
            free.append(3)
        self.tilted = self._tilted_views(start)
        parameters, squares, jacobian = self._solve(start, free)
        for _, columns in _TERMS:
            tried = sorted({*free, *columns})
            richer, fewer, its_jacobian = self._solve(parameters, tried)
            if columns == (4,) or self._significant(squares, fewer, len(columns), len(tried)):
                free, parameters, squares, jacobian = tried, richer, fewer, its_jacobian
        return self._fit(parameters, free, jacobian)

    def _significant(self, squares: float, fewer: float, more: int, shared: int) -> bool:
        left = 2 * sum(len(v.points_px) for v in self.views) - shared - 3 * len(self.views)
        if left <= 0:
            return False
        ratio = (squares - fewer) / more / max(fewer / left, 1e-18)
        return bool(f_distribution.sf(ratio, more, left) < SIGNIFICANT)

    def _start(self) -> Floats:
        """Shared parameters and, per view, turn, shift (2) and shortening (2), from affine maps."""
        poses, scales = [], []
        for view in self.views:
            design = np.column_stack([view.points_mm * [1.0, -1.0], np.ones(len(view.points_mm))])
            map_ = np.linalg.lstsq(design, view.points_px, rcond=None)[0]
            u, sizes, vt = np.linalg.svd(map_[:2].T)
            turn = u @ vt
            if np.linalg.det(turn) < 0:
                raise np.linalg.LinAlgError("the board is seen in a mirror")
            poses.append([math.atan2(turn[1, 0], turn[0, 0]), *((map_[2] - self.centre) / self.half), 0.0, 0.0])
            scales.append(sizes[0])
        shared = np.zeros(_SHARED)
        shared[0] = math.log(scales[self.plane_view])
        return np.concatenate([shared, np.array(poses).ravel()])

    def _tilted_views(self, start: Floats) -> list[int]:
        """Views shortened along one direction against the chosen one by more than `LEAST_TILT`."""
        found = []
        for index, view in enumerate(self.views):
            if index == self.plane_view:
                continue
            design = np.column_stack([view.points_mm * [1.0, -1.0], np.ones(len(view.points_mm))])
            map_ = np.linalg.lstsq(design, view.points_px, rcond=None)[0]
            sizes = np.linalg.svd(map_[:2].T, compute_uv=False)
            short = 1.0 - sizes[1] / sizes[0]
            if short > LEAST_TILT:
                found.append(index)
                _, _, vt = np.linalg.svd(map_[:2].T)
                place = _SHARED + 5 * index + 3
                start[place : place + 2] = math.sqrt(short) * vt[1]
        return found

    def _columns(self, free: Sequence[int]) -> list[int]:
        columns = list(free)
        for index in range(len(self.views)):
            first = _SHARED + 5 * index
            columns += [first, first + 1, first + 2]
            if index in self.tilted:
                columns += [first + 3, first + 4]
        return columns

    def _solve(self, start: Floats, free: Sequence[int]) -> tuple[Floats, float, Floats]:
        columns = self._columns(free)

        def miss(values: Floats) -> Floats:
            full = start.copy()
            full[columns] = values
            return np.concatenate([e.ravel() for e in self._errors(full)])

        found = least_squares(miss, start[columns], x_scale="jac", method="lm", jac="2-point", xtol=1e-14, ftol=1e-14)
        full = start.copy()
        full[columns] = found.x
        return full, float(2.0 * found.cost), np.asarray(found.jac)

    def _errors(self, parameters: Floats) -> list[Floats]:
        errors = []
        for index, view in enumerate(self.views):
            ideal = (
                self._map(parameters, index, self.heights[index])
                @ np.column_stack([view.points_mm, np.ones(len(view.points_mm))]).T
            )
            errors.append(view.points_px - self._seen(parameters, ideal.T))
        return errors

    def _seen(self, parameters: Floats, ideal: Floats) -> Floats:
        k1, k2, cx, cy, p1, p2 = parameters[4:_SHARED]
        moved = np.array([cx, cy])
        return self.centre + self.half * (moved + distort(ideal - moved, (k1, k2, p1, p2, 0.0)))

    def _map(self, parameters: Floats, index: int, height: float) -> Floats:
        """(2, 3) from mm on a view's board to undistorted normalised coordinates about the picture's centre."""
        scale, aspect, skew, telecentricity = parameters[:4]
        turn, x, y, short_x, short_y = parameters[_SHARED + 5 * index : _SHARED + 5 * index + 5]
        pixels = np.array([[1.0 + aspect, skew], [skew, 1.0 - aspect]]) * math.exp(scale) / self.half
        rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
        shortened = np.eye(2) - np.outer([short_x, short_y], [short_x, short_y])
        linear = pixels @ rotation @ shortened @ np.diag([1.0, -1.0]) * (1.0 + telecentricity * height)
        return np.column_stack([linear, [x, y]])

    def _fit(self, parameters: Floats, free: Sequence[int], jacobian: Floats) -> LensFit:
        columns = self._columns(free)

        def build(values: Floats) -> CameraModel:
            full = parameters.copy()
            full[columns] = values
            return self._camera(full)

        errors = tuple(self._errors(parameters))
        fit = LensFit(
            self._camera(parameters), errors, parameters[columns], inverse_normal(jacobian), build, None, len(columns)
        )
        names = tuple(name for name, of in _TERMS if of[0] in free)
        steepness = columns.index(3) if 3 in free else None
        return replace(fit, terms=names, tilted=tuple(self.tilted), telecentricity_index=steepness)

    def _camera(self, parameters: Floats) -> CameraModel:
        k1, k2, cx, cy, p1, p2 = parameters[4:_SHARED].tolist()
        linear = self._map(parameters, self.plane_view, 0.0)
        linear[:, 2] -= (cx, cy)  # about the centre of distortion
        plane = np.linalg.inv(np.vstack([linear, [0.0, 0.0, 1.0]]))
        plane[2] = (0.0, 0.0, 1.0)
        centre = self.centre + self.half * np.array([cx, cy])
        blank = CameraModel.similarity(*self.size, 1.0, telecentric=True)
        sizes = np.linalg.svd(linear[:, :2], compute_uv=False)
        tilt = math.degrees(math.acos(min(1.0, float(sizes[1] / sizes[0]))))
        return replace(
            blank,
            matrix=(self.half, self.half, float(centre[0]), float(centre[1])),
            distortion=(k1, k2, p1, p2, 0.0),
            plane=as_matrix3(plane),
            tilt_deg=tilt,
            telecentricity_per_mm=float(parameters[3]),
        )
