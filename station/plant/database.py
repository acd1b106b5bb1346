"""The plant's database in PostgreSQL: a schema for each station with the very tables that the station has itself, and
the schema `plant` with what goes over all of them. `plant` also holds a record of the plant's own: its tokens, and who
made them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Self

from sqlalchemy import URL, Engine, create_engine, func, insert, make_url, select, text, update
from sqlalchemy.exc import ArgumentError

from station.documents import sha256_hex
from station.errors import InputError, StorageError
from station.genealogy.chain import GENESIS
from station.genealogy.database import open_database, translated
from station.genealogy.home import StationHome
from station.genealogy.reading import RecordReader
from station.genealogy.schema import checkpoints
from station.genealogy.store import Genealogy
from station.genealogy.values import utc_text
from station.plant.schema import APPEND_ONLY, LAYOUT, PLANT, layout, metadata, stations
from station.plant.wire import Head

NOT_USED = "the plant's database cannot be used"
MOST_STATIONS = 1000
_CONNECT_S = 5
_ONE_UPGRADE = Lock()  # alembic does one at a time in a process
_SLUG = 40  # PostgreSQL cuts names at 63 bytes


@dataclass(frozen=True, slots=True)
class KnownStation:
    """A station as the plant knows it; moments are UTC text, `cursor` and `hash` those of its last entry here."""

    id: str
    schema: str
    first_seen: str
    last_seen: str
    cursor: int
    hash: str
    url: str


def schema_of(station: str) -> str:
    """The name of a station's schema: readable, and another for every id."""
    slug = re.sub(r"[^a-z0-9]+", "_", station.lower()).strip("_")[:_SLUG]
    return f"st_{slug}_{sha256_hex(station.encode())[:8]}"


def url_of(url: str, schema: str) -> URL:
    """The URL of one schema: whoever opens it sees that schema's tables alone.

    Raises:
        InputError: this is no PostgreSQL database.
    """
    try:
        address = make_url(url)
    except ArgumentError as error:  # its own text would show the password
        raise InputError("this is not the URL of a database", place="--database") from error
    if address.get_backend_name() != "postgresql":
        raise InputError("a plant keeps its records in PostgreSQL: postgresql://…", place="--database")
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    query = {"connect_timeout": str(_CONNECT_S), **address.query, "options": f"-csearch_path={schema}"}
    return address.set(query=query)


class PlantDatabase:
    """The plant's database, open. Any number of threads read; one at a time writes (`intake`)."""

    def __init__(self, home: StationHome, url: str, engine: Engine) -> None:
        self.home, self.url, self.engine = home, url, engine
        self._known: dict[str, KnownStation] = {}

    @classmethod
    def open(cls, folder: Path, url: str) -> Self:
        """Open it, creating what is missing and bringing every station's tables up to date. `folder` is the plant's
        home: for pictures, if somebody copies them there, and its settings.

        Raises:
            InputError: this is no PostgreSQL database.
            StorageError: it cannot be reached, or its layout is of newer software.
        """
        home = StationHome(folder.absolute())
        address = url_of(url, PLANT)
        home.prepare()
        _make_schema(address, PLANT)
        engine = open_database(home, url=_shown(address))
        found = cls(home, url, engine)
        try:
            with translated(NOT_USED), home.alone():
                _make_tables(engine)
            for one in found.stations():
                found._bring_up_to_date(one.schema)
        except BaseException:
            engine.dispose()
            raise
        return found

    def close(self) -> None:
        """Release it."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def own(self) -> Genealogy:
        """The plant's own record."""
        return Genealogy(self.home, self.engine)

    def stations(self) -> tuple[KnownStation, ...]:
        """Every station that ever sent something."""
        with translated(NOT_USED), self.engine.connect() as connection:
            found = tuple(KnownStation(*row) for row in connection.execute(select(stations).order_by(stations.c.id)))
        self._known = {one.id: one for one in found}
        return found

    def schemas(self) -> Mapping[str, str]:
        """The schema of each station."""
        return {one.id: one.schema for one in self.stations()}

    def schema(self, station: str) -> str | None:
        """The schema of one station; None where it never sent anything."""
        if station not in self._known:
            self.stations()
        return self._known[station].schema if station in self._known else None

    def add(self, station: str, *, at: datetime) -> str:
        """The schema of a station, made where it is not there yet.

        Raises:
            StorageError: it could not be made, or there are too many stations.
        """
        if (known := self.schema(station)) is not None:
            return known
        if len(self._known) >= MOST_STATIONS:
            raise StorageError(f"a plant has at most {MOST_STATIONS} stations", place=station)
        name, now = schema_of(station), utc_text(at)
        _make_schema(url_of(self.url, PLANT), name)
        self._bring_up_to_date(name)
        row = {"id": station, "schema": name, "first_seen": now, "last_seen": now, "cursor": 0, "hash": GENESIS}
        with translated(NOT_USED), self.home.alone(), self.engine.begin() as connection:
            if connection.execute(select(stations.c.id).where(stations.c.id == station)).first() is None:
                connection.execute(insert(stations).values(**row, url=""))
        self.stations()
        return name

    def head(self, station: str, url: str, *, level: bool, at: datetime) -> Head:
        """How far the plant has come with a station, which just asked and says where its pages are."""
        schema = self.schema(station)
        if schema is None:
            return Head(0, GENESIS, 0, level)
        inside = self.engine.execution_options(schema_translate_map={None: schema})
        with translated(NOT_USED), inside.begin() as connection:
            heard = {"last_seen": utc_text(at), **({"url": url} if url else {})}
            row = connection.execute(
                update(stations)
                .where(stations.c.id == station)
                .values(**heard)
                .returning(stations.c.cursor, stations.c.hash)
            ).one()
            newest = connection.execute(select(func.max(checkpoints.c.size))).scalar() or 0
        return Head(row.cursor, row.hash, newest, level)

    def reader(self, schema: str) -> RecordReader:
        """The record of one station."""
        return RecordReader(self.home, self.engine.execution_options(schema_translate_map={None: schema}))

    def _bring_up_to_date(self, schema: str) -> None:
        with _ONE_UPGRADE:
            open_database(self.home, url=_shown(url_of(self.url, schema))).dispose()


def _shown(address: URL) -> str:
    return address.render_as_string(hide_password=False)


def _make_schema(address: URL, name: str) -> None:
    with translated(NOT_USED, place=address.render_as_string()):
        engine = create_engine(address)
        try:
            with engine.begin() as connection:
                connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('station plant'))"))
                connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{name}"'))
        finally:
            engine.dispose()


def _make_tables(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('station plant'))"))
        metadata.create_all(connection)
        found = connection.execute(select(layout.c.version)).scalar()
        if found is None:
            connection.execute(insert(layout).values(version=LAYOUT))
            for table in APPEND_ONLY:  # the function is that of the station's tables
                connection.execute(
                    text(
                        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {PLANT}.{table} "
                        f"FOR EACH STATEMENT EXECUTE FUNCTION {PLANT}.station_append_only()"
                    )
                )
        elif found != LAYOUT:
            raise StorageError(f"the layout of the plant is {found}, this software knows {LAYOUT}")
