"""What the OpenAPI document says of answers: problems, headers, media types."""

from __future__ import annotations

from typing import Any

from station.mes.problems import MEDIA_TYPE

_WHAT = {
    400: "It cannot be read.",
    401: "No valid token.",
    403: "The token has another role.",
    404: "There is nothing here, or not for this token.",
    408: "The body came too slowly.",
    409: "It contradicts what is recorded.",
    410: "It was here, and is no longer.",
    413: "The body is too large.",
    414: "The address is too long.",
    415: "A body of this kind is not taken.",
    416: "The range lies behind the end.",
    422: "It can be read, and something in it cannot be.",
    429: "Too many requests, or too many streams; the header Retry-After says for how many seconds.",
    431: "Too many headers.",
    500: "The station failed, or what is stored is not what was committed.",
    503: "The record cannot be read or written now.",
}
_ANY = (400, 401, 403, 404, 408, 413, 414, 422, 429, 431, 500, 503)
_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True}},
    429: {"Retry-After": {"schema": {"type": "integer"}, "required": True}},
}
TAG = {"ETag": {"schema": {"type": "string"}, "description": "Entity tag, for If-None-Match.", "required": True}}


def answers(*problems: int, **others: Any) -> dict[int | str, dict[str, Any]]:
    """The answers of a route beside its own: problems that any may have and `problems`."""
    found: dict[int | str, dict[str, Any]] = {}
    for status in sorted({*_ANY, *problems}):
        found[status] = {"description": _WHAT[status], "content": _PROBLEM}
        if status in _HEADERS:
            found[status]["headers"] = _HEADERS[status]
    return found | {int(name.removeprefix("s")): value for name, value in others.items()}


def tagged(model: Any = None, *media_types: str, description: str = "As it is stored.") -> dict[str, Any]:
    """An answer with an entity tag: JSON of a model, or bytes of these media types."""
    found: dict[str, Any] = {"description": description, "headers": TAG}
    if model is not None:
        found["model"] = model
    if media_types:
        found["content"] = {one: {"schema": {"type": "string", "format": "binary"}} for one in media_types}
    return found


NOT_MODIFIED = {"description": "Whoever asks has it (If-None-Match).", "headers": TAG}
