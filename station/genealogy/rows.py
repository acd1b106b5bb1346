"""The statements the store is made of; each runs in a transaction that its caller holds.

Those of a commit are made once: making them anew would take longer than running them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Row, bindparam, desc, exists, func, insert, or_, select, union

from station.documents import sha256_hex
from station.genealogy.chain import EVENT, GENESIS, INSPECTION, ChainEntry, link_hash
from station.genealogy.events import event_body, mentioned
from station.genealogy.inspection import Inspection
from station.genealogy.pages import RecordSummary
from station.genealogy.schema import chain, documents, events, inspection_frames, inspections, mentions
from station.genealogy.statement import Statement
from station.genealogy.tree import add_subtrees
from station.genealogy.values import new_id, read_canonical, utc_text

_SUMMARIES = (
    select(
        chain.c.cursor,
        chain.c.id,
        inspections.c.order_id,
        inspections.c.serial,
        inspections.c.attempt,
        inspections.c.verdict,
        chain.c.committed,
    )
    .join(inspections, inspections.c.cursor == chain.c.cursor)
    .order_by(inspections.c.cursor)
)
_LAST = Statement(
    select(chain.c.cursor, chain.c.hash).where(chain.c.cursor == select(func.max(chain.c.cursor)).scalar_subquery())
)
_ATTEMPT = Statement(
    select(func.max(inspections.c.attempt)).where(
        inspections.c.order_id == bindparam("order_id"), inspections.c.serial == bindparam("serial")
    )
)
_DOCUMENT = Statement(select(documents.c.sha256).where(documents.c.sha256 == bindparam("sha256")))
_LINK = tuple(chain.c.keys())
_ADD_LINK, _ADD_DOCUMENT = Statement(insert(chain)), Statement(insert(documents))
_ADD_FRAME = Statement(insert(inspection_frames))
_FOUND_BY = ("cursor", "order_id", "serial", "attempt", "verdict")
_ADD_INSPECTION = Statement(insert(inspections).values({name: bindparam(name) for name in _FOUND_BY}))


def append_link(connection: Connection, kind: str, id: str, committed: str, body: bytes) -> ChainEntry:
    """Add one entry behind the last; needs the writer's lock."""
    last, previous = _LAST.first(connection, {}) or (0, GENESIS)
    cursor = last + 1
    digest = link_hash(cursor, kind, committed, previous, body)
    entry = ChainEntry(cursor, kind, id, committed, previous, digest, body)
    _ADD_LINK.run(connection, {name: getattr(entry, name) for name in _LINK})
    add_subtrees(connection, cursor)
    return entry


def add_document(connection: Connection, data: bytes) -> str:
    """Store a document's bytes once; returns their SHA-256."""
    digest = sha256_hex(data)
    if _DOCUMENT.first(connection, {"sha256": digest}) is None:
        _ADD_DOCUMENT.run(connection, {"sha256": digest, "data": data})
    return digest


def add_inspection(connection: Connection, record: Inspection, committed: str) -> ChainEntry:
    """Add a complete record to the chain and to the tables that find it."""
    entry = append_link(connection, INSPECTION, record.id, committed, record.to_json())
    found_by = (entry.cursor, record.order_id, record.serial, record.attempt, record.verdict)
    _ADD_INSPECTION.run(connection, dict(zip(_FOUND_BY, found_by, strict=True)))
    for position, frame in enumerate(record.frames):
        refers = {"cursor": entry.cursor, "position": position, "view": frame.view, "sha256": frame.sha256}
        _ADD_FRAME.run(connection, refers)
    return entry


def add_event(
    connection: Connection,
    kind: str,
    subject: str,
    payload: Mapping[str, Any],
    *,
    at: datetime,
    document: str | None = None,
    id: str = "",
) -> ChainEntry:
    """Add an event to the chain and to the tables that find it, also by whom it mentions. Raises: IntegrityError: the
    payload cannot be recorded."""
    identifier = id or new_id(at)
    body = event_body(identifier, kind, subject, at, document, payload)
    entry = append_link(connection, EVENT, identifier, utc_text(at), body)
    connection.execute(insert(events).values(cursor=entry.cursor, kind=kind, subject=subject, document_sha256=document))
    if names := mentioned(subject, payload):
        connection.execute(insert(mentions), [{"cursor": entry.cursor, "name": name} for name in names])
    return entry


def add_missing_mentions(connection: Connection) -> None:
    """Make the events of a chain that was written without mentions findable by them; needs the writer's lock."""
    query = select(chain.c.cursor, chain.c.body).join(events, events.c.cursor == chain.c.cursor)
    after = 0
    while found := connection.execute(query.where(chain.c.cursor > after).order_by(chain.c.cursor).limit(500)).all():
        for cursor, body in found:
            event = read_canonical(bytes(body))
            for name in mentioned(event["subject"], event["payload"]):
                connection.execute(insert(mentions).values(cursor=cursor, name=name))
        after = found[-1].cursor


def event_about(connection: Connection, kind: str, subject: str) -> ChainEntry | None:
    """The newest event of this kind about this subject."""
    query = select(chain).join(events, events.c.cursor == chain.c.cursor)
    query = query.where(events.c.kind == kind, events.c.subject == subject).order_by(desc(chain.c.cursor)).limit(1)
    row = connection.execute(query).first()
    return None if row is None else as_entry(row)


def cursors_about_part(order_id: str, serial: str) -> CompoundSelect[tuple[int]]:
    """Which events are about a part: those that name its order and it, and those about its inspections."""
    named = union(
        select(mentions.c.cursor).where(mentions.c.name == order_id),
        select(events.c.cursor).where(events.c.subject == order_id),
    )
    mention = exists().where(mentions.c.cursor == events.c.cursor, mentions.c.name == serial)
    ids = (
        select(chain.c.id)
        .join(inspections, inspections.c.cursor == chain.c.cursor)
        .where(inspections.c.order_id == order_id, inspections.c.serial == serial)
    )
    return union(
        select(events.c.cursor).where(events.c.cursor.in_(named), or_(events.c.subject == serial, mention)),
        select(events.c.cursor).where(events.c.subject.in_(ids)),
    )


def last_attempt(connection: Connection, order_id: str, serial: str) -> int:
    """How often this part of this order was inspected; 0 if never."""
    (last,) = _ATTEMPT.first(connection, {"order_id": order_id, "serial": serial})
    return last or 0


def frame_is_referenced(connection: Connection, digest: str) -> bool:
    """Whether any record refers to the frame named `digest`."""
    return bool(connection.execute(select(exists().where(inspection_frames.c.sha256 == digest))).scalar())


def summaries(connection: Connection, after: int, limit: int) -> tuple[RecordSummary, ...]:
    """Up to `limit` records behind the cursor `after`, in commit order."""
    query = _SUMMARIES.where(inspections.c.cursor > after).limit(limit)
    return tuple(RecordSummary(*row) for row in connection.execute(query))


def attempts_of(connection: Connection, order_id: str, serial: str) -> tuple[RecordSummary, ...]:
    """Every inspection of this part of this order, oldest first."""
    query = _SUMMARIES.where(inspections.c.order_id == order_id, inspections.c.serial == serial)
    return tuple(RecordSummary(*row) for row in connection.execute(query))


def as_entry(row: Row[tuple[int, str, str, str, str, str, bytes]]) -> ChainEntry:
    """A row of `chain` with all its columns."""
    return ChainEntry(row.cursor, row.kind, row.id, row.committed, row.previous_hash, row.hash, bytes(row.body))
