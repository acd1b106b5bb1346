"""Tables of standards, held as CSV in the package: a row per range of nominal sizes (over / up to and including)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Row:
    """One range of sizes in mm and its values by column; a column the standard leaves empty is absent."""

    over: Decimal
    to: Decimal
    values: dict[str, Decimal]


@cache
def table(name: str) -> tuple[Row, ...]:
    """The rows of `station/order/NAME.csv`; lines that start with `#` say where the numbers come from."""
    text = files("station.order").joinpath(f"{name}.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return tuple(
        Row(
            Decimal(row["over"]),
            Decimal(row["to"]),
            {key: Decimal(value) for key, value in row.items() if value and key not in ("over", "to")},
        )
        for row in rows
    )


def row_for(name: str, size: Decimal) -> Row | None:
    """The row whose range holds `size` (mm), or None."""
    return next((row for row in table(name) if row.over < size <= row.to), None)
