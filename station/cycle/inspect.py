"""Inspect from pictures that were already taken: measure, commit; only then is there a verdict to show.

What is drawn for people is no evidence, and nobody at the gate waits for it: it is added to the record afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from station.cycle.capture import Phase, unwatched
from station.cycle.examine import Examination, examine, no_models
from station.cycle.marks.look import Models
from station.cycle.overlay import draw_overlay
from station.cycle.pictures import TakenPicture
from station.cycle.record import evidence_of, to_inspection
from station.errors import CalibrationError, ImageError
from station.genealogy.inspection import Inspection, StationRecord
from station.genealogy.store import Genealogy
from station.metrology.calibration import Calibration
from station.metrology.uncertainty import Conditions
from station.order.model import CharacteristicType, Order
from station.plan.compile import compile_plan
from station.plan.plan import Plan

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Instrument:
    """What measures: a calibration with its exact bytes (None for marks only), the station's name in records, and where
    learned models come from."""

    calibration: Calibration | None
    calibration_bytes: bytes | None
    station: StationRecord
    models: Models = no_models

    def calibration_for(self, order: Order, pictures: Sequence[TakenPicture], now: datetime) -> Calibration | None:
        """The calibration that an order is inspected with: one of marks alone needs none, but the size of a defect is
        known only with one."""
        known = self.calibration
        if order.geometry.features or known is None:
            return known
        sized = any(c.type is CharacteristicType.SURFACE for c in order.characteristics)
        sizes = {(picture.width_px, picture.height_px) for picture in pictures}
        fits = sizes == {(known.camera.width_px, known.camera.height_px)} and known.valid_at(now)
        return known if sized and fits else None


@dataclass(frozen=True, slots=True)
class Committed:
    """An inspection that is in the record, with what it was made from."""

    inspection: Inspection
    order: Order
    calibration: Calibration | None
    examination: Examination


def check_fit(instrument: Instrument, order: Order, pictures: Sequence[TakenPicture], now: datetime) -> None:
    """Refuse what cannot give a measurement before anything is recorded.

    Raises:
        CalibrationError: none, or expired.
        ImageError: a picture of another size than the calibration's.
    """
    if not order.geometry.features:
        return
    calibration = instrument.calibration
    if calibration is None:
        raise CalibrationError(
            "this order asks for dimensions and there is no calibration: make one with scripts/calibrate_masters.py "
            "and give it with --calibration"
        )
    if not calibration.valid_at(now):
        raise CalibrationError(
            f"the calibration expired on {calibration.valid_until:%Y-%m-%d %H:%M %Z}; calibrate again",
            place=calibration.id,
        )
    check_size(calibration, pictures)


def check_size(calibration: Calibration, pictures: Sequence[TakenPicture]) -> None:
    """Refuse pictures of another camera.

    Raises:
        ImageError: a picture of another size than the calibration's.
    """
    camera = calibration.camera
    for picture in pictures:
        if (picture.width_px, picture.height_px) != (camera.width_px, camera.height_px):
            raise ImageError(
                f"the picture has {picture.width_px} × {picture.height_px} pixels, the calibration is for a camera of "
                f"{camera.width_px} × {camera.height_px}",
                place=picture.name,
            )


def inspect_pictures(
    order: Order,
    instrument: Instrument,
    pictures: Sequence[TakenPicture],
    genealogy: Genealogy,
    *,
    conditions: Conditions,
    operator: str,
    clock: Clock,
    plan: Plan | None = None,
    started: datetime | None = None,
    check: Callable[[Examination], None] = lambda _: None,
    watch: Phase = unwatched,
) -> Committed:
    """Measure, decide, and commit the record durably, without its overlay.

    `check` may refuse what was found before anything is committed; `watch` times the phases.

    Raises:
        InputError: from `check_fit`; nothing was recorded.
        RecordError: the record could not be committed; there is no verdict.
        StationError: from `check`; nothing was recorded.
    """
    began = started or clock()
    check_fit(instrument, order, pictures, began)
    calibration = instrument.calibration_for(order, pictures, began)
    if plan is None and calibration is not None and order.geometry.features:
        plan = compile_plan(order, calibration)
    known = Conditions(conditions.temperature_c, order.part.cte_ppm_per_k)
    with watch("vision"):
        examination = examine(order, plan, calibration, pictures, known, instrument.models)
    check(examination)
    with watch("encode"):
        evidence = evidence_of(order, instrument.calibration_bytes if calibration else None, pictures)
    with watch("commit"):
        draft = to_inspection(
            order,
            examination,
            calibration,
            station=instrument.station,
            conditions=known,
            operator=operator,
            started=began,
            finished=clock(),
        )
        committed = genealogy.commit(draft, evidence, committed=clock())
    return Committed(committed, order, calibration, examination)


def add_overlay(committed: Committed, genealogy: Genealogy, clock: Clock) -> bytes | None:
    """Draws the overlay and adds it to the record; None where nothing was measured that could be drawn.

    Raises:
        RecordError: the record cannot take it; the inspection stands all the same.
    """
    shown = committed.examination.shown
    if shown is None:
        return None
    picture, outcome = shown
    plan = committed.examination.plan
    overlay = draw_overlay(picture.pixels, committed.order, plan, committed.calibration, outcome)
    genealogy.add_overlay(committed.inspection.id, overlay, at=clock())
    return overlay
