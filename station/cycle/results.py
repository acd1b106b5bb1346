"""Every characteristic of the plan answered: value, uncertainty, decision, and a sentence where it is not PASS."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from station.cycle.bonus import bonus_of, mating_of
from station.cycle.findings import Findings
from station.cycle.marks.answer import SeenMark
from station.metrology.calibration import Calibration
from station.metrology.characteristics import MEASURED_TYPES, Question, evaluate, is_plain
from station.metrology.decision import Decision, Verdict, decide
from station.metrology.features import Kind, MeasuredFeature
from station.metrology.lens_field import Bending
from station.metrology.rounding import decimals_for, with_uncertainty
from station.metrology.uncertainty import COVERAGE_FACTOR, Conditions, Contribution, Measurement, measure_all
from station.order.model import CharacteristicType, Order
from station.plan.plan import Item, Plan

MOST_GAP_PX = 12.0  # stretch without an edge over which form and profile are not known
FORMS = frozenset(
    {
        CharacteristicType.ROUNDNESS,
        CharacteristicType.STRAIGHTNESS,
        CharacteristicType.PARALLELISM,
        CharacteristicType.PERPENDICULARITY,
        CharacteristicType.ANGULARITY,
        CharacteristicType.CIRCULAR_RUNOUT,
        CharacteristicType.LINE_PROFILE,
        CharacteristicType.PITCH_DEVIATION,
        CharacteristicType.CUMULATIVE_PITCH,
        CharacteristicType.RUNOUT,
    }
)
LEAST_SEEN = 0.6  # share of a feature's probes that must have found an edge


@dataclass(frozen=True, slots=True)
class ItemResult:
    """A decided characteristic; `value` is None where nothing was measured, `read` is what a code or a text says, and
    `mark` what was seen of either, or of a surface."""

    item: Item
    verdict: Verdict
    value: float | None
    u: float | None
    conformance_probability: float | None
    guard_band: float | None
    points: int
    where_mm: tuple[float, float] | None
    reason: str
    measurement: Measurement | None = None
    bonus: float = 0.0  # by which a material modifier widens the zone
    u_bonus: float = 0.0
    read: str | None = None
    mark: SeenMark | None = None

    @property
    def budget(self) -> tuple[Contribution, ...]:
        """Where the uncertainty comes from."""
        if self.measurement is None:
            return ()
        if self.u_bonus == 0.0:
            return self.measurement.budget
        bonus = Contribution("material bonus", self.u_bonus, "mm", 1.0, self.u_bonus, self.u_bonus**2)
        return (*self.measurement.budget, bonus)

    @property
    def expanded(self) -> float | None:
        """Expanded uncertainty U."""
        return None if self.u is None else COVERAGE_FACTOR * self.u

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """The limits that were decided on: those asked for, the upper one widened by the bonus."""
        upper = self.item.upper
        return self.item.lower, None if upper is None else upper + self.bonus

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
    lens: Bending | None = None,
) -> tuple[ItemResult, ...]:
    """All characteristics of silhouettes, in the order's sequence."""
    unfit = {name: why for name, feature in features.items() if (why := _unfit(feature))}
    answers = [_without_measuring(item, unfit, findings) for item in plan.items]
    open_ = [place for place, answer in enumerate(answers) if answer is None]
    questions = [plan.items[place].question for place in open_]
    measured = measure_all(questions, features_for(questions, features), calibration, plan.mm_per_px, conditions, lens)
    u_edges_mm = [kind.u_px * plan.mm_per_px for kind in calibration.kinds]
    for place, result in zip(open_, measured, strict=True):
        answers[place] = _decided(plan.items[place], result, order, features, u_edges_mm, plan.mm_per_px)
    return tuple(answer for answer in answers if answer is not None)


def features_for(questions: Sequence[Question], features: Mapping[str, MeasuredFeature]) -> dict[str, MeasuredFeature]:
    """The features as questions are asked about them, without what stands on an edge and does not belong to it.

    Only forms, profiles and extreme sizes look at points; the rest speaks of what was associated with them.
    """
    read = {name for q in questions if not is_plain(q) for name in q.features + q.datums}
    return {**features, **{name: features[name].clean() for name in read}}


def error_items(plan: Plan, sentence: str) -> tuple[ItemResult, ...]:
    """Nothing was measured: every characteristic is ERROR, its own refusal first."""
    return tuple(_error(item, item.refusal or sentence) for item in plan.items)


def unread(item: Item) -> ItemResult:
    """A mark that nobody has looked at yet: nothing passes because of what was not read."""
    return _error(item, f"{_label(item)} was not looked at.")


def _error(item: Item, sentence: str) -> ItemResult:
    return ItemResult(item, Verdict.ERROR, None, None, None, None, 0, None, sentence)


def _label(item: Item) -> str:
    """What a sentence calls it."""
    c = item.characteristic
    of = f" of {', '.join(c.features)}" if c.features else ""
    return f"Characteristic {c.id} ({c.type.replace('_', ' ')}{of})"


def _unfit(feature: MeasuredFeature) -> str:
    """Why a feature cannot be measured, or nothing."""
    # Only what was fitted is measured: an edge under dirt is found, but says nothing of the feature.
    fitted = feature.fitted
    if fitted < max(5, LEAST_SEEN * feature.expected):
        return f"only {100 * fitted / max(feature.expected, 1):.0f} % of the edge of {feature.id} was found clean"
    if feature.kind is not Kind.CONTOUR and not feature.params:
        return f"nothing round or straight fits the edge of {feature.id}"
    return ""


def _without_measuring(item: Item, unfit: Mapping[str, str], findings: Findings) -> ItemResult | None:
    """The answer of what cannot be measured, or need not be; None for what has to be."""
    c = item.characteristic
    if item.mark is not None:
        return unread(item)
    if item.refusal or c.type not in MEASURED_TYPES:
        return _error(item, f"{_label(item)} cannot be measured: {item.refusal}.")
    if c.type is CharacteristicType.COUNT:
        return _count(item, findings, _label(item))
    if unfit:
        for name in item.question.features + item.question.datums:
            if name in unfit:
                return _not_measured(item, unfit[name])
    return None


def _not_measured(item: Item, why: str) -> ItemResult:
    return _error(item, f"{_label(item)} could not be measured: {why}.")


def _decided(
    item: Item,
    result: Measurement | ValueError,
    order: Order,
    features: Mapping[str, MeasuredFeature],
    u_edges_mm: Sequence[float],
    pixel_mm: float,
) -> ItemResult:
    """A measured value with its verdict, and a sentence where that is not PASS."""
    if isinstance(result, ValueError):
        return _not_measured(item, str(result))
    if not (math.isfinite(result.value) and math.isfinite(result.u)):
        return _not_measured(item, "the fit of its edges failed")
    c, lower, upper, u_total, bonus, u_bonus = item.characteristic, item.lower, item.upper, result.u, 0.0, 0.0
    mating = mating_of(item, order, features)
    if mating is not None and upper is not None:
        bonus, u_bonus = bonus_of(mating, features, u_edges_mm)
        upper, u_total = upper + bonus, math.hypot(u_total, u_bonus)

    def decided(value: float) -> Decision:
        return decide(
            value, u_total, lower, upper, rule=order.decision.rule, probability=order.decision.conformance_probability
        )

    decision = decided(result.value)
    verdict, reason = decision.verdict, ""
    if verdict is not Verdict.PASS:
        where = result.where_mm if c.type in FORMS else None
        reason = _sentence(_label(item), verdict, result.value, u_total, lower, upper, c.unit, where)
    elif not is_plain(item.question):
        doubt = _doubt(item, features, decided, pixel_mm)
        if doubt:
            verdict, reason = Verdict.UNDECIDED, f"{_label(item)}: {doubt}"
    guard = decision.guard_band if math.isfinite(decision.guard_band) else None
    points = sum([len(features[name].points_mm) for name in item.question.features + item.question.datums])
    return ItemResult(
        item, verdict, result.value, u_total, decision.conformance_probability, guard, points, result.where_mm,
        reason, result, bonus, u_bonus,
    )  # fmt: skip


def _doubt(
    item: Item, features: Mapping[str, MeasuredFeature], decided: Callable[[float], Decision], pixel_mm: float
) -> str:
    """Why a form or an extreme size that passes without what stands on its edge, or without a piece of its edge, is not
    PASS; or nothing.
    """
    own = [features[name] for name in item.question.features]
    for feature in own:
        if feature.gap_mm > MOST_GAP_PX * pixel_mm:
            x, y = feature.gap_at_mm
            return f"no edge was found over {feature.gap_mm:.2g} mm at ({x:.3g}, {y:.3g}) mm."
    if all(feature.fitted == len(feature.kept) for feature in own):
        return ""
    try:
        whole = evaluate(item.question, features)
    except ValueError as error:
        return f"with what stands on its edge, a burr or dirt, {error}. Clean the part and measure again."
    if decided(whole.value).verdict is Verdict.PASS:
        return ""
    x, y = whole.where_mm
    high = f" {whole.value:.2g} mm" if item.characteristic.type in FORMS else ""
    where = f"({x:.3g}, {y:.3g}) mm"
    return f"something stands{high} on the edge at {where}, a burr or dirt. Clean the part and measure again."


def _count(item: Item, findings: Findings, label: str) -> ItemResult:
    of = item.characteristic.of or "openings"
    number = findings.count_of(of, item.characteristic.features)
    if number is None:
        return _error(item, f"{label} could not be measured: the {of} cannot be counted in this picture.")
    seen = float(number)
    decision = decide(seen, 0.0, item.lower, item.upper)
    reason = ""
    if decision.verdict is not Verdict.PASS:
        wanted = f"{item.lower:g}" if item.lower == item.upper else f"{item.lower or 0:g} to {item.upper or math.inf:g}"
        reason = f"{label}: {seen:.0f} {of} are there, {wanted} are ordered."
    return ItemResult(item, decision.verdict, seen, 0.0, decision.conformance_probability, 0.0, 0, None, reason)


def _sentence(
    label: str,
    verdict: Verdict,
    value: float,
    u: float,
    lower: float | None,
    upper: float | None,
    unit: str,
    where_mm: tuple[float, float] | None,
) -> str:
    shown = f"{with_uncertainty(value, COVERAGE_FACTOR * u, lower, upper)} {unit}"
    beyond_upper = upper is not None and (lower is None or value - upper > lower - value)
    limit = upper if beyond_upper else lower
    side = "upper" if beyond_upper else "lower"
    assert limit is not None
    limit_text = _limit_text(limit, min(decimals_for(COVERAGE_FACTOR * u), 4))
    place = "" if where_mm is None else f", at ({where_mm[0]:.4g}, {where_mm[1]:.4g}) mm"
    off = value - limit if beyond_upper else limit - value
    if verdict is Verdict.FAIL:
        return f"{label} is {shown}, {off:.2g} {unit} beyond its {side} limit {limit_text} {unit}{place}."
    return (
        f"{label} is {shown}, too near its {side} limit {limit_text} {unit} to be decided with this uncertainty{place}."
    )


def _limit_text(limit: float, decimals: int) -> str:
    """A limit with so many decimals, or as many more as it has itself, up to six: a limit is not rounded to look like
    another."""
    return next(text for places in range(decimals, 7) if float(text := f"{limit:.{places}f}") == limit or places == 6)
