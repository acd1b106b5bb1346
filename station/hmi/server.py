"""Serving the pages: a socket bound beforehand, uvicorn without signal handlers, an end when asked to."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from station.errors import DeviceError, InputError
from station.hmi.connection import Connection
from station.hmi.listener import Listener

_ASK_EVERY_S = 0.05
_GRACE_S = 1  # what is still answering then is cut off
MAX_CONNECTIONS = 500  # more than `Listener` lets in


class _Server(uvicorn.Server):
    """Leaves the signals to the program that runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on `port` (0: any free one); nobody who connects from now on is turned away.

    Raises:
        InputError: the address is not one of this machine, or the port is taken or not allowed.
    """
    place = f"{host}:{port}"
    if not 0 <= port <= 65535:
        raise InputError(f"{port} is not a port (0 to 65535)", place=place)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise InputError(f"{host!r} is not an address of this machine", place=place) from error
    listener = Listener(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise InputError(_sentence(error, port), place=place) from error
    return listener


def serve(
    app: ASGIApp,
    host: str,
    port: int,
    stop: threading.Event,
    *,
    listener: socket.socket | None = None,
    tls: tuple[Path, Path] | None = None,
) -> None:
    """Serve `app` in this thread until `stop` is set; returns within two seconds of that, whoever still listens.

    With `listener` (from `listen`, closed on return) host and port are not looked at: so a program can bind first,
    report a taken port, and serve in another thread afterwards. With `tls`, certificate and key (PEM), over TLS 1.2 or
    newer and nothing else.

    Raises:
        InputError: as `listen`.
        DeviceError: the server ended by itself.
    """
    with listener or listen(host, port) as bound:
        config = uvicorn.Config(
            app,
            http=Connection,
            limit_concurrency=MAX_CONNECTIONS,
            ssl_certfile=None if tls is None else tls[0],
            ssl_keyfile=None if tls is None else tls[1],
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            lifespan="off",
            timeout_graceful_shutdown=_GRACE_S,
        )
        asyncio.run(_until(stop, _Server(config), bound))
    if not stop.is_set():
        raise DeviceError("the pages of the station ended by themselves", place=f"{host}:{port}")


async def _until(stop: threading.Event, server: uvicorn.Server, bound: socket.socket) -> None:
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    while not stop.is_set() and not serving.done():
        await asyncio.sleep(_ASK_EVERY_S)
    server.should_exit = True
    await serving


def _sentence(error: OSError, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken by another program: stop that program or choose another port"
    if error.errno == errno.EACCES:
        return f"port {port} may not be used without more rights: choose one above 1023"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"port {port} cannot be opened: this machine does not have that address"
    return f"port {port} cannot be opened ({error.strerror})"
