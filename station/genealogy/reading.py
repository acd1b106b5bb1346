"""Reading the record: pages of summaries, one inspection, its pictures and documents, events.

What is read is checked against its own hash; whether the whole chain holds is for `verify`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Engine, Select, desc, select

from station.documents import sha256_hex
from station.errors import InputError, IntegrityError
from station.genealogy import rows
from station.genealogy.chain import EVENT, INSPECTION, ChainEntry
from station.genealogy.database import translated
from station.genealogy.events import OVERLAY, Event
from station.genealogy.frames import ContentFolder
from station.genealogy.home import StationHome
from station.genealogy.inspection import OLD_OVERLAY
from station.genealogy.pages import Page, RecordSummary, checked_cursor, checked_limit
from station.genealogy.schema import chain, documents, events, inspections, mentions
from station.genealogy.values import is_sha256, read_canonical

NOTHING_READ = "the record cannot be read"


class RecordReader:
    """The reading half of `store.Genealogy`; any number of threads at once."""

    def __init__(self, home: StationHome, engine: Engine) -> None:
        self.home = home
        self.engine = engine
        self._frames = ContentFolder(home.frames)
        self._overlays = ContentFolder(home.overlays)

    def records(self, after: int | str | None = None, limit: int = 100) -> Page:
        """The records behind the cursor `after`, in commit order.

        Raises:
            InputError: not a cursor, or a limit outside 1 to 1000.
        """
        start, count = checked_cursor(after), checked_limit(limit)
        with translated(NOTHING_READ), self.engine.connect() as connection:
            found = rows.summaries(connection, start, count)
        return Page(found, found[-1].cursor if found else start)

    def entry(self, id: str) -> ChainEntry:
        """The link of the chain that holds the inspection `id`.

        Raises:
            InputError: there is no such inspection.
            IntegrityError: it is not what was committed.
        """
        return self._entry(id, INSPECTION)

    def event(self, id: str) -> Event:
        """The event with this id; raises as `entry` does."""
        return as_event(self._entry(id, EVENT))

    def _entry(self, id: str, kind: str) -> ChainEntry:
        query = select(chain).where(chain.c.id == id, chain.c.kind == kind)
        with translated(NOTHING_READ), self.engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise InputError(f"there is no {kind} with this id", place=id[:80])
        return _intact(rows.as_entry(row))

    def inspection(self, id: str) -> dict[str, Any]:
        """The `inspection/1` document as committed; raises as `entry` does."""
        document: dict[str, Any] = read_canonical(self.entry(id).body)
        return document

    def attempts(self, order_id: str, serial: str) -> int:
        """How many inspections of this part of this order are committed."""
        with translated(NOTHING_READ), self.engine.connect() as connection:
            return rows.last_attempt(connection, order_id, serial)

    def attempts_of(self, order_id: str, serial: str) -> tuple[RecordSummary, ...]:
        """Every inspection of this part of this order, oldest first."""
        with translated(NOTHING_READ), self.engine.connect() as connection:
            return rows.attempts_of(connection, order_id, serial)

    def serials_of(self, order_id: str) -> tuple[str, ...]:
        """The parts of an order that were inspected."""
        query = select(inspections.c.serial).where(inspections.c.order_id == order_id).distinct()
        with translated(NOTHING_READ), self.engine.connect() as connection:
            return tuple(connection.execute(query.order_by(inspections.c.serial)).scalars())

    def frame(self, sha256: str) -> bytes:
        """The stored file of a picture.

        Raises:
            InputError: this is not a SHA-256.
            IntegrityError: the file is missing or is not what was stored.
        """
        return self._frames.read(_asked(sha256))

    def keeps_frame(self, sha256: str) -> bool:
        """Whether the file of a picture is still there; pictures may be thinned out, records never are."""
        return self._frames.find(_asked(sha256)) is not None

    def names_frame(self, sha256: str) -> bool:
        """Whether an inspection names a picture, be its file there or not."""
        with translated(NOTHING_READ), self.engine.connect() as connection:
            return rows.frame_is_referenced(connection, _asked(sha256))

    def overlay(self, inspection_id: str) -> bytes | None:
        """The PNG drawn for people, if the inspection has one; raises as `events` and `frame` do."""
        drawn = self.events(OVERLAY, inspection_id, 1)
        digest = drawn[0].payload["sha256"] if drawn else self.inspection(inspection_id).get(OLD_OVERLAY)
        return None if digest is None else self._overlays.read(_asked(digest))

    def document(self, sha256: str) -> bytes:
        """The bytes of an order, a drawing or a calibration.

        Raises:
            InputError: this is not the SHA-256 of a stored document.
            IntegrityError: it is not what was stored.
        """
        digest = _asked(sha256)
        with translated(NOTHING_READ), self.engine.connect() as connection:
            row = connection.execute(select(documents).where(documents.c.sha256 == digest)).first()
        if row is None:
            raise InputError("there is no document with this hash", place=digest)
        data = bytes(row.data)
        if sha256_hex(data) != digest:
            raise IntegrityError("the document is not what was stored under this hash", place=digest)
        return data

    def events(self, kind: str | None = None, subject: str | None = None, limit: int = 100) -> tuple[Event, ...]:
        """The newest events first, of one kind and about one subject where given; raises as `records` and `entry`."""
        which = select(events.c.cursor)  # first the cursors: sorting bodies to give out one is what takes long
        if kind is not None:
            which = which.where(events.c.kind == kind)
        if subject is not None:
            which = which.where(events.c.subject == subject)
        which = which.order_by(desc(events.c.cursor)).limit(checked_limit(limit))
        return self._events(select(chain).where(chain.c.cursor.in_(which)).order_by(desc(chain.c.cursor)))

    def events_about(self, names: Collection[str]) -> tuple[Event, ...]:
        """Every event about any of these few (inspections, orders), oldest first; raises as `entry`."""
        subject = select(events.c.cursor).where(events.c.subject.in_(names))
        mention = select(mentions.c.cursor).where(mentions.c.name.in_(names))
        return self._events(select(chain).where(chain.c.cursor.in_(subject.union(mention))).order_by(chain.c.cursor))

    def events_about_part(self, order_id: str, serial: str) -> tuple[Event, ...]:
        """Every event about a part, an inspection of it, or a part that was built into it, oldest first; raises as
        `entry`. It takes the order to name a part: many orders may call theirs `1`."""
        about = rows.cursors_about_part(order_id, serial)
        return self._events(select(chain).where(chain.c.cursor.in_(about)).order_by(chain.c.cursor))

    def _events(self, query: Select[tuple[int, str, str, str, str, str, bytes]]) -> tuple[Event, ...]:
        with translated(NOTHING_READ), self.engine.connect() as connection:
            found = connection.execute(query).all()
        return tuple(as_event(_intact(rows.as_entry(row))) for row in found)


def as_event(entry: ChainEntry) -> Event:
    """The event that a link of the chain holds."""
    document = read_canonical(entry.body)
    return Event(
        cursor=entry.cursor,
        id=entry.id,
        kind=document["kind"],
        subject=document["subject"],
        at=document["at"],
        document_sha256=document["document_sha256"],
        payload=document["payload"],
    )


def _intact(entry: ChainEntry) -> ChainEntry:
    if not entry.is_intact():
        raise IntegrityError("the entry is not what was committed", place=f"chain {entry.cursor}")
    return entry


def _asked(sha256: str) -> str:
    if not is_sha256(sha256):
        raise InputError("this is not a SHA-256 (64 hexadecimal digits, lower case)", place=str(sha256)[:80])
    return sha256
