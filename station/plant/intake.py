"""Taking what the hub delivers into the database: a batch is one transaction, and what comes twice changes nothing.

An entry is taken if it continues its station's chain (`genealogy.replica`), and stands in `feed` in the same
transaction. One that came too early waits; one that is forged, or of a chain that was replaced, is kept aside with the
reason and stops nobody. Whatever `take` returned for is on the disk, and may be acknowledged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError
from sqlalchemy.exc import IntegrityError as ConflictError

from station.documents import sha256_hex
from station.errors import InputError, IntegrityError
from station.genealogy.chain import ChainEntry
from station.genealogy.database import cause_of, translated
from station.genealogy.entries import claims_of, index_of
from station.genealogy.replica import GapError, head_of, take_document, take_entry
from station.genealogy.schema import checkpoints, documents
from station.genealogy.values import utc_text
from station.plant.database import NOT_USED, PlantDatabase
from station.plant.feed import Feed
from station.plant.schema import parts, refused, stations, waiting
from station.plant.wire import Message, Note, Parcel, read

MOST_WAITING = 10_000  # entries of one station; what is not kept is sent again, the station asks how far we are
MOST_PARTS = 1_000
MOST_REFUSED = 10_000
FORGOTTEN_DAYS = 30  # parts of something that was never completed


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
        self._feed = Feed(connection)
        self._documents: dict[str, dict[str, bytes]] = {station: {} for station in schemas}  # whole, nobody's yet
        self._cursors: dict[str, int] = {}  # the newest entry of each station's chain
        self._notes: list[tuple[Message, Parcel, Note]] = []
        self.taken = Taken()
        forgotten = parts.c.received < utc_text(now - timedelta(days=FORGOTTEN_DAYS))
        connection.execute(delete(parts).where(forgotten))

    def add(self, message: Message, parcel: Parcel | InputError) -> None:
        """Take one message."""
        if isinstance(parcel, InputError):
            self._refuse("", message, f"{parcel.place}: {parcel.sentence}")
            return
        self._at(parcel.station)
        data = parcel.data if parcel.part.of == 1 else self._joined(parcel)
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
                    self._keep_part(station, name, 1, 1, data)
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
                self._wait(station, entry, gap.sentence)
        except IntegrityError as error:
            self._refuse(station, message, error.sentence, entry)

    def _take(self, station: str, entry: ChainEntry) -> bool:
        """Append an entry to its chain and to the feed, both or neither. Raises: GapError, IntegrityError."""
        if not entry.is_intact() or entry.cursor != self._newest(station) + 1:
            return take_entry(self._connection, entry)  # which says what it is, and writes nothing
        index = index_of(entry)
        needed = claims_of(entry, index).documents
        try:
            with self._connection.begin_nested():
                kept = [name for name in needed if self._lay_ready(station, name)]
                take_entry(self._connection, entry)
                self._feed.add(station, entry, index)
        except (ConflictError, DataError) as error:  # a text with NUL in it, an attempt that is there already, …
            place = f"chain {entry.cursor}"
            raise IntegrityError(f"the database refuses it ({cause_of(error)[:200]})", place=place) from error
        self._cursors[station] = entry.cursor
        for name in needed:
            self._documents[station].pop(name, None)
        for name in kept:
            self._drop_parts(station, name)
        return True

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

    def _wait(self, station: str, entry: ChainEntry, sentence: str) -> None:
        count = select(func.count()).select_from(waiting).where(waiting.c.station == station)
        if (self._connection.execute(count).scalar() or 0) >= MOST_WAITING:
            return
        row = {field: getattr(entry, field) for field in entry.__dataclass_fields__}
        statement = insert(waiting).values(**row, station=station, received=self._now, sentence=sentence)
        self._connection.execute(statement.on_conflict_do_nothing())

    def _note(self, message: Message, parcel: Parcel, note: Note, newest: int) -> None:
        if note.size > newest:
            return  # the station asks which was the last, and sends it again once its entries are here
        there = self._connection.execute(select(checkpoints.c.note).where(checkpoints.c.size == note.size)).scalar()
        if there is None:
            self._connection.execute(insert(checkpoints).values(size=note.size, made=note.made, note=note.text))
        elif there != note.text:
            self._refuse(parcel.station, message, f"another checkpoint over {note.size} entries was received before")

    def _joined(self, parcel: Parcel) -> bytes | None:
        """The whole of something that comes in parts, once all of them are there."""
        station, part = parcel.station, parcel.part
        self._keep_part(station, part.name, part.number, part.of, parcel.data)
        query = select(parts.c.data).where(
            parts.c.station == station, parts.c.name == part.name, parts.c.count == part.of
        )
        found = list(self._connection.execute(query.order_by(parts.c.number)).scalars())
        if len(found) < part.of:
            return None
        self._drop_parts(station, part.name)
        return b"".join(map(bytes, found))

    def _keep_part(self, station: str, name: str, number: int, of: int, data: bytes) -> None:
        count = select(func.count()).select_from(parts).where(parts.c.station == station)
        if (self._connection.execute(count).scalar() or 0) >= MOST_PARTS:
            return
        row = {"station": station, "name": name, "count": of, "number": number, "received": self._now, "data": data}
        self._connection.execute(insert(parts).values(**row).on_conflict_do_nothing())

    def _drop_parts(self, station: str, name: str) -> None:
        self._connection.execute(delete(parts).where(parts.c.station == station, parts.c.name == name))

    def _refuse(self, station: str, message: Message, sentence: str, entry: ChainEntry | None = None) -> None:
        self.taken.refused += 1
        count = select(func.count()).select_from(refused).where(refused.c.station == station)
        if (self._connection.execute(count).scalar() or 0) >= MOST_REFUSED:
            return
        data = message.data if entry is None else entry.body
        headers = json.dumps({key: value for key, value in sorted(message.headers.items()) if key != "Nats-Msg-Id"})
        row = {
            "station": station,
            "subject": message.subject[:500].replace("\0", "?"),
            "sha256": sha256_hex(f"{message.subject}\n{headers}\n".encode("utf-8", "replace") + data),
            "cursor": None if entry is None else entry.cursor,
            "hash": None if entry is None else entry.hash,
            "received": self._now,
            "sentence": sentence.replace("\0", "?"),
            "headers": headers[:10_000],
            "data": data,
        }
        self._connection.execute(insert(refused).values(**row).on_conflict_do_nothing())
