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
from station.genealogy.evidence import Evidence
from station.genealogy.frames import ContentFolder


@dataclass(slots=True)
class PendingPictures:
    """The pictures of one record on their way; `written` are the files that were not there before."""

    frames: ContentFolder
    overlays: ContentFolder
    evidence: Evidence
    written: list[tuple[ContentFolder, str]] = field(default_factory=list)

    def keep(self) -> None:
        """Store every picture durably."""
        for folder, data, suffix in self._all():
            self._keep(folder, data, suffix)

    def keep_missing(self) -> None:
        """Store again what another process, having failed with the same picture, removed; needs the writer's lock."""
        for folder, data, suffix in self._all():
            if folder.find(sha256_hex(data)) is None:
                self._keep(folder, data, suffix)

    def forget(self, connection: Connection) -> None:
        """Remove the files written for nothing; needs the writer's lock."""
        for folder, digest in self.written:
            if not rows.picture_is_referenced(connection, digest):
                folder.discard(digest)

    def _keep(self, folder: ContentFolder, data: bytes, suffix: str) -> None:
        digest, fresh = folder.keep(data, suffix)
        if fresh:
            self.written.append((folder, digest))

    def _all(self) -> Iterator[tuple[ContentFolder, bytes, str]]:
        for frame in self.evidence.frames:
            yield self.frames, frame.data, frame.suffix
        if self.evidence.overlay is not None:
            yield self.overlays, self.evidence.overlay, ".png"


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
