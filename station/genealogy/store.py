"""The genealogy store: commit an inspection with its evidence, read it back, never change it.

    with Genealogy.open(default_home()) as genealogy:
        record = genealogy.commit(draft, evidence, committed=now)

A commit that returns is on the disk; one that raises has left no record. Thread-safe; several processes may
write to one home, one at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from threading import Lock
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, select

from station.errors import IntegrityError, StorageError
from station.genealogy import rows
from station.genealogy.database import open_database, translated, writing
from station.genealogy.events import OVERLAY, Event
from station.genealogy.evidence import Evidence, StoredFrame, ties
from station.genealogy.frames import ContentFolder
from station.genealogy.home import StationHome
from station.genealogy.inspection import Inspection
from station.genealogy.pages import Page, RecordSummary
from station.genealogy.pictures import PendingPictures, pictures_first
from station.genealogy.reading import RecordReader, as_event
from station.genealogy.schema import chain
from station.genealogy.values import check_id, new_id, utc_text

__all__ = ["Evidence", "Genealogy", "Page", "RecordSummary", "StoredFrame", "new_id"]

NOTHING_RECORDED = "nothing was recorded, the part stays held"


class Genealogy(RecordReader):
    """The record of one station. `open` it, use it as a context manager or `close` it."""

    def __init__(self, home: StationHome, engine: Engine) -> None:
        super().__init__(home, engine)
        self._one_writer = Lock()

    @classmethod
    def open(cls, home: StationHome, *, url: str | None = None, read_only: bool = False) -> Self:
        """Open the record in `home`, creating it or bringing its layout up to date where needed.

        With `url` the tables live in another database (SQLAlchemy URL); pictures stay in `home`.
        With `read_only` nothing is created or changed, and the home may be a copy.

        Raises:
            StorageError: the home or the database cannot be used.
        """
        if not read_only:
            home.prepare()
        found = cls(home, open_database(home, url=url, read_only=read_only))
        if not read_only:
            with suppress(OSError):
                for folder in (home.frames, home.overlays, home.calibrations):
                    ContentFolder(folder).tidy()
        return found

    def close(self) -> None:
        """Release the database; closing twice does no harm."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def commit(self, draft: Inspection, evidence: Evidence, *, committed: datetime) -> Inspection:
        """Write the record of one attempt, with its evidence, durably and once.

        `attempt` becomes one more than the last of this order and serial; the id (if empty) and the hashes are
        filled in. Pictures go to the disk first, then documents, record and chain link in one transaction.

        Returns:
            The inspection as committed.

        Raises:
            IntegrityError: draft and evidence contradict each other, or the id was used before.
            StorageError: nothing was recorded, and nothing is left half done.
        """
        stamp = utc_text(committed, "committed")
        tied = ties(draft, evidence)
        pending = PendingPictures(self._frames, evidence)
        with self._recording(), pictures_first(self.engine, pending), writing(self.engine) as connection:
            pending.keep_missing()
            if draft.id:
                _require_new(connection, draft.id)
            attempt = rows.last_attempt(connection, draft.order_id, draft.serial) + 1
            record = replace(draft, id=draft.id or new_id(committed), attempt=attempt, **tied)
            for document in evidence.documents():
                rows.add_document(connection, document)
            rows.add_inspection(connection, record, stamp)
        return record

    def add_event(
        self,
        kind: str,
        subject: str,
        payload: Mapping[str, Any],
        *,
        at: datetime,
        document: bytes | None = None,
        attached: Sequence[bytes] = (),
        id: str = "",
        once: bool = False,
    ) -> Event:
        """Append an event to the chain, with the document that it introduces, if any.

        `attached` are further documents, which the payload names (see `entries`). An `id` that is given, so that the
        same thing is not recorded twice, must be new. With `once` nothing is added where there is an event of this kind
        about this subject: that one is returned.

        Raises:
            IntegrityError: the payload cannot be recorded, or the id was used before.
            StorageError: nothing was recorded.
        """
        identifier = id or new_id(at)
        if once and (there := self.events(kind, subject, 1)):
            return there[0]
        with self._recording(), writing(self.engine) as connection:
            if once and (entry := rows.event_about(connection, kind, subject)):
                return as_event(entry)  # of another process
            if id:
                _require_new(connection, id)
            for data in attached:
                rows.add_document(connection, data)
            digest = None if document is None else rows.add_document(connection, document)
            entry = rows.add_event(connection, kind, subject, payload, at=at, document=digest, id=identifier)
        return as_event(entry)

    def add_overlay(self, inspection_id: str, png: bytes, *, at: datetime) -> Event:
        """Add a picture of an inspection, drawn for people. What was drawn last is what `overlay` gives.

        Raises:
            StorageError: nothing was recorded; at most a file stays behind that nothing refers to.
        """
        with self._recording():
            digest, _ = self._overlays.keep(png, ".png")
        return self.add_event(OVERLAY, inspection_id, {"sha256": digest}, at=at)

    @contextmanager
    def _recording(self) -> Iterator[None]:
        with self._one_writer, translated(NOTHING_RECORDED):
            try:
                yield
            except StorageError as error:
                raise StorageError(f"{error.sentence}: {NOTHING_RECORDED}", place=error.place) from error


def _require_new(connection: Connection, id: str) -> None:
    check_id(id, "id")
    if connection.execute(select(chain.c.cursor).where(chain.c.id == id)).first():
        raise IntegrityError("an entry with this id is committed already", place=id)
