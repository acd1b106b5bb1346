"""How far whoever follows the record has come: webhooks, MQTT, the plant. Kept in the database, so that after a
restart it goes on where it was acknowledged last; what was sent and not acknowledged is sent again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update

from station.errors import StorageError
from station.genealogy.database import translated, writing
from station.genealogy.schema import positions
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
