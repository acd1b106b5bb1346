"""What the API reads of a plant: the records of all its stations, as one `mes.source.RecordSource`.

Positions are those of the plant's feed. A part's family is put together from every station that knows something of it;
an inspection with its evidence is read from its own station's chain.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, union

from station.errors import InputError
from station.genealogy.chain import GENESIS, INSPECTION, ChainEntry
from station.genealogy.database import translated
from station.genealogy.dossier import Dossier, dossier_of
from station.genealogy.events import OVERLAY, Event
from station.genealogy.family import family_of
from station.genealogy.frames import ContentFolder
from station.genealogy.pages import RecordSummary
from station.genealogy.parts import ORDER_RECEIVED
from station.genealogy.reading import NOTHING_READ, RecordReader, as_event
from station.genealogy.rows import as_entry
from station.genealogy.schema import chain, inspection_frames
from station.genealogy.values import read_canonical
from station.mes.source import EntryRow, KnownOrder, RecordLine
from station.plant.database import PlantDatabase
from station.plant.schema import about, feed

_CHUNK = 500  # rows of one transaction
_MOST_EVENTS = 10_000  # about one name
_LINE = (
    feed.c.position, feed.c.hash, feed.c.id, feed.c.order_id, feed.c.serial, feed.c.attempt, feed.c.verdict,
    feed.c.committed,
)  # fmt: skip


class PlantSource:
    """The record of a whole plant; every method may be called from any thread."""

    def __init__(self, database: PlantDatabase) -> None:
        self._database = database

    def newest(self) -> int:  # noqa: D102  see mes.source.RecordSource, here and below
        return self._scalar(select(func.max(feed.c.position))) or 0

    def hash_at(self, position: int) -> str | None:  # noqa: D102
        if position == 0:
            return GENESIS
        found: str | None = self._scalar(select(feed.c.hash).where(feed.c.position == position))
        return found

    def lines(self, after: int, limit: int, order_id: str | None = None) -> tuple[RecordLine, ...]:  # noqa: D102
        query = select(*_LINE).where(feed.c.position > after, feed.c.order_id.is_not(None))
        if order_id is not None:
            query = query.where(feed.c.order_id == order_id)
        return tuple(RecordLine(**row._mapping) for row in self._rows(query.order_by(feed.c.position).limit(limit)))

    def entries(  # noqa: D102
        self, after: int, *, order_id: str | None = None, events: bool = False
    ) -> Iterator[Sequence[EntryRow]]:
        query = select(feed.c.position, feed.c.station, feed.c.cursor).order_by(feed.c.position).limit(_CHUNK)
        if not events:
            query = query.where(feed.c.order_id.is_not(None))
        if order_id is not None:
            query = query.where(feed.c.order_id == order_id)
        while found := self._entries(query.where(feed.c.position > after)):
            yield [
                (one.cursor, one.kind, one.id, one.committed, one.previous_hash, one.hash, one.body) for one in found
            ]
            after = found[-1].cursor

    def entry(self, id: str) -> ChainEntry:  # noqa: D102
        return self._station(id).entry(id)

    def inspection(self, id: str) -> Mapping[str, Any]:  # noqa: D102
        return self._station(id).inspection(id)

    def dossier(self, id: str) -> Dossier:  # noqa: D102
        return dossier_of(self._station(id), id)

    def overlay(self, id: str) -> bytes | None:  # noqa: D102
        reader = self._station(id)
        drawn = reader.events(OVERLAY, id, 1)
        digest = drawn[0].payload["sha256"] if drawn else None
        return reader.overlay(id) if digest and ContentFolder(self._database.home.overlays).find(digest) else None

    def frame(self, sha256: str) -> bytes | None:  # noqa: D102
        reader = RecordReader(self._database.home, self._database.engine)
        if reader.keeps_frame(sha256):
            return reader.frame(sha256)
        if self.station_of_frame(sha256) is None:
            raise InputError("there is no picture with this hash", place=sha256)
        return None

    def station_of_frame(self, sha256: str) -> str | None:
        """The station that took a picture, and keeps it; None where no record names it."""
        for station, reader in self._readers():
            if reader.names_frame(sha256):
                return station
        return None

    def url_of_frame(self, sha256: str) -> str | None:
        """Where its station serves a picture that is not here; None where nobody knows."""
        taken_by = self.station_of_frame(sha256)
        found = next((one.url for one in self._database.stations() if one.id == taken_by), "")
        return f"{found.rstrip('/')}/v1/frames/{sha256}" if found else None

    def document(self, sha256: str) -> bytes:  # noqa: D102
        for _, reader in self._readers():
            with suppress(InputError):
                return reader.document(sha256)
        raise InputError("there is no document with this hash", place=sha256[:80])

    def known_order(self, order_id: str) -> KnownOrder | None:  # noqa: D102
        for event in reversed(self.events_about([order_id], ORDER_RECEIVED)):
            if event.subject == order_id and event.document_sha256 is not None:
                return KnownOrder(order_id, event.document_sha256, event.payload.get("drawing_sha256"), event.at)
        query = select(feed.c.id).where(feed.c.order_id == order_id).order_by(feed.c.position.desc()).limit(1)
        newest = self._scalar(query)
        if newest is None:
            return None
        document = self.inspection(newest)
        return KnownOrder(order_id, document["order_sha256"], document.get("drawing_sha256"), None)

    def genealogy(self, order_id: str) -> dict[str, Any]:  # noqa: D102
        return family_of(self, order_id).to_document()

    def has_frame(self, order_id: str, sha256: str) -> bool:  # noqa: D102
        query = select(inspection_frames.c.cursor).where(inspection_frames.c.sha256 == sha256)
        for station, reader in self._readers():
            with translated(NOTHING_READ), reader.engine.connect() as connection:
                cursors = list(connection.execute(query.limit(_CHUNK)).scalars())
            mine = select(feed.c.position).where(feed.c.station == station, feed.c.cursor.in_(cursors))
            if cursors and self._scalar(mine.where(feed.c.order_id == order_id).limit(1)) is not None:
                return True
        return False

    def has_document(self, order_id: str, sha256: str) -> bool:  # noqa: D102
        known = self.known_order(order_id)
        if known is not None and sha256 in (known.sha256, known.drawing_sha256):
            return True
        for chunk in self.entries(0, order_id=order_id):
            for row in chunk:
                document = read_canonical(row[-1])
                calibration = document["calibration"] or {}
                if sha256 in (document["order_sha256"], document.get("drawing_sha256"), calibration.get("sha256")):
                    return True
        return False

    def attempts_of(self, order_id: str, serial: str) -> tuple[RecordSummary, ...]:
        """Every inspection of this part of this order at any station, in the order of the feed."""
        query = select(
            feed.c.position.label("cursor"),
            feed.c.id,
            feed.c.order_id,
            feed.c.serial,
            feed.c.attempt,
            feed.c.verdict,
            feed.c.committed,
        )
        query = query.where(feed.c.order_id == order_id, feed.c.serial == serial).order_by(feed.c.position)
        return tuple(RecordSummary(**row._mapping) for row in self._rows(query))

    def serials_of(self, order_id: str) -> tuple[str, ...]:
        """The parts of an order that were inspected at any station."""
        query = select(feed.c.serial).where(feed.c.order_id == order_id).distinct().order_by(feed.c.serial)
        return tuple(row.serial for row in self._rows(query))

    def events_about(self, names: Collection[str], kind: str | None = None) -> tuple[Event, ...]:
        """Every event about any of these at any station, in the order of the feed, with its position as cursor."""
        there = select(about.c.position).where(about.c.name.in_(names))
        if kind is not None:
            there = there.where(about.c.kind == kind)
        query = select(feed.c.position, feed.c.station, feed.c.cursor).where(feed.c.position.in_(there))
        return tuple(map(as_event, self._entries(query.order_by(feed.c.position).limit(_MOST_EVENTS))))

    def events_about_part(self, order_id: str, serial: str) -> tuple[Event, ...]:
        """Every event about a part, an inspection of it, or a part that was built into it, at any station; in the order
        of the feed."""
        named = select(about.c.position).where(about.c.name == order_id)
        mine = select(about.c.position).where(about.c.name == serial, about.c.position.in_(named))
        ids = select(feed.c.id).where(feed.c.order_id == order_id, feed.c.serial == serial)
        there = union(mine, select(about.c.position).where(about.c.name.in_(ids)))
        query = select(feed.c.position, feed.c.station, feed.c.cursor).where(feed.c.position.in_(there))
        return tuple(map(as_event, self._entries(query.order_by(feed.c.position).limit(_MOST_EVENTS))))

    def _entries(self, places: Select[Any]) -> list[ChainEntry]:
        """The entries at these places of the feed, with their position as cursor."""
        with translated(NOTHING_READ), self._database.engine.connect() as connection:
            rows = connection.execute(places).all()
            found: dict[tuple[str, int], ChainEntry] = {}
            for station in {row.station for row in rows}:
                found |= self._chain(connection, station, [row.cursor for row in rows if row.station == station])
        return [replace(found[row.station, row.cursor], cursor=row.position) for row in rows]

    def _chain(self, connection: Connection, station: str, cursors: list[int]) -> dict[tuple[str, int], ChainEntry]:
        connection.execution_options(schema_translate_map={None: self._database.schema(station)})
        rows = connection.execute(select(chain).where(chain.c.cursor.in_(cursors)))
        return {(station, row.cursor): as_entry(row) for row in rows}

    def _station(self, id: str) -> RecordReader:
        """The record that an inspection is in. Raises: InputError: there is no such inspection."""
        query = select(feed.c.station).where(feed.c.id == id, feed.c.kind == INSPECTION)
        station = self._scalar(query)
        schema = None if station is None else self._database.schema(station)
        if schema is None:
            raise InputError("there is no inspection with this id", place=id[:80])
        return self._database.reader(schema)

    def _readers(self) -> Iterator[tuple[str, RecordReader]]:
        for station, schema in self._database.schemas().items():
            yield station, self._database.reader(schema)

    def _scalar(self, query: Select[Any]) -> Any:
        with translated(NOTHING_READ), self._database.engine.connect() as connection:
            return connection.execute(query).scalar()

    def _rows(self, query: Select[Any]) -> list[Row[Any]]:
        with translated(NOTHING_READ), self._database.engine.connect() as connection:
            return list(connection.execute(query))
