"""A statement compiled once for each kind of database and handed to its driver: what SQLAlchemy does around each of the
seven of a commit would take longer than the disk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ClauseElement, Connection, Dialect
from sqlalchemy.exc import DBAPIError


class Statement:
    """A statement of SQLAlchemy whose values are all named. Values and rows are the driver's own: plain types only."""

    def __init__(self, clause: Any) -> None:
        self._clause: ClauseElement = clause
        self._compiled: dict[tuple[str, str | None], tuple[str, list[str] | None]] = {}

    def run(self, connection: Connection, values: Mapping[str, Any]) -> None:
        """Run it in the connection's transaction. Raises: sqlalchemy.exc.DBAPIError."""
        self._run(connection, values, fetch=False)

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """Its first row as a tuple, None if there is none; raises as `run`."""
        return self._run(connection, values, fetch=True)

    def _run(self, connection: Connection, values: Mapping[str, Any], *, fetch: bool) -> Any:
        schemas = connection.get_execution_options().get("schema_translate_map") or {}
        key = (connection.dialect.name, schemas.get(None))
        text, names = self._compiled.get(key) or self._compile(key, connection.dialect)
        given = values if names is None else [values[name] for name in names]
        driver: Any = connection.dialect.loaded_dbapi
        cursor = connection.connection.cursor()
        try:
            cursor.execute(text, given)
            return cursor.fetchone() if fetch else None
        except driver.Error as error:  # as SQLAlchemy's own kinds: who is away is told from what is refused
            raise DBAPIError.instance(text, None, error, driver.Error, dialect=connection.dialect) from error
        finally:
            cursor.close()

    def _compile(self, key: tuple[str, str | None], dialect: Dialect) -> tuple[str, list[str] | None]:
        schemas = {None: key[1]} if key[1] else None
        compiled: Any = self._clause.compile(
            dialect=dialect, schema_translate_map=schemas, render_schema_translate=schemas is not None
        )
        found = self._compiled[key] = (str(compiled), compiled.positiontup)
        return found
