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

from station.metrology.datums import DatumFrame, datum_frame, nominal_center, nominal_normal
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.zones import NOTHING, minimum_zone, noise_left, robust_residuals, smooth
from station.order.geometry import Feature, LineFeature
from station.order.model import CharacteristicType

Floats = NDArray[np.float64]
FORM_SMOOTHING_POINTS = 3.0
ROUNDNESS_UPR = 50.0
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
    nominal = question.nominal if question.nominal is not None else 90.0
    # Which of the possible angles is meant is told by the drawing: 89 and 91 degrees are equally near to 90.
    drawn = math.degrees(_nominal_angle(question, b.id) - _nominal_angle(question, a.id)) % 360.0
    possible = _possible_angles(drawn)
    meant = min(range(len(possible)), key=lambda i: abs(possible[i] - nominal))
    turn = math.degrees(b.params[0] - a.params[0]) % 360.0
    turn = drawn + math.remainder(turn - drawn, 360.0)
    return Answer(abs(_possible_angles(turn)[meant]), _at((a.center_mm + b.center_mm) / 2.0))


def _possible_angles(turn_deg: float) -> tuple[float, ...]:
    """The angles that two lines enclose, each a smooth function of the turn between their normals."""
    return turn_deg, 360.0 - turn_deg, 180.0 - turn_deg, turn_deg - 180.0


def _nominal_angle(question: Question, name: str) -> float:
    feature = question.geometry[name]
    assert isinstance(feature, LineFeature)
    normal = nominal_normal(feature)
    return math.atan2(float(normal[1]), float(normal[0]))


def _zone(feature: MeasuredFeature, deviations: Floats, basis: Floats, sigma_points: float) -> Answer:
    """Full width of the minimum zone of smoothed deviations, less what noise alone adds to a zone.

    Noise widens a zone; independent of the form it adds about in quadrature, and a third of it stays in the budget.
    """
    quiet, noise, excess = _quiet(feature, deviations, sigma_points)
    half, residuals = minimum_zone(quiet, basis)
    worst = int(np.abs(residuals).argmax())
    width = math.sqrt(max((2.0 * half) ** 2 - excess**2, 0.0))
    return Answer(width, _at(feature.points_mm[worst]), math.sqrt(2.0) * noise, excess)


def _quiet(feature: MeasuredFeature, deviations: Floats, sigma: float) -> tuple[Floats, float, float]:
    """Smoothed deviations, a point's noise left in them, and the width of zone that noise alone would show."""
    quiet = smooth(deviations, sigma, feature.closed and len(deviations) == feature.expected)
    noise = float(np.median(feature.u_mm)) * noise_left(sigma)
    independent = max(len(deviations) / max(2.0 * math.sqrt(math.pi) * sigma, 1.0), 2.0)
    return quiet, noise, 2.0 * noise * math.sqrt(2.0 * math.log(independent))


def _roundness(question: Question, features: Features) -> Answer:
    feature = _first(question, features)
    away = feature.points_mm - feature.center_mm
    distance = np.hypot(away[:, 0], away[:, 1])
    basis = np.column_stack([away / distance[:, None], np.ones(len(away))])
    # Half transmission at 50 undulations per revolution, the usual filter of ISO 12181-2, but never wider than the cap.
    around = 2.0 * math.pi * feature.radius_mm / feature.spacing_mm
    sigma = min(FORM_SMOOTHING_POINTS, around * math.sqrt(2.0 * math.log(2.0)) / (2.0 * math.pi * ROUNDNESS_UPR))
    return _zone(feature, distance - feature.radius_mm, basis, sigma)


def _line_smoothing(feature: MeasuredFeature) -> float:
    """Sigma (points) along a straight edge: a short one keeps its form."""
    return min(FORM_SMOOTHING_POINTS, len(feature.points_mm) / 40.0)


def _straightness(question: Question, features: Features) -> Answer:
    feature = _first(question, features)
    run = (feature.points_mm - feature.center_mm) @ feature.direction
    across = (feature.points_mm - feature.center_mm) @ feature.normal
    return _zone(feature, across, np.column_stack([run, np.ones(len(run))]), _line_smoothing(feature))


def _oriented(question: Question, features: Features, turn_deg: float) -> Answer:
    """Zone of a line's points between two parallels at a given angle to the datum.

    The ends of an edge are rounded by the optics and not probed; the zone is that of the whole edge of the drawing, the
    tilt going on to its ends.
    """
    feature, datum = _first(question, features), features[question.datums[0]]
    direction = datum.params[0] + math.radians(turn_deg)
    normal = np.array([math.cos(direction), math.sin(direction)])
    if abs(float(normal @ feature.normal)) < 0.9:
        raise ValueError(f"{feature.id} and {datum.id} do not lie so to each other that this tolerance means anything")
    away = feature.points_mm - feature.center_mm
    run = away @ feature.direction
    tilt = math.asin(float(np.clip(normal @ feature.direction, -1.0, 1.0)))
    # Smoothing acts on the form alone: it would eat the ends of a slope.
    form, noise, excess = _quiet(feature, away @ feature.normal, _line_smoothing(feature))
    across = form * math.copysign(1.0, float(normal @ feature.normal)) + run * math.sin(tilt)
    nominal = question.geometry[feature.id]
    assert isinstance(nominal, LineFeature)
    whole = math.dist(nominal.start_mm, nominal.end_mm)
    missing = max(whole - float(np.ptp(run)), 0.0)
    width = float(np.ptp(across)) + missing * abs(math.sin(tilt))
    width = math.sqrt(max(width**2 - excess**2, 0.0))
    middle = 0.5 * (across.max() + across.min())
    worst = int(np.abs(across - middle).argmax())
    scatter = math.sqrt(float(feature.covariance[0, 0]) + float(datum.covariance[0, 0])) * whole
    return Answer(width, _at(feature.points_mm[worst]), math.hypot(math.sqrt(2.0) * noise, scatter), excess)


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
    deviations = ((points - feature.nominal_mm) * feature.normals).sum(axis=1)
    typical = max(float(np.median(feature.u_mm)), NOTHING)
    # Fit first, smooth what is left: across a corner neighbouring deviations belong to different directions.
    residuals, noise, _ = _quiet(feature, robust_residuals(deviations, basis, typical), FORM_SMOOTHING_POINTS)
    worst = int(np.abs(residuals).argmax())
    return Answer(2.0 * float(np.abs(residuals[worst])), _at(feature.points_mm[worst]), 2.0 * noise, 2.0 * noise)


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
