"""Services beside the cycle: each in a thread of its own, begun again whenever it ends, until the station stops.

A service that fails never stops or slows the cell; what ails it is said once and can be asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from station.errors import StationError

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 300.0


class Supervised:
    """One service: `work` returns when `stop` is set. `say` gets a sentence when it fails, and another when it fails
    for another reason."""

    def __init__(
        self,
        name: str,
        work: Callable[[], None],
        stop: threading.Event,
        say: Callable[[str], None],
        *,
        first_pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        self.name = name
        self.trouble = ""  # what it failed for last
        self._at_work = False
        self._work, self._stop, self._say, self._first_pause_s = work, stop, say, first_pause_s
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begins the service; returns at once."""
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        """Waits until it has ended, but no longer than that."""
        self._thread.join(timeout_s)

    @property
    def is_running(self) -> bool:
        """Whether it works, rather than waiting to be begun again."""
        return self._thread.is_alive() and self._at_work

    def _run(self) -> None:
        pause_s = self._first_pause_s
        while not self._stop.is_set():
            try:
                self._at_work = True
                self._work()
                sentence = "it ended by itself"
            except StationError as error:
                sentence = str(error)
            except (Exception, SystemExit) as error:  # a bug is not one of the cell; uvicorn exits when it cannot start
                sentence = f"{type(error).__name__}: {error}"
            self._at_work = False
            if self._stop.is_set():
                return
            if sentence != self.trouble:
                self._say(f"{self.name}: {sentence}; it is begun again")
                pause_s = self._first_pause_s
            self.trouble = sentence
            self._stop.wait(pause_s)
            pause_s = min(2.0 * pause_s, LONGEST_PAUSE_S)
