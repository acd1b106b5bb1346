"""Following a record as it grows: server-sent events (WHATWG HTML 9.2)."""

# No `annotations` from __future__ here: FastAPI could not see what the routes' annotations name in their function.
import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header
from fastapi.responses import Response

from station.genealogy.chain import GENESIS
from station.mes.access import READERS, Caller, Gate
from station.mes.answers import Streamed
from station.mes.cursors import Cursor, cursor_text
from station.mes.described import answers
from station.mes.limits import Streams
from station.mes.problems import Problem
from station.mes.records import After, line_document, resolved
from station.mes.source import RecordSource
from station.mes.tail import Tail
from station.mes.threads import Routes, Threads

HEARTBEAT_S = 10.0
_MOST_AT_ONCE = 100
_GRACE_S = 10.0  # for one who listens slowly to hear the end
EVENTS = "text/event-stream"

StateView = Callable[[], tuple[int, dict[str, Any]]]  # the station's snapshot: version and document


def live_routes(
    source: RecordSource,
    gate: Gate,
    tail: Tail,
    streams: Streams,
    state: StateView | None,
    *,
    heartbeat_s: float,
    stream_s: float,
) -> APIRouter:
    """`GET /events`; `state` is None where there is no single station (a plant)."""
    routes = Routes(gate.threads, "records")

    @routes.get(
        "/events",
        summary="New records, and the station's state, as they come",
        description=(
            "Server-sent events: `record` as in the list, with its cursor as id; `state` as `GET /state` (not for "
            "customers); `position` first, with the cursor where the stream begins. Last-Event-ID or `after` resumes, "
            "otherwise it begins now."
        ),
        responses=answers(410, s200={"description": "A stream.", "content": {EVENTS: {}}}),
        response_class=Response,
    )
    async def events(
        caller: Annotated[Caller, Depends(gate.only(*READERS))],
        after: After = None,
        last_event_id: Annotated[str | None, Header(description="As browsers send it.")] = None,
    ) -> Response:
        place = "after" if last_event_id is None else "Last-Event-ID"
        asked = last_event_id or after
        if asked is None:
            start = await gate.threads.run(_newest, source)
        else:
            start = await gate.threads.run(resolved, source, asked, place)
        taken = ExitStack()
        taken.enter_context(streams.place(caller.token.id))
        shown = None if caller.only_order is not None else state
        stream = _stream(source, tail, gate.threads, start, caller.only_order, shown, heartbeat_s, stream_s)
        return Streamed(stream, EVENTS, taken, stream_s + _GRACE_S)

    return routes


async def _stream(
    source: RecordSource,
    tail: Tail,
    threads: Threads,
    start: Cursor,
    order: str | None,
    state: StateView | None,
    heartbeat_s: float,
    stream_s: float,
) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    end_s = loop.time() + stream_s
    yield b"retry: 2000\n\n" + _event("position", {}, cursor_text(start.position, start.mark))
    position, version = start.position, -1
    alive_s = loop.time() + heartbeat_s  # whatever else comes: when it is said tells nothing of others' records
    while not tail.stopped and (left_s := end_s - loop.time()) > 0.0:
        mark = await tail.now()
        if state is not None:
            newer, document = state()
            if newer != version:
                version = newer
                yield _event("state", document)
        found = await threads.run(source.lines, position, _MOST_AT_ONCE, order)
        for line in found:
            position = line.position
            document = line_document(line)
            yield _event("record", document, document["cursor"])
        if len(found) < _MOST_AT_ONCE:
            await tail.wait(mark, min(alive_s - loop.time(), left_s))
        if loop.time() >= alive_s:
            alive_s = loop.time() + heartbeat_s
            yield b": alive\n\n"


def _event(kind: str, document: dict[str, Any], id: str = "") -> bytes:
    """One event; JSON in ASCII has no line breaks of its own."""
    named = f"id: {id}\n" if id else ""
    return f"event: {kind}\n{named}data: {json.dumps(document)}\n\n".encode()


def _newest(source: RecordSource) -> Cursor:
    position = source.newest()
    hash = source.hash_at(position)
    if hash is None:
        raise Problem(503, "the record cannot be read now", headers={"Retry-After": "10"})
    return Cursor(position, hash[: len(GENESIS)])
