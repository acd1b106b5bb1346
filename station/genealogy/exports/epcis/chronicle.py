"""All events of a part in the order of their commits, and the error declarations of those that do not stand.

EPCIS corrects as the record does: the erroneous event is repeated, unchanged and under its own `eventID`, with an
`errorDeclaration`; what is right instead is an event of its own.
"""

from __future__ import annotations

from station.genealogy.dossier import Dossier
from station.genealogy.events import Event
from station.genealogy.exports.epcis.attempt import attempt_event
from station.genealogy.exports.epcis.frame import PartFrame
from station.genealogy.exports.epcis.happenings import happening
from station.genealogy.exports.epcis.words import Json, extension
from station.genealogy.exports.uris import entry_uri, part_uri
from station.genealogy.parts import (
    BUILT_INTO,
    CORRECTION,
    DISPOSITION,
    MATERIAL_CONSUMED,
    OPERATION_DONE,
    WITHDRAWN,
)

_SAME = {MATERIAL_CONSUMED: "material", OPERATION_DONE: "operation"}  # what a right one has in common with a wrong one


def events_of(dossier: Dossier) -> list[Json]:
    """Every EPCIS event of the dossier's part. Raises: IntegrityError: an entry is not what was committed."""
    reader = dossier.reader
    order_id, serial = dossier.inspection["order_id"], dossier.inspection["serial"]
    part = PartFrame(order_id, serial, part_uri(reader, order_id, serial), dossier.order.customer_reference)
    ids = [attempt.id for attempt in dossier.attempts]
    about = reader.events_about_part(order_id, serial)
    entries: list[tuple[int, str, Json]] = [
        (attempt.cursor, attempt.id, attempt_event(reader.inspection(attempt.id), attempt.committed, part))
        for attempt in dossier.attempts
    ]
    entries += [
        (event.cursor, event.id, made)
        for event in about
        if (whose := _part_of(event, part, dossier)) and (made := happening(event, whose, reader))
    ]
    events = {id: made for _, id, made in entries}
    for event in about:
        wrong = event.subject if event.kind == WITHDRAWN else event.payload.get("corrects")
        if event.kind in (WITHDRAWN, CORRECTION) and wrong in events:
            right = _after(event.subject, ids) if event.kind == WITHDRAWN else _instead(event, about)
            entries.append((event.cursor, event.id, _declared_wrong(events[wrong], event, right)))
    return [made for _, _, made in sorted(entries, key=lambda entry: entry[0])]


def _part_of(event: Event, part: PartFrame, dossier: Dossier) -> PartFrame | None:
    """Whom the event is about: the part, or another that was built into it; None where it is nobody's of these."""
    said = event.payload
    serial = said.get("serial") if event.kind == DISPOSITION else event.subject
    if (said.get("order_id"), serial) == (part.order_id, part.serial):
        return part
    if event.kind == BUILT_INTO and (said["parent_order_id"], said["parent_serial"]) == (part.order_id, part.serial):
        return PartFrame(said["order_id"], event.subject, part_uri(dossier.reader, said["order_id"], event.subject), "")
    return None


def _declared_wrong(wrong: Json, event: Event, right: str | None) -> Json:
    declaration = {
        "declarationTime": event.at,
        "reason": "incorrect_data",
        **({"correctiveEventIDs": [entry_uri(right)]} if right else {}),
        **extension(
            {"reason": event.payload.get("reason"), "by": event.payload.get("by"), "entry": entry_uri(event.id)}
        ),
    }
    return {**wrong, "recordTime": event.at, "errorDeclaration": declaration}


def _after(id: str, attempts: list[str]) -> str | None:
    """The attempt that took the place of a withdrawn one: the next at the same part."""
    place = attempts.index(id) + 1
    return attempts[place] if place < len(attempts) else None


def _instead(correction: Event, about: tuple[Event, ...]) -> str | None:
    """The event that took the place of a corrected one: the next after its correction of the same kind and subject,
    and about the same material or operation. The record itself does not name it."""
    like = next((_likeness(event) for event in about if event.id == correction.payload["corrects"]), None)
    following = (event for event in about if event.cursor > correction.cursor)
    return next((event.id for event in following if _likeness(event) == like), None)


def _likeness(event: Event) -> tuple[object, ...]:
    return event.kind, event.subject, event.payload.get("order_id"), event.payload.get(_SAME.get(event.kind, ""))
