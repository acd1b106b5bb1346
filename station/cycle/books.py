"""What the cell writes down: in the record what went wrong, on the board how far the parts are."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from station.cycle.inspect import Clock
from station.cycle.queue import without_oldest
from station.cycle.record import error_inspection
from station.cycle.state import Board, Progress, QueueEntry
from station.cycle.transitions import Event
from station.errors import RecordError
from station.genealogy.evidence import Evidence
from station.genealogy.inspection import Inspection, StationRecord
from station.genealogy.store import Genealogy
from station.order.model import Order


@dataclass(frozen=True, slots=True)
class Books:
    """The record and the board of one cell. Nothing here raises because the record cannot take it: the part is held
    already, and the next commit says so."""

    genealogy: Genealogy
    board: Board
    station: StationRecord
    operator: str
    clock: Clock

    def note(self, kind: str, subject: str, reason: str, **more: str) -> None:
        """An event about a part or an inspection."""
        with suppress(RecordError):
            self.genealogy.add_event(kind, subject, {"reason": reason, **more}, at=self.clock())

    def note_station(self, kind: str, reason: str, **more: str) -> None:
        """An event about the station."""
        self.note(kind, self.station.id, reason, **more)

    def error(self, order: Order | None, serial: str, sentence: str, started: datetime) -> Inspection | None:
        """An attempt that came to nothing, or an event where not even the order is known; what was committed, if it
        was."""
        if order is None:
            self.note("order-refused", serial, sentence)
            return None
        now = self.clock()
        draft = error_inspection(
            order.order_id,
            order.part.serial,
            sentence,
            station=self.station,
            operator=self.operator,
            started=started,
            finished=now,
            operation=order.operation,
        )
        with suppress(RecordError):
            return self.genealogy.commit(draft, Evidence(order.document, order.drawing or None), committed=now)
        return None

    def begun(self, serial: str) -> None:
        """A part lies in the rig."""
        self._mark(serial, progress=Progress.MEASURING)
        self.board.happens(Event.PART, message="")

    def done(self, serial: str, inspection: Inspection | None, sentence: str) -> None:
        """What became of it, and the sentence for the operator."""
        entry = self._mark(
            serial,
            progress=Progress.DONE,
            verdict=inspection.verdict if inspection is not None else "ERROR",
            reason=sentence,
            inspection_id=inspection.id if inspection is not None else "",
        )
        self.board.happens(Event.DECIDE, last=entry, message=sentence)

    def _mark(self, serial: str, **changes: object) -> QueueEntry:
        queue = self.board.latest().queue
        same = [q for q in queue if q.serial == serial]  # a part may come again, with the order of its next step
        entry = next((q for q in same if q.progress is not Progress.DONE), same[-1] if same else None)
        before = entry or QueueEntry("", serial, "")
        changed = replace(before, **changes)  # type: ignore[arg-type]  # names and types are those of QueueEntry
        others = without_oldest(queue) if entry is None else queue
        marked = tuple(changed if q is entry else q for q in others)
        self.board.publish(queue=marked if entry is not None else (*marked, changed))
        return changed
