"""Opening the record store: SQLite in the home by default, another engine by URL; layout brought up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, inspect, make_url, text
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

from station.errors import StorageError
from station.genealogy.home import StationHome
from station.genealogy.schema import HEAD, metadata

OLDER = ("r0001",)  # layouts that are read as they are
BUSY_TIMEOUT_S = 15.0
DATABASE_ERRORS = (SQLAlchemyError, sqlite3.Error, UnicodeDecodeError)  # the last: SQLite quotes what is damaged
_CAUSES = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_IOERR": "the disk is full or cannot be written",
    "SQLITE_READONLY": "the database cannot be written by this user",
    "SQLITE_PERM": "the database cannot be written by this user",
    "SQLITE_CANTOPEN": "the database cannot be opened",
    "SQLITE_BUSY": "the database is held by another process",
    "SQLITE_LOCKED": "the database is held by another process",
    "SQLITE_CORRUPT": "the database is damaged (see 'station verify')",
    "SQLITE_NOTADB": "this is not a record database",
}


def open_database(home: StationHome, *, url: str | None = None, read_only: bool = False) -> Engine:
    """An engine on the home's database (or on `url`), in the layout of this software.

    Writers create the database and bring it up to date; readers change nothing, not even a side file, and read older
    layouts as if what was added since were there and empty.

    Raises:
        StorageError: it cannot be opened, or its layout is of other software.
    """
    address = _address(home, url)
    place = str(home.database) if url is None else address.render_as_string()
    with translated("the record store cannot be used", place=place):
        engine = _engine(address, read_only=read_only)
        try:
            if read_only:
                _require_readable(engine)
            else:
                with home.alone():
                    _bring_up_to_date(engine)
        except BaseException:
            engine.dispose()
            raise
    return engine


def _address(home: StationHome, url: str | None) -> URL:
    if url is None:
        return URL.create("sqlite", database=str(home.database))
    try:
        return make_url(url)
    except ArgumentError as error:  # its own text would show the password
        raise StorageError("this is not the URL of a database") from error


def _engine(address: URL, *, read_only: bool) -> Engine:
    if address.get_backend_name() == "sqlite":
        engine = _sqlite(Path(address.database or ""), read_only=read_only)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        isolation = "REPEATABLE READ" if read_only else "READ COMMITTED"  # the former: one snapshot to verify
        return create_engine(address, isolation_level=isolation, pool_pre_ping=True)
    except ImportError as error:
        raise StorageError(f"the driver for this kind of database is not installed ({error.name})") from error


@dataclass(frozen=True, slots=True)
class FileState:
    """Of the database file. One that nobody writes is read as if it could not change (see `_sqlite`): whoever has read
    a whole one asks again, because a station may have started meanwhile."""

    is_written: bool
    modified_ns: int
    size_bytes: int


def state_of(home: StationHome) -> FileState:
    """Of the home's own database; the same before and after where there is none."""
    try:
        file = home.database.stat()
    except OSError:
        return FileState(False, 0, 0)
    return FileState(_log_of(home.database).exists(), file.st_mtime_ns, file.st_size)


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _sqlite(path: Path, *, read_only: bool) -> Engine:
    if read_only and not path.is_file():
        raise StorageError("there is no record database", place=str(path))

    def connect() -> sqlite3.Connection:
        mode = "rwc"
        if read_only:  # without a write-ahead log nobody writes, and reading must not leave one behind
            mode = "ro" if _log_of(path).exists() else "ro&immutable=1"
        name = f"file:{quote(str(path.absolute()))}?mode={mode}"
        connection = sqlite3.connect(
            name, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        if read_only:
            connection.text_factory = lambda data: data.decode("utf-8", "replace")
            _add_newer_tables(connection)
        else:
            _set_up_writer(connection)
        return connection

    return create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=8, max_overflow=64)


def _add_newer_tables(connection: sqlite3.Connection) -> None:
    """The tables that an older layout lacks, empty, in this connection's memory."""
    try:
        there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error:
        return  # not a record, or a damaged one: for whoever reads next to say
    if found is None or found[0] not in OLDER:
        return
    connection.execute("PRAGMA temp_store = MEMORY")
    for table in metadata.sorted_tables:
        if table.name not in there:
            statement = str(CreateTable(table).compile(dialect=sqlite_dialect()))
            connection.execute(statement.replace("CREATE TABLE", "CREATE TEMP TABLE", 1))


def _set_up_writer(connection: sqlite3.Connection) -> None:
    try:
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("station_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that excludes every other writer, in this process and in others, from its first statement."""
    with engine.connect() as connection:
        chosen = connection.execution_options(station_writing=True)
        with chosen.begin():
            if engine.dialect.name == "postgresql":
                chosen.execute(text("LOCK TABLE chain IN EXCLUSIVE MODE"))
            yield chosen


@contextmanager
def translated(consequence: str, *, place: str = "") -> Iterator[None]:
    """Turn what the database and the file system raise into a `StorageError`: cause, colon, consequence."""
    try:
        yield
    except (*DATABASE_ERRORS, OSError) as error:
        raise StorageError(f"{cause_of(error)}: {consequence}", place=place) from error


def cause_of(error: Exception) -> str:
    """Why the database or the file system refused, in a few words for a person."""
    original: Any = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    name = getattr(original, "sqlite_errorname", "SQLITE_CORRUPT" if isinstance(error, UnicodeDecodeError) else "")
    for start, cause in _CAUSES.items():
        if name.startswith(start):
            return cause
    words = str(getattr(original, "strerror", None) or original).strip() or type(original).__name__
    return words.splitlines()[0]


def is_damage(error: BaseException | None) -> bool:
    """Whether this is a database that exists and is no longer sound, rather than one that cannot be reached."""
    while error is not None:
        name = str(getattr(error, "sqlite_errorname", ""))
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or isinstance(error, UnicodeDecodeError):
            return True
        error = error.__cause__
    return False


def layout_of(connection: Connection) -> str | None:
    """The revision of `migrations/versions` that the tables are of; None where there are none of the station."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _require_readable(engine: Engine) -> None:
    with engine.connect() as connection:
        found = layout_of(connection)
    older = OLDER if engine.dialect.name == "sqlite" else ()
    if found != HEAD and found not in older:
        raise StorageError(f"its layout is {found or 'unknown'}, this software reads {HEAD}")


def _bring_up_to_date(engine: Engine) -> None:
    with engine.connect() as connection:
        if layout_of(connection) == HEAD:
            return  # the usual start: alembic is not even imported
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with engine.connect() as plain:
        connection = plain.execution_options(station_writing=True)
        with connection.begin():
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError as error:
                raise StorageError("its layout is of newer software than this") from error
