"""A cell at work: its rig, the record, what may lock it, the live page beside it; until it is done or told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from station.app import here
from station.app.beside import Beside, join
from station.app.here import operator_name
from station.app.services import Services
from station.app.warming import warm_up
from station.cycle.averaging import depth_of_mean
from station.cycle.capture import Shooting
from station.cycle.cell import Cell
from station.cycle.fault import Acknowledgement, Way
from station.cycle.inspect import Instrument
from station.cycle.jidoka import Jidoka
from station.cycle.queue import queue_of
from station.cycle.readiness import Watch
from station.cycle.state import Board, Snapshot
from station.cycle.transitions import State
from station.devices.protocols import Button, Rig
from station.devices.shift_check import ShiftCheck
from station.errors import CalibrationError, DeviceError, InputError
from station.genealogy.inspection import Inspection
from station.genealogy.store import Genealogy
from station.notify import Notifier
from station.order.folder import OrderFolder

LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Running:
    """How a cell is run: `once` to the end of its orders and no longer; `serve` is the address of the live page (None:
    no page); `acknowledged` takes a person's word that he has looked at a fault; `timed` gets each cycle's seconds by
    phase; `notifier` tells the service manager how it goes; `services` are what runs beside it."""

    once: bool
    serve: tuple[str, int] | None
    pace_s: float
    say: Callable[[str], None]
    done: Callable[[Inspection], None]
    stop: threading.Event
    acknowledged: Acknowledgement
    timed: Callable[[dict[str, float]], None] = lambda _: None
    notifier: Notifier = field(default_factory=Notifier)
    services: Services = field(default_factory=Services)


def run_cell(
    rig: Rig,
    genealogy: Genealogy,
    instrument: Instrument,
    orders: OrderFolder,
    camera: str,
    shooting: Shooting,
    shift_check: ShiftCheck,
    how: Running,
    *,
    jidoka: Jidoka | None = None,
    button: Callable[[], Button | None] = lambda: None,
) -> None:
    """Runs the cell; `button` is the start button, with which a person also says that a fault was looked at.

    Raises:
        CalibrationError: it is locked, and is to run only once.
        DeviceError: it stands, and is to run only once.
        InputError: the port of the page.
    """
    services = how.services
    watch = Watch(genealogy, camera, instrument.station, here.now, shift_check, services.disk, instrument.models)
    board = Board(
        Snapshot(
            station_id=instrument.station.id,
            rig=rig.name,
            simulated=rig.simulated,
            queue=queue_of(orders.listed),
        )
    )
    notifier = how.notifier

    look = _Looks(orders, board, how.say)

    def alive() -> None:
        notifier.alive()
        look()
        # A press while nothing stands is for the feeder. A button that is lost is opened anew with what it hangs on.
        with suppress(DeviceError):
            if board.latest().state is State.FAULT and (start := button()) is not None and start.wait(0.0):
                how.acknowledged.give(Way.BUTTON)

    cell = Cell(
        rig, genealogy, instrument, orders, board, shooting, operator_name(), here.now, how.pace_s, watch,
        patient=not how.once, jidoka=jidoka, acknowledged=how.acknowledged, alive=alive, timed=how.timed,
    )  # fmt: skip
    beside = Beside(services, board, genealogy, camera, how.stop, how.say)
    at_work = () if how.once else beside.start(how.serve, how.acknowledged)
    try:
        ready = watch()
        if said := ready.warning or ("" if how.once else ready.locked):
            how.say(said)
        # Compiling can take longer than the watchdog waits: a service that still starts is not watched.
        warm_up(depth_of_mean(rig.camera.facts().bit_depth, shooting.frames))
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
        join(at_work)


class _Looks:
    """Looks into the folder of orders, once a second: what came is in the queue."""

    def __init__(self, orders: OrderFolder, board: Board, say: Callable[[str], None]) -> None:
        self._orders, self._board, self._say = orders, board, say
        self._next_s, self._said = 0.0, ""

    def __call__(self) -> None:
        if time.monotonic() < self._next_s:
            return
        try:
            if self._orders.look():
                self._board.publish(queue=queue_of(self._orders.listed, self._board.latest().queue))
            self._said = ""
        except InputError as error:  # what was listed last goes on
            if str(error) != self._said:
                self._say(str(error))
            self._said = str(error)
        self._next_s = time.monotonic() + LOOK_S
