"""What a characteristic is, as a function of measured features: one number in mm, degrees or counts.

Definitions after ISO 1101:2017, ISO 14405-1 and ISO 5459. Form and profile are minimum zones of the points after a
Gaussian low-pass along the contour (three points sigma), because a single noisy point is not the part.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.metrology.datums import DatumFrame, datum_frame, nominal_center
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.zones import minimum_zone, noise_left, robust_residuals, smooth
from station.order.geometry import Feature, LineFeature
from station.order.model import CharacteristicType

Floats = NDArray[np.float64]
FORM_SMOOTHING_POINTS = 3.0
Features = Mapping[str, MeasuredFeature]


@dataclass(frozen=True, slots=True)
class Question:
    """A characteristic with everything nominal it needs. `features` and `datums` are feature ids in the order's
    sequence.
    """

    id: str
    type: CharacteristicType
    features: tuple[str, ...]
    datums: tuple[str, ...]
    nominal: float | None
    geometry: Mapping[str, Feature]
    of: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A value; `where_mm` (x, y) in the part's frame is where it is decided (the worst point, the centre);
    `point_noise` is the value's standard uncertainty from single points' noise where no covariance carries it, and
    `excess` how much noise alone would add to a zone."""

    value: float
    where_mm: tuple[float, float]
    point_noise: float = 0.0
    excess: float = 0.0


def evaluate(question: Question, features: Features) -> Answer:
    """The value of a characteristic.

    Raises:
        ValueError: with one sentence, when the features cannot answer the question.
    """
    measure = _MEASURES.get(question.type)
    if measure is None:
        raise ValueError(f"this station does not measure {question.type} yet")
    return measure(question, features)


def _first(question: Question, features: Features) -> MeasuredFeature:
    return features[question.features[0]]


def _diameter(question: Question, features: Features) -> Answer:
    feature = _first(question, features)
    return Answer(2.0 * feature.radius_mm, _at(feature.center_mm))


def _radius(question: Question, features: Features) -> Answer:
    feature = _first(question, features)
    return Answer(feature.radius_mm, _at(feature.center_mm))


def _distance(question: Question, features: Features) -> Answer:
    a, b = (features[name] for name in question.features)
    where = _at((a.center_mm + b.center_mm) / 2.0)
    lines = [f for f in (a, b) if f.kind is Kind.LINE]
    if not lines:
        return Answer(float(np.hypot(*(a.center_mm - b.center_mm))), where)
    if len(lines) == 1:
        point = b if a.kind is Kind.LINE else a
        return Answer(abs(_across(lines[0], point.center_mm)), where)
    return Answer((abs(_across(a, b.center_mm)) + abs(_across(b, a.center_mm))) / 2.0, where)


def _across(line: MeasuredFeature, point_mm: Floats) -> float:
    return float(line.normal @ point_mm) - line.params[1]


def _angle(question: Question, features: Features) -> Answer:
    a, b = (features[name] for name in question.features)
    turn = math.degrees(b.params[0] - a.params[0]) % 360.0
    possible = (turn, 360.0 - turn, abs(180.0 - turn), 180.0 - abs(180.0 - turn))
    nominal = question.nominal if question.nominal is not None else 90.0
    value = min(possible, key=lambda candidate: abs(candidate - nominal))
    return Answer(value, _at((a.center_mm + b.center_mm) / 2.0))


def _zone(feature: MeasuredFeature, deviations: Floats, basis: Floats) -> Answer:
    """Full width of the minimum zone of smoothed deviations."""
    quiet, noise, excess = _quiet(feature, deviations)
    half, residuals = minimum_zone(quiet, basis)
    worst = int(np.abs(residuals).argmax())
    return Answer(2.0 * half, _at(feature.points_mm[worst]), math.sqrt(2.0) * noise, excess)


def _quiet(feature: MeasuredFeature, deviations: Floats) -> tuple[Floats, float, float]:
    """Smoothed deviations, what is left of a point's noise in them, and the width of zone that noise alone would
    show.
    """
    sigma = min(FORM_SMOOTHING_POINTS, len(deviations) / 8.0)
    quiet = smooth(deviations, sigma, feature.closed and len(deviations) == feature.expected)
    noise = float(np.median(feature.u_mm)) * noise_left(sigma)
    independent = max(len(deviations) / max(2.0 * math.sqrt(math.pi) * sigma, 1.0), 2.0)
    return quiet, noise, 2.0 * noise * math.sqrt(2.0 * math.log(independent))


def _roundness(question: Question, features: Features) -> Answer:
    feature = _first(question, features)
    away = feature.points_mm - feature.center_mm
    distance = np.hypot(away[:, 0], away[:, 1])
    basis = np.column_stack([away / distance[:, None], np.ones(len(away))])
    return _zone(feature, distance - feature.radius_mm, basis)


def _straightness(question: Question, features: Features) -> Answer:
    feature = _first(question, features)
    run = (feature.points_mm - feature.center_mm) @ feature.direction
    across = (feature.points_mm - feature.center_mm) @ feature.normal
    return _zone(feature, across, np.column_stack([run, np.ones(len(run))]))


def _oriented(question: Question, features: Features, turn_deg: float) -> Answer:
    """Zone of a line's points between two parallels at a given angle to the datum."""
    feature, datum = _first(question, features), features[question.datums[0]]
    direction = datum.params[0] + math.radians(turn_deg)
    normal = np.array([math.cos(direction), math.sin(direction)])
    if abs(float(normal @ feature.normal)) < 0.9:
        raise ValueError(f"{feature.id} and {datum.id} do not lie so to each other that this tolerance means anything")
    across = (feature.points_mm - feature.center_mm) @ normal
    answer = _zone(feature, across, np.ones((len(across), 1)))
    length = float(np.ptp((feature.points_mm - feature.center_mm) @ feature.direction))
    # The zone is read off the points; the scatter of both directions acts over the feature's length.
    tilt = math.sqrt(float(feature.covariance[0, 0]) + float(datum.covariance[0, 0]))
    return Answer(answer.value, answer.where_mm, math.hypot(answer.point_noise, tilt * length), answer.excess)


def _parallelism(question: Question, features: Features) -> Answer:
    return _oriented(question, features, 0.0)


def _perpendicularity(question: Question, features: Features) -> Answer:
    return _oriented(question, features, 90.0)


def _concentricity(question: Question, features: Features) -> Answer:
    feature, datum = _first(question, features), features[question.datums[0]]
    return Answer(2.0 * float(np.hypot(*(feature.center_mm - datum.center_mm))), _at(feature.center_mm))


def _frame(question: Question, features: Features) -> DatumFrame:
    return datum_frame([(question.geometry[name], features[name]) for name in question.datums])


def _position(question: Question, features: Features) -> Answer:
    feature = _first(question, features)
    if not question.datums:
        raise ValueError("a position needs a datum")
    frame = _frame(question, features)
    wanted = nominal_center(question.geometry[feature.id])
    off = frame.apply(feature.center_mm[None, :])[0] - wanted
    if isinstance(question.geometry[feature.id], LineFeature):
        normal = feature.normal
        return Answer(2.0 * abs(float(off @ normal)), _at(feature.center_mm))
    if frame.free_turn:
        arm = frame.apply(feature.center_mm[None, :])[0] - frame.pivot_mm
        gap = float(np.hypot(*arm)) - float(np.hypot(*(wanted - frame.pivot_mm)))
        return Answer(2.0 * abs(gap), _at(feature.center_mm))
    if frame.free_slide is not None:
        off = off - float(off @ frame.free_slide) * frame.free_slide
    return Answer(2.0 * float(np.hypot(*off)), _at(feature.center_mm))


def _line_profile(question: Question, features: Features) -> Answer:
    """Twice the largest deviation from the drawing, in the datum system or, without one, after a best fit.

    The best fit is robust least squares, not the smallest possible zone: a local fault then shows in full where it is
    instead of being shared out over the whole outline. It is never smaller than ISO 1101's minimum zone, so never
    kinder.
    """
    feature = _first(question, features)
    points = feature.points_mm
    if question.datums:
        frame = _frame(question, features)
        points = frame.apply(points)
        basis = np.zeros((len(points), 0))
        if frame.free_turn:
            arm = points - frame.pivot_mm
            basis = (arm[:, 0] * feature.normals[:, 1] - arm[:, 1] * feature.normals[:, 0])[:, None]
        elif frame.free_slide is not None:
            basis = (feature.normals @ frame.free_slide)[:, None]
    else:
        arm = feature.nominal_mm - feature.nominal_mm.mean(axis=0)
        turn = arm[:, 0] * feature.normals[:, 1] - arm[:, 1] * feature.normals[:, 0]
        basis = np.column_stack([feature.normals, turn])
    deviations, noise, excess = _quiet(feature, ((points - feature.nominal_mm) * feature.normals).sum(axis=1))
    residuals = robust_residuals(deviations, basis, noise)
    worst = int(np.abs(residuals).argmax())
    return Answer(2.0 * float(np.abs(residuals[worst])), _at(feature.points_mm[worst]), 2.0 * noise, excess)


def _at(point: Floats) -> tuple[float, float]:
    return float(point[0]), float(point[1])


_MEASURES: dict[CharacteristicType, Callable[[Question, Features], Answer]] = {
    CharacteristicType.DIAMETER: _diameter,
    CharacteristicType.RADIUS: _radius,
    CharacteristicType.DISTANCE: _distance,
    CharacteristicType.WIDTH: _distance,
    CharacteristicType.ANGLE: _angle,
    CharacteristicType.ROUNDNESS: _roundness,
    CharacteristicType.STRAIGHTNESS: _straightness,
    CharacteristicType.PARALLELISM: _parallelism,
    CharacteristicType.PERPENDICULARITY: _perpendicularity,
    CharacteristicType.CONCENTRICITY: _concentricity,
    CharacteristicType.POSITION: _position,
    CharacteristicType.LINE_PROFILE: _line_profile,
}
MEASURED_TYPES = frozenset(_MEASURES) | {CharacteristicType.COUNT}
