"""Least-squares fits of the lens and of the measuring plane to corners of calibration boards.

One view: homography and radial distortion with the focal length held, since one frontal view cannot tell it from the
distance. Several views: OpenCV's bundle adjustment (Zhang 2000), with terms added only where they predict views that
were left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.optimize import least_squares
from scipy.stats import f as f_distribution

from station.metrology.camera import CameraModel, on_plane
from station.metrology.distortion import Floats

GUESSED_FOCAL_WIDTHS = 2.0  # focal length in picture widths where nobody knows it: 16 mm before an 8 mm sensor
SIGNIFICANT = 1e-3  # of the F test for k2 on one view
WORTHWHILE = 0.99  # a term must bring the left-out views' rms below this part of what it was

_FREE = {
    "focal": cv2.CALIB_FIX_FOCAL_LENGTH,
    "centre": cv2.CALIB_FIX_PRINCIPAL_POINT,
    "k2": cv2.CALIB_FIX_K2,
    "tangential": cv2.CALIB_ZERO_TANGENT_DIST,
    "k3": cv2.CALIB_FIX_K3,
    "aspect": cv2.CALIB_FIX_ASPECT_RATIO,
}


@dataclass(frozen=True, slots=True, eq=False)
class Corners:
    """One view's corners: (n, 2) pixels and (n, 2) mm."""

    points_px: Floats
    points_mm: Floats


@dataclass(frozen=True, slots=True, eq=False)
class LensFit:
    """A fitted camera.

    Attributes:
        camera: on the chosen view's plane, in the board's frame.
        errors_px: per view (n, 2), seen minus predicted.
        parameters, unit_covariance: (p,) and (p, p) for corners with a standard uncertainty of one pixel.
        build: the camera for other parameters.
        focal_index: which parameter is the focal length, if it was free.
        fitted: how many parameters were fitted, those of other views' poses included.
        terms: what was fitted beyond the scale, by name.
        tilted: which views were seen tilted out of the measuring plane (telecentric only).
        telecentricity_index: which parameter is the residual telecentricity, if it was free.
    """

    camera: CameraModel
    errors_px: tuple[Floats, ...]
    parameters: Floats
    unit_covariance: Floats
    build: Callable[[Floats], CameraModel]
    focal_index: int | None
    fitted: int
    terms: tuple[str, ...] = ()
    tilted: tuple[int, ...] = ()
    telecentricity_index: int | None = None


def fit_one(view: Corners, width_px: int, height_px: int, focal_px: float, *, focal_known: bool) -> LensFit:
    """Homography and k1, with k2 if an F test finds it significant; principal point at the picture's centre."""
    centre = ((width_px - 1) / 2, (height_px - 1) / 2)
    blank = replace(CameraModel.similarity(width_px, height_px, 1.0), matrix=(focal_px, focal_px, *centre))
    start, _ = cv2.findHomography(view.points_mm, (view.points_px - centre) / focal_px)
    if start is None:
        raise np.linalg.LinAlgError("the corners do not span a plane")
    first = np.asarray(start, dtype=np.float64).ravel()

    def build(parameters: Floats) -> CameraModel:
        terms = [*parameters[8:].tolist(), 0.0, 0.0]
        lens = replace(blank, distortion=(terms[0], terms[1], 0.0, 0.0, 0.0))
        moved = on_plane(lens, np.append(parameters[:8], 1.0).reshape(3, 3))
        return moved if focal_known else replace(moved, distance_mm=None)

    def miss(parameters: Floats) -> Floats:
        return (view.points_px - build(parameters).to_px(view.points_mm)).ravel()

    def solve(terms: Sequence[float]) -> tuple[Floats, Floats, float]:
        guess = np.concatenate([first[:8] / first[8], terms])
        found = least_squares(miss, guess, x_scale="jac", method="lm", jac="2-point", xtol=1e-14, ftol=1e-14)
        return np.asarray(found.x), np.asarray(found.jac), float(2 * found.cost)

    parameters, jacobian, squares = solve([0.0])
    if len(view.points_px) >= 20:
        richer = solve([0.0, 0.0])
        left = 2 * len(view.points_px) - 10
        if f_distribution.sf((squares - richer[2]) / max(richer[2] / left, 1e-12), 1, left) < SIGNIFICANT:
            parameters, jacobian, squares = richer
    errors = miss(parameters).reshape(-1, 2)
    names = ("k1", "k2")[: len(parameters) - 8]
    covariance = inverse_normal(jacobian)
    return LensFit(build(parameters), (errors,), parameters, covariance, build, None, len(parameters), names)


def fit_several(
    views: Sequence[Corners], width_px: int, height_px: int, focal_px: float, *, focal_known: bool, plane_view: int
) -> LensFit:
    """A full pinhole camera; beyond focal length and k1, each term is kept only if it predicts left-out views."""
    size = (width_px, height_px)
    terms = frozenset[str]() if focal_known else frozenset({"focal"})
    if len(views) >= 4:
        best = _left_out_rms(views, size, focal_px, terms)
        for term in ("centre", "k2", "tangential", "k3", "aspect"):
            if (term == "k3" and "k2" not in terms) or (term == "aspect" and focal_known):
                continue
            rms = _left_out_rms(views, size, focal_px, terms | {term})
            if rms < WORTHWHILE * best:
                best, terms = rms, terms | {term}
    matrix, distortion, rotations, translations = _bundle(views, size, focal_px, terms)
    blank = replace(CameraModel.similarity(width_px, height_px, 1.0))
    free = _free_columns(terms)
    pose = np.concatenate([rotations[plane_view], translations[plane_view]])
    base = np.concatenate([matrix[[0, 1], [0, 1]], matrix[:2, 2], distortion])

    def build(parameters: Floats) -> CameraModel:
        lens = base + free @ (parameters[6:] - np.linalg.lstsq(free, base, rcond=None)[0])
        turn = np.asarray(cv2.Rodrigues(parameters[:3])[0], dtype=np.float64)
        fx, fy, cx, cy, k1, k2, p1, p2, k3 = lens.tolist()
        camera = replace(blank, matrix=(fx, fy, cx, cy), distortion=(k1, k2, p1, p2, k3))
        return on_plane(camera, np.column_stack([turn[:, :2], parameters[3:6]]))

    errors, lens_rows, pose_rows = [], [], []
    for view, rotation, translation in zip(views, rotations, translations, strict=True):
        predicted, jacobian = _project(view, rotation, translation, matrix, distortion)
        errors.append(view.points_px - predicted)
        pose_rows.append(jacobian[:, :6])
        lens_rows.append(jacobian[:, 6:15] @ free)
    # the other views' poses are eliminated (Schur complement); the chosen view's stays
    count = free.shape[1]
    normal = np.zeros((6 + count, 6 + count))
    for index, (of_pose, of_lens) in enumerate(zip(pose_rows, lens_rows, strict=True)):
        if index == plane_view:
            both = np.hstack([of_pose, of_lens])
            normal += both.T @ both
        else:
            across = of_pose.T @ of_lens
            normal[6:, 6:] += of_lens.T @ of_lens - across.T @ np.linalg.pinv(of_pose.T @ of_pose) @ across
    parameters = np.concatenate([pose, np.linalg.lstsq(free, base, rcond=None)[0]])
    focal_index = 6 if "focal" in terms else None
    covariance, fitted = np.linalg.pinv(normal), len(parameters) + 6 * (len(views) - 1)
    names = tuple(
        term for term in ("focal", "centre", "k1", "k2", "tangential", "k3", "aspect") if term in terms | {"k1"}
    )
    return LensFit(build(parameters), tuple(errors), parameters, covariance, build, focal_index, fitted, names)


def _free_columns(terms: frozenset[str]) -> Floats:
    """(9, p): how (fx, fy, cx, cy, k1, k2, p1, p2, k3) follow from the free parameters, focal length first."""
    rows: list[list[int]] = []
    if "focal" in terms:
        rows += [[0], [1]] if "aspect" in terms else [[0, 1]]
    rows += [[2], [3]] if "centre" in terms else []
    rows += [[4]]
    rows += [[5]] if "k2" in terms else []
    rows += [[6], [7]] if "tangential" in terms else []
    rows += [[8]] if "k3" in terms else []
    columns = np.zeros((9, len(rows)))
    for column, indices in enumerate(rows):
        columns[indices, column] = 1.0
    return columns


def _bundle(
    views: Sequence[Corners], size: tuple[int, int], focal_px: float, terms: frozenset[str]
) -> tuple[Floats, Floats, list[Floats], list[Floats]]:
    flags = cv2.CALIB_USE_INTRINSIC_GUESS
    for term, flag in _FREE.items():
        if term not in terms:
            flags |= flag
    guess = np.array([[focal_px, 0, (size[0] - 1) / 2], [0, focal_px, (size[1] - 1) / 2], [0, 0, 1]])
    _, matrix, distortion, rotations, translations = cv2.calibrateCamera(
        [_lift(view) for view in views],
        [view.points_px.astype(np.float32) for view in views],
        size,
        guess,
        np.zeros(5),
        flags=flags,
        criteria=(cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 200, 1e-12),
    )
    flat = [[np.asarray(v, dtype=np.float64).ravel() for v in vectors] for vectors in (rotations, translations)]
    return np.asarray(matrix, dtype=np.float64), np.asarray(distortion, dtype=np.float64).ravel()[:5], flat[0], flat[1]


def _left_out_rms(views: Sequence[Corners], size: tuple[int, int], focal_px: float, terms: frozenset[str]) -> float:
    """Rms over four groups of views, each predicted (but for its pose) by a camera fitted to the others."""
    groups = 4
    total, count = 0.0, 0
    for group in range(groups):
        kept = [view for index, view in enumerate(views) if index % groups != group]
        matrix, distortion, _, _ = _bundle(kept, size, focal_px, terms)
        for view in views[group::groups]:
            found, rotation, translation = cv2.solvePnP(_lift(view), view.points_px, matrix, distortion)
            if not found:
                return float("inf")
            pose = [np.asarray(v, dtype=np.float64).ravel() for v in (rotation, translation)]
            predicted, _ = _project(view, pose[0], pose[1], matrix, distortion)
            total += float(((view.points_px - predicted) ** 2).sum())
            count += len(predicted)
    return float(np.sqrt(total / count))


def _lift(view: Corners) -> cv2.typing.MatLike:
    return np.column_stack([view.points_mm, np.zeros(len(view.points_mm))]).astype(np.float32)


def _project(
    view: Corners, rotation: Floats, translation: Floats, matrix: Floats, distortion: Floats
) -> tuple[Floats, Floats]:
    points = np.column_stack([view.points_mm, np.zeros(len(view.points_mm))])
    predicted, jacobian = cv2.projectPoints(points, rotation, translation, matrix, distortion)
    return np.asarray(predicted, dtype=np.float64).reshape(-1, 2), np.asarray(jacobian, dtype=np.float64)


def inverse_normal(jacobian: Floats) -> Floats:
    """(p, p) inverse of the normal matrix of a Jacobian (n, p), well scaled."""
    scale = np.linalg.norm(jacobian, axis=0)
    scaled = jacobian / scale
    return np.linalg.pinv(scaled.T @ scaled) / np.outer(scale, scale)
