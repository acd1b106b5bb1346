"""Which pictures of some records nothing else needs: what a rule of retention asks before it lets them go.

Asked of one transaction; whoever holds the writer's lock knows that the answer still holds when he acts on it.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from station.genealogy.entries import SHIFT_CHECK
from station.genealogy.events import OVERLAY
from station.genealogy.parts import CORRECTION
from station.genealogy.schema import chain, events, inspection_frames, inspections, mentions
from station.genealogy.values import read_canonical


class Masters:
    """Pictures of shift checks, which no table lists; each check is read once."""

    def __init__(self) -> None:
        self._pictures: set[str] = set()
        self._cursor = 0

    def among(self, connection: Connection, digests: Collection[str]) -> set[str]:
        """Those of `digests` that a shift check up to now was made with."""
        query = select(chain.c.cursor, chain.c.body).where(
            chain.c.cursor.in_(
                select(events.c.cursor).where(events.c.kind == SHIFT_CHECK, events.c.cursor > self._cursor)
            )
        )
        for cursor, body in connection.execute(query.order_by(chain.c.cursor).execution_options(yield_per=100)):
            for master in read_canonical(bytes(body))["payload"]["masters"]:
                self._pictures.update(frame["sha256"] for frame in master["frames"])
            self._cursor = cursor
        return self._pictures & set(digests)


def touched(connection: Connection, cursors: Collection[int]) -> set[int]:
    """Those of these few records whose part somebody decided about, withdrew or corrected, in whatever attempt; an
    overlay is nothing that people did."""
    mine, same = inspections.alias("mine"), inspections.alias("same")
    attempts = (
        select(mine.c.cursor)
        .join(same, (same.c.order_id == mine.c.order_id) & (same.c.serial == mine.c.serial))
        .join(chain, chain.c.cursor == same.c.cursor)
        .join(events, events.c.subject == chain.c.id)
        .where(mine.c.cursor.in_(cursors), events.c.kind != OVERLAY)
    )
    order, part = mentions.alias("of_order"), mentions.alias("of_part")
    corrected = (
        select(mine.c.cursor)
        .join(order, order.c.name == mine.c.order_id)
        .join(part, (part.c.cursor == order.c.cursor) & (part.c.name == mine.c.serial))
        .join(events, events.c.cursor == order.c.cursor)
        .where(mine.c.cursor.in_(cursors), events.c.kind == CORRECTION)
    )
    return set(connection.execute(attempts.union(corrected)).scalars())


def only_theirs(connection: Connection, cursors: Collection[int], masters: Masters) -> dict[str, set[int]]:
    """The pictures of these few records that nothing else refers to, each with the records that it is of."""
    theirs = select(inspection_frames.c.sha256).where(inspection_frames.c.cursor.in_(cursors))
    users: dict[str, set[int]] = {}
    for digest, cursor in connection.execute(
        select(inspection_frames.c.sha256, inspection_frames.c.cursor).where(inspection_frames.c.sha256.in_(theirs))
    ):
        users.setdefault(digest, set()).add(cursor)
    found = {digest: of for digest, of in users.items() if of <= set(cursors)}
    shown = masters.among(connection, found)
    return {digest: of for digest, of in found.items() if digest not in shown}


def not_since(connection: Connection, digests: Collection[str], cursor: int, masters: Masters) -> set[str]:
    """Those of these few pictures that no entry behind `cursor` refers to, and no shift check at all."""
    query = select(inspection_frames.c.sha256).where(
        inspection_frames.c.sha256.in_(digests), inspection_frames.c.cursor > cursor
    )
    again = set(connection.execute(query).scalars())
    return set(digests) - again - masters.among(connection, digests)
