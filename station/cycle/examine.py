"""One part, all its pictures: each characteristic measured in the view it asks for. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from station.cycle.marks.answer import MarkAnswer, SeenMark
from station.cycle.marks.look import Models, look_at_marks
from station.cycle.marks.placing import Placement
from station.cycle.marks.rim import Rim
from station.cycle.measure import Outcome, explain_verdict, inspect_picture, measure_track
from station.cycle.pictures import TakenPicture
from station.cycle.results import ItemResult
from station.cycle.sight import Sighting, sight
from station.errors import CaptureError, ModelError
from station.metrology.calibration import Calibration
from station.metrology.decision import SEVERITY, Verdict, worst
from station.metrology.features import MeasuredFeature
from station.metrology.uncertainty import Conditions
from station.networks.load import Model
from station.order.model import MARKS, Characteristic, CharacteristicType, Order
from station.plan.compile import compile_marks
from station.plan.plan import Item, Plan
from station.vision.picture import Picture, picture_from
from station.vision.pose import Pose
from station.vision.refusal import Refusal

GEOMETRY_VIEWS = ("backlight", "front", "ring", "dark")
MARKS_VIEW = "front"
FACE_VIEWS = (MARKS_VIEW, "ring", "dark")
BACKLIT = "backlight"


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found of one part: `outcomes` of the pictures in which its geometry was measured, `pictures` are all."""

    verdict: Verdict
    reason: str
    items: tuple[ItemResult, ...]
    outcomes: tuple[tuple[TakenPicture, Outcome], ...]
    plan: Plan
    pictures: tuple[TakenPicture, ...] = ()

    @property
    def shown(self) -> tuple[TakenPicture, Outcome] | None:
        """The picture that people are shown, if anything was seen in one: with marks, that of the worst of them."""
        of_marks = [item for item in self.items if item.mark is not None]
        if not of_marks:
            return self.outcomes[0] if self.outcomes else None
        worst_mark = min(of_marks, key=lambda item: SEVERITY.index(item.verdict))
        assert worst_mark.mark is not None
        view = worst_mark.mark.view
        outcome = next((outcome for picture, outcome in self.outcomes if picture.view == view), None)
        picture = next(picture for picture in self.pictures if picture.view == view)
        nothing = Outcome(self.verdict, self.reason, self.items, (), (), None, None)
        return picture, nothing if outcome is None else replace(outcome, items=self.items)

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


def lights_of(c: Characteristic, views: Sequence[str]) -> tuple[str, ...]:
    """The views whose pictures have a say, the one it is decided in first: a text that names none is read in every
    light that falls on its face."""
    first = view_of(c, views)
    if c.type is not CharacteristicType.TEXT or c.view:
        return (first,)
    return tuple(dict.fromkeys((first, *(view for view in FACE_VIEWS if view in views))))


def needed_views(order: Order, views: Sequence[str]) -> tuple[str, ...]:
    """Views that an order needs pictures in, given those a rig has lamps for."""
    outline = (BACKLIT,) if _asks_for_outline_alone(order) else ()
    return tuple(dict.fromkeys((*outline, *(view for c in order.characteristics for view in lights_of(c, views)))))


def _asks_for_outline_alone(order: Order) -> bool:
    """Whether an order asks for no dimension, but its geometry is the whole silhouette: that has to be looked at all
    the same, and a face with marks on it does not show it."""
    silhouette = order.geometry.silhouette
    whole = silhouette is not None and bool(silhouette.outer) and not order.geometry.partial
    return whole and all(c.type in MARKS for c in order.characteristics)


def no_models(name: str) -> Model:
    """Where nobody loaded any."""
    raise ModelError(f"there is no model {name!r} here")


def examine(
    order: Order,
    plan: Plan | None,
    calibration: Calibration | None,
    pictures: Sequence[TakenPicture],
    conditions: Conditions,
    models: Models = no_models,
) -> Examination:
    """Measure and decide every characteristic; one whose view was not taken is ERROR and says so.

    `plan` and `calibration` are None for an order of marks only; with a calibration its camera's scale is known. What a
    mark's model says of a picture is the same every time; a model that cannot be had is said at the marks that need it.
    """
    if plan is None:
        plan = compile_marks(order)
    by_view = {picture.view: picture for picture in pictures}
    outcomes: dict[str, Outcome] = {}
    for view in needed_views(order, list(by_view)):
        geometrical = view == BACKLIT and _asks_for_outline_alone(order)
        geometrical |= any(view_of(c, list(by_view)) == view and c.type not in MARKS for c in order.characteristics)
        if view in by_view and geometrical and calibration is not None:
            outcomes[view] = inspect_picture(order, plan, calibration, picture_from(by_view[view].pixels), conditions)
    marks = _marks(order, plan, calibration, by_view, outcomes, models)
    answered: list[ItemResult] = []
    for number, item in enumerate(plan.items):
        view = view_of(item.characteristic, list(by_view))
        if item.characteristic.id in marks:
            answered.append(_answer(item, marks[item.characteristic.id]))
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
    if other := next((answer.reason for answer in marks.values() if answer.seen.other_part), ""):
        # Nothing that was measured of another part may stand in this one's record.
        items = tuple(one if one.mark and one.mark.other_part else _missing(one.item, other) for one in answered)
        return Examination(Verdict.ERROR, other, items, (), plan, tuple(pictures))
    findings = [f for outcome in outcomes.values() for f in outcome.findings]
    verdict = worst([i.verdict for i in answered] + [f.verdict for f in findings])
    refusals = [o.refusal.sentence for o in outcomes.values() if o.refusal is not None]
    reason = " ".join(dict.fromkeys(refusals)) or explain_verdict(verdict, answered, findings)
    if _asks_for_outline_alone(order):
        if any(outcome.sighting is None for outcome in outcomes.values()):
            verdict = worst([verdict, Verdict.ERROR])
        elif not outcomes and verdict is Verdict.PASS:
            verdict = Verdict.UNDECIDED
            reason = (
                f"The part's outline was not looked at: there is no picture of the view {BACKLIT}. Take one, or order "
                "the geometry as partial."
            )
    shown = tuple(
        (by_view[view], replace(outcome, verdict=verdict, reason=reason)) for view, outcome in outcomes.items()
    )
    return Examination(verdict, reason, tuple(answered), shown, plan, tuple(pictures))


def _marks(
    order: Order,
    plan: Plan,
    calibration: Calibration | None,
    pictures: Mapping[str, TakenPicture],
    outcomes: Mapping[str, Outcome],
    models: Models,
) -> dict[str, MarkAnswer]:
    """Every mark of the plan that was photographed, by its characteristic's id."""
    asked: dict[str, list[Item]] = {}
    for item in plan.items:
        view = view_of(item.characteristic, list(pictures))
        if item.mark is not None and view in pictures:
            asked.setdefault(view, []).append(item)
    answers: dict[str, MarkAnswer] = {}
    rim: Rim | None = None
    for view, items in asked.items():
        picture = picture_from(pictures[view].pixels)
        placement = None
        if calibration is not None and not order.geometry.features:
            placement = Placement(Pose(0.0, 0.0, 0.0), calibration)
        elif calibration is not None:
            found = _sighting(plan, calibration, view, picture, outcomes)
            if isinstance(found, Refusal):
                nowhere = SeenMark(view, np.empty((0, 2)))
                answers |= {i.characteristic.id: MarkAnswer(Verdict.ERROR, found.sentence, nowhere) for i in items}
                continue
            placement = Placement(found.pose, calibration)
            if any(item.characteristic.type is CharacteristicType.SURFACE for item in items):
                # A picture that was measured shows edges better than one that was lit for its face.
                measured = (outcome.sighting for outcome in outcomes.values() if outcome.sighting is not None)
                rim = _rim(plan, calibration, next(measured, found))
        answers |= look_at_marks(order, plan, items, view, picture, placement, rim, models, _lit(items, view, pictures))
    return answers


def _lit(items: Sequence[Item], view: str, pictures: Mapping[str, TakenPicture]) -> dict[str, list[Picture]]:
    """The same face in other lights, for each mark in which they have a say."""
    same = [name for name, taken in pictures.items() if taken.pixels.shape == pictures[view].pixels.shape]
    lights = {item.characteristic.id: lights_of(item.characteristic, same)[1:] for item in items}
    asked = {name: picture_from(pictures[name].pixels) for names in lights.values() for name in names}
    return {mark: [asked[name] for name in names] for mark, names in lights.items()}


def _rim(plan: Plan, calibration: Calibration, sighting: Sighting) -> Rim:
    track = measure_track(plan, calibration, sighting)
    return Rim(plan.track, track.deviations_px, track.points_mm, track.edges.u_px, plan.mm_per_px)


def _sighting(
    plan: Plan, calibration: Calibration, view: str, picture: Picture, outcomes: Mapping[str, Outcome]
) -> Sighting | Refusal:
    """How the part lies in the picture of a view: as that picture itself shows it, else as another one does, between
    which it did not move."""
    if view in outcomes:
        own: Sighting | Refusal | None = outcomes[view].sighting or outcomes[view].refusal
    else:
        own = sight(plan, calibration, picture)
    sightings = [own, *(outcome.sighting for outcome in outcomes.values())]
    found = next((one for one in sightings if isinstance(one, Sighting)), None)
    if found is not None:
        return found
    assert isinstance(own, Refusal)
    return own


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


def _answer(item: Item, answer: MarkAnswer) -> ItemResult:
    return ItemResult(
        item, answer.verdict, answer.value, answer.u, answer.conformance_probability, answer.guard_band, 0, None,
        answer.reason, read=answer.seen.read, mark=answer.seen,
    )  # fmt: skip


def _missing(item: Item, sentence: str) -> ItemResult:
    return ItemResult(item, Verdict.ERROR, None, None, None, None, 0, None, sentence)
