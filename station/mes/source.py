"""What the API reads: any record of inspections, behind a protocol of a few methods.

`StoredRecords` is the record of one station; a plant's database of many stations has an implementation of its own,
and the same routes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Select, func, select

from station.errors import InputError
from station.genealogy.chain import GENESIS, INSPECTION, ChainEntry
from station.genealogy.database import translated
from station.genealogy.dossier import Dossier, dossier_of
from station.genealogy.family import family_of
from station.genealogy.parts import ORDER_RECEIVED
from station.genealogy.reading import NOTHING_READ, RecordReader
from station.genealogy.schema import chain, inspection_frames, inspections

EntryRow = tuple[int, str, str, str, str, str, bytes]  # position, kind, id, committed, previous_hash, hash, body
# Of one transaction: none stays open for as long as somebody reads slowly, and none fills the memory.
_ROWS, _MOST_ROWS, _CHUNK_BYTES = 100, 2000, 4_000_000


@dataclass(frozen=True, slots=True)
class RecordLine:
    """An inspection in a list; `position` and `hash` are those of its entry in the chain."""

    position: int
    hash: str
    id: str
    order_id: str
    serial: str
    attempt: int
    verdict: str
    committed: str


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """An order that the record knows: its document's hash, that of its drawing if it has one, and when it was sent;
    `received` is None where it came as a file and is known from its inspections."""

    order_id: str
    sha256: str
    drawing_sha256: str | None
    received: str | None


class RecordSource(Protocol):
    """A record as the API reads it; every method may be called from any thread.

    What is not there is an InputError, what is not as it was committed an IntegrityError.
    """

    def newest(self) -> int:
        """The position of the newest entry; 0 before the first."""
        ...

    def hash_at(self, position: int) -> str | None:
        """The hash of the entry there; None where there is none. `GENESIS` at 0."""
        ...

    def lines(self, after: int, limit: int, order_id: str | None = None) -> tuple[RecordLine, ...]:
        """Inspections behind a position in commit order, of one order where given."""
        ...

    def entries(self, after: int, *, order_id: str | None = None, events: bool = False) -> Iterator[Sequence[EntryRow]]:
        """Everything behind a position in commit order, in chunks: inspections (of one order), or events as well.
        As they are stored: whoever reads them checks their hashes."""
        ...

    def entry(self, id: str) -> ChainEntry:
        """The entry of an inspection."""
        ...

    def inspection(self, id: str) -> Mapping[str, Any]:
        """An inspection's document."""
        ...

    def dossier(self, id: str) -> Dossier:
        """Everything about an inspection, for exports."""
        ...

    def overlay(self, id: str) -> bytes | None:
        """The picture drawn for people."""
        ...

    def frame(self, sha256: str) -> bytes | None:
        """A picture as it was taken; None where the record names it and its file is no longer there."""
        ...

    def document(self, sha256: str) -> bytes:
        """An order, a drawing or a calibration."""
        ...

    def known_order(self, order_id: str) -> KnownOrder | None:
        """What is known of an order."""
        ...

    def genealogy(self, order_id: str) -> dict[str, Any]:
        """The tree of an order."""
        ...

    def has_frame(self, order_id: str, sha256: str) -> bool:
        """Whether a picture is of a part of this order."""
        ...

    def has_document(self, order_id: str, sha256: str) -> bool:
        """Whether a document belongs to this order: itself, its drawing, a calibration it was measured with."""
        ...


class StoredRecords:
    """The record of one station, as a `RecordSource`."""

    def __init__(self, reader: RecordReader) -> None:
        self._reader = reader
        self.entry = reader.entry
        self.inspection = reader.inspection
        self.overlay = reader.overlay
        self.document = reader.document

    def newest(self) -> int:  # noqa: D102  see RecordSource, here and below
        with translated(NOTHING_READ), self._reader.engine.connect() as connection:
            return connection.execute(select(func.max(chain.c.cursor))).scalar() or 0

    def hash_at(self, position: int) -> str | None:  # noqa: D102
        if position == 0:
            return GENESIS
        with translated(NOTHING_READ), self._reader.engine.connect() as connection:
            return connection.execute(select(chain.c.hash).where(chain.c.cursor == position)).scalar()

    def lines(self, after: int, limit: int, order_id: str | None = None) -> tuple[RecordLine, ...]:  # noqa: D102
        query = select(
            chain.c.cursor, chain.c.hash, chain.c.id,
            inspections.c.order_id, inspections.c.serial, inspections.c.attempt, inspections.c.verdict,
            chain.c.committed,
        ).join(inspections, inspections.c.cursor == chain.c.cursor)  # fmt: skip
        query = query.where(inspections.c.cursor > after).order_by(inspections.c.cursor).limit(limit)
        if order_id is not None:
            query = query.where(inspections.c.order_id == order_id)
        with translated(NOTHING_READ), self._reader.engine.connect() as connection:
            return tuple(RecordLine(*row) for row in connection.execute(query))

    def entries(  # noqa: D102
        self, after: int, *, order_id: str | None = None, events: bool = False
    ) -> Iterator[Sequence[EntryRow]]:
        query: Select[Any] = select(chain).order_by(chain.c.cursor)
        if not events:
            query = query.where(chain.c.kind == INSPECTION)
        if order_id is not None:
            query = query.join(inspections, inspections.c.cursor == chain.c.cursor).where(
                inspections.c.order_id == order_id
            )
        rows = _ROWS
        while True:
            with translated(NOTHING_READ), self._reader.engine.connect() as connection:
                found = connection.execute(query.where(chain.c.cursor > after).limit(rows)).all()
            if not found:
                return
            yield found
            after = found[-1][0]
            rows = min(_MOST_ROWS, 1 + len(found) * _CHUNK_BYTES // sum(len(row.body) for row in found))

    def dossier(self, id: str) -> Dossier:  # noqa: D102
        return dossier_of(self._reader, id)

    def frame(self, sha256: str) -> bytes | None:  # noqa: D102
        if self._reader.keeps_frame(sha256):
            return self._reader.frame(sha256)
        if not self._reader.names_frame(sha256):
            raise InputError("there is no picture with this hash", place=sha256)
        return None

    def known_order(self, order_id: str) -> KnownOrder | None:  # noqa: D102
        received = self._reader.events(ORDER_RECEIVED, order_id, 1)
        if received and received[0].document_sha256 is not None:
            first = received[0]
            return KnownOrder(order_id, received[0].document_sha256, first.payload.get("drawing_sha256"), first.at)
        inspected = self._of_order(order_id, 1)
        if not inspected:
            return None
        document = self.inspection(inspected[0])
        return KnownOrder(order_id, document["order_sha256"], document.get("drawing_sha256"), None)

    def genealogy(self, order_id: str) -> dict[str, Any]:  # noqa: D102
        return family_of(self._reader, order_id).to_document()

    def has_frame(self, order_id: str, sha256: str) -> bool:  # noqa: D102
        shows = inspection_frames.join(inspections, inspections.c.cursor == inspection_frames.c.cursor)
        query = select(inspections.c.cursor).select_from(shows)
        query = query.where(inspection_frames.c.sha256 == sha256, inspections.c.order_id == order_id).limit(1)
        with translated(NOTHING_READ), self._reader.engine.connect() as connection:
            return connection.execute(query).first() is not None

    def has_document(self, order_id: str, sha256: str) -> bool:  # noqa: D102
        known = self.known_order(order_id)
        if known is not None and sha256 in (known.sha256, known.drawing_sha256):
            return True
        for id in self._of_order(order_id, 1000):
            document = self.inspection(id)
            calibration = document["calibration"] or {}
            if sha256 in (document["order_sha256"], document.get("drawing_sha256"), calibration.get("sha256")):
                return True
        return False

    def _of_order(self, order_id: str, limit: int) -> tuple[str, ...]:
        """Ids of an order's inspections, the newest first."""
        query = select(chain.c.id).join(inspections, inspections.c.cursor == chain.c.cursor)
        query = query.where(inspections.c.order_id == order_id).order_by(inspections.c.cursor.desc()).limit(limit)
        with translated(NOTHING_READ), self._reader.engine.connect() as connection:
            return tuple(connection.execute(query).scalars())
