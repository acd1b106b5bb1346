"""What the station shows of itself: immutable snapshots, published by the cycle, read by pages and API.

The cycle publishes; any number of readers take the latest or wait for the next. Nobody else ever touches the cycle's
own data.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from station.cycle.transitions import Event, State, after


class Progress(StrEnum):
    """How far a part of the queue is."""

    WAITING = "waiting"
    MEASURING = "measuring"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One order of the queue; `verdict`, `reason` and `inspection_id` are empty until its record is committed."""

    order_id: str
    serial: str
    part_number: str
    progress: Progress = Progress.WAITING
    verdict: str = ""
    reason: str = ""
    inspection_id: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The station at one moment. `last` is the newest committed part; `message` one sentence for the operator;
    `warning` what will lock the station soon."""

    version: int = 0
    state: State = State.START
    station_id: str = ""
    rig: str = ""
    simulated: bool = False
    message: str = ""
    warning: str = ""
    queue: tuple[QueueEntry, ...] = ()
    last: QueueEntry | None = None


class Board:
    """Holds the newest snapshot; thread-safe."""

    def __init__(self, first: Snapshot) -> None:
        self._latest = first
        self._changed = threading.Condition()

    def latest(self) -> Snapshot:
        """The newest snapshot."""
        with self._changed:
            return self._latest

    def publish(self, **changes: Any) -> Snapshot:
        """The newest snapshot with some fields changed and the next version number."""
        with self._changed:
            self._latest = replace(self._latest, version=self._latest.version + 1, **changes)
            self._changed.notify_all()
            return self._latest

    def happens(self, event: Event, **changes: Any) -> Snapshot:
        """Publishes the state that `event` leads to. Raises ValueError for what cannot happen."""
        with self._changed:
            return self.publish(state=after(self._latest.state, event), **changes)

    def wait(self, since: int, timeout_s: float) -> Snapshot:
        """The newest snapshot once its version exceeds `since`, or whatever there is after `timeout_s`."""
        with self._changed:
            self._changed.wait_for(lambda: self._latest.version > since, timeout_s)
            return self._latest
