"""The plant's own sequence over all stations: every entry once, under positions 1, 2, 3, … without gaps.

Positions are given while the table is locked against other writers (`intake`), so they become visible in sequence:
whoever has read up to 17 never misses a 16 that was committed later. A sequence of the database would not do: its
numbers are given before the commit, in any order of commits.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, insert, select

from station.errors import IntegrityError
from station.genealogy.chain import ChainEntry
from station.genealogy.entries import IndexRows
from station.plant.schema import about, feed


class Feed:
    """The end of the feed, within a transaction that holds its lock."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._last: int = connection.execute(select(func.max(feed.c.position))).scalar() or 0

    def add(self, station: str, entry: ChainEntry, index: IndexRows) -> None:
        """List an entry, if it is not listed yet: a station that was given a new name sends what is known once more.

        Raises:
            IntegrityError: there is another entry with this id.
        """
        there = self._connection.execute(select(feed.c.station, feed.c.hash).where(feed.c.id == entry.id)).first()
        if there is not None:
            if there.hash != entry.hash:
                sentence = f"the station {there.station} has another entry with the id {entry.id}"
                raise IntegrityError(sentence, place=f"chain {entry.cursor}")
            return
        position = self._last + 1
        row: dict[str, object] = {"station": station, "position": position}
        row |= {name: getattr(entry, name) for name in ("cursor", "kind", "id", "hash", "committed")}
        if index.inspection is not None:
            row |= dict(zip(("order_id", "serial", "attempt", "verdict"), index.inspection, strict=False))
        self._connection.execute(insert(feed).values(**row))
        if index.event is not None:
            kind, subject, _ = index.event
            names = [{"name": name, "position": position, "kind": kind} for name in {subject, *(index.mentions or ())}]
            self._connection.execute(insert(about), names)
        self._last = position
