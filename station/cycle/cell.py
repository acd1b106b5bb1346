"""The cell's cycle: one part after the other, read as one page.

scan -> order -> plan -> **capture** -> measure -> **commit the record** -> *then* move the gate, light the tower,
publish. Whatever goes wrong on the way, the gate holds: it opens at one place only, after a committed PASS.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from station.cycle.capture import capture
from station.cycle.examine import needed_views
from station.cycle.inspect import Clock, Committed, Instrument, check_fit, inspect_pictures
from station.cycle.readiness import Readiness
from station.cycle.record import error_inspection
from station.cycle.state import Board, Progress, QueueEntry, State
from station.devices.protocols import PresentedPart, Rig, TowerSign, View
from station.errors import DeviceError, InputError, OrderError, RecordError, StationError
from station.genealogy.evidence import Evidence
from station.genealogy.inspection import Inspection
from station.genealogy.store import Genealogy
from station.metrology.calibration import Calibration
from station.metrology.uncertainty import Conditions
from station.order.model import Order
from station.order.read import read_order
from station.plan.compile import compile_marks, compile_plan

RECHECK_S = 1.0  # somebody may accept a calibration or check the masters at any time
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
    `instrument`); a `patient` cell waits until it may, another one stops.
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

    def run(self, stop: threading.Event, done: Callable[[Inspection], None] = lambda _: None) -> None:
        """Inspect every part the feeder presents, until there is none or `stop` is set."""
        self.rig.gate.hold()
        self._show_ready()
        while (cell := self._ready(stop)) is not None:
            part = self.rig.feeder.present()
            # The part may have taken its time to come.
            if part is None or (cell := self._ready(stop)) is None:
                break
            inspection = cell.inspect(part)
            if inspection is not None:
                done(inspection)
            self.rig.feeder.clear()
            self.rig.gate.hold()
            stop.wait(self.pace_s)
        self.rig.light.turn_off()

    def _ready(self, stop: threading.Event) -> Cell | None:
        """This cell with the calibration in force as soon as nothing locks it; None when it has to stop."""
        while not stop.is_set():
            found = None if self.watch is None else self.watch()
            locked = self.board.latest().state is State.LOCKED
            if found is None or not found.locked:
                if locked:
                    self._show_ready()
                if found is None:
                    return self
                if found.warning != self.board.latest().warning:
                    self.board.publish(warning=found.warning)
                return replace(self, instrument=found.instrument)
            if not locked or self.board.latest().message != found.locked:
                self.rig.gate.hold()
                self.board.publish(state=State.LOCKED, message=found.locked)
                self.rig.tower.show(TowerSign.ERROR)
            if not self.patient:
                return None
            stop.wait(RECHECK_S)
        return None

    def _show_ready(self) -> None:
        self.board.publish(state=State.READY, message="")
        self.rig.tower.show(TowerSign.READY)

    def inspect(self, part: PresentedPart) -> Inspection | None:
        """One part, from scan to gate. The committed inspection; None when not even an error could be recorded."""
        self._mark(part.serial, progress=Progress.MEASURING)
        self.board.publish(state=State.MEASURING, message="")
        started = self.clock()
        order: Order | None = None
        try:
            self.rig.gate.hold()
            order = self._order_of(part)
            self.rig.tower.show(TowerSign.BUSY)
            committed = self._measured(order, started)
        except RecordError as error:
            return self._held(part, None, f"{error} The part is held.")
        except StationError as error:
            return self._held(part, self._record_error(order, part, str(error), started), str(error))
        except Exception as error:  # a bug must not let a part through, and must leave a trace
            sentence = f"the station failed inside ({type(error).__name__}: {error})"
            return self._held(part, self._record_error(order, part, sentence, started), sentence)
        return self._act(part, committed.inspection)

    def _order_of(self, part: PresentedPart) -> Order:
        path = part.order_file or self.orders.get(part.serial)
        if path is None:
            raise OrderError(f"there is no order for the part {part.serial}")
        order = read_order(path)
        if order.part.serial != part.serial:
            raise OrderError(f"the part is {part.serial}, its order is for {order.part.serial}", place=path.name)
        return order

    def _measured(self, order: Order, started: datetime) -> Committed:
        calibration = self._calibration_for(order, started)
        plan = compile_plan(order, calibration) if calibration is not None else compile_marks(order)
        pictures = [
            capture(self.rig.camera, self.rig.light, View(view), self.exposure_us)
            for view in needed_views(plan, [str(v) for v in View])
        ]
        return inspect_pictures(
            order,
            self.instrument,
            pictures,
            self.genealogy,
            conditions=Conditions(),
            operator=self.operator,
            clock=self.clock,
            plan=plan,
            started=started,
        )

    def _calibration_for(self, order: Order, now: datetime) -> Calibration | None:
        check_fit(self.instrument, order, [], now)
        return self.instrument.calibration if order.geometry.features else None

    def _act(self, part: PresentedPart, inspection: Inspection) -> Inspection | None:
        """The record is committed: now, and only now, the outside may see it."""
        sign = SIGNS[inspection.verdict]
        try:
            if inspection.verdict == "PASS":
                self.rig.gate.let_through()
            self.rig.tower.show(sign)
        except DeviceError as error:
            # The record stands; the part stays, and the record says so.
            self._note("part-held", part.serial, str(error))
            return self._held(part, inspection, f"{error}: the part was measured {inspection.verdict} but is held.")
        self._done(part.serial, inspection, inspection.reason)
        return inspection

    def _held(self, part: PresentedPart, inspection: Inspection | None, sentence: str) -> Inspection | None:
        """Something went wrong: outputs safe, cause shown."""
        for safe in (self.rig.gate.hold, lambda: self.rig.tower.show(TowerSign.ERROR)):
            try:
                safe()
            except DeviceError:
                # A dead output is already safe: the gate falls to hold by itself.
                continue
        self._done(part.serial, inspection, sentence)
        return inspection

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

    def _mark(self, serial: str, **changes: Any) -> QueueEntry:
        queue = self.board.latest().queue
        entry = next((q for q in queue if q.serial == serial), QueueEntry("", serial, ""))
        changed = replace(entry, **changes)
        known = any(q.serial == serial for q in queue)
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
        self.board.publish(state=State.DECIDED, last=entry, message=sentence)


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
