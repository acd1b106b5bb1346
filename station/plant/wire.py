"""What goes over the wire between a station and its plant: subjects, headers, parts of what is too large. Pure.

station.<id>.entries               an entry of the chain: its body is the payload, the rest are headers
station.<id>.documents.<sha256>    a document that entries refer to
station.<id>.checkpoints           a signed checkpoint of the chain
station.<id>.head                  a question, not kept: how far has the plant come with me?

A payload larger than `PART_BYTES` goes in several messages with the same headers and `Station-Part: 2/5`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from station.errors import InputError
from station.genealogy.chain import ChainEntry
from station.genealogy.values import is_sha256

PART_BYTES = 512 * 1024  # nats-server takes 1 MB with headers, if nobody changed that
MOST_PARTS = 128  # 64 MB; a drawing has up to 32
LONGEST_ID = 64
KEPT = ("station.*.entries", "station.*.documents.*", "station.*.checkpoints")  # subjects of the stream
ASKED = "station.*.head"
MESSAGE_ID = "Nats-Msg-Id"
_HEADERS = {
    "cursor": "Station-Cursor",
    "kind": "Station-Kind",
    "id": "Station-Id",
    "committed": "Station-Committed",
    "previous_hash": "Station-Previous",
    "hash": "Station-Hash",
}
_PART = "Station-Part"
_SAFE = re.compile(r"[^A-Za-z0-9_-]")
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Message:
    """As NATS carries it."""

    subject: str
    headers: Mapping[str, str]
    data: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A signed checkpoint as a station keeps it: over how many entries, when it was made, the signed text."""

    size: int
    made: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """Which of how many (from 1) a message is of the thing `name`."""

    name: str
    number: int = 1
    of: int = 1


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message understood. Of an entry `entry.body` is the payload of this message alone; a document is `data` under
    the SHA-256 `part.name`."""

    station: str
    part: Part
    data: bytes
    entry: ChainEntry | None = None
    note: Note | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The plant's answer: the last entry and the last checkpoint it has of a station, and whether it has taken
    everything that lies at the hub (`level`)."""

    cursor: int
    hash: str
    checkpoint: int
    level: bool


def token_of(station: str) -> str:
    """A station's id as one token of a subject: letters, digits, `_` and `-`; all others as `%` and two digits.

    Raises:
        InputError: no id of a station.
    """
    if not station.strip() or len(station) > LONGEST_ID or not station.isprintable():
        raise InputError(f"a station's id has 1 to {LONGEST_ID} printable characters", place=station[:LONGEST_ID])
    return _SAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), station)


def station_of(subject: str) -> str:
    """The station that a subject is of. Raises: InputError: this is no subject of a station."""
    steps = subject.split(".")
    station = unquote(steps[1]) if len(steps) >= 3 and steps[0] == "station" else ""
    if not station or token_of(station) != steps[1]:
        raise InputError("this is no subject of a station", place=subject[:100])
    return station


def entry_messages(station: str, entry: ChainEntry, again: str = "") -> Iterator[Message]:
    """An entry of a station's chain; `again` tells the hub that this is sent once more on purpose."""
    headers = {header: str(getattr(entry, field)) for field, header in _HEADERS.items()}
    yield from _parts(f"station.{token_of(station)}.entries", headers, entry.hash, entry.body, again)


def document_messages(station: str, sha256: str, data: bytes, again: str = "") -> Iterator[Message]:
    """A document; see `entry_messages`."""
    yield from _parts(f"station.{token_of(station)}.documents.{sha256}", {}, sha256, data, again)


def note_message(station: str, note: Note, again: str = "") -> Message:
    """A checkpoint; see `entry_messages`."""
    data = json.dumps({"size": note.size, "made": note.made, "note": note.text}).encode()
    return next(_parts(f"station.{token_of(station)}.checkpoints", {}, f"checkpoint-{note.size}", data, again))


def _parts(subject: str, headers: dict[str, str], name: str, data: bytes, again: str) -> Iterator[Message]:
    count = max(1, -(-len(data) // PART_BYTES))
    for number in range(1, count + 1):
        # The hub drops what it got under the same id a while ago: sent, acknowledged, and the word of it lost.
        identifier = f"{subject.split('.')[1]}:{name}:{number}{again and ':'}{again}"
        named = {MESSAGE_ID: identifier, _PART: f"{number}/{count}"}
        yield Message(subject, {**headers, **named}, data[(number - 1) * PART_BYTES : number * PART_BYTES])


def read(message: Message) -> Parcel:
    """What a message says. Raises: InputError: it is none that a station sends."""
    station, kind = station_of(message.subject), message.subject.split(".")[2]
    number, of = _part(message.headers.get(_PART, ""))
    if kind == "entries":
        entry = _entry(message)
        return Parcel(station, Part(entry.hash, number, of), message.data, entry=entry)
    if kind == "documents":
        name = message.subject.split(".")[-1]
        if not is_sha256(name):
            raise InputError("a document is called by its SHA-256", place=message.subject[:200])
        return Parcel(station, Part(name, number, of), message.data)
    note = _note(message.data)
    return Parcel(station, Part(f"checkpoint-{note.size}", number, of), message.data, note=note)


def _part(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{1,3})/([0-9]{1,3})", text)
    number, of = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= number <= of <= MOST_PARTS:
        raise InputError(f"there is no part {text[:20]!r}", place=_PART)
    return number, of


def _entry(message: Message) -> ChainEntry:
    found = {field: message.headers.get(header, "") for field, header in _HEADERS.items()}
    for field, text in found.items():
        if not text or len(text) > 100 or not (text.isascii() and text.isprintable()):
            raise InputError("an entry needs this header", place=_HEADERS[field])
    if not is_sha256(found["hash"]) or not is_sha256(found["previous_hash"]):
        raise InputError("this is not a SHA-256", place=_HEADERS["hash"])
    return ChainEntry(**{**found, "cursor": _number(found["cursor"], _HEADERS["cursor"])}, body=message.data)  # type: ignore[arg-type]


def _note(data: bytes) -> Note:
    try:
        found = json.loads(data)
        note = Note(found["size"], found["made"], found["note"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError("this is no checkpoint", place="checkpoints") from None
    if not (isinstance(note.made, str) and isinstance(note.text, str)) or isinstance(note.size, bool):
        raise InputError("this is no checkpoint", place="checkpoints")
    return Note(_number(str(note.size), "size"), note.made, note.text)


def _number(text: str, place: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text) > 0):
        raise InputError(f"{text[:20]!r} is no number of an entry", place=place)
    return int(text)


def head_bytes(head: Head) -> bytes:
    """The plant's answer as JSON."""
    found = {"cursor": head.cursor, "hash": head.hash, "checkpoint": head.checkpoint, "level": head.level}
    return json.dumps(found).encode()


def read_head(data: bytes) -> Head:
    """The plant's answer. Raises: InputError: this is none."""
    try:
        found = json.loads(data)
        head = Head(int(found["cursor"]), str(found["hash"]), int(found["checkpoint"]), found["level"] is True)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError("this is no answer of a plant", place="head") from None
    return head
