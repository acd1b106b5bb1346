"""The lines between station and controller, as hw/firmware/PROTOCOL.md has them: text and CRC, both ways."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

NUMBERS = 65536  # a command's number counts to here, then from 0 again
LONGEST = 100  # characters of a line without its end

_LINE = re.compile(rb"([ -~]*)\*([0-9A-F]{4})")
_ANSWER = re.compile(r"([0-9]{1,5}) (ok|error)((?: [!-~]+)*)")
_EVENT = re.compile(r"! ([0-9]{1,5})((?: [!-~]+)+)")
_COMPLAINT = re.compile(r"\? ([!-~]+)")


@dataclass(frozen=True, slots=True)
class Answer:
    """To the command of this number. `words` is what follows "ok" or "error"."""

    number: int
    ok: bool
    words: tuple[str, ...]

    def value(self, key: str) -> str:
        """Of a word "key=value"; empty when there is none."""
        return next((word[len(key) + 1 :] for word in self.words if word.startswith(key + "=")), "")


@dataclass(frozen=True, slots=True)
class Event:
    """What the controller says by itself."""

    number: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Complaint:
    """The controller received what is no line."""

    word: str


Heard = Answer | Event | Complaint


def crc16(data: bytes) -> int:
    """CRC-16/IBM-3740 (CCITT-FALSE): polynomial 0x1021, initial value 0xFFFF, nothing reflected or inverted."""
    return binascii.crc_hqx(data, 0xFFFF)


def encode(number: int, command: str) -> bytes:
    """A command as it goes over the line.

    Raises:
        ValueError: it cannot be a line: too long, or not printable ASCII.
    """
    text = f"{number % NUMBERS} {command}".encode("ascii")
    if not re.fullmatch(rb"[ -~]+", text) or len(text) + 5 > LONGEST:
        raise ValueError(f"this cannot be a command: {command!r}")
    return b"%s*%04X\n" % (text, crc16(text))


def decode(line: bytes) -> Heard | None:
    """What a line (without its LF) says; None when it is not whole."""
    parts = _LINE.fullmatch(line.removesuffix(b"\r"))
    if parts is None or crc16(parts[1]) != int(parts[2], 16):
        return None
    text = parts[1].decode("ascii")
    if found := _ANSWER.fullmatch(text):
        return Answer(int(found[1]), found[2] == "ok", tuple(found[3].split()))
    if found := _EVENT.fullmatch(text):
        return Event(int(found[1]), tuple(found[2].split()))
    if found := _COMPLAINT.fullmatch(text):
        return Complaint(found[1])
    return None
