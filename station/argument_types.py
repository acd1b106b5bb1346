"""What stands behind an option on a command line, read with one sentence where it is something else."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from station.metrology.studies.nelson import ALL_RULES


def number(text: str) -> float:
    """A finite number; a decimal comma will do."""
    value = float(text.replace(",", "."))
    if not abs(value) < 1e100:
        raise argparse.ArgumentTypeError(f"{text} is not a finite number")
    return value


def positive(text: str) -> float:
    """More than 0."""
    value = number(text)
    if value <= 0.0:
        raise argparse.ArgumentTypeError(f"{text} is not positive")
    return value


def not_negative(text: str) -> float:
    """0 or more."""
    value = number(text)
    if value < 0.0:
        raise argparse.ArgumentTypeError(f"{text} is negative")
    return value


def share(text: str) -> float:
    """0.2 or 20 (percent)."""
    value = positive(text.rstrip("% "))
    return value / 100.0 if value > 1.0 or "%" in text else value


def fraction(text: str) -> float:
    """Between 0 and 1."""
    value = number(text)
    if not 0.0 < value < 1.0:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def probability(text: str) -> float:
    """From 0 to 1."""
    value = number(text)
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def count(text: str) -> int:
    """A whole number from 1 to a million."""
    value = int(text)
    if not 1 <= value <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to a million")
    return value


def rules(text: str) -> tuple[int, ...]:
    """Numbers of Nelson's rules."""
    try:
        found = tuple(sorted({int(piece) for piece in text.split(",")}))
    except ValueError:
        found = ()
    if not found or not set(found) <= set(ALL_RULES):
        raise argparse.ArgumentTypeError(f"{text} is not a list of Nelson's rules, such as 1,2,5")
    return found


def named_u(text: str) -> tuple[str, float]:
    """NAME=U."""
    name, separator, value = text.partition("=")
    if not separator or not name.strip():
        raise argparse.ArgumentTypeError(f"{text} is not NAME=U")
    return name.strip(), not_negative(value)


def day(text: str) -> date:
    """A day as 2026-11-22."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no day like 2026-11-22") from error


def named_text(text: str) -> tuple[str, str]:
    """NAME=TEXT."""
    name, separator, value = text.partition("=")
    if not separator or not name.strip():
        raise argparse.ArgumentTypeError(f"{text} is not NAME=TEXT")
    return name.strip(), value.strip()


def order_with_value(text: str) -> tuple[Path, float | None]:
    """ORDER, or ORDER=CERTIFIED; a path may have a = of its own."""
    name, separator, value = text.rpartition("=")
    if separator and not Path(text).exists():
        try:
            return Path(name), number(value)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{value!r} after = is not a number") from None
    return Path(text), None


def names(text: str) -> tuple[str, ...]:
    """Names, or how many: 3 stands for 1, 2, 3."""
    if text.isdecimal():
        return tuple(str(i + 1) for i in range(count(text)))
    found = tuple(name.strip() for name in text.split(","))
    if not all(found) or len(set(found)) < len(found):
        raise argparse.ArgumentTypeError(f"{text} is not a list of different names")
    return found
