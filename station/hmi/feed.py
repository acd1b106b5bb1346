"""Snapshots for any number of listeners: one task watches the board, each listener has a queue of one.

A slow listener misses what is in between and never holds up another: only the newest snapshot counts.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from station.cycle.state import Board, Snapshot

POLL_S = 0.1  # taking the latest from the board costs a microsecond; no thread is ever occupied
HEARTBEAT_S = 10.0
MAX_LISTENERS = 200

Newest = asyncio.Queue[Snapshot | None]  # None: the station stops


class Feed:
    """Fans the board out to the listeners of one event loop; watches it only while somebody listens."""

    def __init__(self, board: Board, stop: threading.Event) -> None:
        self.board = board
        self.stop = stop
        self._listeners: set[Newest] = set()
        self._watcher: asyncio.Task[None] | None = None

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    @property
    def full(self) -> bool:
        """Whether no more listeners are taken."""
        return len(self._listeners) >= MAX_LISTENERS

    @contextmanager
    def subscribed(self) -> Iterator[Newest]:
        """A queue that always holds the newest snapshot not yet taken; the board's current one first."""
        mine: Newest = asyncio.Queue(maxsize=1)
        self._listeners.add(mine)
        latest = self.board.latest()
        mine.put_nowait(latest)
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._watch(latest.version))
        try:
            yield mine
        finally:
            self._listeners.discard(mine)
            if not self._listeners and self._watcher is not None:
                self._watcher.cancel()
                self._watcher = None

    async def _watch(self, seen: int) -> None:
        while not self.stop.is_set():
            latest = self.board.latest()
            if latest.version != seen:
                seen = latest.version
                self._offer(latest)
            await asyncio.sleep(POLL_S)
        self._offer(None)

    def _offer(self, newest: Snapshot | None) -> None:
        for listener in self._listeners:
            if listener.full():
                listener.get_nowait()
            listener.put_nowait(newest)


async def server_sent_events(feed: Feed, heartbeat_s: float = HEARTBEAT_S) -> AsyncIterator[str]:
    """The stream of one listener (WHATWG HTML 9.2): snapshots, heartbeats between them, its end when the station stops.

    A heartbeat is a comment for proxies and an event for the page, which cannot see comments.
    """
    with feed.subscribed() as newest:
        yield "retry: 2000\n\n"
        while not feed.stop.is_set():
            try:
                snapshot = await asyncio.wait_for(newest.get(), heartbeat_s)
            except TimeoutError:
                yield ": heartbeat\nevent: heartbeat\ndata:\n\n"
                continue
            if snapshot is None:
                return
            yield as_event(snapshot)


def as_event(snapshot: Snapshot) -> str:
    """One server-sent event; JSON in ASCII has no line breaks of its own."""
    return f"event: snapshot\nid: {snapshot.version}\ndata: {json.dumps(asdict(snapshot))}\n\n"
