"""Inspections from picture files, and the plan of an order: no rig."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from station.app import here
from station.app.here import MAIN_CAMERA, Warn, open_record, operator_name, station_record
from station.app.models import Shelf, text_alphabet
from station.cycle.calibration_life import active_calibration, load_calibration
from station.cycle.inspect import Instrument, add_overlay, inspect_pictures
from station.cycle.pictures import TakenPicture, read_picture
from station.errors import CalibrationError, InputError
from station.genealogy.home import default_home
from station.genealogy.inspection import Inspection
from station.genealogy.shift_checks import CheckState, check_status
from station.metrology.calibration import Calibration
from station.metrology.uncertainty import Conditions
from station.order.model import CharacteristicType, Order
from station.order.read import read_order
from station.plan.compile import compile_marks, compile_plan
from station.plan.plan import Plan
from station.plan.predict import Prediction, predict, predict_marks


def plan_order(
    order_path: Path, calibration_path: Path | None, warn: Warn = lambda _: None
) -> tuple[Plan, tuple[Prediction, ...], str]:
    """The plan of an order, what it predicts for each characteristic, and the order's id.

    Raises:
        InputError: the order, or no calibration where one is needed.
    """
    order = read_order(order_path)
    asks_text = any(c.type is CharacteristicType.TEXT for c in order.characteristics)
    alphabet = text_alphabet() if asks_text else None
    if not order.geometry.features:
        plan = compile_marks(order, alphabet)
        return plan, predict_marks(plan), order.order_id
    calibration = _calibration_for_pictures(calibration_path, warn)
    if calibration is None:
        raise CalibrationError(
            "there is no calibration to plan with: give one with --calibration, or accept one for this station"
        )
    plan = compile_plan(order, calibration[0], alphabet)
    return plan, predict(plan, order, calibration[0]), order.order_id


def _calibration_for_pictures(path: Path | None, warn: Warn) -> tuple[Calibration, bytes] | None:
    """The calibration to measure pictures with: of a file, else the one in force.

    Raises:
        CalibrationError: unreadable, or the station is locked by a failed shift check.
        IntegrityError: the one in force was tampered with.
    """
    found = None
    if path is not None:
        found = load_calibration(path)
    elif default_home().database.exists():
        with open_record(read_only=True) as genealogy:
            found = active_calibration(genealogy, MAIN_CAMERA)
            status = check_status(genealogy, MAIN_CAMERA, here.now())
        if found is not None and status.state is CheckState.FAILED:
            raise CalibrationError(f"the station is locked. {status.sentence}", place=found[0].id)
    if found is not None and (warning := found[0].expiry_warning(here.now())):
        warn(warning)
    return found


def _needs_scale(order: Order) -> bool:
    """Whether millimetres are asked for."""
    sized = any(c.type is CharacteristicType.SURFACE for c in order.characteristics)
    return sized or bool(order.geometry.features)


def inspect_files(
    order_path: Path,
    images: Sequence[tuple[str, Path]],
    calibration_path: Path | None,
    *,
    temperature_c: float | None,
    operator: str | None,
    warn: Warn = lambda _: None,
) -> tuple[Inspection, bytes | None]:
    """Inspect from picture files: no rig. The record is committed when this returns, and its overlay, if anything
    could be drawn, added to it.

    Raises:
        InputError: nothing was recorded.
        RecordError: nothing could be recorded.
    """
    started = here.now()
    order = read_order(order_path)
    pictures: list[TakenPicture] = []
    for view, path in images:
        if any(p.view == view for p in pictures):
            raise InputError(f"the view {view} is given twice", place="--image")
        pictures.append(read_picture(path, view))
    calibration = _calibration_for_pictures(calibration_path, warn) if _needs_scale(order) else None
    instrument = Instrument(
        calibration[0] if calibration else None,
        calibration[1] if calibration else None,
        station_record("files", simulated=False),
        Shelf(),
    )
    with open_record() as genealogy:
        committed = inspect_pictures(
            order,
            instrument,
            pictures,
            genealogy,
            conditions=Conditions(temperature_c),
            operator=operator_name() if operator is None else operator,
            clock=here.now,
            started=started,
        )
        return committed.inspection, add_overlay(committed, genealogy, here.now)
