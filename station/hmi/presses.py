"""The one thing that a page lets a person do: say that he has looked at the fault that stands.

A plain form, so it works without scripts. Read here in this order: is it our own page that asks, is it the screen at
the cell, and is it about the fault that stands now?
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from station.cycle.fault import Acknowledgement, Way
from station.cycle.state import Board, Needs
from station.hmi.render import Renderer
from station.hmi.security import is_at_the_cell, is_our_own_page

LOOKED = "/fault/looked"
_LONGEST_FORM = 1000


def press_routes(
    board: Board, acknowledgement: Acknowledgement, screens: Sequence[str], renderer: Renderer
) -> APIRouter:
    """What pages send; nothing here waits for anything."""
    routes = APIRouter()

    def back(request: Request) -> Response:
        # 303: the page that follows is got, and loading it again presses nothing.
        return RedirectResponse(renderer.reader(request).link("/"), status_code=303)

    @routes.get(LOOKED)
    async def nothing_to_see(request: Request) -> Response:
        return back(request)

    @routes.post(LOOKED)
    async def looked(request: Request) -> Response:
        def refused(status: int, why: str) -> Response:
            return renderer.page(request, "error.html", status=status, kind=why, back_s=15)

        if not is_our_own_page(request.headers, request.url.scheme):
            return refused(403, "strange_page")
        if not is_at_the_cell(request.client, request.headers, screens):
            return refused(403, "elsewhere")
        asked, fault = await _field(request, "fault"), board.latest().fault
        if acknowledgement.is_given(asked):
            return back(request)
        if fault is None:
            return refused(409, "nothing_stands")
        if asked != fault.id:
            return refused(409, "another_fault")
        if fault.needs is not Needs.LOOK:
            return refused(409, "still_wrong")
        acknowledgement.give(f"{Way.PAGE} at {request.client.host if request.client else '?'}", asked)
        return back(request)

    return routes


async def _field(request: Request, name: str) -> str:
    """A field of a small form; empty where there is none."""
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > _LONGEST_FORM:
            return ""
    return parse_qs(data.decode("ascii", "replace")).get(name, [""])[0]
