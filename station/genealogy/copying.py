"""Copying what a record consists of: the database as it stands at one moment, the pictures that are not there yet."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select

from station.durable import synchronise
from station.errors import IntegrityError
from station.genealogy.database import open_database, writing
from station.genealogy.frames import ContentFolder
from station.genealogy.home import StationHome
from station.genealogy.schema import metadata

_ROWS = 1000
_PICTURES = ("frames", "overlays", "calibrations")

Progress = Callable[[int, int], None]


def copy_database(engine: Engine, target: Path) -> None:
    """The whole database in one snapshot, into one SQLite file."""
    for left_over in (target, *(target.with_name(target.name + end) for end in ("-wal", "-shm"))):
        left_over.unlink(missing_ok=True)
    if engine.dialect.name != "sqlite":
        with opened(StationHome(target.parent), f"sqlite:///{target}") as made, writing(made) as connection:
            copy_tables(engine, connection)
    else:
        source = engine.raw_connection()
        try:
            with closing(sqlite3.connect(target)) as made_file:
                assert isinstance(source.driver_connection, sqlite3.Connection)
                source.driver_connection.backup(made_file)
        finally:
            source.close()
    in_one_file(target)


def in_one_file(database: Path) -> None:
    """So that it can be renamed, and read from a medium that cannot be written."""
    with closing(sqlite3.connect(database)) as file:
        file.execute("PRAGMA journal_mode = DELETE")
    synchronise(database)


def copy_tables(old: Engine, new: Connection) -> None:
    """Every row, in one snapshot."""
    with old.connect() as reading:
        for table in metadata.sorted_tables:
            found = reading.execution_options(yield_per=_ROWS).execute(select(table).order_by(*table.primary_key))
            for part in found.mappings().partitions(_ROWS):
                new.execute(insert(table), [dict(row) for row in part])


def copy_files(source: StationHome, copy: StationHome, progress: Progress | None) -> int:
    """Every picture that the copy does not have, checked by its name on the way; how many those were."""
    folders = [(ContentFolder(getattr(source, name)), ContentFolder(getattr(copy, name))) for name in _PICTURES]
    total = sum(1 for old, new in folders for _ in _missing(old, new))
    done = 0
    for old, new in folders:
        for path in _missing(old, new):
            try:
                new.keep(old.read(_digest(path)), path.suffix)
            except IntegrityError:
                if path.exists():  # else a rule of retention removed it in this moment
                    raise
            done += 1
            if progress is not None:
                progress(done, max(done, total))
    return done


def _missing(old: ContentFolder, new: ContentFolder) -> Iterator[Path]:
    """The files of the one that the other does not have, a folder at a time: there may be millions."""
    for folder in sorted(old.path.glob("??")):
        there = {path.name for path in (new.path / folder.name).glob("*")}
        yield from (path for path in sorted(folder.iterdir()) if path.name not in there)


def _digest(path: Path) -> str:
    return path.name.split(".")[0]


@contextmanager
def opened(home: StationHome, url: str | None = None, *, read_only: bool = False) -> Iterator[Engine]:
    """A database for a while; raises as `open_database`."""
    engine = open_database(home, url=url, read_only=read_only)
    try:
        yield engine
    finally:
        engine.dispose()
