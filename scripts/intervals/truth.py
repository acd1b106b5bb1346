"""What a characteristic truly is: its definition, on the dense exact outline of the part as it was made.

The definitions are the station's own, which the tests hold to published answers; points, their noise and their
uncertainty are not.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from station.metrology.characteristics import Question, evaluate
from station.metrology.features import Kind, MeasuredFeature
from station.order.geometry import ArcFeature, CircleFeature, Feature, LineFeature
from station.twin.part import MadePart
from station.twin.truth import feature_points, fit_circle

Floats: TypeAlias = NDArray[np.float64]

_ROUND_POINTS = 800  # about a circle: roundness is by definition low-passed at 50 undulations, as wide as it gets here


def true_features(part: MadePart) -> dict[str, MeasuredFeature]:
    """Every circle, arc and line of the part, without noise."""
    found = {}
    for feature in part.features:
        points = feature_points(part, feature)
        if isinstance(feature, LineFeature):
            found[feature.id] = _line(feature, points)
        elif isinstance(feature, CircleFeature | ArcFeature):
            found[feature.id] = _circle(feature, points)
    return found


def true_value(question: Question, features: dict[str, MeasuredFeature]) -> float:
    """The characteristic of the part as it is."""
    return evaluate(question, features).value


def _circle(feature: CircleFeature | ArcFeature, points: Floats) -> MeasuredFeature:
    whole = isinstance(feature, CircleFeature)
    points = points[:-1] if whole and math.dist(points[0], points[-1]) < 1e-9 else points
    every = len(points) // _ROUND_POINTS if whole else 1
    points = points[::every]
    center, radius, _ = fit_circle(points)
    nominal = np.array(feature.center_mm)
    away = points - nominal
    away /= np.hypot(away[:, 0], away[:, 1])[:, None]
    drawn = feature.diameter_mm / 2.0 if isinstance(feature, CircleFeature) else feature.radius_mm
    outward = 1.0 if feature.side == "outer" else -1.0
    spacing = every * 2.0 * math.pi * radius / 4096.0
    return _exact(feature, Kind.CIRCLE, points, nominal + drawn * away, outward * away, spacing, whole,
                  (*center, radius), 3, outward)  # fmt: skip


def _line(feature: LineFeature, points: Floats) -> MeasuredFeature:
    middle = points.mean(axis=0)
    start, end = np.array(feature.start_mm), np.array(feature.end_mm)
    along = (end - start) / math.dist(feature.start_mm, feature.end_mm)
    drawn = start + ((points - start) @ along)[:, None] * along
    _, _, axes = np.linalg.svd(points - middle, full_matrices=False)
    direction = axes[0] if axes[0] @ along > 0.0 else -axes[0]
    normal = np.array([direction[1], -direction[0]])
    params = (math.atan2(normal[1], normal[0]), float(normal @ middle), float(direction @ middle))
    outward = np.tile([along[1], -along[0]], (len(points), 1))
    whole = _exact(feature, Kind.LINE, points, drawn, outward, math.dist(points[0], points[1]), False, params, 2, 1.0)
    return replace(whole, beyond_mm=(-float((drawn[0] - start) @ along), -float((end - drawn[-1]) @ along)))


def _exact(
    feature: Feature, kind: Kind, points: Floats, nominal: Floats, normals: Floats, spacing_mm: float, closed: bool,
    params: tuple[float, ...], freedom: int, outward: float,
) -> MeasuredFeature:  # fmt: skip
    count = len(points)
    return MeasuredFeature(
        feature.id, kind, points, nominal, normals, np.zeros(count), spacing_mm, closed, params,
        np.zeros((freedom, freedom)), outward, count, np.ones(count, np.bool_), 0.0, (0.0, 0.0),
    )  # fmt: skip
