"""Documents of what was found out about the instrument: `light/1`, `focus/1`, `psf/1`; dated, signed by name, hashed.

A document is a frozen dataclass of figures: its fields are the keys, tuples are lists, what is not known is null.
Reading one is strict: an unknown or missing key, a text where a number belongs, a number that is none or a hash that
does not match its content is one sentence with the place.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from station.documents import canonical, plain, sha256_hex
from station.errors import CalibrationError

T = TypeVar("T")

_SENTENCES = {"unexpected_keyword_argument": "this key is not known here", "missing": "this key is missing"}


@dataclass(frozen=True, slots=True)
class InputFile:
    """A picture that a document rests on."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Made:
    """When and by whom a document was made, of which camera and lamp, from what."""

    created: datetime
    by: str
    camera_serial: str
    lamp_serial: str
    temperature_c: float | None
    software: str
    inputs: tuple[InputFile, ...]


def to_document(section: Any, schema: str) -> dict[str, Any]:
    """The document of a dataclass, with the hash that shows tampering; figures that are none are null."""
    content = {"schema": schema, **_json(asdict(section))}
    return {**content, "sha256": sha256_hex(canonical(content))}


def from_document(kind: type[T], schema: str, document: object, place: str) -> T:
    """The dataclass that `to_document` made a document of.

    Raises:
        CalibrationError: not such a document, changed since, or a key or value that does not belong there.
    """
    if not isinstance(document, Mapping) or document.get("schema") != schema:
        raise CalibrationError(f"this is not a {schema} document", place=place)
    content = {key: plain(value) for key, value in document.items() if key != "sha256"}
    try:
        digest = sha256_hex(canonical(content))
    except ValueError as error:
        raise CalibrationError(f"the document cannot be read ({error})", place=place) from error
    if document.get("sha256") != digest:
        raise CalibrationError("the document was changed after it was made: its hash does not match", place=place)
    del content["schema"]
    try:
        # As JSON: there "strict" still reads dates from texts and tuples from lists.
        return TypeAdapter(kind).validate_json(canonical(content), strict=True, extra="forbid")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        sentence = _SENTENCES.get(first["type"], first["msg"].replace("Input should", "this should"))
        raise CalibrationError(sentence, place=f"{place}, {where}" if where else place) from error


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _json(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(child) for child in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
