"""The pages: the live page, its fresh contents for the script, and one inspected part."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.responses import Response

from station.cycle.fault import Acknowledgement
from station.cycle.state import Board
from station.genealogy.store import Genealogy
from station.hmi.live import live_view
from station.hmi.part import stored_part
from station.hmi.presses import LOOKED
from station.hmi.render import Renderer
from station.hmi.security import is_at_the_cell
from station.hmi.stop import stop_view


def page_routes(
    board: Board,
    genealogy: Genealogy,
    renderer: Renderer,
    acknowledgement: Acknowledgement | None,
    screens: Sequence[str],
) -> APIRouter:
    """The pages people open; they run in worker threads, because the record is on a disk."""
    routes = APIRouter()

    def show(request: Request, template: str) -> Response:
        now = board.latest()
        stop = stop_view(
            now,
            may_say=acknowledgement is not None and is_at_the_cell(request.client, request.headers, screens),
            said=acknowledgement is not None and now.fault is not None and acknowledgement.is_given(now.fault.id),
        )
        view = live_view(now, genealogy)
        return renderer.page(
            request,
            template,
            live=view,
            part=view.part,
            previous=view.previous,
            badge=view.badge,
            stop=stop,
            looked=LOOKED,
        )

    @routes.get("/")
    def live(request: Request) -> Response:
        return show(request, "live.html")

    @routes.get("/live")
    def live_parts(request: Request) -> Response:
        return show(request, "live_parts.html")

    @routes.get("/parts/{inspection_id}")
    def part(request: Request, inspection_id: str) -> Response:
        found = stored_part(genealogy, inspection_id)
        return renderer.page(request, "part.html", part=found, previous=False, badge=False, stop=None)

    return routes
