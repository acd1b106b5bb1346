"""The canonical JSON (RFC 8785) of a record straight from its frozen dataclasses: every commit waits for it.

Their values are settled (see `values`), so that nothing can be in one that JSON does not carry.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from functools import cache
from json.encoder import encode_basestring
from typing import Any

from station.canonical import number_text
from station.genealogy.values import utc_text

OPTIONAL = {"optional": True}  # metadata of a field that is left out when it is empty


def encoded(record: Any) -> bytes:
    """The canonical bytes of a record: dataclasses become objects, moments text, tuples lists."""
    pieces: list[str] = []
    _put_record(record, pieces)
    return "".join(pieces).encode()


def _put_record(record: Any, pieces: list[str]) -> None:
    shape: Any = type(record)
    first, put = len(pieces), pieces.append
    for name, before, optional in _members_of(shape):
        value = getattr(record, name)
        kind = type(value)
        if kind is float:  # most are this, and most are written as Python does
            put(before)
            text = repr(value)
            put(number_text(value) if text[-2:] == ".0" or "e" in text else text)
        elif optional and value in (None, (), ""):
            continue
        elif value is None:
            put(before)
            put("null")
        elif kind is str:
            put(before)
            put(encode_basestring(value))
        else:
            put(before)
            _put(value, pieces)
    put("}")
    pieces[first] = "{" + pieces[first].removeprefix(",") if len(pieces) > first + 1 else "{}"


def _put(value: Any, pieces: list[str]) -> None:
    kind = type(value)
    if value is None:
        pieces.append("null")
    elif kind is float:
        pieces.append(number_text(value))
    elif kind is str:
        pieces.append(encode_basestring(value))
    elif kind is bool:
        pieces.append("true" if value else "false")
    elif kind is int:
        pieces.append(str(value))
    elif kind is tuple:
        opening = "["
        for item in value:
            pieces.append(opening)
            _put(item, pieces)
            opening = ","
        pieces.append("[]" if not value else "]")
    elif kind is datetime:
        pieces.append(encode_basestring(utc_text(value)))
    else:
        _put_record(value, pieces)


@cache
def _members_of(kind: Any) -> tuple[tuple[str, str, bool], ...]:
    """The fields of a dataclass in canonical sequence (names in Python sort as in UTF-16): the name, what is written
    before its value, whether it may be left out."""
    members = sorted((entry.name, bool(entry.metadata.get("optional"))) for entry in fields(kind))
    return tuple((name, f",{encode_basestring(name)}:", optional) for name, optional in members)
