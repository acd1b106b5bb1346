"""Work beside the thread that asked for it."""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")
_M_ARENA_MAX = -8  # <malloc.h>


def share_one_heap() -> None:
    """All threads begun from now on take memory from one heap: for programs that run for months.

    glibc gives threads heaps of their own, and each keeps about the most that was ever needed in it: of threads that
    come and go with every picture that is tens of megabytes which nobody uses. Does nothing with other C libraries.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def in_background(work: Callable[[], Result], name: str) -> Future[Result]:
    """Begins `work` at once in a thread of that name; what it raises comes out of the future.

    A thread of its own for each: threads of a pool would be missing in a forked process, which would wait for ever.
    """
    future: Future[Result] = Future()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future


def set_by_signals(event: threading.Event, *numbers: signal.Signals) -> None:
    """Sets the event when one of these signals comes. By a thread of its own: a handler runs in the midst of the main
    thread, which may hold the event's lock just then, and would wait for it for ever."""
    for number in numbers:
        signal.signal(number, lambda *_: in_background(event.set, "signal"))


def finished(result: Result) -> Future[Result]:
    """What needs no work any more."""
    future: Future[Result] = Future()
    future.set_result(result)
    return future


class Beside:
    """Does one piece of work after the other beside the thread that asks; a next one waits for the one before."""

    def __init__(self) -> None:
        self._last: Future[None] | None = None

    def do(self, work: Callable[[], None], name: str) -> None:
        """Begins `work` as soon as what was begun before is done; raises what that raised."""
        self.wait()
        self._last = in_background(work, name)

    def wait(self) -> None:
        """Until nothing is going on; raises what the last work raised."""
        last, self._last = self._last, None
        if last is not None:
            last.result()
