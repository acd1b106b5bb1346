"""How AQDEF writes things down: lines of K-fields, lines of values, texts that cannot break either.

Q-DAS ASCII Transfer Format: one field a line, ``K2101/3 23.7``; measured values without keys, all characteristics of
one part on a line, separated by SI (0x0F), the fields of a value by DC4 (0x14).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from station.documents import sha256_hex

NEXT_CHARACTERISTIC = "\x0f"
NEXT_FIELD = "\x14"
LONGEST_NUMBER = 22  # characters of a field of type F
_BREAKS = frozenset({"Cc", "Zl", "Zp", "Cs"})  # would end a line or a field for some reader
_DIGEST = 6  # digits of the hash that keep two shortened names apart


def field(key: str, index: int, text: str) -> list[str]:
    """The line of one field; none where there is nothing to say."""
    return [f"{key}/{index} {text}"] if text else []


def value_line(cells: Sequence[Sequence[str]]) -> str:
    """The values of one part, in the sequence of the characteristics."""
    return NEXT_CHARACTERISTIC.join(NEXT_FIELD.join(cell) for cell in cells)


def name(text: str, longest: int) -> str:
    """A name as it may stand in a field of `longest` characters; what is cut ends in a piece of its hash."""
    found = one_line(text)
    return found if len(found) <= longest else f"{found[: longest - _DIGEST - 1]}~{sha256_hex(text.encode())[:_DIGEST]}"


def prose(text: str, longest: int) -> str:
    """A sentence as it may stand in a field of `longest` characters."""
    found = one_line(text)
    return found if len(found) <= longest else f"{found[: longest - 3]}..."


def one_line(text: str) -> str:
    """`text` without anything that some reader takes for the end of a line or of a field."""
    return " ".join("".join(" " if unicodedata.category(c) in _BREAKS else c for c in text).split())


def number(value: float | None) -> str:
    """The shortest decimal that reads back to the same double, with a point; nothing for None."""
    if value is None:
        return ""
    text = f"{Decimal(repr(float(value))):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text if len(text) <= LONGEST_NUMBER else repr(float(value)).upper()


def moment(utc_text: str) -> str:
    """``22.11.2026/09:12:03``, UTC, of the record's moment: the format has neither zone nor fractions."""
    return datetime.fromisoformat(utc_text).astimezone(UTC).strftime("%d.%m.%Y/%H:%M:%S")


def encoded(lines: Sequence[str]) -> bytes:
    """The file: plain ASCII where that is enough, which every code page reads alike; else UTF-8 with its mark."""
    text = "".join(f"{line}\r\n" for line in lines)
    return text.encode("ascii") if text.isascii() else text.encode("utf-8-sig")
