"""Threads of the API's own: however much machines ask for, those of the pages stay free, and what takes seconds takes
turns. Few, because they share one interpreter with the cell."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter

from station.mes.limits import Streams

P = ParamSpec("P")
T = TypeVar("T")
QUICK = 4  # for reads of a few milliseconds
EXPORTS_WAITING, EXPORTS_WAITING_EACH = 16, 8
ORDERS_IN_MEMORY = 2  # each up to 40 MiB, and as much again while it is taken apart


class Threads:
    """Where the API's work is done. Used by one event loop; what takes seconds does not hold up its end."""

    def __init__(self) -> None:
        self._quick, self._exports, self._orders = CapacityLimiter(QUICK), CapacityLimiter(1), CapacityLimiter(1)
        self._waiting = Streams(EXPORTS_WAITING, EXPORTS_WAITING_EACH, "too many exports are asked for already")
        self.order_in_memory = asyncio.Semaphore(ORDERS_IN_MEMORY)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of something quick."""
        return await run_sync(partial(work, *args, **kwargs), limiter=self._quick)

    async def export(self, key: str, work: Callable[[], T]) -> T:
        """The result of something that takes seconds: one at a time. Raises: Problem (429): too many wait, or of this
        key."""
        with self._waiting.place(key):
            return await run_sync(work, limiter=self._exports, abandon_on_cancel=True)

    async def order(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of taking an order, whose drawing may take seconds to read: one at a time."""
        return await run_sync(partial(work, *args, **kwargs), limiter=self._orders, abandon_on_cancel=True)

    def wrapped(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A route or dependency that runs here; what is asynchronous stays as it is."""
        if inspect.iscoroutinefunction(function):
            return function

        @wraps(function)
        async def here(*args: Any, **kwargs: Any) -> Any:
            return await self.run(function, *args, **kwargs)

        return here


class Routes(APIRouter):
    """Routes whose functions run in these threads, and not in those that every server has by default."""

    def __init__(self, threads: Threads, tag: str) -> None:
        super().__init__(tags=[tag])
        self._threads = threads

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """As `APIRouter.add_api_route`."""
        super().add_api_route(path, self._threads.wrapped(endpoint), **options)
