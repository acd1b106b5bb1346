"""What a station still has to send, read from its own record: there is no second queue that could disagree with it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from sqlalchemy import select

from station.errors import IntegrityError
from station.genealogy.chain import ChainEntry
from station.genealogy.database import translated
from station.genealogy.entries import claims_of, index_of
from station.genealogy.reading import NOTHING_READ
from station.genealogy.rows import as_entry
from station.genealogy.schema import chain, checkpoints, documents
from station.genealogy.store import Genealogy
from station.plant.wire import Message, Note, document_messages, entry_messages, note_message

_ENTRIES = 50  # of one look into the database
_REMEMBERED = 4096  # documents; one that is forgotten is sent again, and changes nothing


class Outbox:
    """A station's record as messages, in the order of commits; one thread at a time."""

    def __init__(self, genealogy: Genealogy, station: str) -> None:
        self._genealogy, self._station = genealogy, station
        self._sent: OrderedDict[str, None] = OrderedDict()

    def forget(self) -> None:
        """The plant may not have what was sent."""
        self._sent.clear()

    def messages(self, after: int, again: str = "") -> Iterator[tuple[Message, int | None]]:
        """Everything behind the cursor `after`; with the last message of an entry comes the entry's cursor.

        Raises:
            StorageError: the record cannot be read.
        """
        while entries := self._entries(after):
            for entry in entries:
                for name in _documents(entry):
                    yield from ((message, None) for message in self._document(name, again))
                *most, last = entry_messages(self._station, entry, again)
                yield from ((message, None) for message in most)
                yield last, entry.cursor
                after = entry.cursor

    def notes(self, after: int, up_to: int, again: str = "") -> Iterator[tuple[Message, int]]:
        """Signed checkpoints over more than `after` and at most `up_to` entries, each with how many."""
        query = select(checkpoints.c.size, checkpoints.c.made, checkpoints.c.note).order_by(checkpoints.c.size)
        query = query.where(checkpoints.c.size > after, checkpoints.c.size <= up_to).limit(_ENTRIES)
        with translated(NOTHING_READ), self._genealogy.engine.connect() as connection:
            found = [Note(*row) for row in connection.execute(query)]
        for note in found:
            yield note_message(self._station, note, again), note.size

    def hash_at(self, cursor: int) -> str | None:
        """The hash of an entry; None where there is none."""
        with translated(NOTHING_READ), self._genealogy.engine.connect() as connection:
            return connection.execute(select(chain.c.hash).where(chain.c.cursor == cursor)).scalar()

    def _entries(self, after: int) -> list[ChainEntry]:
        query = select(chain).where(chain.c.cursor > after).order_by(chain.c.cursor).limit(_ENTRIES)
        with translated(NOTHING_READ), self._genealogy.engine.connect() as connection:
            return [as_entry(row) for row in connection.execute(query)]

    def _document(self, name: str, again: str) -> Iterator[Message]:
        if name in self._sent:
            self._sent.move_to_end(name)
            return
        with translated(NOTHING_READ), self._genealogy.engine.connect() as connection:
            data = connection.execute(select(documents.c.data).where(documents.c.sha256 == name)).scalar()
        if data is not None:  # else this record is damaged, and the plant says what it waits for
            yield from document_messages(self._station, name, bytes(data), again)
        self._sent[name] = None
        if len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)


def _documents(entry: ChainEntry) -> tuple[str, ...]:
    try:
        return claims_of(entry, index_of(entry)).documents
    except IntegrityError:  # damaged: sent as it is, the plant keeps it aside
        return ()
