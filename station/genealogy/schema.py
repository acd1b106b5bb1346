"""The tables. `chain` is the record; the others make it quick to search and hold what it refers to.

`inspections`, `inspection_frames` and `events` repeat what the bodies in `chain` say; `station verify` compares.
Triggers refuse every UPDATE and DELETE: see `migrations`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy import UniqueConstraint as Unique

HEAD = "r0001"  # the newest revision in `migrations/versions`
APPEND_ONLY = ("chain", "documents", "inspections", "inspection_frames", "events")

metadata = MetaData()
Cursor = BigInteger().with_variant(Integer, "sqlite")

chain = Table(
    "chain",
    metadata,
    Column("cursor", Cursor, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("id", Text, nullable=False, unique=True),
    Column("committed", Text, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

documents = Table(
    "documents",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    sqlite_strict=True,
)

inspections = Table(
    "inspections",
    metadata,
    Column("cursor", Cursor, ForeignKey("chain.cursor"), primary_key=True, autoincrement=False),
    Column("order_id", Text, nullable=False),
    Column("serial", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("overlay_sha256", Text),  # of older records; an overlay is an event now
    Unique("order_id", "serial", "attempt", name="one_attempt_once"),
    Index("inspections_by_overlay", "overlay_sha256"),
    sqlite_strict=True,
)

inspection_frames = Table(
    "inspection_frames",
    metadata,
    Column("cursor", Cursor, ForeignKey("inspections.cursor"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("view", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Index("frames_by_sha256", "sha256"),
    sqlite_strict=True,
)

events = Table(
    "events",
    metadata,
    Column("cursor", Cursor, ForeignKey("chain.cursor"), primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("document_sha256", Text, ForeignKey("documents.sha256")),
    Index("events_by_kind", "kind", "subject"),
    sqlite_strict=True,
)
