"""Taking what the hub delivers into the database: a batch is one transaction, and what comes twice changes nothing.

An entry is taken if it continues its station's chain (`genealogy.replica`), and stands in `feed` in the same
transaction. One that came too early waits; one that is forged, or of a chain that was replaced, is kept aside with the
reason and stops nobody. Whatever `take` returned for is on the disk, and may be acknowledged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, delete, exists, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import InterfaceError, OperationalError, StatementError

from station.documents import sha256_hex
from station.errors import InputError, IntegrityError
from station.genealogy.chain import ChainEntry
from station.genealogy.database import cause_of, translated
from station.genealogy.entries import IndexRows, claims_of, index_of
from station.genealogy.replica import GapError, head_of, take_document, take_entry
from station.genealogy.schema import checkpoints, documents
from station.genealogy.values import utc_text
from station.plant.aside import Aside
from station.plant.database import NOT_USED, PlantDatabase
from station.plant.feed import Feed
from station.plant.schema import parts, refused, stations, waiting
from station.plant.wire import Message, Note, Parcel, read


@dataclass(slots=True)
class Taken:
    """What became of a batch."""

    new: int = 0
    known: int = 0
    refused: int = 0


class Intake:
    """The one way into the plant's database."""

    def __init__(self, database: PlantDatabase, clock: Callable[[], datetime]) -> None:
        self._database, self._clock = database, clock

    def take(self, messages: Sequence[Message]) -> Taken:
        """Take a batch, or nothing of it.

        Raises:
            StorageError: the database did not take it; the same batch may be offered again.
        """
        now = self._clock()
        understood: list[tuple[Message, Parcel | InputError]] = []
        schemas: dict[str, str] = {}
        for message in messages:
            try:
                parcel = read(message)
            except InputError as error:
                understood.append((message, error))
                continue
            schemas[parcel.station] = self._database.add(parcel.station, at=now)
            understood.append((message, parcel))
        with translated(NOT_USED), self._database.engine.connect() as plain, plain.begin():
            # Whoever reads the feed sees positions in sequence only because nobody else can be adding any now.
            plain.execute(text("LOCK TABLE plant.feed IN EXCLUSIVE MODE"))
            batch = _Batch(plain, schemas, now)
            for message, parcel_or_error in understood:
                batch.add(message, parcel_or_error)
            batch.finish()
        return batch.taken


class _Batch:
    """One transaction."""

    def __init__(self, connection: Connection, schemas: dict[str, str], now: datetime) -> None:
        self._connection, self._schemas = connection, schemas
        self._now = utc_text(now)
        self._feed, self._aside = Feed(connection), Aside(connection, now)
        self._documents: dict[str, dict[str, bytes]] = {station: {} for station in schemas}  # whole, nobody's yet
        self._cursors: dict[str, int] = {}  # the newest entry of each station's chain
        self._notes: list[tuple[Message, Parcel, Note]] = []
        self.taken = Taken()

    def add(self, message: Message, parcel: Parcel | InputError) -> None:
        """Take one message."""
        if isinstance(parcel, InputError):
            self._refuse("", message, f"{parcel.place}: {parcel.sentence}")
            return
        self._at(parcel.station)
        data = parcel.data if parcel.part.of == 1 else self._aside.joined(parcel)
        if data is None:
            return  # the other parts are still to come
        if parcel.note is not None:
            self._notes.append((message, parcel, parcel.note))
        elif parcel.entry is not None:
            self._entry(parcel.station, replace(parcel.entry, body=data), message)
        elif sha256_hex(data) != parcel.part.name:
            self._refuse(parcel.station, message, "this document is not what it is called")
        else:
            self._documents[parcel.station][parcel.part.name] = data

    def finish(self) -> None:
        """What can only be done now that everything of the batch is there."""
        for station, left in self._documents.items():
            self._at(station)
            self._drain(station)
            for name, data in left.items():
                stored = select(exists().where(documents.c.sha256 == name))
                if not self._connection.execute(stored).scalar():
                    self._aside.keep_part(station, name, 1, 1, data)
            head = head_of(self._connection)
            for message, parcel, note in self._notes:
                if parcel.station == station:
                    self._note(message, parcel, note, head.cursor)
            values = {"cursor": head.cursor, "hash": head.hash, "last_seen": self._now}
            self._connection.execute(update(stations).where(stations.c.id == station).values(**values))

    def _at(self, station: str) -> None:
        """From here on the tables without a schema are those of this station."""
        self._connection.execution_options(schema_translate_map={None: self._schemas[station]})

    def _entry(self, station: str, entry: ChainEntry, message: Message) -> None:
        try:
            if self._take(station, entry):
                self.taken.new += 1
            else:
                self.taken.known += 1
        except GapError as gap:
            before = select(exists().where(refused.c.station == station, refused.c.hash == entry.previous_hash))
            if self._connection.execute(before).scalar():
                self._refuse(station, message, "it follows an entry that was refused", entry)
            else:
                self._aside.wait(station, entry, gap.sentence)
        except IntegrityError as error:
            self._refuse(station, message, error.sentence, entry)

    def _take(self, station: str, entry: ChainEntry) -> bool:
        """Append an entry to its chain and to the feed, both or neither. Raises: GapError, IntegrityError."""
        if not entry.is_intact() or entry.cursor != self._newest(station) + 1:
            return take_entry(self._connection, entry)  # which says what it is, and writes nothing
        index = index_of(entry)
        _check_types(index, f"chain {entry.cursor}")
        needed = claims_of(entry, index).documents
        with self._refusable(f"chain {entry.cursor}"):
            kept = [name for name in needed if self._lay_ready(station, name)]
            take_entry(self._connection, entry)
            self._feed.add(station, entry, index)
        self._cursors[station] = entry.cursor
        for name in needed:
            self._documents[station].pop(name, None)
        for name in kept:
            self._aside.drop_parts(station, name)
        return True

    @contextmanager
    def _refusable(self, place: str) -> Iterator[None]:
        """What the database does not take because of what it is (a NUL in a text, a text where a number belongs, an
        attempt that is there already) is an IntegrityError, and undone; everything else in the batch stays."""
        try:
            with self._connection.begin_nested():
                yield
        except (OperationalError, InterfaceError):
            raise  # the database is away, or full
        except (StatementError, UnicodeError) as error:
            raise IntegrityError(f"the database refuses it ({cause_of(error)[:200]})", place=place) from error

    def _newest(self, station: str) -> int:
        if station not in self._cursors:
            self._cursors[station] = head_of(self._connection).cursor
        return self._cursors[station]

    def _lay_ready(self, station: str, name: str) -> bool:
        """Store a document now that an entry refers to it, if it came; never one that nothing refers to. Whether it
        was kept among the parts until now."""
        data = self._documents[station].get(name)
        if data is not None:
            take_document(self._connection, name, data)
            return False
        query = select(parts.c.data).where(parts.c.station == station, parts.c.name == name, parts.c.count == 1)
        data = self._connection.execute(query).scalar()
        if data is not None:
            take_document(self._connection, name, bytes(data))
        return data is not None

    def _drain(self, station: str) -> None:
        """Take what waited for something that has come, as far as that goes."""
        query = select(waiting).where(waiting.c.station == station).order_by(waiting.c.cursor).limit(1)
        while (row := self._connection.execute(query).first()) is not None:
            entry = ChainEntry(
                row.cursor, row.kind, row.id, row.committed, row.previous_hash, row.hash, bytes(row.body)
            )
            try:
                if self._take(station, entry):
                    self.taken.new += 1
            except GapError as gap:
                here = (waiting.c.station == station, waiting.c.cursor == row.cursor, waiting.c.hash == row.hash)
                self._connection.execute(update(waiting).where(*here).values(sentence=gap.sentence))
                return
            except IntegrityError as error:
                self._refuse(station, Message("waiting", {}, entry.body), error.sentence, entry)
            here = (waiting.c.station == station, waiting.c.cursor == row.cursor, waiting.c.hash == row.hash)
            self._connection.execute(delete(waiting).where(*here))

    def _note(self, message: Message, parcel: Parcel, note: Note, newest: int) -> None:
        if note.size > newest:
            return  # the station asks which was the last, and sends it again once its entries are here
        there = self._connection.execute(select(checkpoints.c.note).where(checkpoints.c.size == note.size)).scalar()
        if there is None:
            try:
                with self._refusable(f"checkpoint {note.size}"):
                    row = {"size": note.size, "made": note.made, "note": note.text}
                    self._connection.execute(insert(checkpoints).values(**row))
            except IntegrityError as error:
                self._refuse(parcel.station, message, error.sentence)
        elif there != note.text:
            self._refuse(parcel.station, message, f"another checkpoint over {note.size} entries was received before")

    def _refuse(self, station: str, message: Message, sentence: str, entry: ChainEntry | None = None) -> None:
        self.taken.refused += 1
        self._aside.refuse(station, message, sentence, entry)


def _check_types(index: IndexRows, place: str) -> None:
    """A number where a text belongs would be taken, and be a text then: another than in the body."""
    order_id, serial, attempt, verdict, overlay = index.inspection or ("", "", 1, "", None)
    kind, subject, document = index.event or ("", "", None)
    texts = (order_id, serial, verdict, overlay or "", kind, subject, document or "", *sum(index.frames, ()))
    if not all(isinstance(text, str) for text in texts) or type(attempt) is not int:
        raise IntegrityError("its body is not a complete document of its kind", place=place)
