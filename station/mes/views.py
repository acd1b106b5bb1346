"""What of an order's tree is for whom: a customer sees his own order, and neither others' nor who works here."""

from __future__ import annotations

from typing import Any

from station.mes.behalf import ACCESS

_OTHERS = ("components", "built_into")  # where the part came to lie, and what lies in it, is of other orders


def seen_by(only_order: str | None, value: Any) -> Any:
    """A tree as it is shown: positions in the chain are called so (cursors are opaque); for a customer without what
    is of other orders and without what the station keeps of those who ask."""
    if isinstance(value, list):
        return [seen_by(only_order, child) for child in value]
    if not isinstance(value, dict):
        return value
    hidden = () if only_order is None else (ACCESS, *_OTHERS)
    return {
        "position" if key == "cursor" else key: seen_by(only_order, child)
        for key, child in value.items()
        if key not in hidden
    }
