"""The chain, what it refers to, and the triggers that make every table append-only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None

_KEYS = {
    "chain": "cursor = NEW.cursor OR id = NEW.id",
    "documents": "sha256 = NEW.sha256",
    "inspections": "cursor = NEW.cursor OR (order_id = NEW.order_id AND serial = NEW.serial AND attempt = NEW.attempt)",
    "inspection_frames": "cursor = NEW.cursor AND position = NEW.position",
    "events": "cursor = NEW.cursor",
}


def upgrade() -> None:
    """Create the tables and forbid changes to them."""
    _chain_and_documents()
    _inspections_and_events()
    dialect = op.get_bind().dialect.name
    if dialect == "sqlite":
        _sqlite_triggers()
    elif dialect == "postgresql":
        _postgresql_triggers()


def _cursor() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _chain_and_documents() -> None:
    op.create_table(
        "chain",
        sa.Column("cursor", _cursor(), primary_key=True, autoincrement=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("committed", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "documents",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )


def _inspections_and_events() -> None:
    op.create_table(
        "inspections",
        sa.Column("cursor", _cursor(), sa.ForeignKey("chain.cursor"), primary_key=True, autoincrement=False),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("serial", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("overlay_sha256", sa.Text),
        sa.UniqueConstraint("order_id", "serial", "attempt", name="one_attempt_once"),
        sqlite_strict=True,
    )
    op.create_index("inspections_by_overlay", "inspections", ["overlay_sha256"])
    op.create_table(
        "inspection_frames",
        sa.Column("cursor", _cursor(), sa.ForeignKey("inspections.cursor"), primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("view", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("frames_by_sha256", "inspection_frames", ["sha256"])
    op.create_table(
        "events",
        sa.Column("cursor", _cursor(), sa.ForeignKey("chain.cursor"), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("document_sha256", sa.Text, sa.ForeignKey("documents.sha256")),
        sqlite_strict=True,
    )
    op.create_index("events_by_kind", "events", ["kind", "subject"])


def _sqlite_triggers() -> None:
    for table, key in _KEYS.items():
        refusal = f"SELECT RAISE(ABORT, '{table} is append-only'); END"
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN {refusal}")
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {refusal}")
        op.execute(  # INSERT OR REPLACE deletes without asking the trigger above
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key}) BEGIN {refusal}"
        )
    op.execute(  # sqlite_sequence remembers the newest cursor even when its entry was removed
        "CREATE TRIGGER chain_in_sequence BEFORE INSERT ON chain WHEN NEW.cursor <> "
        "(SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'chain') "
        "BEGIN SELECT RAISE(ABORT, 'the newest entries of the chain are missing (see ''station verify'')'); END"
    )


def _postgresql_triggers() -> None:
    op.execute(
        "CREATE FUNCTION station_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in _KEYS:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION station_append_only()"
        )
