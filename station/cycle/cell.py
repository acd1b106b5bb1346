"""The cell's cycle: one part after the other, read as one page.

scan -> order -> plan -> **capture** -> measure -> **commit the record** -> *then* move the gate, light the tower,
publish. Whatever goes wrong on the way, the gate holds: it opens at one place only, after a committed PASS.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from station.cycle.capture import capture_views
from station.cycle.examine import needed_views
from station.cycle.inspect import Clock, Committed, Instrument, check_fit, inspect_pictures
from station.cycle.jidoka import Jidoka, Streak
from station.cycle.readiness import Readiness
from station.cycle.record import error_inspection
from station.cycle.state import Board, Progress, QueueEntry
from station.cycle.stopwatch import Stopwatch
from station.cycle.transitions import Event, State
from station.devices.protocols import PresentedPart, Rig, TowerSign, View
from station.errors import (
    CaptureError,
    DeviceError,
    InputError,
    LostDeviceError,
    OrderError,
    RecordError,
    StationError,
    StoppedError,
)
from station.genealogy.evidence import Evidence
from station.genealogy.inspection import Inspection
from station.genealogy.store import Genealogy
from station.metrology.calibration import Calibration
from station.metrology.uncertainty import Conditions
from station.order.model import Order
from station.order.read import read_order
from station.plan.compile import compile_marks, compile_plan

RECHECK_S = 1.0  # somebody may accept a calibration, check the masters or mend a device at any time
ATTEMPTS = 3  # of one part, where a frame must not be trusted; each is recorded
QUEUE_KEPT = 500  # parts on the board
CLOCK_STEP_S = 2.0  # a wall clock that goes otherwise than time does by more than this was set
SIGNS = {
    "PASS": TowerSign.PASS,
    "FAIL": TowerSign.FAIL,
    "UNDECIDED": TowerSign.UNDECIDED,
    "ERROR": TowerSign.ERROR,
}


@dataclass(frozen=True, slots=True)
class Cell:
    """Everything one cell works with. `orders` maps a serial to its order file; `pace_s` is how long a result is
    shown. `watch` says before every part whether the station may measure and with what (None: always, with
    `instrument`); a `patient` cell waits until it may, and until what fails is mended; another one stops. `jidoka` is
    when a line without people stops (None: there are people). `acknowledged` is set by a person who has looked at a
    fault; `alive` is called every turn, by the cycle's own thread; `timed` gets the seconds of each cycle by phase.
    Where it `looks_again`, a part of several views is seen once more in the end: whether it stayed where it was.
    Each picture is the mean of so many `frames`.
    """

    rig: Rig
    genealogy: Genealogy
    instrument: Instrument
    orders: Mapping[str, Path]
    board: Board
    exposure_us: float
    operator: str
    clock: Clock
    pace_s: float = 0.0
    watch: Callable[[], Readiness] | None = None
    patient: bool = True
    jidoka: Jidoka | None = None
    acknowledged: threading.Event = field(default_factory=threading.Event)
    alive: Callable[[], None] = lambda: None
    timed: Callable[[dict[str, float]], None] = lambda _: None
    steady_clock: Callable[[], float] = time.monotonic
    recheck_s: float = RECHECK_S
    looks_again: bool = True
    frames: int = 1

    def run(self, stop: threading.Event, done: Callable[[Inspection], None] = lambda _: None) -> None:
        """Inspect every part the feeder presents, until none will come any more or `stop` is set."""
        try:
            self._run(stop, done)
        finally:
            # However it ended: nothing stays open, nothing stays lit.
            self._hold()
            with suppress(DeviceError):
                self.rig.light.turn_off()

    def _run(self, stop: threading.Event, done: Callable[[Inspection], None]) -> None:
        streak, trouble = Streak(self.jidoka), self._begin()
        clock_offset_s = self._clock_offset_s()
        while trouble is None or self._mended(trouble, stop):
            trouble = None
            cell = self._ready(stop)
            if cell is None:
                break
            try:
                part = self.rig.feeder.present(self.recheck_s if self.patient else 0.0)
                if part is None:
                    if self.rig.feeder.is_finished():
                        self.board.happens(Event.FINISH)
                        break
                    continue
                # The part may have taken its time to come.
                cell = self._ready(stop)
                if cell is None:
                    break
                clock_offset_s = self._watch_clock(clock_offset_s)
                inspection, trouble = cell.inspect(part)
                if inspection is not None:
                    done(inspection)
                if trouble is None and (why := streak.add(inspection)):
                    trouble = StoppedError(f"{why} {self.board.latest().message}".rstrip())
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
            self._note("part-held", part.serial, str(error))
            raise

    def _let_go_held(self) -> None:
        self.rig.gate.hold()
        self.rig.feeder.clear()

    def _ready(self, stop: threading.Event) -> Cell | None:
        """This cell with the calibration in force as soon as nothing locks it; None when it has to stop."""
        while not stop.is_set():
            self.alive()
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
                self._hold()
                self.board.happens(Event.LOCK, message=found.locked)
                self._show(TowerSign.ERROR)
            if not self.patient:
                return None
            stop.wait(self.recheck_s)
        return None

    def _mended(self, trouble: DeviceError, stop: threading.Event) -> bool:
        """Shows what is wrong until the rig is well again, and where a person has to look until one did."""
        self.acknowledged.clear()
        sentence = str(trouble)
        self._safe()
        self.board.happens(Event.FAIL, message=sentence)
        asks = not isinstance(trouble, LostDeviceError)
        while self.patient and not stop.wait(self.recheck_s):
            self.alive()
            try:
                with suppress(LostDeviceError):  # what tells of the door may hang on what was lost
                    self._check_interlock()
                self.rig.recover()
                self._check_interlock()
                if asks and not self.acknowledged.is_set():
                    continue
                self._let_go_held()
            except DeviceError as error:
                asks = asks or not isinstance(error, LostDeviceError)
                if str(error) != sentence:
                    sentence = str(error)
                    self.board.happens(Event.FAIL, message=sentence)
                continue
            self.board.happens(Event.MEND, message="")
            return True
        return False

    def inspect(self, part: PresentedPart) -> tuple[Inspection | None, DeviceError | None]:
        """One part, from scan to gate. The committed inspection, None when not even an error could be recorded; and
        what has to be mended before the part may leave, None where nothing."""
        self._mark(part.serial, progress=Progress.MEASURING)
        self.board.happens(Event.PART, message="")
        watch = Stopwatch(self.steady_clock)
        inspection, trouble, sentence = self._inspected(part, watch)
        if inspection is not None and inspection.verdict != "ERROR" and trouble is None:
            with watch("act"):
                trouble = self._act(part, inspection)
            sentence = inspection.reason
            if trouble is not None:
                sentence = f"{trouble}: the part was measured {inspection.verdict} but is held."
        else:
            self._safe()
        self._done(part.serial, inspection, sentence)
        self.timed(watch.seconds)
        return inspection, trouble

    def _inspected(self, part: PresentedPart, watch: Stopwatch) -> tuple[Inspection | None, DeviceError | None, str]:
        """The inspection that stands, what must be mended, and the sentence for the operator."""
        order: Order | None = None
        for attempt in range(1, ATTEMPTS + 1):
            began = self.clock()
            steady = replace(self, clock=self._steady_from(began))
            try:
                with watch("order"):
                    order = order or self._order_of(part)
                    self.rig.gate.hold()
                    self.rig.tower.show(TowerSign.BUSY)
                return steady._measured(order, began, watch).inspection, None, ""
            except RecordError as error:
                return None, None, str(error)
            except CaptureError as error:
                recorded = steady._record_error(order, part, str(error), began)
                if recorded is None or attempt == ATTEMPTS:
                    return recorded, None, str(error)
            except StationError as error:
                recorded = steady._record_error(order, part, str(error), began)
                return recorded, error if isinstance(error, DeviceError) else None, str(error)
            except Exception as error:  # a bug must not let a part through, and must leave a trace
                sentence = f"the station failed inside ({type(error).__name__}: {error})"
                return steady._record_error(order, part, sentence, began), None, sentence
        raise AssertionError("an attempt ends in a return")

    def _steady_from(self, began: datetime) -> Clock:
        """A clock that goes on from `began` as time does: the wall clock may be set while a part is measured."""
        began_s = self.steady_clock()
        return lambda: began + timedelta(seconds=self.steady_clock() - began_s)

    def _order_of(self, part: PresentedPart) -> Order:
        path = part.order_file or self.orders.get(part.serial)
        if path is None:
            raise OrderError(f"there is no order for the part {part.serial}")
        order = read_order(path)
        if order.part.serial != part.serial:
            raise OrderError(f"the part is {part.serial}, its order is for {order.part.serial}", place=path.name)
        return order

    def _measured(self, order: Order, started: datetime, watch: Stopwatch) -> Committed:
        with watch("order"):
            calibration = self._calibration_for(order, started)
            plan = compile_plan(order, calibration) if calibration is not None else compile_marks(order)
        with watch("capture"):
            self._check_interlock()
            views = [View(view) for view in needed_views(plan, [str(v) for v in View])]
            pictures = capture_views(
                self.rig.camera, self.rig.light, views, self.exposure_us, frames=self.frames, watch=self.looks_again
            )
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
            watch=watch,
        )

    def _calibration_for(self, order: Order, now: datetime) -> Calibration | None:
        check_fit(self.instrument, order, [], now)
        return self.instrument.calibration if order.geometry.features else None

    def _check_interlock(self) -> None:
        if self.rig.interlock is not None and (why := self.rig.interlock.stopped_by()):
            raise StoppedError(f"{why[0].upper()}{why[1:]}")

    def _act(self, part: PresentedPart, inspection: Inspection) -> DeviceError | None:
        """The record is committed: now, and only now, the outside may see it. What kept the part from leaving."""
        try:
            if inspection.verdict == "PASS":
                self._check_interlock()
                self.rig.gate.let_through()
            self.rig.tower.show(SIGNS[inspection.verdict])
        except DeviceError as error:
            # The record stands; the part stays, and the record says so.
            self._note("part-held", part.serial, str(error))
            self._safe()
            return error
        return None

    def _hold(self) -> None:
        with suppress(DeviceError):  # a dead output is already safe: the gate falls to hold by itself
            self.rig.gate.hold()

    def _show(self, sign: TowerSign) -> None:
        with suppress(DeviceError):  # a dark tower stops nothing; what matters is on the page too
            self.rig.tower.show(sign)

    def _safe(self) -> None:
        self._hold()
        self._show(TowerSign.ERROR)

    def _clock_offset_s(self) -> float:
        return self.clock().timestamp() - self.steady_clock()

    def _watch_clock(self, before_s: float) -> float:
        """A wall clock that was set is in the record: the times around it are not comparable."""
        now_s = self._clock_offset_s()
        if abs(now_s - before_s) > CLOCK_STEP_S:
            self._note("clock-set", self.instrument.station.id, f"the clock was set by {now_s - before_s:+.1f} s")
        return now_s

    def _record_error(
        self, order: Order | None, part: PresentedPart, sentence: str, started: datetime
    ) -> Inspection | None:
        now = self.clock()
        try:
            if order is None:
                self._note("order-refused", part.serial, sentence)
                return None
            draft = error_inspection(
                order.order_id,
                order.part.serial,
                sentence,
                station=self.instrument.station,
                operator=self.operator,
                started=started,
                finished=now,
            )
            return self.genealogy.commit(draft, Evidence(order.document, order.drawing or None), committed=now)
        except RecordError:
            return None

    def _note(self, kind: str, subject: str, reason: str) -> None:
        """An event in the record; the part is held already, so a record that cannot take it changes nothing."""
        with suppress(RecordError):
            self.genealogy.add_event(kind, subject, {"reason": reason}, at=self.clock())

    def _mark(self, serial: str, **changes: object) -> QueueEntry:
        queue = self.board.latest().queue
        entry = next((q for q in queue if q.serial == serial), QueueEntry("", serial, ""))
        changed = replace(entry, **changes)  # type: ignore[arg-type]  # names and types are those of QueueEntry
        known = any(q.serial == serial for q in queue)
        if not known and len(queue) >= QUEUE_KEPT:
            # A line that runs for days has no end of parts: the record has them all, the page the last ones.
            oldest = next((q for q in queue if q.progress is Progress.DONE), None)
            queue = tuple(q for q in queue if q is not oldest)
        self.board.publish(
            queue=tuple(changed if q.serial == serial else q for q in queue) if known else (*queue, changed)
        )
        return changed

    def _done(self, serial: str, inspection: Inspection | None, sentence: str) -> None:
        entry = self._mark(
            serial,
            progress=Progress.DONE,
            verdict=inspection.verdict if inspection is not None else "ERROR",
            reason=sentence,
            inspection_id=inspection.id if inspection is not None else "",
        )
        self.board.happens(Event.DECIDE, last=entry, message=sentence)


def queue_of(orders: Mapping[str, Path]) -> tuple[QueueEntry, ...]:
    """The orders as they will come; one that cannot be read is shown with its sentence."""
    entries = []
    for serial, path in orders.items():
        try:
            order = read_order(path)
            entries.append(QueueEntry(order.order_id, serial, order.part.part_number))
        except InputError as error:
            entries.append(QueueEntry("", serial, "", reason=str(error)))
    return tuple(entries)
