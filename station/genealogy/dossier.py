"""Everything that the record holds about one inspection, put together: what explains, exports and certifies it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from station.documents import parse_json
from station.genealogy.chain import ChainEntry
from station.genealogy.events import Event
from station.genealogy.pages import RecordSummary
from station.genealogy.reading import RecordReader
from station.order.model import Order
from station.order.read import parse_order


@dataclass(frozen=True, slots=True)
class Dossier:
    """One inspection with what belongs to it; `inspection` is its `inspection/1` as committed, `entry` its link.

    `events` are about this inspection or its part, oldest first; `attempts` all inspections of this part of
    this order, oldest first; `calibration` the document that was in force, None for marks alone or an early ERROR;
    `order.document` and `order.drawing` are what was received.
    """

    entry: ChainEntry
    inspection: Mapping[str, Any]
    order: Order
    calibration: Mapping[str, Any] | None
    events: tuple[Event, ...]
    attempts: tuple[RecordSummary, ...]
    reader: RecordReader

    @property
    def is_latest(self) -> bool:
        """Whether no later attempt at this part of this order is committed."""
        return self.entry.cursor == self.attempts[-1].cursor

    def frame(self, sha256: str) -> bytes | None:
        """A picture of the part as it was taken; None where a rule of retention removed it, and the record says so.

        Raises:
            IntegrityError: it is gone and nothing says why, or it is not what was stored.
        """
        if not self.reader.keeps_frame(sha256) and self.reader.removal_of(sha256) is not None:
            return None
        return self.reader.frame(sha256)

    def overlay(self) -> bytes | None:
        """The picture drawn for people (PNG), None where there is none. Raises: IntegrityError."""
        return self.reader.overlay(self.inspection["id"])


def dossier_of(reader: RecordReader, id: str) -> Dossier:
    """What the record holds about the inspection `id`.

    Raises:
        InputError: there is no such inspection.
        IntegrityError: something of it is not what was committed.
    """
    entry = reader.entry(id)
    inspection = reader.inspection(id)
    drawing = inspection.get("drawing_sha256")
    order = parse_order(
        reader.document(inspection["order_sha256"]), None, id, drawing=reader.document(drawing) if drawing else None
    )
    calibration = inspection["calibration"]
    serial = inspection["serial"]
    return Dossier(
        entry=entry,
        inspection=inspection,
        order=order,
        calibration=None
        if calibration is None
        else parse_json(reader.document(calibration["sha256"]), calibration["id"]),
        events=tuple(
            event
            for event in reader.events_about_part(inspection["order_id"], serial)
            if event.subject == id or event.payload.get("order_id") == inspection["order_id"]
        ),
        attempts=reader.attempts_of(inspection["order_id"], serial),
        reader=reader,
    )
