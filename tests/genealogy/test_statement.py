"""Statements handed to the driver do what SQLAlchemy would: the same rows, in the same schema, its kinds of errors."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import Connection, bindparam, create_engine, insert, select
from sqlalchemy.exc import IntegrityError, OperationalError

from station.genealogy.schema import documents, metadata
from station.genealogy.statement import Statement

ADD = Statement(insert(documents))
FIND = Statement(select(documents.c.data).where(documents.c.sha256 == bindparam("sha256")))


@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        metadata.create_all(connection)
        yield connection
    engine.dispose()


def test_a_row_goes_in_and_comes_out(connection: Connection):
    ADD.run(connection, {"sha256": "a", "data": b"\x00\xff"})
    assert FIND.first(connection, {"sha256": "a"}) == (b"\x00\xff",)
    assert FIND.first(connection, {"sha256": "b"}) is None
    assert connection.execute(select(documents)).all() == [("a", b"\x00\xff")]


def test_each_schema_has_its_own(connection: Connection):
    connection.exec_driver_sql("ATTACH ':memory:' AS other")
    ADD.run(connection, {"sha256": "a", "data": b"here"})
    there = connection.execution_options(schema_translate_map={None: "other"})
    metadata.create_all(there)
    assert FIND.first(there, {"sha256": "a"}) is None
    ADD.run(there, {"sha256": "a", "data": b"there"})
    assert connection.exec_driver_sql("SELECT data FROM other.documents").scalar() == b"there"
    assert connection.exec_driver_sql("SELECT data FROM main.documents").scalar() == b"here"


def test_what_is_refused_is_not_what_is_away(connection: Connection):
    ADD.run(connection, {"sha256": "a", "data": b""})
    with pytest.raises(IntegrityError) as refused:
        ADD.run(connection, {"sha256": "a", "data": b""})
    assert isinstance(refused.value.orig, sqlite3.IntegrityError)
    connection.exec_driver_sql("DROP TABLE documents")
    with pytest.raises(OperationalError):
        FIND.first(connection, {"sha256": "a"})
