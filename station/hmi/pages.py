"""The pages: the live page, its fresh contents for the script, and one inspected part."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from station.cycle.state import Board
from station.genealogy.store import Genealogy
from station.hmi.live import live_view
from station.hmi.part import stored_part
from station.hmi.render import Renderer


def page_routes(board: Board, genealogy: Genealogy, renderer: Renderer) -> APIRouter:
    """The pages people open; they run in worker threads, because the record is on a disk."""
    routes = APIRouter()

    def show(request: Request, template: str) -> Response:
        view = live_view(board.latest(), genealogy)
        return renderer.page(request, template, live=view, part=view.part, previous=view.previous, badge=view.badge)

    @routes.get("/")
    def live(request: Request) -> Response:
        return show(request, "live.html")

    @routes.get("/live")
    def live_parts(request: Request) -> Response:
        return show(request, "live_parts.html")

    @routes.get("/parts/{inspection_id}")
    def part(request: Request, inspection_id: str) -> Response:
        found = stored_part(genealogy, inspection_id)
        return renderer.page(request, "part.html", part=found, previous=False, badge=False)

    return routes
