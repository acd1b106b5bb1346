"""What the cell does and the record holds, shown to OPC UA clients: states, jobs, results, orders, safety."""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import dataclass, field
from typing import Any

from asyncua import ua

from station.cycle.state import Board, Progress, QueueEntry, Snapshot
from station.cycle.transitions import State
from station.errors import IntegrityError, StationError
from station.genealogy.reading import RecordReader
from station.mes.opcua import records, states
from station.mes.opcua.events import FAULT, INFORMATION, Events
from station.mes.opcua.records import Identifier, Result
from station.mes.opcua.states import Where
from station.mes.opcua.system import INNER, OUTER, VisionSystem

POLL_S = 0.1  # taking the latest from the board costs a microsecond
LOOK_S = 2.0  # for what comes into the record while the board stands still: another program, a calibration
_MOST_AT_ONCE = 100
_NOT_IN_EVENTS = frozenset({"HasTransferableDataOnFile"})  # of a result, not of its event
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Follower:
    """Shows one station; `camera` is the one whose calibrations are the configurations."""

    board: Board
    reader: RecordReader
    camera: str
    system: VisionSystem
    events: Events
    _place: Where = states.PREOPERATIONAL
    _seen: Snapshot = field(default_factory=Snapshot)
    _cursor: int = 0
    _announced: str = ""  # the newest job that clients were told of
    _offered: frozenset[str] = frozenset()  # the orders that they were told of

    async def begin(self) -> None:
        """Everything as it is now; nothing that happened before is told as new."""
        self._seen = self.board.latest()
        self._cursor = await asyncio.to_thread(records.newest_cursor, self.reader)
        self._offered = frozenset(_waiting(self._seen))
        await self.system.stand(self._place)
        await self._show(self._seen)
        for before, after in states.steps(self._place, states.where(self._seen.state)):
            await self.system.stand(after, before)
            self._place = after
        await self._show_configuration()

    async def follow(self, stop: threading.Event) -> None:
        """Until `stop` is set. Raises: StationError where the record cannot be read."""
        looked_s = asyncio.get_running_loop().time()
        while not stop.is_set():
            latest, now_s = self.board.latest(), asyncio.get_running_loop().time()
            if latest.version != self._seen.version or now_s - looked_s >= LOOK_S:
                await self.catch_up(latest)
            if now_s - looked_s >= LOOK_S:
                await self._show_configuration()
                looked_s = now_s
            await asyncio.sleep(POLL_S)

    async def catch_up(self, latest: Snapshot) -> None:
        """Tells what is new, in the order in which it happened: job, result, end of the job, what came then."""
        before, self._seen = self._seen, latest
        await self._tell_recipes(latest)
        measured_unseen = latest.last is not before.last and self._place == states.READY
        if latest.state is State.MEASURING or measured_unseen:
            await self._go(states.EXECUTING, latest)
        await self._tell_results()
        await self._go(states.where(latest.state), latest)
        if states.is_safety_triggered(latest) != states.is_safety_triggered(before):
            await self._tell_safety(latest)
        await self._show(latest)

    async def _go(self, place: Where, snapshot: Snapshot) -> None:
        for before, after in states.steps(self._place, place):
            await self.system.stand(after, before)
            outer = before[0] != after[0]
            await self.events.state_changed(OUTER if outer else INNER, before, after, _sentence(snapshot, after))
            self._place = after
            if after == states.EXECUTING:
                await self._tell_job(snapshot)
            elif before == states.EXECUTING and after == states.READY:
                job = self.events.structure("JobIdDataType", Id=self._announced)
                await self.events.tell("ReadyEventType", INNER, "The next part may come.", {"JobId": job})

    async def _tell_job(self, snapshot: Snapshot) -> None:
        part = next((one for one in snapshot.queue if one.progress is Progress.MEASURING), snapshot.last)
        if part is None:
            return
        self._announced = await asyncio.to_thread(self._job_of, part)
        job = self.events.structure("JobIdDataType", Id=self._announced)
        await self.events.tell("JobStartedEventType", INNER, f"The part {part.serial} is measured.", {"JobId": job})

    def _job_of(self, part: QueueEntry) -> str:
        attempts = self.reader.attempts(part.order_id, part.serial)
        return records.job_id(part.order_id, part.serial, max(attempts, 1) if part.inspection_id else attempts + 1)

    async def _tell_results(self) -> None:
        while found := await asyncio.to_thread(self._new_results):
            for cursor, one in found:
                if one is not None:
                    if self._place == states.EXECUTING:  # another job where a part is measured again within its cycle
                        self._announced = one.job
                    await self._tell_result(one)
                self._cursor = cursor

    def _new_results(self) -> list[tuple[int, Result | None]]:
        page = self.reader.records(self._cursor, _MOST_AT_ONCE)
        return [(one.cursor, self._readable(one.id)) for one in page.records]

    def _readable(self, id: str) -> Result | None:
        """None for a record that is not what was committed: that is for `station verify`, and no result."""
        try:
            return records.result_of(self.reader, id)
        except IntegrityError as error:
            _log.warning("a result is not told over OPC UA: %s", error)
            return None

    async def _tell_result(self, one: Result) -> None:
        filled = self.events.structures.result_fields(one)
        fields = {name: (value, _kind(value)) for name, value in filled.items() if name not in _NOT_IN_EVENTS}
        message = f"The part {one.part} is {one.content[0]}."
        await self.events.tell("ResultReadyEventType", "ResultManagement", message, fields)

    async def _tell_recipes(self, snapshot: Snapshot) -> None:
        waiting = _waiting(snapshot)
        new = [one for order_id, one in waiting.items() if order_id not in self._offered]
        self._offered = frozenset(waiting)
        if not new:
            return
        known = {one.identifier.id: one for one in await asyncio.to_thread(records.recipes, self.reader, snapshot)}
        for one in new:
            recipe = known.get(one.order_id)
            identifier = recipe.identifier if recipe is not None else Identifier(one.order_id)
            made, structure = self.events.structures, ua.VariantType.ExtensionObject
            fields = {
                "ExternalId": (made.identifier("RecipeIdExternalDataType", identifier), structure),
                "InternalId": (made.identifier("RecipeIdInternalDataType", identifier), structure),
            }
            if one.part_number:
                fields["ProductId"] = self.events.structure("ProductIdDataType", Id=one.part_number)
            message = f"The order {one.order_id} waits for its part."
            await self.events.tell("RecipePreparedEventType", "RecipeManagement", message, fields)

    async def _tell_safety(self, snapshot: Snapshot) -> None:
        triggered = states.is_safety_triggered(snapshot)
        await self.events.tell(
            "VisionSafetyEventType",
            "SafetyStateManagement",
            snapshot.message if triggered else "The safety circuit is closed again.",
            {
                "VisionSafetyTriggered": (triggered, ua.VariantType.Boolean),
                "VisionSafetyInformation": (snapshot.message if triggered else "", ua.VariantType.String),
            },
            severity=FAULT if triggered else INFORMATION,
        )

    async def _show(self, snapshot: Snapshot) -> None:
        triggered = states.is_safety_triggered(snapshot)
        safety = "SafetyStateManagement"
        await self.system.write(f"{safety}/VisionSafetyTriggered", triggered, ua.VariantType.Boolean)
        said = snapshot.message if triggered else ""
        await self.system.write(f"{safety}/VisionSafetyInformation", said, ua.VariantType.String)
        state = self.events.structures.system_state(
            states.SYSTEM_STATE[snapshot.state], snapshot.message or snapshot.warning
        )
        await self.system.write_structure("SystemState", state)

    async def _show_configuration(self) -> None:
        try:
            found = await asyncio.to_thread(records.configurations, self.reader, self.camera, 1)
        except StationError:
            found = ()  # what cannot be read is not in force: the station locks for the same reason
        active = self.events.structures.configuration(found[0] if found else None)
        await self.system.write_structure("ConfigurationManagement/ActiveConfiguration", active)


def _waiting(snapshot: Snapshot) -> dict[str, QueueEntry]:
    """The usable orders that wait for their part, by id."""
    usable = (one for one in snapshot.queue if one.progress is Progress.WAITING and one.order_id and not one.reason)
    return {one.order_id: one for one in usable}


def _sentence(snapshot: Snapshot, place: Where) -> str:
    """What people read about the place, where the board is there already."""
    return snapshot.message if snapshot.message and states.where(snapshot.state) == place else ": ".join(place)


def _kind(value: Any) -> ua.VariantType:
    if isinstance(value, bool):
        return ua.VariantType.Boolean
    if isinstance(value, int):
        return ua.VariantType.Int32
    if isinstance(value, list):
        return ua.VariantType.Variant
    return ua.VariantType.ExtensionObject if hasattr(value, "data_type") else ua.VariantType.DateTime
