"""Every characteristic of the plan answered: value, uncertainty, decision, and a sentence where it is not PASS."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from station.cycle.findings import Findings
from station.metrology.calibration import Calibration
from station.metrology.characteristics import MEASURED_TYPES
from station.metrology.decision import Verdict, decide
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.rounding import with_uncertainty
from station.metrology.uncertainty import COVERAGE_FACTOR, Conditions, Contribution, measure
from station.order.model import CharacteristicType, Order
from station.plan.plan import Item, Plan

LEAST_SEEN = 0.6  # share of a feature's probes that must have found an edge


@dataclass(frozen=True, slots=True)
class ItemResult:
    """A decided characteristic; `value` is None where nothing was measured."""

    item: Item
    verdict: Verdict
    value: float | None
    u: float | None
    conformance_probability: float | None
    guard_band: float | None
    points: int
    where_mm: tuple[float, float] | None
    reason: str
    budget: tuple[Contribution, ...] = ()

    @property
    def expanded(self) -> float | None:
        return None if self.u is None else COVERAGE_FACTOR * self.u

    @property
    def used_up(self) -> float:
        """Share of the tolerance used, 1 at a limit; what puts the worst characteristic first."""
        item = self.item
        if self.value is None:
            return math.inf
        if item.lower is not None and item.upper is not None:
            half = max((item.upper - item.lower) / 2.0, 1e-12)
            return abs(self.value - (item.upper + item.lower) / 2.0) / half
        if item.upper is not None:
            return self.value / item.upper if item.upper > 0 else (math.inf if self.value > item.upper else 0.0)
        if item.lower is not None and self.value > 0:
            return item.lower / self.value
        return 0.0


def answer_items(
    order: Order,
    plan: Plan,
    features: Mapping[str, MeasuredFeature],
    findings: Findings,
    calibration: Calibration,
    conditions: Conditions,
) -> tuple[ItemResult, ...]:
    """All characteristics of silhouettes, in the order's sequence."""
    return tuple(_answer(item, order, plan, features, findings, calibration, conditions) for item in plan.items)


def error_items(plan: Plan, sentence: str) -> tuple[ItemResult, ...]:
    """Nothing was measured: every characteristic is ERROR, its own refusal first."""
    return tuple(_error(item, item.refusal or sentence) for item in plan.items)


def _error(item: Item, sentence: str) -> ItemResult:
    return ItemResult(item, Verdict.ERROR, None, None, None, None, 0, None, sentence)


def _answer(
    item: Item,
    order: Order,
    plan: Plan,
    features: Mapping[str, MeasuredFeature],
    findings: Findings,
    calibration: Calibration,
    conditions: Conditions,
) -> ItemResult:
    c = item.characteristic
    label = f"Characteristic {c.id} ({c.type}{' of ' + ', '.join(c.features) if c.features else ''})"
    if item.refusal or c.type not in MEASURED_TYPES:
        return _error(item, f"{label} cannot be measured: {item.refusal}.")
    if c.type is CharacteristicType.COUNT:
        return _count(item, plan, features, findings, label)
    names = (*c.features, *item.question.datums)
    points = 0
    for name in names:
        feature = features[name]
        points += len(feature.points_mm)
        if len(feature.points_mm) < max(5, LEAST_SEEN * feature.expected):
            share = 100 * len(feature.points_mm) / max(feature.expected, 1)
            return _error(item, f"{label} could not be measured: only {share:.0f} % of the edge of {name} was found.")
        if feature.kind is not Kind.CONTOUR and not feature.params:
            return _error(item, f"{label} could not be measured: nothing round or straight fits the edge of {name}.")
    try:
        result = measure(item.question, features, calibration, plan.mm_per_px, conditions)
    except ValueError as error:
        return _error(item, f"{label} could not be measured: {error}.")
    if not (math.isfinite(result.value) and math.isfinite(result.u)):
        return _error(item, f"{label} could not be measured: the fit of its edges failed.")
    lower, upper = item.lower, item.upper
    if c.modifier and upper is not None:
        upper += _bonus(item, order, features)
    decision = decide(
        result.value,
        result.u,
        lower,
        upper,
        rule=order.decision.rule,
        probability=order.decision.conformance_probability,
    )
    reason = _sentence(label, decision.verdict, result.value, result.u, lower, upper, c.unit, result.where_mm)
    guard = decision.guard_band if math.isfinite(decision.guard_band) else None
    return ItemResult(
        item, decision.verdict, result.value, result.u, decision.conformance_probability, guard, points, result.where_mm,
        reason, result.budget,
    )  # fmt: skip


def _bonus(item: Item, order: Order, features: Mapping[str, MeasuredFeature]) -> float:
    """Maximum (least) material bonus of ISO 2692: how far the actual size departs from that material limit."""
    name = item.characteristic.features[0]
    size = next(
        (c for c in order.characteristics if c.type is CharacteristicType.DIAMETER and c.features == (name,)), None
    )
    feature = features[name]
    if size is None or feature.kind is not Kind.CIRCLE:
        return 0.0
    hole = feature.outward < 0
    at_most_material = size.limits.lower if hole == (item.characteristic.modifier == "MMC") else size.limits.upper
    if at_most_material is None:
        return 0.0
    return abs(2.0 * feature.radius_mm - float(at_most_material))


def _count(
    item: Item, plan: Plan, features: Mapping[str, MeasuredFeature], findings: Findings, label: str
) -> ItemResult:
    del features
    of = item.characteristic.of or "openings"
    if of != "openings" or findings.openings_seen is None:
        return _error(item, f"{label} could not be measured: this station does not count {of} yet.")
    seen = float(findings.openings_seen)
    del plan
    decision = decide(seen, 0.0, item.lower, item.upper)
    wanted = item.lower if item.lower == item.upper else None
    reason = ""
    if decision.verdict is not Verdict.PASS:
        asked = f"{wanted:.0f} are ordered" if wanted is not None else f"{item.lower} to {item.upper} are ordered"
        reason = f"{label}: {seen:.0f} {of} are there, {asked}."
    return ItemResult(item, decision.verdict, seen, 0.0, decision.conformance_probability, 0.0, 0, None, reason)


def _sentence(
    label: str,
    verdict: Verdict,
    value: float,
    u: float,
    lower: float | None,
    upper: float | None,
    unit: str,
    where_mm: tuple[float, float],
) -> str:
    if verdict is Verdict.PASS:
        return ""
    shown = f"{with_uncertainty(value, COVERAGE_FACTOR * u)} {unit}"
    beyond_upper = upper is not None and (lower is None or value - upper > lower - value)
    limit = upper if beyond_upper else lower
    side = "upper" if beyond_upper else "lower"
    assert limit is not None
    place = f", at ({where_mm[0]:.4g}, {where_mm[1]:.4g}) mm"
    off = value - limit if beyond_upper else limit - value
    if verdict is Verdict.FAIL:
        return f"{label} is {shown}, {off:.2g} {unit} beyond its {side} limit {limit:.6g} {unit}{place}."
    return f"{label} is {shown}, too near its {side} limit {limit:.6g} {unit} to be decided with this uncertainty{place}."
