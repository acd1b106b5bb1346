"""Waiting for what comes next: one task looks at the record and the board, and only while somebody waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from station.errors import StationError
from station.mes.threads import Threads

LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Mark:
    """How far things are: the newest position of the record, the version of the station's snapshot."""

    position: int = 0
    version: int = 0


class Tail:
    """Tells those of one event loop who wait that something came. Once `stop` is set nobody waits any more."""

    def __init__(self, look: Callable[[], Mark], stop: threading.Event, threads: Threads) -> None:
        self._look, self._stop, self._threads = look, stop, threads
        self._waiting: set[asyncio.Event] = set()
        self._watcher: asyncio.Task[None] | None = None
        self._mark = Mark()

    @property
    def stopped(self) -> bool:
        """Whether the station stops."""
        return self._stop.is_set()

    async def now(self) -> Mark:
        """How far things are. Raises: StorageError: the record cannot be read."""
        found = await self._threads.run(self._look)
        before = self._mark  # several look at once, and the last answer need not be the newest
        self._mark = Mark(max(found.position, before.position), max(found.version, before.version))
        if self._mark != before:
            for waiting in self._waiting:
                waiting.set()
        return self._mark

    async def wait(self, seen: Mark, timeout_s: float) -> Mark:
        """How far things are, once that is not `seen` any more; or after the time, or when the station stops."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + timeout_s
        mine = asyncio.Event()
        self._waiting.add(mine)
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._watch())
        try:
            while self._mark == seen and not self.stopped and (left_s := end_s - loop.time()) > 0.0:
                mine.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(mine.wait(), left_s)
        finally:
            self._waiting.discard(mine)
            if not self._waiting and self._watcher is not None:
                self._watcher.cancel()
                self._watcher = None
        return self._mark

    async def _watch(self) -> None:
        while not self.stopped:
            with suppress(StationError):  # a record that cannot be read now is asked again
                await self.now()
            await asyncio.sleep(LOOK_S)
        for waiting in self._waiting:
            waiting.set()
