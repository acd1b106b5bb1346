"""What a scanner read: the text of a code, or why it is none."""

from __future__ import annotations

import re

from station.errors import DeviceError

LONGEST = 512
MAKERS = re.compile(r"scan|barcode|symbol|zebra|honeywell|metrologic|datalogic|cognex|keyence|newland|opticon", re.I)
GS = "\x1d"  # the group separator that ends fields of GS1 element strings (how FNC1 is sent): part of the text
_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")


def scanned_text(data: bytes, place: str, *, aim: bool = False) -> str:
    """The text of one scan without blanks around it: ASCII or UTF-8, of the control characters only GS, kept where it
    is. With `aim` the scanner puts the AIM identifier of the symbology in front (`]d2` for a GS1 Data Matrix); it must
    be there and is left out.

    Raises:
        DeviceError: it is garbage: another baud rate, a broken frame, or longer than any code.
    """
    if len(data) > LONGEST:
        raise DeviceError(f"the scanner sent {len(data)} characters; no code of an order is so long", place=place)
    try:
        text = data.decode("utf-8").strip(" \t")
    except UnicodeDecodeError as error:
        bad = f"byte 0x{data[error.start]:02x} at {error.start + 1}"
        raise DeviceError(f"what was scanned is no text: {bad} (another baud rate?)", place=place) from error
    if aim and not _AIM.match(text):
        raise DeviceError(f"the scan {text[:20]!r} does not begin with an AIM identifier", place=place)
    text = text[3:] if aim else text
    for at, character in enumerate(text, 1):
        if not (character.isprintable() or character == GS):
            raise DeviceError(f"what was scanned is no text: character U+{ord(character):04X} at {at}", place=place)
    return text
