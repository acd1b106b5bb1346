"""What was read of a mark against what the order expects there."""

from __future__ import annotations

import unicodedata

from station.order.gs1 import difference, elements_of
from station.order.model import Characteristic

_SHOWN = 60


def same_text(one: str, other: str) -> bool:
    """Whether two texts are the same characters, however they were composed (Unicode NFC)."""
    return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


def content_fault(asked: Characteristic, content: str, *, is_gs1: bool) -> str:
    """Why the content read from a code is not what the order asks for, as a clause; empty where it is.

    `content` is what the reader hands over, FNC1 between elements as a group separator; `is_gs1`: the symbol says by
    its FNC1 that it carries GS1 elements. Plain content has to be exactly the same; GS1 elements the same in any
    sequence, and right by the rules of GS1.
    """
    if asked.gs1 is False and is_gs1:
        return "it is a GS1 symbol, and the order asks for one that is not"
    if asked.gs1 and not is_gs1:
        return "it is not a GS1 symbol (FNC1 does not stand at its beginning), and the order asks for one"
    if not is_gs1:
        return "" if same_text(asked.expected, content) else f"it reads {shown(content)}, not {shown(asked.expected)}"
    try:
        read = elements_of(content)
    except ValueError as fault:
        return f"it reads {shown(content)}, which is not right GS1: {fault}"
    try:
        expected = elements_of(asked.expected)
    except ValueError as fault:
        return f"it is a GS1 symbol, and what the order expects is not GS1: {fault}"
    apart = difference(expected, read)
    return f"it reads {shown(content)}: {apart}" if apart else ""


def shown(content: str) -> str:
    """A content as a sentence quotes it: short, control characters as pictures of themselves."""
    short = content if len(content) <= _SHOWN else content[:_SHOWN] + "…"
    pictures = "".join(chr(0x2400 + ord(letter)) if ord(letter) < 0x20 else letter for letter in short)
    return f"'{pictures}'"
