"""Signed notes, C2SP signed-note v1 (https://c2sp.org/signed-note): text, an empty line, lines of signatures. Pure.

    — <key name> <base64 of 4 bytes of key id and the signature>

Of the kinds of signatures only Ed25519 (type 0x01) is made and checked here; lines of other keys are passed over, as
the specification asks.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from station.errors import InputError
from station.genealogy.proof.keys import PublicKey, SigningKey

MAX_NOTE_BYTES = 16 * 1024
_ED25519 = b"\x01"
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True, slots=True)
class Note:
    """A note as read: its text with the last line feed, and of each signature the key's name, its id, the bytes."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]

    def is_signed_by(self, key: PublicKey, name: str) -> bool:
        """Whether it has a signature by `key` under this name, and none that claims to be and is not."""
        data, id = self.text.encode(), key_id(name, key)
        claimed = [signature for one, said, signature in self.signatures if (one, said) == (name, id)]
        return bool(claimed) and all(key.verifies(signature, data) for signature in claimed)


def key_id(name: str, key: PublicKey) -> bytes:
    """The four bytes that point to a key under a name."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + key.raw).digest()[:4]


def sign(text: str, name: str, key: SigningKey) -> str:
    """The note of `text`, which ends with a line feed, signed by `key` under `name`."""
    signature = base64.b64encode(key_id(name, key.public) + key.sign(text.encode())).decode("ascii")
    return f"{text}\n— {name} {signature}\n"


def read_note(data: bytes, place: str) -> Note:
    """The note in `data`; its signatures are still to be checked. Raises: InputError: it is none, with `place`."""
    if len(data) > MAX_NOTE_BYTES:
        raise InputError("this is too long for a signed note", place=place)
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError("this is not a signed note (not UTF-8)", place=place) from error
    text, empty, lines = whole.rpartition("\n\n")
    if not empty or not lines.endswith("\n") or any(sign < " " and sign != "\n" for sign in whole):
        raise InputError("this is not a signed note (text, an empty line, signatures)", place=place)
    return Note(f"{text}\n", tuple(_signature(line, place) for line in lines[:-1].split("\n")))


def _signature(line: str, place: str) -> tuple[str, bytes, bytes]:
    found = _LINE.fullmatch(line)
    data = b"" if found is None else from_base64(found[2])
    if found is None or len(data) <= 4:
        raise InputError("a line of this note is not a signature", place=place)
    return found[1], data[:4], data[4:]


def from_base64(text: str) -> bytes:
    """The bytes of standard base 64 (RFC 4648); empty where `text` is not exactly what encoding them gives."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if base64.b64encode(data).decode("ascii") == text else b""
