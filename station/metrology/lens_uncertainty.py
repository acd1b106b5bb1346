"""How well a lens fit knows the scale of its plane: GUM propagation through the fit's covariance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from station.metrology.camera import CameraModel, as_matrix3
from station.metrology.distortion import Floats
from station.metrology.lens_fit import Corners, LensFit


def scale_u(fit: LensFit, area_px: Floats) -> float:
    """Relative standard uncertainty of the rms extent in mm of `area_px`, for corners uncertain by one pixel."""

    def log_extent(parameters: Floats) -> float:
        points = fit.build(parameters).to_mm(area_px)
        return math.log(float(np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean())))

    sigma = np.sqrt(np.diag(fit.unit_covariance))
    gradient = np.zeros(len(sigma))
    for index, step in enumerate(1e-3 * sigma):
        if step > 0:
            nudge = np.zeros(len(sigma))
            nudge[index] = step
            gradient[index] = (log_extent(fit.parameters + nudge) - log_extent(fit.parameters - nudge)) / (2 * step)
    return math.sqrt(max(0.0, float(gradient @ fit.unit_covariance @ gradient)))


def correlation_factor(views: Iterable[Corners], fit: LensFit) -> float:
    """By how much correlated errors of neighbouring corners (a board's print) raise a mean's standard uncertainty.

    For errors whose correlation falls off as rho per corner both ways, (1 + rho) / (1 - rho): AR(1) in two directions.
    """
    products, squares, pairs, count = 0.0, 0.0, 0, 0
    for view, errors in zip(views, fit.errors_px, strict=True):
        apart = np.linalg.norm(view.points_mm[:, None] - view.points_mm[None], axis=2)
        pitch = float(np.min(apart[apart > 0]))
        first, second = np.nonzero(np.triu((apart > 0) & (apart < 1.2 * pitch)))
        products += float((errors[first] * errors[second]).sum())
        pairs += len(first)
        squares += float((errors**2).sum())
        count += len(errors)
    if pairs == 0 or squares == 0:
        return 1.0
    rho = min(0.9, max(0.0, (products / pairs) / (squares / count)))
    return (1 + rho) / (1 - rho)


def model_spread(fit: LensFit, move: Floats) -> Floats:
    """(p, 18): the fit's covariance as independent errors of the model's numbers, for points uncertain by one pixel.

    `move` (3, 3) is the rigid move of the plane's frame that goes with the model. Rows are the principal axes of the
    parameters' correlation matrix, so that terms of very different size keep their digits.
    """
    sigma = np.sqrt(np.diag(fit.unit_covariance))
    slopes = np.zeros((len(sigma), 18))
    for index, step in enumerate(1e-3 * sigma):
        if step > 0:
            nudge = np.zeros(len(sigma))
            nudge[index] = step
            ends = [_numbers(moved(fit.build(fit.parameters + way * nudge), move)) for way in (1.0, -1.0)]
            slopes[index] = (ends[0] - ends[1]) / (2 * step)
    said = (slopes != 0.0).any(axis=1) & (sigma > 0)  # other views' poses are no part of the model
    sigma, slopes = sigma[said], slopes[said]
    correlation = fit.unit_covariance[np.ix_(said, said)] / np.outer(sigma, sigma)
    values, vectors = np.linalg.eigh(correlation)
    return np.asarray((np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T * sigma) @ slopes)


def moved(model: CameraModel, move: Floats) -> CameraModel:
    """`model` with the frame of its plane moved by (3, 3)."""
    plane = move @ np.array(model.plane)
    return replace(model, plane=as_matrix3(plane / plane[2, 2]))


def _numbers(model: CameraModel) -> Floats:
    return np.array([*model.matrix, *model.distortion, *(n for row in model.plane for n in row)])


def shifted(model: CameraModel, row: Sequence[float]) -> CameraModel:
    """`model` with `row` (18,) added to its numbers: matrix, distortion, plane."""
    numbers = (_numbers(model) + np.asarray(row)).tolist()
    fx, fy, cx, cy, k1, k2, p1, p2, k3, *plane = numbers
    rows = as_matrix3(np.array(plane).reshape(3, 3))
    return replace(model, matrix=(fx, fy, cx, cy), distortion=(k1, k2, p1, p2, k3), plane=rows)


def length_u(model: CameraModel, starts_px: Floats, ends_px: Floats) -> Floats:
    """(n,) standard uncertainties in mm of the lengths between pixels (n, 2) and (n, 2), by the model's own spread.

    Zero where the model carries none. The board's certificate and the place of the part's plane come on top: they act
    on every length alike, and `Calibration.u_scale` holds them.
    """
    lengths = _lengths(model, starts_px, ends_px)
    spread = model.evidence.spread if model.evidence else ()
    squares = np.zeros(len(lengths))
    for row in spread:
        squares += (_lengths(shifted(model, row), starts_px, ends_px) - lengths) ** 2
    return np.asarray(np.sqrt(squares))


def place_u_px(model: CameraModel, points_px: Floats) -> Floats:
    """(n,) standard uncertainty in pixels of where points (n, 2) lie against each other: what the lens' own bending is
    uncertain by, after the shift, turn and scale that serve all the points best."""
    here = model.to_mm(points_px)
    per_px = model.scale_mm_per_px()
    spread = model.evidence.spread if model.evidence else ()
    squares = np.zeros(len(here))
    x, y = (here - here.mean(axis=0)).T
    one, zero = np.ones_like(x), np.zeros_like(x)
    design = np.concatenate([np.column_stack([x, -y, one, zero]), np.column_stack([y, x, zero, one])])
    for row in spread:
        off = (shifted(model, row).to_mm(points_px) - here).T.ravel()
        left = off - design @ np.linalg.lstsq(design, off, rcond=None)[0]
        squares += (left.reshape(2, -1) ** 2).sum(axis=0)
    return np.asarray(np.sqrt(squares) / per_px)


def _lengths(model: CameraModel, starts_px: Floats, ends_px: Floats) -> Floats:
    return np.asarray(np.linalg.norm(model.to_mm(ends_px) - model.to_mm(starts_px), axis=1))
