"""JSON with exact decimals, for orders that are written and not only read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def json_text(value: Any, indent: str = "") -> str:
    """`value` as indented JSON; a `Decimal` keeps every digit it has."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping) and value:
        inner = [
            f"{indent} {json.dumps(key, ensure_ascii=False)}: {json_text(v, indent + ' ')}" for key, v in value.items()
        ]
        return "{\n" + ",\n".join(inner) + f"\n{indent}}}"
    if isinstance(value, list | tuple) and value:
        flat = [json_text(one, indent + " ") for one in value]
        if not any(isinstance(one, Mapping) for one in value):
            return "[" + ", ".join(flat) + "]"
        return "[\n" + ",\n".join(f"{indent} {one}" for one in flat) + f"\n{indent}]"
    return json.dumps(value, ensure_ascii=False)
