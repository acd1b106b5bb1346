"""How far whoever follows the record has come: webhooks, MQTT, the plant. Kept in the database, so that after a
restart it goes on where it was acknowledged last; what was sent and not acknowledged is sent again. `follower` has the
loop that they share."""

from __future__ import annotations

from datetime import datetime
from itertools import takewhile

from sqlalchemy import func, insert, select, update

from station.errors import IntegrityError, StorageError
from station.genealogy import rows
from station.genealogy.chain import ChainEntry
from station.genealogy.database import translated, writing
from station.genealogy.reading import NOTHING_READ, RecordReader
from station.genealogy.schema import chain, positions
from station.genealogy.store import Genealogy
from station.genealogy.values import utc_text

NOT_KEPT = "how far a follower has come cannot be kept"


def position(genealogy: Genealogy, follower: str) -> int:
    """The cursor of the last entry that `follower` acknowledged; 0 before the first.

    Raises:
        StorageError: the record cannot be read.
    """
    query = select(positions.c.cursor).where(positions.c.follower == follower)
    with translated(NOT_KEPT), genealogy.engine.connect() as connection:
        return connection.execute(query).scalar() or 0


def begin(genealogy: Genealogy, follower: str, *, from_beginning: bool, at: datetime) -> int:
    """The cursor behind which `follower` goes on. One that was never seen starts at the present, or with the first
    entry if it is to have the whole history; where it started is kept, so that nothing committed later is left out.

    Raises:
        StorageError: its start could not be kept.
    """
    mine = select(positions.c.cursor).where(positions.c.follower == follower)
    with translated(NOT_KEPT):
        with genealogy.engine.connect() as connection:
            known: int | None = connection.execute(mine).scalar()
        if known is not None:
            return known
        with writing(genealogy.engine) as connection:
            start = 0 if from_beginning else connection.execute(select(func.max(chain.c.cursor))).scalar() or 0
            connection.execute(insert(positions).values(follower=follower, cursor=start, moved=utc_text(at)))
    return start


def newest(reader: RecordReader) -> int:
    """The cursor of the newest entry; 0 in an empty record.

    Raises:
        StorageError: the record cannot be read.
    """
    with translated(NOTHING_READ), reader.engine.connect() as connection:
        return connection.execute(select(func.max(chain.c.cursor))).scalar() or 0


def entries_behind(reader: RecordReader, cursor: int, limit: int) -> tuple[ChainEntry, ...]:
    """Up to `limit` entries behind `cursor`, inspections and events, in the order of commits.

    Raises:
        StorageError: the record cannot be read.
        IntegrityError: the next entry is not what was committed; those before one like that are given out.
    """
    query = select(chain).where(chain.c.cursor > cursor).order_by(chain.c.cursor).limit(limit)
    with translated(NOTHING_READ), reader.engine.connect() as connection:
        found = tuple(rows.as_entry(row) for row in connection.execute(query))
    intact = tuple(takewhile(ChainEntry.is_intact, found))
    if found and not intact:
        raise IntegrityError("the entry is not what was committed", place=f"chain {found[0].cursor}")
    return intact


def move_to(genealogy: Genealogy, follower: str, cursor: int, *, at: datetime) -> None:
    """Remember that `follower` acknowledged everything up to `cursor`; positions only go forward.

    Raises:
        StorageError: it could not be kept; the follower will see some entries twice.
    """
    values = {"cursor": cursor, "moved": utc_text(at)}
    with translated(NOT_KEPT), writing(genealogy.engine) as connection:
        before = connection.execute(select(positions.c.cursor).where(positions.c.follower == follower)).scalar()
        if before is None:
            connection.execute(insert(positions).values(follower=follower, **values))
        elif cursor > before:
            connection.execute(update(positions).where(positions.c.follower == follower).values(**values))
        elif cursor < before:
            raise StorageError("a follower's position cannot go back", place=follower)
