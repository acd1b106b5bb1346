"""Who may ask the API, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from station.tables.basics import console, table


def print_tokens(tokens: Sequence[Mapping[str, Any]]) -> None:
    """All tokens."""
    rows = table("Id", "Name", "Role", "Order", "Made", "Expires", "State")
    for one in tokens:
        texts = (one["id"], one["name"], one["role"], one["order_id"] or "", one["made"], one["expires"] or "never")
        rows.add_row(*map(Text, texts), Text(one["state"], "" if one["state"] == "valid" else "dim"))
    console().print(rows)
