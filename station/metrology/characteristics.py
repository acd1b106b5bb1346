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

from station.metrology.associated import ASKED, MOST_SLOTS, NOBODY, Asked, Associated, Measurand, values
from station.metrology.changes import NOTHING_CHANGED, Changes
from station.metrology.datums import check_datums, datum_frame, drawn_row
from station.metrology.ends import unseen_mm
from station.metrology.extremal import circumscribed_circle, inscribed_circle
from station.metrology.features import Kind, MeasuredFeature, scatters
from station.metrology.forms import Found, parallels, profiles, quiet_circle, ranges, round_profile, zones
from station.metrology.gear_values import GEAR_TYPES, gear_values
from station.metrology.local_sizes import circle_size, width_size
from station.metrology.medians import check_symmetry
from station.metrology.thread import THREAD_TYPES, thread_values
from station.order.geometry import CircleFeature, ContourFeature, Feature, GearFeature, LineFeature, ThreadFeature
from station.order.model import CharacteristicType

Floats = NDArray[np.float64]
FORM_SMOOTHING_POINTS = 3.0
ROUNDNESS_UPR = 50.0
Features = Mapping[str, MeasuredFeature]


@dataclass(frozen=True, slots=True)
class Question:
    """A characteristic with everything nominal it needs. `features` and `datums` are feature ids in the order's
    sequence; `levels` has the precedence of each datum feature, equal ones are one common datum (empty: one after the
    other). `association` is how the feature is idealised where that is not what its type says: GX, GN, LP of a size,
    LS, MC, MI of a form.
    """

    id: str
    type: CharacteristicType
    features: tuple[str, ...]
    datums: tuple[str, ...]
    nominal: float | None
    geometry: Mapping[str, Feature]
    of: str = ""
    ball_mm: float | None = None
    levels: tuple[int, ...] = ()
    association: str = ""

    @property
    def precedence(self) -> tuple[int, ...]:
        """Of each datum feature."""
        return self.levels or tuple(range(len(self.datums)))


@dataclass(frozen=True, slots=True)
class Answer:
    """A value; `where_mm` (x, y) in the part's frame is where it is decided (the worst point, the centre);
    `point_noise` is the value's standard uncertainty from single points' noise where no covariance carries it, and
    `excess` how much noise alone would add to a zone or an extreme; `edges` how many edges' own residuals it has (as a
    root of the sum of squares), `ends` the standard uncertainty that the unseen ends of an edge leave."""

    value: float
    where_mm: tuple[float, float]
    point_noise: float = 0.0
    excess: float = 0.0
    edges: float = 1.0
    ends: float = 0.0


def evaluate(question: Question, features: Features) -> Answer:
    """The value of a characteristic.

    Raises:
        ValueError: with one sentence, when the features cannot answer the question.
    """
    if is_plain(question):
        check_plain(question, features)
        found, where = values(*plain([question], features, moving=False))
        return Answer(float(found[0]), _at(where[0]))
    return evaluate_form(question, features, NOTHING_CHANGED)[0]


def evaluate_form(question: Question, features: Features, changes: Changes) -> tuple[Answer, Floats]:
    """The answer of a form or a profile, and its values (m,) under changes.

    Raises:
        ValueError: as `evaluate`.
    """
    form = _SIZES.get(question.association) or _FORMS.get(question.type)
    if form is None:
        raise ValueError(f"this station does not measure {question.type} yet")
    return form(question, features, changes)


def is_plain(question: Question) -> bool:
    """Whether the associated geometry alone answers it."""
    return question.type in PLAIN and not question.association


def check_plain(question: Question, features: Features) -> None:
    """Refuse a question about associated geometry that cannot be answered.

    Raises:
        ValueError: with one sentence: nothing could be associated, or the datums fix no frame.
    """
    for name in question.features + question.datums:
        feature = features[name]
        if feature.kind is not Kind.CONTOUR and not feature.params:
            raise ValueError(f"nothing round or straight fits the edge of {name}")
    if question.type is CharacteristicType.POSITION:
        if not question.datums:
            raise ValueError("a position needs a datum")
        datums = [(question.geometry[name], features[name].kind) for name in question.datums]
        check_datums(datums, question.precedence)
    elif question.type is CharacteristicType.SYMMETRY:
        check_symmetry(
            [question.geometry[n] for n in question.features], [question.geometry[n] for n in question.datums]
        )


def plain(questions: Sequence[Question], features: Features, moving: bool = True) -> tuple[Associated, Asked]:
    """The associated geometry that questions of one order speak of, and what they ask, as rows; `check_plain` them
    first. Without `moving` the features' scatter is left out.
    """
    rows: dict[str, int] = {}
    drawn: list[tuple[float, float, float, float]] = []
    what, slots, levels, nominal = [], [], [], []
    for q in questions:
        names = (*q.features, *q.datums)
        places, order = [NOBODY] * MOST_SLOTS, [ASKED] * MOST_SLOTS
        order[len(q.features) : len(names)] = q.precedence
        for slot, name in enumerate(names):
            row = rows.get(name)
            if row is None:
                row = rows[name] = len(rows)
                shape = q.geometry.get(name)
                drawn.append(_NOT_DRAWN if shape is None or isinstance(shape, ContourFeature) else drawn_row(shape))
            places[slot] = row
        what.append(PLAIN[q.type])
        slots.append(places)
        levels.append(order)
        nominal.append(90.0 if q.nominal is None else q.nominal)
    used = [features[name] for name in rows]
    return (
        Associated(
            straight=np.array([f.kind is Kind.LINE for f in used], dtype=np.bool_),
            params=np.array([f.params for f in used]),
            drawn=np.array(drawn),
            outward=np.array([f.outward for f in used]),
            edge=np.array([f.edge for f in used], dtype=np.intp),
            scatter=scatters(used) if moving else np.zeros((0, 3, 3)),
        ),
        Asked(
            np.array(what, dtype=np.intp),
            np.array(slots, dtype=np.intp),
            np.array(levels, dtype=np.intp),
            np.array(nominal),
        ),
    )


def _first(question: Question, features: Features) -> MeasuredFeature:
    return features[question.features[0]]


def _zone(feature: MeasuredFeature, found: Found) -> tuple[Answer, Floats]:
    """Full width of a minimum zone; a third of what noise adds to it stays in the budget."""
    return _answer(feature, found, math.sqrt(2.0) * found.noise), found.values


def _answer(feature: MeasuredFeature, found: Found, point_noise: float) -> Answer:
    return Answer(
        float(found.values[0]), _at(feature.points_mm[found.worst]), point_noise, found.excess, ends=found.ends
    )


def _per_radius(feature: MeasuredFeature) -> float:
    """Sigma (points per mm of radius) about a circle: half transmission at 50 undulations per revolution, the usual
    filter of ISO 12181-2, but never wider than the cap."""
    return math.sqrt(2.0 * math.log(2.0)) / (ROUNDNESS_UPR * feature.spacing_mm)


def _roundness(question: Question, features: Features, changes: Changes) -> tuple[Answer, Floats]:
    """ISO 12181-1: about the minimum zone's centre, or about that of another reference circle."""
    feature = _first(question, features)
    if not question.association:
        return _zone(feature, zones(feature, changes, FORM_SMOOTHING_POINTS, _per_radius(feature)))
    about = changes.of(feature)[:, :2]
    if question.association != "LS":
        sigma = min(FORM_SMOOTHING_POINTS, _per_radius(feature) * feature.radius_mm)
        touching = inscribed_circle if question.association == "MI" else circumscribed_circle
        x, y, _ = touching(quiet_circle(feature, sigma, False))
        about = np.array([x, y]) * (1.0 + changes.relative)[:, None]
    return _zone(feature, ranges(feature, about, changes, FORM_SMOOTHING_POINTS, _per_radius(feature)))


def _circular_runout(question: Question, features: Features, changes: Changes) -> tuple[Answer, Floats]:
    """ISO 1101: the range of distances from the datum's axis."""
    feature, datum = _first(question, features), features[question.datums[0]]
    if datum.kind is not Kind.CIRCLE or not datum.params:
        raise ValueError(f"{datum.id} has no axis to run about: nothing round fits its edge")
    return _zone(
        feature, ranges(feature, changes.of(datum)[:, :2], changes, FORM_SMOOTHING_POINTS, _per_radius(feature))
    )


def _extreme_size(question: Question, features: Features, changes: Changes) -> tuple[Answer, Floats]:
    """GX, GN or LP of a circle or of two edges: it grows with them as every such size does."""
    feature, how = _first(question, features), question.association
    growth = changes.growth_of(feature)
    if len(question.features) == 1:
        sigma = min(FORM_SMOOTHING_POINTS, _per_radius(feature) * feature.radius_mm) if feature.params else 0.0
        found = circle_size(feature, how, sigma, question.nominal)
    else:
        other = features[question.features[1]]
        growth = (growth + changes.growth_of(other)) / 2.0  # half of it by each of its edges
        unseen = [unseen_mm(edge, question.geometry.get(edge.id)) for edge in (feature, other)]
        found = width_size(feature, other, how, FORM_SMOOTHING_POINTS, question.nominal, unseen)
    half = 0.5 if question.type is CharacteristicType.RADIUS else 1.0
    values = half * (found.value * (1.0 + changes.relative) + found.per_edge * growth)
    answer = Answer(
        float(values[0]), found.where_mm, half * found.noise, half * found.excess, half * found.edges, half * found.ends
    )  # fmt: skip
    return answer, values


def _line_smoothing(feature: MeasuredFeature) -> float:
    """Sigma (points) along a straight edge: a short one keeps its form."""
    return min(FORM_SMOOTHING_POINTS, len(feature.points_mm) / 40.0)


def _straightness(question: Question, features: Features, changes: Changes) -> tuple[Answer, Floats]:
    feature = _first(question, features)
    unseen = unseen_mm(feature, question.geometry.get(feature.id))
    if question.association == "LS":
        about = changes.of(feature)[:, :2]
        return _zone(feature, ranges(feature, about, changes, _line_smoothing(feature), unseen=unseen))
    return _zone(feature, zones(feature, changes, _line_smoothing(feature), unseen=unseen))


def _oriented(question: Question, features: Features, changes: Changes, turn_deg: float) -> tuple[Answer, Floats]:
    """Zone of a line's points between two parallels at a given angle to the datum."""
    feature, datum = _first(question, features), features[question.datums[0]]
    turn = math.radians(turn_deg)
    if abs(math.cos(datum.params[0] + turn - feature.params[0])) < 0.9:
        raise ValueError(f"{feature.id} and {datum.id} do not lie so to each other that this tolerance means anything")
    nominal = question.geometry[feature.id]
    assert isinstance(nominal, LineFeature)
    whole = math.dist(nominal.start_mm, nominal.end_mm)
    found = parallels(feature, datum, changes, turn, unseen_mm(feature, nominal), _line_smoothing(feature))
    scatter = math.sqrt(float(feature.covariance[0, 0]) + float(datum.covariance[0, 0])) * whole
    return _answer(feature, found, math.hypot(math.sqrt(2.0) * found.noise, scatter)), found.values


def _parallelism(question: Question, features: Features, changes: Changes) -> tuple[Answer, Floats]:
    return _oriented(question, features, changes, 0.0)


def _perpendicularity(question: Question, features: Features, changes: Changes) -> tuple[Answer, Floats]:
    return _oriented(question, features, changes, 90.0)


def _angularity(question: Question, features: Features, changes: Changes) -> tuple[Answer, Floats]:
    of, to = (drawn_row(question.geometry[name])[2] for name in (question.features[0], question.datums[0]))
    return _oriented(question, features, changes, math.degrees(of - to))


def _line_profile(question: Question, features: Features, changes: Changes) -> tuple[Answer, Floats]:
    """Twice the largest deviation from the drawing, in the datum system or, without one, after a best fit.

    The best fit is robust least squares, not the smallest possible zone: a local fault then shows in full where it is
    instead of being shared out over the whole outline. It is never smaller than ISO 1101's minimum zone, so never
    kinder.
    """
    feature, datums = _first(question, features), [features[name] for name in question.datums]
    frame = None
    if datums:
        frame = datum_frame([(question.geometry[d.id], d) for d in datums], question.precedence)
    drawn = question.geometry.get(feature.id)
    if isinstance(drawn, CircleFeature) and feature.params and not datums:
        found = round_profile(feature, drawn.diameter_mm / 2.0, changes, FORM_SMOOTHING_POINTS)
        return _answer(feature, found, 2.0 * found.noise), found.values
    unseen = unseen_mm(feature, drawn)
    found = profiles(feature, datums, frame, changes, FORM_SMOOTHING_POINTS, unseen)
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
    edges = 1.0
    if question.type is CharacteristicType.FLANK_ANGLE:
        # Edges that are off by themselves lean: by √12 / length each, two mean flanks of one on either side a turn.
        height = 0.5 * (thread.major_mm - thread.minor_mm) / math.cos(math.radians(thread.flank_angle_deg / 2.0))
        turns = max(math.dist(thread.start_mm, thread.end_mm) / thread.pitch_mm, 1.0)
        edges = math.degrees(math.sqrt(12.0 / turns) / height)
    return Answer(float(found.values[0]), _at(feature.center_mm), found.noise, edges=edges), found.values


def _at(point: Floats) -> tuple[float, float]:
    return float(point[0]), float(point[1])


_NOT_DRAWN = (math.nan, math.nan, math.nan, math.nan)
PLAIN: dict[CharacteristicType, Measurand] = {
    CharacteristicType.DIAMETER: Measurand.DIAMETER,
    CharacteristicType.RADIUS: Measurand.RADIUS,
    CharacteristicType.DISTANCE: Measurand.DISTANCE,
    CharacteristicType.WIDTH: Measurand.DISTANCE,
    CharacteristicType.ANGLE: Measurand.ANGLE,
    CharacteristicType.CONCENTRICITY: Measurand.CONCENTRICITY,
    CharacteristicType.POSITION: Measurand.POSITION,
    CharacteristicType.SYMMETRY: Measurand.SYMMETRY,
}
_FORMS: dict[CharacteristicType, Callable[[Question, Features, Changes], tuple[Answer, Floats]]] = {
    CharacteristicType.ROUNDNESS: _roundness,
    CharacteristicType.STRAIGHTNESS: _straightness,
    CharacteristicType.PARALLELISM: _parallelism,
    CharacteristicType.PERPENDICULARITY: _perpendicularity,
    CharacteristicType.ANGULARITY: _angularity,
    CharacteristicType.CIRCULAR_RUNOUT: _circular_runout,
    CharacteristicType.LINE_PROFILE: _line_profile,
    **dict.fromkeys(GEAR_TYPES, _of_gear),
    **dict.fromkeys(THREAD_TYPES, _of_thread),
}
SIZES = frozenset({CharacteristicType.DIAMETER, CharacteristicType.RADIUS, CharacteristicType.WIDTH})
_SIZES = dict.fromkeys(("GX", "GN", "LP"), _extreme_size)
MEASURED_TYPES = frozenset(PLAIN) | frozenset(_FORMS) | {CharacteristicType.COUNT}
