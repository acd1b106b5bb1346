"""The characters that can be verified, and which of them no picture can tell apart."""

from __future__ import annotations

import unicodedata

_DIGITS = "0123456789"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SIGNS = ".,:;-/+()&'\"#%°±@!?*=_<>[]µ"
_ACCENTED = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝĄĆČĎĘĚĞŁŃŇŘŚŠŞŤŮŹŻŽ"
_LOWER_ONLY = "ßı"

ALPHABET = _DIGITS + _UPPER + _UPPER.lower() + _SIGNS + _ACCENTED + _ACCENTED.lower() + _LOWER_ONLY
"""The classes of the recogniser in their order; the blank of its connectionist temporal classification comes last."""

LOOK_ALIKES = ("0Oo", "1Il|ı", "'’", "-–−", "µμ", "Øø", "*×")
"""Classes of characters that cannot, or need not, be told apart: shapes equal but for a size that a line of marks need
not show. What is a merged class is accepted for each of its members."""

_SAME_SHAPE = "CcSsUuVvWwXxZzKkPp"  # capital and small letter differ by height only


def spoken(text: str) -> str:
    """`text` as it is compared: composed (NFC), without spaces, each look-alike as the first of its class."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(_FIRST.get(letter, letter) for letter in composed if not letter.isspace())


def unknown(text: str, alphabet: str = ALPHABET) -> str:
    """The characters of `text` that a recogniser of this alphabet cannot read, each once, in order; spaces never."""
    known = {spoken(letter) for letter in alphabet}
    return "".join(dict.fromkeys(c for c in unicodedata.normalize("NFC", text) if spoken(c) and spoken(c) not in known))


_FIRST = {letter: group[0] for group in LOOK_ALIKES for letter in group}
