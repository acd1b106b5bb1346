"""The cell's cycle: one part after the other, read as one page.

scan -> order -> plan -> **capture** -> measure -> **commit the record** -> *then* move the gate, light the tower,
publish. Whatever goes wrong on the way, the gate holds: it opens at one place only, after a committed PASS. What
nobody at the gate waits for is done beside it: the plan and the next order while the camera works, the picture for
people afterwards.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from station.background import Beside, finished, in_background
from station.cycle.ahead import Ahead, Prepared, plan_of
from station.cycle.books import Books
from station.cycle.capture import Shooting, capture_views
from station.cycle.examine import check_lamp, needed_views
from station.cycle.fault import Acknowledgement, Standstill
from station.cycle.inspect import Clock, Committed, Instrument, add_overlay, check_fit, inspect_pictures
from station.cycle.jidoka import Jidoka, Streak
from station.cycle.readiness import Readiness
from station.cycle.state import Board, Progress
from station.cycle.stopwatch import Stopwatch
from station.cycle.transitions import Event, State
from station.devices.protocols import PresentedPart, Rig, TowerSign, View
from station.errors import (
    CaptureError,
    DeviceError,
    InterlockError,
    LineStoppedError,
    LostDeviceError,
    OrderError,
    RecordError,
    StationError,
)
from station.genealogy.inspection import Inspection
from station.genealogy.store import Genealogy
from station.metrology.calibration import Calibration
from station.metrology.uncertainty import Conditions
from station.order.model import Order
from station.order.read import read_order

RECHECK_S = 1.0  # somebody may accept a calibration, check the masters or mend a device at any time
ATTEMPTS = 3  # of one part, where a frame must not be trusted; each is recorded
CLOCK_STEP_S = 2.0  # a wall clock that goes otherwise than time does by more than this was set
SIGNS = {
    "PASS": TowerSign.PASS,
    "FAIL": TowerSign.FAIL,
    "UNDECIDED": TowerSign.UNDECIDED,
    "ERROR": TowerSign.ERROR,
}


@dataclass(frozen=True, slots=True)
class _Attempted:
    """What came of a part: the inspection that stands, what must be mended, the sentence for the operator, and what
    can be drawn."""

    inspection: Inspection | None
    trouble: DeviceError | None = None
    sentence: str = ""
    committed: Committed | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """Everything one cell works with. `orders` maps a serial to its order file; `pace_s` is how long a result is
    shown. `watch` says before every part whether the station may measure and with what (None: always, with
    `instrument`); a `patient` cell waits until it may, and until what fails is mended; another one stops. `jidoka` is
    when a line without people stops (None: there are people). `acknowledged` is given by a person who has looked at a
    fault; `alive` is called every turn, by the cycle's own thread; `timed` gets the seconds of each cycle by phase.
    `beside` draws for people while the next part comes, whose order is read `ahead`.
    """

    rig: Rig
    genealogy: Genealogy
    instrument: Instrument
    orders: Mapping[str, Path]
    board: Board
    shooting: Shooting
    operator: str
    clock: Clock
    pace_s: float = 0.0
    watch: Callable[[], Readiness] | None = None
    patient: bool = True
    jidoka: Jidoka | None = None
    acknowledged: Acknowledgement = field(default_factory=Acknowledgement)
    alive: Callable[[], None] = lambda: None
    timed: Callable[[dict[str, float]], None] = lambda _: None
    steady_clock: Callable[[], float] = time.monotonic
    recheck_s: float = RECHECK_S
    beside: Beside = field(default_factory=Beside)
    ahead: Ahead = field(default_factory=Ahead)

    @property
    def _books(self) -> Books:
        return Books(self.genealogy, self.board, self.instrument.station, self.operator, self.clock)

    def run(self, stop: threading.Event, done: Callable[[Inspection], None] = lambda _: None) -> None:
        """Inspect every part the feeder presents, until none will come any more or `stop` is set."""
        try:
            self._run(stop, done)
        finally:
            # However it ended: nothing stays open, nothing stays lit.
            for at_last in (self.rig.gate.hold, self.rig.light.turn_off, self.beside.wait):
                with suppress(Exception):  # a bug in one must not keep the others from being done
                    at_last()

    def _run(self, stop: threading.Event, done: Callable[[Inspection], None]) -> None:
        streak, trouble = Streak(self.jidoka), self._begin()
        clock_offset_s = self._clock_offset_s()
        self._look_ahead()
        while trouble is None or self._mended(trouble, stop):
            trouble = None
            watch = Stopwatch(self.steady_clock)
            cell = self._ready(stop, watch)
            if cell is None:
                break
            looked_s = self.steady_clock()
            try:
                part = self.rig.feeder.present(self.recheck_s)
                if part is None:
                    if self.rig.feeder.is_finished():
                        self.board.happens(Event.FINISH)
                        break
                    continue
                if self.steady_clock() - looked_s > self.recheck_s:  # the part took its time to come
                    cell = self._ready(stop, watch)
                    if cell is None:
                        break
                clock_offset_s = self._watch_clock(clock_offset_s)
                inspection, trouble = cell.inspect(part, watch)
                if inspection is not None:
                    done(inspection)
                if trouble is None and (why := streak.add(inspection)):
                    trouble = LineStoppedError(f"{why} {self.board.latest().message}".rstrip())
                    streak.begin_anew()
                if trouble is None:
                    self._let_go(part)
            except DeviceError as error:
                trouble = error
            if trouble is None:
                stop.wait(self.pace_s)

    def _begin(self) -> DeviceError | None:
        """Outputs safe; what lies in the rig since who knows when is held. What is wrong with the rig, if anything."""
        try:
            self.rig.recover()
            self._let_go_held()
        except DeviceError as error:
            return error
        if self.board.latest().state is State.FAULT:
            self.board.happens(Event.MEND, message="")
        return None

    def _let_go(self, part: PresentedPart) -> None:
        try:
            self.rig.feeder.clear()
            self.rig.gate.hold()
        except DeviceError as error:
            self._books.note("part-held", part.serial, str(error))
            raise

    def _let_go_held(self) -> None:
        self.rig.gate.hold()
        self.rig.feeder.clear()

    def _look_ahead(self) -> None:
        """Which order comes next is mostly known, and the camera leaves time; where another one comes, nothing is
        lost."""
        waiting = (q.serial for q in self.board.latest().queue if q.progress is Progress.WAITING)
        path = next((self.orders[serial] for serial in waiting if serial in self.orders), None)
        if path is not None:
            self.ahead.begin(path, self.instrument.calibration)

    def _ready(self, stop: threading.Event, watch: Stopwatch) -> Cell | None:
        """This cell with the calibration in force as soon as nothing locks it; None when it has to stop."""
        while not stop.is_set():
            self.alive()
            with watch("ready"):
                found = None if self.watch is None else self.watch()
            state = self.board.latest().state
            if found is None or not found.locked:
                if state in (State.START, State.LOCKED, State.IDLE):
                    self.board.happens(Event.UNLOCK, message="")
                    self._show(TowerSign.READY)
                if found is None:
                    return self
                if found.warning != self.board.latest().warning:
                    self.board.publish(warning=found.warning)
                return replace(self, instrument=found.instrument)
            if state is not State.LOCKED or self.board.latest().message != found.locked:
                self._stand()
                self.board.happens(Event.LOCK, message=found.locked)
            if not self.patient:
                return None
            stop.wait(self.recheck_s)
        return None

    def _mended(self, trouble: DeviceError, stop: threading.Event) -> bool:
        """Shows what is wrong until the rig is well again, and where a person has to look until one did."""
        self._stand()
        self._books.note_station("stopped", str(trouble))
        stand = Standstill(self.board, self.acknowledged)
        stand.caused_by(trouble)
        while self.patient and not stop.wait(self.recheck_s):
            self.alive()
            try:
                with suppress(LostDeviceError):  # what tells of the door may hang on what was lost
                    self._check_interlock()
                self.rig.recover()
                self._check_interlock()
                if not stand.may_go_on():
                    self._stand()  # said again: what was opened anew does not know
                    continue
                if way := self.acknowledged.way:
                    more = {"way": way, "operator": self.operator}
                    self._books.note_station("fault-acknowledged", stand.sentence, **more)
                self._let_go_held()
            except DeviceError as error:
                stand.caused_by(error)
                continue
            stand.ended()
            return True
        return False

    def inspect(self, part: PresentedPart, watch: Stopwatch) -> tuple[Inspection | None, DeviceError | None]:
        """One part, from scan to gate. The committed inspection, None when not even an error could be recorded; and
        what has to be mended before the part may leave, None where nothing."""
        self._books.begun(part.serial)
        attempted = self._inspected(part, watch)
        inspection, trouble, sentence = attempted.inspection, attempted.trouble, attempted.sentence
        if inspection is not None and inspection.verdict != "ERROR" and trouble is None:
            with watch("act"):
                trouble = self._act(part, inspection)
            sentence = inspection.reason
            if trouble is not None:
                sentence = f"{trouble}: the part was measured {inspection.verdict} but is held."
        else:
            self._safe()
        self._books.done(part.serial, inspection, sentence)
        if (committed := attempted.committed) is not None:
            with watch("overlay"):
                self.beside.do(lambda: self._draw(committed), "overlay")
        self.timed(watch.seconds)
        return inspection, trouble

    def _draw(self, committed: Committed) -> None:
        """The picture for people. Whatever happens here, the part was decided and the record of it stands."""
        try:
            if add_overlay(committed, self.genealogy, self.clock) is not None:
                self.board.publish()  # what shows the part looks again
        except Exception as error:
            self._books.note("overlay-missing", committed.inspection.id, f"{type(error).__name__}: {error}")

    def _inspected(self, part: PresentedPart, watch: Stopwatch) -> _Attempted:
        """As often as it takes."""
        order, prepared = None, None
        for attempt in range(1, ATTEMPTS + 1):
            began = self.clock()
            steady = replace(self, clock=self._steady_from(began))
            try:
                with watch("order"):
                    if order is None:
                        order, prepared = self._order_of(part)
                    self.rig.gate.hold()
                    self.rig.tower.show(TowerSign.BUSY)
                committed = steady._measured(order, prepared, began, watch)
                return _Attempted(committed.inspection, committed=committed)
            except RecordError as error:
                return _Attempted(None, sentence=str(error))
            except CaptureError as error:
                recorded = steady._books.error(order, part.serial, str(error), began)
                if recorded is None or attempt == ATTEMPTS:
                    return _Attempted(recorded, sentence=str(error))
            except StationError as error:
                recorded = steady._books.error(order, part.serial, str(error), began)
                return _Attempted(recorded, error if isinstance(error, DeviceError) else None, str(error))
            except Exception as error:  # a bug must not let a part through, and must leave a trace
                sentence = f"the station failed inside ({type(error).__name__}: {error})"
                return _Attempted(steady._books.error(order, part.serial, sentence, began), sentence=sentence)
        raise AssertionError("an attempt ends in a return")

    def _steady_from(self, began: datetime) -> Clock:
        """A clock that goes on from `began` as time does: the wall clock may be set while a part is measured."""
        began_s = self.steady_clock()
        return lambda: began + timedelta(seconds=self.steady_clock() - began_s)

    def _order_of(self, part: PresentedPart) -> tuple[Order, Prepared | None]:
        path = part.order_file or self.orders.get(part.serial)
        if path is None:
            raise OrderError(f"there is no order for the part {part.serial}")
        prepared = self.ahead.take(path)
        order = prepared.order if prepared is not None else read_order(path)
        if order.part.serial != part.serial:
            raise OrderError(f"the part is {part.serial}, its order is for {order.part.serial}", place=path.name)
        return order, prepared

    def _measured(self, order: Order, prepared: Prepared | None, started: datetime, watch: Stopwatch) -> Committed:
        with watch("order"):
            calibration = self._calibration_for(order, started)
            if prepared is not None and prepared.calibration is calibration:
                planning = finished(prepared.plan)
            else:
                planning = in_background(lambda: plan_of(order, calibration), "plan")
            self._check_interlock()
        self._look_ahead()
        lamps = [str(view) for view in View if view in self.rig.light.views]
        views, how = [View(view) for view in needed_views(order, lamps)], self.shooting
        pictures = capture_views(
            self.rig.camera, self.rig.light, views, how.exposure_us, frames=how.frames, settle=how.settles,
            watch=how.looks_again, phase=watch,
        )  # fmt: skip
        with watch("order"):
            plan = planning.result()
            temperature = None if self.rig.thermometer is None else self.rig.thermometer.temperature_c()
            # A door that was open meanwhile let light in, or a hand.
            self._check_interlock()
        return inspect_pictures(
            order,
            self.instrument,
            pictures,
            self.genealogy,
            conditions=Conditions(temperature),
            operator=self.operator,
            clock=self.clock,
            plan=plan,
            started=started,
            check=check_lamp,
            watch=watch,
        )

    def _calibration_for(self, order: Order, now: datetime) -> Calibration | None:
        check_fit(self.instrument, order, [], now)
        return self.instrument.calibration if order.geometry.features else None

    def _check_interlock(self) -> None:
        if self.rig.interlock is not None and (why := self.rig.interlock.stopped_by()):
            raise InterlockError(f"{why[0].upper()}{why[1:]}")

    def _act(self, part: PresentedPart, inspection: Inspection) -> DeviceError | None:
        """The record is committed: now, and only now, the outside may see it. What kept the part from leaving."""
        try:
            if inspection.verdict == "PASS":
                self._check_interlock()
                self.rig.gate.let_through()
            self.rig.tower.show(SIGNS[inspection.verdict])
        except DeviceError as error:
            # The record stands; the part stays, and the record says so.
            self._books.note("part-held", part.serial, str(error))
            self._safe()
            return error
        return None

    def _hold(self) -> None:
        with suppress(DeviceError):  # a dead output is already safe: the gate falls to hold by itself
            self.rig.gate.hold()

    def _show(self, sign: TowerSign) -> None:
        with suppress(DeviceError):  # a dark tower stops nothing; what matters is on the page too
            self.rig.tower.show(sign)

    def _stand(self) -> None:
        """Outputs safe, and nobody brings a part."""
        self._safe()
        with suppress(DeviceError):
            self.rig.feeder.halt()

    def _safe(self) -> None:
        self._hold()
        self._show(TowerSign.ERROR)

    def _clock_offset_s(self) -> float:
        return self.clock().timestamp() - self.steady_clock()

    def _watch_clock(self, before_s: float) -> float:
        """A wall clock that was set is in the record: the times around it are not comparable."""
        now_s = self._clock_offset_s()
        if abs(now_s - before_s) > CLOCK_STEP_S:
            self._books.note_station("clock-set", f"the clock was set by {now_s - before_s:+.1f} s")
        return now_s
