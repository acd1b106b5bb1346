"""What the plant holds beside the stations' records: what waits, what is not complete, what was refused. Each has its
limit, so that no station fills the disk; what is beyond it and was good is sent again by its station."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from station.documents import sha256_hex
from station.genealogy.chain import ChainEntry
from station.genealogy.values import utc_text
from station.plant.schema import parts, refused, waiting
from station.plant.wire import Message, Parcel

MOST_WAITING = 10_000  # entries of one station; what is not kept is sent again, the station asks how far we are
MOST_PARTS = 1_000
MOST_REFUSED = 10_000
FORGOTTEN_DAYS = 30  # parts of something that was never completed


class Aside:
    """These tables, within a transaction of the intake."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection, self._now = connection, utc_text(now)
        forgotten = parts.c.received < utc_text(now - timedelta(days=FORGOTTEN_DAYS))
        connection.execute(delete(parts).where(forgotten))

    def wait(self, station: str, entry: ChainEntry, sentence: str) -> None:
        """Keep an entry until what it needs has come."""
        count = select(func.count()).select_from(waiting).where(waiting.c.station == station)
        if (self._connection.execute(count).scalar() or 0) >= MOST_WAITING:
            return
        row = {field: getattr(entry, field) for field in entry.__dataclass_fields__}
        statement = insert(waiting).values(**row, station=station, received=self._now, sentence=sentence)
        self._connection.execute(statement.on_conflict_do_nothing())

    def joined(self, parcel: Parcel) -> bytes | None:
        """The whole of something that comes in parts, once all of them are there."""
        station, part = parcel.station, parcel.part
        self.keep_part(station, part.name, part.number, part.of, parcel.data)
        query = select(parts.c.data).where(
            parts.c.station == station, parts.c.name == part.name, parts.c.count == part.of
        )
        found = list(self._connection.execute(query.order_by(parts.c.number)).scalars())
        if len(found) < part.of:
            return None
        self.drop_parts(station, part.name)
        return b"".join(map(bytes, found))

    def keep_part(self, station: str, name: str, number: int, of: int, data: bytes) -> None:
        """Keep a part of something; a document that is nobody's yet is one of one."""
        count = select(func.count()).select_from(parts).where(parts.c.station == station)
        if (self._connection.execute(count).scalar() or 0) >= MOST_PARTS:
            return
        row = {"station": station, "name": name, "count": of, "number": number, "received": self._now, "data": data}
        self._connection.execute(insert(parts).values(**row).on_conflict_do_nothing())

    def drop_parts(self, station: str, name: str) -> None:
        """What was in parts is where it belongs."""
        self._connection.execute(delete(parts).where(parts.c.station == station, parts.c.name == name))

    def refuse(self, station: str, message: Message, sentence: str, entry: ChainEntry | None) -> None:
        """Keep what cannot be taken, for people, with the reason; the same thing once."""
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
