"""The genealogy of an order: its parts, how each was inspected, what it was made from, what it went into, what was
decided. Read from inspections and events; what was withdrawn or corrected is shown and does not count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from station.errors import InputError
from station.genealogy.events import Event
from station.genealogy.pages import RecordSummary
from station.genealogy.parts import (
    BUILT_INTO,
    CORRECTION,
    DISPOSITION,
    MATERIAL_CONSUMED,
    OPERATION_DONE,
    ORDER_RECEIVED,
    WITHDRAWN,
    PartKey,
)

DEEPEST = 8  # of assemblies in assemblies; a loop that two wrong events make ends there
MOST_PARTS = 2000  # of one tree


class FamilyReader(Protocol):
    """What a family is read from: the record of a station (`reading.RecordReader`), or of many."""

    def events_about(self, names: Collection[str]) -> tuple[Event, ...]:
        """Every event about any of these, oldest first."""
        ...

    def events_about_part(self, order_id: str, serial: str) -> tuple[Event, ...]:
        """Every event about a part, an inspection of it, or a part that was built into it, oldest first."""
        ...

    def attempts_of(self, order_id: str, serial: str) -> tuple[RecordSummary, ...]:
        """Every inspection of this part of this order, oldest first."""
        ...

    def serials_of(self, order_id: str) -> tuple[str, ...]:
        """The parts of an order that were inspected."""
        ...


@dataclass(frozen=True, slots=True)
class Attempt:
    """One inspection of a part; `withdrawn` is the event that took it back, `dispositions` what people decided after
    it, newest last. `stands` says that it is the one that counts: the last that nobody withdrew."""

    record: RecordSummary
    withdrawn: Event | None
    dispositions: tuple[Event, ...]
    stands: bool


@dataclass(frozen=True, slots=True)
class PartFamily:
    """A part with what belongs to it. `components` are the parts that were built into it; `corrected` names the events
    among all of these that do not stand, by the event that says so."""

    part: PartKey
    attempts: tuple[Attempt, ...]
    materials: tuple[Event, ...]
    operations: tuple[Event, ...]
    built_into: tuple[Event, ...]
    components: tuple[PartFamily, ...]
    corrected: Mapping[str, Event]

    @property
    def verdict(self) -> str | None:
        """Of the attempt that stands; None where none does."""
        return next((attempt.record.verdict for attempt in self.attempts if attempt.stands), None)

    def to_document(self) -> dict[str, Any]:
        """As JSON, for `GET /v1/orders/{id}/genealogy`."""
        return {
            "order_id": self.part.order_id,
            "serial": self.part.serial,
            "verdict": self.verdict,
            "attempts": [_attempt(one) for one in self.attempts],
            "materials": [self._event(one) for one in self.materials],
            "operations": [self._event(one) for one in self.operations],
            "built_into": [self._event(one) for one in self.built_into],
            "components": [one.to_document() for one in self.components],
        }

    def _event(self, event: Event) -> dict[str, Any]:
        by = self.corrected.get(event.id)
        return {**event_document(event), "corrected_by": None if by is None else event_document(by)}


@dataclass(frozen=True, slots=True)
class OrderFamily:
    """An order with its parts; `received` are the events by which it came, where it did not come as a file."""

    order_id: str
    received: tuple[Event, ...]
    parts: tuple[PartFamily, ...]

    def to_document(self) -> dict[str, Any]:
        """As JSON, for `GET /v1/orders/{id}/genealogy`."""
        return {
            "order_id": self.order_id,
            "received": [event_document(one) for one in self.received],
            "parts": [one.to_document() for one in self.parts],
        }


def family_of(reader: FamilyReader, order_id: str) -> OrderFamily:
    """The genealogy of an order.

    Raises:
        InputError: nothing in the record is about this order, or its assemblies are too many for one tree.
    """
    found = reader.events_about([order_id])
    received = tuple(one for one in found if one.kind == ORDER_RECEIVED and one.subject == order_id)
    serials = {one.payload["serial"] for one in received if isinstance(one.payload.get("serial"), str)}
    serials |= set(reader.serials_of(order_id)) | {part.serial for part in _parts(found) if part.order_id == order_id}
    if not received and not serials:
        raise InputError("there is nothing about this order in the record", place=order_id[:80])
    budget = [MOST_PARTS]
    return OrderFamily(
        order_id,
        received,
        tuple(_family(reader, PartKey(order_id, serial), (), budget) for serial in sorted(serials)),
    )


def part_family(reader: FamilyReader, part: PartKey) -> PartFamily:
    """The genealogy of one part; empty where nothing is known of it. Raises as `family_of`."""
    return _family(reader, part, (), [MOST_PARTS])


def _parts(found: Iterable[Event]) -> Iterable[PartKey]:
    for event in found:
        if event.kind in (MATERIAL_CONSUMED, BUILT_INTO, OPERATION_DONE):
            yield PartKey(event.payload["order_id"], event.subject)
        if event.kind == BUILT_INTO:
            yield PartKey(event.payload["parent_order_id"], event.payload["parent_serial"])


def _family(reader: FamilyReader, part: PartKey, above: tuple[PartKey, ...], budget: list[int]) -> PartFamily:
    budget[0] -= 1
    if budget[0] < 0:
        raise InputError(f"its assemblies have more than {MOST_PARTS} parts", place=part.order_id)
    records = reader.attempts_of(part.order_id, part.serial)
    found = reader.events_about_part(part.order_id, part.serial)
    corrected = {one.payload["corrects"]: one for one in found if one.kind == CORRECTION}
    mine = [one for one in found if one.subject == part.serial and one.payload.get("order_id") == part.order_id]
    inside = [
        PartKey(one.payload["order_id"], one.subject)
        for one in found
        if one.kind == BUILT_INTO
        and one.id not in corrected
        and (one.payload["parent_order_id"], one.payload["parent_serial"]) == (part.order_id, part.serial)
    ]
    path = (*above, part)
    deeper = [] if len(path) >= DEEPEST else [one for one in dict.fromkeys(inside) if one not in path]
    return PartFamily(
        part=part,
        attempts=_attempts(records, found, corrected),
        materials=tuple(one for one in mine if one.kind == MATERIAL_CONSUMED),
        operations=tuple(one for one in mine if one.kind == OPERATION_DONE),
        built_into=tuple(one for one in mine if one.kind == BUILT_INTO),
        components=tuple(_family(reader, one, path, budget) for one in deeper),
        corrected=corrected,
    )


def _attempts(
    records: tuple[RecordSummary, ...], found: tuple[Event, ...], corrected: Mapping[str, Event]
) -> tuple[Attempt, ...]:
    withdrawn = {one.subject: one for one in found if one.kind == WITHDRAWN}
    standing = next((one.id for one in reversed(records) if one.id not in withdrawn), None)
    return tuple(
        Attempt(
            record,
            withdrawn.get(record.id),
            tuple(
                one for one in found if one.kind == DISPOSITION and one.subject == record.id and one.id not in corrected
            ),
            record.id == standing,
        )
        for record in records
    )


def _attempt(attempt: Attempt) -> dict[str, Any]:
    record = attempt.record
    return {
        "id": record.id,
        "attempt": record.attempt,
        "verdict": record.verdict,
        "committed": record.committed,
        "stands": attempt.stands,
        "withdrawn": None if attempt.withdrawn is None else event_document(attempt.withdrawn),
        "dispositions": [event_document(one) for one in attempt.dispositions],
    }


def event_document(event: Event) -> dict[str, Any]:
    """An event as JSON, with its cursor."""
    return {
        "cursor": event.cursor,
        "id": event.id,
        "kind": event.kind,
        "subject": event.subject,
        "at": event.at,
        **({} if event.document_sha256 is None else {"document_sha256": event.document_sha256}),
        "payload": dict(event.payload),
    }
