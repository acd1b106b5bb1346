"""Bringing the pictures of a record to the disk before it, and away again if it does not come to be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from station.documents import sha256_hex
from station.genealogy import rows
from station.genealogy.database import writing
from station.genealogy.evidence import Evidence, StoredFrame
from station.genealogy.frames import ContentFolder


@dataclass(slots=True)
class PendingPictures:
    """The pictures of one record on their way; `written` are the files that were not there before."""

    frames: ContentFolder
    evidence: Evidence
    written: list[str] = field(default_factory=list)

    def keep(self) -> None:
        """Store every picture durably."""
        for frame in self.evidence.frames:
            self._keep(frame)

    def keep_missing(self) -> None:
        """Store again what another process, having failed with the same picture, removed; needs the writer's lock."""
        for frame in self.evidence.frames:
            if self.frames.find(sha256_hex(frame.data)) is None:
                self._keep(frame)

    def forget(self, connection: Connection) -> None:
        """Remove the files written for nothing; needs the writer's lock."""
        for digest in self.written:
            if not rows.frame_is_referenced(connection, digest):
                self.frames.discard(digest)

    def _keep(self, frame: StoredFrame) -> None:
        digest, fresh = self.frames.keep(frame.data, frame.suffix)
        if fresh:
            self.written.append(digest)


@contextmanager
def pictures_first(engine: Engine, pending: PendingPictures) -> Iterator[None]:
    """Store the pictures, run the body (the transaction), and take the pictures back if it fails."""
    try:
        pending.keep()
        yield
    except BaseException:
        with suppress(SQLAlchemyError, OSError):  # what stays behind is only a file that nobody refers to
            if pending.written:
                with writing(engine) as connection:
                    pending.forget(connection)
        raise
