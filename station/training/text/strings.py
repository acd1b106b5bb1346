"""Strings to train with: what people have marked on parts, and every character of the alphabet in any company.

Letters are drawn at random, not from a language: a recogniser that has learned no words does not mend a wrong letter.
"""

from __future__ import annotations

import numpy as np

from station.vision.text.alphabet import ALPHABET

_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PLAIN = _UPPER + "0123456789"
_HARD = "0OQDC8B3S5Z27T1Il!iJj6Gb9gqUVYXKMWNHRPFEvVyuUnmrceaos.,:;'-_+"


def string(rng: np.random.Generator, longest: int) -> str:
    """A string of 2 to `longest` characters without spaces at its ends."""

    def some(letters: str, low: int, high: int) -> str:
        return "".join(rng.choice(list(letters), int(rng.integers(low, high + 1))))

    kind = rng.random()
    if kind < 0.22:
        made = some(_PLAIN, 2, longest)
    elif kind < 0.36:
        made = some(ALPHABET, 2, longest)
    elif kind < 0.50:
        made = some("0123456789", 2, longest)
    elif kind < 0.62:
        made = f"{rng.integers(1, 32):02}{some('.-/', 1, 1)}{rng.integers(1, 13):02}.{rng.integers(0, 100):02}"
        made += " " + some(_PLAIN, 1, 5) if rng.random() < 0.5 else ""
    elif kind < 0.75:
        made = " ".join(some(_UPPER, 1, 1) + some(_UPPER.lower(), 1, 7) for _ in range(int(rng.integers(1, 3))))
    elif kind < 0.87:
        made = some("-/. :", 1, 1).join(some(_PLAIN, 1, 5) for _ in range(int(rng.integers(2, 4))))
    else:
        made = some(_HARD, 2, longest)
    return made[:longest].strip() or "A1"
