"""The start button says that a person has looked at a fault."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from station.cycle.state import Board
from station.cycle.transitions import State
from station.devices.protocols import Button
from station.errors import DeviceError


class Looks:
    """Whether start was pressed since the cell stands: somebody has looked. While nothing stands, a press is for the
    feeder, and says nothing about a fault that comes later."""

    def __init__(self, board: Board, button: Callable[[], Button | None], acknowledged: threading.Event) -> None:
        self._board, self._button, self._acknowledged = board, button, acknowledged
        self._stood = False

    def look(self) -> None:
        """Asked every turn of the cell."""
        stands = self._board.latest().state is State.FAULT
        # A button that is lost says nothing; it is opened anew with what it hangs on.
        with suppress(DeviceError):
            if stands and (start := self._button()) is not None and start.wait(0.0) and self._stood:
                self._acknowledged.set()
        self._stood = stands
