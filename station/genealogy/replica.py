"""A copy of another station's record, entry by entry: what the plant keeps of each of its stations.

An entry is taken only if its hash is right and it follows the last one; taking the same one again changes nothing. So
a replica is at every moment the beginning of the station's own chain, and `verify` checks it as it checks the original.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, desc, insert, select

from station.documents import sha256_hex
from station.errors import IntegrityError
from station.genealogy import rows
from station.genealogy.chain import EVENT, GENESIS, INSPECTION, ChainEntry
from station.genealogy.entries import IndexRows, claims_of, index_of
from station.genealogy.schema import chain, documents, events, inspection_frames, inspections, mentions
from station.genealogy.tree import add_subtrees


@dataclass(frozen=True, slots=True)
class Head:
    """How far a replica has come: cursor and hash of its last entry."""

    cursor: int
    hash: str


class GapError(IntegrityError):
    """Entries are missing between the last one and this one; they may still come."""


def head_of(connection: Connection) -> Head:
    """The newest entry of a chain; cursor 0 where there is none."""
    query = select(chain.c.cursor, chain.c.hash).order_by(desc(chain.c.cursor)).limit(1)
    row = connection.execute(query).first()
    return Head(0, GENESIS) if row is None else Head(row.cursor, row.hash)


def take_document(connection: Connection, sha256: str, data: bytes) -> None:
    """Keep a document that entries refer to. Raises: IntegrityError: it is not what it is called."""
    if sha256_hex(data) != sha256:
        raise IntegrityError("this document is not what it is called", place=sha256[:64])
    rows.add_document(connection, data)


def take_entry(connection: Connection, entry: ChainEntry) -> bool:
    """Append an entry of the original chain; needs the writer's lock. Whether it is new.

    Raises:
        GapError: entries before it are missing.
        IntegrityError: it is not what was committed, or the original was replaced by another chain.
    """
    place = f"chain {entry.cursor}"
    if not entry.is_intact():
        raise IntegrityError("the entry is not what was committed: its hash does not fit", place=place)
    head = head_of(connection)
    if entry.cursor <= head.cursor:
        known = connection.execute(select(chain.c.hash).where(chain.c.cursor == entry.cursor)).scalar()
        if known != entry.hash:
            raise IntegrityError("another entry was received in this place before: the chain was replaced", place=place)
        return False
    if entry.cursor > head.cursor + 1:
        raise GapError(f"{entry.cursor - head.cursor - 1} entries before it did not come yet", place=place)
    if entry.previous_hash != head.hash:
        raise IntegrityError("the entry does not follow the one before it", place=place)
    index = index_of(entry)
    claims = claims_of(entry, index)
    if claims.sentences:
        raise IntegrityError(claims.sentences[0], place=place)
    if claims.key is not None and claims.attempt != rows.last_attempt(connection, *claims.key) + 1:
        raise IntegrityError(f"attempt {claims.attempt} does not follow the one before it", place=place)
    if connection.execute(select(chain.c.cursor).where(chain.c.id == entry.id)).first():
        raise IntegrityError("its id is that of an earlier entry", place=place)
    for digest in claims.documents:
        if connection.execute(select(documents.c.sha256).where(documents.c.sha256 == digest)).scalar() is None:
            raise GapError(f"the document {digest[:12]} that it refers to did not come yet", place=place)
    _insert(connection, entry, index)
    return True


def _insert(connection: Connection, entry: ChainEntry, index: IndexRows) -> None:
    connection.execute(
        insert(chain).values(
            cursor=entry.cursor,
            kind=entry.kind,
            id=entry.id,
            committed=entry.committed,
            previous_hash=entry.previous_hash,
            hash=entry.hash,
            body=entry.body,
        )
    )
    if entry.kind == INSPECTION and index.inspection is not None:
        connection.execute(insert(inspections).values((entry.cursor, *index.inspection)))
        for position, (view, sha256) in enumerate(index.frames):
            connection.execute(insert(inspection_frames).values((entry.cursor, position, view, sha256)))
    if entry.kind == EVENT and index.event is not None:
        connection.execute(insert(events).values((entry.cursor, *index.event)))
        for name in index.mentions:
            connection.execute(insert(mentions).values((entry.cursor, name)))
    add_subtrees(connection, entry.cursor)
