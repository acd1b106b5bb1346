"""What the station shows of itself: immutable snapshots, published by the cycle, read by pages and API.

The cycle publishes; any number of readers take the latest or wait for the next. Nobody else ever touches the cycle's
own data.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
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


class FaultKind(StrEnum):
    """What people have to do about a fault differs by these."""

    INTERLOCK = "interlock"  # door open, emergency stop pressed
    LINE = "line"  # a line that nobody watches stopped by itself
    STOPPED = "stopped"  # something that moves: stage, gate, a part that is stuck
    LOST = "lost"  # a device does not answer
    DEVICE = "device"  # anything else that a device did not do


class Needs(StrEnum):
    """What has to happen before the cell goes on."""

    DEVICE = "device"  # it comes back by itself
    MENDING = "mending"  # the cause still stands; afterwards a person looks
    LOOK = "look"  # nothing is wrong any more, and a person has to say that he has looked


@dataclass(frozen=True, slots=True)
class Fault:
    """What the cell stands for; `id` is that of this fault and of no other, in this run or any other."""

    id: str
    kind: FaultKind
    needs: Needs


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The station at one moment. `since` (UTC, ISO 8601) is when it came into its state; `last` is the newest committed
    part; `message` one sentence for the operator; `warning` what will lock the station soon; `fault` is there while the
    state is a fault."""

    version: int = 0
    state: State = State.START
    since: str = ""
    station_id: str = ""
    rig: str = ""
    simulated: bool = False
    message: str = ""
    warning: str = ""
    queue: tuple[QueueEntry, ...] = ()
    last: QueueEntry | None = None
    fault: Fault | None = None


class Board:
    """Holds the newest snapshot; thread-safe. `clock` stamps the changes of state."""

    def __init__(self, first: Snapshot, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._latest, self._clock = first, clock
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
            state = after(self._latest.state, event)
            if state is not self._latest.state:
                changes["since"] = self._clock().isoformat(timespec="seconds")
            if state is not State.FAULT:
                changes["fault"] = None
            return self.publish(state=state, **changes)

    def wait(self, since: int, timeout_s: float) -> Snapshot:
        """The newest snapshot once its version exceeds `since`, or whatever there is after `timeout_s`."""
        with self._changed:
            self._changed.wait_for(lambda: self._latest.version > since, timeout_s)
            return self._latest
