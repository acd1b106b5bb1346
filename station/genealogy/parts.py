"""What happened to a part besides its inspections: where it comes from, what was done to it, what people decided.

Each is an event of the record that names its part; nothing is changed afterwards. What was wrong is withdrawn or
corrected by another event, which says who did so and why; measured values are never replaced.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from station.errors import InputError
from station.genealogy.events import MENTIONS, Event
from station.genealogy.store import Genealogy
from station.genealogy.values import utc_text

ORDER_RECEIVED = "order-received"
MATERIAL_CONSUMED = "material-consumed"
BUILT_INTO = "built-into"
OPERATION_DONE = "operation-done"
DISPOSITION = "disposition"
WITHDRAWN = "withdrawn"
CORRECTION = "correction"
CORRECTABLE = (MATERIAL_CONSUMED, BUILT_INTO, OPERATION_DONE, DISPOSITION)
LONGEST_TEXT = 1000
LONGEST_NAME = 128


@dataclass(frozen=True, slots=True)
class PartKey:
    """A part as its order names it."""

    order_id: str
    serial: str


@dataclass(frozen=True, slots=True)
class Material:
    """A lot of material that the part was made from; `quantity` in `unit`, None where nobody weighed it."""

    lot: str
    material: str = ""
    quantity: float | None = None
    unit: str = ""
    supplier: str = ""


@dataclass(frozen=True, slots=True)
class Assembly:
    """What the part was built into, and where in it."""

    parent_order_id: str
    parent_serial: str
    position: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """A step of the routing that somebody else did: a subcontractor, another cell; `reference` is their paper."""

    operation: str
    organisation: str
    done_at: datetime | None = None
    reference: str = ""


class Decision(StrEnum):
    """What people do with a part; the verdict stays what was measured."""

    USE_AS_IS = "use-as-is"  # with a concession
    REWORK = "rework"
    SCRAP = "scrap"
    RETURN = "return"
    HOLD = "hold"


_KINDS = {Material: MATERIAL_CONSUMED, Assembly: BUILT_INTO, Operation: OPERATION_DONE}


def order_of(event: Event) -> str | None:
    """The order that an event is about; None where it names none."""
    named = event.subject if event.kind == ORDER_RECEIVED else event.payload.get("order_id")
    return named if isinstance(named, str) else None


def add_link(
    genealogy: Genealogy,
    part: PartKey,
    link: Material | Assembly | Operation,
    *,
    by: str,
    at: datetime,
    remark: str = "",
) -> Event:
    """Records where a part comes from or went to; the part need not be inspected yet.

    Raises:
        InputError: a name is missing or too long, a quantity is none, or the part would be built into itself.
        StorageError: nothing was recorded.
    """
    names = asdict(link)
    if isinstance(link, Assembly) and (link.parent_order_id, link.parent_serial) == (part.order_id, part.serial):
        raise InputError("a part cannot be built into itself", place="parent_serial")
    if isinstance(link, Material) and link.quantity is not None and not 0.0 < link.quantity < math.inf:
        raise InputError("a quantity must be a number above zero", place="quantity")
    if isinstance(link, Operation):
        names["done_at"] = None if link.done_at is None else utc_text(link.done_at, "done_at")
    needed = {"order_id": part.order_id, "serial": part.serial, **{key: names[key] for key in _needed(link)}}
    for key, text in needed.items():
        _check_text(str(text), key, LONGEST_NAME, needed=True)
    for key, value in names.items():
        if isinstance(value, str):
            _check_text(value, key, LONGEST_NAME)
    payload = {"order_id": part.order_id, **names, **_signed(by, remark)}
    return genealogy.add_event(_KINDS[type(link)], part.serial, payload, at=at)


def dispose(
    genealogy: Genealogy,
    inspection_id: str,
    decision: Decision,
    *,
    reason_code: str,
    by: str,
    at: datetime,
    remark: str = "",
) -> Event:
    """Records what a person decided about a part after an inspection.

    Raises:
        InputError: there is no such inspection, it was withdrawn, or a name is missing.
        StorageError: nothing was recorded.
    """
    record = _standing(genealogy, inspection_id)
    _check_text(reason_code, "reason_code", LONGEST_NAME, needed=True)
    payload = {**_about(record), "decision": str(decision), "reason_code": reason_code, **_signed(by, remark)}
    return genealogy.add_event(DISPOSITION, inspection_id, payload, at=at)


def withdraw(genealogy: Genealogy, inspection_id: str, *, reason: str, by: str, at: datetime) -> Event:
    """Says that an inspection does not stand: another part lay there, the wrong order. It stays in the record.

    Raises:
        InputError: there is no such inspection, it was withdrawn before, or there is no reason.
        StorageError: nothing was recorded.
    """
    record = _standing(genealogy, inspection_id)
    _check_text(reason, "reason", LONGEST_TEXT, needed=True)
    return genealogy.add_event(WITHDRAWN, inspection_id, {**_about(record), "reason": reason, **_by(by)}, at=at)


def correct(genealogy: Genealogy, event_id: str, *, reason: str, by: str, at: datetime) -> Event:
    """Says that an event about a part does not stand; the right one, if any, is added as another.

    Raises:
        InputError: there is no such event, it is of a kind that cannot be taken back, or it was before.
        StorageError: nothing was recorded.
    """
    event = genealogy.event(event_id)
    if event.kind not in CORRECTABLE:
        raise InputError(f"an event {event.kind!r} is not corrected by another", place=event_id)
    _check_text(reason, "reason", LONGEST_TEXT, needed=True)
    if genealogy.events(CORRECTION, event_id, 1):
        raise InputError("this event was corrected before", place=event_id)
    named = {"serial": event.subject, **{key: event.payload[key] for key in MENTIONS if key in event.payload}}
    payload = {**named, "corrects": event_id, "reason": reason, **_by(by)}  # found from wherever the event is
    return genealogy.add_event(CORRECTION, event_id, payload, at=at)


def _needed(link: Material | Assembly | Operation) -> tuple[str, ...]:
    match link:
        case Material():
            return ("lot",)
        case Assembly():
            return ("parent_order_id", "parent_serial")
        case Operation():
            return ("operation", "organisation")


def _standing(genealogy: Genealogy, inspection_id: str) -> dict[str, object]:
    record = genealogy.inspection(inspection_id)
    if genealogy.events(WITHDRAWN, inspection_id, 1):
        raise InputError("this inspection was withdrawn", place=inspection_id)
    return record


def _about(record: dict[str, object]) -> dict[str, object]:
    return {"order_id": record["order_id"], "serial": record["serial"]}


def _signed(by: str, remark: str) -> dict[str, str]:
    _check_text(remark, "remark", LONGEST_TEXT)
    return {**_by(by), "remark": remark}


def _by(by: str) -> dict[str, str]:
    _check_text(by, "by", LONGEST_NAME, needed=True)
    return {"by": by}


def _check_text(text: str, place: str, longest: int, *, needed: bool = False) -> None:
    if needed and not text.strip():
        raise InputError("this must not be empty", place=place)
    if len(text) > longest:
        raise InputError(f"this is longer than the {longest} characters allowed", place=place)
    if not text.isprintable():
        raise InputError("there is a character in it that cannot be printed", place=place)
