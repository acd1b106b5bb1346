"""What a budget speaks of, drawn from its stated distributions, and the value computed again from what was drawn.

Nothing here is linear: geometry and points are moved and the characteristic itself is evaluated, where a budget knows
only its slopes. The scale, the edge offset and each feature's own scatter are normal; a temperature that nobody
measured is rectangular; every point has its own noise. What a budget states about the value itself (a third of an
excess, the own residual of a form's edge, unseen ends, the lens, what noise leaves of a gear's means) is drawn as that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from station.metrology.associated import values_under
from station.metrology.changes import Changes
from station.metrology.characteristics import Answer, Question, evaluate, is_plain, plain
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.monte_carlo import Normal, Rectangular
from station.metrology.uncertainty import MEASURED_TEMPERATURE_U_K, UNKNOWN_TEMPERATURE_U_K, Measurement, Sources
from station.order.model import CharacteristicType

Floats: TypeAlias = NDArray[np.float64]
Features: TypeAlias = Mapping[str, MeasuredFeature]

# Points have their noise already, and the same again is drawn onto them: what is taken off for noise is that of both.
_TWICE = math.sqrt(2.0)
_ORIENTED = frozenset(
    {CharacteristicType.PARALLELISM, CharacteristicType.PERPENDICULARITY, CharacteristicType.ANGULARITY}
)
# Widths of zones, ranges, largest deviations: none is below zero, whatever is stated about the value itself.
DEVIATIONS = _ORIENTED | {
    CharacteristicType.ROUNDNESS,
    CharacteristicType.STRAIGHTNESS,
    CharacteristicType.CIRCULAR_RUNOUT,
    CharacteristicType.LINE_PROFILE,
    CharacteristicType.PITCH_DEVIATION,
    CharacteristicType.CUMULATIVE_PITCH,
    CharacteristicType.RUNOUT,
}


def drawn_changes(
    sources: Sources, scattered: Sequence[MeasuredFeature], expands: bool, count: int, rng: np.random.Generator
) -> Changes:
    """`count` draws of all that acts on the features: lengths at 20 °C against those measured, the growth of the
    material, and the associated geometry of each feature in `scattered`."""
    values, axes = np.linalg.eigh(sources.covariance)
    drawn = rng.standard_normal((count, len(values))) @ (axes * np.sqrt(np.maximum(values, 0.0))).T
    relative = drawn[:, 0]
    if expands:
        relative = (1.0 + relative) / (1.0 + _longer(sources, count, rng)) - 1.0
    growth = {kind: drawn[:, 1 + kind] for kind in range(len(values) - 1)}
    nudges = {}
    for feature in scattered:
        size = len(feature.covariance)
        nudges[feature.id] = np.zeros((count, 3))
        nudges[feature.id][:, :size] = rng.standard_normal((count, size)) @ feature.scatter()
    return Changes(relative, growth, nudges)


def _longer(sources: Sources, count: int, rng: np.random.Generator) -> Floats:
    """By how much (relative) the part is longer than at 20 °C: the product of two things that are not known well."""
    temperature = sources.conditions.temperature_c
    half = math.sqrt(3.0) * UNKNOWN_TEMPERATURE_U_K
    off = Rectangular(-half, half) if temperature is None else Normal(temperature - 20.0, MEASURED_TEMPERATURE_U_K)
    return Normal(*sources.cte).draw(rng, count) * off.draw(rng, count)


def drawn_values(
    question: Question, features: Features, stated: Sequence[float], changes: Changes, rng: np.random.Generator
) -> Floats:
    """The values (m,) of a characteristic under changes, each with its own noise of single points; `stated` are the
    standard uncertainties that are stated about the value of a form itself.

    Raises:
        ValueError: with a sentence, where moved features cannot answer the question any more.
    """
    if is_plain(question):
        names = dict.fromkeys((*question.features, *question.datums))
        rows = np.ascontiguousarray(np.stack([changes.of(features[name]) for name in names], axis=1))
        values = values_under(*plain([question], features, moving=False), rows)
    else:
        values = np.array([evaluate(question, one).value for one in _moved(question, features, changes, rng)])
    values += rng.standard_normal((len(values), len(stated))) @ np.asarray(stated, dtype=float)
    return np.maximum(values, 0.0) if question.type in DEVIATIONS else values


def scattered(question: Question, features: Features, measured: Measurement) -> list[MeasuredFeature]:
    """The features whose own associated geometry has a part in the budget."""
    found = [features[name] for name, _ in measured.scatter]
    if question.type in _ORIENTED and features[question.features[0]] not in found:
        found.append(features[question.features[0]])  # its budget has the lean of both edges in one figure
    return found


def stated_of_value(question: Question, features: Features, measured: Measurement) -> list[float]:
    """Standard uncertainties that the budget states about the value itself."""
    if is_plain(question):
        return [measured.by_lens] if measured.by_lens > 0.0 else []
    found = [measured.ends, measured.by_lens]
    if measured.point_noise > 0.0:
        found += [measured.excess / 3.0, measured.edges * measured.sources.local_mm]
        if question.type not in _ORIENTED:
            found.append(_without_noise(question, features).point_noise)
    return [u for u in found if u > 0.0]


def _without_noise(question: Question, features: Features) -> Answer:
    """What is left of a value's noise where no point has any."""
    still = {name: features[name] for name in question.datums}
    for name in question.features:
        still[name] = replace(features[name], u_mm=np.zeros_like(features[name].u_mm))
    return evaluate(question, still)


def _moved(
    question: Question, features: Features, changes: Changes, rng: np.random.Generator
) -> Iterator[dict[str, MeasuredFeature]]:
    """The features of a form under each change, with their points."""
    read = {name: features[name] for name in question.features}
    used = {**{name: features[name] for name in question.datums}, **read}
    params = {name: changes.of(f).tolist() if f.params else [()] * len(changes) for name, f in used.items()}
    growth = {name: changes.growth_of(f) for name, f in read.items()}
    for k in range(len(changes)):
        one = {name: replace(f, params=tuple(params[name][k])) for name, f in used.items()}
        for name, f in read.items():
            away = growth[name][k] + f.u_mm * rng.standard_normal(len(f.u_mm))
            if f.kind is Kind.LINE and name in changes.nudges:
                angle, shift, _ = changes.nudges[name][k].tolist()
                away = away + shift - angle * (f.points_mm @ f.direction - f.params[2])
            points = f.points_mm * (1.0 + changes.relative[k]) + away[:, None] * f.normals
            one[name] = replace(one[name], points_mm=points, u_mm=_TWICE * f.u_mm)
        yield one
