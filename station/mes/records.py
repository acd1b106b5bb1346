"""Reading the record: lists by cursor, one inspection, its pictures and documents, its exports, an order's tree.

Written against `RecordSource`, so that a plant serves the same over all of its stations.
"""

# No `annotations` from __future__ here: FastAPI could not see what the routes' annotations name in their function.
import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from station.errors import InputError
from station.genealogy.chain import ChainEntry
from station.genealogy.exports.formats import Format
from station.genealogy.media import UNKNOWN, media_type
from station.genealogy.pages import MAX_LIMIT
from station.mes.access import READERS, STAFF, Caller, Gate
from station.mes.answers import FOR_GOOD, Streamed, has_it, part_of, stored
from station.mes.cursors import BEGINNING, LETTERS, Cursor, cursor_text, read_cursor
from station.mes.described import NOT_MODIFIED, answers, tagged
from station.mes.limits import Streams
from station.mes.models import ChainLine, Genealogy, RecordPage
from station.mes.names import OrderId, RecordId, Sha256
from station.mes.problems import Problem, not_there
from station.mes.source import EntryRow, KnownOrder, RecordLine, RecordSource
from station.mes.tail import Tail
from station.mes.threads import Routes, Threads
from station.mes.views import dossier_for, seen_by

JSON = "application/json"
NDJSON = "application/x-ndjson"
LONGEST_WAIT_S = 60.0
_DXF = "image/vnd.dxf"

After = Annotated[
    str | None,
    Query(
        description="Go on after this cursor (default: from the beginning).",
        json_schema_extra={"anyOf": [{"type": "string", "pattern": f"^[A-Za-z0-9_-]{{{LETTERS}}}$"}, {"type": "null"}]},
    ),
]


def record_routes(
    source: RecordSource,
    gate: Gate,
    tail: Tail,
    streams: Streams,
    formats: Mapping[str, Format],
    *,
    stream_s: float,
) -> APIRouter:
    """What can be read of any record."""
    routes, threads = Routes(gate.threads, "records"), gate.threads
    reader, staff = gate.only(*READERS), gate.only(*STAFF)

    @routes.get(
        "/records",
        summary="Records in commit order, a page at a time",
        responses=answers(410, s200=tagged(RecordPage, description="A page."), s304=NOT_MODIFIED),
    )
    async def records(
        request: Request,
        caller: Annotated[Caller, Depends(reader)],
        after: After = None,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 100,
        order_id: Annotated[str | None, Query(min_length=1, max_length=128, description="Of this order only.")] = None,
        include: Annotated[Literal["body"] | None, Query(description="`body`: with the documents.")] = None,
        wait: Annotated[
            float, Query(ge=0, le=LONGEST_WAIT_S, description="Wait so many seconds for what is not there yet.")
        ] = 0.0,
    ) -> Response:
        start = await threads.run(resolved, source, after)
        order = _order(caller, order_id)
        found = await threads.run(source.lines, start.position, limit, order)
        if not found and wait:
            with streams.place(caller.token.id):
                found = await _awaited(source, tail, threads, start.position, limit, order, min(wait, stream_s))
        body = await threads.run(_page, source, start, found, order, include is not None)
        return stored(request, body, JSON)

    def streamed(caller: Caller, chunks: Iterator[Sequence[EntryRow]]) -> Response:
        taken = ExitStack()
        taken.enter_context(streams.place(caller.token.id))
        return Streamed(_lines(chunks, threads), NDJSON, taken, stream_s)

    @routes.get(
        "/records.ndjson",
        summary="All records behind a cursor as one stream, a line each",
        responses=answers(
            410, s200={"model": ChainLine, "description": "One such document a line.", "content": {NDJSON: {}}}
        ),
        response_class=Response,
    )
    async def all_records(caller: Annotated[Caller, Depends(reader)], after: After = None) -> Response:
        start = await threads.run(resolved, source, after)
        return streamed(caller, source.entries(start.position, order_id=caller.only_order))

    @routes.get(
        "/entries.ndjson",
        summary="The whole chain behind a cursor, events too, as one stream",
        responses=answers(
            410, s200={"model": ChainLine, "description": "One such document a line.", "content": {NDJSON: {}}}
        ),
        response_class=Response,
    )
    async def all_entries(caller: Annotated[Caller, Depends(staff)], after: After = None) -> Response:
        start = await threads.run(resolved, source, after)
        return streamed(caller, source.entries(start.position, events=True))

    def entry_for(caller: Caller, id: str) -> ChainEntry:
        try:
            entry = source.entry(id)
        except InputError:
            raise not_there() from None
        if caller.only_order is not None and not caller.may_see(source.inspection(id)["order_id"]):
            raise not_there()
        return entry

    @routes.get(
        "/records/{id}",
        summary="An inspection, byte for byte as committed",
        responses=answers(
            s200=tagged(None, description="`inspection/1` in canonical JSON.") | {"content": {JSON: {}}},
            s304=NOT_MODIFIED,
        ),
    )
    def record(request: Request, caller: Annotated[Caller, Depends(reader)], id: RecordId) -> Response:
        return stored(request, entry_for(caller, id).body, JSON, cache=FOR_GOOD)

    @routes.get(
        "/records/{id}/overlay",
        summary="The picture drawn for people",
        responses=answers(s200=tagged(None, "image/png"), s304=NOT_MODIFIED),
        response_class=Response,
    )
    def overlay(request: Request, caller: Annotated[Caller, Depends(reader)], id: RecordId) -> Response:
        entry_for(caller, id)
        data = source.overlay(id)
        if data is None:
            raise not_there()
        return stored(request, data, media_type(data))  # another may be drawn, so not for good

    @routes.get(
        "/records/{id}/exports/{format}",
        summary="An inspection in another format",
        responses=answers(
            s200={"description": "The file.", "content": {one.media_type: {} for one in formats.values()}}
        ),
        response_class=Response,
    )
    async def export(
        caller: Annotated[Caller, Depends(reader)],
        id: RecordId,
        format: str,
        language: Annotated[
            Literal["en", "de", "fr", "it"], Query(description="Of a format for people; others have none.")
        ] = "en",
    ) -> Response:
        await threads.run(entry_for, caller, id)
        his = {name: one for name, one in formats.items() if caller.only_order is None or not one.has_others}
        if format not in his:
            raise Problem(404, f"there is no such format; there are {', '.join(his)}", place="format")
        chosen = his[format]
        headers = {"Content-Disposition": f'attachment; filename="{id}{chosen.suffix}"'}
        asked = "" if chosen.make_in is None else language
        data = await threads.export(
            caller.token.id, lambda: chosen.file(dossier_for(caller.only_order, source.dossier(id)), asked)
        )
        return Response(data, 200, headers, chosen.media_type)

    @routes.get(
        "/frames/{sha256}",
        summary="A picture as it was taken",
        responses=answers(
            410,
            416,
            s200=tagged(None, "image/png", UNKNOWN),
            s206=tagged(None, "image/png", UNKNOWN),
            s304=NOT_MODIFIED,
        ),
        response_class=Response,
    )
    def frame(request: Request, caller: Annotated[Caller, Depends(reader)], sha256: Sha256) -> Response:
        if caller.only_order is not None and not source.has_frame(caller.only_order, sha256):
            raise not_there()
        headers = {"ETag": f'"{sha256}"', "Cache-Control": FOR_GOOD}
        if has_it(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        try:
            data = source.frame(sha256)
        except InputError:
            raise not_there() from None
        if data is None:
            raise Problem(410, "the record names this picture, and its file is no longer here")
        return part_of(request, data, media_type(data), headers)

    @routes.get(
        "/documents/{sha256}",
        summary="An order, a drawing or a calibration, byte for byte",
        responses=answers(s200=tagged(None, UNKNOWN), s304=NOT_MODIFIED),
        response_class=Response,
    )
    def document(request: Request, caller: Annotated[Caller, Depends(reader)], sha256: Sha256) -> Response:
        if caller.only_order is not None and not source.has_document(caller.only_order, sha256):
            raise not_there()
        return stored(request, _document(source, sha256), UNKNOWN, cache=FOR_GOOD)

    def order_for(caller: Caller, order_id: str) -> KnownOrder:
        known = source.known_order(order_id) if caller.may_see(order_id) else None
        if known is None:
            raise not_there()
        return known

    @routes.get(
        "/orders/{order_id}",
        summary="An order, byte for byte as received",
        responses=answers(s200=tagged(None, description="`order/1`.") | {"content": {JSON: {}}}, s304=NOT_MODIFIED),
    )
    def order(request: Request, caller: Annotated[Caller, Depends(reader)], order_id: OrderId) -> Response:
        return stored(request, _document(source, order_for(caller, order_id).sha256), JSON)

    @routes.get(
        "/orders/{order_id}/drawing",
        summary="The drawing of an order",
        responses=answers(s200=tagged(None, _DXF), s304=NOT_MODIFIED),
        response_class=Response,
    )
    def drawing(request: Request, caller: Annotated[Caller, Depends(reader)], order_id: OrderId) -> Response:
        digest = order_for(caller, order_id).drawing_sha256
        if digest is None:
            raise not_there()
        return stored(request, _document(source, digest), _DXF)

    @routes.get(
        "/orders/{order_id}/genealogy",
        summary="The tree of an order: parts, attempts, materials, assemblies, decisions",
        responses=answers(s200=tagged(Genealogy, description="The tree."), s304=NOT_MODIFIED),
    )
    def genealogy(request: Request, caller: Annotated[Caller, Depends(reader)], order_id: OrderId) -> Response:
        if not caller.may_see(order_id):
            raise not_there()
        try:
            tree = source.genealogy(order_id)
        except InputError:
            raise not_there() from None
        return stored(request, json.dumps(seen_by(caller.only_order, tree), ensure_ascii=False).encode(), JSON)

    return routes


def resolved(source: RecordSource, after: str | None, place: str = "after") -> Cursor:
    """The position behind which somebody reads on. Raises: Problem (400, 410)."""
    if after is None:
        return BEGINNING
    cursor = read_cursor(after, place)
    if not cursor.fits(source.hash_at(cursor.position)):
        raise Problem(
            410, "this cursor is of another record, or of this one before a backup was restored: begin anew",
            place=place,
        )  # fmt: skip
    return cursor


def line_document(line: RecordLine) -> dict[str, Any]:
    """A record in a list, as JSON."""
    return {
        "cursor": cursor_text(line.position, line.hash),
        "id": line.id,
        "order_id": line.order_id,
        "serial": line.serial,
        "attempt": line.attempt,
        "verdict": line.verdict,
        "committed": line.committed,
    }


def _order(caller: Caller, asked: str | None) -> str | None:
    if caller.only_order is None or asked is None:
        return caller.only_order or asked
    if asked != caller.only_order:
        raise not_there()
    return asked


async def _awaited(
    source: RecordSource, tail: Tail, threads: Threads, after: int, limit: int, order: str | None, wait_s: float
) -> tuple[RecordLine, ...]:
    loop = asyncio.get_running_loop()
    end_s = loop.time() + wait_s
    while True:
        mark = await tail.now()
        found = await threads.run(source.lines, after, limit, order)
        left_s = end_s - loop.time()
        if found or left_s <= 0.0 or tail.stopped:
            return found
        await tail.wait(mark, left_s)


def _page(source: RecordSource, start: Cursor, found: tuple[RecordLine, ...], order: str | None, bodies: bool) -> bytes:
    last = found[-1] if found else None
    after = cursor_text(last.position, last.hash) if last else cursor_text(start.position, start.mark)
    lines = [json.dumps(line_document(line), ensure_ascii=False).encode() for line in found]
    if bodies and last:
        inside = _bodies(source, start.position, last.position, order)
        lines = [
            line[:-1] + b', "inspection": ' + inside[one.position] + b"}"
            for line, one in zip(lines, found, strict=True)
        ]
    return b'{"records": [' + b",\n".join(lines) + b'], "next": "' + after.encode() + b'"}\n'


def _bodies(source: RecordSource, after: int, last: int, order: str | None) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for chunk in source.entries(after, order_id=order):
        found |= {row[0]: row[-1] for row in chunk}
        if chunk[-1][0] >= last:
            break
    return found


async def _lines(chunks: Iterator[Sequence[EntryRow]], threads: Threads) -> AsyncIterator[bytes]:
    """Reads the next chunk while the one before is on its way."""
    lines = map(_joined, chunks)
    coming = asyncio.ensure_future(threads.run(next, lines, b""))
    try:
        while chunk := await coming:
            coming = asyncio.ensure_future(threads.run(next, lines, b""))
            yield chunk
    finally:
        coming.cancel()


def _joined(chunk: Sequence[EntryRow]) -> bytes:
    return b"".join(
        piece
        for position, kind, id, committed, previous_hash, hash, body in chunk
        for piece in (
            f'{{"cursor":"{cursor_text(position, hash)}","position":{position},"kind":"{kind}","id":"{id}",'
            f'"committed":"{committed}","previous_hash":"{previous_hash}","hash":"{hash}","body":'.encode(),
            body,
            b"}\n",
        )
    )


def _document(source: RecordSource, sha256: str) -> bytes:
    try:
        return source.document(sha256)
    except InputError:
        raise not_there() from None
