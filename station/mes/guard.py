"""What every request passes before anything is done for it: its form, its size, its pace, how many there are.

ASGI middleware; what it refuses gets a problem document like everything else. The path goes on as it was sent, still
quoted: an order may be called `WH/MO/00417`.
"""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from station.documents import MAX_DOCUMENT_BYTES
from station.mes.facts import ApiFacts
from station.mes.limits import Buckets, too_many
from station.mes.metrics import Counts
from station.mes.problems import Problem
from station.order.limits import MAX_DRAWING_BYTES

MAX_HEADERS = 64
MAX_PATH = 2048
MAX_QUERY = 4096
MAX_SMALL_BODY = 64 * 1024
MAX_ORDER_BODY = MAX_DOCUMENT_BYTES + MAX_DRAWING_BYTES + MAX_SMALL_BODY
_LAST = {"Connection": "close"}
_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))


class Guard:
    """Wraps the API."""

    def __init__(self, app: ASGIApp, facts: ApiFacts, counts: Counts) -> None:
        self._app, self._facts, self._counts = app, facts, counts
        self._by_address = Buckets(facts.requests_per_s * facts.address_factor, facts.burst * facts.address_factor)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, or refuses."""
        if scope["type"] != "http":
            return
        begun = complete = False

        async def send_counted(message: Message) -> None:
            nonlocal begun, complete
            if message["type"] == "http.response.start":
                begun = True
                self._counts.answered(message["status"])
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in _HEADERS if one[0] not in given)]
            await send(message)
            complete = message["type"] == "http.response.body" and not message.get("more_body", False)

        try:
            self._check(scope)
            quoted = scope.get("raw_path") or quote(scope["path"]).encode()
            body = _Body(receive, _most(scope), self._facts.body_s)
            await self._app({**scope, "path": quoted.decode("ascii")}, body, send_counted)
        except Problem as problem:
            await problem.answer()(scope, receive, send_counted)
        except Exception:
            if not complete:  # what was begun must not look whole; the server cuts the connection
                raise

    def _check(self, scope: Scope) -> None:
        if waiting_s := self._by_address.take(address_of(scope)):
            raise too_many(waiting_s)
        if len(scope["headers"]) > MAX_HEADERS:
            raise Problem(431, f"a request has at most {MAX_HEADERS} headers", headers=_LAST)
        if len(scope.get("raw_path") or b"") > MAX_PATH or len(scope["query_string"]) > MAX_QUERY:
            raise Problem(414, "the address is too long", headers=_LAST)
        if scope["http_version"] not in ("1.0", "1.1"):
            raise Problem(505, "this is spoken here: HTTP/1.1", headers=_LAST)
        headers = dict(scope["headers"])
        if (
            b"content-length" in headers and b"transfer-encoding" in headers
        ):  # RFC 9112, 6.1: nobody knows where it ends
            raise Problem(400, "a body has a length, or comes in chunks, not both", headers=_LAST)
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > _most(scope):
            raise _too_large(_most(scope))


class _Body:
    """The body as it comes: neither longer nor slower than allowed."""

    def __init__(self, receive: Receive, most: int, within_s: float) -> None:
        self._receive, self._left, self._most, self._within_s = receive, most, most, within_s
        self._ends_s = 0.0
        self._complete = False

    async def __call__(self) -> Message:
        if self._complete:  # what comes now is that the client went away, whenever it does
            return await self._receive()
        now_s = asyncio.get_running_loop().time()
        self._ends_s = self._ends_s or now_s + self._within_s
        try:
            message = await asyncio.wait_for(self._receive(), self._ends_s - now_s)
        except TimeoutError:
            raise Problem(408, "the body came too slowly", headers=_LAST) from None
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise _too_large(self._most)
        self._complete = not message.get("more_body", False)
        return message


def _most(scope: Scope) -> int:
    return MAX_ORDER_BODY if scope["method"] == "PUT" else MAX_SMALL_BODY


def _too_large(most: int) -> Problem:
    return Problem(413, f"the body is larger than the {most:,} bytes allowed", headers=_LAST)


def address_of(scope: Scope) -> str:
    """Who asks, as far as the network knows: an address, or empty."""
    client = scope.get("client")
    return str(client[0]) if client else ""
