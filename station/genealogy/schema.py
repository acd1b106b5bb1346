"""The tables. `chain` is the record; the others make it quick to search and hold what it refers to.

`inspections`, `inspection_frames`, `events` and `mentions` repeat what the bodies in `chain` say, `subtrees` what its
hashes give; `station verify` compares. Triggers refuse every UPDATE and DELETE of them and of `checkpoints`: see
`migrations`. `tokens` (who may ask the API) and `positions` (how far what follows the record has come) are no record
and change.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy import UniqueConstraint as Unique

HEAD = "r0002"  # the newest revision in `migrations/versions`
FIRST_TABLES = ("chain", "documents", "inspections", "inspection_frames", "events")  # of r0001
APPEND_ONLY = (*FIRST_TABLES, "mentions", "subtrees", "checkpoints")

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
    Index("events_by_subject", "subject"),
    sqlite_strict=True,
)

mentions = Table(  # whom an event is about besides its subject: an order, a part, the part it was built into
    "mentions",
    metadata,
    Column("cursor", Cursor, ForeignKey("events.cursor"), primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Index("mentions_by_name", "name"),
    sqlite_strict=True,
)

subtrees = Table(  # complete subtrees of the Merkle tree over the chain's hashes: 256, 65 536, … leaves
    "subtrees",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),  # 8, 16, …: 2^level leaves
    Column("position", Cursor, primary_key=True, autoincrement=False),  # from 0, at its level
    Column("hash", Text, nullable=False),
    sqlite_strict=True,
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", Cursor, primary_key=True, autoincrement=False),  # entries of the chain that it stands for
    Column("made", Text, nullable=False),
    Column("note", Text, nullable=False),  # the signed text; a time stamp over it is an event
    sqlite_strict=True,
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("order_id", Text),  # what a customer may see
    Column("hash", Text, nullable=False, unique=True),
    Column("made", Text, nullable=False),
    Column("expires", Text),
    Column("revoked", Text),
    sqlite_strict=True,
)

positions = Table(
    "positions",
    metadata,
    Column("follower", Text, primary_key=True),
    Column("cursor", Cursor, nullable=False),
    Column("moved", Text, nullable=False),
    sqlite_strict=True,
)
