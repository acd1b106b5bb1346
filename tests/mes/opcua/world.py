"""A station whose board and record follow a script, served over OPC UA on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from station.cycle.state import Board, Fault, FaultKind, Needs, Progress, QueueEntry, Snapshot
from station.cycle.transitions import Event
from station.documents import sha256_hex
from station.genealogy.calibrations import accept
from station.genealogy.evidence import Evidence
from station.genealogy.home import StationHome
from station.genealogy.inspection import Inspection
from station.genealogy.store import Genealogy
from station.mes.opcua.facts import OpcUaFacts
from station.mes.opcua.service import OpcUaService
from tests.genealogy.builders import diameter, draft, evidence

USER, TOKEN = "mes", "a-token-of-the-station"
CALIBRATION = b'{"schema": "calibration/1", "id": "CAL-7"}'


def order_bytes(order_id: str) -> bytes:
    return json.dumps({"schema": "order/1", "order_id": order_id, "part": {"part_number": "RING-237"}}).encode()


@dataclass
class World:
    genealogy: Genealogy
    board: Board
    service: OpcUaService
    said: list[str] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        return self.service.endpoint

    def wait(self, serial: str, order_id: str = "MO-1") -> None:
        """An order comes in."""
        entry = QueueEntry(order_id, serial, "RING-237")
        self.board.publish(queue=(*self.board.latest().queue, entry))

    def begin(self, serial: str) -> None:
        self._mark(serial, progress=Progress.MEASURING)
        self.board.happens(Event.PART, message="")

    def commit(self, serial: str, order_id: str = "MO-1", **changes: Any) -> Inspection:
        order = order_bytes(order_id)
        found = Evidence(order, calibration=CALIBRATION, frames=evidence(len(serial)).frames)
        changes.setdefault("characteristics", (diameter(verdict=changes.get("verdict", "PASS")),))
        return self.genealogy.commit(
            draft(serial=serial, order_id=order_id, **changes), found, committed=datetime.now(UTC)
        )

    def decide(self, serial: str, done: Inspection) -> None:
        entry = self._mark(serial, progress=Progress.DONE, verdict=done.verdict, inspection_id=done.id)
        self.board.happens(Event.DECIDE, last=entry, message=done.reason)

    def measure(self, serial: str, **changes: Any) -> Inspection:
        """A part from scan to verdict."""
        self.begin(serial)
        done = self.commit(serial, **changes)
        self.decide(serial, done)
        return done

    def fail(self, kind: FaultKind, message: str) -> None:
        self.board.happens(Event.FAIL, fault=Fault("f-1", kind, Needs.MENDING), message=message)

    def _mark(self, serial: str, **changes: Any) -> QueueEntry:
        queue = self.board.latest().queue
        known = next((one for one in queue if one.serial == serial), None)
        changed = replace(known or QueueEntry("MO-1", serial, "RING-237"), **changes)
        others = tuple(one for one in queue if one.serial != serial)
        self.board.publish(queue=(*others, changed))
        return changed


@contextmanager
def serving(folder: Path, **facts: Any) -> Iterator[World]:
    """Serves until left; fails if the server does not listen within half a minute, or does not end."""
    with Genealogy.open(StationHome(folder / "home")) as genealogy:
        accept(genealogy, CALIBRATION, at=datetime.now(UTC), by="quality")
        board = Board(Snapshot(station_id="cell-3", rig="twin", simulated=True))
        chosen = OpcUaFacts(**{"host": "127.0.0.1", "port": 0, "name": "127.0.0.1", **facts})
        said: list[str] = []
        service = OpcUaService(
            genealogy,
            board,
            chosen,
            lambda user, token: (user, token) == (USER, TOKEN),
            lambda: datetime.now(UTC),
            said=said.append,
        )
        stop = threading.Event()
        thread = threading.Thread(target=service.run, args=(stop,), name="opcua")
        thread.start()
        try:
            assert service.listens.wait(30), service.failure
            yield World(genealogy, board, service, said)
        finally:
            stop.set()
            thread.join(10)
        assert not thread.is_alive(), "the server did not end"


def order_sha256(order_id: str) -> str:
    return sha256_hex(order_bytes(order_id))
