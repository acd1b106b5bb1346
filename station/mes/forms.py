"""An order with its drawing in one request: `multipart/form-data` with the parts `order` and `drawing` (RFC 7578).

The bytes of the parts stay what they are: nothing is decoded, nothing written to a disk.
"""

from __future__ import annotations

from typing import Any

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import FormParser, parse_options_header

from station.documents import MAX_DOCUMENT_BYTES
from station.mes.problems import Problem
from station.order.limits import MAX_DRAWING_BYTES

FORM = "multipart/form-data"
JSON = "application/json"
_LIMITS = {"order": MAX_DOCUMENT_BYTES, "drawing": MAX_DRAWING_BYTES}
_IN_MEMORY = MAX_DRAWING_BYTES + MAX_DOCUMENT_BYTES + 1_000_000  # the guard takes no larger body


async def order_and_drawing(request: Request) -> tuple[bytes, bytes | None]:
    """The order and its drawing, if one came with it.

    Raises:
        Problem (400, 413, 415): the body is of another kind, or not as it says.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind == JSON.encode():
        return await request.body(), None
    if kind != FORM.encode():
        raise Problem(415, f"an order comes as {JSON}, or with its drawing as {FORM}", place="Content-Type")
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= 70:
        raise Problem(400, "the form has no boundary (RFC 2046)", place="Content-Type")
    parts = await _parts(request, boundary)
    if b"order" not in parts:
        raise Problem(400, "the form has no part 'order'", place="order")
    return parts[b"order"], parts.get(b"drawing")


async def _parts(request: Request, boundary: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}

    def keep(name: bytes | None, data: bytes) -> None:
        word = (name or b"").decode("utf-8", "replace")
        if word not in _LIMITS:
            raise Problem(400, f"the form has a part {word[:40]!r}; there are order and drawing", place="body")
        if (name or b"") in found:
            raise Problem(400, "the form has this part twice", place=word)
        if len(data) > _LIMITS[word]:
            raise Problem(413, f"this part is larger than the {_LIMITS[word]:,} bytes allowed", place=word)
        found[name or b""] = data

    def on_field(field: Any) -> None:
        keep(field.field_name, field.value or b"")

    def on_file(file: Any) -> None:
        file.file_object.seek(0)
        keep(file.field_name, file.file_object.read())
        file.close()

    parser = FormParser(FORM, on_field, on_file, boundary=boundary, config={"MAX_MEMORY_FILE_SIZE": _IN_MEMORY})
    try:
        async for data in request.stream():
            parser.write(data)
        parser.finalize()
    except FormParserError as error:
        raise Problem(400, "the form is not as RFC 7578 has it", place="body") from error
    return found
