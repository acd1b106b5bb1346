"""Compiling the few loops that arrays cannot express, and keeping them compiled on disk."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import event

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """The function compiled to machine code at its first call, and kept on disk where that is possible.

    Strict IEEE arithmetic in one thread: the same input gives the same result whatever the machine's load, and without
    the interpreter's lock, so that two inspections can run side by side. A division by zero gives inf or NaN, as in
    numpy. On a read-only root nothing can be kept, and the first call of every process compiles.
    """
    return cast(_Function, numba.njit(cache=_KEPT, nogil=True, error_model="numpy")(function))


@contextmanager
def told_of_compiling(tell: Callable[[], None]) -> Iterator[None]:
    """`tell` is called as often as a function has been compiled meanwhile, by the thread that compiled it; not for
    those that were kept from before."""
    listener = _Listener(tell)
    event.register("numba:compile", listener)  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        event.unregister("numba:compile", listener)  # type: ignore[no-untyped-call]


class _Listener(event.Listener):
    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell

    def on_start(self, _: event.Event) -> None:
        """Nothing was done yet."""

    def on_end(self, _: event.Event) -> None:
        self._tell()


def _keep() -> bool:
    """Names the folder of compiled code after the program's sources; whether it can be written to.

    Numba itself looks at the file of a function alone: after an update it would go on with old code of the functions
    that one calls.
    """
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for source in sorted(package.rglob("*.py")):
        stat = source.stat()
        digest.update(f"{source.relative_to(package)} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    base = Path(os.environ.get("NUMBA_CACHE_DIR") or package / "__pycache__")
    folder = base / f"station-{digest.hexdigest()[:16]}"
    try:
        if not folder.exists():
            for old in base.glob("station-*"):
                shutil.rmtree(old, ignore_errors=True)
            folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]  # numba makes its settings at import
    return os.access(folder, os.W_OK)


_KEPT = _keep()
