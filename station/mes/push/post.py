"""One POST to one receiver: certificates checked, no redirect followed, no proxy, an end to everything in time.

`http.client` has a time limit for each read; a receiver that sends one byte now and then would hold it for ever. A
timer that shuts the socket is the limit of the whole.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import SplitResult

from station.errors import ServiceError


@dataclass(frozen=True, slots=True)
class Reply:
    """What the receiver said; its body is not read."""

    status: int
    retry_after: str
    location: str


def post(
    url: SplitResult,
    body: bytes,
    headers: Mapping[str, str],
    *,
    timeout_s: float,
    tls: ssl.SSLContext | None,
    anywhere: bool,
) -> Reply:
    """Send it over a connection of its own. Without `tls` only to this computer or a private network (RFC 1918, RFC
    4193), unless `anywhere`: the address that is really connected to counts, not the name.

    Raises:
        ServiceError: there was no answer within `timeout_s`.
    """
    connection = _Connection(url, timeout_s, tls, anywhere)
    timer = threading.Timer(timeout_s, connection.cut)
    timer.daemon = True
    timer.start()
    try:
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request("POST", target, body, {**headers, "Connection": "close"})
        answer = connection.getresponse()
        if connection.was_cut:  # what was cut looks like the end of the headers
            raise TimeoutError
        return Reply(answer.status, answer.getheader("Retry-After", ""), answer.getheader("Location", ""))
    except (OSError, HTTPException, UnicodeError, ValueError) as error:
        if connection.was_cut or isinstance(error, TimeoutError):
            raise ServiceError(f"it did not answer within {timeout_s:g} s") from error
        raise ServiceError(_sentence(error)) from error
    finally:
        timer.cancel()
        connection.close()


class _Connection(HTTPConnection):
    """Knows whom it may talk to, and can be cut from another thread."""

    def __init__(self, url: SplitResult, timeout_s: float, tls: ssl.SSLContext | None, anywhere: bool) -> None:
        super().__init__(url.hostname or "", url.port or (443 if tls else 80), timeout=timeout_s)
        self._tls, self._anywhere = tls, anywhere
        self.was_cut = False

    def connect(self) -> None:
        super().connect()
        plain = self.sock
        if self.was_cut:  # while its name was looked up: there was nothing to cut yet
            raise TimeoutError
        if self._tls is None:
            if not (self._anywhere or _is_private(plain.getpeername()[0])):
                raise ServiceError("this is not a private network: without TLS nothing is sent there")
        else:
            self.sock = self._tls.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
            if self.was_cut:
                raise TimeoutError
            self.sock.do_handshake()

    def cut(self) -> None:
        """End whatever goes on."""
        self.was_cut = True
        found = self.sock
        if found is not None:
            try:
                # Not SSLSocket's own, which would go on in the clear for the thread that reads.
                socket.socket.shutdown(found, socket.SHUT_RDWR)
            except OSError:
                return


def _is_private(address: str) -> bool:
    found = ipaddress.ip_address(address.split("%")[0])
    return (getattr(found, "ipv4_mapped", None) or found).is_private


def _sentence(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({error.reason or error})"
    if isinstance(error, socket.gaierror):
        return "its name is not known here"
    if isinstance(error, OSError) and error.strerror:
        return f"it cannot be reached ({error.strerror})"
    return f"it broke off before it answered ({type(error).__name__})"
