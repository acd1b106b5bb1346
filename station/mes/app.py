"""The API as one ASGI application, to be mounted under /v1: wires routes, guard and answers to failures.

pages = create_app(board, genealogy, stop=stop, api=api_app(board, genealogy, facts, stop=stop, clock=now))
"""

# No `annotations` from __future__ here: FastAPI could not see what the routes' annotations name in their function.
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response
from starlette.types import ASGIApp

from station import __version__
from station.cycle.state import Board
from station.genealogy.exports.formats import FORMATS, Format
from station.genealogy.follower import FollowerStatus
from station.genealogy.store import Genealogy
from station.mes import models
from station.mes.access import STAFF, Caller, Gate
from station.mes.cell import cell_metrics, cell_routes, state_of
from station.mes.described import answers
from station.mes.desk import OrderDesk
from station.mes.facts import ApiFacts
from station.mes.guard import Guard
from station.mes.limits import Streams
from station.mes.live import HEARTBEAT_S, live_routes
from station.mes.metrics import MEDIA_TYPE, Counts, Metric, counted, exposition, passed_on
from station.mes.orders import order_components, order_routes
from station.mes.parts import part_routes
from station.mes.problems import add_problems
from station.mes.records import record_routes
from station.mes.source import RecordSource, StoredRecords
from station.mes.tail import Mark, Tail
from station.mes.threads import Routes, Threads
from station.mes.tokens import Token, find_token

MOUNTED_AT = "/v1"
FindToken = Callable[[str, datetime], Token | None]


def api_app(
    board: Board,
    genealogy: Genealogy,
    facts: ApiFacts,
    *,
    stop: threading.Event,
    clock: Callable[[], datetime],
    formats: Mapping[str, Format] = FORMATS,
    heartbeat_s: float = HEARTBEAT_S,
    followers: Callable[[], tuple[FollowerStatus, ...]] = lambda: (),
) -> ASGIApp:
    """The API of one station. Once `stop` is set, streams end within a fraction of a second. `followers` says how
    those do who pass the record on."""
    source = StoredRecords(genealogy)
    counts, streams = Counts(), Streams(facts.streams, facts.streams_per_token)
    threads = Threads()
    gate = Gate(lambda secret, now: find_token(genealogy, secret, now), clock, facts, counts, threads)
    tail = Tail(lambda: Mark(source.newest(), board.latest().version), stop, threads)
    routers = (
        order_routes(OrderDesk(genealogy, clock), gate),
        record_routes(source, gate, tail, streams, formats, stream_s=facts.stream_s),
        part_routes(genealogy, gate, clock),
        live_routes(
            source, gate, tail, streams, lambda: state_of(board), heartbeat_s=heartbeat_s, stream_s=facts.stream_s
        ),
        cell_routes(board, gate),
        _service_routes(
            source, gate, lambda: (*cell_metrics(board), *passed_on(followers()), *counted(counts, streams.open))
        ),
    )
    return served(routers, facts, counts)


def record_api_app(
    source: RecordSource,
    find: FindToken,
    facts: ApiFacts,
    *,
    stop: threading.Event,
    clock: Callable[[], datetime],
    formats: Mapping[str, Format] = FORMATS,
    heartbeat_s: float = HEARTBEAT_S,
) -> ASGIApp:
    """The reading half of the same API over any record: a plant's, of many stations."""
    counts, streams = Counts(), Streams(facts.streams, facts.streams_per_token)
    threads = Threads()
    gate = Gate(find, clock, facts, counts, threads)
    tail = Tail(lambda: Mark(source.newest()), stop, threads)
    routers = (
        record_routes(source, gate, tail, streams, formats, stream_s=facts.stream_s),
        live_routes(source, gate, tail, streams, None, heartbeat_s=heartbeat_s, stream_s=facts.stream_s),
        _service_routes(source, gate, lambda: counted(counts, streams.open)),
    )
    return served(routers, facts, counts)


def served(routers: tuple[APIRouter, ...], facts: ApiFacts, counts: Counts) -> ASGIApp:
    """Routers behind the guard, with problem documents and an OpenAPI document."""
    app = FastAPI(
        title="station",
        version="1",
        summary="Orders to an inspection station, and its genealogy record",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for router in routers:
        app.include_router(router)
    add_problems(app, [*app.routes, *(route for router in routers for route in router.routes)])
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return Guard(app, facts, counts)


def _service_routes(source: RecordSource, gate: Gate, metrics: Callable[[], tuple[Metric, ...]]) -> APIRouter:
    routes = Routes(gate.threads, "service")

    @routes.get("/health", summary="Whether the record can be read; needs no token", responses=answers())
    def health() -> models.Health:
        source.newest()
        return models.Health(status="ok")

    @routes.get(
        "/metrics",
        summary="Figures for Prometheus",
        responses=answers(
            s200={"description": "Text format 0.0.4.", "content": {"text/plain": {"schema": {"type": "string"}}}}
        ),
        response_class=Response,
    )
    def figures(_: Annotated[Caller, Depends(gate.only(*STAFF))]) -> Response:
        own = (
            Metric("station_entries", "gauge", "Entries of the record's chain.", (("", float(source.newest())),)),
            Metric("station_info", "gauge", "1.", ((f'{{software="{__version__}"}}', 1.0),)),
        )
        return Response(exposition((*own, *metrics())), 200, media_type=MEDIA_TYPE)

    return routes


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, summary=app.summary, routes=app.routes, servers=[{"url": MOUNTED_AT}]
        )
        schemas = document["components"]["schemas"]
        schemas["Problem"] = models.Problem.model_json_schema()
        schemas |= order_components()
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        app.openapi_schema = document
    return app.openapi_schema
