"""Names of things in an address, as they are read from it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import unquote

from fastapi import Path
from pydantic import AfterValidator, WithJsonSchema

from station.mes.problems import not_there
from station.order.limits import MAX_NAME


def _unquoted(quoted: str) -> str:
    """The guard leaves addresses quoted, so that a name may hold a slash."""
    try:
        text = unquote(quoted, errors="strict")
    except UnicodeDecodeError as error:
        raise ValueError("this is not UTF-8") from error
    if not 1 <= len(text) <= MAX_NAME:
        raise ValueError(f"this has 1 to {MAX_NAME} characters")
    if "\x00" in text:
        raise not_there()  # no order and no part is called so, and no database takes it
    return text


_NAME = {"type": "string", "minLength": 1, "maxLength": MAX_NAME}
OrderId = Annotated[
    str, AfterValidator(_unquoted), WithJsonSchema(_NAME), Path(description="The order_id; a slash as %2F.")
]
Serial = Annotated[
    str, AfterValidator(_unquoted), WithJsonSchema(_NAME), Path(description="The part's serial; a slash as %2F.")
]
RecordId = Annotated[str, Path(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$", description="An inspection's id.")]
Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="SHA-256, lower-case hexadecimal.")]
