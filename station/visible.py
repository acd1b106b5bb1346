"""Text that was read from a part or came from outside, as it may stand on a screen: nothing in it acts, all is seen."""

from __future__ import annotations

import unicodedata

_DIRECTIONS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # would reorder the rest


def visible(text: str, longest: int = 0) -> str:
    """`text` with controls as their pictures (U+2400 …): the separators of a GS1 code are seen, an escape sequence does
    nothing. With `longest` what is longer is cut and ends in an ellipsis."""
    shown = text if not longest or len(text) <= longest else f"{text[: longest - 1]}…"
    return shown if shown.isascii() and shown.isprintable() else "".join(map(_seen, shown))


def _seen(letter: str) -> str:
    code = ord(letter)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return "\ufffd" if letter in _DIRECTIONS or unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") else letter
