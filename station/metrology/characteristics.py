"""What a characteristic is, as a function of measured features: one number in mm, degrees or counts.

Definitions after ISO 1101:2017, ISO 14405-1 and ISO 5459. Sizes, distances, angles and places are functions of the
associated geometry alone (`station.metrology.associated`) and are asked many at a time. Form and profile are minimum
zones of the points after a Gaussian low-pass along the contour (three points sigma), because a single noisy point is
not the part.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.metrology.associated import MOST_SLOTS, NOBODY, Asked, Associated, Measurand, values
from station.metrology.datums import check_datums, datum_frame, drawn_row
from station.metrology.deviations import farthest, from_circle, from_drawing, from_line, moving, sliding, turning
from station.metrology.features import Kind, MeasuredFeature, scatters
from station.metrology.smoothing import median, noise_left, robust_motion, smooth
from station.metrology.zones import NOTHING, minimum_zone
from station.order.geometry import ContourFeature, Feature, LineFeature
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
    `excess` how much noise alone would add to a zone; `motion` is where a search near this answer may start."""

    value: float
    where_mm: tuple[float, float]
    point_noise: float = 0.0
    excess: float = 0.0
    motion: tuple[float, ...] | None = None


def evaluate(question: Question, features: Features, near: Answer | None = None) -> Answer:
    """The value of a characteristic; `near` is the answer of almost the same features and saves time.

    Raises:
        ValueError: with one sentence, when the features cannot answer the question.
    """
    if question.type in PLAIN:
        check_plain(question, features)
        found, where = values(*plain([question], features, moving=False))
        return Answer(float(found[0]), _at(where[0]))
    form = _FORMS.get(question.type)
    if form is None:
        raise ValueError(f"this station does not measure {question.type} yet")
    return form(question, features, near)


def check_plain(question: Question, features: Features) -> None:
    """Refuse a question about associated geometry that cannot be answered.

    Raises:
        ValueError: with one sentence: nothing could be associated, or the datums fix no frame.
    """
    for name in question.features + question.datums[:2]:
        feature = features[name]
        if feature.kind is not Kind.CONTOUR and not feature.params:
            raise ValueError(f"nothing round or straight fits the edge of {name}")
    if question.type is CharacteristicType.POSITION:
        if not question.datums:
            raise ValueError("a position needs a datum")
        check_datums([(question.geometry[name], features[name].kind) for name in question.datums])


def plain(questions: Sequence[Question], features: Features, moving: bool = True) -> tuple[Associated, Asked]:
    """The associated geometry that questions of one order speak of, and what they ask, as rows; `check_plain` them
    first. Without `moving` the features' scatter is left out.
    """
    rows: dict[str, int] = {}
    drawn: list[tuple[float, float, float]] = []
    what, slots, nominal = [], [], []
    for q in questions:
        asked = PLAIN[q.type]
        names = (q.features[0], *q.datums[:2]) if asked in _IN_DATUMS else q.features
        places = [NOBODY] * MOST_SLOTS
        for slot, name in enumerate(names):
            row = rows.get(name)
            if row is None:
                row = rows[name] = len(rows)
                shape = q.geometry.get(name)
                drawn.append(_NOT_DRAWN if shape is None or isinstance(shape, ContourFeature) else drawn_row(shape))
            places[slot] = row
        what.append(asked)
        slots.append(places)
        nominal.append(90.0 if q.nominal is None else q.nominal)
    used = [features[name] for name in rows]
    return (
        Associated(
            straight=np.array([f.kind is Kind.LINE for f in used], dtype=np.bool_),
            params=np.array([f.params for f in used]),
            drawn=np.array(drawn),
            outward=np.array([f.outward for f in used]),
            scatter=scatters(used) if moving else np.zeros((0, 3, 3)),
        ),
        Asked(np.array(what, dtype=np.intp), np.array(slots, dtype=np.intp), np.array(nominal)),
    )


def _first(question: Question, features: Features) -> MeasuredFeature:
    return features[question.features[0]]


def _zone(feature: MeasuredFeature, deviations: Floats, basis: Floats, sigma_points: float) -> Answer:
    """Full width of the minimum zone of smoothed deviations, less what noise alone adds to a zone.

    Noise widens a zone; independent of the form it adds about in quadrature, and a third of it stays in the budget.
    """
    quiet, noise, excess = _quiet(feature, deviations, sigma_points, median(feature.u_mm))
    half, residuals = minimum_zone(quiet, basis)
    width = math.sqrt(max((2.0 * half) ** 2 - excess**2, 0.0))
    return Answer(width, _at(feature.points_mm[farthest(residuals)]), math.sqrt(2.0) * noise, excess)


def _quiet(
    feature: MeasuredFeature, deviations: Floats, sigma: float, typical_mm: float
) -> tuple[Floats, float, float]:
    """Smoothed deviations, a point's noise left in them, and the width of zone that noise alone would show."""
    quiet = smooth(deviations, sigma, feature.closed and len(deviations) == feature.expected)
    noise = typical_mm * noise_left(sigma)
    independent = max(len(deviations) / max(2.0 * math.sqrt(math.pi) * sigma, 1.0), 2.0)
    return quiet, noise, 2.0 * noise * math.sqrt(2.0 * math.log(independent))


def _roundness(question: Question, features: Features, _: Answer | None) -> Answer:
    feature = _first(question, features)
    x, y, radius = feature.params
    deviations, basis = from_circle(feature.points_mm, x, y, radius)
    # Half transmission at 50 undulations per revolution, the usual filter of ISO 12181-2, but never wider than the cap.
    around = 2.0 * math.pi * radius / feature.spacing_mm
    sigma = min(FORM_SMOOTHING_POINTS, around * math.sqrt(2.0 * math.log(2.0)) / (2.0 * math.pi * ROUNDNESS_UPR))
    return _zone(feature, deviations, basis, sigma)


def _line_smoothing(feature: MeasuredFeature) -> float:
    """Sigma (points) along a straight edge: a short one keeps its form."""
    return min(FORM_SMOOTHING_POINTS, len(feature.points_mm) / 40.0)


def _straightness(question: Question, features: Features, _: Answer | None) -> Answer:
    feature = _first(question, features)
    deviations, basis = from_line(feature.points_mm, *feature.params)
    return _zone(feature, deviations, basis, _line_smoothing(feature))


def _oriented(question: Question, features: Features, turn_deg: float) -> Answer:
    """Zone of a line's points between two parallels at a given angle to the datum.

    The ends of an edge are rounded by the optics and not probed; the zone is that of the whole edge of the drawing, the
    tilt going on to its ends.
    """
    feature, datum = _first(question, features), features[question.datums[0]]
    # How the edge's own normal lies to the one that is asked for: cosine and sine of the turn between them.
    turn = datum.params[0] + math.radians(turn_deg) - feature.params[0]
    if abs(math.cos(turn)) < 0.9:
        raise ValueError(f"{feature.id} and {datum.id} do not lie so to each other that this tolerance means anything")
    deviations, basis = from_line(feature.points_mm, *feature.params)
    run, tilt = basis[:, 0], math.sin(turn)
    # Smoothing acts on the form alone: it would eat the ends of a slope.
    form, noise, excess = _quiet(feature, deviations, _line_smoothing(feature), median(feature.u_mm))
    across = form * math.copysign(1.0, math.cos(turn)) + run * tilt
    nominal = question.geometry[feature.id]
    assert isinstance(nominal, LineFeature)
    whole = math.dist(nominal.start_mm, nominal.end_mm)
    missing = max(whole - float(np.ptp(run)), 0.0)
    width = float(np.ptp(across)) + missing * abs(tilt)
    width = math.sqrt(max(width**2 - excess**2, 0.0))
    middle = 0.5 * (across.max() + across.min())
    worst = farthest(across - middle)
    scatter = math.sqrt(float(feature.covariance[0, 0]) + float(datum.covariance[0, 0])) * whole
    return Answer(width, _at(feature.points_mm[worst]), math.hypot(math.sqrt(2.0) * noise, scatter), excess)


def _parallelism(question: Question, features: Features, _: Answer | None) -> Answer:
    return _oriented(question, features, 0.0)


def _perpendicularity(question: Question, features: Features, _: Answer | None) -> Answer:
    return _oriented(question, features, 90.0)


def _line_profile(question: Question, features: Features, near: Answer | None) -> Answer:
    """Twice the largest deviation from the drawing, in the datum system or, without one, after a best fit.

    The best fit is robust least squares, not the smallest possible zone: a local fault then shows in full where it is
    instead of being shared out over the whole outline. It is never smaller than ISO 1101's minimum zone, so never
    kinder.
    """
    feature = _first(question, features)
    points, nominal, normals = feature.points_mm, feature.nominal_mm, feature.normals
    turn, x, y = 0.0, 0.0, 0.0
    basis: Floats | None = None
    if question.datums:
        frame = datum_frame([(question.geometry[name], features[name]) for name in question.datums])
        turn, (x, y) = frame.turn_rad, frame.shift_mm.tolist()
        if frame.free_turn:
            basis = turning(points, normals, *(frame.pivot_mm - frame.shift_mm).tolist())
        elif frame.free_slide is not None:
            basis = sliding(normals, *frame.free_slide.tolist())
    else:
        basis = moving(nominal, normals)
    residuals, motion, typical = from_drawing(points, nominal, normals, turn, x, y), None, median(feature.u_mm)
    if basis is not None:
        start = None if near is None else near.motion
        motion, residuals = robust_motion(residuals, basis, max(typical, NOTHING), start)
    # Fit first, smooth what is left: across a corner neighbouring deviations belong to different directions.
    residuals, noise, _ = _quiet(feature, residuals, FORM_SMOOTHING_POINTS, typical)
    worst = farthest(residuals)
    return Answer(2.0 * abs(float(residuals[worst])), _at(points[worst]), 2.0 * noise, 2.0 * noise, motion)


def _at(point: Floats) -> tuple[float, float]:
    return float(point[0]), float(point[1])


_NOT_DRAWN = (math.nan, math.nan, math.nan)
_IN_DATUMS = frozenset({Measurand.CONCENTRICITY, Measurand.POSITION})
PLAIN: dict[CharacteristicType, Measurand] = {
    CharacteristicType.DIAMETER: Measurand.DIAMETER,
    CharacteristicType.RADIUS: Measurand.RADIUS,
    CharacteristicType.DISTANCE: Measurand.DISTANCE,
    CharacteristicType.WIDTH: Measurand.DISTANCE,
    CharacteristicType.ANGLE: Measurand.ANGLE,
    CharacteristicType.CONCENTRICITY: Measurand.CONCENTRICITY,
    CharacteristicType.POSITION: Measurand.POSITION,
}
_FORMS: dict[CharacteristicType, Callable[[Question, Features, Answer | None], Answer]] = {
    CharacteristicType.ROUNDNESS: _roundness,
    CharacteristicType.STRAIGHTNESS: _straightness,
    CharacteristicType.PARALLELISM: _parallelism,
    CharacteristicType.PERPENDICULARITY: _perpendicularity,
    CharacteristicType.LINE_PROFILE: _line_profile,
}
MEASURED_TYPES = frozenset(PLAIN) | frozenset(_FORMS) | {CharacteristicType.COUNT}
