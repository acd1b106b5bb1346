"""A cell at work: its rig, the record, what may lock it, the live page beside it; until it is done or told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from station.app import here
from station.app.here import operator_name
from station.app.looks import Looks
from station.app.warming import warm_up
from station.cycle.cell import Cell, queue_of
from station.cycle.inspect import Instrument
from station.cycle.jidoka import Jidoka
from station.cycle.readiness import ShiftCheck, Watch
from station.cycle.state import Board, Snapshot
from station.cycle.transitions import State
from station.devices.protocols import Button, Rig
from station.errors import CalibrationError, DeviceError
from station.genealogy.inspection import Inspection
from station.genealogy.store import Genealogy
from station.notify import Notifier


@dataclass(frozen=True, slots=True)
class Running:
    """How a cell is run: `once` to the end of its orders and no longer; `serve` is the address of the live page (None:
    no page); `acknowledged` is set when a person has looked at a fault; `timed` gets each cycle's seconds by phase."""

    once: bool
    serve: tuple[str, int] | None
    pace_s: float
    say: Callable[[str], None]
    done: Callable[[Inspection], None]
    stop: threading.Event
    acknowledged: threading.Event
    timed: Callable[[dict[str, float]], None] = lambda _: None


def run_cell(
    rig: Rig,
    genealogy: Genealogy,
    instrument: Instrument,
    orders: Mapping[str, Path],
    camera: str,
    exposure_us: float,
    shift_check: ShiftCheck,
    how: Running,
    *,
    jidoka: Jidoka | None = None,
    button: Callable[[], Button | None] = lambda: None,
    looks_again: bool = True,
    frames: int = 1,
) -> None:
    """Runs the cell; `button` is the start button, with which a person also says that a fault was looked at;
    `looks_again` and `frames` as the cell's.

    Raises:
        CalibrationError: it is locked, and is to run only once.
        DeviceError: it stands, and is to run only once.
        InputError: the port of the page.
    """
    watch = Watch(genealogy, camera, instrument.station, here.now, shift_check)
    board = Board(
        Snapshot(
            station_id=instrument.station.id,
            rig=rig.name,
            simulated=rig.simulated,
            queue=queue_of(orders),
        )
    )
    notifier = Notifier.from_environment()

    looks = Looks(board, button, how.acknowledged)

    def alive() -> None:
        notifier.alive()
        looks.look()

    cell = Cell(
        rig, genealogy, instrument, orders, board, exposure_us, operator_name(), here.now, how.pace_s, watch,
        patient=not how.once, jidoka=jidoka, acknowledged=how.acknowledged, alive=alive, timed=how.timed,
        looks_again=looks_again, frames=frames,
    )  # fmt: skip
    page = _start_page(board, genealogy, how)
    try:
        ready = watch()
        if said := ready.warning or ("" if how.once else ready.locked):
            how.say(said)
        # Compiling can take longer than the watchdog waits: a service that still starts is not watched.
        warm_up()
        notifier.ready(f"{rig.name}: running")
        cell.run(how.stop, how.done)
        last = board.latest()
        if how.once and last.state is State.LOCKED:
            raise CalibrationError(last.message, place=camera)
        if how.once and last.state is State.FAULT:
            raise DeviceError(last.message, place=rig.name)
        if not how.once:
            board.publish(message="All orders are done.")
            while not how.stop.wait(1.0):
                notifier.alive()
    finally:
        notifier.stopping()
        how.stop.set()
        if page is not None:
            page.join(timeout=5.0)


def _start_page(board: Board, genealogy: Genealogy, how: Running) -> threading.Thread | None:
    if how.serve is None:
        return None
    from station.hmi.app import create_app
    from station.hmi.server import listen
    from station.hmi.server import serve as serve_pages

    host, port = how.serve
    listener = listen(host, port)
    application = create_app(board, genealogy, stop=how.stop)
    page = threading.Thread(
        target=serve_pages,
        args=(application, host, port, how.stop),
        kwargs={"listener": listener},
        name="pages",
        daemon=True,
    )
    page.start()
    how.say(f"The station's page: http://{host}:{listener.getsockname()[1]}/ (Ctrl-C stops the station)")
    return page
