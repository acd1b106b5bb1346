"""Naming the place of an error in the document it came from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from station.errors import InputError


@contextmanager
def at(place: str) -> Iterator[None]:
    """Errors of the given input that say no place yet get this one."""
    try:
        yield
    except InputError as error:
        if not error.place:
            error.place = place
        raise
