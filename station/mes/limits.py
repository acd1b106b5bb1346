"""How much is too much: token buckets for requests, and places for streams."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from station.mes.problems import Problem

_MOST_KEYS = 10_000  # whoever asked longest ago is forgotten, which means forgiven


class Buckets:
    """A token bucket for each key: `burst` requests at once, `per_s` on average. Thread-safe."""

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._burst, self._clock = per_s, burst, clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()  # key: level, when
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Takes one; 0 if there was one, else the seconds until there is."""
        now = self._clock()
        with self._lock:
            level, then = self._levels.pop(key, (self._burst, now))
            level = min(self._burst, level + (now - then) * self._per_s)
            waiting_s = 0.0 if level >= 1.0 else (1.0 - level) / self._per_s
            self._levels[key] = (level if waiting_s else level - 1.0, now)
            if len(self._levels) > _MOST_KEYS:
                self._levels.popitem(last=False)
        return waiting_s


def too_many(waiting_s: float, sentence: str = "these are too many requests") -> Problem:
    """The refusal of one who may come again after that time."""
    return Problem(429, sentence, headers={"Retry-After": str(max(1, int(waiting_s + 0.999)))})


class Streams:
    """Places for answers that stay open: so many in all, so many for each key. Used by one event loop."""

    def __init__(self, most: int, most_each: int, sentence: str = "too many streams are open already") -> None:
        self._most, self._most_each, self._sentence = most, most_each, sentence
        self._open: dict[str, int] = {}

    @property
    def open(self) -> int:
        """How many are taken."""
        return sum(self._open.values())

    @contextmanager
    def place(self, key: str) -> Iterator[None]:
        """A place while the block runs. Raises: Problem (429): there is none."""
        if self.open >= self._most or self._open.get(key, 0) >= self._most_each:
            raise too_many(10.0, self._sentence)
        self._open[key] = self._open.get(key, 0) + 1
        try:
            yield
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]
