"""Text from outside, as the certificate's font can show it: nothing is lost, and nothing looks like something else."""

from __future__ import annotations

import unicodedata
from collections.abc import Container

_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "PDF", "PDI", "FSI"})
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})  # controls, formats, private use, surrogates, unassigned


def shown(text: object, font: Container[int]) -> str:
    """`text` in one line; each character that the font (its code points) cannot show right as its number, ``[U+4E2D]``.

    What runs from right to left would need shaping and could hide what stands beside it, so it is numbered as well.
    """
    return "".join(_shown(character, font) for character in " ".join(str(text).split()))


def _shown(character: str, font: Container[int]) -> str:
    seen = (
        ord(character) in font
        and unicodedata.category(character) not in _UNSEEN
        and unicodedata.bidirectional(character) not in _RIGHT_TO_LEFT
    )
    return character if seen else f"[U+{ord(character):04X}]"
