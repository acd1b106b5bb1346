"""Merkle subtrees and signed checkpoints over the chain; tokens of the API; how far its followers have come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from station.genealogy.rows import add_missing_mentions
from station.genealogy.tree import add_missing_subtrees

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None

_KEYS = {
    "mentions": "cursor = NEW.cursor AND name = NEW.name",
    "subtrees": "level = NEW.level AND position = NEW.position",
    "checkpoints": "size = NEW.size",
}


def upgrade() -> None:
    """Create the tables, forbid changes to what proves, and hash the chain that is there."""
    _mentions()
    _proofs()
    _services()
    add_missing_mentions(op.get_bind())
    add_missing_subtrees(op.get_bind())
    dialect = op.get_bind().dialect.name
    if dialect == "sqlite":
        _sqlite_triggers()
    elif dialect == "postgresql":
        for table in _KEYS:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION station_append_only()"
            )


def _cursor() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _mentions() -> None:
    op.create_table(
        "mentions",
        sa.Column("cursor", _cursor(), sa.ForeignKey("events.cursor"), primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, primary_key=True),
        sqlite_strict=True,
    )
    op.create_index("mentions_by_name", "mentions", ["name"])
    op.create_index("events_by_subject", "events", ["subject"])


def _proofs() -> None:
    op.create_table(
        "subtrees",
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", _cursor(), primary_key=True, autoincrement=False),
        sa.Column("hash", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "checkpoints",
        sa.Column("size", _cursor(), primary_key=True, autoincrement=False),
        sa.Column("made", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sqlite_strict=True,
    )


def _services() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("order_id", sa.Text),
        sa.Column("hash", sa.Text, nullable=False, unique=True),
        sa.Column("made", sa.Text, nullable=False),
        sa.Column("expires", sa.Text),
        sa.Column("revoked", sa.Text),
        sqlite_strict=True,
    )
    op.create_table(
        "positions",
        sa.Column("follower", sa.Text, primary_key=True),
        sa.Column("cursor", _cursor(), nullable=False),
        sa.Column("moved", sa.Text, nullable=False),
        sqlite_strict=True,
    )


def _sqlite_triggers() -> None:
    for table, key in _KEYS.items():
        refusal = f"SELECT RAISE(ABORT, '{table} is append-only'); END"
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN {refusal}")
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {refusal}")
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key}) BEGIN {refusal}"
        )
