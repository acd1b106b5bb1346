"""Pictures as files that are named by what is in them: ``ab/abcdef….png``, checked with ``sha256sum``.

A file appears under its name complete and durable, or not at all: it is written and synchronised under another
name in the same file system, renamed, and the folder is synchronised.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from station.documents import sha256_hex
from station.durable import synchronise
from station.errors import IntegrityError, StorageError

_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")
_INCOMING = "incoming"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, slots=True)
class ContentFolder:
    """A folder of content-addressed files."""

    path: Path

    def keep(self, data: bytes, suffix: str) -> tuple[str, bool]:
        """Store `data` durably; storing the same bytes again changes nothing.

        Returns:
            The SHA-256 of `data` in hexadecimal, and whether a file was written for it now.

        Raises:
            StorageError: the file could not be written; none is left half written.
        """
        if not _SUFFIX.fullmatch(suffix):
            raise StorageError(f"{suffix[:20]!r} is not a file suffix like '.png'", place=str(self.path))
        digest = sha256_hex(data)
        try:
            there = self.find(digest)
            if there is not None and there.read_bytes() == data:
                synchronise(there.parent)  # whoever wrote it may not have come to this yet
                return digest, False
            self._write(data, self.path / digest[:2] / f"{digest}{suffix}")
        except OSError as error:
            cause = "the disk is full" if error.errno in _FULL else f"a file cannot be written ({error.strerror})"
            raise StorageError(cause, place=str(self.path)) from error
        return digest, True

    def _write(self, data: bytes, target: Path) -> None:
        incoming = self.path / _INCOMING
        for folder in (incoming, target.parent):
            if not folder.is_dir():
                folder.mkdir(exist_ok=True)
                synchronise(self.path)
        temporary = incoming / f"{target.name}.{secrets.token_hex(8)}"
        try:
            with temporary.open("xb") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX)  # tells `tidy` that somebody is writing
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
                temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        synchronise(target.parent)

    def find(self, digest: str) -> Path | None:
        """The file named `digest`, whatever its suffix; None when there is none."""
        folder = self.path / digest[:2]
        usual = folder / f"{digest}.png"
        if usual.is_file():
            return usual
        # No glob: its pattern would be compiled anew for every picture, which takes longer than looking.
        files = folder.iterdir() if folder.is_dir() else ()
        return min((file for file in files if file.name.startswith(f"{digest}.")), default=None)

    def read(self, digest: str) -> bytes:
        """The bytes named `digest`.

        Raises:
            IntegrityError: the file is missing or is not what was stored, with its name as the place.
        """
        path = self.find(digest)
        if path is None:
            raise IntegrityError("the file is missing", place=f"{self.path.name}/{digest[:2]}/{digest}")
        try:
            data = path.read_bytes()
        except OSError as error:
            place = f"{self.path.name}/{digest[:2]}/{path.name}"
            raise IntegrityError(f"the file cannot be read ({error.strerror})", place=place) from error
        if sha256_hex(data) != digest:
            place = f"{self.path.name}/{digest[:2]}/{path.name}"
            raise IntegrityError("the file is not what was stored under this name", place=place)
        return data

    def discard(self, digest: str) -> None:
        """Remove a file that no record came to refer to."""
        path = self.find(digest)
        if path is not None:
            path.unlink(missing_ok=True)

    def tidy(self) -> int:
        """Remove what killed processes left half written; returns how many files."""
        removed = 0
        for path in (self.path / _INCOMING).glob("*"):
            with path.open("rb") as stream:
                try:
                    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                path.unlink(missing_ok=True)
                removed += 1
        return removed
