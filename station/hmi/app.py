"""The web application of the station's pages: wires routes, errors and headers; holds no state of its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from station import __version__
from station.cycle.fault import Acknowledgement
from station.cycle.state import Board
from station.genealogy.store import Genealogy
from station.hmi.errors import add_error_pages
from station.hmi.facts import PageFacts
from station.hmi.feed import HEARTBEAT_S, Feed, server_sent_events
from station.hmi.pages import page_routes
from station.hmi.pictures import picture_routes
from station.hmi.presses import press_routes
from station.hmi.render import Renderer
from station.hmi.security import LOCAL_HOSTS, SecurityHeaders, ShownTo

API = "/v1"


def create_app(
    board: Board,
    genealogy: Genealogy,
    *,
    stop: threading.Event,
    acknowledgement: Acknowledgement | None = None,
    facts: PageFacts | None = None,
    allowed_hosts: Sequence[str] = (),
    heartbeat_s: float = HEARTBEAT_S,
    api: ASGIApp | None = None,
) -> FastAPI:
    """The pages over one board and one record.

    Args:
        stop: once set, streams end within a fraction of a second.
        acknowledgement: takes a person's word that he has looked at a fault; None: these pages only show.
        facts: to whom the pages are shown (None: this machine's own screen), and where the word is taken.
        allowed_hosts: names under which browsers may ask for this station, beside those of this machine itself;
            every other Host header is refused (DNS rebinding).
        heartbeat_s: pause after which a silent stream says that it is alive.
        api: what machines ask, served under /v1 (`station.mes.app.api_app`); None: pages alone.
    """
    app = FastAPI(title="station", docs_url=None, redoc_url=None, openapi_url=None)
    renderer, shown_to = Renderer(), facts or PageFacts()
    screens = shown_to.screens
    feed = Feed(board, stop)
    app.include_router(page_routes(board, genealogy, renderer, acknowledgement, screens))
    if acknowledgement is not None:
        app.include_router(press_routes(board, acknowledgement, screens, renderer))
    app.include_router(picture_routes(genealogy))
    app.include_router(_machine_routes(feed, heartbeat_s))
    app.mount("/static", _Static(directory=Path(str(files("station.hmi").joinpath("static")))), name="static")
    add_error_pages(app, renderer)

    def refused(request: Request) -> Response:
        return renderer.page(request, "error.html", status=403, kind="not_shown", back_s=0)

    app.add_middleware(ShownTo, facts=shown_to, refused=refused)
    if api is not None:
        app.add_middleware(_Beside, api=api)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOCAL_HOSTS, *allowed_hosts], www_redirect=False)
    app.add_middleware(SecurityHeaders)
    return app


def _machine_routes(feed: Feed, heartbeat_s: float) -> APIRouter:
    routes = APIRouter()

    @routes.get("/events")
    async def events() -> Response:
        if feed.full:
            raise HTTPException(503, headers={"Retry-After": "10"})
        stream = server_sent_events(feed, heartbeat_s)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    @routes.get("/favicon.ico")
    async def no_icon() -> Response:
        return Response(status_code=204, headers={"Cache-Control": "max-age=86400"})

    @routes.get("/health")
    async def health() -> Response:
        now = feed.board.latest()
        return JSONResponse(
            {
                "status": "ok",
                "station": now.station_id,
                "software": __version__,
                "state": now.state,
                "version": now.version,
                "simulated": now.simulated,
                "listeners": feed.listeners,
            }
        )

    return routes


class _Beside:
    """Hands what lies under `API` to the API, whatever it is: a route of these pages would not match every path."""

    def __init__(self, app: ASGIApp, api: ASGIApp) -> None:
        self._app, self._api = app, api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and f"{scope['path']}/".startswith(f"{API}/"):
            await self._api({**scope, "root_path": scope.get("root_path", "") + API}, receive, send)
        else:
            await self._app(scope, receive, send)


class _Static(StaticFiles):
    """Style and scripts; asked for again each time, answered with 304 while unchanged."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "no-cache"
        return answer
