"""Pydantic's findings as one plain sentence with its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from station.errors import OrderError

_UNKNOWN_KEY = "extra_forbidden"
_WORDS = {
    "string_type": "this must be a text",
    "list_type": "this must be a list",
    "dict_type": "this must be an object",
    "tuple_type": "this must be a list",
    "model_type": "this must be an object",
    "model_attributes_type": "this must be an object",
    "bool_type": "this must be true or false",
    "none_required": "this must be null",
}


def order_error(error: ValidationError, document: Any) -> OrderError:
    """The first finding (unknown keys before the others) as the order's error; says how many more there are."""
    found = error.errors(include_url=False, include_context=True, include_input=False)
    places: dict[str, ErrorDetails] = {}
    for detail in sorted(found, key=lambda detail: detail["type"] != _UNKNOWN_KEY):
        places.setdefault(json_path(detail["loc"], document, detail["type"]), detail)
    (place, first), more = next(iter(places.items())), len(places) - 1
    return OrderError(_sentence(first) + (f" (and {more} more)" if more else ""), place=place)


def json_path(location: Sequence[int | str], document: Any, kind: str = "") -> str:
    """`characteristics[2].datum` from pydantic's location, leaving out the names of union members."""
    path, value = "", document
    for number, step in enumerate(location):
        last = number == len(location) - 1
        if isinstance(step, int) and isinstance(value, list):
            path += f"[{step}]"
            value = value[step] if step < len(value) else None
        elif isinstance(value, dict) and step in value:
            path += _key(str(step), path)
            value = value[step]
        elif last and kind == "missing" and isinstance(value, dict):
            path += _key(str(step), path)
    return path


def _key(key: str, path: str) -> str:
    if key.isidentifier() and key.isascii():
        return f".{key[:60]}" if path else key[:60]
    return f"[{key[:60]!r}]"


def _sentence(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    name = str(detail["loc"][-1])[:60] if detail["loc"] else ""
    match kind:
        case "missing" if isinstance(detail["loc"][-1], int):
            return "the list is too short here"
        case "missing":
            return f"the key {name!r} is missing"
        case "extra_forbidden":
            return f"the key {name!r} is not known here"
        case "union_tag_invalid":
            tag = str(context.get("tag", ""))[:60]
            if tag == "?":
                return "this must be an object"
            known = str(context.get("expected_tags", "")).replace("'", "").replace(", entity, drawing", "")
            return f"the type {tag!r} is not known; known are {known}"
        case "union_tag_not_found":
            return "the key 'type' is missing"
        case "literal_error":
            return f"this must be {context.get('expected', 'one of the known words')}"
        case "string_too_short" | "string_too_long" | "too_short" | "too_long":
            return _length(kind, context)
        case "greater_than_equal":
            return f"this must be at least {context.get('ge')}"
        case "less_than_equal":
            return f"this must be at most {context.get('le')}"
        case "number" | "words":
            return detail["msg"]
        case _:
            return _WORDS.get(kind, detail["msg"].replace("Input should", "this should"))


def _length(kind: str, context: dict[str, Any]) -> str:
    if kind == "string_too_short":
        return "this must not be empty"
    if kind == "string_too_long":
        return f"this is longer than the {context.get('max_length')} characters allowed"
    if kind == "too_short":
        return f"this needs at least {context.get('min_length')} entries"
    return f"this has more than the {context.get('max_length')} entries allowed"
