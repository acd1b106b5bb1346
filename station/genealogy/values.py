"""What may enter a record: finite numbers, UTF-8 text, moments with a time zone. Nothing else, ever."""

from __future__ import annotations

import json
import math
import os
import re
import uuid
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from station.errors import IntegrityError

VERDICTS = frozenset({"PASS", "FAIL", "UNDECIDED", "ERROR"})
EXACT = 2**53 - 1  # whole numbers up to here are the same in every JSON reader
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")


def settle(record: Any) -> None:
    """Check every field of a frozen dataclass and store it in plain types; call it from `__post_init__`.

    NumPy scalars and `Decimal` become Python numbers, enumerations become text, lists become tuples.

    Raises:
        IntegrityError: a value that JSON cannot carry unchanged, with ``Class.field`` as the place.
    """
    kind: Any = type(record)
    for name in _names_of(kind):
        value = getattr(record, name)
        if not _is_plain(value):
            object.__setattr__(record, name, clean(value, f"{type(record).__name__}.{name}"))


@cache
def _names_of(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _is_plain(value: Any) -> bool:
    """Whether `clean` would return this as it is; so are most values, and a record has many."""
    kind = type(value)
    if kind is float:
        return math.isfinite(value)
    return value is None or kind is bool or (kind is str and value.isascii() and "\x00" not in value)


def clean(value: Any, place: str) -> Any:
    """`value` in the plain types that records are made of; see `settle`."""
    if hasattr(value, "dtype") and hasattr(value, "item") and getattr(value, "size", 0) == 1:
        value = value.item()
    if value is None or isinstance(value, bool) or (is_dataclass(value) and not isinstance(value, type)):
        return value
    if isinstance(value, str):
        return _text(value, place)
    if isinstance(value, int):
        if abs(value) > EXACT:
            raise IntegrityError(f"the whole number {value} cannot be kept exactly", place=place)
        return int(value)
    if isinstance(value, float | Decimal):
        if not math.isfinite(value):
            raise IntegrityError(f"{value} is not a finite number and cannot be recorded", place=place)
        return float(value)
    if isinstance(value, datetime):
        utc_text(value, place)
        return value
    if isinstance(value, list | tuple):
        return tuple(clean(item, f"{place}[{index}]") for index, item in enumerate(value))
    raise IntegrityError(f"a {type(value).__name__} cannot be recorded", place=place)


def _text(value: str, place: str) -> str:
    text = str(value)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise IntegrityError(f"the text {text[:40]!r} is not valid Unicode", place=place) from error
    if "\x00" in text:
        raise IntegrityError(f"the text {text[:40]!r} contains a NUL character", place=place)
    return text


def check_verdict(word: str, place: str) -> None:
    """Raises IntegrityError unless `word` is one of the four verdicts."""
    if word not in VERDICTS:
        raise IntegrityError(f"{word!r} is not a verdict (PASS, FAIL, UNDECIDED, ERROR)", place=place)


def is_sha256(text: str) -> bool:
    """Whether `text` is 64 lower-case hexadecimal digits."""
    return _SHA256.fullmatch(text) is not None


def check_sha256(digest: str, place: str, *, empty: bool = False) -> None:
    """Raises IntegrityError unless `digest` is 64 lower-case hexadecimal digits (or empty, where allowed)."""
    if not (is_sha256(digest) or (empty and not digest)):
        raise IntegrityError(f"{digest[:80]!r} is not a SHA-256", place=place)


def check_id(identifier: str, place: str) -> None:
    """Raises IntegrityError unless `identifier` can stand in a file name and in a URL."""
    if not _ID.fullmatch(identifier):
        raise IntegrityError(f"{identifier[:80]!r} cannot be the id of a record", place=place)


def utc_text(moment: datetime, place: str = "") -> str:
    """`moment` as the record writes it: ``2026-11-22T09:12:03.512Z`` (UTC, cut to milliseconds)."""
    if moment.tzinfo is None:
        raise IntegrityError("a moment without a time zone cannot be recorded", place=place)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_id(now: datetime, entropy: Callable[[int], bytes] = os.urandom) -> str:
    """A unique id that sorts by time: UUID version 7 (RFC 9562), milliseconds of `now` and 74 random bits."""
    milliseconds = int(now.astimezone(UTC).timestamp() * 1000) & (2**48 - 1)
    random = int.from_bytes(entropy(10))
    number = milliseconds << 80 | 0x7 << 76 | (random >> 68 & 0xFFF) << 64 | 0b10 << 62 | (random & (2**62 - 1))
    return str(uuid.UUID(int=number))


def read_canonical(body: bytes) -> Any:
    """The document in canonical bytes; whole numbers beyond 2^53 come back as the floats they were.

    Raises:
        ValueError: this is not JSON.
    """

    def whole(literal: str) -> int | float:
        return int(literal) if abs(float(literal)) <= EXACT else float(literal)

    return json.loads(body, parse_int=whole)
