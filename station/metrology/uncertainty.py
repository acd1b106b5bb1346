"""The uncertainty budget of one characteristic: GUM, linear propagation, correlation kept.

Every contribution is the change of the value when one independent source moves by one standard uncertainty: the scale
and the edge offset (correlated: both act on every length and edge at once), each feature's own scatter, the material's
expansion, single points' noise. JCGM 100:2008, 5.1 and 5.2, with numerical sensitivities.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from station.metrology.calibration import Calibration
from station.metrology.characteristics import Answer, Question, evaluate
from station.metrology.features import MeasuredFeature
from station.order.model import CharacteristicType

COVERAGE_FACTOR = 2.0
DEFAULT_CTE_PPM_PER_K = 12.0  # steel; used when the order does not say
UNKNOWN_TEMPERATURE_U_K = 2.0 / math.sqrt(3.0)  # 20 °C ± 2 K, rectangular, when nobody measured it
MEASURED_TEMPERATURE_U_K = 0.3
_LENGTHS = frozenset(CharacteristicType) - {
    CharacteristicType.ANGLE,
    CharacteristicType.COUNT,
    CharacteristicType.CODE,
    CharacteristicType.TEXT,
    CharacteristicType.SURFACE,
}


@dataclass(frozen=True, slots=True)
class Contribution:
    """One row of a budget: `standard_uncertainty` of the source in `unit`, `sensitivity` of the value to it, and their
    product in the unit of the value."""

    source: str
    standard_uncertainty: float
    unit: str
    sensitivity: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Measurement:
    """A value at 20 °C with its standard uncertainty and where it comes from."""

    value: float
    u: float
    where_mm: tuple[float, float]
    budget: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is known of the part's temperature and expansion."""

    temperature_c: float | None = None
    cte_ppm_per_k: float | None = None


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
    names = dict.fromkeys(question.features + question.datums)
    used = {name: features[name] for name in names}
    answer = evaluate(question, used)
    rows: list[Contribution] = []

    def slope(plus: Mapping[str, MeasuredFeature], minus: Mapping[str, MeasuredFeature], step: float) -> float:
        """The steeper of both one-sided differences: a value at a kink (a zone, a distance near zero) can go either
        way.
        """
        up = (evaluate(question, plus).value - answer.value) / step
        down = (answer.value - evaluate(question, minus).value) / step
        return up if abs(up) >= abs(down) else down

    u_scale, u_edge_mm = calibration.u_scale, calibration.u_edge_px * mm_per_px
    scale_step, edge_step = max(u_scale, 1e-7), max(u_edge_mm, 1e-6)
    to_scale = slope(
        {k: f.scaled(scale_step) for k, f in used.items()},
        {k: f.scaled(-scale_step) for k, f in used.items()},
        scale_step,
    )
    to_edge = slope(
        {k: f.grown(edge_step) for k, f in used.items()}, {k: f.grown(-edge_step) for k, f in used.items()}, edge_step
    )
    rows.append(Contribution("scale of the calibration", u_scale, "1", to_scale, to_scale * u_scale))
    rows.append(Contribution("edge offset of the calibration", u_edge_mm, "mm", to_edge, to_edge * u_edge_mm))
    variance = sum(row.contribution**2 for row in rows)
    variance += 2.0 * calibration.correlation * rows[0].contribution * rows[1].contribution

    for name, feature in used.items():
        own = 0.0
        if answer.point_noise > 0.0 and name == question.features[0]:
            continue  # a zone is read off this feature's points; the geometry fitted through them does not enter
        for change in feature.scatter():
            plus = evaluate(question, {**used, name: feature.nudged(change)}).value
            minus = evaluate(question, {**used, name: feature.nudged(-change)}).value
            # At a kink (a distance near zero) both sides rise: the larger of the two is what can happen.
            own += max(abs(plus - answer.value), abs(minus - answer.value)) ** 2
        if own > 0.0:
            rows.append(Contribution(f"edge of {name}", math.sqrt(own), "mm", 1.0, math.sqrt(own)))
            variance += own
    local_mm = calibration.local_px * mm_per_px
    if answer.point_noise > 0.0:
        rows.append(_plain("noise of single points", answer.point_noise))
        rows.append(_plain("excess of a zone by noise", answer.excess / 3.0))
        rows.append(_plain("local edge residual", local_mm))
        variance += answer.point_noise**2 + (answer.excess / 3.0) ** 2 + local_mm**2

    value, thermal = _at_20_c(question, answer, to_scale, conditions)
    if thermal is not None:
        rows.append(thermal)
        variance += thermal.contribution**2
    return Measurement(value, math.sqrt(max(variance, 0.0)), answer.where_mm, tuple(rows))


def _plain(source: str, u: float) -> Contribution:
    return Contribution(source, u, "mm", 1.0, u)


def _at_20_c(
    question: Question, answer: Answer, to_scale: float, conditions: Conditions
) -> tuple[float, Contribution | None]:
    """The value referred to 20 °C (ISO 1) and the expansion's contribution; a deviation expands with what it is part
    of.
    """
    if question.type not in _LENGTHS:
        return answer.value, None
    cte = (conditions.cte_ppm_per_k if conditions.cte_ppm_per_k is not None else DEFAULT_CTE_PPM_PER_K) * 1e-6
    if conditions.temperature_c is None:
        off_k, u_k = 0.0, UNKNOWN_TEMPERATURE_U_K
    else:
        off_k, u_k = conditions.temperature_c - 20.0, MEASURED_TEMPERATURE_U_K
    u_cte = 0.0 if conditions.cte_ppm_per_k is not None else 0.3 * cte
    u_relative = math.hypot(cte * u_k, off_k * u_cte)
    value = answer.value - to_scale * cte * off_k
    return value, Contribution("expansion of the material", u_relative, "1", to_scale, to_scale * u_relative)
