"""Reading the records in the order in which they were committed, a page at a time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from station.errors import InputError

MAX_LIMIT = 1000
_MAX_DIGITS = 18


@dataclass(frozen=True, slots=True)
class RecordSummary:
    """One line of `station records`; `committed` is UTC text."""

    cursor: int
    id: str
    order_id: str
    serial: str
    attempt: int
    verdict: str
    committed: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some records; `next` is the cursor to ask after for the following ones, usable even when there are none yet."""

    records: tuple[RecordSummary, ...]
    next: int

    def to_document(self) -> dict[str, Any]:
        """What `station records --json` prints."""
        return {"records": [asdict(record) for record in self.records], "next": self.next}


def checked_cursor(after: int | str | None) -> int:
    """`after` as the store counts; None is the beginning.

    Raises:
        InputError: it is not a cursor that this store gave out.
    """
    if after is None:
        return 0
    text = str(after).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise InputError(f"{text[:40]!r} is not a cursor", place="after")
    return int(text)


def checked_limit(limit: int) -> int:
    """`limit`, when a page may have that many records; raises InputError otherwise."""
    if not 1 <= limit <= MAX_LIMIT:
        raise InputError(f"a page has 1 to {MAX_LIMIT} records, not {limit}", place="limit")
    return limit
