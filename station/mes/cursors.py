"""Opaque cursors: a position in the chain, tied to that chain by the hash of the entry that stands there.

The hash covers everything before it, so a cursor that was given out by another record, or by this one before a backup
was restored, fits no entry here and is told apart from one that fits: nobody goes on reading where entries are
missing. A check sum tells what was never a cursor at all. There is nothing secret in it, and nothing to keep.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from station.genealogy.chain import GENESIS
from station.mes.problems import Problem

_POSITION_BYTES = 6
_HASH_BYTES = 12
_CHECK_BYTES = 3
_BYTES = _POSITION_BYTES + _HASH_BYTES + _CHECK_BYTES  # 21: 28 letters without padding
LETTERS = _BYTES * 4 // 3
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_DOMAIN = binascii.crc32(b"station-cursor/1\n")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position (0: before the first entry) and the beginning of the hash of the entry there, hexadecimal."""

    position: int
    mark: str

    def fits(self, hash: str | None) -> bool:
        """Whether it was given out by the chain that has this hash at its position."""
        return hash is not None and hash.startswith(self.mark)


BEGINNING = Cursor(0, GENESIS[: 2 * _HASH_BYTES])


def cursor_text(position: int, hash: str) -> str:
    """The cursor of the entry at `position`, whose hash (hexadecimal) is given; `GENESIS` for position 0."""
    data = position.to_bytes(_POSITION_BYTES) + bytes.fromhex(hash[: 2 * _HASH_BYTES])
    letters = binascii.b2a_base64(data + _check(data), newline=False)
    return letters.translate(_URL_SAFE).decode()  # as base64.urlsafe_b64encode, for every line of a stream


def read_cursor(text: str, place: str = "after") -> Cursor:
    """The cursor in a text. Raises: Problem (400): no record ever gave it out."""
    try:
        data = base64.b64decode(text.encode("ascii"), b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        data = b""
    body, check = data[:-_CHECK_BYTES], data[-_CHECK_BYTES:]
    if len(data) != _BYTES or check != _check(body) or base64.urlsafe_b64encode(data).decode() != text:
        raise Problem(400, "this is not a cursor that was given out here", place=place)
    return Cursor(int.from_bytes(body[:_POSITION_BYTES]), body[_POSITION_BYTES:].hex())


def _check(data: bytes) -> bytes:
    return binascii.crc32(data, _DOMAIN).to_bytes(4)[-_CHECK_BYTES:]
