"""The chain: every record and event is tied to all before it by one SHA-256 over a text of six lines.

    station-chain/1
    <cursor>
    <kind>
    <committed>
    <hash of the entry before, 64 zeros before the first>
    <SHA-256 of the body's bytes>

Every line ends with a line feed. A stranger repeats it with ``printf`` and ``sha256sum``: see ``docs/record.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

from station.documents import sha256_hex

DOMAIN = "station-chain/1"
GENESIS = "0" * 64
INSPECTION = "inspection"
EVENT = "event"


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """One link: `body` is the canonical JSON (RFC 8785) of an inspection or of an event."""

    cursor: int
    kind: str
    id: str
    committed: str
    previous_hash: str
    hash: str
    body: bytes

    def is_intact(self) -> bool:
        """Whether `hash` is the one that the other fields give."""
        return self.hash == link_hash(self.cursor, self.kind, self.committed, self.previous_hash, self.body)


def link_hash(cursor: int, kind: str, committed: str, previous_hash: str, body: bytes) -> str:
    """The hash of one link in hexadecimal; `committed` is the UTC text, `previous_hash` hexadecimal."""
    lines = (DOMAIN, str(cursor), kind, committed, previous_hash, sha256_hex(body))
    return sha256_hex("".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))
