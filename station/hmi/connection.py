"""A connection that does not wait for ever: whoever begins a request has to say what it is within some seconds.

Uvicorn bounds how large the head of a request may grow, and how long a connection may idle between requests, but not
how slowly a head may come ("slow loris"). The body's pace is for the application, which knows what it expects.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0


class Connection(H11Protocol):
    """Uvicorn's connection with a deadline for the head of each request."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begins to wait for the first request."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Takes what came; a request whose head is complete is waited for no more."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Goes on with what came in the meantime."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for."""
        self._forget()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self.conn.their_state is not h11.IDLE:  # the head is there, or the connection ends
            self._forget()
        elif self._deadline is None and self.timeout_keep_alive_task is None:
            self._deadline = self.loop.call_later(HEAD_S, self._give_up)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()
