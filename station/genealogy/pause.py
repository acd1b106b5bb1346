"""How long to wait before the next try: twice as long each time, and never in step with others."""

from __future__ import annotations

import random
from collections.abc import Callable


class Pause:
    """Exponential back-off with jitter: the n-th pause is between half and all of `first_s` · 2ⁿ⁻¹, at most `most_s`.

    The jitter keeps stations that lost the same receiver at the same moment from coming back at the same moment
    ("equal jitter" in M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015).
    """

    def __init__(
        self, first_s: float = 1.0, most_s: float = 300.0, chance: Callable[[], float] = random.random
    ) -> None:
        self._first_s, self._most_s, self._chance = first_s, most_s, chance
        self._tries = 0

    def next_s(self, asked_s: float = 0.0) -> float:
        """Seconds to wait now; `asked_s` is what the receiver asked for, granted as far as `most_s` allows."""
        full_s = min(self._most_s, self._first_s * 2.0 ** min(self._tries, 60))
        self._tries += 1
        return max(full_s * (0.5 + 0.5 * self._chance()), min(asked_s, self._most_s))

    def reset(self) -> None:
        """It went well: the next pause is a short one again."""
        self._tries = 0
