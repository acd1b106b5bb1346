"""How well a lens fit knows the scale of its plane: GUM propagation through the fit's covariance."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

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
