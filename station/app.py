"""Composition root: the only place that wires everything together."""

from __future__ import annotations

import getpass
import json
import os
import socket
import tempfile
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from station import __version__
from station.cycle.calibration_life import (
    Lived,
    Proposal,
    accept_proposal,
    active_calibration,
    go_back,
    lives,
    load_calibration,
    propose,
)
from station.cycle.cell import Cell, queue_of
from station.cycle.certificates import read_certificates
from station.cycle.inspect import Committed, Instrument, inspect_pictures
from station.cycle.masters import calibrate_from_masters
from station.cycle.pictures import TakenPicture, read_picture
from station.cycle.readiness import ShiftCheck, Watch
from station.cycle.shift_check import MOST_VALID, CheckedMaster, check_masters, check_payload
from station.cycle.state import Board, Snapshot, State
from station.devices.protocols import View
from station.documents import canonical
from station.errors import CalibrationError, InputError
from station.genealogy.calibrations import accept, history
from station.genealogy.home import default_home
from station.genealogy.inspection import Inspection, StationRecord
from station.genealogy.shift_checks import CheckState, CheckStatus, check_status, record_check
from station.genealogy.store import Genealogy
from station.genealogy.values import utc_text
from station.metrology.calibration import Calibration
from station.metrology.uncertainty import Conditions
from station.order.read import read_order
from station.plan.compile import compile_marks, compile_plan
from station.plan.plan import Plan
from station.plan.predict import Prediction, predict

DEFAULT_RIG = Path(__file__).resolve().parent.parent / "hw" / "twin.toml"
TWIN_CALIBRATION_VALID = timedelta(days=365)
TWIN = "twin"  # who accepts what the twin made by itself
MAIN_CAMERA = "main"
Warn = Callable[[str], None]


def now() -> datetime:
    """The one clock of the program."""
    return datetime.now(UTC)


def station_record(rig: str, *, simulated: bool) -> StationRecord:
    """How this station calls itself in records; STATION_ID overrides the machine's name."""
    return StationRecord(
        id=os.environ.get("STATION_ID") or socket.gethostname() or "station",
        software=__version__,
        rig=rig,
        simulated=simulated,
    )


def operator_name() -> str:
    """Who is logged in; empty where the system does not know."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def open_record(*, read_only: bool = False) -> Genealogy:
    """The record of STATION_HOME."""
    return Genealogy.open(default_home(), read_only=read_only)


def plan_order(
    order_path: Path, calibration_path: Path | None, warn: Warn = lambda _: None
) -> tuple[Plan, tuple[Prediction, ...], str]:
    """The plan of an order, what it predicts for each characteristic, and the order's id.

    Raises:
        InputError: the order, or no calibration where one is needed.
    """
    order = read_order(order_path)
    if not order.geometry.features:
        plan = compile_marks(order)
        return plan, (Prediction(None),) * len(plan.items), order.order_id
    calibration = _calibration_for_pictures(calibration_path, warn)
    if calibration is None:
        raise CalibrationError(
            "there is no calibration to plan with: give one with --calibration, or accept one for this station"
        )
    plan = compile_plan(order, calibration[0])
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
            status = check_status(genealogy, MAIN_CAMERA, now())
        if found is not None and status.state is CheckState.FAILED:
            raise CalibrationError(f"the station is locked. {status.sentence}", place=found[0].id)
    if found is not None and (warning := found[0].expiry_warning(now())):
        warn(warning)
    return found


def inspect_files(
    order_path: Path,
    images: Sequence[tuple[str, Path]],
    calibration_path: Path | None,
    *,
    temperature_c: float | None,
    operator: str | None,
    warn: Warn = lambda _: None,
) -> Committed:
    """Inspect from picture files: no rig. The record is committed when this returns.

    Raises:
        InputError: nothing was recorded.
        RecordError: nothing could be recorded.
    """
    started = now()
    order = read_order(order_path)
    pictures: list[TakenPicture] = []
    for view, path in images:
        if any(p.view == view for p in pictures):
            raise InputError(f"the view {view} is given twice", place="--image")
        pictures.append(read_picture(path, view))
    calibration = _calibration_for_pictures(calibration_path, warn) if order.geometry.features else None
    instrument = Instrument(
        calibration[0] if calibration else None,
        calibration[1] if calibration else None,
        station_record("files", simulated=False),
    )
    with open_record() as genealogy:
        return inspect_pictures(
            order,
            instrument,
            pictures,
            genealogy,
            conditions=Conditions(temperature_c),
            operator=operator_name() if operator is None else operator,
            clock=now,
            started=started,
        )


def propose_calibration(path: Path, *, camera: str) -> Proposal:
    """What accepting a calibration would change.

    Raises:
        CalibrationError: it is tampered with or expired.
    """
    if not default_home().database.exists():
        return propose(None, path, camera=camera, now=now())
    with open_record(read_only=True) as genealogy:
        return propose(genealogy, path, camera=camera, now=now())


def accept_calibration(proposal: Proposal, *, by: str, remark: str) -> None:
    """Make a calibration the active one of its camera."""
    with open_record() as genealogy:
        accept_proposal(genealogy, proposal, by=by, remark=remark, now=now())


def roll_back_calibration(wanted: str | None, *, camera: str, by: str, reason: str) -> Calibration:
    """Put an earlier accepted calibration in force again.

    Raises:
        CalibrationError: there is none such, or it is expired.
    """
    if not default_home().database.exists():
        raise CalibrationError("no calibration was ever accepted at this station: there is nothing to go back to")
    with open_record() as genealogy:
        return go_back(genealogy, wanted, camera=camera, by=by, reason=reason, now=now())


def calibration_history(camera: str | None) -> tuple[tuple[Lived, ...], dict[str, CheckStatus]]:
    """Every acceptance and rollback, newest first, and the shift check of each camera."""
    if not default_home().database.exists():
        return (), {}
    with open_record(read_only=True) as genealogy:
        found = lives(genealogy, camera, now())
        cameras = dict.fromkeys(one.event.camera for one in found)
        return found, {name: check_status(genealogy, name, now()) for name in cameras}


def try_check(
    masters: Sequence[CheckedMaster], calibration: Path, temperature_c: float | None, *, by: str
) -> dict[str, Any]:
    """A shift check with a calibration that need not be accepted; nothing is recorded. Raises: InputError."""
    instrument = Instrument(*load_calibration(calibration), station_record("files", simulated=False))
    moment = now()
    result = check_masters(masters, instrument, temperature_c=temperature_c, now=moment)
    return check_payload(result, instrument, by=by, now=moment, valid_for=timedelta(0))


def check_and_record(
    masters: Sequence[CheckedMaster], camera: str, temperature_c: float | None, *, by: str, valid_for: timedelta
) -> dict[str, Any]:
    """A shift check with the calibration in force; the result is committed, and a failed one locks.

    Raises:
        InputError: nothing was recorded.
        RecordError: nothing could be recorded.
    """
    if not timedelta(0) < valid_for <= MOST_VALID:
        raise InputError(f"a check counts for more than 0 and at most {MOST_VALID.days} days", place="--valid-hours")
    if not default_home().database.exists():
        raise CalibrationError("no calibration was ever accepted at this station: there is nothing to check")
    with open_record() as genealogy:
        found = active_calibration(genealogy, camera)
        if found is None:
            raise CalibrationError(f"no calibration is in force for the camera {camera}: there is nothing to check")
        instrument = Instrument(*found, station_record("files", simulated=False))
        moment = now()
        result = check_masters(masters, instrument, temperature_c=temperature_c, now=moment)
        payload = check_payload(result, instrument, by=by, now=moment, valid_for=valid_for)
        pictures = [(one.picture.data, one.picture.suffix) for one in masters]
        identifier = record_check(genealogy, camera, payload, pictures, at=moment)
    return {"id": identifier, "camera": camera, "at": utc_text(moment), **payload}


def serials_of(folder: Path) -> dict[str, Path]:
    """Serial -> order file for every order in a folder.

    Raises:
        InputError: no folder, no orders, or two orders for one serial.
    """
    if not folder.is_dir():
        raise InputError("there is no such folder of orders", place=str(folder))
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            order = read_order(path)
        except InputError as error:
            raise InputError(str(error), place=path.name) from error
        if order.part.serial in found:
            raise InputError(f"two orders are for the part {order.part.serial}", place=str(path))
        found[order.part.serial] = path
    if not found:
        raise InputError("there are no orders (*.json) in this folder", place=str(folder))
    return found


def run_twin(
    rig_file: Path,
    orders: Path | None,
    *,
    once: bool,
    serve: tuple[str, int] | None,
    pace_s: float,
    say: Callable[[str], None],
    done: Callable[[Inspection], None],
    stop: threading.Event,
) -> None:
    """Run the simulated cell: its own calibration first, then every order; with `serve`, the live page beside it.

    Raises:
        InputError: the rig's file, the orders, or the port.
    """
    from station.twin.bench import Workpiece, workpiece_of_case, workpiece_of_order
    from station.twin.demo import write_demo
    from station.twin.rig import TwinRig
    from station.twin.rig_file import read_twin

    facts = read_twin(rig_file)
    with tempfile.TemporaryDirectory(prefix="station-") as scratch, open_record() as genealogy:
        workpieces: list[Workpiece]
        if orders is None:
            folder = Path(scratch) / "orders"
            workpieces = [workpiece_of_case(case, folder) for case in write_demo(folder)]
            serials = {w.serial: w.order_file for w in workpieces if w.order_file is not None}
        else:
            serials = serials_of(orders)
            workpieces = [workpiece_of_order(read_order(path), path) for path in serials.values()]
        camera = f"{facts.camera.model} {facts.camera.serial}"
        found = active_calibration(genealogy, camera)
        # What a person accepted expires and locks; what the twin made by itself it makes anew.
        own = found is not None and history(genealogy, camera, limit=1)[0].by == TWIN
        if found is None or (own and not found[0].valid_at(now())):
            say("Calibrating the simulated camera on nine pictures of certified masters …")
            found = _calibrate_twin(rig_file, Path(scratch), genealogy, camera)
        rig = TwinRig(facts, workpieces)
        instrument = Instrument(*found, station_record(facts.name, simulated=True))
        watch = Watch(genealogy, camera, instrument.station, now, ShiftCheck(facts.shift_check))
        first = Snapshot(
            state=State.START,
            station_id=instrument.station.id,
            rig=facts.name,
            simulated=True,
            queue=queue_of(serials),
        )
        board = Board(first)
        cell = Cell(
            rig,
            genealogy,
            instrument,
            serials,
            board,
            facts.camera.exposure_us,
            operator_name(),
            now,
            pace_s,
            watch,
            patient=not once,
        )
        page = _start_page(board, genealogy, serve, stop, say)
        try:
            ready = watch()
            if said := ready.warning or ("" if once else ready.locked):
                say(said)
            cell.run(stop, done)
            if once and board.latest().state is State.LOCKED:
                raise CalibrationError(board.latest().message, place=camera)
            if not once:
                board.publish(message="All orders are done.")
                stop.wait()
        finally:
            stop.set()
            if page is not None:
                page.join(timeout=5.0)


def _start_page(
    board: Board, genealogy: Genealogy, serve: tuple[str, int] | None, stop: threading.Event, say: Callable[[str], None]
) -> threading.Thread | None:
    if serve is None:
        return None
    from station.hmi.app import create_app
    from station.hmi.server import listen
    from station.hmi.server import serve as serve_pages

    host, port = serve
    listener = listen(host, port)
    application = create_app(board, genealogy, stop=stop)
    page = threading.Thread(
        target=serve_pages,
        args=(application, host, port, stop),
        kwargs={"listener": listener},
        name="pages",
        daemon=True,
    )
    page.start()
    say(f"The station's page: http://{host}:{listener.getsockname()[1]}/ (Ctrl-C stops the station)")
    return page


def _calibrate_twin(rig_file: Path, scratch: Path, genealogy: Genealogy, camera: str) -> tuple[Calibration, bytes]:
    """The twin is calibrated as a real rig is: pictures of certified masters through the ordinary calibration."""
    from station.twin.masters import write_twin_masters
    from station.twin.rig_file import read_twin

    facts = read_twin(rig_file)
    lamp = facts.lamp(View.BACKLIGHT)
    if lamp is None:
        raise InputError("the twin has no backlight to calibrate with", place=str(rig_file))
    folder = scratch / "masters"
    order = write_twin_masters(folder, facts.optics, lamp, np.random.default_rng(facts.seed))
    made = now()
    calibration = calibrate_from_masters(
        read_order(order),
        read_certificates(folder / "MASTERS.csv"),
        camera=None,
        made=made,
        valid_for=TWIN_CALIBRATION_VALID,
        identity=f"twin-{made:%Y%m%dT%H%M%S}",
    )
    data = canonical(calibration.to_document())
    accept(genealogy, data, at=made, by=TWIN, camera=camera, remark="made by the twin on its first start")
    return calibration, data


def check_writable(path: Path) -> None:
    """Refuse a result's file before any work is done for it.

    Raises:
        InputError: its folder is not there, or it cannot be written.
    """
    folder = path.parent
    if path.is_dir() or not folder.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise InputError("this file cannot be written", place=str(path))


def write_json(path: Path, document: object) -> None:
    """A document for people and programs: indented JSON.

    Raises:
        InputError: it cannot be written.
    """
    try:
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"the file cannot be written ({error.strerror})", place=str(path)) from error


def valid_for_days(days: float) -> timedelta:
    """How long a calibration is to be valid. Raises: InputError when that is no sensible number of days."""
    if not 0.0 < days <= 3650.0:
        raise InputError(f"{days:g} days is no time to be valid for (more than 0, at most 3650)", place="--valid-days")
    return timedelta(days=days)
