"""What the pages take from the stored order: the names of things. Never anything to decide on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Ordered:
    """The part's number, and for each characteristic the features (and datums) it is about; of a mark its symbology, or
    the feature that is its region."""

    part_number: str = ""
    features: Mapping[str, str] = field(default_factory=dict)


def ordered_from(data: bytes) -> Ordered:
    """The names in an order document; an order of another make simply has none."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return Ordered()
    if not isinstance(document, dict):
        return Ordered()
    part = document.get("part")
    number = part.get("part_number", "") if isinstance(part, dict) else ""
    entries = document.get("characteristics")
    found = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return Ordered(
        number if isinstance(number, str) else "", {str(entry.get("id", "")): _about(entry) for entry in found}
    )


def _about(entry: dict[str, Any]) -> str:
    of = ("feature", "features", "symbology", "region")
    features = next((names for key in of if (names := _names(entry.get(key)))), [])
    datums = _names(entry.get("datum"))
    return " – ".join(features) + (f" | {' '.join(datums)}" if datums else "")


def _names(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
