"""Copies of a whole record, made while the station works, and a record made of such a copy.

A backup is a `STATION_HOME` of its own, in SQLite whatever the station's database is: `station verify` checks it, and
any tool that copies folders keeps it. The next one into the same folder copies only the pictures that are new. Secret
keys stay at the station unless they are asked for: who has them can sign as the station.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select

from station.durable import synchronise, write_whole
from station.errors import InputError, IntegrityError, StorageError
from station.genealogy import rows
from station.genealogy.copying import Progress, copy_database, copy_files, copy_tables, in_one_file, opened
from station.genealogy.database import state_of, translated, writing
from station.genealogy.entries import REMOVED
from station.genealogy.frames import ContentFolder
from station.genealogy.home import StationHome
from station.genealogy.replica import head_of
from station.genealogy.schema import chain, events
from station.genealogy.values import read_canonical
from station.genealogy.verify import verify_home

RESTORED = "restored"
NOT_COPIED = "the backup was not finished"
_TRIES = 3


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
    copied = copy.database.with_suffix(".new")
    with translated(NOT_COPIED, place=str(target)):
        _check_earlier(home, url, copy)
        copy.prepare()
        files = copy_files(home, copy, progress)  # first those that retention may remove while the database is copied
        for _ in range(_TRIES):
            before = state_of(home)
            with opened(home, url, read_only=True) as engine:  # anew each time: see `FileState`
                copy_database(engine, copied)
            files += copy_files(home, copy, progress)
            changed = url is None and not before.is_written and before != state_of(home)
            if not changed and not _lost(home, url, copy, copied):
                break
        else:
            raise StorageError(
                "the record changed too much while it was copied: make the backup again", place=str(target)
            )
        _copy_keys(home, copy, secret=keys)
        copied.replace(copy.database)
        synchronise(copy.path)
    with opened(copy, read_only=True) as made, made.connect() as connection:
        head = head_of(connection)
    return Copied(head.cursor, head.hash, files)


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
    with translated("the backup was not restored", place=str(home.path)), opened(backup, read_only=True) as old:
        home.prepare()
        files = copy_files(backup, home, progress)
        _copy_keys(backup, home, secret=True)
        made = home.database.with_suffix(".new")
        copy_database(old, made)
        with opened(home, f"sqlite:///{made}") as there:  # which brings an older layout up to date
            if url is None:
                with writing(there) as connection:
                    head = _say_restored(connection, home, at, by)
            else:
                with opened(home, url) as new, writing(new) as connection:
                    copy_tables(there, connection)
                    head = _say_restored(connection, home, at, by)
        if url is None:
            in_one_file(made)
            made.replace(home.database)
        else:
            made.unlink()
        synchronise(home.path)
    return Copied(*head, files)


def _say_restored(connection: Connection, home: StationHome, at: datetime, by: str) -> tuple[int, str]:
    """The first entry of what goes on from here names the last one of the backup."""
    head = head_of(connection)
    rows.add_event(connection, RESTORED, str(home.path), {"entries": head.cursor, "head": head.hash, "by": by}, at=at)
    return head.cursor, head.hash


def _check_earlier(home: StationHome, url: str | None, copy: StationHome) -> None:
    with opened(home, url, read_only=True) as engine, engine.connect() as connection:
        if not copy.database.is_file():
            if copy.path.exists() and any(copy.path.iterdir()) and not copy.keys.is_dir():
                raise InputError("this folder holds something that is no backup", place=str(copy.path))
            return
        with opened(copy, read_only=True) as earlier, earlier.connect() as there:
            head = head_of(there)
        query = select(chain.c.hash).where(chain.c.cursor == head.cursor)
        if head.cursor and connection.execute(query).scalar() != head.hash:
            raise InputError("this folder holds the backup of another record", place=str(copy.path))


def _lost(home: StationHome, url: str | None, copy: StationHome, copied: Path) -> bool:
    """Whether a picture was removed after the database was copied and before it was."""
    with opened(copy, f"sqlite:///{copied}", read_only=True) as made, made.connect() as connection:
        head = head_of(connection).cursor
    folder = ContentFolder(copy.frames)
    with opened(home, url, read_only=True) as now, now.connect() as connection:
        query = select(chain.c.body).join(events, events.c.cursor == chain.c.cursor)
        for body in connection.execute(query.where(events.c.kind == REMOVED, chain.c.cursor > head)).scalars():
            if any(folder.find(digest) is None for digest in read_canonical(bytes(body))["payload"]["sha256"]):
                return True
    return False


def _copy_keys(source: StationHome, copy: StationHome, *, secret: bool) -> None:
    """Public keys and certificates; the secret ones, readable by their owner alone, only where asked for."""
    for path in sorted(source.keys.glob("*.pem")):
        data = path.read_bytes()
        if b"PRIVATE KEY" in data and not secret:
            continue
        write_whole(copy.keys / path.name, data, 0o600)


def _has_entries(home: StationHome, url: str) -> bool:
    home.prepare()
    with opened(home, url) as engine, engine.connect() as connection:
        return head_of(connection).cursor > 0
