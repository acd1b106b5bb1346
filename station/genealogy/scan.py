"""The queries of a verification: everything in the store, in sequence, a portion at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Table, func, select

from station.genealogy.chain import ChainEntry
from station.genealogy.entries import IndexRows
from station.genealogy.events import OVERLAY
from station.genealogy.rows import as_entry
from station.genealogy.schema import chain, documents, events, inspection_frames, inspections, mentions


def chain_after(connection: Connection, after: int, limit: int) -> list[ChainEntry]:
    """Up to `limit` entries of the chain behind the cursor `after`."""
    query = select(chain).where(chain.c.cursor > after).order_by(chain.c.cursor).limit(limit)
    return [as_entry(row) for row in connection.execute(query)]


def index_rows(connection: Connection, after: int, last: int) -> dict[int, IndexRows]:
    """What the searching tables hold for the cursors behind `after`, up to `last`."""
    found: dict[int, IndexRows] = {}

    def rows(table: Table) -> Iterator[tuple[int, tuple[Any, ...]]]:
        query = select(table).where(table.c.cursor > after, table.c.cursor <= last).order_by(*table.primary_key)
        for cursor, *others in connection.execute(query):
            yield cursor, tuple(others)

    for cursor, row in rows(inspections):
        found[cursor] = IndexRows(row, None, ())
    names: dict[int, list[str]] = {}
    for cursor, (name,) in rows(mentions):
        names.setdefault(cursor, []).append(name)
    for cursor, row in rows(events):
        inspection = found[cursor].inspection if cursor in found else None
        found[cursor] = IndexRows(inspection, row, (), tuple(sorted(names.get(cursor, ()))))
    for cursor, (position, *picture) in rows(inspection_frames):
        before = found.get(cursor, IndexRows(None, None, ()))
        expected = position == len(before.frames)
        found[cursor] = replace(before, frames=(*before.frames, tuple(picture) if expected else (position, *picture)))
    return found


def document_hashes(connection: Connection) -> list[str]:
    """The names of all documents."""
    return list(connection.execute(select(documents.c.sha256).order_by(documents.c.sha256)).scalars())


def size_of(connection: Connection) -> int:
    """How many things a verification looks at: entries, documents, pictures."""
    counts = (
        select(func.count()).select_from(chain),
        select(func.count()).select_from(documents),
        select(func.count(inspection_frames.c.sha256.distinct())),
        select(func.count()).select_from(events).where(events.c.kind == OVERLAY),
    )
    return sum(connection.execute(query).scalar() or 0 for query in counts)
