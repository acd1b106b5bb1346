"""What people read on a terminal: the one formatter of all commands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from station.metrology.rounding import with_uncertainty
from station.visible import visible

SYMBOLS = {"PASS": "✓", "FAIL": "✗", "UNDECIDED": "?", "ERROR": "!"}
STYLES = {"PASS": "green", "FAIL": "bold red", "UNDECIDED": "yellow", "ERROR": "bold magenta"}
LONGEST_TEXT = 60  # of what was read, in a table
UNITS = {"mm": "mm", "deg": "°", "1": ""}


def console() -> Console:
    """Standard output; wide enough for a table when it is not a terminal."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=140)


def verdict_text(verdict: str) -> Text:
    """Symbol, word and colour: never colour alone."""
    return Text(f"{SYMBOLS.get(verdict, '')} {verdict}", style=STYLES.get(verdict, ""))


def table(*columns: str) -> Table:
    """A plain table with a bold head."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def print_rows(out: Console, rows: list[tuple[str, str]]) -> None:
    """Names and what they are, one below the other."""
    shown = Table(box=None, pad_edge=False, show_header=False)
    for name, value in rows:
        shown.add_row(Text(name, "dim"), value)
    out.print(shown)


def value_text(c: Mapping[str, Any]) -> str:
    """The value of a characteristic's row with U, what was read of a mark, or a dash."""
    if c["value"] is None:
        return "–"
    if isinstance(c["value"], str):
        return visible(c["value"], LONGEST_TEXT)
    unit = UNITS.get(c["unit"], c["unit"])
    shown = with_uncertainty(c["value"], c["expanded_uncertainty"] or 0.0, c["lower_limit"], c["upper_limit"])
    return f"{shown} {unit}".strip()


def limits_text(c: Mapping[str, Any]) -> str:
    """Both limits of a characteristic's row, or the one there is; what a code or a text must say."""
    if c.get("expected"):
        return visible(c["expected"], LONGEST_TEXT)
    low, high = c["lower_limit"], c["upper_limit"]
    if low is None and high is None:
        return "–"
    if low is None:
        return f"≤ {high:g}"
    if high is None:
        return f"≥ {low:g}"
    return f"{low:g} … {high:g}" if low != high else f"{low:g}"


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document on standard output."""
    print(json.dumps(document, indent=1, ensure_ascii=False))
