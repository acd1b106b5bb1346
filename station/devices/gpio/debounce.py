"""Which level of a contact counts: one that has stood for a while."""

from __future__ import annotations

import math


class Debounce:
    """Edges in, settled levels out. Pure: times come with the edges, seconds of one clock.

    By level, not by edge: whatever was bounced or lost, the level that stands at last counts. Late or doubled news of
    an edge changes nothing.
    """

    def __init__(self, debounce_s: float, level: bool) -> None:
        self._debounce_s, self._settled, self._last, self._since_s = debounce_s, level, level, -math.inf

    def feed(self, at_s: float, level: bool) -> bool | None:
        """Since `at_s` the contact has this level; what the level before it had settled to, if that is new."""
        new = self._last if self.steady(self._last, at_s) and self._last != self._settled else None
        if new is not None:
            self._settled = new
        if level != self._last:
            self._last, self._since_s = level, at_s
        else:
            self._since_s = min(self._since_s, at_s)  # the level was read before the news of its edge came
        return new

    def steady(self, level: bool, now_s: float) -> bool:
        """Whether it has had this level for long enough."""
        return self._last == level and now_s - self._since_s >= self._debounce_s
