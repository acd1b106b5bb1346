"""A cell for the pages' tests: a record with a few parts, a board, and the pages served on a free loopback port."""

from __future__ import annotations

import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
from fastapi import FastAPI

from station.cycle.state import Board, Progress, QueueEntry, Snapshot
from station.cycle.transitions import State
from station.genealogy.evidence import Evidence, StoredFrame
from station.genealogy.inspection import Finding, Inspection
from station.genealogy.store import Genealogy
from station.hmi.app import create_app
from station.hmi.server import listen, serve
from tests.genealogy.builders import NOW, diameter, draft, evidence

ORDER = (
    b'{"schema": "order/1", "order_id": "MO-2026-000417", "part": {"part_number": "RING-237", "serial": "x"},'
    b' "characteristics": [{"id": "1", "feature": "OD"}, {"id": "2", "features": ["ID", "OD"], "datum": ["A"]}]}'
)


def png(width: int, height: int) -> bytes:
    """A grey PNG of that size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\x00" + b"\x80" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def commit(
    genealogy: Genealogy, *, proof: Evidence | None = None, overlay: bytes | None = png(8, 4), **changes: Any
) -> Inspection:
    """One inspection in the record, with an order that can be read and a small overlay."""
    record = genealogy.commit(draft(**changes), proof or replace(evidence(), order=ORDER), committed=NOW)
    if overlay:
        genealogy.add_overlay(record.id, overlay, at=NOW)
    return record


def failed(genealogy: Genealogy, **changes: Any) -> Inspection:
    """A part with a finding, a characteristic beyond its limit, one undecided and one that conforms."""
    fields: dict[str, Any] = {
        "verdict": "FAIL",
        "reason": "Characteristic 2 is too large.",
        "characteristics": (
            diameter(),
            diameter(
                id="2", verdict="FAIL", value=23.9, reason="Characteristic 2 is too large.", conformance_probability=0.0
            ),
            diameter(id="3", type="roundness", verdict="UNDECIDED", value=0.0599, lower_limit=None, upper_limit=0.06),
            diameter(id="4", verdict="ERROR", value=None, expanded_uncertainty=None, measured=False, reason="No edge."),
        ),
        "findings": (
            Finding(kind="opening too many", verdict="UNDECIDED", size_mm=0.21, reason="There is an opening."),
        ),
    }
    return commit(genealogy, **{**fields, **changes})


def entry(record: Inspection) -> QueueEntry:
    """The order of a committed part, as the cell remembers it."""
    return QueueEntry(
        record.order_id, record.serial, "RING-237", Progress.DONE, record.verdict, record.reason, record.id
    )


def decided(record: Inspection, *more: QueueEntry, **changes: Any) -> Snapshot:
    """The station after deciding on `record`, with more orders behind it."""
    first = Snapshot(
        state=State.DECIDED,
        station_id="cell-3",
        rig="twin",
        simulated=True,
        queue=(entry(record), *more),
        last=entry(record),
    )
    return replace(first, **changes)


@dataclass(frozen=True, slots=True)
class Cell:
    """The pages as served: talk to them through `http`."""

    board: Board
    genealogy: Genealogy
    stop: threading.Event
    http: httpx.Client
    port: int
    thread: threading.Thread

    def text(self, path: str, **options: Any) -> str:
        """The text of a page that is there."""
        answer = self.http.get(path, **options)
        assert answer.status_code == 200, answer.text
        return answer.text


@contextmanager
def served(genealogy: Genealogy, first: Snapshot | None = None, **options: Any) -> Iterator[Cell]:
    """The pages over `genealogy`, by the real server, until the block ends."""
    board, stop = Board(first or Snapshot(station_id="cell-3")), threading.Event()
    app: FastAPI = create_app(board, genealogy, stop=stop, **options)
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    thread = threading.Thread(target=serve, args=(app, "127.0.0.1", port, stop), kwargs={"listener": listener})
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5.0, trust_env=False, verify=False) as http:
            yield Cell(board, genealogy, stop, http, port, thread)
    finally:
        stop.set()
        thread.join(5.0)
    assert not thread.is_alive()


def frame(data: bytes) -> StoredFrame:
    """A stored picture with this content."""
    return StoredFrame("backlight", data, ".png", 8, 4)
