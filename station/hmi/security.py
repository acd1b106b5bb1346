"""Headers that every answer carries, the hosts this station answers to, and whose presses it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from types import MappingProxyType

from starlette.datastructures import Address, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
    if client is None or any(name in headers for name in _PASSED_ON):
        return False
    try:
        address = ip_address(client.host)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or str(address) in screens
