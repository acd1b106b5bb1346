"""Strings of marks: what people have marked on parts, and every character of the alphabet in any company.

Letters are drawn at random, not from a language: a recogniser that has learned no words does not mend a wrong letter.
"""

from __future__ import annotations

import numpy as np

from station.vision.text.alphabet import ALPHABET

_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PLAIN = _UPPER + "0123456789"
_HARD = "0OQDC8B3S5Z27T1Il!iJj6Gb9gqUVYXKMWNHRPFEvVyuUnmrceaos.,:;'-_+"


def string(rng: np.random.Generator, longest: int) -> str:
    """A string to learn from, of 2 to `longest` characters without spaces at its ends."""
    return any_string(rng, longest) if rng.random() < 0.27 else common_string(rng, longest)


def any_string(rng: np.random.Generator, longest: int) -> str:
    """Characters of the whole alphabet, accents and signs, or of those that are easily taken for each other."""
    return _some(rng, ALPHABET if rng.random() < 0.52 else _HARD, 2, longest).strip() or "A1"


def common_string(rng: np.random.Generator, longest: int) -> str:
    """What most parts bear: a number, a serial, a date, a name, groups."""

    def some(letters: str, low: int, high: int) -> str:
        return _some(rng, letters, low, high)

    kind = rng.random()
    if kind < 0.30:
        made = some(_PLAIN, 2, longest)
    elif kind < 0.49:
        made = some("0123456789", 2, longest)
    elif kind < 0.66:
        made = f"{rng.integers(1, 32):02}{some('.-/', 1, 1)}{rng.integers(1, 13):02}.{rng.integers(0, 100):02}"
        made += " " + some(_PLAIN, 1, 5) if rng.random() < 0.5 else ""
    elif kind < 0.84:
        made = " ".join(some(_UPPER, 1, 1) + some(_UPPER.lower(), 1, 7) for _ in range(int(rng.integers(1, 3))))
    else:
        made = some("-/. :", 1, 1).join(some(_PLAIN, 1, 5) for _ in range(int(rng.integers(2, 4))))
    return made[:longest].strip() or "A1"


def _some(rng: np.random.Generator, letters: str, low: int, high: int) -> str:
    return "".join(rng.choice(list(letters), int(rng.integers(low, high + 1))))
