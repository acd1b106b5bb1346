"""What happened to a part beside its inspections, and what people decided: sent once, recorded once."""

# No `annotations` from __future__ here: FastAPI could not see what the routes' annotations name in their function.
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header
from fastapi.responses import Response

from station.errors import InputError
from station.genealogy.events import Event
from station.genealogy.parts import (
    CORRECTION,
    DISPOSITION,
    WITHDRAWN,
    Assembly,
    Decision,
    Material,
    Operation,
    PartKey,
    add_link,
    correct,
    dispose,
    withdraw,
)
from station.genealogy.store import Genealogy
from station.mes import behalf
from station.mes.access import Caller, Gate
from station.mes.described import answers
from station.mes.models import BuiltInto, Disposition, EventOut, MaterialConsumed, OperationDone, PartEvent, Reason
from station.mes.names import RecordId, Serial
from station.mes.problems import not_there
from station.mes.source import StoredRecords
from station.mes.threads import Routes
from station.mes.tokens import Role

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[!-~]+$",
        description="Names this event; sent again with the same key, it is recorded once.",
    ),
]
_ANSWERS: dict[int | str, dict[str, Any]] = answers(
    s200={"model": EventOut, "description": "It was recorded before."},
    s201={"model": EventOut, "description": "It is recorded now."},
)


def part_routes(genealogy: Genealogy, gate: Gate, clock: Callable[[], datetime]) -> APIRouter:
    """Events about parts, dispositions, withdrawals and corrections."""
    routes = Routes(gate.threads, "parts")
    source, one_at_a_time = StoredRecords(genealogy), Lock()

    def record(
        caller: Caller,
        key: str | None,
        what: Mapping[str, Any],
        before: Callable[[], Sequence[Event]],
        add: Callable[[Genealogy], Event],
    ) -> Response:
        with one_at_a_time:
            event, new = behalf.Request(caller, what, key or "").record(genealogy, before(), add)
        answer = EventOut(id=event.id, kind=event.kind, subject=event.subject, at=event.at, payload=dict(event.payload))
        body = json.dumps(answer.model_dump(), ensure_ascii=False).encode()
        return Response(body, 201 if new else 200, media_type="application/json")

    @routes.post("/parts/{serial}/events", summary="Say what happened to a part", responses=_ANSWERS, status_code=201)
    def add_event(
        caller: Annotated[Caller, Depends(gate.only(Role.MES, Role.QUALITY))],
        serial: Serial,
        event: Annotated[PartEvent, Body()],
        idempotency_key: Key = None,
    ) -> Response:
        part = PartKey(event.order_id, serial)
        if not _is_known(genealogy, source, part):
            raise not_there()
        by = event.by or caller.token.name
        return record(
            caller,
            idempotency_key,
            {"serial": serial, **event.model_dump(mode="json")},
            lambda: _standing(genealogy, event.kind, serial),
            lambda on_behalf: add_link(on_behalf, part, _link(event), by=by, at=clock(), remark=event.remark),
        )

    @routes.post(
        "/records/{id}/disposition",
        summary="Record what was decided about a part",
        responses=_ANSWERS,
        status_code=201,
    )
    def decide(
        caller: Annotated[Caller, Depends(gate.only(Role.QUALITY))],
        id: RecordId,
        decision: Annotated[Disposition, Body()],
        idempotency_key: Key = None,
    ) -> Response:
        _require(genealogy.entry, id)
        by = decision.by or caller.token.name
        return record(
            caller,
            idempotency_key,
            {"id": id, **decision.model_dump(mode="json")},
            lambda: _standing(genealogy, DISPOSITION, id)[:1],  # the newest alone: people change their minds twice
            lambda on_behalf: dispose(
                on_behalf, id, Decision(decision.decision), reason_code=decision.reason_code, by=by, at=clock(),
                remark=decision.remark,
            ),
        )  # fmt: skip

    @routes.post(
        "/records/{id}/withdrawal", summary="Say that an inspection does not stand", responses=_ANSWERS, status_code=201
    )
    def take_back(
        caller: Annotated[Caller, Depends(gate.only(Role.QUALITY))],
        id: RecordId,
        why: Annotated[Reason, Body()],
        idempotency_key: Key = None,
    ) -> Response:
        _require(genealogy.entry, id)
        by = why.by or caller.token.name
        return record(
            caller,
            idempotency_key,
            {"id": id, **why.model_dump()},
            lambda: genealogy.events(WITHDRAWN, id),
            lambda on_behalf: withdraw(on_behalf, id, reason=why.reason, by=by, at=clock()),
        )

    @routes.post(
        "/events/{id}/correction",
        summary="Say that an event about a part does not stand",
        responses=_ANSWERS,
        status_code=201,
    )
    def correction(
        caller: Annotated[Caller, Depends(gate.only(Role.QUALITY))],
        id: RecordId,
        why: Annotated[Reason, Body()],
        idempotency_key: Key = None,
    ) -> Response:
        _require(genealogy.event, id)
        by = why.by or caller.token.name
        return record(
            caller,
            idempotency_key,
            {"id": id, **why.model_dump()},
            lambda: genealogy.events(CORRECTION, id),
            lambda on_behalf: correct(on_behalf, id, reason=why.reason, by=by, at=clock()),
        )

    return routes


def _link(event: MaterialConsumed | BuiltInto | OperationDone) -> Material | Assembly | Operation:
    match event:
        case MaterialConsumed():
            return Material(event.lot, event.material, event.quantity, event.unit, event.supplier)
        case BuiltInto():
            return Assembly(event.parent_order_id, event.parent_serial, event.position)
        case OperationDone():
            return Operation(event.operation, event.organisation, event.done_at, event.reference)


def _is_known(genealogy: Genealogy, source: StoredRecords, part: PartKey) -> bool:
    """Whether an order names this part, so that nothing is recorded for a serial with a slip of the pen."""
    if genealogy.attempts(part.order_id, part.serial):
        return True
    known = source.known_order(part.order_id)
    if known is None:
        return False
    return bool(json.loads(genealogy.document(known.sha256))["part"]["serial"] == part.serial)


def _standing(genealogy: Genealogy, kind: str, subject: str) -> tuple[Event, ...]:
    """Events of a kind about something that nobody corrected, the newest first."""
    return tuple(one for one in genealogy.events(kind, subject) if not genealogy.events(CORRECTION, one.id, 1))


def _require(find: Callable[[str], object], id: str) -> None:
    try:
        find(id)
    except InputError:
        raise not_there() from None
