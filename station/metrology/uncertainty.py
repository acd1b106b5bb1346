"""The uncertainty budget of one characteristic: GUM, linear propagation, correlation kept.

Every contribution is the change of the value when one independent source moves by one standard uncertainty: the scale
and the edge offset of each kind of edge (correlated: they act on every length and edge at once), each feature's own
scatter, the material's expansion, single points' noise. JCGM 100:2008, 5.1 and 5.2, with numerical sensitivities.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from station.metrology.calibration import Calibration
from station.metrology.changes import Changes
from station.metrology.characteristics import Answer, Question, check_plain, evaluate_form, is_plain, plain
from station.metrology.edge_kinds import DEFAULT, EdgeKind, correlations
from station.metrology.features import MeasuredFeature
from station.metrology.sensitivities import sensitivities, steeper, together
from station.order.model import CharacteristicType

Floats = NDArray[np.float64]

COVERAGE_FACTOR = 2.0
DEFAULT_CTE_PPM_PER_K = 12.0  # steel; used when the order does not say
UNKNOWN_TEMPERATURE_U_K = 2.0 / math.sqrt(3.0)  # 20 °C ± 2 K, rectangular, when nobody measured it
MEASURED_TEMPERATURE_U_K = 0.3
_LENGTHS = frozenset(CharacteristicType) - {
    CharacteristicType.ANGLE,
    CharacteristicType.FLANK_ANGLE,
    CharacteristicType.COUNT,
    CharacteristicType.CODE,
    CharacteristicType.TEXT,
    CharacteristicType.SURFACE,
}


class Contribution(NamedTuple):
    """One row of a budget: `standard_uncertainty` of the source in `unit`, `sensitivity` of the value to it, their
    product in the unit of the value, and the `variance` it adds. All variances together are u²; that of a correlation
    may be negative, and its standard uncertainty is the coefficient."""

    source: str
    standard_uncertainty: float
    unit: str
    sensitivity: float
    contribution: float
    variance: float


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is known of the part's temperature and expansion."""

    temperature_c: float | None = None
    cte_ppm_per_k: float | None = None


@dataclass(frozen=True)
class Sources:
    """What acts on every characteristic: standard uncertainties of the scale and of the edge offset of each kind of
    edge with their correlations, of one edge's own place, and what is known of the temperature."""

    u_scale: float
    kinds: tuple[EdgeKind, ...]
    local_mm: float
    mm_per_px: float
    conditions: Conditions
    _changes: dict[tuple[int, ...], Changes] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def u(self) -> Floats:
        """(n + 1,) of the scale and of the edge offset (mm) of each kind."""
        return np.array([self.u_scale, *[kind.u_px * self.mm_per_px for kind in self.kinds]])

    @cached_property
    def covariance(self) -> Floats:
        """(n + 1, n + 1) of the relative scale and the growth (mm) of the material at each kind of edge."""
        # An edge offset that is too large takes too much off: it acts against the growth of the material.
        signed = np.concatenate([self.u[:1], -self.u[1:]])
        return np.asarray(correlations(self.kinds) * np.outer(signed, signed))

    @cached_property
    def steps(self) -> Floats:
        """(n + 1,) by which the scale is changed and edges are moved (mm) to see what that does."""
        return np.maximum(self.u, [1e-7, *[1e-6] * len(self.kinds)])

    def changes(self, kinds: tuple[int, ...]) -> Changes:
        """Nothing, then the scale and each of these kinds of edges up and down: what a form is asked under."""
        if kinds not in self._changes:
            count = 3 + 2 * len(kinds)
            relative, growth = np.zeros(count), {kind: np.zeros(count) for kind in kinds}
            relative[1:3] = self.steps[0], -self.steps[0]
            for at, kind in enumerate(kinds):
                growth[kind][3 + 2 * at : 5 + 2 * at] = self.steps[1 + kind], -self.steps[1 + kind]
            self._changes[kinds] = Changes(relative, growth, {})
        return self._changes[kinds]

    @cached_property
    def expansion(self) -> tuple[float, float]:
        """By how much (relative) the part is longer than at 20 °C (ISO 1), and the standard uncertainty of that."""
        temperature, known = self.conditions.temperature_c, self.conditions.cte_ppm_per_k
        cte = (known if known is not None else DEFAULT_CTE_PPM_PER_K) * 1e-6
        if temperature is None:
            off_k, u_k = 0.0, UNKNOWN_TEMPERATURE_U_K
        else:
            off_k, u_k = temperature - 20.0, MEASURED_TEMPERATURE_U_K
        u_cte = 0.0 if known is not None else 0.3 * cte
        return cte * off_k, math.hypot(cte * u_k, off_k * u_cte)


@dataclass(frozen=True, slots=True)
class Measurement:
    """A value at 20 °C with its standard uncertainty, and what that is made of: the value's slopes against the relative
    scale and the growth of the material at each kind of edge, the variance from the `scatter` of each feature, the
    noise of single points and the excess it adds to a zone or an extreme, how many `edges` it has the own residuals of,
    and what unseen `ends` of an edge leave. What `expands` does so with the part."""

    value: float
    u: float
    where_mm: tuple[float, float]
    to_scale: float
    to_edge: Sequence[float]
    scatter: Sequence[tuple[str, float]]
    point_noise: float
    excess: float
    edges: float
    ends: float
    expands: bool
    sources: Sources

    @property
    def budget(self) -> tuple[Contribution, ...]:
        """The rows whose contributions make up `u`."""
        by, to_scale = self.sources, self.to_scale
        rows = _systematic(by, to_scale, self.to_edge)
        rows += [_row(f"edge of {name}", math.sqrt(own)) for name, own in self.scatter]
        if self.point_noise > 0.0:
            rows.append(_row("noise of single points", self.point_noise))
            rows.append(_row("excess of an extreme by noise", self.excess / 3.0))
            rows.append(_row("local edge residual", self.edges * by.local_mm))
        if self.ends > 0.0:
            rows.append(_row("unseen ends of the edge", self.ends))
        if self.expands:
            _, u_relative = by.expansion
            rows.append(_row("expansion of the material", u_relative, "1", to_scale))
        return tuple(rows)


def _row(source: str, u: float, unit: str = "mm", sensitivity: float = 1.0) -> Contribution:
    return Contribution(source, u, unit, sensitivity, sensitivity * u, (sensitivity * u) ** 2)


def _systematic(by: Sources, to_scale: float, to_edge: Sequence[float]) -> list[Contribution]:
    """The rows of the scale, of the edge offset of each kind of edge that the value depends on, and of what they have
    in common."""
    u = by.u.tolist()
    kinds = [kind for kind, slope in enumerate(to_edge) if slope != 0.0 or len(to_edge) == 1]
    named = len(by.kinds) > 1 or by.kinds[0].kind != DEFAULT
    names = ["scale", *(f"edge offset ({by.kinds[kind].name})" if named else "edge offset" for kind in kinds)]
    rows = [_row("scale of the calibration", u[0], "1", to_scale)]
    for name, kind in zip(names[1:], kinds, strict=True):
        rows.append(_row(name if named else f"{name} of the calibration", u[1 + kind], "mm", to_edge[kind]))
    known, own = correlations(by.kinds), [0, *(1 + kind for kind in kinds)]
    for (a, one), (b, other) in combinations(enumerate(own), 2):
        coefficient = float(known[one, other])
        sign = -2.0 if a == 0 else 2.0  # an edge offset that is too large takes too much off
        both = sign * coefficient * rows[a].contribution * rows[b].contribution
        if both != 0.0:
            shown = math.copysign(math.sqrt(abs(both)), both)
            rows.append(Contribution(f"{names[a]} and {names[b]} together", coefficient, "1", 0.0, shown, both))
    return rows


def measure(
    question: Question,
    features: Mapping[str, MeasuredFeature],
    calibration: Calibration,
    mm_per_px: float,
    conditions: Conditions,
) -> Measurement:
    """Value and budget of one characteristic.

    `features` in mm at the calibration's scale and edge offset. Raises ValueError with a sentence where the features
    cannot answer.
    """
    (found,) = measure_all([question], features, calibration, mm_per_px, conditions)
    if isinstance(found, ValueError):
        raise found
    return found


def measure_all(
    questions: Sequence[Question],
    features: Mapping[str, MeasuredFeature],
    calibration: Calibration,
    mm_per_px: float,
    conditions: Conditions,
) -> list[Measurement | ValueError]:
    """`measure` of all characteristics of one order; an error in the place of what the features cannot answer."""
    found: list[Measurement | ValueError] = [ValueError("this was not measured")] * len(questions)
    together = []
    sources = Sources(calibration.u_scale, calibration.kinds, calibration.local_px * mm_per_px, mm_per_px, conditions)
    for place, question in enumerate(questions):
        try:
            if is_plain(question):
                check_plain(question, features)
                together.append(place)
            else:
                found[place] = _form(question, features, sources)
        except ValueError as error:
            found[place] = error
    if together:
        asked = [questions[place] for place in together]
        known = sensitivities(*plain(asked, features), sources.steps, sources.covariance)
        rows = zip(
            together, asked, known.value.tolist(), known.where.tolist(), known.to_scale.tolist(),
            known.to_edge.tolist(), known.systematic.tolist(), known.own.tolist(), strict=True,
        )  # fmt: skip
        for place, question, value, (x, y), to_scale, to_edge, systematic, own in rows:
            names = question.features + question.datums
            scatter = [(name, own_) for name, own_ in zip(names, own, strict=False) if own_ > 0.0]
            found[place] = _combined(question, Answer(value, (x, y)), to_scale, to_edge, systematic, scatter, sources)
    return found


def _form(question: Question, features: Mapping[str, MeasuredFeature], sources: Sources) -> Measurement:
    """A form or a profile: evaluated again with all its points moved."""
    names = tuple(dict.fromkeys((*question.features, *question.datums)))
    edge = question.features[0]
    # A zone is read off its feature's points: where they have noise, the geometry fitted through them does not enter.
    nudged = [name for name in names if name != edge or not features[edge].u_mm.any()]
    kinds = tuple(sorted({features[name].edge for name in names}))
    changes = sources.changes(kinds)
    at = len(changes)
    if nudged:
        changes = _with_scatter(changes, [features[name] for name in nudged])
    answer, values = evaluate_form(question, features, changes)
    changed = values.tolist()
    value = changed[0]
    steps = sources.steps
    to_scale, to_edge = steeper(changed[1], value, changed[2], steps[0]), np.zeros(len(sources.kinds))
    for number, kind in enumerate(kinds):
        to_edge[kind] = steeper(changed[3 + 2 * number], value, changed[4 + 2 * number], steps[1 + kind])
    scatter = []
    for name in nudged:
        own = 0.0
        for _ in range(len(features[name].covariance)):
            # At a kink both sides rise: the larger of the two is what can happen.
            own += max(abs(changed[at] - value), abs(changed[at + 1] - value)) ** 2
            at += 2
        if own > 0.0 and not (answer.point_noise > 0.0 and name == edge):
            scatter.append((name, own))
    systematic = together(to_scale, to_edge, sources.covariance)
    return _combined(question, answer, to_scale, to_edge.tolist(), systematic, scatter, sources)


def _with_scatter(changes: Changes, nudged: Sequence[MeasuredFeature]) -> Changes:
    """The changes, and after them each feature's own parameters by one standard deviation up and down."""
    steps = [np.repeat(f.scatter(), 2, axis=0) * np.array([[1.0], [-1.0]] * len(f.covariance)) for f in nudged]
    ends = np.cumsum([len(changes), *map(len, steps)])
    nudges = {}
    for feature, own, first in zip(nudged, steps, ends, strict=False):
        nudges[feature.id] = np.zeros((int(ends[-1]), 3))
        nudges[feature.id][first : first + len(own), : own.shape[1]] = own
    still = np.zeros(int(ends[-1]) - len(changes))
    growth = {kind: np.concatenate([own, still]) for kind, own in changes.growth_mm.items()}
    return Changes(np.concatenate([changes.relative, still]), growth, nudges)


def _combined(
    question: Question,
    answer: Answer,
    to_scale: float,
    to_edge: Sequence[float],
    systematic: float,
    scatter: Sequence[tuple[str, float]],
    sources: Sources,
) -> Measurement:
    """The sum of all contributions, `systematic` that of scale and edge offsets; a deviation expands with what it is
    part of."""
    variance = systematic
    for _, own in scatter:
        variance += own
    if answer.point_noise > 0.0:
        variance += answer.point_noise**2 + (answer.excess / 3.0) ** 2 + (answer.edges * sources.local_mm) ** 2
    variance += answer.ends**2
    value, expands = answer.value, question.type in _LENGTHS
    if expands:
        longer, u_relative = sources.expansion
        value -= to_scale * longer
        variance += (to_scale * u_relative) ** 2
    return Measurement(
        value, math.sqrt(max(variance, 0.0)), answer.where_mm, to_scale, to_edge, scatter, answer.point_noise,
        answer.excess, answer.edges, answer.ends, expands, sources,
    )  # fmt: skip
