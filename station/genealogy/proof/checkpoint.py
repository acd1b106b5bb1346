"""What the chain was at a moment, as text: C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint). Pure.

    station.example/cell-3
    417
    <base64 of the RFC 6962 root over the first 417 entries>
    chain <hash of entry 417, hexadecimal>
    time <UTC>

The specification discourages lines beyond the third because logs cannot be audited by them; here they repeat what the
root stands for already, so that whoever has `sha256sum` and no Merkle tree can check as well.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from station.errors import InputError
from station.genealogy.proof.note import from_base64
from station.genealogy.values import is_sha256

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_SIZE = re.compile(r"[1-9]\d{0,15}")
_ORIGIN = re.compile(r"[^\s+]{1,200}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The chain when it had `size` entries: its Merkle root, the hash of its newest entry, when this was said (UTC)."""

    origin: str
    size: int
    root: bytes
    chain: str
    time: str

    def text(self) -> str:
        """What is signed."""
        root = base64.b64encode(self.root).decode("ascii")
        return f"{self.origin}\n{self.size}\n{root}\nchain {self.chain}\ntime {self.time}\n"


def origin_of(station_id: str) -> str:
    """The name under which a station signs: no space and no plus may be in it."""
    return f"station.example/{re.sub(r'[^A-Za-z0-9._-]', '-', station_id)[:100] or 'station'}"


def read_checkpoint(text: str, place: str) -> Checkpoint:
    """The checkpoint in a note's text. Raises: InputError: it is none of a station, with `place`."""
    lines = text.split("\n")
    if len(lines) == 6:
        chain, time = lines[3].removeprefix("chain "), lines[4].removeprefix("time ")
        root = from_base64(lines[2])
        if (
            _ORIGIN.fullmatch(lines[0])
            and _SIZE.fullmatch(lines[1])
            and len(root) == 32
            and is_sha256(chain)
            and _TIME.fullmatch(time)
        ):
            found = Checkpoint(lines[0], int(lines[1]), root, chain, time)
            if found.text() == text:
                return found
    raise InputError("this is not a checkpoint of a station's chain", place=place)
