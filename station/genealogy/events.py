"""What happened beside the inspections and belongs to the record: a calibration accepted, a part disposed of, …

An event is a document too, `event/1`, in the same chain; a correction is a new event, never a change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from station.documents import canonical
from station.errors import IntegrityError
from station.genealogy.values import check_sha256, clean, utc_text

SCHEMA = "event/1"
MENTIONS = ("order_id", "serial", "parent_order_id", "parent_serial")  # keys of a payload
OVERLAY = "overlay"  # a picture of an inspection, drawn for people


@dataclass(frozen=True, slots=True)
class Event:
    """One event as committed: what kind, about what (an id, a camera), when, and the document it introduced."""

    cursor: int
    id: str
    kind: str
    subject: str
    at: str
    document_sha256: str | None
    payload: Mapping[str, Any]


def event_body(
    id: str, kind: str, subject: str, at: datetime, document_sha256: str | None, payload: Mapping[str, Any]
) -> bytes:
    """The canonical bytes of an `event/1` document.

    Raises:
        IntegrityError: the payload holds what JSON cannot carry unchanged.
    """
    if document_sha256 is not None:
        check_sha256(document_sha256, "document_sha256")
    document = {
        "schema": SCHEMA,
        "id": id,
        "kind": clean(kind, "kind"),
        "subject": clean(subject, "subject"),
        "at": utc_text(at),
        "document_sha256": document_sha256,
        "payload": _settled(payload, "payload"),
    }
    return canonical(document)


def mentioned(subject: str, payload: Mapping[str, Any]) -> tuple[str, ...]:
    """Whom an event is about besides its subject, in order of the alphabet: what finds it from there."""
    found = {payload.get(key) for key in MENTIONS}
    return tuple(sorted(name for name in found if isinstance(name, str) and name and name != subject))


def _settled(value: Any, place: str) -> Any:
    if isinstance(value, Mapping):
        return {clean(str(key), place): _settled(child, f"{place}.{key}") for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [_settled(child, f"{place}[{index}]") for index, child in enumerate(value)]
    if isinstance(value, datetime):
        return utc_text(value, place)
    settled = clean(value, place)
    if settled is not None and not isinstance(settled, str | int | float):
        raise IntegrityError(f"a {type(value).__name__} cannot be recorded", place=place)
    return settled
