"""How much room the home's file system has left; asked before every part, because a full disk stops the cell."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from station.errors import InputError, StorageError

GB = 1e9


@dataclass(frozen=True, slots=True)
class DiskBudget:
    """Below `warn_gb` of free space people are told, below `lock_gb` no part is begun."""

    warn_gb: float = 2.0
    lock_gb: float = 0.2

    def __post_init__(self) -> None:
        if not 0.0 <= self.lock_gb <= self.warn_gb:
            raise InputError("lock_gb must lie between 0 and warn_gb", place="disk")


@dataclass(frozen=True, slots=True)
class DiskState:
    """`locked` says why no part may be begun, `warning` what will lock soon; empty where nothing."""

    locked: str = ""
    warning: str = ""


def free_bytes(path: Path) -> int:
    """What an ordinary user may still write in the file system of `path`.

    Raises:
        StorageError: it cannot be asked.
    """
    try:
        found = os.statvfs(path)
    except OSError as error:
        raise StorageError(f"the disk cannot be asked how full it is ({error.strerror})", place=str(path)) from error
    return found.f_bavail * found.f_frsize


def disk_state(path: Path, budget: DiskBudget) -> DiskState:
    """Whether there is room for another part. Raises: StorageError."""
    free_gb = free_bytes(path) / GB
    if free_gb >= budget.warn_gb:
        return DiskState()
    how = "Make room, or let 'station retention' thin out the pictures of PASS."
    if free_gb < budget.lock_gb:
        return DiskState(locked=f"the disk is nearly full ({free_gb:.2f} GB free, {budget.lock_gb:g} needed). {how}")
    return DiskState(warning=f"The disk is filling up: {free_gb:.1f} GB free. {how}")
