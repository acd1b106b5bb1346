"""One part, all its pictures: each characteristic measured in the view it asks for. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from station.cycle.measure import Outcome, explain_verdict, inspect_picture
from station.cycle.pictures import TakenPicture
from station.cycle.results import ItemResult, unread
from station.errors import CaptureError
from station.metrology.calibration import Calibration
from station.metrology.decision import Verdict, worst
from station.metrology.features import MeasuredFeature
from station.metrology.uncertainty import Conditions
from station.order.model import MARKS, Characteristic, Order
from station.plan.compile import compile_marks
from station.plan.plan import Item, Plan
from station.vision.picture import picture_from

GEOMETRY_VIEWS = ("backlight", "front", "ring", "dark")
MARKS_VIEW = "front"
BACKLIT = "backlight"


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found of one part. `shown` is the outcome and picture that people are shown."""

    verdict: Verdict
    reason: str
    items: tuple[ItemResult, ...]
    outcomes: tuple[tuple[TakenPicture, Outcome], ...]
    plan: Plan

    @property
    def shown(self) -> tuple[TakenPicture, Outcome] | None:
        """The picture that people are shown, if one was measured."""
        return self.outcomes[0] if self.outcomes else None

    def answer(self, characteristic: str) -> tuple[ItemResult, tuple[MeasuredFeature, ...]]:
        """A characteristic by its id, and the features of the picture that it was measured in, if it was."""
        result = next(item for item in self.items if item.item.characteristic.id == characteristic)
        measured = (outcome for _, outcome in self.outcomes if any(one is result for one in outcome.items))
        return result, next((outcome.features for outcome in measured), ())


def view_of(c: Characteristic, views: Sequence[str]) -> str:
    """The view a characteristic is decided in: its own, else the first there is for its kind."""
    if c.view:
        return c.view
    if c.type in MARKS:
        return MARKS_VIEW
    return next((view for view in GEOMETRY_VIEWS if view in views), GEOMETRY_VIEWS[0])


def needed_views(order: Order, views: Sequence[str]) -> tuple[str, ...]:
    """Views that an order needs pictures in, given those a rig has."""
    return tuple(dict.fromkeys(view_of(c, views) for c in order.characteristics))


def examine(
    order: Order,
    plan: Plan | None,
    calibration: Calibration | None,
    pictures: Sequence[TakenPicture],
    conditions: Conditions,
) -> Examination:
    """Measure and decide every characteristic; one whose view was not taken is ERROR and says so.

    `plan` and `calibration` are None for an order of marks only.
    """
    if plan is None or calibration is None:
        plan = compile_marks(order)
        items = tuple(_missing(item, item.refusal) if item.refusal else unread(item) for item in plan.items)
        return Examination(worst([i.verdict for i in items]), items[0].reason, items, (), plan)
    by_view = {picture.view: picture for picture in pictures}
    outcomes: dict[str, Outcome] = {}
    wanted = needed_views(order, list(by_view))
    for view in wanted:
        geometrical = any(view_of(c, list(by_view)) == view and c.type not in MARKS for c in order.characteristics)
        if view in by_view and geometrical:
            grey = picture_from(by_view[view].pixels)
            outcomes[view] = inspect_picture(order, plan, calibration, grey, conditions)
    answered: list[ItemResult] = []
    for number, item in enumerate(plan.items):
        view = view_of(item.characteristic, list(by_view))
        if item.mark is not None and view in by_view:
            answered.append(unread(item))
        elif view in outcomes:
            answered.append(outcomes[view].items[number])
        elif item.refusal:
            answered.append(
                _missing(item, f"Characteristic {item.characteristic.id} cannot be decided: {item.refusal}.")
            )
        else:
            answered.append(
                _missing(item, f"There is no picture of the view {view} for characteristic {item.characteristic.id}.")
            )
    findings = [f for outcome in outcomes.values() for f in outcome.findings]
    verdict = worst([i.verdict for i in answered] + [f.verdict for f in findings])
    refusals = [o.refusal.sentence for o in outcomes.values() if o.refusal is not None]
    reason = " ".join(dict.fromkeys(refusals)) or explain_verdict(verdict, answered, findings)
    shown = tuple(
        (by_view[view], replace(outcome, verdict=verdict, reason=reason)) for view, outcome in outcomes.items()
    )
    return Examination(verdict, reason, tuple(answered), shown, plan)


def check_lamp(found: Examination) -> None:
    """Whether the light of a picture is the one that its view asks for, as far as the part itself tells: what lies
    before a backlight is dark.

    Raises:
        CaptureError: another lamp is on; the calibration is not one for its light.
    """
    for picture, outcome in found.outcomes:
        if picture.view == BACKLIT and outcome.sighting is not None and not outcome.sighting.field.dark_part:
            raise CaptureError(
                "the part is brighter than what surrounds it, so another lamp than the backlight is on: look at the "
                "lamps' channels and cables",
                place=f"view {picture.view}",
            )


def _missing(item: Item, sentence: str) -> ItemResult:
    return ItemResult(item, Verdict.ERROR, None, None, None, None, 0, None, sentence)
