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
from station.metrology.changes import NOTHING_CHANGED, Changes
from station.metrology.datums import check_datums, datum_frame, drawn_row
from station.metrology.features import Kind, MeasuredFeature, scatters
from station.metrology.forms import Found, parallels, profiles, zones
from station.metrology.gear_values import GEAR_TYPES, gear_values
from station.metrology.thread import THREAD_TYPES, thread_values
from station.order.geometry import ContourFeature, Feature, GearFeature, LineFeature, ThreadFeature
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
    ball_mm: float | None = None


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
    if question.type in PLAIN:
        check_plain(question, features)
        found, where = values(*plain([question], features, moving=False))
        return Answer(float(found[0]), _at(where[0]))
    return evaluate_form(question, features, NOTHING_CHANGED)[0]


def evaluate_form(question: Question, features: Features, changes: Changes) -> tuple[Answer, Floats]:
    """The answer of a form or a profile, and its values (m,) under changes.

    Raises:
        ValueError: as `evaluate`.
    """
    form = _FORMS.get(question.type)
    if form is None:
        raise ValueError(f"this station does not measure {question.type} yet")
    return form(question, features, changes)


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


def _zone(feature: MeasuredFeature, found: Found) -> tuple[Answer, Floats]:
    """Full width of a minimum zone; a third of what noise adds to it stays in the budget."""
    return _answer(feature, found, math.sqrt(2.0) * found.noise), found.values


def _answer(feature: MeasuredFeature, found: Found, point_noise: float) -> Answer:
    return Answer(float(found.values[0]), _at(feature.points_mm[found.worst]), point_noise, found.excess)


def _roundness(question: Question, features: Features, changes: Changes) -> tuple[Answer, Floats]:
    feature = _first(question, features)
    # Half transmission at 50 undulations per revolution, the usual filter of ISO 12181-2, but never wider than the cap.
    per_radius = math.sqrt(2.0 * math.log(2.0)) / (ROUNDNESS_UPR * feature.spacing_mm)
    return _zone(feature, zones(feature, changes, FORM_SMOOTHING_POINTS, per_radius))


def _line_smoothing(feature: MeasuredFeature) -> float:
    """Sigma (points) along a straight edge: a short one keeps its form."""
    return min(FORM_SMOOTHING_POINTS, len(feature.points_mm) / 40.0)


def _straightness(question: Question, features: Features, changes: Changes) -> tuple[Answer, Floats]:
    feature = _first(question, features)
    return _zone(feature, zones(feature, changes, _line_smoothing(feature)))


def _oriented(question: Question, features: Features, changes: Changes, turn_deg: float) -> tuple[Answer, Floats]:
    """Zone of a line's points between two parallels at a given angle to the datum."""
    feature, datum = _first(question, features), features[question.datums[0]]
    turn = math.radians(turn_deg)
    if abs(math.cos(datum.params[0] + turn - feature.params[0])) < 0.9:
        raise ValueError(f"{feature.id} and {datum.id} do not lie so to each other that this tolerance means anything")
    nominal = question.geometry[feature.id]
    assert isinstance(nominal, LineFeature)
    whole = math.dist(nominal.start_mm, nominal.end_mm)
    found = parallels(feature, datum, changes, turn, whole, _line_smoothing(feature))
    scatter = math.sqrt(float(feature.covariance[0, 0]) + float(datum.covariance[0, 0])) * whole
    return _answer(feature, found, math.hypot(math.sqrt(2.0) * found.noise, scatter)), found.values


def _parallelism(question: Question, features: Features, changes: Changes) -> tuple[Answer, Floats]:
    return _oriented(question, features, changes, 0.0)


def _perpendicularity(question: Question, features: Features, changes: Changes) -> tuple[Answer, Floats]:
    return _oriented(question, features, changes, 90.0)


def _line_profile(question: Question, features: Features, changes: Changes) -> tuple[Answer, Floats]:
    """Twice the largest deviation from the drawing, in the datum system or, without one, after a best fit.

    The best fit is robust least squares, not the smallest possible zone: a local fault then shows in full where it is
    instead of being shared out over the whole outline. It is never smaller than ISO 1101's minimum zone, so never
    kinder.
    """
    feature, datums = _first(question, features), [features[name] for name in question.datums]
    frame = None
    if datums:
        frame = datum_frame([(question.geometry[name], features[name]) for name in question.datums])
    found = profiles(feature, datums, frame, changes, FORM_SMOOTHING_POINTS)
    return _answer(feature, found, 2.0 * found.noise), found.values


def _of_gear(question: Question, features: Features, changes: Changes) -> tuple[Answer, Floats]:
    gear = question.geometry[question.features[0]]
    assert isinstance(gear, GearFeature)
    datum = features[question.datums[0]] if question.datums else None
    found = gear_values(question.type, _first(question, features), gear, datum, changes, question.of, question.ball_mm)
    return Answer(float(found.values[0]), found.where_mm, found.noise, found.excess), found.values


def _of_thread(question: Question, features: Features, changes: Changes) -> tuple[Answer, Floats]:
    feature, thread = _first(question, features), question.geometry[question.features[0]]
    assert isinstance(thread, ThreadFeature)
    found = thread_values(question.type, feature, thread, changes)
    return Answer(float(found.values[0]), _at(feature.center_mm), found.noise), found.values


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
_FORMS: dict[CharacteristicType, Callable[[Question, Features, Changes], tuple[Answer, Floats]]] = {
    CharacteristicType.ROUNDNESS: _roundness,
    CharacteristicType.STRAIGHTNESS: _straightness,
    CharacteristicType.PARALLELISM: _parallelism,
    CharacteristicType.PERPENDICULARITY: _perpendicularity,
    CharacteristicType.LINE_PROFILE: _line_profile,
    **dict.fromkeys(GEAR_TYPES, _of_gear),
    **dict.fromkeys(THREAD_TYPES, _of_thread),
}
MEASURED_TYPES = frozenset(PLAIN) | frozenset(_FORMS) | {CharacteristicType.COUNT}
