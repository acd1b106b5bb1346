"""Copies of a whole record, made while the station works, and a record made of such a copy.

A backup is a `STATION_HOME` of its own, in SQLite whatever the station's database is: `station verify` checks it, and
any tool that copies folders keeps it. The next one into the same folder copies only the pictures that are new. Secret
keys stay at the station unless they are asked for: who has them can sign as the station.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, insert, select

from station.errors import InputError, IntegrityError
from station.genealogy.chain import GENESIS
from station.genealogy.database import open_database, translated, writing
from station.genealogy.entries import REMOVED
from station.genealogy.frames import ContentFolder
from station.genealogy.home import StationHome
from station.genealogy.schema import chain, metadata
from station.genealogy.store import Genealogy
from station.genealogy.verify import verify_home

RESTORED = "restored"
NOT_COPIED = "the backup was not finished"
_ROWS = 1000
_PICTURES = ("frames", "overlays", "calibrations")
_TRIES = 3

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Copied:
    """What a backup holds: entries of the chain, its newest hash, and how many files were new."""

    entries: int
    head: str
    files: int


def back_up(
    home: StationHome, target: Path, *, url: str | None = None, keys: bool = False, progress: Progress | None = None
) -> Copied:
    """Copy the record of `home` (with `url`: its database) into the folder `target`, which may hold an earlier copy.

    Raises:
        InputError: `target` holds something else than an earlier copy of this record.
        IntegrityError: a picture is not what was stored; what was copied before stays.
        StorageError: it could not be written to the end; what was copied before stays.
    """
    copy = StationHome(target.absolute())
    if copy.path == home.path or home.path in copy.path.parents:
        raise InputError("a backup must not lie in the folder that it is of", place=str(target))
    with Genealogy.open(home, url=url, read_only=True) as genealogy, translated(NOT_COPIED, place=str(target)):
        _check_earlier(genealogy, copy)
        copy.prepare()
        for _ in range(_TRIES):
            before = _last_removal(genealogy)
            _copy_database(genealogy.engine, copy)
            files = _copy_files(home, copy, progress or (lambda _done, _total: None))
            if before == _last_removal(genealogy):
                break  # else pictures that the copy speaks of were removed meanwhile, and it does not say so yet
        _copy_keys(home, copy, secret=keys)
        copied = copy.database.with_suffix(".new")
        copied.replace(copy.database)
        _synchronise(copy.path)
    with Genealogy.open(copy, read_only=True) as made:
        entries, head = _head(made.engine)
    return Copied(entries, head, files)


def restore(
    source: Path, home: StationHome, *, url: str | None = None, at: datetime, by: str, progress: Progress | None = None
) -> Copied:
    """Make the record of `home`, which has none yet, out of a backup; the record says that and when.

    Raises:
        InputError: `home` has a record, or `source` is no backup.
        IntegrityError: the backup is not intact.
        StorageError: it could not be written; `home` then has no record still.
    """
    backup = StationHome(source.absolute())
    if home.database.exists() or (url is not None and _has_entries(home, url)):
        raise InputError("there is a record here: a backup is only restored where there is none", place=str(home.path))
    report = verify_home(backup)
    if not report.is_intact:
        first = report.faults[0]
        raise IntegrityError(f"this backup is not intact: {first.place}: {first.sentence}", place=str(source))
    with translated("the backup was not restored", place=str(home.path)):
        home.prepare()
        files = _copy_files(backup, home, progress or (lambda _done, _total: None))
        _copy_keys(backup, home, secret=True)
        if url is None:
            shutil.copyfile(backup.database, home.database.with_suffix(".new"))
            _synchronise(home.database.with_suffix(".new"))
            home.database.with_suffix(".new").replace(home.database)
            _synchronise(home.path)
        else:
            with _database(backup, read_only=True) as old, _database(home, url) as new:
                _copy_tables(old, new)
    with Genealogy.open(home, url=url) as genealogy:
        entries, head = _head(genealogy.engine)
        payload = {"entries": entries, "head": head, "by": by}
        genealogy.add_event(RESTORED, str(home.path), payload, at=at)
    return Copied(entries, head, files)


def _check_earlier(genealogy: Genealogy, copy: StationHome) -> None:
    if not copy.database.is_file():
        if copy.path.exists() and any(copy.path.iterdir()) and not copy.keys.is_dir():
            raise InputError("this folder holds something that is no backup", place=str(copy.path))
        return
    with Genealogy.open(copy, read_only=True) as earlier:
        entries, head = _head(earlier.engine)
    with genealogy.engine.connect() as connection:
        query = select(chain.c.hash).where(chain.c.cursor == entries)
        if entries and connection.execute(query).scalar() != head:
            raise InputError("this folder holds the backup of another record", place=str(copy.path))


def _copy_database(engine: Engine, copy: StationHome) -> None:
    target = copy.database.with_suffix(".new")
    for left_over in (target, *(target.with_name(target.name + end) for end in ("-wal", "-shm"))):
        left_over.unlink(missing_ok=True)
    if engine.dialect.name != "sqlite":
        with _database(copy, f"sqlite:///{target}") as made:
            _copy_tables(engine, made)
    else:
        source = engine.raw_connection()
        try:
            with closing(sqlite3.connect(target)) as made_file:
                assert isinstance(source.driver_connection, sqlite3.Connection)
                source.driver_connection.backup(made_file)
        finally:
            source.close()
    with closing(sqlite3.connect(target)) as made_file:  # one file, that a read-only medium can hold
        made_file.execute("PRAGMA journal_mode = DELETE")
    _synchronise(target)


def _copy_tables(old: Engine, new: Engine) -> None:
    """Every row, in one snapshot of the one and one transaction of the other."""
    with old.connect() as reading, writing(new) as connection:
        for table in metadata.sorted_tables:
            rows = reading.execution_options(yield_per=_ROWS).execute(select(table).order_by(*table.primary_key))
            for part in rows.mappings().partitions(_ROWS):
                connection.execute(insert(table), [dict(row) for row in part])


def _copy_files(source: StationHome, copy: StationHome, progress: Progress) -> int:
    """Every picture that the copy does not have, checked by its name on the way; how many those were."""
    missing: list[tuple[ContentFolder, ContentFolder, Path]] = []
    for name in _PICTURES:
        old, new = ContentFolder(getattr(source, name)), ContentFolder(getattr(copy, name))
        missing += [(old, new, path) for path in _files(old.path) if new.find(_digest(path)) is None]
    for done, (old, new, path) in enumerate(missing):
        progress(done, len(missing))
        try:
            new.keep(old.read(_digest(path)), path.suffix)
        except IntegrityError:
            if path.exists():  # else a rule of retention removed it in this moment
                raise
    progress(len(missing), len(missing))
    return len(missing)


def _files(folder: Path) -> Iterable[Path]:
    return sorted(folder.glob("??/*"))


def _digest(path: Path) -> str:
    return path.name.split(".")[0]


def _copy_keys(source: StationHome, copy: StationHome, *, secret: bool) -> None:
    """Public keys and certificates; the secret ones, readable by their owner alone, only where asked for."""
    for path in sorted(source.keys.glob("*.pem")):
        data = path.read_bytes()
        if b"PRIVATE KEY" in data and not secret:
            continue
        target = copy.keys / path.name
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(handle)


def _last_removal(genealogy: Genealogy) -> int:
    found = genealogy.events(REMOVED, limit=1)
    return found[0].cursor if found else 0


def _has_entries(home: StationHome, url: str) -> bool:
    home.prepare()
    with _database(home, url) as engine:
        return _head(engine)[0] > 0


def _head(engine: Engine) -> tuple[int, str]:
    with engine.connect() as connection:
        row = connection.execute(select(chain.c.cursor, chain.c.hash).order_by(chain.c.cursor.desc()).limit(1)).first()
    return (row.cursor, row.hash) if row else (0, GENESIS)


@contextmanager
def _database(home: StationHome, url: str | None = None, *, read_only: bool = False) -> Iterator[Engine]:
    engine = open_database(home, url=url, read_only=read_only)
    try:
        yield engine
    finally:
        engine.dispose()


def _synchronise(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
