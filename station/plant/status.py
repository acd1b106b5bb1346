"""How a plant's stations do, for people."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, Table, func, select

from station.genealogy.database import translated
from station.plant.database import NOT_USED, PlantDatabase
from station.plant.schema import feed, refused, waiting


@dataclass(frozen=True, slots=True)
class StationStatus:
    """A station as people look at it; `waiting` and `refused` are how many, `trouble` the newest reason."""

    id: str
    schema: str
    first_seen: str
    last_seen: str
    cursor: int
    hash: str
    url: str
    waiting: int
    refused: int
    trouble: str


def plant_status(database: PlantDatabase) -> tuple[tuple[StationStatus, ...], int]:
    """Every station, and how many entries the feed has. What came from nobody's subject is listed under an empty id.

    Raises:
        StorageError: the database cannot be read.
    """
    with translated(NOT_USED), database.engine.connect() as connection:
        held, aside = _counts(connection, waiting), _counts(connection, refused)
        found = [
            StationStatus(
                **asdict(one),
                waiting=held.get(one.id, 0),
                refused=aside.get(one.id, 0),
                trouble=_trouble(connection, one.id),
            )
            for one in database.stations()
        ]
        if aside.get(""):
            found.append(StationStatus("", "", "", "", 0, "", "", 0, aside[""], _trouble(connection, "")))
        entries = connection.execute(select(func.count()).select_from(feed)).scalar_one()
    return tuple(found), entries


def _counts(connection: Connection, table: Table) -> dict[str, int]:
    rows = connection.execute(select(table.c.station, func.count()).group_by(table.c.station))
    return {row[0]: row[1] for row in rows}


def _trouble(connection: Connection, station: str) -> str:
    newest = select(refused.c.cursor, refused.c.sentence, refused.c.received).where(refused.c.station == station)
    row = connection.execute(newest.order_by(refused.c.number.desc()).limit(1)).first()
    if row is not None:
        about = "" if row.cursor is None else f"entry {row.cursor}: "
        return f"refused at {row.received}: {about}{row.sentence}"
    lowest = select(waiting.c.cursor, waiting.c.sentence).where(waiting.c.station == station)
    first = connection.execute(lowest.order_by(waiting.c.cursor).limit(1)).first()
    return "" if first is None else f"entry {first.cursor} waits: {first.sentence}"
