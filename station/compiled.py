"""Compiling the few loops that arrays cannot express, and keeping them compiled on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """The function compiled to machine code at its first call, and kept on disk where that is possible.

    Strict IEEE arithmetic in one thread: the same input gives the same result whatever the machine's load, and without
    the interpreter's lock, so that two inspections can run side by side. A division by zero gives inf or NaN, as in
    numpy. On a read-only root nothing can be kept, and the first call of every process compiles.
    """
    try:
        return cast(_Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:
        return cast(_Function, numba.njit(nogil=True, error_model="numpy")(function))
