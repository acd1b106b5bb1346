"""What people would use instead, each tuned, each given where every circle lies and only its surroundings to look at.

A peer gets the picture, the nominal place and radius; what it returns is the diameter. Nothing of the station helps
or hinders it: places are the true ones to a pixel, so no search has to succeed first.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .unit import Pixels

Floats = NDArray[np.float64]
Setting = tuple[float, ...]
Measure = Callable[[Pixels, float, float, float, Setting], float]
MARGIN_PX = 10.0  # of the surroundings beyond the nominal radius
NEAR_PX = 5.0  # points this near to the nominal circle are its edge
INSTALL = "Install the peers first: .venv/bin/pip install --require-hashes -r requirements-bench.lock"


@dataclass(frozen=True, slots=True)
class Peer:
    """Another way to measure a circle. `stands` is its setting as documented, `choices` are tried when it is tuned;
    with `level` the first number of a setting is a grey level, tuned until the bias is gone."""

    name: str
    module: str
    measure: Measure
    stands: Setting
    choices: tuple[Setting, ...]
    level: bool

    @property
    def installed(self) -> bool:
        """Whether its package is there."""
        try:
            importlib.import_module(self.module)
        except ImportError:
            return False
        return True


def crop(pixels: Pixels, x: float, y: float, radius: float) -> tuple[Pixels, float, float]:
    """The circle's surroundings, and its centre in them."""
    reach = radius + MARGIN_PX
    left, top = max(0, math.floor(x - reach)), max(0, math.floor(y - reach))
    return pixels[top : math.ceil(y + reach) + 1, left : math.ceil(x + reach) + 1], x - left, y - top


def fit_circle(points: Floats) -> float:
    """Diameter of the geometric least-squares circle through points (n, 2): Kåsa's start, then Gauss-Newton."""
    if len(points) < 5:
        return math.nan
    middle = points.mean(axis=0)
    away = points - middle
    system = np.column_stack([2.0 * away, np.ones(len(away))])
    a, b, c = np.linalg.lstsq(system, (away**2).sum(axis=1), rcond=None)[0]
    radius = math.sqrt(max(c + a * a + b * b, 1e-9))
    for _ in range(4):
        dx, dy = away[:, 0] - a, away[:, 1] - b
        distance = np.maximum(np.hypot(dx, dy), 1e-9)
        jacobian = np.column_stack([dx / distance, dy / distance, np.ones(len(away))])
        step = np.linalg.solve(jacobian.T @ jacobian, jacobian.T @ (distance - radius))
        a, b, radius = a + step[0], b + step[1], radius + float(step[2])
    return 2.0 * radius


def _near(points: Floats, x: float, y: float, radius: float) -> Floats:
    away = np.hypot(points[:, 0] - x, points[:, 1] - y) - radius
    return np.asarray(points[np.abs(away) < NEAR_PX])


def _otsu(pixels: Pixels, x: float, y: float, radius: float, setting: Setting) -> float:
    """Threshold (Otsu's, or a level), the longest contour of the blob, an ellipse through its pixels."""
    some, cx, cy = crop(pixels, x, y, radius)
    bright = some[round(cy), round(cx)] > 127
    kind = cv2.THRESH_BINARY if bright else cv2.THRESH_BINARY_INV
    flag = cv2.THRESH_OTSU if setting[0] < 0 else 0
    _, binary = cv2.threshold(some, max(setting[0], 0.0), 255, kind + flag)
    contours, _ = cv2.findContours(binary, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    longest = max(contours, key=len, default=np.zeros((0, 1, 2), np.int32))
    if len(longest) < 5:
        return math.nan
    _, axes, _ = cv2.fitEllipse(longest)
    return float(sum(axes)) / 2.0


def _canny(pixels: Pixels, x: float, y: float, radius: float, setting: Setting) -> float:
    """Canny's edge pixels, a circle through them."""
    some, cx, cy = crop(pixels, x, y, radius)
    low, high, sigma = setting
    source = cv2.GaussianBlur(some, (0, 0), sigma) if sigma else some
    rows, columns = np.nonzero(cv2.Canny(source, low, high, L2gradient=True))
    return fit_circle(_near(np.column_stack([columns, rows]).astype(np.float64), cx, cy, radius))


def _find_contours(pixels: Pixels, x: float, y: float, radius: float, setting: Setting) -> float:
    """scikit-image: marching squares at a level, its own least-squares circle."""
    measure = _module("skimage.measure")
    some, _, _ = crop(pixels, x, y, radius)
    found = measure.find_contours(some.astype(np.float64), setting[0] if setting[0] >= 0 else None)
    if not found:
        return math.nan
    model = measure.CircleModel.from_estimate(max(found, key=len))
    return 2.0 * float(model.radius) if model else math.nan


def _contourpy(pixels: Pixels, x: float, y: float, radius: float, setting: Setting) -> float:
    """contourpy: compiled marching squares at a level, a least-squares circle."""
    some, cx, cy = crop(pixels, x, y, radius)
    lines = _module("contourpy").contour_generator(z=some, name="serial").lines(setting[0])
    if not lines:
        return math.nan
    return fit_circle(_near(max(lines, key=len), cx, cy, radius))


def _partial_area(pixels: Pixels, x: float, y: float, radius: float, setting: Setting) -> float:
    """subpixel-edges: partial area effect (Trujillo-Pino et al. 2013), a least-squares circle."""
    some, cx, cy = crop(pixels, x, y, radius)
    threshold, rounds = setting
    edges = _module("subpixel_edges").subpixel_edges(some.astype(np.float64), threshold, int(rounds), 2)
    return fit_circle(_near(np.column_stack([edges.x, edges.y]), cx, cy, radius))


PEERS = (
    Peer("OpenCV: Otsu, findContours, fitEllipse", "cv2", _otsu, (-1.0,), ((120.0,),), True),
    Peer(
        "OpenCV: Canny, least-squares circle",
        "cv2",
        _canny,
        (100.0, 200.0, 0.0),
        ((50.0, 150.0, 0.0), (100.0, 200.0, 0.7), (50.0, 150.0, 1.0), (30.0, 90.0, 1.5)),
        False,
    ),
    Peer("scikit-image: find_contours, CircleModel", "skimage.measure", _find_contours, (-1.0,), ((120.0,),), True),
    Peer("contourpy, least-squares circle", "contourpy", _contourpy, (120.0,), ((120.0,),), True),
    Peer(
        "subpixel-edges, least-squares circle",
        "subpixel_edges",
        _partial_area,
        (25.0, 0.0),
        ((10.0, 0.0), (10.0, 1.0), (25.0, 1.0), (10.0, 2.0), (25.0, 2.0)),
        False,
    ),
)


def tuned(peer: Peer, pictures: Sequence[tuple[Pixels, float, float, float]]) -> Setting:
    """The setting with the least rmse on training pictures (pixels, x, y, true diameter).

    A level is moved along the secant of the mean error until that is gone.
    """
    best = min((peer.stands, *peer.choices), key=lambda s: _rmse(errors(peer, pictures, s)))
    if not peer.level:
        return best
    low, high = 110.0, 130.0
    bias = [float(np.nanmean(errors(peer, pictures, (level,)))) for level in (low, high)]
    for _ in range(3):
        if bias[1] == bias[0]:
            break
        level = float(np.clip(high - bias[1] * (high - low) / (bias[1] - bias[0]), 30.0, 210.0))
        low, high, bias = high, level, [bias[1], float(np.nanmean(errors(peer, pictures, (level,))))]
        if low == high:
            break
    return min((best, (high,)), key=lambda s: _rmse(errors(peer, pictures, s)))


def errors(peer: Peer, pictures: Sequence[tuple[Pixels, float, float, float]], setting: Setting) -> Floats:
    """Measured minus true diameters (n,) in px; NaN where it found none."""
    return np.array([peer.measure(p, x, y, d / 2.0, setting) - d for p, x, y, d in pictures])


def _rmse(error: Floats) -> float:
    return float(np.sqrt(np.mean(error**2))) if np.isfinite(error).all() else math.inf


@cache
def _module(name: str) -> Any:
    # subpixel-edges is of 2020 and compiles `np.int`, which numpy has dropped: given back, as the plain int it was.
    vars(np).setdefault("int", int)
    return importlib.import_module(name)
