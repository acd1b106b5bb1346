"""The plant's own tables, in the schema `plant`; each station's record has a schema of its own beside it.

`feed` lists every entry of every station once, in the order in which the plant committed them; `about` finds events in
it. `refused` is what could not be taken, with the reason; `waiting` what came before something that it needs, and
`parts` what is not complete yet: both empty themselves. A trigger refuses changes of `feed`, `about` and `refused`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Index, Integer, LargeBinary, MetaData, Table, Text

PLANT = "plant"
LAYOUT = 1
APPEND_ONLY = ("feed", "about", "refused")
metadata = MetaData(schema=PLANT)

layout = Table("layout", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

stations = Table(
    "stations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("schema", Text, nullable=False, unique=True),
    Column("first_seen", Text, nullable=False),
    Column("last_seen", Text, nullable=False),
    Column("cursor", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
    Column("url", Text, nullable=False),
)

feed = Table(
    "feed",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),  # 1, 2, 3, … without gaps
    Column("station", Text, ForeignKey(stations.c.id), nullable=False),
    Column("cursor", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("id", Text, nullable=False, unique=True),
    Column("hash", Text, nullable=False),
    Column("committed", Text, nullable=False),
    Column("order_id", Text),  # of inspections, and so the three below
    Column("serial", Text),
    Column("attempt", Integer),
    Column("verdict", Text),
    Index("feed_by_place", "station", "cursor", unique=True),
    Index("feed_by_order", "order_id", "position"),
)
Index("feed_of_inspections", feed.c.position, postgresql_where=feed.c.order_id.is_not(None))
Index("feed_by_part", feed.c.order_id, feed.c.serial, feed.c.position)

about = Table(  # whom an event is about: its subject, and whom it mentions
    "about",
    metadata,
    Column("name", Text, primary_key=True),
    Column("position", BigInteger, ForeignKey(feed.c.position), primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
)

refused = Table(
    "refused",
    metadata,
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("station", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sha256", Text, nullable=False),  # of everything that came: the same again is not kept twice
    Column("cursor", BigInteger),
    Column("hash", Text),
    Column("received", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("headers", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("refused_once", "station", "sha256", unique=True),
    Index("refused_by_hash", "station", "hash"),
)

waiting = Table(
    "waiting",
    metadata,
    Column("station", Text, primary_key=True),
    Column("cursor", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("committed", Text, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received", Text, nullable=False),
    Column("sentence", Text, nullable=False),
)

parts = Table(
    "parts",
    metadata,
    Column("station", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("count", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("received", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
)
