"""The start button at a pin."""

from __future__ import annotations

import time
from collections.abc import Callable

from station.devices.gpio.pins import POLL_S, Input, InputFacts, words


class Button:
    """A push button. One that is held, or was already held when the station came up, does not count again."""

    def __init__(
        self,
        facts: InputFacts,
        place: str = "button",
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raises: InputError, LostDeviceError."""
        self._input, self._clock, self._sleep = Input(facts, place, clock), clock, sleep

    def wait(self, timeout_s: float) -> bool:
        """Whether it was pressed anew since the last call, or within the time."""
        deadline_s = self._clock() + timeout_s
        while not any(self._input.changes()):
            if self._clock() >= deadline_s:
                return False
            self._sleep(POLL_S)
        return True

    def check(self) -> str:
        """What it is."""
        return f"button, {'pressed' if self._input.reads() else 'not pressed'}: {words(0, 1)}"

    def close(self) -> None:
        """Let go of it."""
        self._input.close()
