"""Headers that every answer carries, the hosts this station answers to, and whose presses it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from types import MappingProxyType

from starlette.datastructures import Address, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from station.hmi.facts import PageFacts

FOR_ALL = "/static/"  # style and scripts; the page that refuses has them too
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]", "testserver")
_PASSED_ON = ("forwarded", "x-forwarded-for", "x-real-ip", "via")

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
)


def secure(headers: MutableHeaders) -> None:
    """Add what is not there yet; an answer that may be cached says so itself."""
    for name, value in HEADERS.items():
        headers.setdefault(name, value)


class SecurityHeaders:
    """ASGI middleware that adds `HEADERS`; passes streams through as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer through the application, with `HEADERS` on what it says."""

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                secure(MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, send if scope["type"] != "http" else send_secured)


class ShownTo:
    """ASGI middleware that answers nobody but those to whom the pages are shown; others get what `refused` gives."""

    def __init__(self, app: ASGIApp, facts: PageFacts, refused: Callable[[Request], Response]) -> None:
        self.app, self._facts, self._refused = app, facts, refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] == "http" and not scope["path"].startswith(FOR_ALL):
            request = Request(scope)
            if not may_look(request.client, request.headers, self._facts):
                await self._refused(request)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def is_our_own_page(headers: Mapping[str, str], scheme: str) -> bool:
    """Whether a page of this station sent the request, by what browsers say about it and no script can forge (Fetch
    metadata, RFC 6454). Whoever says nothing is no browser, and is not believed."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is None and origin is None:
        return False
    return site in (None, "same-origin") and origin in (None, f"{scheme}://{headers.get('host', '')}")


def is_at_the_cell(client: Address | None, headers: Mapping[str, str], screens: Sequence[str]) -> bool:
    """Whether the request comes from this machine's own screen, or from one of the addresses of `screens`. What was
    passed on by a proxy comes from who knows where."""
    address = _address(client)
    if address is None or any(name in headers for name in _PASSED_ON):
        return False
    return address.is_loopback or any(address == ip_address(screen) for screen in screens)


def may_look(client: Address | None, headers: Mapping[str, str], facts: PageFacts) -> bool:
    """Whether the pages are shown to whoever sent the request: at the cell, or to one of its viewers."""
    address = _address(client)
    return address is not None and (is_at_the_cell(client, headers, facts.screens) or facts.sees(address))


def _address(client: Address | None) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(client.host if client else "")
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
