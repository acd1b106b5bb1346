"""Files that are there whole or not at all, and stay there when the power goes."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def synchronise(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk. Raises: OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, data: bytes, mode: int = 0o644, *, new: bool = False) -> None:
    """A file with these bytes and rights, in the place of the one that was there; with `new` there must be none.

    Raises:
        FileExistsError: there is one, and it was to be new.
        OSError: it could not be written; what was there stays.
    """
    beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if new:
            os.link(beside, path)  # unlike a rename, this never replaces a file
        else:
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    synchronise(path.parent)
